"""The one way into the log. Whoever decides asks; the log, which alone knows what is recorded, answers.

The order inside the transaction is the rule (`docs/architecture.md`, "The log decides"): the writer's lock first, then
the command id, the rulebook, the head, the actor's claim, and only then numbers, events, read model and outbox. Every
answer but `appended` with events rolls back, so a refused or repeated command leaves nothing in the log, not even a
burnt number; only that it was refused is noted beside it (`eventlog/refusals.py`).
"""

# ruff: noqa: S608  (column names are constants)

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from domain.base import Frozen, Refusal, refuse
from domain.calendar import WorkCalendar, local_date
from domain.door import UNPROVEN, Door, same
from domain.envelope import Algorithm, Draft, NumberSeries, Provenance, Recorded, canonical
from domain.event import UnknownEventError
from domain.ids import kind_of, rulebook_streams
from domain.log import (
    BEHIND_BYTES,
    BEHIND_EVENTS,
    Ahead,
    Already,
    AppendAnswer,
    Appended,
    AppendRequest,
    Behind,
    Refused,
    Rulebook,
)
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.policy import Policy
from domain.streams import FOLDS
from domain.terms import Role
from eventlog.backend import Row, Statement
from eventlog.breakdown import check_breakdown
from eventlog.chain import hash_of
from eventlog.claims import check_actor, check_people, check_record, check_slots, check_units
from eventlog.clock import check_clock, log_time
from eventlog.database import Database, Transaction
from eventlog.duplicates import check_duplicate
from eventlog.errors import LogRestored
from eventlog.evidence import command_digest
from eventlog.list_rows import COLUMNS, FOUND_BY, moved_rows, put_row
from eventlog.outcomes import check_outcomes
from eventlog.proofs import DEMAND, provenance_of
from eventlog.reading import command_events, rulebook_in, stream_events
from eventlog.reading.rules import known_rulebook
from eventlog.readmodel import (
    PUT_NUMBER,
    fold_events,
    parse_state,
    read_model_of_event,
    read_model_of_state,
    state_text,
)
from eventlog.refusals import check_not_refused, note_refusal
from eventlog.relations import check_relations
from eventlog.rows import EVENT_COLUMNS, INSERT_EVENT, actor_text, event_of_row
from eventlog.secrets import check_seals, sealed_texts
from eventlog.shape import check_shape, check_text
from eventlog.stored_time import from_micros, micros
from eventlog.witness import NOWHERE, Height
from eventlog.words import put_full_blocks

STATE_BYTES = 256 * 1024
"""How far people fill a state freely. Beyond, a command adds at most a share of what is left to `MOST_BYTES`."""
MOST_BYTES = 512 * 1024
"""A quarter of what Temporal carries in one piece: there is always room for what the clock adds."""
SHARE = 32
UNLIMITED_KINDS = frozenset({"directory", "plan", "paper", "minutes", "secrets", "assessment"})
"""Kinds whose state never travels through a workflow, so that its size does not matter."""

# One round trip for everything the answer depends on.
_LOOK = f"""
SELECT c.stream, c.request_hash, r.valid_until, h.version, h.hash, h.recorded_at, s.hash, s.state,
       (SELECT max(position) FROM states WHERE stream IN (?, ?)), n.position, n.recorded_at, w.hash, {{clock}},
       (SELECT hash FROM states WHERE stream = ?), (SELECT hash FROM states WHERE stream = ?),
       (SELECT 1 FROM commands WHERE command_id = '{DEMAND}'),
       {", ".join(f"l.{name}" for name in COLUMNS)}
FROM (SELECT 1 AS one) o
LEFT JOIN commands c ON c.command_id = ?
LEFT JOIN refusals r ON r.command_id = ?
LEFT JOIN (SELECT version, hash, recorded_at FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1) h ON TRUE
LEFT JOIN states s ON s.stream = ?
LEFT JOIN matter_rows l ON l.stream = ?
LEFT JOIN (SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1) n ON TRUE
LEFT JOIN events w ON w.position = ?
"""
_BEHIND = f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? AND version >= ? ORDER BY version LIMIT ?"
_LAST_NUMBER = "SELECT last FROM numbers WHERE series = ?"
_PUT_COMMAND = "INSERT INTO commands (command_id, stream, first, last, request_hash, digest) VALUES (?, ?, ?, ?, ?, ?)"
_PUT_OUTBOX = "INSERT INTO outbox (position) VALUES (?)"


