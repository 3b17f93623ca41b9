"""The recipe of an issue: what the office changes in the file is what the issue says, and a fault is one line."""

from datetime import date

import pytest

from documents.bulletin.briefing import Briefing, compose_briefing
from documents.formats.markdown import markdown_of
from documents.formats.press import GB_2
from documents.formats.templates import load_template
from documents.sections.recipe import FILE, NEWS_PARTS, PARTS, Recipe, SectionPart, Topic, built_in_recipe, read_recipe
from domain import commands as c
from domain.base import Refusal
from domain.bulletin import Publication
from domain.terms import MatterClass, Rhythm
from eventlog.database import Database
from tests.documents.quarter import play
from tests.support.history import act, tick
from tests.support.homes import at
from tests.support.office import ASSIST, HEAD, LIAISON, OFFICE, opening

SOURCE = load_template(GB_2).source(FILE).decode()
FIRST, LAST = date(2022, 1, 1), date(2022, 3, 31)


def with_changes(*pairs: tuple[str, str]) -> Recipe:
    text = SOURCE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return read_recipe(text.encode(), FILE)


def written(log: Database, *pairs: tuple[str, str], publication: Publication = Publication.BRIEFING) -> Briefing:
    recipe = with_changes(*pairs)
    return compose_briefing(log, publication, FIRST, LAST, as_of=at("2022-03-31", "18:00"), recipe=recipe)


def text_of(found: Briefing) -> str:
    return markdown_of(found.draft(LAST))


def many(log: Database, matters: int, **more: object) -> None:
    for n in range(matters):
        command = opening(f"推进第{n}号地块移交", date(2022, 3, 18), rhythm=Rhythm.ONCE, **more)
        act(log, f"matter/{n}", command, OFFICE, at("2022-03-01", "10:00"))
        act(log, f"matter/{n}", c.AcceptReceipt(), HEAD, at("2022-03-01", "14:30"))
    tick(log, at("2022-03-31", "17:30"))


# --- what the file says


def test_the_recipe_of_before_says_everything_there_was_in_the_order_of_the_terms() -> None:
    recipe = built_in_recipe(GB_2)
    assert [s.topic for s in recipe.sections] == [t for t in Topic if t not in (Topic.LEADING, Topic.APPENDIX)]
    assert all(s.parts == PARTS[s.topic] for s in recipe.sections)
    assert recipe.news == NEWS_PARTS[:5]
    assert set(built_in_recipe().news) == set(NEWS_PARTS)
    assert {part for parts in (*PARTS.values(), NEWS_PARTS) for part in parts} == set(SectionPart)


def test_the_built_in_recipe_leads_with_what_a_leader_decides_and_lists_nothing_but_what_is_lit() -> None:
    recipe = built_in_recipe()
    assert recipe.sections[0].parts == (SectionPart.TO_DECIDE,)
    assert {s.topic for s in recipe.sections} == {Topic.LEADING, Topic.APPENDIX}
    said = {part for s in recipe.sections if s.topic is Topic.LEADING for part in s.parts}
    assert said == set(PARTS[Topic.LEADING])
    appended = {part for s in recipe.sections if s.topic is Topic.APPENDIX for part in s.parts}
    assert appended == {SectionPart.LIT_TABLE, SectionPart.TO_DECIDE}, "what the text cut"


def test_sections_come_in_the_order_and_under_the_titles_of_the_recipe(log: Database) -> None:
    ahead = SOURCE[SOURCE.rindex('[["栏目"]]') : SOURCE.index('["动态"]  #')]
    first = SOURCE.index('[["栏目"]]\n"名称" = "总体')
    moved = SOURCE[:first] + ahead + SOURCE[first : SOURCE.rindex('[["栏目"]]')] + SOURCE[SOURCE.index('["动态"]  #') :]
    recipe = read_recipe(moved.replace('"标题" = "存在问题"', '"标题" = "问题和差距"').encode(), FILE)
    found = compose_briefing(log, Publication.BRIEFING, FIRST, LAST, as_of=at("2022-03-31"), recipe=recipe)
    assert [s.title for s in found.sections] == ["下步安排", "总体情况", "重点推进", "问题和差距", "需协调事项"]


