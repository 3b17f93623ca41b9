"""Whatever stands in whatever cell, `verify` names it and walks on; and what no chain holds is held all the same."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from domain import commands as c
from domain.facts import MatterRef
from domain.ids import OfficeStream
from domain.log import Appended, AppendRequest
from domain.notices.routing import Routing
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.secrets import ensure_key, seal_text
from eventlog.typed import NUMBERS
from eventlog.verify import Token, VerificationReport, verify
from tests.eventlog.sample import is_sqlite, raw
from tests.support.clock import open_log
from tests.support.history import act, meet
from tests.support.homes import at
from tests.support.meetings import convening
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, founded, matter, opening

ONE, TWO = "matter/one", "matter/two"
ROOT = Path(__file__).parents[2]


def live(log: Database) -> Database:
    """Matters with a secret, a meeting's worth of events, and notices told and untold."""
    for stream, day in ((ONE, "2022-03-07"), (TWO, "2022-03-08")):
        act(log, stream, opening(f"事项{stream[-3:]}"), OFFICE, at(day))
        act(log, stream, c.AcceptReceipt(), LIAISON, at(day, "14:30"))
        words = seal_text(log, stream, "抓紧办理")
        act(log, stream, c.RecordInstruction(leader="leader", text=words), FOR_LEADER, at(day, "15:00"))
    NoticeActivities(log, {}, Routing(), OfficeClock(simulated=True)).spread(at("2022-03-08", "16:00"))
    act(log, ONE, c.SubmitFeedback(text="进展顺利", progress=30), LIAISON, at("2022-03-09"))
    assert verify(log).problems == ()
    return log


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with such a log, to be copied."""
    home = tmp_path_factory.mktemp("live")
    live(founded(f"sqlite:///{home / 'events.db'}")).close()
    with sqlite3.connect(home / "events.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


@pytest.fixture
def log(untouched: Path, tmp_path: Path) -> Database:
    shutil.copytree(untouched, tmp_path / "home")
    return open_log(f"sqlite:///{tmp_path / 'home' / 'events.db'}")


@pytest.fixture
def on_server(new_postgres: str) -> Database:
    return live(founded(new_postgres))


def without_triggers(log: Database) -> sqlite3.Connection:
    connection = sqlite3.connect(log.url.removeprefix("sqlite:///"), isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def tokens(log: Database) -> set[Token]:
    return {p.token for p in verify(log).problems} - {Token.UNPROTECTED}


# --- every cell of every table, with every type

ODD = [
    "x'ff00'",
    "'督办'",
    "-7",
    "2.5",
    "NULL",
    "CAST(x'ff' AS TEXT)",
    "9223372036854775807",
    "''",
    "CAST(x'00' AS TEXT)",
]
"""A blob, a text, numbers, nothing, bytes that are no UTF-8, the largest number, an empty text."""
UNCHECKED = {("refusals", "*"), ("secret_keys", "created_at"), ("secret_keys", "destroyed_at")}
"""Where another value of the right type tells nothing: times nobody computes with, refusals of a day."""
DELIVERY = {"due_at", "next_at", "attempts", "batch", "tried_at", "sent_at", "error"}
"""How the delivery of a notice stands changes with every try."""


def with_every_table(log: Database) -> Database:
    """What else a table holds something of: a meeting, a matter that waits for another, a command that was refused."""
    now = at("2022-03-10")
    meet(log, "meeting/m", convening(starts=at("2022-03-31", "14:30")), OFFICE, now)
    earlier = MatterRef(stream=ONE, number=matter(log, ONE).number)
    act(log, TWO, c.SetPredecessor(earlier=earlier), OFFICE, now)
    head = reading.stream_head(log, ONE)
    asked = AppendRequest(
        stream=ONE,
        expected_version=head.version,
        expected_hash=head.hash,
        rulebook_version=reading.rulebook(log).version,
        command_id="refused-by-the-rules",
        actor=OFFICE,
        now=now,
        valid_until=now + timedelta(minutes=15),
        refused=True,
    )
    assert append(log, asked) == Appended()
    return log


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("table", sorted(NUMBERS))
def test_no_cell_of_whatever_type_stops_the_walk_and_each_is_named(log: Database, table: str) -> None:
    connection = without_triggers(with_every_table(log))
    as_it_was = sqlite3.connect(":memory:")
    connection.backup(as_it_was)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]
    rows = [row[0] for row in connection.execute(f"SELECT rowid FROM {table} ORDER BY rowid").fetchall()]
    assert rows
    tried = 0
    for column in columns:
        for odd in ODD:
            row = rows[tried % len(rows)]
            connection.execute("BEGIN")
            try:
                before = _cell(connection, table, column, row)
                connection.execute(f"UPDATE {table} SET {column} = {odd} WHERE rowid = ?", (row,))
                after = _cell(connection, table, column, row)
                connection.execute("COMMIT")
            except (sqlite3.IntegrityError, sqlite3.OperationalError, TypeError):
                connection.execute("ROLLBACK")
                continue  # the table itself refuses it
            tried += 1
            found = verify(log)
            assert isinstance(found, VerificationReport)
            if before != after and (table, column) not in UNCHECKED and (table, "*") not in UNCHECKED:
                named = {p.token for p in found.problems} - {Token.UNPROTECTED}
                silent = (table == "notices" and column in DELIVERY) or (table, column) == ("outbox", "sent_at")
                assert named or silent, (table, column, odd, row)
            as_it_was.backup(connection)
    assert tried
    assert tokens(log) == set(), "every cell is as it was"


def _cell(connection: sqlite3.Connection, table: str, column: str, row: int) -> bytes:
    """As SQL would write it."""
    connection.text_factory = bytes
    found = connection.execute(f"SELECT quote({column}) FROM {table} WHERE rowid = ?", (row,)).fetchone()
    connection.text_factory = str
    return bytes(found[0]) if found else b""


def test_an_odd_cell_is_named_with_table_and_column_and_the_rest_is_still_looked_at(log: Database) -> None:
    connection = without_triggers(log)
    connection.execute("UPDATE events SET payload = x'00ff' WHERE stream = ? AND version = 2", (ONE,))
    connection.execute("UPDATE matters SET title = '另一名称' WHERE stream = ?", (TWO,))
    connection.execute("UPDATE numbers SET last = 'many'")
    said = [p.message for p in verify(log).problems]
    assert any("表 events" in line and "payload 应为文字" in line for line in said)
    assert any("表 numbers" in line and "last 应为整数" in line for line in said)
    assert any("title 不符" in line and TWO in line for line in said)


def test_a_calendar_nobody_can_read_ends_no_walk_over_one_stream(log: Database) -> None:
    calendar = log.own(OfficeStream.CALENDAR)
    statement = "UPDATE events SET payload = ? WHERE stream = ?"
    for payload in ("{}", "[", b"\xff"):
        without_triggers(log).execute(statement, (payload, calendar))
        assert {p.stream for p in verify(log, stream=ONE).problems} <= {None, ONE}
        assert calendar in " ".join(p.message for p in verify(log).problems)


def test_words_of_no_event_are_each_named_however_many_and_hide_no_lie_of_the_index(log: Database) -> None:
    connection = without_triggers(log)
    places = [-(2**63) + 1, *range(10_000, 10_700), 2**62 + 1, 2**63 - 1]
    words = "INSERT INTO event_words (rowid, stream, pairs) VALUES (?, ?, ' 0674300a01 ')"
    connection.executemany(words, [(place, ONE) for place in places])
    named = [p.message for p in verify(log).problems if p.token is not Token.UNPROTECTED]
    assert [sum(f"第 {place} 行" in line for line in named) for place in places] == [1] * len(places)
    assert len(named) == len(places), "the index has what the table has"
    connection.execute("DELETE FROM event_words_content WHERE id = ?", (places[-1],))
    assert any("索引" in p.message for p in verify(log).problems)


# --- triggers


@pytest.mark.parametrize(
    ("statements", "token"),
    [
        (
            (
                "DROP TRIGGER events_no_update",
                "CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT 1; END",
            ),
            Token.TRIGGER_CHANGED,
        ),
        (("DROP TRIGGER secret_keys_guard_delete",), Token.UNPROTECTED),
        (
            ("CREATE TRIGGER quiet AFTER INSERT ON events BEGIN DELETE FROM outbox; END",),
            Token.TRIGGER_ADDED,
        ),
    ],
)
def test_triggers_are_known_by_what_they_do(log: Database, statements: tuple[str, ...], token: Token) -> None:
    raw(log, *statements)
    assert token in {p.token for p in verify(log).problems}


@pytest.mark.parametrize(
    ("statements", "token"),
    [
        (
            ("CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",),
            Token.TRIGGER_CHANGED,
        ),
        (("ALTER TABLE events DISABLE TRIGGER events_no_update",), Token.TRIGGER_CHANGED),
        (("ALTER TABLE events ENABLE TRIGGER events_no_delete",), Token.TRIGGER_CHANGED),
        (("CREATE RULE quiet AS ON INSERT TO notices DO INSTEAD NOTHING",), Token.TRIGGER_ADDED),
        (("DROP TRIGGER numbers_guard_update ON numbers",), Token.UNPROTECTED),
    ],
)
def test_so_are_they_on_the_server_with_rules_too(
    on_server: Database, statements: tuple[str, ...], token: Token
) -> None:
    raw(on_server, *statements)
    assert token in {p.token for p in verify(on_server).problems}


# --- what no chain holds

QUIET = {
    "a request's hash": ("UPDATE commands SET request_hash = 'other' WHERE stream = 'matter/one' AND first = 3",
                         Token.COMMAND_INDEX_DIFFERS),
    "a key replaced": (f"UPDATE secret_keys SET key = x'{'00' * 60}' WHERE stream = 'matter/one'", Token.KEY_DIFFERS),
    "a key nulled": ("UPDATE secret_keys SET key = NULL WHERE stream = 'matter/one'", Token.KEY_DIFFERS),
    "a key moved": ("UPDATE secret_keys SET stream = 'matter/x' WHERE stream = 'matter/one'", Token.KEY_DIFFERS),
    "a key deleted": ("DELETE FROM secret_keys WHERE stream = 'matter/one'", Token.KEY_DIFFERS),
    "the outbox ticked": ("UPDATE outbox SET sent_at = 1 WHERE sent_at IS NULL", Token.OUTBOX_DIFFERS),
    "the outbox unticked": ("UPDATE outbox SET sent_at = NULL, notices = NULL", Token.OUTBOX_DIFFERS),
    "the outbox emptied": ("DELETE FROM outbox WHERE position > 20", Token.OUTBOX_DIFFERS),
    "the outbox filled": ("INSERT INTO outbox (position) VALUES (9999)", Token.OUTBOX_DIFFERS),
    "a time no clock has": ("UPDATE outbox SET sent_at = -9223372036854775808 WHERE position = 1", Token.ODD_CELL),
    "a notice edited": ("UPDATE notices SET text = '无事'", Token.NOTICES_DIFFER),
    "a notice sent to another": ("UPDATE notices SET person = 'zhao'", Token.NOTICES_DIFFER),
    "a notice deleted": ("DELETE FROM notices WHERE person = 'li'", Token.NOTICES_DIFFER),
}  # fmt: skip


@pytest.mark.parametrize("what", QUIET)
@pytest.mark.parametrize("where", ["log", "on_server"])
def test_what_is_changed_beside_the_events_is_named(request: pytest.FixtureRequest, where: str, what: str) -> None:
    log: Database = request.getfixturevalue(where)
    statement, token = QUIET[what]
    if is_sqlite(log):
        without_triggers(log).execute(statement)
    else:
        raw(
            log,
            *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in ("commands", "secret_keys")),
            statement.replace("= x'", "= '\\x"),
        )
    assert token in tokens(log)


def test_a_key_replaced_by_one_that_was_wrapped_well_is_named_by_what_it_no_longer_opens(log: Database) -> None:
    from eventlog.masterkey import wrap_key

    key_id, _ = ensure_key(log, ONE)
    master = log.master_key.load()
    assert master is not None
    other = wrap_key(master, key_id, ONE, bytes(32))
    without_triggers(log).execute("UPDATE secret_keys SET key = ? WHERE key_id = ?", (other, key_id))
    assert tokens(log) == {Token.KEY_DIFFERS}


# --- a copy nobody may write to

VERIFIES = (
    "import os, sys\n"
    "import eventlog.secrets, eventlog.sqlite, tests.support.office\n"  # nobody may not read the interpreter's files
    "from eventlog.database import Database\nfrom eventlog.verify import verify\n"
    "os.setgid(65534); os.setuid(65534)\n"
    "report = verify(Database(sys.argv[1]))\nprint(report.ok, report.events, *report.problems)\n"
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("wal", [False, True], ids=["without", "with"])
def test_a_read_only_copy_is_verified_with_or_without_its_write_ahead_log(log: Database, wal: bool) -> None:
    expected = verify(log).events
    copy = Path(tempfile.mkdtemp(prefix="xmh-read-only-"))  # pytest's own folders are nobody else's to enter
    try:
        source = Path(log.url.removeprefix("sqlite:///"))
        shutil.copy(source, copy / "events.db")
        if wal:
            shutil.copy(f"{source}-wal", copy / "events.db-wal")
        for file in copy.iterdir():
            file.chmod(0o444)
        copy.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", VERIFIES, f"sqlite:///{copy / 'events.db'}"],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.stdout == f"True {expected}\n", done.stderr
        assert sorted(f.name for f in copy.iterdir()) == ["events.db", "events.db-wal"][: 1 + wal]
    finally:
        copy.chmod(0o755)
        shutil.rmtree(copy)