@dataclass(frozen=True)
class _Standing:
    """What the log holds at this moment, under the writer's lock."""

    command_stream: str | None
    command_hash: str | None
    refused_until: int
    version: int
    hash: str
    recorded_at: int
    """The newest of the log, and of the stream: nothing is recorded before either."""
    state_hash: str | None
    state: str | None
    rulebook_version: int
    last_position: int
    seen: Height
    """How far this home has seen the log reach, and below what stands there now."""
    seen_hash: str
    clock: int | None
    """The database's own time, when it has a clock."""
    rulebook_hashes: Row
    demanded: bool
    """Whether the log demands that whoever acts has proven himself."""
    listed: Row
    """The row it is listed by; of nothing but None when there is none."""


def append(
    database: Database,
    request: AppendRequest,
    *,
    algorithm: Algorithm | None = None,
    door: Door | None = None,
    settling: bool = False,
) -> AppendAnswer:
    """Ask the log to record what was decided, or, without drafts, whether the asker is up to date.

    Args:
        database: where the log is.
        request: what was decided, and on which version, hash and rulebook.
        algorithm: digest of the hash chain; the database's own unless given.
        door: who made the proofs, where the request came by a way others can reach; the clock's own needs none.
        settling: this is what settles the numbers of a log that went back.

    Raises:
        LogRestored: the log does not hold what this home has seen in it.
        LogUnreachable: nothing is known to be recorded; ask again with the same command id.
        SchemaMismatch: the tables are not those of this build.
    """
    try:
        check_shape(request)
        if door is None:
            request = _vouched(database, request)
        if door is not None and request.command_id and not request.clock:
            _check_proof(door, request)
        command_id, stream = request.command_id, request.stream
        seen = _seen(database)
        rules = rulebook_streams(database.headquarters)
        look = (*rules, *rules, command_id, command_id, stream, stream, stream, seen.position)
        # Another calendar or policy may move the colours of every open matter.
        long = stream in rules
        with database.writing(long=long, look=(_LOOK.format(clock=database.backend.clock_sql), look)) as transaction:
            standing = _standing(transaction.looked[0], seen)
            if standing.seen_hash != seen.hash and not settling:
                raise LogRestored
            known = _already(transaction, request, standing) or _outdated(transaction, request, standing)
            if known is not None:
                return known
            own = log_time(database.clock, standing.clock, request.now)
            # Like the door's, it is no refusal of the command: a forgery must not spoil the id.
            proven = provenance_of(
                transaction, request, from_micros(own), demanded=standing.demanded, direct=door is None
            )
            try:
                check_not_refused(request, standing.refused_until)
                if request.command_id:
                    check_actor(transaction, request.actor, request.stream, local_date(from_micros(own)))
                    check_record(transaction, request)
                    check_units(transaction, request.units)
                    check_people(transaction, request.people)
                    check_slots(transaction, request)
                if request.drafts:
                    check_clock(request, own)
                    at = max(own, standing.recorded_at)
                    return _record(database, transaction, request, standing, at, algorithm, proven)
            except Refusal:
                note_refusal(transaction, request, standing.refused_until, own)
                raise
            if request.refused:
                note_refusal(transaction, request, standing.refused_until, own)
            return Appended()
    except Refusal as refusal:
        return Refused(code=refusal.code, message=refusal.message)


def _seen(database: Database) -> Height:
    """The newest event this home knows the log to hold; nothing, when it keeps no witness or never saw this log."""
    log = database.log() if database.witness is not None else ""
    known = database.witness.height(log) if database.witness is not None and log else None
    return known or NOWHERE


def _vouched(database: Database, request: AppendRequest) -> AppendRequest:
    """With the proof of whoever opened the log, for what he appends himself."""
    own = request.command_id and request.signed is None and request.actor.role is not Role.SYSTEM
    if not own or database.vouch is None:
        return request
    return request.model_copy(update={"signed": database.vouch(request)})


def _check_proof(door: Door, request: AppendRequest) -> None:
    """Not noted as a refusal: whoever is no caller of ours must not spoil the id of one who is."""
    until = request.valid_until
    expected = "" if until is None else door.of_order(request.command_id, request.request_hash, until)
    refuse(not expected or not same(request.proof, expected), UNPROVEN, "unproven")


