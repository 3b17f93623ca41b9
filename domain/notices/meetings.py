"""Which event of a meeting tells whom what: its notice, its agenda, its minutes, and what waits for the secretary.

What a meeting decides on a matter is told by the matter (会议议定), when it has arrived there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from domain.base import Term
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.meetings import events as ev
from domain.meetings.meeting import Meeting
from domain.notices.notice import Notice, notice_text, notices_to
from domain.notices.people import RecipientDirectory
from domain.queries.telling import office_time
from domain.terms import Urgency


class Of(Term):
    """Who has to do with a meeting."""

    CHAIR = "chair", "主持"
    SECRETARY = "secretary", "会议秘书"
    UNITS = "units", "有议题的牵头单位"


@dataclass(frozen=True)
class MeetingNoticeRule:
    """Whom an event is told to, in which words, and how soon."""

    to: tuple[Of, ...]
    say: Callable[[Event, Meeting], str]
    ask: str = ""
    urgency: Urgency = Urgency.NORMAL


ALL = (Of.CHAIR, Of.SECRETARY, Of.UNITS)


def _when(meeting: Meeting) -> str:
    return f"{office_time(meeting.starts)}召开{f'，地点：{meeting.place}' if meeting.place else ''}"


def _why(event: Event) -> str:
    return f"：{reason}" if (reason := getattr(event, "reason", None)) else ""


def _reply_said(event: Event) -> str:
    if not isinstance(event, ev.NoticeAnswered):
        return ""
    instead = sum(x.substitute is not None for x in event.leave)
    away = f"，请假{len(event.leave)}人（代会{instead}人）" if event.leave else ""
    return f"参会{len(event.coming) + instead}人{away}"


def _title(event: Event) -> str:
    late = "（迟报）" if isinstance(event, ev.MaterialHandedIn) and event.late else ""
    return f"{event.title if isinstance(event, ev.MaterialHandedIn) else ''}{late}"


RULES: dict[type[Event], MeetingNoticeRule] = {
    ev.MeetingNotified: MeetingNoticeRule(ALL, lambda _, m: f"会议通知：{_when(m)}", "请安排参加"),
    # Soon: who would travel to a meeting must know in time.
    ev.MeetingMoved: MeetingNoticeRule(ALL, lambda e, m: f"会议改期{_why(e)}，{_when(m)}", urgency=Urgency.URGENT),
    ev.MeetingCancelled: MeetingNoticeRule(ALL, lambda e, _: f"会议取消{_why(e)}", urgency=Urgency.URGENT),
    ev.AgendaFrozen: MeetingNoticeRule(ALL, lambda _, m: f"议题已定（共{len(_items(m))}项），{_when(m)}", "请准备汇报"),
    ev.NoticeAnswered: MeetingNoticeRule((Of.SECRETARY,), lambda e, _: f"参会回执：{_reply_said(e)}"),
    ev.MaterialHandedIn: MeetingNoticeRule((Of.SECRETARY,), lambda e, _: f"汇报材料已报送：{_title(e)}"),
    ev.MinutesIssued: MeetingNoticeRule(ALL, lambda _, m: f"会议纪要已签发：{m.minutes.no if m.minutes else ''}"),
    ev.MeetingLapsed: MeetingNoticeRule(
        (Of.SECRETARY,), lambda _, m: f"会议逾期未开（原定{office_time(m.starts)}）", "请改期或取消"
    ),
    ev.MinutesOverdue: MeetingNoticeRule((Of.SECRETARY,), lambda _, m: f"会议纪要逾期未签发（{m.name}）", "请尽快送签"),
    ev.OutcomeRefused: MeetingNoticeRule(
        (Of.SECRETARY,), lambda e, _: f"事项未接受议定{_why(e)}", "请核对后再次落实或注明不再落实"
    ),
}
"""Event → whom it is told. The other events of a meeting tell nobody: they are the secretary's own work."""


def meeting_notices(
    recorded: Recorded, before: Meeting | None, after: Meeting, house: RecipientDirectory
) -> tuple[Notice, ...]:
    """The notices of one event of a meeting."""
    del before
    event = decode(recorded)
    rule = RULES.get(type(event))
    if rule is None:
        return ()
    reached = house.reached((person for of in rule.to for person in _FIND[of](after, house)), recorded)
    text = notice_text(rule.say(event, after), rule.ask)
    return notices_to(recorded, reached, f"{after.number} {after.title}", text, rule.urgency, house.calendar)


def meeting_notice_now(recorded: Recorded, meeting: Meeting, house: RecipientDirectory, *, asks: bool) -> str:
    """The text of a meeting's notice that waited, by the meeting as it is now."""
    del house
    event = decode(recorded)
    rule = RULES[type(event)]
    return notice_text(rule.say(event, meeting), rule.ask if asks else "")


def _items(meeting: Meeting) -> list[str | None]:
    """The lead of each item that is on the agenda."""
    return [item.lead for item in meeting.items or meeting.added if item.dropped is None]


def _units(meeting: Meeting, house: RecipientDirectory) -> Iterator[str]:
    for unit in dict.fromkeys(_items(meeting)):
        yield from house.liaisons(unit)


_FIND: dict[Of, Callable[[Meeting, RecipientDirectory], Iterator[str]]] = {
    Of.CHAIR: lambda m, house: house.known([m.chair]),
    Of.SECRETARY: lambda m, house: house.known([m.secretary]),
    Of.UNITS: _units,
}
