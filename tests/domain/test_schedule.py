"""倒排工期: by hand for the 开工 of December 2021, and by its laws for any chain."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.base import Refusal
from domain.calendar import WorkCalendar
from domain.schedule import NodeTemplate, PlanNode, Schedule, schedule, up_to
from intake.node_template import find_template
from tests.support.life import CALENDAR

FINISH = date(2021, 12, 24)
"""深圳金融文化中心开工, a Friday: 12月开展…启动暨深圳金融文化中心开工活动."""


@pytest.fixture(scope="module")
def groundbreaking() -> Schedule:
    return schedule(find_template("房建开工"), FINISH, CALENDAR, date(2021, 9, 1), "开工")


def of(made: Schedule, node: str) -> tuple[date, date, int | None]:
    found = next(n for n in made.nodes if n.node.id == node)
    return found.start, found.finish, found.slack


def test_the_groundbreaking_of_december_2021_by_hand(groundbreaking: Schedule) -> None:
    """Counted on the published calendar of 2021, last day first; ‖ is a weekend or holiday.

    开工 1: 12-24.
    暗涵 15, ends the working day before: 12-23 22 21 20 ‖ 17 16 15 14 13 ‖ 10 9 8 7 6 ‖ 3.
    支护图 25: 12-2 1, 11-30 29 ‖ 26–22 ‖ 19–15 ‖ 12–8 ‖ 5–1 ‖ 10-29.
    勘察 20: 10-28 27 26 25 ‖ 22–18 ‖ 15–11 ‖ 9 (a Saturday worked) 8 ‖ 国庆 1–7 ‖ 9-30 29 28 27.
    围挡 15 as 暗涵; 监理 20 before it: 12-2 1, 11-30 29 ‖ 26–22 ‖ 19–15 ‖ 12–8 ‖ 5. 策划 10: 12-23–20 ‖ 17–13 ‖ 10.
    """
    made = groundbreaking
    assert of(made, "开工")[:2] == (date(2021, 12, 24), date(2021, 12, 24))
    assert of(made, "暗涵")[:2] == (date(2021, 12, 3), date(2021, 12, 23))
    assert of(made, "支护图")[:2] == (date(2021, 10, 29), date(2021, 12, 2))
    assert of(made, "勘察")[:2] == (date(2021, 9, 27), date(2021, 10, 28))
    assert of(made, "围挡")[:2] == (date(2021, 12, 3), date(2021, 12, 23))
    assert of(made, "监理")[:2] == (date(2021, 11, 5), date(2021, 12, 2))
    assert of(made, "策划")[:2] == (date(2021, 12, 10), date(2021, 12, 23))


def test_its_slack_and_critical_chain_by_hand(groundbreaking: Schedule) -> None:
    """Begun on Wednesday 9-1, there are 18 working days to 9-27, the first day not counted:

    2 3 ‖ 6–10 ‖ 13–17 18 (worked) ‖ 中秋 19–21 ‖ 22–24 ‖ 26 (a Sunday worked) 27.
    """
    assert of(groundbreaking, "勘察")[2] == 18
    assert [n.node.id for n in groundbreaking.nodes if n.critical] == ["勘察", "支护图", "暗涵", "开工"]
    assert groundbreaking.feasible


def test_what_follows_is_laid_out_forward_by_hand(groundbreaking: Schedule) -> None:
    """土石方 90 from 12-27: 5 to 12-31, 24 to 1-28 (元旦 1-3 off), 26 with 1-29 and 30, 46 to 3-4 (春节), 66 to 4-1,

    67 with 4-2, 70 to 4-8 (清明), 81 with 4-24, 86 to 4-29, 89 with 5-5 6 7 (五一), 90 on 5-9.
    """
    assert of(groundbreaking, "土石方") == (date(2021, 12, 27), date(2022, 5, 9), None)


def test_begun_too_late_it_says_which_starts_are_past_and_by_how_much() -> None:
    made = schedule(find_template("房建开工"), FINISH, CALENDAR, date(2021, 11, 8), "开工")
    assert not made.feasible
    assert [n.node.id for n in made.nodes if n.late] == ["勘察", "支护图", "监理"]
    # 勘察 had to start on 9-27; from there to 11-8 it is: 28 29 30, 8 9, 11–15, 18–22, 25–29, 1–5, 8.
    assert made.missing == 3 + 2 + 5 + 5 + 5 + 5 + 1


def test_a_finish_on_a_holiday_is_the_working_day_before_it() -> None:
    made = schedule(find_template("一书两证"), date(2022, 10, 5), CALENDAR, date(2022, 3, 1))
    assert made.finish == date(2022, 9, 30)


def test_a_year_nobody_has_published_is_provisional() -> None:
    made = schedule(find_template("一书两证"), date(2031, 3, 3), CALENDAR, date(2026, 1, 5))
    assert all(n.provisional for n in made.nodes)


def test_lag_is_waited_for() -> None:
    pour = PlanNode(id="a", name="浇筑", days=2)
    strip = PlanNode(id="b", name="拆模", days=1, after=("a",), lag=7)
    made = schedule(NodeTemplate(name="混凝土", nodes=(pour, strip)), date(2022, 3, 31), CALENDAR, date(2022, 3, 1))
    # 拆模 3-31; seven working days between: 3-30 29 28 ‖ 25 24 23 22; 浇筑 3-21 and ‖ 3-18.
    assert of(made, "a")[:2] == (date(2022, 3, 18), date(2022, 3, 21))


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ((), "没有一个节点"),
        (({"id": "a"}, {"id": "a"}), "节点编号“a”重复"),
        (({"id": "a", "after": ("z",)},), "前置“z”不在模板中"),
        (({"id": "a", "after": ("c",)}, {"id": "b", "after": ("a",)}, {"id": "c", "after": ("b",)}), "互为前置"),
        (({"id": "a", "after": ("a",)},), "互为前置"),
    ],
)
def test_a_template_that_cannot_be_laid_out_is_refused(nodes: tuple[dict[str, object], ...], words: str) -> None:
    with pytest.raises(Refusal, match=words):
        NodeTemplate(name="甲", nodes=tuple(PlanNode(name=str(n["id"]), days=1, **n) for n in nodes))  # type: ignore[arg-type]


@st.composite
def templates(draw: st.DrawFn) -> NodeTemplate:
    """Any chain: each step waits for some of those before it."""
    count = draw(st.integers(1, 9))
    nodes = []
    for n in range(count):
        after = draw(st.sets(st.integers(0, n - 1))) if n else set()
        days, lag = draw(st.integers(1, 40)), draw(st.integers(0, 5))
        nodes.append(
            PlanNode(id=f"n{n}", name=f"节点{n}", days=days, lag=lag, after=tuple(f"n{a}" for a in sorted(after)))
        )
    return NodeTemplate(name="任意", nodes=tuple(draw(st.permutations(nodes))))


@settings(max_examples=300)
@given(templates(), st.integers(0, 1200), st.integers(0, 600), st.data())
def test_the_laws_of_any_schedule(template: NodeTemplate, finish: int, today: int, data: st.DataObject) -> None:
    cal: WorkCalendar = CALENDAR
    end, begin = date(2022, 1, 4) + timedelta(days=finish), date(2022, 1, 4) + timedelta(days=today)
    target = data.draw(st.sampled_from(template.nodes)).id
    made = schedule(template, end, cal, begin, target)
    found = {n.node.id: n for n in made.nodes}
    assert found[target].finish == cal.last_workday_on_or_before(end)
    for n in made.nodes:
        assert cal.is_workday(n.start)
        assert cal.is_workday(n.finish)
        assert cal.workdays_between(n.start, n.finish) + 1 == n.node.days
        for before in n.node.after:
            assert cal.workdays_between(found[before].finish, n.start) > n.node.lag
        if n.slack is not None:
            assert n.late == (n.start < begin)
            assert n.finish <= found[target].finish
    critical = [n for n in made.nodes if n.critical]
    least = min(n.slack for n in made.nodes if n.slack is not None)
    assert {n.slack for n in critical} == {least}
    assert found[target].critical, "nothing is later than the target, so it is on the chain"
    assert made.feasible == (least >= 0)


def test_a_plan_is_taken_as_far_as_one_node_with_all_it_waits_for(groundbreaking: Schedule) -> None:
    some = up_to(groundbreaking, "基坑支护施工图设计")
    assert {n.node.id for n in some.nodes} == {"勘察", "支护图"}
    assert set(some.nodes) < set(groundbreaking.nodes), "the days stay those of the whole"
    with pytest.raises(Refusal, match="没有节点“封顶”"):
        up_to(groundbreaking, "封顶")
