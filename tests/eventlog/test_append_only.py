"""The database itself refuses to forget. Regression for logs that were append-only in a comment alone."""

import sqlite3
import stat
from pathlib import Path

import psycopg
import pytest

from eventlog.backend import BUSY_SECONDS
from eventlog.database import Database
from eventlog.errors import LogDamaged
from tests.eventlog.sample import Asker, everything, is_sqlite
from tests.support.clock import open_log

REFUSAL = "事件日志只能追加"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET payload = '{}' WHERE version = 2",
        "UPDATE events SET payload = payload",
        "DELETE FROM events WHERE version = 3",
        "DELETE FROM events",
        "UPDATE commands SET request_hash = ''",
        "DELETE FROM commands",
    ],
)
def test_raw_sql_can_neither_change_nor_delete(database: Database, statement: str) -> None:
    Asker(database).open(notes=2)
    before = everything(database)
    with pytest.raises((sqlite3.Error, psycopg.Error, LogDamaged), match=REFUSAL):
        _at_the_prompt(database, statement)
    assert everything(database) == before


@pytest.mark.parametrize("table", ["events", "commands"])
def test_raw_sql_cannot_truncate(on_postgres: Database, table: str) -> None:
    database = on_postgres
    Asker(database).open(notes=2)
    before = everything(database)
    with pytest.raises(psycopg.Error, match=REFUSAL):
        _at_the_prompt(database, f"TRUNCATE {table} CASCADE")
    assert everything(database) == before


def test_a_session_that_calls_itself_a_replica_is_refused_too(on_postgres: Database) -> None:
    Asker(on_postgres).open()
    with pytest.raises(psycopg.Error, match=REFUSAL):
        _at_the_prompt(on_postgres, "SET session_replication_role = replica", "DELETE FROM events")


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
@pytest.mark.parametrize("changed", ["position, 'x'", "99, event_id"], ids=["same position", "same event id"])
def test_replacing_is_refused_although_sqlite_fires_no_delete_trigger_for_it(
    on_sqlite: Database, verb: str, changed: str
) -> None:
    database = on_sqlite
    Asker(database).open(notes=2)
    before = everything(database)
    position, event_id = changed.split(", ")
    with pytest.raises(sqlite3.IntegrityError, match=REFUSAL):
        _at_the_prompt(
            database,
            f"{verb} INTO events SELECT {position}, headquarters, 'sample/z', version, {event_id}, type, schema, "
            "'{}', actor, command_id, occurred_at, recorded_at, previous_hash, hash "
            "FROM events WHERE version = 2",
        )
    with pytest.raises(sqlite3.IntegrityError, match=REFUSAL):
        _at_the_prompt(
            database, f"{verb} INTO commands SELECT command_id, 'sample/z', 1, 1, '', '' FROM commands LIMIT 1"
        )
    assert everything(database) == before


def test_the_file_and_what_sqlite_puts_beside_it_belong_to_their_owner_alone(tmp_path: Path) -> None:
    from eventlog.migrate import migrate

    path = tmp_path / "events.db"
    migrate(f"sqlite:///{path}")
    with open_log(f"sqlite:///{path}") as database:
        Asker(database).open()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes.keys() >= {"events.db", "events.db-wal"}
    assert set(modes.values()) == {0o600}


def test_every_connection_writes_durably(database: Database) -> None:
    with database.reading() as transaction:
        if is_sqlite(database):
            settings = [transaction.one(f"PRAGMA {name}") for name in ("synchronous", "journal_mode", "foreign_keys")]
            assert settings == [(2,), ("wal",), (1,)]
            assert transaction.one("PRAGMA busy_timeout") == (BUSY_SECONDS * 1000,)
        else:
            assert transaction.one("SHOW synchronous_commit") == ("on",)
            assert transaction.one("SHOW transaction_timeout") == ("5s",)


def _at_the_prompt(database: Database, *statements: str) -> None:
    """As the owner of the database would type it, past all of our code."""
    if is_sqlite(database):
        connection = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
        try:
            for statement in statements:
                connection.execute(statement)
        finally:
            connection.close()
    else:
        with psycopg.connect(database.url, autocommit=True) as session:
            for statement in statements:
                session.execute(statement)
