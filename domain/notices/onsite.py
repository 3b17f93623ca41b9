"""Who hears of an on-site inspection: the unit of what was found there, and the office of what was put right.

No clock runs for 整改, so the reminder is made with the limit: a notice that waits until shortly before it, and is
dropped if the problem was reported by then (`domain/notices/overtaken.py`). Of a 暗访 nobody hears before it is held.
"""

from collections.abc import Iterator
from datetime import date

from domain.calendar import WorkCalendar
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.notices.notice import Notice, notice_text, notices_to, shown_in_notice
from domain.notices.people import RecipientDirectory
from domain.onsite import events as ev
from domain.onsite.inspection import OnSite
from domain.terms import RUNGS, Role, Rung, Urgency

REMIND_WORKDAYS = 3


def onsite_notices(
    recorded: Recorded, before: OnSite | None, after: OnSite, house: RecipientDirectory
) -> tuple[Notice, ...]:
    """The notices of one event of an inspection."""
    del before
    event = decode(recorded)
    text = _text(event, after)
    if text is None:
        return ()
    people = house.reached(_people(event, after, house), recorded)
    made = notices_to(recorded, people, f"{after.number} {after.title}", text, Urgency.NORMAL, house.calendar)
    limit = _limit(event)
    if limit is None:
        return made
    from_ = house.calendar.opens(_days_before(house.calendar, limit))
    return tuple(n.model_copy(update={"due_at": max(n.due_at, from_)}) for n in made)


def onsite_notice_now(recorded: Recorded, inspection: OnSite, house: RecipientDirectory, *, asks: bool) -> str:
    """The text of an inspection's notice that waited, by the inspection as it is now."""
    del house, asks
    return _text(decode(recorded), inspection) or ""


def _limit(event: Event) -> date | None:
    """Until when 整改 is owed by an event of which nothing but the limit is told."""
    match event:
        case ev.ProblemListed(rectify_by=by) | ev.RectificationExtended(to=by):
            return by
        case _:
            return None


def _days_before(calendar: WorkCalendar, limit: date) -> date:
    return calendar.add_workdays(limit, -REMIND_WORKDAYS)


def _text(event: Event, inspection: OnSite) -> str | None:
    match event:
        case ev.FindingRecorded(no=no, text=text):
            finding = inspection.finding(no)
            by = finding.problem.rectify_by if finding and finding.problem else None
            ask = f"请于 {by} 前整改并反馈" if by else ""
            return notice_text(f"督查发现：{shown_in_notice(text)}", ask)
        case ev.ProblemListed(no=no, rectify_by=by) | ev.RectificationExtended(no=no, to=by):
            return notice_text(f"第{no}项问题的整改时限 {by} 将到", "请反馈整改情况")
        case ev.RectificationEscalated(no=no, to_rung=rung, reason=reason):
            return notice_text(f"第{no}项问题{shown_in_notice(reason)}，升至{rung.label}", "请督促整改并反馈")
        case ev.RectificationReported(no=no, text=text):
            return notice_text(f"第{no}项问题反馈整改：{shown_in_notice(text)}", "请核查")
        case ev.RectificationChecked(no=no, passed=passed, text=text, rectify_by=by):
            verdict = "核查通过" if passed else "核查未通过"
            ask = "" if passed else f"请于 {by} 前重新整改并反馈"
            return notice_text(f"第{no}项问题{verdict}：{shown_in_notice(text)}", ask)
        case ev.OpinionGiven(text=text):
            return notice_text(f"督查反馈意见：{shown_in_notice(text)}", "")
        case _:
            return None


def _people(event: Event, inspection: OnSite, house: RecipientDirectory) -> Iterator[str]:
    if isinstance(event, ev.RectificationReported):
        yield from (p.id for p in house.people if p.role is Role.OFFICE)
        return
    if isinstance(event, ev.RectificationEscalated):
        yield from _at_rung(event.to_rung, inspection, house)
    finding = inspection.finding(getattr(event, "no", 0))
    unit = event.unit if isinstance(event, ev.OpinionGiven) else finding.unit if finding else None
    yield from house.liaisons(unit)
    yield from house.of_unit(unit, Role.HEAD)


def _at_rung(rung: Rung, inspection: OnSite, house: RecipientDirectory) -> Iterator[str]:
    """Beside the unit: the office and 组长 from their rung on, who approved the inspection from his."""
    if RUNGS.index(rung) >= RUNGS.index(Rung.OFFICE):
        yield from (p.id for p in house.people if p.role is Role.OFFICE)
        yield from house.known(inspection.team[:1])
    if RUNGS.index(rung) >= RUNGS.index(Rung.LEADER):
        yield from house.known([inspection.approver])
