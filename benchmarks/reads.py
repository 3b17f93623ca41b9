"""A page of the list, one matter, a number and a word, in logs of many matters, beside the bare SQL of the same rows.

A thousand matters are made by the rules; of larger logs events and tables are those a thousand's over and over under
other streams, numbers and positions.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from operator import add
from pathlib import Path

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, percentile, turns
from benchmarks.scale import Scale
from domain.queries.list_row import lit_rows
from eventlog import reading
from eventlog.database import Database
from eventlog.list_rows import SELECT
from eventlog.readmodel import READ_MODEL
from eventlog.rows import EVENT_COLUMNS
from tests.support.office import sqlite

PAGE = 50
CALLS = 100
THRICE = Goal(3, at_most=True)
_FAR = 100_000
"""So far apart lie the positions of one copy and the next."""
_WORD = "第17项"
Calls = dict[str, dict[Side, Callable[[], object]]]


def run(scale: Scale, folder: Path) -> list[Row]:
    """Each size in a log of its own."""
    rows: list[Row] = []
    made = min(1000, *scale.reads)
    for size in scale.reads:
        home = folder / str(size)
        logs.made(home, lambda log: logs.reported(log, made, logs.MONDAY)).close()
        with closing(sqlite3.connect(home / "events.db")) as raw:
            multiply(raw, size // made)
            with Database(sqlite(home)) as log:
                rows += _compared(f"{size:,} matters", _calls(log, raw, size), scale)
    return rows


def multiply(raw: sqlite3.Connection, times: int) -> None:
    """The tables that are read, so many times over; and one event far out, for the words reach as far as the log."""
    keep = {"stream": "stream || 'x' || :copy", "number": "substr(number, 1, 9) || (substr(number, 10) + :copy * 1000)"}
    keep |= {"tail": "tail + :copy * 1000", "title": "title || '之' || :copy", "event_id": "event_id || 'x' || :copy"}
    keep |= {name: f"{name} + :copy * {_FAR}" for name in ("position", "first")}
    tables = {table: READ_MODEL[table] for table in ("streams", "matters", "matter_rows")}
    for table, columns in {**tables, "events": tuple(EVENT_COLUMNS.split(", "))}.items():
        select = ", ".join(keep.get(name, name) for name in columns)
        one = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {select} FROM {table} "
        only = "WHERE stream LIKE 'matter/%' AND stream NOT LIKE '%x%'"
        raw.executemany(one + only, [{"copy": copy} for copy in range(1, times)])
    words = f"SELECT rowid + :copy * {_FAR}, stream || 'x' || :copy, pairs FROM event_words WHERE rowid < {_FAR}"
    said = f"INSERT INTO event_words (rowid, stream, pairs) {words}"
    raw.executemany(said, [{"copy": copy} for copy in range(1, times)])
    names = [name for _, name, *_ in raw.execute("PRAGMA table_info(events)")]
    changed = {"position": f"{times * _FAR}", "version": "version + 1", "event_id": "'far'"}
    select = ", ".join(changed.get(name, name) for name in names)
    raw.execute(f"INSERT INTO events ({', '.join(names)}) SELECT {select} FROM events ORDER BY position DESC LIMIT 1")
    raw.commit()


def _calls(log: Database, raw: sqlite3.Connection, size: int) -> Calls:
    rulebook, at = reading.rulebook(log), logs.MONDAY + timedelta(days=20)
    row = reading.list_page(log, 1, f"XMH-2022-{size // 2:03}")[0]
    newest, _ = reading.newest_event(log)
    codes = [f"{ord(char):05x}" for char in _WORD]
    pairs = " ".join(map(add, codes, codes[1:]))

    def bare(sql: str, *parameters: object) -> Callable[[], object]:
        return lambda: raw.execute(sql, parameters).fetchall()

    return {
        f"a page of {PAGE} with lights": {
            Side.BARE: bare(f"{SELECT} WHERE number > ? ORDER BY number LIMIT ?", row.number, PAGE),
            Side.XMH: lambda: list(lit_rows(reading.list_page(log, PAGE, row.number), rulebook, at)),
        },
        "one matter": {
            Side.BARE: bare("SELECT * FROM events WHERE stream = ?", row.stream),
            Side.XMH: lambda: reading.load(log, row.stream),
        },
        "find a number": {
            Side.BARE: bare("SELECT * FROM matters WHERE number = ?", row.number),
            Side.XMH: lambda: reading.find_matters(log, row.number),
        },
        "find a tail": {
            Side.BARE: bare("SELECT * FROM matters WHERE tail = ?", size // 2),
            Side.XMH: lambda: reading.find_matters(log, str(size // 2)),
        },
        f"search {_WORD}": {
            Side.BARE: bare("SELECT DISTINCT stream FROM event_words WHERE event_words MATCH ?", pairs),
            Side.XMH: lambda: reading.streams_saying(log, _WORD, reading.recorded_upto(newest)),
        },
    }


def _compared(name: str, calls: Calls, scale: Scale) -> list[Row]:
    rows = []
    for what, sides in calls.items():
        middle, slowest = Row(f"{what}, {name}", "µs", THRICE), Row(f"{what}, {name}, p99", "µs")
        for pair in turns(scale.rounds):
            for side in pair:
                clock = Clock()
                for _ in range(CALLS):
                    clock.time(sides[side])
                middle.add(side, percentile(clock.spent, 50) * 1e6)
                slowest.add(side, percentile(clock.spent, 99) * 1e6)
        rows += [middle, slowest]
    return rows
