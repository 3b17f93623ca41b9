"""减负: what each unit was asked for, month by month (《关于防治“指尖上的形式主义”的若干意见》; 条例 art. 15).

Counted is what the office asks, so that it can ask for less (严控频次). Never counted: who logged in, or how often.
Nobody is ranked: units stand in the order of the directory, whatever their numbers.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from domain import events as ev
from domain.base import Frozen, Term
from domain.calendar import local_date
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.onsite.inspection import OnSite
from domain.queries.counted import CountedEvent, counted_event, owed_reports
from domain.windows import window_label


class Ask(Term):
    """What a unit is asked for, or gave because it was asked."""

    WINDOW = "feedback_owed", "应反馈"
    RUNNING = "running", "待反馈"
    """The window that is running and not answered: asked for, not owed before it closes."""
    REPORT = "reports", "已反馈"
    URGE = "urges", "催办"
    ESCALATION = "escalations", "升级"
    COORDINATION = "coordinations", "请求协调"
    MEETING = "meetings", "参会"
    INSPECTION = "inspections", "督查"


class Asked(Frozen):
    """One thing asked of one unit. A count is the length of a list of these."""

    ask: Ask
    unit: str
    on: date
    of: str
    """What it is about: 编号 and name of the matter or meeting."""
    text: str


def asked_in_matter(events: Iterable[Recorded], matter: Matter) -> Iterator[Asked]:
    """The burden of one matter: what it asked of units, each of the lead of then; `matter` is how it stands afterwards.

    应反馈 is what the 简报 counts (`owed_reports`): a window answered in time, on the day of its first answer, or
    missed, on the day it closed. The one that still runs is told apart.
    """
    about = f"{matter.number} {matter.title}"
    lead: str | None = None
    plainly: list[Asked] = []
    units: dict[int, str | None] = {}
    """Position of an event → the unit that was asked for it."""
    counted: list[CountedEvent] = []
    for recorded in events:
        event, on = decode(recorded), local_date(recorded.occurred_at)
        if isinstance(event, ev.MatterAssigned):
            lead = event.lead
        units[recorded.position] = event.unit if isinstance(event, ev.FeedbackSubmitted) else lead
        counted += [one] if (one := counted_event(recorded)) is not None else []
        plainly += _plainly(event, lead, on, about)
    for owed in owed_reports(counted):
        yield from _window(Ask.WINDOW, units[owed.event.position], local_date(owed.event.at), about, owed.event.window)
    yield from plainly
    running = matter.window
    if running is not None and not running.answered and not matter.ended:
        yield from _window(Ask.RUNNING, lead, local_date(running.closes), about, running.key)


def _window(ask: Ask, unit: str | None, on: date, about: str, key: str | None) -> Iterator[Asked]:
    if unit is not None and key is not None:
        yield Asked(ask=ask, unit=unit, on=on, of=about, text=window_label(key))


def asked_in_meeting(meeting: Meeting) -> Iterator[Asked]:
    """The burden of one meeting: each unit with an item on the agenda, once, if it was held."""
    units = dict.fromkeys(item.lead for item in meeting.items if item.lead is not None and item.dropped is None)
    if meeting.opened_at is not None:
        for unit in units:
            about = f"{meeting.number} {meeting.title}"
            yield Asked(ask=Ask.MEETING, unit=unit, on=local_date(meeting.starts), of=about, text=meeting.series_name)


def asked_in_inspection(inspection: OnSite) -> Iterator[Asked]:
    """The burden of one inspection: each unit it came to, once, on the day it was held."""
    if inspection.held_on is not None and inspection.plan is not None:
        about = f"{inspection.number} {inspection.title}"
        for unit in inspection.plan.units:
            yield Asked(ask=Ask.INSPECTION, unit=unit, on=inspection.held_on, of=about, text=inspection.plan.kind.label)


def _plainly(event: Event, lead: str | None, on: date, about: str) -> Iterator[Asked]:
    """What an event asks by itself."""
    asked: tuple[Ask, str | None, str] | None = None
    match event:
        case ev.FeedbackSubmitted(unit=unit, late_for=late_for):
            asked = Ask.REPORT, unit, f"补报{window_label(late_for)}" if late_for else "反馈"
        case ev.UrgeIssued(no=no):
            asked = Ask.URGE, lead, no
        case ev.MatterEscalated(from_rung=below, to_rung=above):
            asked = Ask.ESCALATION, lead, f"{below.label}→{above.label}"
        case ev.CoordinationRequested(unit=unit, no=no):
            asked = Ask.COORDINATION, unit, f"第{no}项"
    if asked is not None and asked[1] is not None:
        yield Asked(ask=asked[0], unit=asked[1], on=on, of=about, text=asked[2])
