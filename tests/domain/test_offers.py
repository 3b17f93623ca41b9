"""Whether a command can be given, and what the rules say when it is: they agree in every stage of a life."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.calendar import local_date
from domain.envelope import Actor
from domain.facts import MatterRef, NewPoint, PointReport, UnitRef
from domain.log import Rulebook
from domain.matter import Matter
from domain.offers import OFFERED, Offer, do_of, offers, why_not
from domain.office import Delegation
from domain.periods import PeriodLength, PeriodResult
from domain.rules.authority import CLOCK
from domain.rules.context import DecisionContext
from domain.rules.decide import RULES, decide
from domain.sight import Reader
from domain.terms import (
    Duty,
    LeaderMark,
    ObjectionOutcome,
    ReportChannel,
    ReturnReason,
    Rhythm,
    Satisfaction,
    Supervision,
    SuspensionReason,
    Urgency,
)
from tests.domain.test_random_lives import CARDS, ORIGIN, SEALED
from tests.domain.test_sight import DAY, directory, who
from tests.support.life import CALENDAR, RULEBOOK, Life, accepted, at, opened
from tests.support.office import (
    ASSIST,
    AUDITOR,
    FOR_LEADER,
    HEAD,
    LEAD,
    LEADER,
    LIAISON,
    LIST,
    OFFICE,
    OTHER,
    SECOND,
    opening,
)

SHUIWU = UnitRef(id="shuiwu", supervision=Supervision.OBJECT)


def offered(life: Life, reader: Reader, kind: type[Frozen]) -> Offer:
    [one] = [o for o in offers(life.m, reader, life.rulebook, life.now) if o.do == do_of(kind)]
    return one


def test_every_command_people_give_is_offered_or_refused_with_a_line() -> None:
    assert OFFERED.keys() == RULES.keys() - set(CLOCK)
    for reader in (who("office"), who("leader"), who("li"), who("he"), who("audit"), who("root"), who("nobody")):
        for one in offers(accepted().m, reader, RULEBOOK, at(3, 9)):
            assert one.possible or (one.why_not and "\n" not in one.why_not)


@pytest.mark.parametrize(
    ("person", "possible"),
    [
        ("li", {"report", "close", "extend", "coordinate", "follow"}),
        ("he", set()),
        ("audit", set()),
        ("root", set()),
        ("nobody", set()),
    ],
)
def test_who_may_do_what_with_a_matter_in_progress(person: str, possible: set[str]) -> None:
    found = {o.do for o in offers(accepted().m, who(person), RULEBOOK, at(3, 9)) if o.possible}
    assert found == possible


def test_what_stands_in_the_way_is_said_as_the_rule_says_it() -> None:
    life = opened()
    assert offered(life, who("li"), c.AcceptReceipt).possible
    report = offered(life, who("li"), c.SubmitFeedback)
    assert (report.possible, report.why_not) == (False, f"{life.m.number} 尚未签收，请先签收再反馈")
    assert offered(life, who("office"), c.ReviewClosure).why_not == f"{life.m.number} 没有待审核的办结申请"
    assert "只有牵头单位" in (offered(life, who("he"), c.AcceptReceipt).why_not or "")
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert not offered(life, who("li"), c.SubmitFeedback).possible
    assert offered(life, who("office-2"), c.ReviewClosure).possible


def test_who_holds_an_authority_is_offered_what_its_giver_may_and_told_for_whom() -> None:
    held = Delegation(giver="li", receiver="he", since=DAY, until=date(2022, 8, 31), reason="休假")
    reader = who("he", held)
    assert reader.held[0].no in directory(held).delegations
    report = offered(accepted(), reader, c.SubmitFeedback)
    assert (report.possible, report.acting_for) == (True, "li")
    elsewhere = who("he", held.model_copy(update={"matters": ("matter/other",)}))
    assert not offered(accepted(), elsewhere, c.SubmitFeedback).possible


def ordinary(m: Matter, day: date) -> Iterator[Frozen]:
    """What an office worker might send in this state: several of a kind, of which the rules take some."""
    days = [day + timedelta(days=n) for n in (1, 20, 200)]
    for due in days:
        yield c.RequestExtension(to=due, reason="慢")
        yield c.RequestExtension(to=due, reason="慢", point=1)
        yield c.ExtendLimit(to=due, reason="慢")
        yield c.SuspendMatter(reason=SuspensionReason.LITIGATION, until=due)
        yield c.StartSurge(campaign="开工", until=due)
        yield c.MoveSurge(until=due)
        yield c.AnswerExtension(grant=True, to=due)
        yield c.ReopenMatter(reason="没完", due=due)
        yield c.RecordDecision(meeting="月度会", text="抓紧", due=due)
        yield c.DecideObjection(outcome=ObjectionOutcome.UPHELD, text="成立", due=due)
    yield from (c.AnswerExtension(grant=True), c.AnswerExtension(grant=False, reason="不同意"))
    yield from (c.ReopenMatter(reason="没完"), c.RecordDecision(meeting="月度会", text="抓紧"))
    yield from (c.DecideObjection(outcome=o, text="复核") for o in ObjectionOutcome)
    yield from (c.AssignMatter(lead=u, reason="调整") for u in (LEAD, ASSIST))
    yield from (c.AcceptReceipt(), c.AcceptReceipt(via=ReportChannel.PAPER), c.DeclineReceipt(reason="非本单位职责"))
    yield from (c.SubmitFeedback(text="进展", progress=n) for n in (10, 100))
    yield c.SubmitFeedback(text="进展", for_unit="gengxin", via=ReportChannel.WECHAT)
    yield c.AskBack(reason=ReturnReason.SAME, text="雷同")
    yield from (c.AddPoint(point=NewPoint(text="新要点", due=d)) for d in (None, days[0]))
    for no in (1, 2, 3):
        yield from (c.ChangePoint(no=no, text="改"), c.ChangePoint(no=no, due=days[0]), c.DropPoint(no=no))
        yield from (c.ReviewPoint(no=no, approve=yes, text="看过") for yes in (True, False))
        yield c.WithdrawCard(no=no, reason="误发")
    yield from (c.AddBasis(basis=LIST), c.CarryOver(year=day.year + 1, basis=LIST))
    yield from (c.ChangeRhythm(rhythm=r) for r in (Rhythm.DAILY, Rhythm.MONTHLY))
    yield from (c.ChangeUrgency(urgency=u) for u in Urgency)
    yield from (c.EndSurge(), c.RemindUnit(), c.IssueUrge(), c.EscalateMatter(reason="拖"))
    yield from (c.RequestCoordination(unit=u, text="协调") for u in (ASSIST, SHUIWU))
    yield c.AnswerCoordination(text="可")
    yield c.RecordInstruction(leader="leader", text=SEALED)
    yield from (
        c.ResumeMatter(),
        c.RaiseObjection(text="不服"),
        c.DeclareRecusal(reason="亲属"),
        c.CancelMatter(reason="并案"),
    )
    for over in (None, "另案处理"):
        yield c.RequestClosure(text="完成", over_unfinished=over)
        yield c.ReviewClosure(approve=True, over_unfinished=over)
        yield c.MarkClosure(mark=LeaderMark.AGREED, over_unfinished=over)
    yield from (c.ReviewClosure(approve=False, text="缺验收"), c.MarkClosure(mark=LeaderMark.CONTINUE))
    earlier = MatterRef(stream="matter/earlier", number="XMH-2022-099")
    yield c.MergeMatter(into=earlier, into_due=m.due, reason="重复")
    yield from (c.SetPredecessor(earlier=earlier), c.DropPredecessor(earlier=earlier, reason="不等了"))
    yield c.SetLeaders(leaders=("leader",))
    yield c.FollowMatter()
    yield from (c.InspectMatter(text="看过"), c.InspectMatter(text="看过", inspector="监理"))
    yield from (c.ListMatter(reason="拖", exit_when="完成"), c.DelistMatter(met=True), c.DelistMatter(reason="特批"))
    yield from (c.HoldInterview(unit=u, people=("head",), text="表态") for u in ("gengxin", "zhujian"))
    yield c.IssueCard()
    yield from (c.RateMatter(by="张代表", satisfaction=s, text="意见") for s in Satisfaction)
    yield from (c.JudgePeriod(result=r, reason="补报") for r in PeriodResult)
    yield from (c.ReassignDuty(duty=d, from_person=m.supervisor, to_person="x", reason="调动") for d in Duty)
    yield c.CorrectEvent(version=1, text="笔误", fields={"title": "改名"})


def lives() -> Iterator[tuple[str, Life]]:
    """A matter in each of its stages, and under each kind of pressure."""
    plain: dict[str, Any] = {
        "points": [{"text": "图审", "due": "2022-03-31"}, {"text": "招标"}, {"text": "比选", "stage": True}]
    }
    yield "waits for a lead", opened(lead=None)
    yield "waits for its receipt", opened(**plain)
    yield "goes on", accepted(**plain)
    yield "is asked by letter", accepted(lead=UnitRef(id="gengxin", supervision=Supervision.BY_LETTER))

    def after(what: str, *steps: tuple[Frozen, Actor], **more: Any) -> tuple[str, Life]:
        life = accepted(assist=[ASSIST], **plain, **more)
        for command, actor in steps:
            life.do(command, actor)
        return what, life

    done = c.SubmitFeedback(text="完成", progress=100, points=tuple(PointReport(no=n, progress=100) for n in (1, 2, 3)))
    asked = c.RequestClosure(text="完成", over_unfinished="阶段目标另行审核")
    yield after("reported", (c.SubmitFeedback(text="进展", progress=30), LIAISON))
    yield after("a stage waits for its review", (done, LIAISON))
    yield after("an extension is asked", (c.RequestExtension(to=date(2022, 8, 1), reason="慢"), LIAISON))
    yield after("coordination is asked", (c.RequestCoordination(unit=SHUIWU, text="协调"), LIAISON))
    yield after("rests", (c.SuspendMatter(reason=SuspensionReason.LITIGATION, until=date(2022, 5, 1)), FOR_LEADER))
    yield after("surges", (c.StartSurge(campaign="开工", until=date(2022, 4, 1)), OFFICE))
    yield after("is listed", (c.ListMatter(reason="拖", exit_when="完成"), FOR_LEADER))
    yield after("was urged", (c.IssueUrge(), OFFICE), (c.EscalateMatter(reason="拖"), OFFICE))
    earlier = c.SetPredecessor(earlier=MatterRef(stream="matter/earlier", number="XMH-2022-099"))
    yield after("waits for another", (earlier, OFFICE))
    yield after("is to be closed", (done, LIAISON), (asked, HEAD))
    word = c.RecordInstruction(leader="leader", text=SEALED)
    endorsed = c.ReviewClosure(approve=True, over_unfinished="已核")
    yield after("waits for its leader", (word, FOR_LEADER), (done, LIAISON), (asked, HEAD), (endorsed, SECOND))
    closed = ((done, LIAISON), (asked, HEAD), (endorsed, SECOND))
    yield after("is closed", *closed)
    yield after("is objected to", *closed, (c.RaiseObjection(text="不服"), LIAISON))
    yield after("is answered to who raised it", *closed, origin=ORIGIN)
    yield after("is cancelled", (c.CancelMatter(reason="并案"), FOR_LEADER))
    yield after("was set by a leader", (c.RecordDecision(meeting="会", text="限期", due=date(2022, 5, 31)), FOR_LEADER))
    endless = accepted(due=None, period=PeriodLength.WEEK)
    endless.wait_until(at(4, 2))
    yield "has no end", endless
    late = Life(rulebook=Rulebook(version=1, calendar=CALENDAR, policy=CARDS))
    late.do(opening(due=date(2022, 3, 18)))
    late.do(c.AcceptReceipt(), LIAISON)
    late.wait_until(at(4, 2))
    yield "is overdue", late
    carded = c.IssueCard()
    late.do(carded, FOR_LEADER)
    yield "has a card", late


ACTORS = (OFFICE, SECOND, LIAISON, HEAD, OTHER, AUDITOR, LEADER, FOR_LEADER)


def test_what_is_offered_is_what_the_rules_take_in_every_stage_of_a_life_from_everybody() -> None:
    cells, possible, wrong = 0, 0, []
    for what, life in lives():
        day = local_date(life.now)
        by_kind = defaultdict[type[Frozen], list[Frozen]](list)
        for command in ordinary(life.m, day):
            by_kind[type(command)].append(command)
        assert by_kind.keys() == OFFERED.keys()
        for actor in ACTORS:
            office = DecisionContext(rulebook=life.rulebook, now=life.now, actor=actor)
            for kind, commands in by_kind.items():
                cells += 1
                why, taken = why_not(kind, life.m, office), any(takes(life.m, x, office) for x in commands)
                possible += taken
                if (why is None) is not taken:
                    wrong.append((what, actor.id, do_of(kind), why))
    assert wrong == []
    assert (cells > 8000, possible > 1500) == (True, True), (cells, possible)


def takes(matter: Matter, command: Frozen, office: DecisionContext) -> bool:
    """Whether the rules take it."""
    try:
        decide(matter, command, office)
    except Refusal:
        return False
    return True
