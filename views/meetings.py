"""Meetings: their list, and one with its words as the reader may see them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from domain import events as ev
from domain.base import Refusal, refuse
from domain.calendar import SHANGHAI, local_date
from domain.envelope import Recorded
from domain.event import decode
from domain.facts import openly
from domain.lights import Lit, light
from domain.matter import Matter
from domain.meetings.meeting import AgendaItem, DecisionPoint, Meeting
from domain.meetings.reading import part_of_units, units_concerned
from domain.meetings.secrets import readable_meeting
from domain.queries.telling import Rendering, tell_event
from domain.sight import Sight
from eventlog import reading
from eventlog.attachments import StoredAttachment, attachments_of
from eventlog.database import Database
from eventlog.reading import Moment
from views.viewer import Viewer


def meeting_row(meeting: reading.ListedMeeting | Meeting) -> dict[str, Any]:
    """A meeting as `meeting list` gives it."""
    return {
        "meeting": meeting.number,
        "series": meeting.series,
        "ordinal": meeting.ordinal,
        "title": meeting.title,
        "starts": meeting.starts.astimezone(SHANGHAI).isoformat(),
        "stage": meeting.stage.value,
    }


def meeting_document(target: Meeting) -> dict[str, Any]:
    """A meeting as `meeting show` gives it, its secret words opened for the reader already."""
    return {
        **target.model_dump(mode="json", exclude={"points", "hash", "starts"}),
        "meeting": target.number,
        "name": target.name,
        "starts": target.starts.astimezone(SHANGHAI).isoformat(),
        "points": [{**p.model_dump(mode="json", exclude={"decided_by"}), "matter": p.number} for p in target.points],
    }


def may_know_meeting(viewer: Viewer, stream: str) -> bool:
    """Whether he may know of a meeting: a unit of one it is called to, or that decided on what is its."""
    if viewer.rights.whole:
        return True
    loaded = reading.load(viewer.database, stream)
    meeting = loaded.state if loaded else None
    return isinstance(meeting, Meeting) and bool(units_concerned(meeting) & viewer.rights.units)


def ids_by_name(database: Database, unit: str) -> dict[str, str]:
    """Who is in office, by name; of namesakes the one of this unit, which names its own people."""
    return {p.name: p.id for p in sorted(reading.people(database), key=lambda p: p.unit == unit)}


def own_people_only(viewer: Viewer, named: Iterable[str], unit: str) -> None:
    """A unit speaks for its own people; whoever is in the directory under another is called by that one.

    Raises:
        Refusal: `malformed`: one of them is of another unit.
    """
    directory = {p.id: p for p in reading.people(viewer.database)}
    for person in (directory[key] for key in named if key in directory):
        if person.unit != unit:
            house = viewer.units(person.unit or "")
            line = f"{person.name}是{house}的人员，请由该单位回执；如是同名的人，请连职务一起写"
            raise Refusal(line, "malformed")


def meeting_for(viewer: Viewer, meeting: Meeting) -> Meeting:
    """The meeting with its secret words as this reader may see them, for a unit its part of it."""
    if not viewer.rights.whole:
        meeting = part_of_units(meeting, viewer.rights.units)

    @cache
    def reader(stream: str) -> Callable[[str], str]:
        loaded = reading.load(viewer.database, stream)
        return viewer.words_of(loaded.state) if loaded and isinstance(loaded.state, Matter) else openly

    return readable_meeting(meeting, lambda stream, text: reader(stream)(text))


def known_meetings(viewer: Viewer, year: int, moment: Moment | None = None) -> list[dict[str, Any]]:
    """The meetings of a year he may know of, the newest first, now or at a moment, with the names of their series."""
    called = {s.id: s.name for s in reading.series_book(viewer.database).series}
    listed = [m for m in _meetings_of(viewer.database, year, moment) if may_know_meeting(viewer, m.stream)]
    return [
        {**meeting_row(m), "series_name": called.get(m.series, m.series), "stage_label": m.stage.label}
        for m in reversed(listed)
    ]


def _meetings_of(database: Database, year: int, moment: Moment | None) -> Sequence[reading.ListedMeeting | Meeting]:
    """Those that begin in a year, in the order they begin."""
    if moment is None:
        return reading.meetings(database, year)
    return [m for m in reading.meetings_at(database, moment) if local_date(m.starts).year == year]


def the_meeting(viewer: Viewer, number: str, moment: Moment | None = None) -> Meeting:
    """The meeting of a number as the log has it, now or at a moment; its words are not opened yet.

    Raises:
        Refusal: `not_found`: there is none, there was none yet, or he may not know of it.
    """
    meetings = [m for m in reading.meetings(viewer.database) if m.number == number.strip().upper()]
    known = bool(meetings) and may_know_meeting(viewer, meetings[0].stream)
    refuse(not known, f"没有编号为 {number[:40]} 的会议", "not_found")
    loaded = reading.load(viewer.database, meetings[0].stream, moment)
    meeting = loaded.state if loaded else None
    refuse(meeting is None, f"那时还没有安排 {meetings[0].number}", "not_found")
    assert isinstance(meeting, Meeting)  # noqa: S101  (a stream under meeting/)
    return meeting


def meeting_files(viewer: Viewer, meeting: Meeting) -> tuple[StoredAttachment, ...]:
    """The 汇报材料 of a meeting as this reader sees it, each by its number among all that were handed in for it."""
    own = {(a.sha256, a.name) for material in meeting.materials for a in material.attachments}
    events = reading.read_stream(viewer.database, meeting.stream)
    return tuple(one for one in attachments_of(events) if (one.sha256, one.name) in own)


@dataclass(frozen=True)
class AgendaLine:
    """An item as it is shown: what its matter is now, what was decided last time and what became of it."""

    item: AgendaItem
    lit: Lit | None
    matter: Matter | None
    before: str
    """What the last meeting on it decided, and when; empty when none did, or he does not see all of the matter."""
    since: tuple[str, ...]
    """What happened to the matter since, the newest last."""
    decided: tuple[DecisionPoint, ...]
    """What this meeting decided on it."""


TOLD_SINCE = (ev.FeedbackSubmitted, ev.ExtensionGranted, ev.MatterEscalated, ev.ClosureRequested, ev.MatterClosed)
MOST_SINCE = 4


def agenda_lines(
    viewer: Viewer, meeting: Meeting, items: Sequence[AgendaItem], moment: Moment | None = None
) -> tuple[AgendaLine, ...]:
    """The agenda, item by item, now or at a moment. Nobody's secret words are opened: it may be on a wall."""
    rulebook = viewer.rulebook if moment is None else reading.rulebook(viewer.database, moment.position)
    lit = partial(light, rulebook=rulebook, as_of=moment.as_of if moment else viewer.now)
    return tuple(_agenda_line(viewer, meeting, item, moment, lit) for item in items if item.dropped is None)


