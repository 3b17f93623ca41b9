"""授权代办, 职责交接, 回避 and 异议: who may act for whom, and who must not decide."""

from datetime import date

import pytest

from domain import commands as c
from domain import events as ev
from domain.base import Refusal
from domain.envelope import Actor, OnBehalf
from domain.office import Delegation, Directory
from domain.rules.delegation import check_delegation, grant, revoke, revoke_all
from domain.rules.ending import duties_of
from domain.terms import Duty, LeaderMark, ObjectionOutcome, Role, Rung, Stage
from tests.support.life import Life, accepted, at
from tests.support.office import (
    AUDITOR,
    FOR_LEADER,
    HEAD,
    LEADER,
    LIAISON,
    OFFICE,
    OTHER,
    PEOPLE,
    SECOND,
    opening,
)

SEALED = "sealed:v1:k1:AAAA"
SAID = c.SubmitFeedback(text="进展", progress=30)
THIRD = Actor(id="office-3", role=Role.OFFICE, unit="office")
TODAY = date(2022, 8, 1)
NO = "授权〔2022〕1号"
AUGUST = Delegation(giver="li", receiver="zhao", since=TODAY, until=date(2022, 8, 31), reason="休假")
DIRECTORY = Directory(people={p.id: p for p in PEOPLE}, delegations={NO: AUGUST})
FOR_LI = OTHER.model_copy(
    update={"on_behalf_of": OnBehalf(id="li", role=Role.LIAISON, unit="gengxin", paper=NO, delegation=NO)}
)


def refused(words: str, code: str | None = None) -> "pytest.RaisesExc[Refusal]":
    return pytest.raises(Refusal, match=words, check=lambda e: code in (None, e.code))


def closed() -> Life:
    """Asked by 李三, endorsed by 钱二, and no objection yet."""
    life = accepted(due=date(2022, 6, 30))
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    return life


def objected() -> Life:
    life = closed()
    life.do(c.RaiseObjection(text="结论与事实不符"), LIAISON)
    return life


# --- 授权代办


def test_a_delegate_does_what_the_giver_may_and_is_recorded_with_both_names() -> None:
    life = accepted()
    life.refuses(SAID, OTHER, code="forbidden")
    life.do(SAID, FOR_LI)
    last = life.recorded[-1].actor
    assert (last.id, last.on_behalf_of and last.on_behalf_of.id) == ("zhao", "li")
    assert life.m.last_feedback is not None
    assert life.m.last_feedback.authors == ("zhao", "li")
    life.refuses(c.ReviewClosure(approve=True), FOR_LI, code="forbidden")


def test_without_a_delegation_only_the_office_types_for_others() -> None:
    typed = OTHER.model_copy(update={"on_behalf_of": OnBehalf(id="li", role=Role.LIAISON, unit="gengxin")})
    accepted().refuses(SAID, typed, words="只有办公室督办员可以代录", code="forbidden")


def test_neither_giver_nor_delegate_reviews_what_the_other_asked() -> None:
    life = accepted()
    behalf = OnBehalf(id="office-2", role=Role.OFFICE, unit="office", delegation=NO)
    life.do(c.RequestClosure(text="完成"), OFFICE.model_copy(update={"on_behalf_of": behalf}))
    for actor in (OFFICE, SECOND):
        life.refuses(c.ReviewClosure(approve=True), actor, words="不能审核自己", code="forbidden")


@pytest.mark.parametrize(
    ("change", "day", "stream", "words"),
    [
        ({}, date(2022, 7, 31), "matter/a", "起才生效"),
        ({}, date(2022, 9, 1), "matter/a", "已于 2022-08-31 到期"),
        ({"revoked": True}, TODAY, "matter/a", "已收回"),
        ({"matters": ("matter/b",)}, TODAY, "matter/a", "不包括这个事项"),
        ({"receiver": "head"}, TODAY, "matter/a", "没有授权"),
    ],
)
def test_an_act_under_a_delegation_that_does_not_hold_is_refused(
    change: dict[str, object], day: date, stream: str, words: str
) -> None:
    behalf = OnBehalf(id="li", role=Role.LIAISON, delegation=NO)
    check_delegation(DIRECTORY, "zhao", behalf, "matter/a", date(2022, 8, 31))
    other = DIRECTORY.model_copy(update={"delegations": {NO: AUGUST.model_copy(update=change)}})
    with refused(words, "not_delegated"):
        check_delegation(other, "zhao", behalf, stream, day)


