"""The fields of a task, phrase by phrase: deadlines on the calendar, rhythms, figures, clauses, units."""

from datetime import date

import pytest

from domain.calendar import WorkCalendar
from domain.office import Unit
from domain.terms import Rhythm, Supervision, UnitLevel
from intake.draft.fields import clauses
from intake.draft.fields.figures import figures
from intake.draft.fields.limits import Times, rhythms
from intake.draft.fields.names import UnitNames, split
from intake.draft.model import Comparison, UnitRole
from intake.draft.text import View, view
from services.calendar_seed import seed_years

CALENDAR = WorkCalendar(years=seed_years(2021, 2026))
TIMES = Times(2022, CALENDAR)


def seen(text: str) -> View:
    return view(text, 0, len(text))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("年内完成", date(2022, 12, 30)),  # 2022-12-31 is a Saturday
        ("2022年6月底前完成", date(2022, 6, 30)),
        ("4月底前印发", date(2022, 4, 29)),  # 2022-04-30 is a Saturday
        ("一季度完成设计", date(2022, 3, 31)),
        ("上半年建成", date(2022, 6, 30)),
        ("三季度开工", date(2022, 9, 30)),
        ("12月完成验收", date(2022, 12, 30)),
        ("全年完成投资20亿元", date(2022, 12, 30)),
        ("前三季度完成任务", date(2022, 9, 30)),
        ("到2025年，建成示范区", date(2025, 12, 31)),
        ("2023年前完成", date(2022, 12, 30)),
        ("“十四五”期间实施", date(2025, 12, 31)),
        ("9月1日前开学", date(2022, 9, 1)),
        ("于二〇二二年六月三十日前报送", date(2022, 6, 30)),
        ("5月中旬前完成", date(2022, 5, 20)),
        ("3至6月开展整治", date(2022, 6, 30)),
        ("明年6月底前完成", date(2023, 6, 30)),
        ("十二月底前竣工", date(2022, 12, 30)),
        ("春节前完成", date(2022, 1, 30)),  # the Sunday before was worked
        ("月底前上报", None),
    ],
)
def test_a_limit_is_the_last_working_day_of_its_stretch_or_the_day_it_names(text: str, day: date | None) -> None:
    found = TIMES.found(seen(text))
    assert [one.day for one in found] == [day]
    assert text[slice(*found[0].span)] == found[0].written


@pytest.mark.parametrize(
    "text",
    [
        "11月10日召开第四次会议听取汇报",
        "2021年7月，成立指挥部",
        "规划期为2021—2035年",
        "三年内难以见效",
        "每月25日前报送",
        "5个工作日内办结申请",
    ],
)
def test_a_date_that_sets_no_limit_is_not_taken(text: str) -> None:
    assert TIMES.found(seen(text)) == []


def test_a_limit_of_a_document_with_a_day_counts_from_it() -> None:
    times = Times(2022, CALENDAR, written_on=date(2022, 9, 28))
    days = [
        times.found(seen(text))[0].day
        for text in ("5个工作日内提交方案", "月底前上报", "下周五前反馈", "次月5日前报送")
    ]
    assert days == [date(2022, 10, 10), date(2022, 9, 30), date(2022, 10, 7), date(2022, 10, 5)]


@pytest.mark.parametrize("text", ["2022.6.30", "2022/6/30", "20220630", "2022年6月30日", "6.30", "6月", "2022-06"])
def test_a_cell_of_limits_may_be_written_in_any_usual_way(text: str) -> None:
    assert [one.day for one in TIMES.found(seen(text), labelled=True)] == [date(2022, 6, 30)]


@pytest.mark.parametrize(
    ("text", "rhythm"),
    [
        ("每月25日前报送进展", Rhythm.MONTHLY),
        ("形成“周调度”工作机制", Rhythm.WEEKLY),
        ("做到“一日一调度”", Rhythm.DAILY),
        ("每季度末通报", Rhythm.QUARTERLY),
        ("协调事项“一周一谋划”", Rhythm.WEEKLY),
        ("周边环境整治", None),
        ("每日出土量约4500立方米", None),
    ],
)
def test_a_rhythm_is_told_from_a_measure(text: str, rhythm: Rhythm | None) -> None:
    assert [found for found, _ in rhythms(seen(text))] == ([rhythm] if rhythm else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("增长6.8%左右", (Comparison.ABOUT, "6.8", None, "%")),
        ("失业率控制在4.5%以内", (Comparison.AT_MOST, "4.5", None, "%")),
        ("粮食产量23万吨", (Comparison.EQUAL, "23", None, "万吨")),
        ("建设3个幼儿园", (Comparison.EQUAL, "3", None, "个")),
        ("开展80余次技术交流会", (Comparison.AT_LEAST, "80", None, "次")),
        ("占比不低于35%", (Comparison.AT_LEAST, "35", None, "%")),
        ("培育企业20家以上", (Comparison.AT_LEAST, "20", None, "家")),
        ("出土量4500-5000立方米", (Comparison.BETWEEN, "4500", "5000", "立方米")),
        ("增长5%—6%", (Comparison.BETWEEN, "5", "6", "%")),
        ("惠及1,200户", (Comparison.EQUAL, "1200", None, "户")),
        ("完成２０００亩", (Comparison.EQUAL, "2000", None, "亩")),
        ("新建五所学校", (Comparison.EQUAL, "5", None, "所")),
        ("指数控制在103.5以内", (Comparison.AT_MOST, "103.5", None, "")),
        ("总投资近50亿元", (Comparison.ABOUT, "50", None, "亿元")),
    ],
)
def test_a_figure_has_comparison_value_and_unit(text: str, expected: tuple[object, ...]) -> None:
    found = [(t.comparison, t.value, t.upper, t.unit) for t in figures(seen(text))]
    assert found == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "打造15分钟生活圈",
        "实行“1+19”指挥体系",
        "召开第3次会议",
        "健全0-3岁照护体系",
        "2022年工作计划",
        "24小时值守",
        "三大新引擎",
    ],
)
def test_a_number_in_a_name_is_no_figure(text: str) -> None:
    assert list(figures(seen(text))) == []


