"""What the clock owes a meeting: its notice, its agenda, and a word when it was not held or its minutes are late."""

from datetime import datetime, timedelta

from domain.base import Frozen, Term
from domain.calendar import WorkCalendar, local_date
from domain.meetings.meeting import Meeting
from domain.meetings.terms import MeetingStage

AT_ONCE = timedelta(days=1)
"""Before a meeting called at short notice (临时召开): its notice and its agenda are owed as soon as it is convened."""


class MeetingDeadlineKind(Term):
    """What falls due."""

    NOTICE = "notice", "会议通知"
    AGENDA = "agenda", "确定议题"
    OPENING = "opening", "召开"
    MINUTES = "minutes", "签发纪要"
    CLOSING = "closing", "会议办结"


class MeetingDeadline(Frozen):
    """One thing owed, and when."""

    kind: MeetingDeadlineKind
    at: datetime


def next_meeting_deadline(meeting: Meeting, calendar: WorkCalendar) -> MeetingDeadline | None:
    """The earliest deadline the clock owes a meeting; None when it waits for people only."""
    return min(owed_by_meeting(meeting, calendar), key=lambda d: (d.at, d.kind.value), default=None)


def owed_by_meeting(meeting: Meeting, calendar: WorkCalendar) -> list[MeetingDeadline]:
    """Every deadline the clock owes a meeting, each until the event it leads to is recorded."""
    kind = MeetingDeadlineKind
    match meeting.stage:
        case MeetingStage.SCHEDULED:
            deadlines = [MeetingDeadline(kind=kind.AGENDA, at=agenda_instant(meeting, calendar))]
            return [*deadlines, *_notice(meeting, calendar), *_opening(meeting, calendar)]
        case MeetingStage.FROZEN:
            return [*_notice(meeting, calendar), *_opening(meeting, calendar)]
        case MeetingStage.IN_SESSION:
            if meeting.minutes_overdue:
                return []
            return [MeetingDeadline(kind=kind.MINUTES, at=minutes_due(meeting, calendar))]
        case MeetingStage.SIGNED if meeting.outcomes_settled and meeting.minutes:
            # Nothing is left to wait for: it was owed the moment the last outcome was settled.
            return [MeetingDeadline(kind=kind.CLOSING, at=meeting.opened_at or meeting.starts)]
    return []


def _notice(meeting: Meeting, calendar: WorkCalendar) -> list[MeetingDeadline]:
    if meeting.notified:
        return []
    if meeting.emergency:
        return [MeetingDeadline(kind=MeetingDeadlineKind.NOTICE, at=meeting.starts - AT_ONCE)]
    day = calendar.add_workdays(local_date(meeting.starts), -meeting.notice_workdays)
    return [MeetingDeadline(kind=MeetingDeadlineKind.NOTICE, at=calendar.opens(day))]


def agenda_instant(meeting: Meeting, calendar: WorkCalendar) -> datetime:
    """When a meeting's agenda is frozen: the office's opening, so many working days before; never after its start.

    Of one called at short notice at once, whatever the hour.
    """
    if meeting.emergency:
        return meeting.starts - AT_ONCE
    day = calendar.add_workdays(local_date(meeting.starts), -meeting.agenda_workdays)
    return min(calendar.opens(day), meeting.starts)


def materials_due(meeting: Meeting, calendar: WorkCalendar) -> datetime:
    """Until when 汇报材料 are wanted: as the secretary said, else when the agenda is fixed; never after the start."""
    usual = meeting.starts if meeting.emergency else agenda_instant(meeting, calendar)
    return min(meeting.materials_by or usual, meeting.starts)


def _opening(meeting: Meeting, calendar: WorkCalendar) -> list[MeetingDeadline]:
    if meeting.lapsed:
        return []
    end = max(calendar.closes(local_date(meeting.starts)), meeting.starts)
    return [MeetingDeadline(kind=MeetingDeadlineKind.OPENING, at=end)]


def minutes_due(meeting: Meeting, calendar: WorkCalendar) -> datetime:
    """When a meeting's minutes are due: the closing of the office, so many working days after the meeting."""
    held = local_date(meeting.opened_at or meeting.starts)
    return calendar.closes(calendar.add_workdays(held, meeting.minutes_workdays))
