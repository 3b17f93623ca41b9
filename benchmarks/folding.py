"""Reading events back: a matter from its events, a past day, and the proof of a whole log.

Beside bare decoding, bare reading of the rows of lists, and a bare scan.
"""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pydantic import BaseModel

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, turns
from benchmarks.scale import Scale
from domain.event import known_types
from eventlog import reading
from eventlog.database import Database
from eventlog.reading.states import _parsed, _state_in
from eventlog.verify import verify

LIFE = 200
"""Events of a long matter."""
LONG = 60
"""Events of each matter of a log whose days long past are asked for."""
FIVE_TIMES = Goal(0.2, at_most=False)
_THERE = "FROM streams s JOIN matter_rows r ON r.stream = s.stream WHERE s.first <= ?"


def run(scale: Scale, folder: Path) -> list[Row]:
    """One long life, then a whole log, then one of long lives."""
    with logs.made(folder / "life", lambda log: logs.lived(log, LIFE)) as log:
        rows = [_fold(log, scale)]
    whole, long = folder / "whole", folder / "long"
    with logs.made(whole, lambda log: logs.reported(log, scale.listed, logs.MONDAY)) as log:
        rows += [*_past_days(log, whole / "events.db", "", scale), *_verify(log, whole / "events.db", scale)]
    with logs.made(long, lambda log: logs.reported_on(log, scale.long, LONG)) as log:
        return [*rows, *_past_days(log, long / "events.db", f", {LONG} events each", scale)]


def _fold(log: Database, scale: Scale) -> Row:
    stream = logs.LIFE_STREAM
    events = reading.read_stream(log, stream, upto_version=LIFE)
    payloads: list[tuple[type[BaseModel], str]] = [(known_types()[e.type], e.payload) for e in events]

    def bare() -> None:
        for cls, payload in payloads:
            cls.model_validate_json(payload)

    def xmh() -> None:
        with log.reading() as transaction:
            reading.folded_stream(transaction, stream, position=events[-1].position)

    row = Row(f"fold {LIFE} events (load, decode, evolve)", "events/s", Goal(0.45, at_most=False))
    return _in_turns(row, bare, xmh, LIFE, scale.folds, scale.rounds)


def _past_days(log: Database, file: Path, which: str, scale: Scale) -> list[Row]:
    """The list and the states of the matters there were on a day, long past and lately, beside the same rows by SQL."""
    newest, rows = reading.newest_event(log)[0], []
    with closing(sqlite3.connect(file)) as raw:
        for when, position in (("lately", newest * 9 // 10), ("long past", newest // 5)):
            (there,) = raw.execute(f"SELECT count(*) {_THERE}", (position,)).fetchone()
            moment = reading.Moment(position, logs.MONDAY)

            def bare(position: int = position) -> None:
                raw.execute(f"SELECT r.* {_THERE}", (position,)).fetchall()

            def listed(moment: reading.Moment = moment, there: int = there) -> None:
                _all_there(len(reading.past_list_rows(log, moment)), there)

            def states(moment: reading.Moment = moment, there: int = there) -> None:
                _all_there(len(reading.matter_states(log, moment=moment)), there)

            for what, xmh in (("list", listed), ("states", states)):
                row = Row(f"{what} as of a day {when}{which}", "matters/s", FIVE_TIMES)
                rows.append(_in_turns(row, bare, xmh, there, 1, scale.rounds))
    return rows


def _all_there(found: int, there: int) -> None:
    for known in (_parsed, _state_in):
        known.cache_clear()  # as a command does that is started anew
    if found != there:
        raise RuntimeError("not every matter was there on the past day")


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
                Row("verify: the same and every event folded", "events/s", Goal(0.2, at_most=False)),
                bare,
                everything,
                total,
                1,
                scale.rounds,
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
