"""What proofs cost: a log held against a checkpoint, the night's events since one, and inclusion proofs."""

import hashlib
import math
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from benchmarks import logs
from benchmarks.large import LIFE, copied_stream, grown
from benchmarks.measure import Clock, Goal, Row, Side, apart, turns
from benchmarks.scale import Scale
from domain.checkpoint import LogCheckpoint
from domain.merkle import MerkleNodes, leaf_hash
from eventlog.database import Database
from eventlog.verify import verify
from services.checkpoints import (
    hold_against,
    hold_since,
    recorded_checkpoints_differ,
    roots_in_passing,
    take_checkpoint,
)
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.office import LIAISON, sqlite

NIGHT = 1000
"""Reports since the checkpoint, each on another matter."""
PROVEN = 100_000
"""Entries of the tree of which inclusion is proven."""
ASKED = 1000
_EVENING = logs.MONDAY + timedelta(days=20)
"""After the last event of the logs that are made."""
_SCAN = "SELECT * FROM events WHERE position > ? ORDER BY position"
_SCANS = (
    "import hashlib, sqlite3\n"
    f"for row in sqlite3.connect(sys.argv[1] + '/events.db').execute({_SCAN!r}, (0,)):\n"
    "    hashlib.sha256(repr(row).encode()).hexdigest()"
)
_VERIFIES = (
    "from eventlog.verify import verify\nfrom tests.support.clock import open_log\n"
    "assert verify(open_log(f'sqlite:///{sys.argv[1]}/events.db'), read_model=bool(sys.argv[2])).ok"
)


def run(scale: Scale, folder: Path) -> list[Row]:
    """Logs of growing size, for memory; of the largest a checkpoint, what came after, and another checkpoint."""
    rows = list[Row]()
    for events in scale.large:
        grown(folder / f"{events}", events)
        rows += _memory(folder / f"{events}", events)
    home = folder / f"{scale.large[-1]}"
    log = open_log(sqlite(home))
    taken = [take_checkpoint(log, home, _EVENING)[0]]
    night = min(NIGHT, scale.large[-1] // LIFE - 1)
    began = time.perf_counter()
    for i in range(night):
        act(log, copied_stream(i), logs.report(i), LIAISON, _EVENING + timedelta(seconds=i + 1))
    appended = time.perf_counter()
    taken.append(take_checkpoint(log, home, _EVENING + timedelta(hours=12))[0])
    row = Row("an append with its share of the night's checkpoint", "ms", Goal(1.05, at_most=True))
    row.add(Side.BARE, (appended - began) / night * 1e3)
    row.add(Side.XMH, (time.perf_counter() - began) / night * 1e3)
    before, now = taken
    whole = [*_whole(log, home, now, scale), _since(log, home, before, now.size - before.size, scale)]
    log.close()
    return [*rows, row, *whole, _inclusion(scale)]


def _memory(home: Path, events: int) -> list[Row]:
    """The largest memory of a process that verifies, beside one that only scans.

    Of a large log a second process takes some 50 MB more, however large the log is.
    """
    rows = []
    for name, read_model in (("chain", False), ("chain and fold", True)):
        row = Row(f"memory to verify {events:,} events: {name}", "MB")
        row.add(Side.BARE, apart(_SCANS, home).mb)
        row.add(Side.XMH, apart(_VERIFIES, home, read_model or "").mb)
        rows.append(row)
    return rows


def _whole(log: Database, home: Path, now: LogCheckpoint, scale: Scale) -> list[Row]:
    """By the clock: who verifies a large log takes two processors, who scans it one."""

    def tree() -> None:
        _sound(not hold_against(log, now))

    def verified(*, read_model: bool) -> None:
        roots = roots_in_passing(log, [now])
        _sound(verify(log, read_model=read_model, passing=roots.take).ok)
        _sound(not hold_against(log, now, roots) and not recorded_checkpoints_differ(log, roots))

    works: list[tuple[Row, Callable[[], None]]] = [
        (Row("a checkpoint held: both roots and the blocks", "events/s"), tree),
        (Row("verify: chain and tree", "events/s", Goal(0.4, at_most=False)), partial(verified, read_model=False)),
        (
            Row("verify: chain and tree, every event folded", "events/s", Goal(0.15, at_most=False)),
            partial(verified, read_model=True),
        ),
    ]
    for row, work in works:
        for side, seconds in _taken(scale.large_rounds, lambda: _scan(home, 0), work):
            row.add(side, now.size / seconds)
    return [row for row, _ in works]


def _since(log: Database, home: Path, before: LogCheckpoint, new: int, scale: Scale) -> Row:
    """Whatever the log holds before the checkpoint is not read, but for the ends of the streams that went on."""
    row = Row(f"verify --since: {new:,} new events", "s", Goal(2.0, at_most=True, ratio=False))

    def since() -> None:
        _sound(hold_since(log, before).report.ok)

    for side, seconds in _taken(scale.rounds, lambda: _scan(home, before.size), since):
        row.add(side, seconds)
    return row


def _inclusion(scale: Scale) -> Row:
    """The bare side hashes as often as whoever verifies a proof."""
    nodes = MerkleNodes([leaf_hash(n.to_bytes(4, "big")) for n in range(PROVEN)])
    row = Row(f"an inclusion proof among {PROVEN:,}", "µs", Goal(50, at_most=True, ratio=False))
    steps, node = math.ceil(math.log2(PROVEN)), bytes(65)

    def bare() -> None:
        for _ in range(ASKED * steps):
            hashlib.sha256(node).digest()

    def proofs() -> None:
        for n in range(0, PROVEN, PROVEN // ASKED):
            nodes.proof(n)

    for side, seconds in _taken(scale.rounds, bare, proofs):
        row.add(side, seconds / ASKED * 1e6)
    return row


def _taken(rounds: int, bare: Callable[[], None], xmh: Callable[[], None]) -> list[tuple[Side, float]]:
    """Seconds of each side, in turns."""
    work, taken = {Side.BARE: bare, Side.XMH: xmh}, []
    for pair in turns(rounds):
        for side in pair:
            clock = Clock()
            clock.time(work[side])
            taken.append((side, clock.seconds))
    return taken


def _scan(home: Path, after: int) -> None:
    with closing(sqlite3.connect(home / "events.db")) as raw:
        for row in raw.execute(_SCAN, (after,)):
            hashlib.sha256(repr(row).encode()).hexdigest()


def _sound(ok: bool) -> None:
    if not ok:
        raise RuntimeError("the log made for the benchmark is not sound")
