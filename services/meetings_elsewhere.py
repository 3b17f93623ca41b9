"""Meetings held elsewhere, recorded straight into the log: nothing is owed for them and no workflow waits."""

from datetime import datetime

from domain.envelope import Actor
from domain.ids import meeting_stream
from domain.log import AppendAnswer, AppendRequest
from domain.meetings.commands import MeetingOrder, RecordMeeting
from domain.meetings.meeting import Meeting
from domain.meetings.rules import decide_meeting
from domain.rules.context import DecisionContext
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from services.retry_append import retry_append


def record_meeting(database: Database, command: RecordMeeting, actor: Actor, now: datetime) -> tuple[Meeting, bool]:
    """A meeting held elsewhere as recorded, and whether it was recorded now: same series, time and title are one.

    Raises:
        Refusal: a rule said no, or the log refused the actor.
        LogError: the log cannot be written.
    """
    key = f"{command.series.id}/{command.starts.isoformat()}/{command.title}"
    stream = meeting_stream(key)
    if (held := _meeting(database, stream)) is not None:
        return held, False
    order = MeetingOrder(command_id=f"record:{stream}", stream=stream, actor=actor, command=command, valid_until=now)

    def attempt() -> AppendAnswer:
        rulebook = reading.rulebook(database)
        return append(
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

    retry_append(attempt)
    recorded = _meeting(database, stream)
    assert recorded is not None  # noqa: S101  (the log has just said so)
    return recorded, True


def _meeting(database: Database, stream: str) -> Meeting | None:
    loaded = reading.load(database, stream)
    return loaded.state if loaded is not None and isinstance(loaded.state, Meeting) else None