def _standing(row: Row, seen: Height) -> _Standing:
    command_stream, command_hash, refused, version, digest, recorded, state_hash, state, *newest = row
    rulebook, position, last, witnessed, own, calendar, policy, demanded, *listed = newest
    return _Standing(
        command_stream,
        command_hash,
        refused or 0,
        version or 0,
        digest or "",
        max(recorded or 0, last or 0),
        state_hash,
        state,
        rulebook or 0,
        position or 0,
        seen,
        witnessed or "",
        own,
        (calendar, policy),
        demanded is not None,
        tuple(listed),
    )


def _already(transaction: Transaction, request: AppendRequest, standing: _Standing) -> Already | None:
    """The command id is in the log: its events, if it is the same command."""
    if standing.command_stream is None:
        return None
    # Builds before this one recorded the office's own streams without a hash.
    same = standing.command_hash in ("", request.request_hash) and standing.command_stream == request.stream
    refuse(
        not same,
        f"命令编号 {request.command_id} 已用于另一条内容不同的命令，请换一个编号",
        "command_id_reused",
    )
    return Already(events=command_events(transaction, request.command_id))


def _outdated(transaction: Transaction, request: AppendRequest, standing: _Standing) -> Ahead | Behind | None:
    """Whether the asker stands on another history, or misses events or the newest rulebook."""
    expected, expected_hash = request.expected_version, request.expected_hash
    if standing.version < expected:
        return Ahead(version=standing.version)
    missing: tuple[Recorded, ...] = ()
    if standing.version == expected:
        same = standing.hash == expected_hash
    else:
        # From the last event the asker knows, to see that it is the same one.
        rows = transaction.all(_BEHIND, (request.stream, max(expected, 1), BEHIND_EVENTS + 1))
        events = [event_of_row(row) for row in rows]
        known_hash = events.pop(0).hash if expected else ""
        same = known_hash == expected_hash
        missing = _at_most(events)
    if not same:
        return Ahead(version=standing.version)
    moved = standing.rulebook_version != request.rulebook_version
    rulebook: Rulebook | None = rulebook_in(transaction) if moved else None
    return Behind(events=missing, rulebook=rulebook) if missing or moved else None


