"""What is owed of inspections today by whoever looks: a line in `xmh today`."""

from datetime import date

from cli.inspection.common import inspections, plan_for_reader
from cli.session import session
from domain.onsite.queries import OnSiteDuty, owed_by_leader, owed_by_office, owed_by_unit


def onsite_duties(day: date, *, office: bool) -> list[OnSiteDuty]:
    """The office's duties, or those of the unit; a member of a team sees what his team owes."""
    actor, duties = session.actor, list[OnSiteDuty]()
    for inspection in inspections():
        plan = plan_for_reader(inspection)
        if office or (plan is not None and actor.id in plan.team):
            duties += owed_by_office(inspection, plan, day)
        if office and inspection.plan is not None:
            overdue = (d for unit in inspection.plan.units for d in owed_by_unit(inspection, unit, day) if d.overdue)
            duties += overdue
        duties += owed_by_leader(inspection, actor.id, day)
        if not office and actor.unit is not None:
            duties += owed_by_unit(inspection, actor.unit, day)
    return duties
