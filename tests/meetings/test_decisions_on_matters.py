"""What a meeting decided, at the matter: each outcome and what follows from it there."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from domain import commands as c
from domain.envelope import Actor
from domain.events import DecisionRecorded
from domain.meetings.terms import Outcome, Subject
from domain.terms import Light, Rung, Stage, SuspensionReason
from tests.support.life import Life, accepted, at
from tests.support.office import ASSIST, FOR_LEADER, LEAD, LIAISON, OFFICE, SECOND


def decided(outcome: Outcome, **more: object) -> c.RecordDecision:
    return c.RecordDecision.model_validate(
        {
            "meeting": "2022年第3次月度指挥部会议",
            "text": "抓紧推进",
            "outcome": outcome,
            "minutes": "HY-2022-003",
            "point": 1,
            **more,
        }
    )


def asked_to_extend() -> Life:
    life = accepted()
    life.do(c.RequestExtension(to=date(2022, 7, 29), reason="权属争议"), LIAISON)
    return life


def asked_to_close() -> Life:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    return life


def test_a_decision_answers_what_was_carried_up_and_deferring_does_not() -> None:
    life = accepted()
    for _ in range(4):
        life.do(c.EscalateMatter(reason="久拖不决"))
        life.now += timedelta(days=7)
    life.do(decided(Outcome.DEFERRED), FOR_LEADER)
    assert life.m.rung is Rung.MEETING
    life.do(decided(Outcome.CONTINUED), FOR_LEADER)
    assert (life.m.rung, life.m.decided_on) == (Rung.HANDLER, date(2022, 4, 4))


def test_what_nobody_asked_for_is_not_agreed_to() -> None:
    life = accepted()
    life.refuses(decided(Outcome.AGREED, subject=Subject.CLOSURE), FOR_LEADER)
    assert life.m.stage is Stage.IN_PROGRESS


def test_limiting_sets_the_limit_and_the_leader_owns_it() -> None:
    life = accepted()
    life.do(decided(Outcome.LIMITED, due=date(2022, 5, 31)), FOR_LEADER)
    assert life.m.due == date(2022, 5, 31)
    life.do(c.RequestExtension(to=date(2022, 6, 30), reason="慢"), LIAISON)
    life.refuses(c.AnswerExtension(grant=True), OFFICE, code="forbidden")


@pytest.mark.parametrize(("standing", "subject"), [(asked_to_extend, "extension"), (asked_to_close, "closure")])
def test_what_is_not_agreed_to_sets_no_limit_whatever_date_was_said(standing: Callable[[], Life], subject: str) -> None:
    """简报 and 督办单 print the date of a decision: a refused extension read as a limit moved to August."""
    life = standing()
    life.do(decided(Outcome.DISAGREED, subject=subject, due=date(2022, 8, 31)), FOR_LEADER)
    [said] = life.events(DecisionRecorded)
    assert isinstance(said, DecisionRecorded)
    assert (said.due, life.m.due) == (None, date(2022, 6, 30))


def test_agreeing_to_an_extension_moves_the_limit_to_the_date_asked_or_to_another() -> None:
    life = asked_to_extend()
    life.do(decided(Outcome.AGREED, subject=Subject.EXTENSION, due=date(2022, 7, 15)), FOR_LEADER)
    assert (life.m.due, life.m.original_due, life.m.extension) == (date(2022, 7, 15), date(2022, 6, 30), None)


def test_not_agreeing_to_an_extension_leaves_the_limit() -> None:
    life = asked_to_extend()
    assert life.do(decided(Outcome.DISAGREED, subject=Subject.EXTENSION), FOR_LEADER) == [
        "DecisionRecorded",
        "ExtensionRefused",
    ]
    assert life.m.due == date(2022, 6, 30)


def test_agreeing_to_a_closure_closes_and_not_agreeing_returns() -> None:
    life = asked_to_close()
    life.do(decided(Outcome.AGREED_IN_PRINCIPLE, subject=Subject.CLOSURE), FOR_LEADER)
    assert life.m.stage is Stage.CLOSED
    back = asked_to_close()
    back.do(decided(Outcome.DISAGREED, subject=Subject.CLOSURE), FOR_LEADER)
    assert (back.m.stage, back.m.counts.returns) == (Stage.IN_PROGRESS, 1)


def test_what_another_leader_instructed_still_goes_back_to_him() -> None:
    life = accepted()
    other = FOR_LEADER.on_behalf_of.model_copy(update={"id": "second-leader"}) if FOR_LEADER.on_behalf_of else None
    life.do(
        c.RecordInstruction(leader="second-leader", text="sealed:v1:k:AA"),
        OFFICE.model_copy(update={"on_behalf_of": other}),
    )
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert life.do(decided(Outcome.AGREED, subject=Subject.CLOSURE), FOR_LEADER) == [
        "DecisionRecorded",
        "ClosureEndorsed",
    ]


def test_who_chairs_has_said_his_word_and_the_others_who_instructed_say_theirs() -> None:
    life = accepted()
    behalf = FOR_LEADER.on_behalf_of
    assert behalf is not None
    other = OFFICE.model_copy(update={"on_behalf_of": behalf.model_copy(update={"id": "second-leader"})})
    life.do(c.RecordInstruction(leader=behalf.id, text="sealed:v1:k:AA"), FOR_LEADER)
    life.do(c.RecordInstruction(leader="second-leader", text="sealed:v1:k:AA"), other)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    agreed = decided(Outcome.AGREED, subject=Subject.CLOSURE)
    assert life.do(agreed, FOR_LEADER) == ["DecisionRecorded", "ClosureEndorsed", "ClosureMarked"]
    assert life.m.to_mark == ("second-leader",)
    life.refuses(agreed, FOR_LEADER, words="待原批示领导审阅")
    assert life.do(agreed, other)[-1] == "MatterClosed"


def test_agreeing_to_a_cancellation_cancels() -> None:
    life = accepted()
    life.do(decided(Outcome.AGREED, subject=Subject.CANCELLATION), FOR_LEADER)
    assert life.m.stage is Stage.CANCELLED


def test_reassigning_names_the_lead_so_that_it_cannot_decline() -> None:
    life = accepted()
    life.do(decided(Outcome.REASSIGNED, lead=ASSIST), FOR_LEADER)
    assert (life.m.lead, life.m.stage, life.m.lead_named_by_leader) == ("zhujian", Stage.ASSIGNED, True)


def test_listing_and_delisting() -> None:
    life = accepted()
    life.refuses(decided(Outcome.DELISTED), FOR_LEADER, words="没有挂牌")
    life.do(decided(Outcome.LISTED), FOR_LEADER)
    assert life.m.listed
    life.refuses(decided(Outcome.LISTED), FOR_LEADER, words="已挂牌")
    life.do(decided(Outcome.DELISTED), FOR_LEADER)
    assert not life.m.listed


@pytest.mark.parametrize("actor", [FOR_LEADER])
def test_a_suspended_or_ended_matter_refuses_and_says_why(actor: Actor) -> None:
    life = accepted()
    life.do(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 4, 29)))
    life.refuses(decided(Outcome.CONTINUED), actor, words="暂缓中，恢复后再办理")
    ended = asked_to_close()
    ended.do(c.ReviewClosure(approve=True), SECOND)
    ended.refuses(decided(Outcome.CONTINUED), actor, words="如需继续请先重开")


def test_a_meeting_the_office_chairs_moves_no_limit_a_leader_set() -> None:
    life = accepted()
    life.do(decided(Outcome.LIMITED, due=date(2022, 5, 31)), FOR_LEADER)
    life.refuses(decided(Outcome.LIMITED, due=date(2022, 6, 30)), SECOND, words="须由领导主持的会议变更")
    life.do(decided(Outcome.CONTINUED), SECOND)


def test_a_red_light_goes_out_with_the_new_limit() -> None:
    life = accepted(due=date(2022, 3, 31))
    life.wait_until(at(4, 6))
    assert life.light.light is Light.RED
    life.do(decided(Outcome.LIMITED, due=date(2022, 5, 31)), FOR_LEADER)
    assert life.light.light is not Light.RED


def test_a_decision_in_secret_words_stays_one_ciphertext_in_all_that_follows_from_it() -> None:
    words = "sealed:v2:0123456789abcdef:AAAA"
    granted, returned, cancelled = asked_to_extend(), asked_to_close(), accepted()
    granted.do(decided(Outcome.AGREED, subject=Subject.EXTENSION, due=date(2022, 7, 15), text=words), FOR_LEADER)
    returned.do(decided(Outcome.DISAGREED, subject=Subject.CLOSURE, text=words), FOR_LEADER)
    cancelled.do(decided(Outcome.AGREED, subject=Subject.CANCELLATION, text=words), FOR_LEADER)
    for life in (granted, returned, cancelled):
        payloads = [json.loads(r.payload) for r in life.recorded]
        held = [text for payload in payloads for text in payload.values() if "sealed:" in str(text)]
        assert held == [words] * 2


def test_a_decision_is_recorded_with_all_that_names_it() -> None:
    life = asked_to_extend()
    life.do(decided(Outcome.AGREED, subject=Subject.EXTENSION), FOR_LEADER)
    [said] = life.events(DecisionRecorded)
    assert isinstance(said, DecisionRecorded)
    assert (said.minutes, said.point, said.subject) == ("HY-2022-003", 1, Subject.EXTENSION)


def test_a_decided_limit_is_today_at_the_earliest() -> None:
    life = accepted()
    life.refuses(decided(Outcome.LIMITED, due=date(2022, 3, 4)), FOR_LEADER, words="已经过去")
    life.do(decided(Outcome.LIMITED, due=date(2022, 3, 7)), FOR_LEADER)
    assert life.m.due == date(2022, 3, 7)


def test_who_leads_by_a_leaders_word_is_changed_by_a_leader_in_the_chair_only() -> None:
    life = accepted()
    life.do(decided(Outcome.REASSIGNED, lead=ASSIST), FOR_LEADER)
    back = decided(Outcome.REASSIGNED, lead=LEAD)
    life.refuses(back, SECOND, words="牵头单位由领导指定", code="forbidden")
    life.do(decided(Outcome.CONTINUED), SECOND)
    life.do(back, FOR_LEADER)
    assert life.m.lead == "gengxin"
    other = accepted()
    other.do(decided(Outcome.REASSIGNED, lead=ASSIST), SECOND)
    assert other.m.lead == "zhujian"


def test_a_leader_in_the_chair_moves_what_a_leader_set() -> None:
    life = accepted()
    for day in (date(2022, 5, 31), date(2022, 6, 30)):
        life.do(decided(Outcome.LIMITED, due=day), FOR_LEADER)
        assert life.m.due == day


def test_reassigned_under_a_new_limit_receipt_is_not_due_after_it_and_the_assisting_units_are_those_named() -> None:
    life = accepted()
    life.do(decided(Outcome.REASSIGNED, lead=ASSIST, assist=[LEAD], due=date(2022, 3, 7)), FOR_LEADER)
    assert life.m.assist == ("gengxin",)
    assert life.m.receipt_due is not None
    assert life.m.receipt_due <= at(3, 7, 18)