def _agenda_line(
    viewer: Viewer, meeting: Meeting, item: AgendaItem, moment: Moment | None, lit_of: Callable[[Matter], Lit]
) -> AgendaLine:
    decided = tuple(p for p in meeting.standing_points if p.item == item.no)
    seen = viewer.rights.sight(item.matter) if item.matter else Sight.NONE
    loaded = reading.load(viewer.database, item.matter, moment) if item.matter and seen > Sight.NONE else None
    matter = loaded.state if loaded and isinstance(loaded.state, Matter) else None
    if matter is None:
        return AgendaLine(item, None, None, "", (), decided)
    lit = lit_of(matter)
    if seen < Sight.FULL:
        return AgendaLine(item, lit, matter, "", (), decided)
    before, since = _followed(viewer, meeting, matter, moment)
    return AgendaLine(item, lit, matter, before, since, decided)


def _followed(viewer: Viewer, meeting: Meeting, matter: Matter, moment: Moment | None) -> tuple[str, tuple[str, ...]]:
    """What was decided on a matter before this meeting, last, and what was told of it since."""
    rendering = Rendering(name=viewer.units, open=openly, person=viewer.persons)
    events = reading.read_stream(viewer.database, matter.stream, moment=moment)
    earlier = [e for e in events if e.occurred_at < meeting.starts]
    places = [n for n, e in enumerate(earlier) if e.type == ev.DecisionRecorded.__name__]
    if not places:
        return "", ()

    def line(e: Recorded) -> str:
        return f"{local_date(e.occurred_at)}　{tell_event(decode(e), rendering)}"

    names = {kind.__name__ for kind in TOLD_SINCE}
    since = [line(e) for e in earlier[places[-1] + 1 :] if e.type in names]
    return line(earlier[places[-1]]), tuple(since[-MOST_SINCE:])
