"""A log with history and without Temporal: decide, then append, as the workflow does."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.deadlines import next_deadline
from domain.envelope import SYSTEM, Actor, Draft, Recorded
from domain.log import Appended, AppendRequest, UnitClaim
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.meetings.rules import decide_meeting
from domain.rules.claims import claims
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database


def act(
    database: Database,
    stream: str,
    command: Frozen,
    actor: Actor,
    now: datetime,
    *,
    occurred_at: datetime | None = None,
) -> Sequence[Recorded]:
    """Carry out one command at a moment; the events it gave.

    Raises:
        Refusal: a rule said no.
    """
    loaded = reading.load(database, stream)
    matter = loaded.state if loaded and isinstance(loaded.state, Matter) else None
    context = DecisionContext(rulebook=reading.rulebook(database), now=now, actor=actor, occurred_at=occurred_at)
    return _appended(database, stream, loaded, decide(matter, command, context), context, claims(command).units)


def opened_before_bounds(
    database: Database, stream: str, command: c.OpenMatter, actor: Actor, now: datetime, basis: dict[str, object]
) -> None:
    """Open a matter as a build without bounds did: by a 依据 as long as somebody wrote it."""
    context = DecisionContext(rulebook=reading.rulebook(database), now=now, actor=actor)
    first, *rest = decide(None, command, context)
    first = first.model_copy(update={"payload": {**first.payload, "basis": basis}})
    _appended(database, stream, None, (first, *rest), context, claims(command).units)


def refusal_of(database: Database, stream: str, command: Frozen, actor: Actor, now: datetime) -> str:
    """The words with which a command is refused; the stream is as it was."""
    before = reading.stream_head(database, stream)
    try:
        act(database, stream, command, actor, now)
    except Refusal as refusal:
        assert reading.stream_head(database, stream) == before
        return refusal.message
    raise AssertionError(f"{command} was not refused")


def meet(database: Database, stream: str, command: Frozen, actor: Actor, now: datetime) -> Sequence[Recorded]:
    """Carry out one command on a meeting at a moment; the events it gave.

    Raises:
        Refusal: a rule said no.
    """
    loaded = reading.load(database, stream)
    meeting = loaded.state if loaded and isinstance(loaded.state, Meeting) else None
    context = DecisionContext(rulebook=reading.rulebook(database), now=now, actor=actor)
    return _appended(database, stream, loaded, decide_meeting(meeting, command, context), context)


def _appended(
    database: Database,
    stream: str,
    loaded: reading.StreamState | None,
    drafts: tuple[Draft, ...],
    context: DecisionContext,
    units: tuple[UnitClaim, ...] = (),
) -> Sequence[Recorded]:
    answer = append(
        database,
        AppendRequest(
            stream=stream,
            expected_version=loaded.version if loaded else 0,
            expected_hash=loaded.hash if loaded else "",
            rulebook_version=context.rulebook.version,
            command_id=uuid4().hex,
            actor=context.actor,
            units=units,
            now=context.now,
            drafts=drafts,
        ),
    )
    if not isinstance(answer, Appended):
        raise Refusal(f"{answer}", "history")
    return answer.events


def tick(database: Database, now: datetime) -> int:
    """Let the clock do all it owes to every open matter by now, in the order of the instants; how much it was."""
    done = 0
    owed = {head.stream: _next(database, head.stream, now) for head in reading.open_streams(database, "matter")}
    while due := [(at, stream) for stream, at in owed.items() if at is not None and at <= now]:
        at, stream = min(due)
        act(database, stream, c.ExpireDeadline(), SYSTEM, at)
        owed[stream] = _next(database, stream, now)
        done += 1
    return done


def _next(database: Database, stream: str, now: datetime) -> datetime | None:
    loaded = reading.load(database, stream)
    assert loaded is not None
    assert isinstance(loaded.state, Matter)
    deadline = next_deadline(loaded.state, reading.rulebook(database), min(now, loaded.state.opened_at))
    return deadline.at if deadline else None