def test_a_delegate_does_not_delegate_on() -> None:
    onward = Delegation(giver="li", receiver="head", since=TODAY, until=date(2022, 8, 31), reason="转委托")
    with refused("受托人不得转委托", "forbidden"):
        grant(DIRECTORY, onward, OTHER, TODAY)
    with refused("受托人不得转委托", "forbidden"):
        grant(DIRECTORY, onward, FOR_LI, TODAY)
    with refused("只能授权他人代办自己的职责", "forbidden"):
        grant(DIRECTORY, onward, HEAD, TODAY)
    assert grant(DIRECTORY, onward, LIAISON, TODAY).delegation == onward
    assert grant(DIRECTORY, onward, OFFICE, TODAY).delegation == onward


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"receiver": "li"}, "不能授权给本人"),
        ({"receiver": "audit"}, "审计员"),
        ({"receiver": "谁"}, "不在任，不能受托"),
        ({"until": date(2022, 7, 1)}, "早于起始日"),
        ({"since": date(2022, 7, 1), "until": date(2022, 7, 31)}, "已经过去"),
        ({"since": date(2022, 8, 15)}, "已作同样的授权"),
    ],
)
def test_a_delegation_that_cannot_be_meant_is_refused(change: dict[str, object], words: str) -> None:
    with refused(words):
        grant(DIRECTORY, AUGUST.model_copy(update=change), LIAISON, TODAY)


def test_a_delegation_is_taken_back_by_its_giver_or_the_office_and_ends_with_a_move() -> None:
    for actor in (OTHER, HEAD, FOR_LI):
        with refused("由本人或办公室督办员收回", "forbidden"):
            revoke(DIRECTORY, NO, actor, "回来了")
    assert revoke(DIRECTORY, NO, LIAISON, "回来了").no == NO
    with refused("没有授权", "not_found"):
        revoke(DIRECTORY, "授权〔2022〕9号", OFFICE, "x")
    assert [e.no for e in revoke_all(DIRECTORY, "zhao", "调动")] == [NO]
    assert list(revoke_all(DIRECTORY, "head", "调动")) == []


# --- 职责交接


def test_duties_go_to_a_successor_one_event_each() -> None:
    life = Life()
    life.do(opening(person="li", supervisor="office"), FOR_LEADER)
    life.do(c.RecordInstruction(leader="leader", text=SEALED), FOR_LEADER)
    assert duties_of(life.m, "li") == (Duty.PERSON,)
    assert duties_of(life.m, "office") == (Duty.SUPERVISOR,)
    assert duties_of(life.m, "leader") == (Duty.LEADER,)
    for duty, old, new in ((Duty.PERSON, "li", "head"), (Duty.SUPERVISOR, "office", "office-2")):
        life.do(c.ReassignDuty(duty=duty, from_person=old, to_person=new, reason="调动"))
    assert (life.m.person, life.m.supervisor) == ("head", "office-2")
    life.refuses(c.ReassignDuty(duty=Duty.PERSON, from_person="li", to_person="head", reason="x"), words="无可交接")
    life.refuses(
        c.ReassignDuty(duty=Duty.PERSON, from_person="head", to_person="li", reason="x"), LIAISON, code="forbidden"
    )


def test_a_leaders_duties_follow_the_post() -> None:
    life = Life()
    life.do(opening(), FOR_LEADER)
    life.do(c.RecordInstruction(leader="leader", text=SEALED), FOR_LEADER)
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.ReassignDuty(duty=Duty.LEADER, from_person="leader", to_person="deputy", reason="接任"))
    deputy = Actor(id="deputy", role=Role.LEADER, unit="office")
    life.do(c.RequestExtension(to=date(2022, 7, 15), reason="慢"), LIAISON)
    life.refuses(c.AnswerExtension(grant=True), LEADER, code="forbidden")
    life.do(c.AnswerExtension(grant=True), deputy)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.refuses(c.MarkClosure(mark=LeaderMark.AGREED), LEADER, words="原批示领导")
    life.do(c.MarkClosure(mark=LeaderMark.AGREED), deputy)
    assert life.m.stage is Stage.CLOSED