def test_parts_left_out_are_not_said_and_the_others_come_in_the_order_of_the_recipe(log: Database) -> None:
    play(log)
    every = '["办结销号", "由红转绿", "会议议定", "重大事项", "新立项", "领导批示", "工作动态"]'
    text = text_of(written(log, (every, '["新立项", "办结销号"]')))
    assert "作出批示" not in text
    assert "会议议定1项\n" not in text
    assert text.index("（一）新立项3件") < text.index("（二）办结销号1件")


def test_a_section_left_out_is_not_printed(log: Database) -> None:
    start = SOURCE.index('[["栏目"]]\n"名称" = "需协调事项"')
    end = SOURCE.index('[["栏目"]]\n"名称" = "下步安排"')
    recipe = read_recipe((SOURCE[:start] + SOURCE[end:]).encode(), FILE)
    text = text_of(compose_briefing(log, Publication.BRIEFING, FIRST, LAST, as_of=at("2022-03-31"), recipe=recipe))
    assert "需协调事项" not in text
    assert "四、下步安排" in text


def test_wishes_for_coordination_can_be_left_out_one_kind_at_a_time(log: Database) -> None:
    play(log)
    act(log, "matter/nobody", opening("谋划新一轮规划", lead=None), OFFICE, at("2022-03-31"))
    assert "尽快移交施工用地" in text_of(written(log))
    without = text_of(written(log, ('["牵头待明确", "请求协调", ', '["牵头待明确", ')))
    assert "尽快移交施工用地" not in without
    assert "尚未明确牵头单位" in without


def test_news_tells_only_the_kinds_of_event_the_recipe_names(log: Database) -> None:
    play(log)
    kinds = '["议定", "销号", "立项", "协调答复", "暂缓"]'
    text = text_of(written(log, (kinds, '["销号"]'), publication=Publication.NEWS))
    assert "办结销号" in text
    assert "立项督办" not in text


def test_a_list_opened_in_one_day_is_one_piece_of_news(log: Database) -> None:
    many(log, 3)
    limit = ('"新立项" = 10', '"新立项" = 2')
    assert "1. 3月1日，新立项督办3件，均为常规事项。" in text_of(written(log, limit, publication=Publication.NEWS))
    assert text_of(written(log, publication=Publication.NEWS)).count("立项督办（") == 3


def test_more_new_matters_than_the_limit_are_counted_by_class(log: Database) -> None:
    play(log)
    assert "其中重大1件、协调1件、常规1件。" in text_of(written(log, ('"新立项" = 10', '"新立项" = 2')))
    assert "其中重大" not in text_of(written(log, ('"新立项" = 10', '"新立项" = 3')))


def test_a_long_table_shows_the_worst_and_goes_whole_into_an_appendix(log: Database) -> None:
    many(log, 5)
    found = written(log, ('"正文表格" = 20', '"正文表格" = 3'))
    [appendix] = found.appendices
    assert appendix.title == "附表　逾期未办结事项（5件）"
    body, _, after = text_of(found).partition("附表　逾期未办结事项")
    assert body.count("号地块移交 |") == 3
    assert "均由区城市更新和土地整备局牵头。逾期最久的有：" in body
    assert "以上列出3件，另有2件，见文后附表“逾期未办结事项”。" in body
    assert after.count("号地块移交 |") == 5


def test_the_longest_overdue_come_first_whatever_their_numbers(log: Database) -> None:
    for n, due in enumerate((18, 16, 17)):
        act(log, f"matter/{n}", opening(f"办理{due}日到期的事项", date(2022, 3, due)), OFFICE, at("2022-03-01"))
    overdue = text_of(written(log)).split("逾期未办结3件")[1]
    assert [overdue.index(f"办理{due}日到期的事项") for due in (16, 17, 18)] == sorted(
        overdue.index(f"办理{due}日到期的事项") for due in (16, 17, 18)
    )