def _at_most(events: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """As many as one answer may carry, and at least one."""
    size, count = 0, 0
    for event in events[:BEHIND_EVENTS]:
        size += len(event.model_dump_json().encode())
        if count and size > BEHIND_BYTES:
            break
        count += 1
    return tuple(events[:count])


def _record(
    database: Database,
    transaction: Transaction,
    request: AppendRequest,
    standing: _Standing,
    recorded_at: int,
    algorithm: Algorithm | None,
    proven: Provenance | None,
) -> Appended:
    numbers = _Numbers(transaction)
    who = actor_text(request.actor, proven)
    rows = _chain(request, standing, who, recorded_at, numbers, database.headquarters, algorithm or database.algorithm)
    events = [event_of_row(row) for row in rows]  # the answer is what a reader will find
    state = _fold(transaction, request, standing, events)
    keyed = (request.stream, *(state.matters if isinstance(state, Meeting) else ()))
    check_seals(transaction, keyed, [text for draft in request.drafts for text in sealed_texts(draft.payload)])
    check_duplicate(transaction, events, state)
    check_breakdown(transaction, events, state)
    check_relations(transaction, events, state)
    check_outcomes(transaction, events, state, request.now)
    text = state_text(state)
    if not request.clock and kind_of(request.stream) not in UNLIMITED_KINDS:
        _check_size(len((standing.state or "").encode()), len(text.encode()))
    last = events[-1]
    command = (request.command_id, request.stream, events[0].version, last.version, request.request_hash)
    statements: list[Statement] = [
        (INSERT_EVENT, rows),
        (_PUT_COMMAND, [(*command, command_digest((*command, last.hash)))]),
        *_rows_of_state(transaction, standing, last, state, text),
        *(statement for event in events for statement in read_model_of_event(event)),
        *put_full_blocks(transaction, standing.last_position, events),
        (_PUT_OUTBOX, [(event.position,) for event in events]),
    ]
    if numbers.given:
        statements.append((PUT_NUMBER, list(numbers.given.items())))
    transaction.commit(statements)
    if database.witness is not None:
        log = database.log() if standing.last_position else events[0].hash
        if not database.witness.saw(log, Height(last.position, last.hash, standing.seen.falls), numbers.given):
            raise LogRestored
    return Appended(events=tuple(events))


def _rows_of_state(
    transaction: Transaction, standing: _Standing, last: Recorded, state: Frozen, text: str
) -> list[Statement]:
    """What shows the stream as it is now; another calendar or policy also moves the colours to come of every matter."""
    if not isinstance(state, Matter | WorkCalendar | Policy):
        return read_model_of_state(last, state, text)
    rulebook = known_rulebook(transaction, standing.rulebook_hashes)
    if isinstance(state, Matter):
        rows, changed = put_row(standing.listed, state, rulebook)
        return [*read_model_of_state(last, state, text, listed=bool(changed & FOUND_BY)), *rows]
    moved = {"calendar": state} if isinstance(state, WorkCalendar) else {"policy": state}
    return [*read_model_of_state(last, state, text), *moved_rows(transaction, rulebook.model_copy(update=moved))]


def _check_size(before: int, after: int) -> None:
    """A state travels through a workflow, so people may not fill it; but what is full must still be brought to an end.

    A share of what is left is never all of it: a word of closing always fits.
    """
    full = after >= STATE_BYTES and after - before > (MOST_BYTES - before) // SHARE
    refuse(full, f"事项内容累计超过 {STATE_BYTES // 1024} KiB，不能再加这么多文字；请改用附件", "too_large")


class _Numbers:
    """Numbers of gapless series, given out within this transaction only."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.given: dict[str, int] = {}

    def next(self, series: NumberSeries) -> str:
        last = self.given.get(series.series)
        if last is None:
            row = self._transaction.one(_LAST_NUMBER, (series.series,))
            last = row[0] if row else 0
        self.given[series.series] = last + 1
        return series.render(last + 1, self._transaction.headquarters)


def _chain(
    request: AppendRequest,
    standing: _Standing,
    actor: str,
    recorded_at: int,
    numbers: _Numbers,
    headquarters: str,
    algorithm: Algorithm,
) -> list[Row]:
    """The drafts as rows: numbered, placed, and each bound to the one before by its hash."""
    previous = standing.hash
    rows: list[Row] = []
    for index, draft in enumerate(request.drafts, start=1):
        version = standing.version + index
        row = (
            standing.last_position + index,
            headquarters,
            request.stream,
            version,
            _event_id(f"{headquarters}/{request.stream}/{version}/{request.command_id}", recorded_at),
            draft.type,
            draft.schema_version,
            _payload(draft, numbers, limited=not request.clock),
            actor,
            request.command_id,
            min(micros(draft.occurred_at or request.now), recorded_at),
            recorded_at,
            previous,
        )
        previous = hash_of(algorithm, row)
        rows.append((*row, previous))
    return rows


def _event_id(name: str, recorded_at: int) -> str:
    """A UUID of version 8: 48 bits of milliseconds, so that an index grows at its end, and the rest from the name.

    Derived rather than random: a second run of a simulation gives the same ids.
    """
    time, rest = f"{recorded_at // 1000:012x}"[-12:], hashlib.sha256(name.encode()).hexdigest()
    return f"{time[:8]}-{time[8:]}-8{rest[:3]}-8{rest[3:6]}-{rest[6:18]}"


def _payload(draft: Draft, numbers: _Numbers, *, limited: bool) -> str:
    payload = draft.payload
    if draft.number is not None:
        payload = {**payload, draft.number.field: numbers.next(draft.number)}
    try:
        text = canonical(payload)
    except (TypeError, RecursionError) as error:
        raise Refusal(f"{draft.type} 含有不能入库的内容：{error}", "malformed") from error
    check_text(payload, text, limited=limited)
    return text


def _fold(transaction: Transaction, request: AppendRequest, standing: _Standing, events: list[Recorded]) -> Frozen:
    """The stream's state after these events. What its own fold cannot read must never enter the log."""
    kind = kind_of(request.stream)
    refuse(kind not in FOLDS, f"日志不认识这一类记录：{request.stream}", "malformed")
    try:
        if standing.version == 0:
            return fold_events(request.stream, None, events)
        if standing.state is not None and standing.state_hash == standing.hash:
            return fold_events(request.stream, parse_state(kind, standing.state), events)
        # The read model has fallen behind its log (edited, or half restored): the events are the truth.
        return fold_events(request.stream, None, [*stream_events(transaction, request.stream), *events])
    except (UnknownEventError, ValidationError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise Refusal(f"{events[0].type} 与 {request.stream} 的记录不符：{reason}", "malformed") from error
