"""What units say in the simulated year, without a server: texts of their own, figures that move, problems that end."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from random import Random

import pytest

from domain import commands as c
from domain.calendar import at_office
from domain.envelope import Actor
from domain.facts import IndicatorReport, NewIndicator, NewPoint
from domain.matter import DONE
from domain.office import Person, Unit
from domain.rules.context import DecisionContext
from domain.terms import Per, Role
from intake.directory import read_directory
from intake.opening import openings
from intake.task_list import read_task_list
from simulation.grammar import filled, grammar, problem_told
from simulation.habits import NOTHING_LEFT, Habits
from simulation.scenario import read_scenario
from tests.simulation.figures import taken_back
from tests.support.life import CALENDAR, RULEBOOK, Life
from tests.support.office import LIAISON, OFFICE, opening

EXAMPLE = Path(__file__).parents[2] / "examples" / "xiangmihu-2022"
OPENS = at_office(date(2022, 1, 10), time(9, 30))


def lives() -> Iterator[tuple[int, Life]]:
    """Every matter of the example with a lead, reported on every Friday until it is done."""
    sheets = read_directory(EXAMPLE / "通讯录.xlsx")
    units: tuple[Unit, ...] = tuple(u.unit for u in sheets.units)
    people: tuple[Person, ...] = tuple(p.person for p in sheets.people)
    context = DecisionContext(rulebook=RULEBOOK, now=OPENS, actor=OFFICE)
    habits = Habits(read_scenario(EXAMPLE / "scenario.toml"))
    for ready in openings(read_task_list(EXAMPLE / "任务清单.xlsx"), units, people, context).ready:
        life = Life(now=OPENS)
        assert isinstance(ready.command, c.OpenMatter)
        life.do(ready.command, OFFICE)
        if life.m.lead is None:
            continue
        liaison = Actor(id="l", role=Role.LIAISON, unit=life.m.lead)
        life.do(c.AcceptReceipt(), liaison)
        no, day = int(ready.row.no), date(2022, 1, 14)
        while day < life.m.due:
            life.now = at_office(day, time(15, 0))
            life.do(habits.feedback(no, life.m, day, CALENDAR, f"{day}"), liaison)
            day += timedelta(days=7)
        life.do(habits.last_report(life.m), liaison)
        yield no, life


@pytest.fixture(scope="module")
def reports() -> list[tuple[int, c.SubmitFeedback]]:
    from domain.event import decode
    from domain.events import FeedbackSubmitted

    return [
        (no, c.SubmitFeedback.model_validate(event.model_dump(include=set(c.SubmitFeedback.model_fields))))
        for no, life in lives()
        for event in map(decode, life.recorded)
        if isinstance(event, FeedbackSubmitted)
    ]


def test_reports_say_something_of_their_own(reports: list[tuple[int, c.SubmitFeedback]]) -> None:
    texts = [report.text for _, report in reports]
    assert len(texts) > 1000
    assert len(set(texts)) / len(texts) > 0.97
    assert not [t for t in texts if "{" in t or "。。" in t or "；；" in t]


def test_what_was_done_never_gets_less(reports: list[tuple[int, c.SubmitFeedback]]) -> None:
    for no in {no for no, _ in reports}:
        said = [report.progress for of, report in reports if of == no]
        assert said == sorted(said, key=lambda p: p or 0)
        assert said[-1] == DONE


def test_a_problem_stands_for_some_reports_and_is_solved(reports: list[tuple[int, c.SubmitFeedback]]) -> None:
    with_one = [report for _, report in reports if report.problem]
    assert 0.06 < len(with_one) / len(reports) < 0.5
    assert any("目前" in (report.problem or "") for report in with_one)
    for no in {no for no, _ in reports}:
        told = [report.problem for of, report in reports if of == no]
        assert told[-1] is None


def test_every_problem_is_recognised_in_what_was_told() -> None:
    every = grammar().kind
    for kind in every:
        for problem in kind.problem:
            for seed in range(20):
                told = filled(problem.what, Random(seed), kind, date(2022, 11, 30))
                known = problem_told([kind], told)
                assert known is not None, told
                assert known[1] is problem
                solved = filled(problem.solved, Random(seed + 1), kind, date(2022, 12, 5), known[2])
                for name in ("who", "where"):
                    if f"{{{name}}}" in problem.what and f"{{{name}}}" in problem.solved:
                        assert known[2][name] in solved


@pytest.mark.parametrize(
    ("point", "title", "words"),
    [
        ("底板上线试用", "构建片区规划建设统一底板", "图层"),
        ("基础底板浇筑并验收", "完成地基与基础工程", "混凝土"),
        ("各专项数据入库", "构建片区规划建设统一底板", "图层"),
        ("首批地块入库", "推动整备范围内土地尽早入库", "宗"),
        ("双总师团队完成技术把关", "完成施工图设计", "出图"),
        ("出台技术把关工作规程", "落实双总师技术把关", "条款"),
        ("形成规划送审稿", "完善产业发展规划", "座谈"),
        ("成果审定", "编制海绵城市专项规划", "规划文本"),
        ("夜间施工许可和工地降噪安全检查", "回应居民反映的夜间施工噪声", "噪声检测"),
        ("整改完成并书面答复代表", "办理“完善公园无障碍设施”代表建议", "无障碍"),
        ("支付台账逐笔核对补录", "整改建设资金支付台账不完整问题", "逐笔核对"),
        ("抽排设备和应急队伍进场", "落实汛前防汛准备", "检查工地"),
    ],
)
def test_a_point_is_spoken_of_in_the_words_of_its_work(point: str, title: str, words: str) -> None:
    assert words in grammar().of(point, title).figure[0].text


def test_figures_name_what_is_left_and_what_was_added() -> None:
    for kind in grammar().kind:
        for figure in kind.figure:
            said = figure.said(Random(1), 0.4, 0.6)
            assert said is not None
            assert re.search(r"\d", said)
            assert figure.said(Random(1), 0.6, 0.6) is None


def extended() -> Iterator[tuple[Life, str]]:
    """A life whose point is put off twice as far in the middle, and that goes on after all is done: its reports."""
    habits = Habits(read_scenario(EXAMPLE / "scenario.toml"))
    life = Life(now=OPENS)
    life.do(
        opening("完成片区电力专项规划", due=date(2022, 9, 30), points=[{"text": "规划初稿", "due": date(2022, 4, 29)}]),
        OFFICE,
    )
    life.do(c.AcceptReceipt(), LIAISON)
    day = date(2022, 1, 14)
    while day < date(2022, 8, 26):
        life.now = at_office(day, time(15, 0))
        if day == date(2022, 3, 25):
            life.do(c.ChangePoint(no=1, due=date(2022, 7, 29)), OFFICE)
        report = habits.feedback(1, life.m, day, CALENDAR, f"{day}")
        life.do(report, LIAISON)
        yield life, report.text
        day += timedelta(days=7)


def test_a_limit_put_off_takes_no_figure_back() -> None:
    texts = [text for _, text in extended()]
    assert list(taken_back(texts)) == []
    assert sum("完成" in text and "（共" in text for text in texts) > 5, "it says figures"


def test_a_range_is_reported_within_and_what_fell_out_of_it_stays_so_until_the_scenario_tells_otherwise() -> None:
    habits = Habits(read_scenario(EXAMPLE / "scenario.toml"))
    life, day = Life(now=OPENS), date(2022, 1, 14)
    span = NewIndicator(name="每日出土量", unit="立方米", low=4500, target=5000, per=Per.DAY)
    life.do(opening("保持基坑出土强度", date(2022, 6, 24), indicators=(span,)), OFFICE)
    life.do(c.AcceptReceipt(), LIAISON)

    def reported() -> int:
        nonlocal day
        life.now = at_office(day, time(15, 0))
        report = habits.feedback(1, life.m, day, CALENDAR, f"{day}")
        life.do(report, LIAISON)
        day += timedelta(days=7)
        (value,) = (i.value for i in report.indicators)
        assert f"本期每日出土量{value}立方米" in report.text
        return value

    within = [reported() for _ in range(6)]
    assert len(set(within)) > 3
    assert all(4500 <= value <= 5000 for value in within)
    life.do(c.SubmitFeedback(text="限量接收", indicators=(IndicatorReport(no=1, value=3860),)), LIAISON)
    assert [reported(), reported()] == [3860, 3860]
    life.do(c.SubmitFeedback(text="恢复", indicators=(IndicatorReport(no=1, value=4710),)), LIAISON)
    assert reported() >= 4500


def test_what_recurs_counts_anew_each_month() -> None:
    habits = Habits(read_scenario(EXAMPLE / "scenario.toml"))
    life, counted = Life(now=OPENS), set()
    life.do(opening("在建工地安全每月巡查", None, period="month", points=(NewPoint(text="逐工地巡查登记"),)), OFFICE)
    life.do(c.AcceptReceipt(), LIAISON)
    for month in range(2, 8):
        life.wait_until(at_office(date(2022, month, 14), time(15, 0)))
        report = habits.feedback(1, life.m, date(2022, month, 14), CALENDAR, f"{month}")
        counted.add(report.text.partition("；")[2].partition("；")[0])
    assert len(counted) > 4, counted


def test_when_all_points_are_done_a_unit_tells_of_the_approval_and_works_on_nothing_any_more() -> None:
    texts = [text for life, text in extended() if life.m.points[0].progress == DONE][1:]
    assert texts
    ours = grammar().of(NOTHING_LEFT, "")
    for text in texts:
        assert any(re.fullmatch(_any_filled(act), text.rstrip("。")) for act in (*ours.act, *ours.step)), text


def _any_filled(sentence: str) -> str:
    return re.sub(r"\\\{\w+\\\}", ".{1,30}?", re.escape(sentence))
