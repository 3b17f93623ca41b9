"""Reading events back: a matter from its events, a past day, and the proof of a whole log.

Beside bare decoding, bare reading of the states, and a bare scan.
"""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pydantic import BaseModel

from benchmarks import logs
from benchmarks.measure import Clock, Row, Side, turns
from benchmarks.scale import Scale
from domain.event import known_types
from eventlog import reading
from eventlog.database import Database
from eventlog.reading.states import _parsed
from eventlog.verify import verify

LIFE = 200
"""Events of a long matter."""


def run(scale: Scale, folder: Path) -> list[Row]:
    """One long life, then a whole log."""
    with logs.made(folder / "life", lambda log: logs.lived(log, LIFE)) as log:
        rows = [_fold(log, scale)]
    whole = folder / "whole"
    with logs.made(whole, lambda log: logs.reported(log, scale.listed, logs.MONDAY)) as log:
        return [*rows, _past_day(log, whole / "events.db", scale), *_verify(log, whole / "events.db", scale)]


def _fold(log: Database, scale: Scale) -> Row:
    stream = logs.LIFE_STREAM
    events = reading.read_stream(log, stream, upto_version=LIFE)
    payloads: list[tuple[type[BaseModel], str]] = [(known_types()[e.type], e.payload) for e in events]

    def bare() -> None:
        for cls, payload in payloads:
            cls.model_validate_json(payload)

    def xmh() -> None:
        events = reading.read_stream(log, stream, upto_version=LIFE)
        reading.folded_state(stream, list(events))

    return _in_turns(
        Row(f"fold {LIFE} events (load, decode, evolve)", "events/s"), bare, xmh, LIFE, scale.folds, scale.rounds
    )


def _past_day(log: Database, file: Path, scale: Scale) -> Row:
    """Every matter as of a day after which a tenth of the log was recorded."""
    position = reading.newest_event(log)[0] * 9 // 10
    with closing(sqlite3.connect(file)) as raw:

        def bare() -> None:
            raw.execute("SELECT * FROM states WHERE kind = 'matter'").fetchall()

        def xmh() -> None:
            _parsed.cache_clear()  # as a command does that is started anew
            if len(reading.matter_states(log, position=position)) != scale.listed:
                raise RuntimeError("not every matter was there on the past day")

        return _in_turns(Row("every matter as of a past day", "matters/s"), bare, xmh, scale.listed, 1, scale.rounds)


def _verify(log: Database, file: Path, scale: Scale) -> list[Row]:
    with closing(sqlite3.connect(file)) as raw:
        (total,) = raw.execute("SELECT count(*) FROM events").fetchone()

        def bare() -> None:
            for row in raw.execute("SELECT * FROM events ORDER BY position"):
                hashlib.sha256(row[7].encode()).hexdigest()

        def chain() -> None:
            _sound(verify(log, read_model=False).ok)

        def everything() -> None:
            _sound(verify(log).ok)

        return [
            _in_turns(Row("verify: chain, gaps, index", "events/s"), bare, chain, total, 1, scale.rounds),
            _in_turns(
                Row("verify: the same and every event folded", "events/s"), bare, everything, total, 1, scale.rounds
            ),
        ]


def _sound(ok: bool) -> None:
    if not ok:
        raise RuntimeError("the log made for the benchmark is not sound")


def _in_turns(row: Row, bare: Callable[[], None], xmh: Callable[[], None], events: int, calls: int, rounds: int) -> Row:
    work = {Side.BARE: bare, Side.XMH: xmh}
    for each in work.values():
        each()
    for pair in turns(rounds):
        for side in pair:
            clock = Clock()
            for _ in range(calls):
                clock.time(work[side])
            row.add(side, events * calls / clock.seconds)
    return row
