"""Meetings held elsewhere, recorded straight into the log: nothing is owed for them and no workflow waits."""

from datetime import datetime

from domain.base import Refusal
from domain.envelope import Actor
from domain.ids import meeting_stream
from domain.log import Already, Appended, AppendRequest, Behind
from domain.meetings.commands import MeetingOrder, RecordMeeting
from domain.meetings.meeting import Meeting
from domain.meetings.rules import decide_meeting
from domain.rules.context import DecisionContext
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database


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
        loaded = reading.load(database, stream)
        if loaded is not None and isinstance(loaded.state, Meeting):
            return loaded.state, False
        rulebook = reading.rulebook(database)
        answer = append(
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
                drafts=decide_meeting(None, command, DecisionContext(rulebook=rulebook, now=now, actor=actor)),
            ),
        )
        match answer:
            case Appended() | Already():
                stored = reading.load(database, stream)
                if stored is not None and isinstance(stored.state, Meeting):
                    return stored.state, True
            case Behind():
                continue  # somebody else wrote in between
            case _:
                raise Refusal(
                    getattr(answer, "message", "日志被还原过，请运行 xmh doctor"), getattr(answer, "code", "ahead")
                )
