"""Writing the office's own streams: calendar, policy, directory, series, plans, papers.

They have no timers and so no workflow. Each record is a command all the same: `append` asks who may make it
(`domain.rules.records`), knows it again by its id, and refuses the id for anything else.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from domain.base import Frozen, Refusal
from domain.envelope import Actor, Draft, Recorded, canonical
from domain.event import Event
from domain.log import AppendAnswer, Appended, AppendRequest
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from services.retry_append import retry_append


def record_office_events(
    database: Database,
    stream: str,
    events: Iterable[Event],
    *,
    actor: Actor,
    command_id: str,
    now: datetime,
    content: Mapping[str, object] | None = None,
) -> tuple[Recorded, ...]:
    """Append events to one of the office's own streams, whatever else is written there meanwhile.

    `content` is what a repetition under the same id must agree in; unless given, the events and who records them.

    Returns:
        What is in the log under this command id.

    Raises:
        Refusal: the log refused the actor or the command.
        LogError: the log cannot be written.
    """
    facts = tuple(events)
    asked = content or {"actor": actor.model_dump(mode="json"), "events": [_plain(event) for event in facts]}
    return record_decided(database, stream, lambda _: facts, actor=actor, command_id=command_id, now=now, content=asked)


def record_decided(
    database: Database,
    stream: str,
    decide: Callable[[Frozen | None], Iterable[Event]],
    *,
    actor: Actor,
    command_id: str,
    now: datetime,
    content: Mapping[str, object],
) -> tuple[Recorded, ...]:
    """Append what a rule makes of an office stream's state; when somebody wrote in between, the rule is asked again.

    A refusal of the rule is confirmed by the log: it may be the command's own earlier success that the rule objects to.
    `content` is what was asked, which a repetition under the same id must agree in.

    Returns:
        What is in the log under this command id.

    Raises:
        Refusal: the rule said no, or the log refused the actor or the command.
        LogError: the log cannot be written.
    """

    def drafts(state: Frozen | None) -> tuple[Draft, ...]:
        return tuple(event.draft(now) for event in decide(state))

    return record_drafted(database, stream, drafts, actor=actor, command_id=command_id, now=now, content=content)


def record_drafted(
    database: Database,
    stream: str,
    decide: Callable[[Frozen | None], tuple[Draft, ...]],
    *,
    actor: Actor,
    command_id: str,
    now: datetime,
    content: Mapping[str, object],
) -> tuple[Recorded, ...]:
    """`record_decided` for a rule that says itself when what it yields happened.

    Raises:
        Refusal: the rule said no, or the log refused the actor or the command.
        LogError: the log cannot be written.
    """
    digest = hashlib.sha256(canonical({"stream": stream, "content": content}).encode()).hexdigest()
    refusal: Refusal | None = None

    def attempt() -> AppendAnswer:
        nonlocal refusal
        loaded = reading.load(database, stream)
        try:
            drafts = decide(loaded.state if loaded else None)
            refusal = None
        except Refusal as error:
            drafts, refusal = (), error
        return append(
            database,
            AppendRequest(
                stream=stream,
                expected_version=loaded.version if loaded else 0,
                expected_hash=loaded.hash if loaded else "",
                rulebook_version=reading.rulebook(database).version,
                command_id=command_id,
                request_hash=digest,
                actor=actor,
                now=now,
                drafts=drafts,
            ),
        )

    answer = retry_append(attempt)
    if isinstance(answer, Appended) and refusal is not None:
        raise refusal
    return answer.events


def _plain(event: Event) -> dict[str, object]:
    return {"type": type(event).__name__, "payload": event.model_dump(mode="json", exclude_none=True)}
