"""立项、交办、签收、退签."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain import commands as c
from domain import events as ev
from domain.facts import Basis
from domain.terms import BasisKind, Light, Rung, Stage
from tests.support.life import Life, accepted, at, opened
from tests.support.office import (
    ASSIST,
    AUDITOR,
    CONSULTANT,
    FOR_LEADER,
    HEAD,
    LEAD,
    LEADER,
    LIAISON,
    OFFICE,
    OTHER,
    opening,
)


def test_a_matter_without_a_basis_cannot_even_be_written_down() -> None:
    with pytest.raises(ValidationError):
        Basis(kind=BasisKind.DOCUMENT, text=" ")


def test_opening_with_a_lead_assigns_at_once_and_without_one_waits() -> None:
    assert opened().m.stage is Stage.ASSIGNED
    waiting = opened(lead=None)
    assert waiting.m.stage is Stage.OPENED
    assert waiting.light.reason == "绿:待明确牵头单位"


def test_a_limit_in_the_past_is_refused() -> None:
    Life().refuses(opening(due=date(2022, 3, 4)), words="已经过去")


def test_a_point_cannot_be_due_after_its_matter() -> None:
    Life().refuses(opening(points=[{"text": "图审", "due": "2022-07-01"}]), words="晚于办结时限")


def test_a_consultancy_is_a_contact_and_cannot_lead() -> None:
    Life().refuses(opening(lead=CONSULTANT), words="不是督办对象")


@pytest.mark.parametrize("actor", [LIAISON, HEAD, AUDITOR])
def test_units_and_auditors_do_not_open_matters(actor: object) -> None:
    Life().refuses(opening(), actor, code="forbidden")  # type: ignore[arg-type]


def test_opening_twice_under_one_key_is_one_matter() -> None:
    life = opened()
    assert life.do(opening(title="同一件事")) == []


def test_the_receipt_limit_counts_working_hours_over_the_weekend() -> None:
    friday = opened(at(3, 11, 16))
    assert friday.m.receipt_due == at(3, 15, 16)


def test_extra_urgent_matters_are_signed_within_four_working_hours() -> None:
    assert opened(at(3, 7, 9), urgency="extra_urgent").m.receipt_due == at(3, 7, 15)


def test_silence_past_the_limit_is_receipt() -> None:
    life = opened()
    assert life.wait_until(at(3, 9, 10)) == ["ReceiptSigned", "FeedbackWindowOpened"]
    signed = life.events(ev.ReceiptSigned)[0]
    assert isinstance(signed, ev.ReceiptSigned)
    assert signed.deemed
    assert life.m.accepted_at == at(3, 9, 10)


def test_silence_is_judged_by_its_instant_not_by_when_somebody_looked() -> None:
    life = opened()
    life.sleep_until(at(3, 10, 9))
    assert life.m.accepted_at == at(3, 9, 10)


def test_only_the_lead_unit_signs_and_the_office_may_type_for_it() -> None:
    opened().refuses(c.AcceptReceipt(), OTHER, words="不是您所在单位", code="forbidden")
    life = opened()
    life.do(c.AcceptReceipt(), OFFICE)
    assert life.m.stage is Stage.IN_PROGRESS


def test_the_second_decline_is_a_dispute_and_goes_up_one_rung() -> None:
    life = opened()
    assert life.do(c.DeclineReceipt(reason="非本单位职责"), LIAISON) == ["ReceiptDeclined"]
    assert life.m.lead is None
    assert life.light.light is Light.YELLOW
    life.do(c.AssignMatter(lead=ASSIST))
    assert life.do(c.DeclineReceipt(reason="也非本单位职责"), OTHER) == ["ReceiptDeclined", "MatterEscalated"]
    assert life.m.rung is Rung.UNIT_HEAD


def test_a_lead_named_by_a_leader_cannot_decline() -> None:
    life = Life()
    life.do(opening(), FOR_LEADER)
    life.refuses(c.DeclineReceipt(reason="有困难"), LIAISON, words="由领导指定")
    instructed = opened(basis=Basis(kind=BasisKind.INSTRUCTION, text="领导批示"))
    instructed.refuses(c.DeclineReceipt(reason="有困难"), LIAISON, words="由领导指定")


def test_reassignment_needs_a_reason_and_starts_receipt_again() -> None:
    life = accepted()
    life.refuses(c.AssignMatter(lead=ASSIST), words="改派须说明理由", code="malformed")
    life.do(c.AssignMatter(lead=ASSIST, reason="职责调整"))
    assert (life.m.stage, life.m.lead) == (Stage.ASSIGNED, "zhujian")
    assert life.m.window is None
    life.refuses(c.AssignMatter(lead=ASSIST, reason="再来一次"), words="没有变化")


def test_who_decided_and_who_typed_are_two_people() -> None:
    life = Life()
    life.do(opening(), FOR_LEADER)
    actor = life.recorded[0].actor
    assert (actor.id, actor.on_behalf_of and actor.on_behalf_of.id) == ("office", "leader")
    assert actor.on_behalf_of is not None
    assert actor.on_behalf_of.paper == "香指办阅〔2022〕3号"


def test_only_the_office_types_for_others() -> None:
    cheating = LIAISON.model_copy(update={"on_behalf_of": FOR_LEADER.on_behalf_of})
    Life().refuses(opening(), cheating, words="只有办公室督办员可以代录", code="forbidden")


def test_the_clock_is_nobodys_and_people_are_not_the_clock() -> None:
    life = accepted()
    life.refuses(c.ExpireDeadline(), OFFICE, code="forbidden")
    life.refuses(c.AcceptReceipt(), LEADER.model_copy(update={"id": "system", "role": "system"}), code="forbidden")


def test_backdated_opening_says_when_it_happened() -> None:
    life = Life()
    life.do(opening(due=date(2022, 3, 1)), OFFICE, occurred_at=at(2, 7))
    assert life.m.opened_at == at(2, 7)
    assert life.recorded[0].recorded_at - life.recorded[0].occurred_at > timedelta(days=20)
    assert LEAD.id == life.m.lead


def test_on_a_saturday_tomorrow_is_not_today_and_the_receipt_is_due_no_later() -> None:
    saturday = opened(at(3, 12, 10), due=date(2022, 3, 13))
    assert saturday.light.reason == "蓝:距办结时限1天，其间没有工作日"
    assert saturday.m.receipt_due is not None
    assert saturday.m.receipt_due <= at(3, 13, 18), "签收时限 not after 办结时限"
    saturday.now = at(3, 13, 10)
    assert saturday.light.reason == "蓝:今日到期"
