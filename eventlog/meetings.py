"""Meetings in the log: what it proposes for an agenda, and those held elsewhere.

The latter are recorded straight into the log, since nothing is owed for them and no workflow waits.
"""

from datetime import datetime

from domain.base import Refusal
from domain.envelope import Actor
from domain.log import Already, Appended, AppendRequest, Behind
from domain.matter import Matter
from domain.meetings.agenda import Assembled, propose
from domain.meetings.commands import MeetingOrder, RecordMeeting
from domain.meetings.meeting import Meeting
from domain.meetings.rules import decide_meeting
from domain.meetings.series import Series
from domain.rules.office import Office
from domain.streams import meeting_stream
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database


def assembled(database: Database, stream: str) -> Assembled:
    """What the log proposes for the agenda of a meeting.

    Raises:
        LogError: the log cannot be read.
    """
    found = reading.load(database, stream)
    if found is None or not isinstance(found.state, Meeting):
        return Assembled()
    meeting = found.state
    matters = [s for s in reading.matter_states(database) if isinstance(s.state, Matter)]
    held = [s.state for s in reading.states_of(database, "meeting") if isinstance(s.state, Meeting)]
    series = next((s for s in reading.series_book(database).series if s.id == meeting.series), None)
    known = series or Series(id=meeting.series, name=meeting.series_name)
    states = [s.state for s in matters if isinstance(s.state, Matter)]
    items = propose(meeting, known, states, held, reading.rulebook(database))
    return Assembled(items=items, position=max((s.position for s in matters), default=0))


def record_meeting(database: Database, command: RecordMeeting, actor: Actor, now: datetime) -> tuple[Meeting, bool]:
    """The meeting as recorded, and whether it was recorded now: the same series, time and title are one meeting.

    Raises:
        Refusal: a rule said no, or the log refused the actor.
        LogError: the log cannot be written.
    """
    key = f"{command.series.id}/{command.starts.isoformat()}/{command.title}"
    stream = meeting_stream(key)
    order = MeetingOrder(command_id=f"record:{stream}", stream=stream, actor=actor, command=command, valid_until=now)
    while True:
        found = reading.load(database, stream)
        if found is not None and isinstance(found.state, Meeting):
            return found.state, False
        rulebook = reading.rulebook(database)
        said = append(
            database,
            AppendRequest(
                stream=stream,
                expected_version=0,
                expected_hash="",
                rulebook_version=rulebook.version,
                command_id=order.command_id,
                request_hash=order.content_hash(),
                actor=actor,
                now=now,
                drafts=decide_meeting(None, command, Office(rulebook=rulebook, now=now, actor=actor)),
            ),
        )
        match said:
            case Appended() | Already():
                stored = reading.load(database, stream)
                if stored is not None and isinstance(stored.state, Meeting):
                    return stored.state, True
            case Behind():
                continue  # somebody else wrote in between
            case _:
                raise Refusal(
                    getattr(said, "message", "日志被还原过，请运行 xmh doctor"), getattr(said, "code", "ahead")
                )
