"""One matter, several decisions: 多头交办, 结转, 存量."""

from datetime import date

import pytest

from domain import commands as c
from domain import events as ev
from domain.facts import Basis
from domain.terms import BasisKind, Stage
from tests.support.life import MONDAY, Life, accepted, at, opened
from tests.support.office import AUDITOR, HEAD, LEADER, LIAISON, opening

SPEECH = Basis(kind=BasisKind.INSTRUCTION, text="区政府工作报告", no="福府〔2022〕1号")
PLAN_2023 = Basis(kind=BasisKind.TASK_LIST, text="2023年工作计划", no="香指办〔2023〕1号")


def test_a_second_decision_is_one_more_basis_of_the_same_matter() -> None:
    life = accepted()
    before = life.m
    assert life.do(c.AddBasis(basis=SPEECH)) == ["BasisAdded"]
    assert life.m.bases == (before.basis, SPEECH)
    assert (life.m.number, life.m.due, life.m.stage) == (before.number, before.due, before.stage)


def test_the_same_basis_a_second_time_records_nothing() -> None:
    life = accepted()
    assert life.do(c.AddBasis(basis=life.m.basis)) == []
    life.do(c.AddBasis(basis=SPEECH))
    assert life.do(c.AddBasis(basis=SPEECH)) == []


@pytest.mark.parametrize("actor", [LIAISON, HEAD, AUDITOR])
def test_units_do_not_say_what_stands_behind_a_matter(actor: object) -> None:
    life = accepted()
    life.refuses(c.AddBasis(basis=SPEECH), actor, code="forbidden")  # type: ignore[arg-type]
    life.refuses(c.CarryOver(year=2023, basis=PLAN_2023), actor, code="forbidden")  # type: ignore[arg-type]


def test_an_ended_matter_takes_no_basis() -> None:
    life = accepted()
    life.do(c.CancelMatter(reason="政策调整"), LEADER)
    life.refuses(c.AddBasis(basis=SPEECH), words="撤销")


def test_carried_over_a_matter_keeps_its_number_and_its_limit() -> None:
    life = accepted()
    number, due = life.m.number, life.m.due
    life.now = at(12, 30)
    assert life.do(c.CarryOver(year=2023, basis=PLAN_2023)) == ["MatterCarriedOver"]
    assert (life.m.number, life.m.due, life.m.carried) == (number, due, (2023,))
    assert life.m.bases[-1] == PLAN_2023
    assert life.do(c.CarryOver(year=2023, basis=SPEECH)) == [], "a year takes a matter once"


def test_a_matter_is_carried_into_later_years_only_and_one_at_a_time() -> None:
    life = accepted()
    life.refuses(c.CarryOver(year=2022, basis=PLAN_2023), words="列在2022年")
    life.refuses(c.CarryOver(year=2025, basis=PLAN_2023), words="最多结转到2023年")
    life.do(c.CarryOver(year=2023, basis=PLAN_2023))
    life.now = at(1, 9, year=2024)
    assert life.do(c.CarryOver(year=2024, basis=PLAN_2023)) == ["MatterCarriedOver"]
    assert life.m.carried == (2023, 2024)
    assert life.m.bases.count(PLAN_2023) == 1


def test_a_matter_that_ran_elsewhere_comes_in_with_its_past_dates() -> None:
    life = Life()
    began = at(11, 10, year=2021)
    life.do(opening(due=date(2022, 2, 28), inherited="2021年督办台账第17号"), occurred_at=began)
    assert life.m.inherited == "2021年督办台账第17号"
    assert life.m.opened_at == began
    assert life.m.due == date(2022, 2, 28), "a limit that has passed is no reason to lose the matter"
    assert life.m.stage is Stage.ASSIGNED
    assert life.m.receipt_due is not None
    assert life.m.receipt_due > MONDAY, "the unit signs here, from now on"


def test_a_past_matter_says_since_when_and_not_from_the_future() -> None:
    Life().refuses(opening(inherited="2021年台账"), words="原立项日期")
    life = Life()
    with pytest.raises(Exception, match="还没有到"):
        life.do(opening(inherited="2021年台账"), occurred_at=at(6, 1))
    assert life.matter is None


def test_an_opening_by_now_is_marked_by_nothing() -> None:
    [event] = opened().events(ev.MatterOpened)
    assert isinstance(event, ev.MatterOpened)
    assert event.inherited is None