# --- 回避、异议


def test_the_objection_is_decided_by_somebody_who_did_not_write_the_finding() -> None:
    life = objected()
    decide = c.DecideObjection(outcome=ObjectionOutcome.REJECTED, text="结论属实")
    life.refuses(decide, SECOND, words="应当回避", code="forbidden")
    life.refuses(decide, LIAISON, code="forbidden")
    life.refuses(decide, AUDITOR, code="forbidden")
    assert life.do(decide, OFFICE) == ["ObjectionDecided"]
    assert (life.m.stage, life.m.settled) == (Stage.CLOSED, True)
    life.refuses(decide, THIRD, words="没有待复核的异议")
    life.refuses(c.RaiseObjection(text="仍不服"), LIAISON)


def test_the_leader_whose_mark_closed_it_and_who_endorsed_it_recuse_too() -> None:
    life = accepted()
    life.do(c.RecordInstruction(leader="leader", text=SEALED), FOR_LEADER)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.do(c.MarkClosure(mark=LeaderMark.AGREED), FOR_LEADER)
    life.do(c.RaiseObjection(text="不服"), LIAISON)
    decide = c.DecideObjection(outcome=ObjectionOutcome.CHANGED, text="部分变更")
    for actor in (OFFICE, SECOND, LEADER):
        life.refuses(decide, actor, words="应当回避", code="forbidden")
    life.do(decide, THIRD)


def test_an_upheld_objection_starts_the_matter_again() -> None:
    life = objected()
    life.refuses(c.ReopenMatter(reason="x", due=date(2022, 9, 30)), words="有待复核的异议")
    assert life.do(c.DecideObjection(outcome=ObjectionOutcome.UPHELD, text="材料不足"), OFFICE) == [
        "ObjectionDecided",
        "MatterReopened",
        "FeedbackWindowOpened",
    ]
    assert (life.m.stage, life.m.objection, life.m.objected) == (Stage.IN_PROGRESS, None, False)
    late = closed()
    late.now = at(4, 1)
    late.do(c.RaiseObjection(text="不服"), LIAISON)
    late.matter = late.m.model_copy(update={"due": date(2022, 3, 20)})
    late.refuses(c.DecideObjection(outcome=ObjectionOutcome.UPHELD, text="x"), OFFICE, words="须给出新时限")


def test_an_objection_nobody_decided_in_thirty_days_goes_up_one_rung_once() -> None:
    life = objected()
    assert life.m.objection is not None
    assert life.m.objection.decide_by == date(2022, 4, 6)
    assert life.wait_until(at(4, 6, 17)) == []
    assert life.wait_until(at(4, 6, 19)) == ["MatterEscalated"]
    assert life.m.rung is Rung.UNIT_HEAD
    assert life.wait_until(at(12, 30)) == []
    life.do(c.DecideObjection(outcome=ObjectionOutcome.REJECTED, text="维持"), OFFICE)


def test_who_declared_recusal_neither_reviews_nor_decides() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.DeclareRecusal(reason="与承办单位有利害关系"), SECOND)
    life.refuses(c.DeclareRecusal(reason="再次"), SECOND, words="已声明回避")
    life.refuses(c.ReviewClosure(approve=True), SECOND, words="声明回避", code="recused")
    life.do(c.ReviewClosure(approve=True), OFFICE)
    life.do(c.RaiseObjection(text="不服"), LIAISON)
    decide = c.DecideObjection(outcome=ObjectionOutcome.REJECTED, text="维持")
    life.refuses(decide, SECOND, words="声明回避", code="recused")
    life.do(decide, THIRD)
    assert [e.person for e in life.events(ev.RecusalDeclared) if isinstance(e, ev.RecusalDeclared)] == ["office-2"]
