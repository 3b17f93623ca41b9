"""A unit's score: outcomes only, 牵头:配合 2:1, each line with its matters."""

from datetime import date
from typing import Any

from domain import commands as c
from domain.queries.score import score
from domain.terms import ScoredOutcome, SuspensionReason
from tests.support.life import Life, accepted, at
from tests.support.office import ASSIST as HELPER
from tests.support.office import LEADER, LIAISON, OFFICE, SECOND

LEAD, ASSIST = "gengxin", "zhujian"
WITH: dict[str, Any] = {"rhythm": "once", "assist": (HELPER,)}


def closed(life: Life, month: int, day: int, returns: int = 0) -> Life:
    life.now = at(month, day)
    for _ in range(returns):
        life.do(c.RequestClosure(text="已完成"), LIAISON)
        life.do(c.ReviewClosure(approve=False, text="材料不全"), OFFICE)
    life.do(c.RequestClosure(text="已完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    return life


def lines(unit: str, *lives: Life, today: date = date(2022, 12, 31)) -> dict[tuple[ScoredOutcome, bool], int]:
    return {(x.outcome, x.leading): x.total for x in score(unit, (life.m for life in lives), today)}


def test_in_time_is_worth_twice_as_much_to_who_leads() -> None:
    life = closed(accepted(**WITH), 6, 1)
    assert lines(LEAD, life) == {(ScoredOutcome.IN_TIME, True): 2}
    assert lines(ASSIST, life) == {(ScoredOutcome.IN_TIME, False): 1}
    assert lines("nobody", life) == {}


def test_late_costs_what_in_time_earns_and_a_return_costs_more() -> None:
    life = closed(accepted(**WITH), 7, 8, returns=2)
    assert lines(LEAD, life) == {(ScoredOutcome.LATE, True): -2, (ScoredOutcome.RETURNED, True): -8}
    assert lines(ASSIST, life) == {(ScoredOutcome.LATE, False): -1, (ScoredOutcome.RETURNED, False): -4}


def test_an_open_matter_counts_only_once_its_limit_has_passed() -> None:
    life = accepted(rhythm="once")
    assert lines(LEAD, life, today=date(2022, 6, 30)) == {}
    assert lines(LEAD, life, today=date(2022, 7, 1)) == {(ScoredOutcome.OVERDUE, True): -2}
    life.do(c.RequestClosure(text="已完成"), LIAISON)
    assert lines(LEAD, life, today=date(2022, 7, 1)) == {}, "asked in time, the clock stands"


def test_what_is_suspended_or_called_off_counts_nothing() -> None:
    paused, off = accepted(rhythm="once"), accepted(rhythm="once")
    paused.do(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 4, 1)), LEADER)
    off.do(c.CancelMatter(reason="政策调整"), LEADER)
    assert lines(LEAD, paused, off) == {}
