"""What must hold of a universe, told by somebody who knows the table of events and what people were told.

Only the last rules (`_at_rest`) ask the product's own folds: that what it shows is what its events say.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from domain.base import Refusal
from domain.commands import Reproject
from domain.deadlines import owed
from domain.envelope import SYSTEM
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from eventlog import reading
from eventlog.stored_time import from_micros
from eventlog.verify import verify
from tests.universe.people import Wish
from tests.universe.universe import Said, Universe
from tests.universe.world import BASE, SECOND

_NUMBER = re.compile(r"(XMH-\d{4}-|催〔\d{4}〕)(\d+)(号?)")
_SERIES = {"XMH": "matter/2022", "催": "urge/2022"}
MAY_CHANGE_NOTHING = frozenset({"open"})
"""Commands that may be answered ok and give no event: opened before."""
LONGEST_WAIT = 10_500_000
LATE = 120.0
"""Seconds after which what is owed must have been done, in calm weather."""
BEYOND_RULES = frozenset({"expired", "command_id_reused"})
"""What is refused by whoever carries a command, and not by a rule of the office."""
UNFAIR = frozenset({"lookup_slow", "log_fails_after", "thread_slow"})
"""Weather in which a caller may not get to know that his command is in the log."""


class Row(NamedTuple):
    """One row of the table of events."""

    position: int
    stream: str
    version: int
    type: str
    payload: str
    command_id: str
    occurred_at: int
    recorded_at: int
    previous_hash: str
    hash: str


def check(universe: Universe) -> list[str]:
    """Every rule that is broken, in words that begin with its kind; empty when all hold."""
    sql = f"SELECT {', '.join(Row._fields)} FROM events ORDER BY position"
    rows = [Row(*row) for row in universe.backend.raw.execute(sql)]
    answers = _Answers(universe, rows)
    return [
        *_order(rows),
        *answers.broken(),
        *_numbers(universe, rows),
        *_Clock(rows).broken(),
        *_groundless(universe, rows),
        *_at_rest(universe, rows),
    ]


def _order(rows: list[Row]) -> Iterator[str]:
    if [row.position for row in rows] != list(range(1, len(rows) + 1)):
        yield "order: positions have gaps"
    heads: dict[str, Row] = {}
    for row in rows:
        head = heads.get(row.stream)
        version, digest, recorded = (head.version, head.hash, head.recorded_at) if head else (0, "", 0)
        if row.version != version + 1 or row.previous_hash != digest:
            yield f"order: {row.stream}@{row.version} does not follow {version}"
        if row.recorded_at < recorded:
            yield f"order: {row.stream}@{row.version} recorded before its predecessor"
        heads[row.stream] = row


class _Answers:
    """Acknowledged exactly once, refused never, unknown at most once, in real-time order."""

    def __init__(self, universe: Universe, rows: list[Row]) -> None:
        self.universe = universe
        self.in_log: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self.in_log[row.command_id].append(row)
        self.told: dict[str, list[Said]] = defaultdict(list)
        for said in universe.said:
            self.told[said.order_id].append(said)

    def forgiven(self, said: Said) -> bool:
        """The log was put back after he was told, or while he was: what happened since the copy may be gone."""
        restored = max(self.universe.restored_at, default=None)
        return restored is not None and said.invoked <= restored

    def broken(self) -> Iterator[str]:
        for order_id, found in self.in_log.items():
            versions = [row.version for row in found]
            at_once = versions == list(range(versions[0], versions[0] + len(versions)))
            if len({row.stream for row in found}) > 1 or not at_once:
                yield f"answers: {order_id} is in the log more than once"
        for order_id, all_said in self.told.items():
            found = self.in_log.get(order_id, [])
            versions = sorted({s.version for s in all_said if s.outcome == "ok" and s.events})
            if len(versions) > 1 and not any(map(self.forgiven, all_said)):
                yield f"answers: {order_id} was answered differently: {versions}"
            for said in all_said:
                yield from self._one(said, all_said, found)
        yield from self._real_time()
        yield from self._numbers_told()

    def _one(self, said: Said, all_said: list[Said], found: list[Row]) -> Iterator[str]:
        name = said.order_id
        types = tuple(row.type for row in found)
        committed = [self.universe.server.committed.get(row.hash) for row in found]
        if said.outcome == "ok" and not self.forgiven(said):
            if said.events and (types != said.events or found[-1].version != said.version):
                yield f"answers: {name} told ok@{said.version} {said.events}, log has {types}"
            if not said.events and (said.kind not in MAY_CHANGE_NOTHING or found):
                yield f"answers: {name} told ok without events, log has {types}"
            if said.events and found and min(c or 0 for c in committed) > said.done:
                yield f"answers: {name} answered before it was recorded"
        long_there = found and all(c is not None and c < said.done - SECOND // 10 for c in committed)
        if said.outcome == "unknown" and said.done >= 0 and long_there and self._fair():
            yield f"answers: {name} told unknown although it was in the log"
        # A refusal is not remembered for ever: whoever asks again may be granted it. But nobody asked again here.
        again = any(s.invoked >= said.done for s in all_said if s is not said)
        if said.outcome == "refused" and found and not again and said.code != "command_id_reused":
            earlier = any(s.outcome == "unknown" and s.invoked < said.invoked for s in all_said)
            how = "an attempt before was still on its way" if earlier else "in its only attempt"
            yield f"refused: {name} told refused ({said.code}), log has {types}; {how}"

    def _fair(self) -> bool:
        """Whether a caller could get to know that his command is in the log."""
        universe = self.universe
        return not (UNFAIR & set(universe.world.rates) or universe.outages or universe.restored_at)

    def _real_time(self) -> Iterator[str]:
        """What was answered before another was asked stands before it."""
        oks = [s for s in self.universe.said if s.outcome == "ok" and s.events and not self.forgiven(s)]
        first_asked = {order_id: min(s.invoked for s in said) for order_id, said in self.told.items()}
        by_stream: dict[str, list[Said]] = defaultdict(list)
        for said in oks:
            by_stream[said.stream].append(said)
        for of_stream in by_stream.values():
            for said in of_stream:
                for other in of_stream:
                    if first_asked[other.order_id] > said.done and other.version <= said.version:
                        yield (
                            f"answers: {other.order_id} asked after {said.order_id} was answered, but stands before it"
                        )

    def _numbers_told(self) -> Iterator[str]:
        """A number somebody was told is on paper: whatever copy the log was put back from, it is not given again."""
        given = {}
        for found in self.in_log.values():
            for row in found:
                if row.type in ("MatterOpened", "MeetingConvened"):
                    payload = json.loads(row.payload)
                    given[payload.get("number")] = row.stream
        for said in self.universe.said:
            if said.number and given.get(said.number, said.stream) != said.stream:
                yield f"numbers: {said.number} was told for {said.stream} and given to {given[said.number]}"


def _groundless(universe: Universe, rows: list[Row]) -> Iterator[str]:
    """A person is refused by a rule and by nothing else: what the rules grant from his asking to his answer is granted.

    Asked of the rules alone, on the state the log had all the while; where it moved meanwhile, or was put back, nothing
    is said, nor of matters while the office's own rules moved.
    """
    moved = (row for row in rows if row.stream.startswith(("calendar/", "policy/")))
    if universe.restored_at or any(from_micros(row.recorded_at) >= BASE for row in moved):
        return
    wishes = {wish.order_id: wish for wish in universe.wanted}
    of_stream: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_stream[row.stream].append(row)
    rulebook = reading.rulebook(universe.database)
    for said in universe.said:
        if said.outcome != "refused" or said.code in BEYOND_RULES or not said.stream.startswith("matter/"):
            continue
        there = of_stream[said.stream]
        before = [row for row in there if (universe.server.committed.get(row.hash) or 0) <= said.invoked]
        if any((universe.server.committed.get(row.hash) or 0) <= said.done for row in there[len(before) :]):
            continue
        events = reading.read_stream(universe.database, said.stream, upto_version=len(before)) if before else ()
        state = reading.folded_state(said.stream, list(events)).state if before else None
        wish = wishes[said.order_id]
        granted = [_granted(state, wish, rulebook, universe.world.moment_at(at)) for at in (said.invoked, said.done)]
        if all(granted):
            yield f"refused: {said.order_id} told refused ({said.code}: {said.message[:60]}), and no rule says no"


def _granted(state: Any, wish: Wish, rulebook: Rulebook, now: datetime) -> bool:
    try:
        decide(state, wish.command, DecisionContext(rulebook, now, wish.actor))
    except Refusal:
        return False
    return True


def _numbers(universe: Universe, rows: list[Row]) -> Iterator[str]:
    """Gapless, each once, and the counter stands at the last."""
    given: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        payload = json.loads(row.payload)
        for key in ("number", "no"):
            found = _NUMBER.fullmatch(str(payload.get(key, "")))
            if found:
                given[found[1]].append(int(found[2]))
    last = dict(universe.backend.raw.execute("SELECT series, last FROM numbers").fetchall())
    for series, numbers in given.items():
        counter = last.get(next(name for prefix, name in _SERIES.items() if series.startswith(prefix)))
        if len(set(numbers)) != len(numbers):
            yield f"numbers: {series} given twice: {numbers}"
        elif universe.restored_at:
            continue
        elif numbers != list(range(1, len(numbers) + 1)):
            yield f"numbers: {series} has gaps: {numbers}"
        elif counter != max(numbers):
            yield f"numbers: {series} last is {counter}, given {max(numbers)}"


class _Clock:
    """What the clock did, it did once, not before its time, and not against what was recorded already."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = [row for row in rows if row.stream.startswith("matter/")]
        self.answered: set[tuple[str, str]] = set()
        self.once: Counter[tuple[str, ...]] = Counter()
        self.receipt_due: dict[str, int] = {}
        self.open_window: dict[str, str] = {}
        self.closes: dict[tuple[str, str], int] = {}
        """The latest moment each window was ever said to close."""

    def broken(self) -> Iterator[str]:
        for row in self.rows:
            payload = json.loads(row.payload)
            yield from self._at(row, payload)
            yield from self._of_a_window(row, payload)
        yield from (f"clock: {' '.join(key)} happened {n} times" for key, n in self.once.items() if n > 1)

    def _at(self, row: Row, payload: dict[str, Any]) -> Iterator[str]:
        stream, name = row.stream, f"{row.stream}@{row.version}"
        match row.type:
            case "MatterAssigned":
                self.receipt_due[stream] = _micros(payload["receipt_due"])
                self.once.pop((stream, "deemed"), None)
            case "DeadlineMoved" if payload["what"] == "receipt":
                self.receipt_due[stream] = _micros(payload["after"])
            case "ReceiptSigned" if payload.get("deemed"):
                self.once[stream, "deemed"] += 1
                if row.recorded_at < self.receipt_due[stream]:
                    yield f"clock: {name} deemed received too early"
            case "NearDueWarned" | "DueLapsed":
                self.once[stream, row.type, payload["due"]] += 1
            case "DecisionRecorded" if payload.get("minutes"):
                self.once[stream, "decision", payload["minutes"], str(payload["point"])] += 1
            case "MatterReopened":
                self.once = Counter({key: n for key, n in self.once.items() if key[0] != stream})
            case "UrgeIssued" | "MatterEscalated" if payload.get("trigger"):
                self.once[stream, row.type, str(payload["trigger"])] += 1

    def _of_a_window(self, row: Row, payload: dict[str, Any]) -> Iterator[str]:
        stream, name = row.stream, f"{row.stream}@{row.version}"
        match row.type:
            case "FeedbackWindowOpened":
                self.answered.discard((stream, payload["window"]["key"]))
                self.open_window[stream] = payload["window"]["key"]
                self._note_closing(stream, payload["window"]["closes"])
            case "DeadlineMoved" if payload["what"] == "window":
                self._note_closing(stream, payload["after"])
            case "FeedbackSubmitted" if payload.get("window"):
                self.answered.add((stream, payload["window"]))
                # What is written past the workflows no clock of ours came before.
                ours = not row.command_id.startswith("beyond-")
                if ours and row.occurred_at > self.closes.get((stream, payload["window"]), row.occurred_at):
                    yield f"clock: {name} counts for a window that had closed before it was decided"
            case "FeedbackMissed":
                window = payload["window"]
                self.once[stream, "missed", window["key"], window["closes"]] += 1
                if row.recorded_at < _micros(window["closes"]):
                    yield f"clock: {name} missed before its window closed"
                if (stream, window["key"]) in self.answered:
                    yield f"clock: {name} missed although answered"

    def _note_closing(self, stream: str, closes: str) -> None:
        key = (stream, self.open_window[stream])
        self.closes[key] = max(_micros(closes), self.closes.get(key, 0))


