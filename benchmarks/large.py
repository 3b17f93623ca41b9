"""A log as large as one likes: one matter's life over and over, put into the tables with all that follows from it.

Through the rules it would take hours. What is made here verifies like any other log, which `proof` does.
"""

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import logs
from domain.headquarters import FIRST_HEADQUARTERS
from domain.ids import matter_stream
from eventlog.chain import hash_of
from eventlog.evidence import command_digest
from eventlog.projections import rebuild_read_model
from eventlog.rows import EVENT_COLUMNS, INSERT_EVENT
from tests.support.office import founded, sqlite

LIFE = 90
"""Events of a matter, as in the example year."""
_COLUMNS = EVENT_COLUMNS.split(", ")
_COMMAND = "INSERT INTO commands (command_id, stream, first, last, request_hash, digest) VALUES (?, ?, ?, ?, ?, ?)"
_OUTBOX = "INSERT INTO outbox (position) VALUES (?)"
_AT_ONCE = 20_000
_SITE = "层主体结构"
_FIRST_NUMBER = f"{FIRST_HEADQUARTERS}-2022-001"


def grown(folder: Path, events: int) -> None:
    """Make a log of so many events or a few more in this folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with founded(sqlite(folder)) as log:
        logs.reported_on(log, 1, LIFE)
        with log.reading() as transaction:
            place = transaction.all("SELECT max(position) FROM events")[0][0]
            life = transaction.all(f"SELECT {EVENT_COLUMNS} FROM events WHERE stream LIKE 'matter/%' ORDER BY version")
        copies = max(0, (events - place) // len(life)) + 1
        rows = _copies(life, copies, place)
        with log.writing(long=True) as transaction:
            while some := list(islice(rows, _AT_ONCE)):
                transaction.run(
                    [(INSERT_EVENT, some), (_COMMAND, [_command(r) for r in some]), (_OUTBOX, [r[:1] for r in some])]
                )
            transaction.commit()
        rebuild_read_model(log)


def copied_stream(n: int) -> str:
    """The stream of the n-th copy, from 0."""
    return matter_stream(f"benchmark-copy-{n}")


def _copies(life: list[Any], copies: int, place: int) -> Iterator[tuple[Any, ...]]:
    for n in range(copies):
        previous = ""
        for row in life:
            place += 1
            told = dict(zip(_COLUMNS, row, strict=True))
            told |= {
                "position": place,
                "stream": copied_stream(n),
                "event_id": f"copy-{place}",
                "command_id": f"copy-{place}",
            }
            if told["version"] == 1:
                told["payload"] = told["payload"].replace(_FIRST_NUMBER, f"{FIRST_HEADQUARTERS}-2022-{n + 2:03d}")
            told["payload"] = told["payload"].replace(_SITE, f"{_SITE}（{n}号楼）")  # none is decoded for another
            told["previous_hash"] = previous
            previous = told["hash"] = hash_of("sha256", tuple(told.values()))
            yield tuple(told.values())


def _command(row: tuple[Any, ...]) -> tuple[Any, ...]:
    named = (row[9], row[2], row[3], row[3], "copy")
    return (*named, command_digest((*named, row[13])))
