"""What may be done with a matter now: each command is tried on the rules themselves, in the fullest form it can have.

There is no second list of conditions that could differ from the rules: a command is possible when `decide` takes it in
one of these forms, and where it takes none, what it said to the first is the reason. What only the append knows (the
parts of a whole, the directory) may still refuse.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.envelope import Actor, OnBehalf
from domain.facts import Attachment, Basis, MatterRef, NewPoint, PointReport, UnitRef
from domain.log import Rulebook
from domain.matter import Matter
from domain.periods import PeriodResult
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from domain.sight import Held, Reader
from domain.terms import (
    BasisKind,
    Duty,
    LeaderMark,
    ObjectionOutcome,
    ReportChannel,
    ReturnReason,
    Rhythm,
    Role,
    Satisfaction,
    Supervision,
    SuspensionReason,
    Urgency,
)

_SAID = "说明"
_SEALED = "sealed:v1:offer:AAAA"
_FILE = Attachment(name="材料.pdf", sha256="0" * 64, size=1)
_BASIS = Basis(kind=BasisKind.DOCUMENT, text="依据")
_OTHER = MatterRef(stream="matter/another", number="另一事项")
_SOON, _LATER = timedelta(days=1), timedelta(days=30)


class Offer(Frozen):
    """Whether somebody may do something with a matter now, or the one line why not."""

    do: str
    """The command, as orders name it."""
    possible: bool
    why_not: str | None = None
    acting_for: str | None = None
    """By whose 授权, where he may not do it of himself."""


Forms = Iterable[Frozen]
Form = Callable[[Matter, DecisionContext], Forms]


def offers(matter: Matter, reader: Reader, rulebook: Rulebook, now: datetime) -> tuple[Offer, ...]:
    """Every command to a matter, as it is now, and whether this reader may give it."""
    if reader.role is None or reader.board is not None:
        return tuple(Offer(do=do_of(kind), possible=False, why_not="不在任，不能办理") for kind in OFFERED)
    own = Actor(id=reader.person, role=reader.role, unit=reader.unit)
    for_others = [_acting(own, held) for held in reader.held if not held.matters or matter.stream in held.matters]
    actors = (own, *for_others)
    offices = [DecisionContext(rulebook=rulebook, now=now, actor=actor) for actor in actors]
    return tuple(_offer(kind, matter, offices) for kind in OFFERED)


def do_of(kind: type[Frozen]) -> str:
    """How orders name a command."""
    return str(kind.model_fields["do"].default)


def why_not(kind: type[Frozen], matter: Matter, office: DecisionContext) -> str | None:
    """Why a command cannot be given now by whoever acts; None when it can."""
    first: str | None = None
    for form in OFFERED[kind](matter, office):
        try:
            decide(matter, form, office)
        except Refusal as refusal:
            first = first or refusal.message
        else:
            return None
    return first or "现在没有可办的"


def _offer(kind: type[Frozen], matter: Matter, offices: Sequence[DecisionContext]) -> Offer:
    reasons = [why_not(kind, matter, office) for office in offices]
    if None not in reasons:
        return Offer(do=do_of(kind), possible=False, why_not=reasons[0])
    behalf = offices[reasons.index(None)].actor.on_behalf_of
    return Offer(do=do_of(kind), possible=True, acting_for=behalf.id if behalf else None)


def behalf_of(held: Held) -> OnBehalf:
    """For whom somebody acts who uses a 授权 he holds."""
    return OnBehalf(id=held.giver, role=held.giver_role, unit=held.giver_unit, paper=held.no, delegation=held.no)


def _acting(own: Actor, held: Held) -> Actor:
    return own.model_copy(update={"on_behalf_of": behalf_of(held)})


# --- the fullest forms


def _always(*forms: Frozen) -> Form:
    return lambda _matter, _office: forms


def _report(matter: Matter, office: DecisionContext) -> Iterator[c.SubmitFeedback]:
    """Of every open point, and by a channel where the office types it."""
    points = tuple(PointReport(no=p.no, progress=p.progress, text=_SAID) for p in matter.points if p.open)
    command = c.SubmitFeedback(text=_SAID, points=points, attachments=(_FILE,))
    if not office.is_(Role.OFFICE):
        yield command
        return
    letters = {"via": ReportChannel.LETTER, "letter": f"第{len(matter.letters) + 1}号来函"}
    channel = letters if matter.by_letter else {"via": ReportChannel.PHONE}
    yield command.model_copy(update=channel)
    yield command


def _extensions(matter: Matter, _: DecisionContext) -> Iterator[c.RequestExtension]:
    yield c.RequestExtension(to=matter.due + _SOON, reason=_SAID)
    for point in matter.points:
        if point.due is not None and not point.dropped:
            yield c.RequestExtension(to=point.due + _SOON, reason=_SAID, point=point.no)


def _points(make: Callable[[int], Frozen]) -> Form:
    """Of each point there is, or of the first when there is none."""
    return lambda matter, _: [make(p.no) for p in matter.points if not p.dropped] or [make(1)]


def _reviews(matter: Matter, _: DecisionContext) -> Forms:
    numbers = [p.no for p in matter.points if p.waits_for_review] or [p.no for p in matter.points if p.stage] or [1]
    return [c.ReviewPoint(no=no, approve=yes, text=_SAID) for no in numbers for yes in (True, False)]


def _ratings(matter: Matter, _: DecisionContext) -> Forms:
    askers = matter.origin.askers if matter.origin else ()
    return [c.RateMatter(by=by, satisfaction=s, text=_SAID) for by in askers or ("提出人",) for s in Satisfaction]


def _reopened(matter: Matter, office: DecisionContext) -> Iterator[c.ReopenMatter]:
    if matter.period is None:
        yield c.ReopenMatter(reason=_SAID, due=max(matter.due, office.today) + _LATER)
    yield c.ReopenMatter(reason=_SAID)


def _objections(matter: Matter, office: DecisionContext) -> Iterator[c.DecideObjection]:
    yield c.DecideObjection(outcome=ObjectionOutcome.REJECTED, text=_SAID)
    yield c.DecideObjection(outcome=ObjectionOutcome.UPHELD, text=_SAID, due=max(matter.due, office.today) + _LATER)


def _carried(matter: Matter, office: DecisionContext) -> Forms:
    years = [y for y in (office.today.year, office.today.year + 1) if y not in matter.carried]
    return [c.CarryOver(year=year, basis=_BASIS) for year in reversed(years)]


def _moved(matter: Matter, office: DecisionContext) -> Forms:
    until = max(matter.surge.until if matter.surge else office.today, office.today) + _SOON
    return [c.MoveSurge(until=until, reason=_SAID)]


def _answers(matter: Matter, _: DecisionContext) -> Forms:
    numbers = [x.no for x in matter.open_coordinations]
    return [c.AnswerCoordination(text=_SAID, no=no) for no in numbers] or [c.AnswerCoordination(text=_SAID)]


def _duties(matter: Matter, _: DecisionContext) -> Forms:
    return [c.ReassignDuty(duty=Duty.SUPERVISOR, from_person=matter.supervisor, to_person="another", reason=_SAID)]


def _dropped(matter: Matter, _: DecisionContext) -> Forms:
    return [c.DropPredecessor(earlier=p, reason=_SAID) for p in matter.predecessors or (_OTHER,)]


def _interviews(matter: Matter, _: DecisionContext) -> Forms:
    units = sorted(matter.units) or ["another"]
    return [c.HoldInterview(unit=unit, people=("another",), text=_SAID) for unit in units]


def _cards_back(matter: Matter, _: DecisionContext) -> Forms:
    numbers = [x.no for x in matter.cards if x.withdrawn is None] or [1]
    return [c.WithdrawCard(no=no, reason=_SAID) for no in numbers]


def _another(matter: Matter, _: DecisionContext) -> Forms:
    unit = UnitRef(id=f"{matter.lead or ''}another", supervision=Supervision.OBJECT)
    return [c.AssignMatter(lead=unit, reason=_SAID)]


def _accepted(matter: Matter, office: DecisionContext) -> Forms:
    del matter
    return [c.AcceptReceipt(via=ReportChannel.PHONE)] if office.is_(Role.OFFICE) else [c.AcceptReceipt()]


OFFERED: dict[type[Frozen], Form] = {
    c.AssignMatter: _another,
    c.SetLeaders: _always(c.SetLeaders(leaders=("another",))),
    c.AcceptReceipt: _accepted,
    c.DeclineReceipt: _always(c.DeclineReceipt(reason=_SAID)),
    c.SubmitFeedback: _report,
    c.AskBack: _always(c.AskBack(reason=ReturnReason.UNCLEAR, text=_SAID)),
    c.AddPoint: _always(c.AddPoint(point=NewPoint(text=_SAID, due=None))),
    c.ChangePoint: _points(lambda no: c.ChangePoint(no=no, text=_SAID)),
    c.DropPoint: _points(lambda no: c.DropPoint(no=no, reason=_SAID)),
    c.AddBasis: _always(c.AddBasis(basis=_BASIS)),
    c.CarryOver: _carried,
    c.ChangeRhythm: lambda m, _: [c.ChangeRhythm(rhythm=r) for r in Rhythm if r is not m.rhythm],
    c.ChangeUrgency: lambda m, _: [c.ChangeUrgency(urgency=u) for u in Urgency if u is not m.urgency],
    c.StartSurge: lambda _, o: [c.StartSurge(campaign=_SAID, until=o.today + _LATER, every_day=True)],
    c.MoveSurge: _moved,
    c.EndSurge: _always(c.EndSurge(reason=_SAID)),
    c.RemindUnit: _always(c.RemindUnit(text=_SAID)),
    c.IssueUrge: _always(c.IssueUrge(reason=_SAID)),
    c.RequestCoordination: lambda m, o: [
        c.RequestCoordination(unit=a.lead, text=_SAID) for a in _another(m, o) if isinstance(a, c.AssignMatter)
    ],
    c.AnswerCoordination: _answers,
    c.EscalateMatter: _always(c.EscalateMatter(reason=_SAID)),
    c.RecordDecision: _always(c.RecordDecision(meeting=_SAID, text=_SAID)),
    c.RecordInstruction: lambda _, o: [c.RecordInstruction(leader=o.decider.id, text=_SEALED)],
    c.RequestExtension: _extensions,
    c.AnswerExtension: _always(c.AnswerExtension(grant=False, reason=_SAID)),
    c.ExtendLimit: lambda m, _: [c.ExtendLimit(to=m.due + _SOON, reason=_SAID)],
    c.SuspendMatter: lambda _, o: [c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=o.today + _LATER)],
    c.ResumeMatter: _always(c.ResumeMatter()),
    c.RequestClosure: _always(
        c.RequestClosure(text=_SAID, evidence=(_FILE,), over_open_children=_SAID, over_unfinished=_SAID)
    ),
    c.ReviewClosure: _always(
        c.ReviewClosure(approve=True, text=_SAID, over_open_children=_SAID, over_unfinished=_SAID),
        c.ReviewClosure(approve=False, text=_SAID),
    ),
    c.MarkClosure: _always(
        c.MarkClosure(mark=LeaderMark.SEEN, over_open_children=_SAID, over_unfinished=_SAID),
        c.MarkClosure(mark=LeaderMark.CONTINUE, text=_SEALED),
    ),
    c.ReopenMatter: _reopened,
    c.CancelMatter: _always(c.CancelMatter(reason=_SAID, over_open_children=_SAID)),
    c.MergeMatter: lambda m, _: [c.MergeMatter(into=_OTHER, into_due=m.due, reason=_SAID)],
    c.SetPredecessor: _always(c.SetPredecessor(earlier=_OTHER)),
    c.DropPredecessor: _dropped,
    c.FollowMatter: lambda m, o: [c.FollowMatter(stop=o.actor.id in m.followers)],
    c.RaiseObjection: _always(c.RaiseObjection(text=_SAID)),
    c.DecideObjection: _objections,
    c.InspectMatter: _always(c.InspectMatter(text=_SAID, inspector="第三方")),
    c.RateMatter: _ratings,
    c.ListMatter: _always(c.ListMatter(reason=_SAID, exit_when=_SAID)),
    c.DelistMatter: _always(c.DelistMatter(met=True, reason=_SAID)),
    c.HoldInterview: _interviews,
    c.IssueCard: _always(c.IssueCard()),
    c.WithdrawCard: _cards_back,
    c.JudgePeriod: _always(*(c.JudgePeriod(result=result, reason=_SAID) for result in PeriodResult)),
    c.ReviewPoint: _reviews,
    c.DeclareRecusal: _always(c.DeclareRecusal(reason=_SAID)),
    c.ReassignDuty: _duties,
    c.CorrectEvent: _always(c.CorrectEvent(version=1, text=_SAID)),
}
"""Command of people → the forms in which it is tried; a test holds that each command there is stands here."""
