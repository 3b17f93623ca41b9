"""When a notice may go out: working hours only, 特急 excepted; the rest once a day, in the morning.

One message per person and morning is also the cool-down: whatever happens to however many matters, nobody is written to
more than once a day for what can wait.
"""

from datetime import datetime, timedelta

from domain.calendar import WorkCalendar, local_date
from domain.terms import Urgency

STALE = timedelta(days=30)
"""What was recorded longer ago than this when it is first looked at is not announced any more."""


def notice_due_at(urgency: Urgency, recorded_at: datetime, calendar: WorkCalendar) -> datetime:
    """When a notice is due: 特急 at once, 加急 in office hours, 平件 with the digest of the office's next morning."""
    match urgency:
        case Urgency.EXTRA:
            return recorded_at
        case Urgency.URGENT:
            return calendar.next_working(recorded_at)
        case Urgency.NORMAL:
            return next_morning(recorded_at, calendar)


def next_morning(instant: datetime, calendar: WorkCalendar) -> datetime:
    """The first opening of the office after `instant`."""
    today = local_date(instant)
    if calendar.is_workday(today) and instant < calendar.opens(today):
        return calendar.opens(today)
    return calendar.opens(calendar.add_workdays(today, 1))


def notice_may_go_out(urgency: Urgency, now: datetime, calendar: WorkCalendar) -> bool:
    """Whether a notice that is due may really go out now: also one that waited for a dead channel, or was late."""
    return urgency is Urgency.EXTRA or calendar.is_working(now)


def next_delivery_try(urgency: Urgency, after: datetime, calendar: WorkCalendar) -> datetime:
    """When a notice's next try is, put off to `after` and moved into office hours unless 特急."""
    return after if urgency is Urgency.EXTRA else calendar.next_working(after)


def is_stale_event(recorded_at: datetime, now: datetime) -> bool:
    """Whether an event is too old for notices: of a simulated year, or of a log that ran before there were any."""
    return now - recorded_at > STALE
