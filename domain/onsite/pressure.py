"""整改 that nobody reports goes up, one rung at a time, by the rows 整改逾期 of the policy's pressure table."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.base import refuse
from domain.calendar import local_date
from domain.log import Rulebook
from domain.onsite.events import RectificationEscalated
from domain.onsite.inspection import OnSite, OnSiteFinding, Rectification
from domain.policy import Step
from domain.terms import RUNGS, Rung, Trigger


def escalations_due(inspection: OnSite, rulebook: Rulebook, at: datetime) -> Iterator[RectificationEscalated]:
    """What the table carries up at a moment: of each overdue problem the next rung, when the last has had its time."""
    for finding in inspection.open_problems:
        problem = finding.problem
        if problem is None or not problem.overdue(local_date(at)) or _cooling(problem, rulebook, at):
            continue
        days = rulebook.calendar.workdays_between(problem.rectify_by, local_date(at))
        rows = (s for s in rulebook.policy.steps if s.trigger is Trigger.UNRECTIFIED and s.after <= days)
        higher = [s for s in rows if s.rung and RUNGS.index(s.rung) > RUNGS.index(problem.rung)]
        if higher:
            yield _by_row(finding.no, problem, min(higher, key=lambda s: RUNGS.index(s.rung or Rung.HANDLER)))


def _by_row(no: int, problem: Rectification, row: Step) -> RectificationEscalated:
    over = f"满{row.after}个工作日" if row.after else ""
    reason = f"整改逾期{over}（时限 {problem.rectify_by}）"
    return RectificationEscalated(no=no, from_rung=problem.rung, to_rung=row.rung or problem.rung, reason=reason)


def escalated_by_hand(
    finding: OnSiteFinding, problem: Rectification, reason: str, rulebook: Rulebook, at: datetime
) -> RectificationEscalated:
    """升级 by the office: of what is overdue, one rung, when the last has had its time.

    Raises:
        Refusal: `refused`, `cooldown`.
    """
    refuse(not problem.overdue(local_date(at)), f"第{finding.no}项整改没有逾期（时限 {problem.rectify_by}），不必升级")
    refuse(problem.rung is Rung.MEETING, f"第{finding.no}项整改已升级至{problem.rung.label}")
    hours = rulebook.policy.escalation_cooldown_hours
    soon = f"第{finding.no}项整改升至{problem.rung.label}后不足{hours}个工作小时，请待该级处理后再升级"
    refuse(_cooling(problem, rulebook, at), soon, "cooldown")
    above = rulebook.policy.rung_above(problem.rung)
    return RectificationEscalated(no=finding.no, from_rung=problem.rung, to_rung=above, reason=reason)


def _cooling(problem: Rectification, rulebook: Rulebook, at: datetime) -> bool:
    if problem.escalated_at is None:
        return False
    rested = rulebook.calendar.working_time(problem.escalated_at, at)
    return rested < timedelta(hours=rulebook.policy.escalation_cooldown_hours)