def test_a_cut_table_says_who_leads_how_many(log: Database) -> None:
    many(log, 2)
    other = opening("改造管网", date(2022, 3, 18), lead=ASSIST, rhythm=Rhythm.ONCE)
    act(log, "matter/other", other, OFFICE, at("2022-03-02"))
    text = text_of(written(log, ('"正文表格" = 20', '"正文表格" = 2')))
    assert "按牵头单位分，区城市更新和土地整备局2件、区住房和建设局1件。逾期最久的有：" in text


def test_a_table_longer_than_an_appendix_may_be_is_left_to_the_task_table(log: Database) -> None:
    many(log, 5)
    found = written(log, ('"正文表格" = 20', '"正文表格" = 3'), ('"附表" = 200', '"附表" = 4'))
    assert found.appendices == ()
    assert "以上列出3件，另有2件，详见《任务清单一览表》。" in text_of(found)


def test_a_long_list_is_cut_the_same_way(log: Database) -> None:
    many(log, 4, klass=MatterClass.MAJOR)
    for n in range(4):
        act(log, f"matter/{n}", c.SubmitFeedback(text="正在移交", progress=50), LIAISON, at("2022-03-30"))
    found = written(log, ('"逐条列出" = 20', '"逐条列出" = 3'))
    assert "以上列出3件，另有1件，见文后附表“重大事项进展”。" in text_of(found)
    assert [a.title for a in found.appendices] == ["附表　重大事项进展（4件）"]


def test_problems_of_units_beyond_the_limit_are_counted(log: Database) -> None:
    many(log, 3)
    for n in range(3):
        said = c.SubmitFeedback(text="正在移交", progress=50, problem="界址有争议")
        act(log, f"matter/{n}", said, LIAISON, at("2022-03-30"))
    text = text_of(written(log, ('"单位反映问题" = 8', '"单位反映问题" = 2')))
    assert text.count("界址有争议") == 2
    assert "另有1项，从略。" in text


def test_next_steps_reach_as_far_as_the_recipe_says(log: Database) -> None:
    play(log)
    assert "4月1日至4月30日应完成要点1项" in text_of(written(log))
    near = text_of(written(log, ('"下步安排" = 30', '"下步安排" = 14')))
    assert "未来14日无到期事项和要点，其后最近到期的是“推进国际交流中心一期主体施工”（6月30日）。" in near


def test_the_head_and_the_foot_are_those_of_the_recipe(log: Database) -> None:
    play(log)
    computed = written(log)
    assert computed.marking == "内部资料　注意保存"
    assert (computed.foreword, computed.imprint.copies) == (None, None)
    fixed = written(
        log,
        ("内部资料　注意保存", "内部资料"),
        ('"按语" = ""', '"按语" = "现将本期情况通报如下。"'),
        ('"印数" = 0', '"印数" = 45'),
        ('"报" = []', '"报" = ["区委办公室"]'),
    )
    assert fixed.draft(LAST).marking == "内部资料"
    assert fixed.foreword == "现将本期情况通报如下。"
    assert fixed.draft(LAST).imprint == computed.imprint.model_copy(update={"above": ("区委办公室",), "copies": 45})
    assert written(log, ("内部资料　注意保存", "")).marking is None


def test_a_text_longer_than_the_limit_gets_contents(log: Database) -> None:
    play(log)
    assert not written(log).with_contents
    assert written(log, ('"目录" = 5000', '"目录" = 300')).with_contents


# --- faults