def test_strive_is_told_from_a_promise() -> None:
    assert [t.striving for t in figures(seen("力争达到50家，新增30家"))] == [True, False]


# Clauses


def clause_of(text: str) -> tuple[list[str], list[str], list[str]]:
    found = clauses.bracketed(seen(text), UnitNames(()), at_end=True)
    return [n.raw for n in found.lead], [n.raw for n in found.assist], [n.raw for n in found.shared]


@pytest.mark.parametrize(
    ("text", "lead", "assist", "shared"),
    [
        ("区发改局牵头,区财政局、区审计局配合", ["区发改局"], ["区财政局", "区审计局"], []),
        ("区城管局、各街道按职责分工负责", [], [], ["区城管局", "各街道"]),
        ("责任单位：区教育局", [], [], ["区教育局"]),
        ("牵头单位:区住建局;配合单位:区水务局、区城管局", ["区住建局"], ["区水务局", "区城管局"], []),
        ("由区发展和改革局会同区财政局负责", ["区发展和改革局"], ["区财政局"], []),
        ("区住房和建设局", [], [], ["区住房和建设局"]),
        (
            "市政府办公室牵头，市级各有关部门及各县区政府按职责分工负责",
            ["市政府办公室"],
            [],
            ["市级各有关部门", "各县区政府"],
        ),
        ("区交通局（牵头）、区公安分局", ["区交通局"], [], ["区公安分局"]),
        ("预包装食品", [], [], []),
        ("选址意见书、用地规划许可证及工程规划许可证", [], [], []),
        ("暂行", [], [], []),
    ],
)
def test_a_clause_in_any_dress(text: str, lead: list[str], assist: list[str], shared: list[str]) -> None:
    assert clause_of(text) == (lead, assist, shared)


def test_a_name_with_and_in_it_is_one_and_two_names_are_two() -> None:
    assert [n.raw for n in split(seen("区工业和信息化局、区财政局和区审计局等单位"))] == [
        "区工业和信息化局",
        "区财政局",
        "区审计局",
    ]


# Units and the directory


def unit(id_: str, name: str, *aliases: str, supervision: Supervision = Supervision.OBJECT) -> Unit:
    return Unit(id=id_, name=name, level=UnitLevel.DISTRICT, supervision=supervision, aliases=aliases)


UNITS = (
    unit("fagai", "区发展和改革局"),
    unit("gengxin", "区城市更新和土地整备局", "区更新局"),
    unit("shifagai", "市发展和改革委员会"),
    unit("wenti", "区文化体育局"),
    unit("wenti2", "区文物体验局"),
    unit("gongxin", "区工信局"),
)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("区发改局", "fagai"),
        ("區發改局", "fagai"),
        ("区更新局", "gengxin"),
        ("市发改委", "shifagai"),
        ("区工业和信息化局", "gongxin"),  # the directory may be the one that abbreviates
        ("市发改局", None),
        ("区发展", None),
        ("罗湖区发改局", None),
        ("区财政局", None),
    ],
)
def test_a_unit_is_found_by_its_abbreviation_either_way_and_never_guessed(written: str, found: str | None) -> None:
    named, warning = UnitNames(UNITS).name(seen(written), UnitRole.LEAD)
    assert named.unit == found
    assert bool(warning) == (found is None)


def test_an_abbreviation_of_two_units_is_left_to_a_person() -> None:
    named, warning = UnitNames(UNITS).name(seen("区文体局"), UnitRole.LEAD)
    assert named.unit is None
    assert warning == "“区文体局”可指区文化体育局、区文物体验局，请明确"


def test_without_a_directory_nobody_is_unknown() -> None:
    assert UnitNames(()).name(seen("区发改局"), UnitRole.LEAD)[1] == ""
