"""The one way into the log. Whoever decides asks; the log, which alone knows what is recorded, answers.

The order inside the transaction is the rule (`docs/architecture.md`, "The log decides"): the writer's lock first, then
the command id, the rulebook, the head, the actor's claim, and only then numbers, events, read model and outbox. Nothing
is written before all is checked, so a refused or repeated command leaves nothing in the log, not even a burnt number;
only that it was refused is noted beside it (`eventlog/refusals.py`). Who asks while another writes may be recorded in
one transaction with others (`eventlog/group.py`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from domain.base import Refusal, refuse
from domain.calendar import WorkCalendar, local_date
from domain.door import UNPROVEN, Door, same
from domain.envelope import Algorithm, Draft, NumberSeries, Provenance, Recorded, canonical
from domain.event import UnknownEventError
from domain.ids import kind_of, rulebook_streams
from domain.log import (
    Already,
    AppendAnswer,
    Appended,
    AppendRequest,
    Refused,
    Rulebook,
)
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.policy import Policy
from domain.streams import FOLDS
from domain.terms import Role
from eventlog.backend import Row, Statement
from eventlog.blocks import filled_blocks
from eventlog.breakdown import check_breakdown
from eventlog.chain import hash_of
from eventlog.claims import check_actor, check_people, check_record, check_slots, check_units
from eventlog.clock import check_clock, log_time
from eventlog.counted import counted_row, put_counted
from eventlog.database import Database, Transaction
from eventlog.duplicates import check_duplicate
from eventlog.errors import LogRestored
from eventlog.event_rows import read_model_of_event
from eventlog.evidence import command_digest
from eventlog.group import Taking
from eventlog.list_rows import FOUND_BY, moved_rows, put_row
from eventlog.outcomes import check_outcomes
from eventlog.proofs import provenance_of
from eventlog.reading import folded_stream
from eventlog.reading.rules import rulebook_in
from eventlog.reading.states import state_of
from eventlog.readmodel import (
    PUT_NUMBER,
    Folded,
    fold_kept,
    read_model_of_state,
    read_model_of_stream,
    state_text,
)
from eventlog.refusals import check_not_refused, refusal_noted
from eventlog.relations import check_relations
from eventlog.remembered import RememberedState
from eventlog.rows import INSERT_EVENT, actor_text, event_of_row
from eventlog.secrets import check_seals, may_hold_seals, sealed_texts
from eventlog.shape import check_shape, check_text
from eventlog.snapshots import put_snapshots
from eventlog.standing import Standing, already, outdated, question_of, standing_in
from eventlog.stored_time import from_micros, micros
from eventlog.witness import NOWHERE, Height
from eventlog.words import put_words

STATE_BYTES = 256 * 1024
"""How far people fill a state freely. Beyond, a command adds at most a share of what is left to `MOST_BYTES`."""
MOST_BYTES = 512 * 1024
"""A quarter of what Temporal carries in one piece: there is always room for what the clock adds."""
SHARE = 32
GROWTH, ENTRY = 8, 1024
"""A state grows with an event by fewer bytes than this many times its payload, and an entry's own."""
UNLIMITED_KINDS = frozenset({"directory", "plan", "paper", "minutes", "secrets", "assessment"})
"""Kinds whose state never travels through a workflow, so that its size does not matter."""

_LAST_NUMBER = "SELECT last FROM numbers WHERE series = ?"
_PUT_COMMAND = "INSERT INTO commands (command_id, stream, first, last, request_hash, digest) VALUES (?, ?, ?, ?, ?, ?)"
_PUT_OUTBOX = "INSERT INTO outbox (position) VALUES (?)"


@dataclass(frozen=True)
class _Asked:
    """One append, its shape and proof looked at."""

    request: AppendRequest
    algorithm: Algorithm
    direct: bool
    """It did not come by a way others can reach."""
    settling: bool


@dataclass
class _Written:
    """What a group has recorded, to be committed once."""

    statements: list[Statement] = field(default_factory=list)
    """What is not sent to the database yet: the last one's goes with the commit."""
    last: Recorded | None = None
    """The newest event that somebody is told is in the log, recorded now or already before."""
    numbers: dict[str, int] = field(default_factory=dict)
    begun: bool = False
    """Whether something was sent."""


