"""What proofs cost: a log held against a checkpoint, the night's events since one, and inclusion proofs."""

import hashlib
import math
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, turns
from benchmarks.scale import Scale
from domain.checkpoint import LogCheckpoint
from domain.merkle import MerkleNodes, leaf_hash
from eventlog.database import Database
from eventlog.verify import verify
from services.checkpoints import hold_against, hold_since, take_checkpoint
from tests.support.history import act
from tests.support.office import LIAISON

NIGHT = 1000
"""Reports since the checkpoint, each on another matter."""
PROVEN = 100_000
"""Entries of the tree of which inclusion is proven."""
ASKED = 1000
_SCAN = "SELECT * FROM events WHERE position > ? ORDER BY position"


def run(scale: Scale, folder: Path) -> list[Row]:
    """A log of many matters, a checkpoint of it, what came after, and another checkpoint."""
    taken: list[LogCheckpoint] = []

    def fill(log: Database) -> None:
        streams = logs.reported(log, scale.listed, logs.MONDAY)
        taken.append(take_checkpoint(log, folder, logs.MONDAY + timedelta(hours=1))[0])
        for i in range(min(NIGHT, scale.listed)):
            moment = logs.MONDAY + timedelta(hours=2, seconds=i)
            act(log, streams[i % len(streams)], logs.report(i), LIAISON, moment)
        taken.append(take_checkpoint(log, folder, logs.MONDAY + timedelta(days=1))[0])

    home = folder / "log"
    with logs.made(home, fill) as log:
        before, now = taken
        return [*_whole(log, home, now, scale), _since(log, home, before, scale), _inclusion(scale)]


def _whole(log: Database, home: Path, now: LogCheckpoint, scale: Scale) -> list[Row]:
    def tree() -> None:
        _sound(not hold_against(log, now))

    def chain() -> None:
        _sound(verify(log, read_model=False).ok)
        tree()

    def folded() -> None:
        _sound(verify(log).ok)
        tree()

    works = [
        (Row("a checkpoint held: both roots and the blocks", "events/s"), tree),
        (Row("verify: chain and tree", "events/s", Goal(0.4, at_most=False)), chain),
        (Row("verify: chain and tree, every event folded", "events/s", Goal(0.15, at_most=False)), folded),
    ]
    for row, work in works:
        for side, seconds in _taken(scale, lambda: _scan(home, 0), work):
            row.add(side, now.size / seconds)
    return [row for row, _ in works]


def _since(log: Database, home: Path, before: LogCheckpoint, scale: Scale) -> Row:
    """Whatever the log holds before the checkpoint, the streams of the night apart, is not read."""
    row = Row(f"verify --since: {min(NIGHT, scale.listed)} reports", "s", Goal(2.0, at_most=True, ratio=False))

    def since() -> None:
        _sound(hold_since(log, before).report.ok)

    for side, seconds in _taken(scale, lambda: _scan(home, before.size), since):
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

    for side, seconds in _taken(scale, bare, proofs):
        row.add(side, seconds / ASKED * 1e6)
    return row


def _taken(scale: Scale, bare: Callable[[], None], xmh: Callable[[], None]) -> list[tuple[Side, float]]:
    """Seconds of each side, in turns."""
    work, taken = {Side.BARE: bare, Side.XMH: xmh}, []
    for pair in turns(scale.rounds):
        for side in pair:
            clock = Clock()
            clock.time(work[side])
            taken.append((side, clock.seconds))
    return taken


def _scan(home: Path, after: int) -> None:
    with closing(sqlite3.connect(home / "events.db")) as raw:
        for row in raw.execute(_SCAN, (after,)):
            hashlib.sha256(row[7].encode()).hexdigest()


def _sound(ok: bool) -> None:
    if not ok:
        raise RuntimeError("the log made for the benchmark is not sound")
