"""The state of one on-site inspection, and how its events fold into it."""

from datetime import date, datetime

from domain.base import Frozen
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.facts import Attachment, MatterRef
from domain.fold import Fold
from domain.onsite import events as ev
from domain.onsite.events import OnSitePlan
from domain.onsite.terms import OnSiteStage, ProblemStage
from domain.terms import Finding, Rung


class Rectification(Frozen):
    """The 整改 of one problem, from the day it was listed to its 销号."""

    listed_on: date
    rectify_by: date
    original: date
    """The limit as first set."""
    stage: ProblemStage = ProblemStage.RECTIFYING
    reports: int = 0
    failed: int = 0
    """How often a check found it not put right."""
    authors: tuple[str, ...] = ()
    """Who said last that it is put right, and who typed it: neither checks it."""
    text: str | None = None
    reported_at: datetime | None = None
    rung: Rung = Rung.HANDLER
    """Who presses for it; what was denied again stays where it had come to."""
    escalated_at: datetime | None = None
    verdict: str | None = None
    """What the last check said."""
    closed_on: date | None = None

    @property
    def answered_on(self) -> date:
        """By when it counts as put right: the day the unit said so, while nobody has denied it."""
        return local_date(self.reported_at) if self.reported_at is not None else date.max

    def overdue(self, day: date) -> bool:
        """The limit has passed, and nobody has said that it is put right."""
        return self.stage is ProblemStage.RECTIFYING and self.rectify_by < day


class OnSiteFinding(Frozen):
    """One finding, and its 整改 if it is a problem."""

    no: int
    on: date
    unit: str
    text: str
    matter: MatterRef | None = None
    finding: Finding | None = None
    attachments: tuple[Attachment, ...] = ()
    problem: Rectification | None = None


class OnSite(Frozen):
    """An on-site inspection as of `version`."""

    stream: str
    version: int
    number: str
    stage: OnSiteStage
    covert: bool
    approver: str
    planned_on: date
    plan: OnSitePlan | None = None
    sealed_plan: str | None = None
    """Of a 暗访 that was not held yet."""
    held_on: date | None = None
    recused: tuple[str, ...] = ()
    """Who left the team (回避)."""
    findings: tuple[OnSiteFinding, ...] = ()
    report: str | None = None
    reported_on: date | None = None
    report_authors: tuple[str, ...] = ()
    opinions: dict[str, str] = {}
    """Unit → its 反馈意见."""
    cancelled_because: str | None = None

    @property
    def title(self) -> str:
        """Its name; a 暗访 has none before it is held."""
        return self.plan.title if self.plan else "暗访（开展前保密）"

    @property
    def problems(self) -> tuple[OnSiteFinding, ...]:
        """问题清单."""
        return tuple(f for f in self.findings if f.problem is not None)

    @property
    def open_problems(self) -> tuple[OnSiteFinding, ...]:
        """Those without 销号."""
        return tuple(f for f in self.problems if f.problem and f.problem.stage is not ProblemStage.CLOSED)

    @property
    def team(self) -> tuple[str, ...]:
        """组长 and 成员 who still take part."""
        return tuple(p for p in (self.plan.team if self.plan else ()) if p not in self.recused)

    @property
    def without_opinion(self) -> tuple[str, ...]:
        """Units that were inspected and were not told the conclusion yet."""
        held = self.stage is OnSiteStage.HELD and self.plan is not None
        return tuple(u for u in self.plan.units if u not in self.opinions) if held and self.plan else ()

    @property
    def settled(self) -> bool:
        """Nothing of it is owed any more."""
        if self.stage is OnSiteStage.CANCELLED:
            return True
        done = self.stage is OnSiteStage.HELD and self.report is not None
        return done and not self.without_opinion and not self.open_problems

    def finding(self, no: int) -> OnSiteFinding | None:
        """The finding with that number."""
        return next((f for f in self.findings if f.no == no), None)