def append(
    database: Database,
    request: AppendRequest,
    *,
    algorithm: Algorithm | None = None,
    door: Door | None = None,
    settling: bool = False,
) -> AppendAnswer:
    """Ask the log to record what was decided, or, without drafts, whether the asker is up to date.

    Whoever asks at the same time in this process may be recorded in the same transaction (`eventlog/group.py`); nobody
    is answered before it is committed, and what one brings changes nothing for another.

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
        elif request.command_id and not request.clock:
            _check_proof(door, request)
    except Refusal as refusal:
        return Refused(code=refusal.code, message=refusal.message)
    asked = _Asked(request, algorithm or database.algorithm, direct=door is None, settling=settling)
    # Another calendar or policy may move the colours of every open matter.
    alone = settling or request.stream in rulebook_streams(database.headquarters)
    return cast("AppendAnswer", database.appends.ask(asked, partial(_answer_group, database), alone=alone))


def _answer_group(database: Database, taking: Taking[_Asked, AppendAnswer]) -> None:
    """Answer all who are taken, one after the other in one transaction that is committed once."""
    one = taking.next()
    if one is None:
        return
    seen, written = _seen(database), _Written()
    with database.writing(long=one.alone, look=question_of(database, one.question.request, seen)) as transaction:
        looked: Row | None = transaction.looked[0]
        while one is not None and looked is not None:
            standing = standing_in(transaction, one.question.request, looked, seen)
            one.answer = _answered(database, transaction, one.question, standing, written)
            one = taking.next()
            if one is not None:
                question = question_of(database, one.question.request, seen)
                looked = transaction.run_and_ask(written.statements, question)[0]
                written.begun = written.begun or bool(written.statements)
                written.statements.clear()
        if written.begun or written.statements:
            transaction.commit(written.statements)
    _witness(database, seen, written)


def _answered(
    database: Database, transaction: Transaction, asked: _Asked, standing: Standing, written: _Written
) -> AppendAnswer:
    """One answer of the group; what it records is put to what is written."""
    request = asked.request
    if standing.seen_hash != standing.seen.hash and not asked.settling:
        raise LogRestored
    try:
        known = already(transaction, request, standing) or outdated(transaction, request, standing)
        if known is not None:
            if isinstance(known, Already) and (
                written.last is None or written.last.position < known.events[-1].position
            ):
                written.last = known.events[-1]
            return known
        own = log_time(database.clock, standing.clock, request.now)
        # Like the door's, it is no refusal of the command: a forgery must not spoil the id.
        proven = provenance_of(transaction, request, from_micros(own), demanded=standing.demanded, direct=asked.direct)
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
                return _record(database, transaction, asked, standing, at, proven, written)
        except Refusal:
            written.statements += refusal_noted(request, standing.refused_until, own)
            raise
        if request.refused:
            written.statements += refusal_noted(request, standing.refused_until, own)
        return Appended()
    except Refusal as refusal:
        return Refused(code=refusal.code, message=refusal.message)


def _witness(database: Database, seen: Height, written: _Written) -> None:
    """Tell the home's witness how far the log reaches now.

    Raises:
        LogRestored: meanwhile it has seen another log.
    """
    if database.witness is None or written.last is None:
        return
    if not database.witness.saw(
        database.log(), Height(written.last.position, written.last.hash, seen.falls), written.numbers
    ):
        raise LogRestored


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


def _record(
    database: Database,
    transaction: Transaction,
    asked: _Asked,
    standing: Standing,
    recorded_at: int,
    proven: Provenance | None,
    written: _Written,
) -> Appended:
    request, numbers = asked.request, _Numbers(transaction)
    who = actor_text(request.actor, proven)
    rows = _chain(request, standing, who, recorded_at, numbers, database.headquarters, asked.algorithm)
    events = [event_of_row(row) for row in rows]  # the answer is what a reader will find
    known = _known(database, transaction, request, standing)
    folded = _fold(request, standing, known, events)
    state = folded.state
    keyed = (request.stream, *(state.matters if isinstance(state, Meeting) else ()))
    sealed = [(draft.payload, event.payload) for draft, event in zip(request.drafts, events, strict=True)]
    check_seals(
        transaction, keyed, [t for payload, text in sealed if may_hold_seals(text) for t in sealed_texts(payload)]
    )
    check_duplicate(transaction, events, state)
    check_breakdown(transaction, events, state)
    check_relations(transaction, events, state)
    check_outcomes(transaction, events, state, request.now)
    size = _size(request, known, folded, events)
    last = events[-1]
    command = (request.command_id, request.stream, events[0].version, last.version, request.request_hash)
    statements: list[Statement] = [
        (INSERT_EVENT, rows),
        (_PUT_COMMAND, [(*command, command_digest((*command, last.hash)))]),
        *_rows_of_state(database, transaction, standing, events, folded),
        *(statement for event in events for statement in read_model_of_event(event)),
        *_rows_of_blocks(transaction, standing, events),
        (_PUT_OUTBOX, [(event.position,) for event in events]),
    ]
    if numbers.given:
        statements.append((PUT_NUMBER, list(numbers.given.items())))
    written.statements += statements
    written.last = last
    written.numbers.update(numbers.given)
    snapshot = folded.snapshots[-1][-1] if folded.snapshots else standing.snapshot
    database.states.put(request.stream, RememberedState(last.hash, snapshot, state, size))
    return Appended(events=tuple(events))


def _rows_of_state(
    database: Database, transaction: Transaction, standing: Standing, events: Sequence[Recorded], folded: Folded
) -> list[Statement]:
    """What shows the stream as it is now; another calendar or policy also moves the colours to come of every matter."""
    last, state, rows = events[-1], folded.state, put_snapshots(folded.snapshots)
    if folded.ended != standing.ended:
        rows.append(read_model_of_stream(events[0], folded.ended))
    if not isinstance(state, Matter | WorkCalendar | Policy):
        return [*rows, *read_model_of_state(last, state)]
    rulebook = _rulebook(database, transaction, standing)
    if isinstance(state, Matter):
        listed, changed = put_row(standing.listed, state, last.position, rulebook)
        return [*rows, *(read_model_of_state(last, state) if changed & FOUND_BY else ()), *listed]
    moved = {"calendar": state} if isinstance(state, WorkCalendar) else {"policy": state}
    return [*rows, *moved_rows(transaction, rulebook.model_copy(update=moved))]


def _rows_of_blocks(transaction: Transaction, standing: Standing, events: Sequence[Recorded]) -> list[Statement]:
    """What is written with the blocks these events fill."""
    filled = filled_blocks(transaction, standing.last_position, events)
    return [*put_words(event.said for event in filled), *put_counted(map(counted_row, filled))]


def _rulebook(database: Database, transaction: Transaction, standing: Standing) -> Rulebook:
    """Calendar and policy in force, read again only when they moved, or what they were read from did."""
    remembered = database.states.rulebook
    if remembered is None or remembered[0] != standing.rules:
        remembered = database.states.rulebook = (standing.rules, rulebook_in(transaction))
    return remembered[1]


def _size(request: AppendRequest, known: RememberedState | None, folded: Folded, events: Sequence[Recorded]) -> int:
    """About how many bytes the state has now, and no fewer; exactly, where it comes near the limit.

    Raises:
        Refusal: `too_large`.
    """
    before = known.size if known is not None else 0
    most = before + sum(GROWTH * len(event.payload.encode()) + ENTRY for event in events)
    if most < STATE_BYTES // 2:
        return most
    size = len(state_text(folded.state).encode())
    if not request.clock and kind_of(request.stream) not in UNLIMITED_KINDS:
        _check_size(len(state_text(known.state).encode()) if known is not None else 0, size)
    return size


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
    standing: Standing,
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


def _known(
    database: Database, transaction: Transaction, request: AppendRequest, standing: Standing
) -> RememberedState | None:
    """The stream's state before these events; None when it has none yet."""
    refuse(kind_of(request.stream) not in FOLDS, f"日志不认识这一类记录：{request.stream}", "malformed")
    if standing.version == 0:
        return None
    known = database.states.of(request.stream)
    if known is not None and (known.hash, known.snapshot) == (standing.hash, standing.snapshot):
        return known
    read = state_of(transaction, request.stream)
    if read is None or read.hash != standing.hash:
        # The read model has fallen behind its log (edited, mended, or half restored): the events are the truth.
        read = folded_stream(transaction, request.stream)
    if read is None:
        return None
    return RememberedState(read.hash, standing.snapshot, read.state, len(state_text(read.state).encode()))


def _fold(
    request: AppendRequest, standing: Standing, known: RememberedState | None, events: Sequence[Recorded]
) -> Folded:
    """The stream after these events. What its own fold cannot read must never enter the log.

    Raises:
        Refusal: `malformed`.
    """
    try:
        return fold_kept(request.stream, known.state if known else None, standing.ended or 0, events)
    except UnknownEventError as error:
        reason = str(error).splitlines()[0]
        raise Refusal(f"{events[0].type} 与 {request.stream} 的记录不符：{reason}", "malformed") from error
