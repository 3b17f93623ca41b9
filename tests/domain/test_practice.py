"""What good practice asks for is said, and refused where the office's policy says so."""

from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain.base import Frozen
from domain.envelope import Actor, OnBehalf
from domain.event import decode
from domain.facts import Basis, NewPoint, PointReport, UnitRef
from domain.log import Rulebook
from domain.policy import Policy
from domain.queries.telling import unit_typed_for
from domain.rules.context import DecisionContext
from domain.rules.practice import shortfalls
from domain.terms import BasisKind, ReportChannel, Role, Stage, Supervision, SuspensionReason
from tests.support.life import CALENDAR, Life, accepted, opened
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, OTHER, SECOND, opening

STRICT = Policy(
    version="从严",
    feedback_by_point=True,
    channel_required=True,
    paper_required=True,
    leader_ends=True,
    approver_apart=True,
)
NO_PAPER = OFFICE.model_copy(update={"on_behalf_of": OnBehalf(id="leader", role=Role.LEADER, unit="office")})
STOP = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 3, 28))
OWN = Basis(kind=BasisKind.DOCUMENT, text="来文", approver="office")
POINTS: dict[str, Any] = {"points": [NewPoint(text="图审"), NewPoint(text="围挡")]}


def lacking(life: Life, command: Frozen, actor: Actor = OFFICE) -> list[str]:
    context = DecisionContext(rulebook=life.rulebook, now=life.now, actor=actor)
    return [one.message for one in shortfalls(life.matter, command, context)]


def strictly(life: Life) -> Life:
    life.rulebook = Rulebook(version=2, calendar=CALENDAR, policy=STRICT)
    return life


@pytest.mark.parametrize(
    ("command", "actor", "words"),
    [
        (c.SubmitFeedback(text="推进中", via=ReportChannel.PHONE), OFFICE, "要点1、2没有逐点反馈"),
        (c.SubmitFeedback(text="推进中", points=(PointReport(no=1, progress=5),)), LIAISON, "要点2没有逐点反馈"),
        (c.SubmitFeedback(text="推进中", points=(PointReport(no=1, progress=5),)), OFFICE, "怎样收到"),
        (c.CancelMatter(reason="政策调整"), OFFICE, "由哪位领导决定"),
        (STOP, OFFICE, "由哪位领导决定"),
        (STOP, NO_PAPER, "所凭文件"),
    ],
)
def test_what_is_lacking_is_advised_and_where_the_policy_says_so_refused(
    command: Frozen, actor: Actor, words: str
) -> None:
    assert any(words in said for said in lacking(accepted(**POINTS), command, actor))
    assert accepted(**POINTS).do(command, actor), "recorded all the same"
    strictly(accepted(**POINTS)).refuses(command, actor, words, "practice")


def test_who_opens_does_not_approve() -> None:
    assert lacking(Life(), opening(basis=OWN)) == ["立项和批准是同一个人，请写明由谁批准（--approver）"]
    strictly(Life()).refuses(opening(basis=OWN), OFFICE, "同一个人", "practice")
    assert lacking(Life(), opening()) == []


def test_who_asks_for_time_does_not_grant_it() -> None:
    asked, granted = c.RequestExtension(to=date(2022, 7, 29), reason="慢"), c.AnswerExtension(grant=True)
    life = accepted()
    life.do(asked, OFFICE)
    assert lacking(life, granted) == ["申请延期和批准延期是同一个人，请由其他人员批复"]
    assert lacking(life, granted, SECOND) == lacking(life, granted, FOR_LEADER) == []
    strictly(life).refuses(granted, OFFICE, "同一个人", "practice")
    life.do(granted, SECOND)


def test_nothing_is_lacking_where_all_is_said() -> None:
    life = strictly(accepted(**POINTS, assist=[UnitRef(id="zhujian", supervision=Supervision.OBJECT)]))
    both = (PointReport(no=1, progress=5), PointReport(no=2, progress=9))
    assert lacking(life, c.SubmitFeedback(text="推进中", points=both), LIAISON) == []
    assert lacking(life, c.SubmitFeedback(text="推进中", points=both, via=ReportChannel.PHONE)) == []
    assert lacking(life, c.SubmitFeedback(text="配合完成"), OTHER) == [], "who assists owes no word on every point"
    assert lacking(life, STOP, FOR_LEADER) == []


def test_what_the_office_signs_for_a_unit_bears_the_mark_and_the_channel() -> None:
    life = opened()
    life.do(c.AcceptReceipt(via=ReportChannel.PHONE), OFFICE)
    signed = decode(life.recorded[-2])
    assert unit_typed_for(signed, life.recorded[-2].actor) == "gengxin"
    assert unit_typed_for(signed, LIAISON) is None
    assert lacking(opened(), c.AcceptReceipt()) == ["代单位签收没有写明怎样收到的（--via 微信|电话|纸质）"]
    strictly(opened()).refuses(c.AcceptReceipt(), OFFICE, "怎样收到", "practice")


def test_the_offices_own_unit_may_lead_what_the_office_takes_upon_itself() -> None:
    own = UnitRef(id="office", supervision=Supervision.CONTACT)
    life = opened(lead=own)
    life.do(c.AcceptReceipt())
    assert (life.m.lead, life.m.stage) == ("office", Stage.IN_PROGRESS)
    assert lacking(life, c.SubmitFeedback(text="已梳理")) == [], "its own report it types for nobody"
    assert unit_typed_for(decode(life.recorded[-1]), OFFICE) is None
    Life().refuses(opening(lead=own), OFFICE.model_copy(update={"unit": "other"}), words="不是督办对象")


def test_the_leads_problem_stays_when_a_unit_that_assists_reports() -> None:
    life = accepted(assist=[UnitRef(id="zhujian", supervision=Supervision.OBJECT)])
    life.do(c.SubmitFeedback(text="施工", problem="管线未迁", coordination="请水务局配合"), LIAISON)
    life.do(c.SubmitFeedback(text="已配合"), OTHER)
    assert life.m.last_feedback is not None
    assert (life.m.last_feedback.problem, life.m.last_feedback.coordination) == ("管线未迁", "请水务局配合")
