"""Everything that waits for somebody today, whoever asks: `xmh today` here, from a server, and by the API."""

from datetime import date
from typing import Any

from domain.assessment.assessment import Assessment
from domain.calendar import local_date
from domain.incoming.paper import IncomingPaper, PaperTask, owed_on_paper
from domain.matter import Matter
from domain.notices.reach import Unreached, unreached_of_matters
from domain.notices.routing import Routing
from domain.onsite.events import OnSitePlan
from domain.onsite.inspection import OnSite
from domain.onsite.queries import OnSiteDuty, owed_by_leader, owed_by_office, owed_by_unit
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from eventlog.webhooks import kept_webhooks
from services.inspections import known_plan
from views.suggestions import seen_suggestions
from views.viewer import Viewer
from views.webhooks import state_said
from views.worklist import INSIDE, worklist


def today_document(viewer: Viewer, routing: Routing) -> dict[str, Any]:
    """What waits for who looks, of all that is handled here, and what is amiss."""
    office, day = viewer.actor.role in INSIDE, local_date(viewer.now)
    without = nobody_to_tell(viewer.database, routing) if office else ()
    failing = [h for h in kept_webhooks(viewer.database) if h.error is not None] if office else []
    return {
        **worklist(viewer),
        "inspections": [duty.model_dump() for duty in onsite_duties(viewer, day, office=office)],
        "incoming": papers_today(viewer),
        "assessments": [{"assessment": a, "what": what} for a, what in assessment_duties(viewer, day, office=office)],
        "unreached": [one.model_dump(mode="json") for one in without],
        "suggestions": len(seen_suggestions(viewer, waiting=True)) if office else 0,
        "webhooks": [{"webhook": h.id, "url": h.url, "what": state_said(h)} for h in failing],
    }


def nobody_to_tell(
    database: Database, routing: Routing, matters: frozenset[str] | None = None
) -> tuple[Unreached, ...]:
    """Whom no notice of open matters reaches, of all of them or of those of these numbers."""
    names = {u.id: u.name for u in reading.units(database)}
    states = [s.state for s in reading.open_states(database, "matter") if isinstance(s.state, Matter)]
    wanted = (m for m in states if matters is None or m.number in matters)
    return unreached_of_matters(wanted, reading.people(database), routing, lambda unit: names.get(unit, unit))


# --- inspections


def inspections(database: Database) -> list[OnSite]:
    """Every inspection, by number."""
    states = (s.state for s in reading.states_of(database, "onsite"))
    return sorted((s for s in states if isinstance(s, OnSite)), key=lambda s: (s.planned_on, s.number))


def plan_for_reader(viewer: Viewer, inspection: OnSite) -> OnSitePlan | None:
    """The plan as whoever looks may see it: a sealed one is the office's, its leaders' and its team's."""
    if inspection.plan is not None or inspection.sealed_plan is None:
        return inspection.plan
    plan = known_plan(viewer.database, inspection)
    return plan if plan and (viewer.rights.of_office or on_team(viewer, inspection, plan)) else None


def on_team(viewer: Viewer, inspection: OnSite, plan: OnSitePlan | None) -> bool:
    """Whether whoever looks is one of the team by this plan, and has not left it (回避)."""
    return plan is not None and viewer.actor.id in plan.team and viewer.actor.id not in inspection.recused


def onsite_duties(viewer: Viewer, day: date, *, office: bool) -> list[OnSiteDuty]:
    """The office's duties, or those of the unit; a member of a team sees what his team owes."""
    actor, duties = viewer.actor, list[OnSiteDuty]()
    for inspection in inspections(viewer.database):
        plan = plan_for_reader(viewer, inspection)
        if office or on_team(viewer, inspection, plan):
            duties += owed_by_office(inspection, plan, day)
        if office and inspection.plan is not None:
            overdue = (d for unit in inspection.plan.units for d in owed_by_unit(inspection, unit, day) if d.overdue)
            duties += overdue
        duties += owed_by_leader(inspection, actor.id, day)
        if not office and actor.unit is not None:
            duties += owed_by_unit(inspection, actor.unit, day)
    return duties


# --- incoming papers


def papers_today(viewer: Viewer) -> list[dict[str, Any]]:
    """What waits on incoming papers for who looks: everything for the office, his own turn for a leader."""
    actor, day = viewer.actor, local_date(viewer.now)
    if actor.role not in (Role.OFFICE, Role.LEADER):
        return []
    return [
        {"paper": p.number, "title": p.title, "what": what_is_owed(viewer, owed), "late": owed.late}
        for p in reading.incoming_papers(viewer.database)
        if not p.settled
        for owed in owed_on(viewer.database, p, day)
        if actor.role is Role.OFFICE or owed.leader == actor.id
    ]


def owed_on(database: Database, paper: IncomingPaper, day: date) -> list[PaperTask]:
    """What waits on a paper on a day."""
    carried = reading.carried_instructions(database)
    numbers = frozenset(no for stream, no in carried if stream == paper.stream)
    return list(owed_on_paper(paper, day, reading.rulebook(database).calendar, numbers))


def what_is_owed(viewer: Viewer, owed: PaperTask) -> str:
    """One thing owed, with the leader whose it is."""
    return f"{viewer.persons(owed.leader)}{owed.what}" if owed.leader else owed.what


# --- assessments


def assessments(database: Database) -> list[Assessment]:
    """Every assessment, by its day."""
    states = (s.state for s in reading.states_of(database, "assessment"))
    return sorted((s for s in states if isinstance(s, Assessment)), key=lambda a: a.until)


def units_to_see(viewer: Viewer, assessment: Assessment) -> tuple[str, ...]:
    """A unit sees its own score only; the office, leaders and the auditor see all, in the order of the directory."""
    units = tuple(score.unit for score in assessment.scores)
    return units if viewer.rights.whole else tuple(u for u in units if u in viewer.rights.units)


def assessment_duties(viewer: Viewer, day: date, *, office: bool) -> list[tuple[str, str]]:
    """Lines for `today`: appeals to be answered and what can be settled, or a unit's score to be looked at."""
    duties: list[tuple[str, str]] = []
    for one in assessments(viewer.database):
        key = one.until.isoformat()
        if one.settled:
            continue
        if office:
            duties += [(key, f"{one.called}：答复第{a.no}项申诉") for a in one.open_appeals]
            if day > one.appeal_by and not one.open_appeals:
                duties.append((key, f"{one.called}：申诉期限已过，报领导定稿"))
        elif day <= one.appeal_by and viewer.actor.unit in units_to_see(viewer, one):
            duties.append((key, f"{one.called}：请核对本单位得分，有异议的 {one.appeal_by} 前申诉"))
    return duties
