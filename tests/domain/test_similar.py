"""多头交办: which open matters a new task may be about."""

from domain.duplicates import OpenTitle
from domain.queries.similar import OFFERED, OpenTitles


def standing(*titles: str, lead: str | None = None) -> OpenTitles:
    return OpenTitles(
        OpenTitle(stream=f"matter/{n}", number=f"XMH-2022-{n:03d}", title=title, lead=lead)
        for n, title in enumerate(titles, 1)
    )


PLAN = (
    "有序推进国际交流中心建设，推进项目一期主体工程施工图设计及工程施工",
    "推动改革开放展览馆建筑群开工建设",
    "推动开展电力专项规划编制工作",
    "持续深化片区专项规划编制，形成专项规划系统集成成果",
    "推进深圳金融文化中心建设，完成初步设计及概算批复",
)
SPEECH = "加快深圳国际交流中心、改革开放展览馆、深圳金融文化中心、国际演艺中心等公共项目建设"


def near(open_now: OpenTitles, title: str, lead: str | None = None) -> list[str]:
    return [n.matter.title for n in open_now.near(title, lead)]


def test_a_speech_that_names_three_projects_of_the_plan_meets_all_three() -> None:
    assert set(near(standing(*PLAN), SPEECH)) == {PLAN[0], PLAN[1], PLAN[4]}


def test_what_made_them_meet_is_shown() -> None:
    shared = {n.shared for n in standing(*PLAN).near(SPEECH, None)}
    assert shared == {"国际交流中心", "改革开放展览馆", "深圳金融文化中心"}


def test_words_that_stand_in_every_plan_are_no_name() -> None:
    assert near(standing(*PLAN), "加快规划编制工作,确定片区统筹概念规划方案,启动相关专项规划编制") == []


def test_a_run_that_many_open_titles_share_names_a_place_not_a_project() -> None:
    titles = [f"落实香蜜湖片区{what}" for what in ("绿化提升", "交通疏解", "管线迁改", "夜景照明")]
    assert near(standing(*titles), "香蜜湖片区安全生产大检查") == []


def test_titles_written_nearly_alike_are_near_and_a_common_lead_helps() -> None:
    written, other = "完成二期用地收储补偿协议签订", "完成二期用地补偿协议"
    assert near(standing(written, lead="gengxin"), other, "gengxin") == [written]
    apart = "二期用地法定图则调整报批"
    assert near(standing(written, lead="gengxin"), apart, "gengxin") == []


def test_at_most_three_are_offered_the_nearest_first() -> None:
    titles = [f"建设国际演艺中心{part}" for part in ("主体结构工程施工", "幕墙", "机电工程", "舞台")]
    found = standing(*titles, "建设国际演艺中心").near("建设国际演艺中心", None)
    assert len(found) <= OFFERED
    assert found[0].matter.title == "建设国际演艺中心"
