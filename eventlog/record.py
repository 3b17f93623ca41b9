"""Writing the office's own streams: the calendar, the policy, the directory.

They have no timers and so no workflow; `append` checks the actor and keeps the chain as for any other stream.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from domain.base import Frozen, Refusal
from domain.envelope import Actor
from domain.event import Event
from domain.log import Already, Appended, AppendRequest, Behind
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database


def record(
    database: Database, stream: str, events: Iterable[Event], *, actor: Actor, command_id: str, now: datetime
) -> int:
    """Append events to one of the office's own streams, whatever else is written there meanwhile.

    Returns:
        How many events are in the log under this command id.

    Raises:
        Refusal: the log refused the actor or the command.
        LogError: the log cannot be written.
    """
    told = tuple(events)
    return record_decided(database, stream, lambda _: told, actor=actor, command_id=command_id, now=now)


def record_decided(
    database: Database,
    stream: str,
    decide: Callable[[Frozen | None], Iterable[Event]],
    *,
    actor: Actor,
    command_id: str,
    now: datetime,
) -> int:
    """Append what a rule makes of the stream's state; when somebody wrote in between, the rule is asked again.

    Returns:
        How many events are in the log under this command id.

    Raises:
        Refusal: the rule said no, or the log refused the actor or the command.
        LogError: the log cannot be written.
    """
    while True:
        found = reading.load(database, stream)
        drafts = tuple(event.draft(now) for event in decide(found.state if found else None))
        said = append(
            database,
            AppendRequest(
                stream=stream,
                expected_version=found.version if found else 0,
                expected_hash=found.hash if found else "",
                rulebook_version=reading.rulebook(database).version,
                command_id=command_id,
                actor=actor,
                now=now,
                drafts=drafts,
            ),
        )
        match said:
            case Appended(events=stored) | Already(events=stored):
                return len(stored)
            case Behind():
                continue  # somebody else wrote in between
            case _:
                raise Refusal(
                    getattr(said, "message", "事件日志被还原过，请运行 xmh doctor"), getattr(said, "code", "ahead")
                )