FAULTS = [
    ('"印数" = 0', "印数 = 0", "简报.toml 不是 TOML 文件：第8行写法有误；名称和文字都要加英文双引号"),
    ('"印数" = 0', '"印数" = ', "简报.toml 不是 TOML 文件：第8行写法有误；名称和文字都要加英文双引号"),
    ('"印数" = 0', '"印份" = 0', "简报.toml：没有“印份”这一项"),
    ('"印数" = 0', '"印数" = -1', "简报.toml：“印数”不能小于0"),
    ('"按语" = ""', "", "简报.toml：缺少“按语”"),
    ('"按语" = ""', '"按语" = 3', "简报.toml：“按语”须是文字（加引号）"),
    ('"报" = []', '"报" = "区委办公室"', '简报.toml：“分送”的“报”应写成 ["单位", "单位"]'),
    ('"报" = []', '"报" = [""]', "简报.toml：“分送”的“报”里有空的名称"),
    ('"新立项" = 10', '"新立项" = 0', "简报.toml：“限度”的“新立项”须大于0"),
    ('"新立项" = 10', '"新立项" = -3', "简报.toml：“限度”的“新立项”须大于0"),
    ('"新立项" = 10', '"新立项" = "10"', "简报.toml：“限度”的“新立项”须是整数（不加引号）"),
    ('"新立项" = 10', '"新立项" = 1.5', "简报.toml：“限度”的“新立项”须是整数（不加引号）"),
    ('"新立项" = 10', '"新立项" = true', "简报.toml：“限度”的“新立项”须是整数（不加引号）"),
    ('"新立项" = 10', '"新立" = 10', "简报.toml：没有“限度”的“新立”这一项"),
    ('"标题" = "存在问题"\n', "", "简报.toml：第3个栏目缺少“标题”"),
    ('"标题" = "存在问题"', '"标题" = " "', "简报.toml：栏目“存在问题”的标题须是文字（加引号），不能为空"),
    ('"标题" = "存在问题"', '"题目" = "x"', "简报.toml：第3个栏目没有“题目”这一项，只有：名称、标题、内容"),
    (
        '"名称" = "存在问题"',
        '"名称" = "问题"',
        "简报.toml：第3个栏目的名称没有“问题”，可填：总体情况、重点推进、存在问题、需协调事项、下步安排、要情、附表",
    ),
    ('"名称" = "存在问题"', '"名称" = "总体情况"', None),
    (
        '["逾期未办结", "黄灯预警", "漏报反馈", "单位反映问题"]',
        '["逾期未办结", "会议议定"]',
        "简报.toml：栏目“存在问题”的内容没有“会议议定”，可填：逾期未办结、黄灯预警、漏报反馈、单位反映问题",
    ),
    (
        '["逾期未办结", "黄灯预警", "漏报反馈", "单位反映问题"]',
        '["逾期未办结", "逾期未办结"]',
        "简报.toml：栏目“存在问题”的内容里“逾期未办结”写了两次",
    ),
    (
        '["逾期未办结", "黄灯预警", "漏报反馈", "单位反映问题"]',
        "[]",
        "简报.toml：栏目“存在问题”的内容是空的；不要这一栏就把整段删去",
    ),
    ('["动态"]', '["近况"]', '简报.toml：缺少 ["动态"] 一段'),
    ('["议定", "销号", "立项", "协调答复", "暂缓"]', '["批示"]', None),
]


@pytest.mark.parametrize(("old", "new", "said"), FAULTS, ids=[f"{new or 'nothing'}" for _, new, _ in FAULTS])
def test_a_fault_is_one_line_that_names_the_key(old: str, new: str, said: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        with_changes((old, new))
    assert refused.value.code == "template_broken"
    assert refused.value.message.startswith("简报.toml")
    assert "\n" not in refused.value.message
    if said is not None:
        assert refused.value.message == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", '简报.toml：缺少 ["动态"] 一段'),
        (b"\x81\xff\x00", "不是文本文件"),
        ('["动态"]\n"内容" = ["议定"]'.encode(), '一个栏目也没有，至少要有一段 [["栏目"]]'),
        ('"栏目" = 3\n["动态"]\n"内容" = ["议定"]'.encode(), '栏目应写成 [["栏目"]]，一栏一段'),
        (SOURCE.replace('["动态"]', '[["动态"]]').encode(), '动态应写成 ["动态"] 一段'),
    ],
)
def test_a_file_that_is_no_recipe_is_refused_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_recipe(data, FILE)
    assert said in refused.value.message
    assert refused.value.code == "template_broken"