def _at_rest(universe: Universe, rows: list[Row]) -> Iterator[str]:
    """In the end nothing is owed, everything runs, and every state is the fold of its events."""
    yield from (f"ends: the workflow broke: {fault}" for fault in universe.server.faults)
    yield from (f"ends: a history could not be replayed: {what}" for what in universe.server.diverged)
    yield from (f"ends: {stream} began anew over updates it had taken up" for stream in universe.server.dropped)
    for said in universe.said:
        if said.done < 0:
            yield f"ends: {said.order_id} was never answered"
        elif said.done - said.invoked > LONGEST_WAIT:
            yield f"ends: {said.order_id} waited {(said.done - said.invoked) / SECOND:.1f} s"
    if universe.gaps is None or not universe.gaps.level:
        yield f"ends: not level with the log: {universe.gaps!r}"
    yield from (f"ends: {finding.message}" for finding in verify(universe.database).problems)
    states = [s for kind in ("matter", "meeting") for s in reading.states_of(universe.database, kind)]
    for state in states:
        yield from _state(universe, state)
    known = {s.stream for s in states}
    streams = sorted({row.stream for row in rows if row.stream.startswith(("matter/", "meeting/"))})
    yield from (f"ends: {stream} has events and no state" for stream in streams if stream not in known)


def _state(universe: Universe, shown: reading.StreamState) -> Iterator[str]:
    database, stream, state = universe.database, shown.stream, shown.state
    folded = reading.folded_state(stream, list(reading.read_stream(database, stream)))
    if folded.state != state or folded.hash != shown.hash:
        yield f"ends: the state of {stream} is not its fold"
    if isinstance(state, Matter):
        now, rulebook = universe.world.moment, reading.rulebook(database)
        if decide(state, Reproject(), DecisionContext(rulebook, now, SYSTEM)):
            yield f"ends: the deadlines of {stream} do not follow the rulebook"
        late = [d for d in owed(state, rulebook, now) if (now - d.at).total_seconds() > LATE]
        if late:
            yield f"ends: {stream} still owes {[(d.kind.value, str(d.at)) for d in late]}"
    if isinstance(state, Meeting) and state.pending:
        yield f"ends: {stream} still carries {[(p.no, p.attempt) for p in state.pending]}"
    run = universe.server.running(stream)
    for worker in universe.server.workers:
        cached = worker.cache.get(run.run_id) if run else None
        if run and cached is not None and cached.stands_on(run.history) and cached.object._log.state != folded.state:
            yield f"ends: the cache of {stream} is not the log's fold"


def _micros(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * SECOND)