def evolve_onsite(state: OnSite | None, recorded: LoggedEvent) -> OnSite:
    """The inspection after one more event."""
    event = decode(recorded)
    if isinstance(event, ev.OnSitePlanned):
        return OnSite(
            stream=recorded.stream,
            version=recorded.version,
            number=event.number,
            stage=OnSiteStage.PLANNED,
            covert=event.covert,
            approver=event.approver,
            planned_on=local_date(recorded.occurred_at),
            plan=event.plan,
            sealed_plan=event.sealed_plan,
        )
    if state is None:
        raise TypeError(f"{type(event).__name__} before the inspection was planned")
    change = {**_changed(state, event, recorded), "version": recorded.version}
    return state.model_copy(update=change)


def _changed(state: OnSite, event: Event, recorded: LoggedEvent) -> dict[str, object]:
    day = local_date(recorded.occurred_at)
    match event:
        case ev.OnSiteReplanned(plan=plan, sealed_plan=sealed, approver=approver):
            return {"plan": plan, "sealed_plan": sealed, "approver": approver}
        case ev.OnSiteCancelled(reason=reason):
            return {"stage": OnSiteStage.CANCELLED, "cancelled_because": reason}
        case ev.OnSiteHeld(plan=plan):
            return {"stage": OnSiteStage.HELD, "plan": plan, "sealed_plan": None, "held_on": day}
        case ev.InspectorRecused(person=person):
            return {"recused": (*state.recused, person)}
        case ev.OnSiteReported(text=text):
            return {"report": text, "reported_on": day, "report_authors": _authors(recorded)}
        case ev.OpinionGiven(unit=unit, text=text):
            return {"opinions": {**state.opinions, unit: text}}
        case ev.FindingRecorded():
            finding = OnSiteFinding(on=day, **{n: getattr(event, n) for n in type(event).model_fields})
            return {"findings": (*state.findings, finding)}
        case _:
            return {"findings": tuple(_advanced(f, event, recorded, day) for f in state.findings)}


def _advanced(finding: OnSiteFinding, event: Event, recorded: LoggedEvent, day: date) -> OnSiteFinding:
    """A finding after one more event of its 整改."""
    if getattr(event, "no", None) != finding.no:
        return finding
    problem = finding.problem
    match event, problem:
        case ev.ProblemListed(rectify_by=by), None:
            problem = Rectification(listed_on=day, rectify_by=by, original=by)
        case ev.RectificationExtended(to=to), Rectification():
            problem = problem.model_copy(update={"rectify_by": to})
        case ev.RectificationEscalated(to_rung=rung), Rectification():
            problem = problem.model_copy(update={"rung": rung, "escalated_at": recorded.occurred_at})
        case ev.RectificationReported(text=text), Rectification():
            problem = problem.model_copy(
                update={
                    "stage": ProblemStage.REPORTED,
                    "reports": problem.reports + 1,
                    "text": text,
                    "reported_at": recorded.occurred_at,
                    "authors": _authors(recorded),
                }
            )
        case ev.RectificationChecked(passed=True, text=text), Rectification():
            problem = problem.model_copy(update={"verdict": text})
        case ev.RectificationChecked(text=text, rectify_by=by), Rectification():
            again = {"stage": ProblemStage.RECTIFYING, "failed": problem.failed + 1, "verdict": text}
            problem = problem.model_copy(update={**again, "rectify_by": by or problem.rectify_by, "reported_at": None})
        case ev.ProblemClosed(), Rectification():
            problem = problem.model_copy(update={"stage": ProblemStage.CLOSED, "closed_on": day})
        case _:
            raise TypeError(f"{type(event).__name__} does not belong to finding {finding.no}")
    return finding.model_copy(update={"problem": problem})


def _authors(recorded: LoggedEvent) -> tuple[str, ...]:
    behalf = recorded.actor.on_behalf_of
    return tuple(dict.fromkeys((recorded.actor.id, *([behalf.id] if behalf else []))))


FOLD = Fold(OnSite, evolve_onsite)
