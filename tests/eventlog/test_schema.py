"""The tables: made by the migrations, equal to the SQLModel, and refused when they are not this build's."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from domain.event import UnknownEventError
from eventlog.backend import backend_of
from eventlog.database import Database
from eventlog.errors import LogDamaged, LogError, LogUnreachable, SchemaMismatch
from eventlog.migrate import migrate
from eventlog.migrations.metadata import METADATA
from eventlog.migrations.run import config, engine_for
from eventlog.protection import trigger_differences
from eventlog.reading import read_all
from eventlog.rows import EVENT_COLUMNS
from eventlog.schema import HEAD, REVISIONS, SchemaState, schema_state
from eventlog.verify import verify
from tests.eventlog.earlier import BACK_TO_0009, LATER_TABLES, back_to_0007
from tests.eventlog.sample import Asker, everything, raw
from tests.eventlog.test_verify import unprotect
from tests.support.clock import open_log

OLD_STATE = "INSERT INTO states VALUES ('sample/a', 'sample', 1, '', 1, '{}', 0)"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database nobody has touched."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'events.db'}"
    return str(request.getfixturevalue("postgres_url"))


def test_the_constant_names_the_scripts() -> None:
    scripts = reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))
    assert tuple(script.revision for script in scripts) == REVISIONS
    assert REVISIONS[-1] == HEAD


def test_migrating_makes_the_tables_once(empty_url: str) -> None:
    assert schema_state(empty_url) is SchemaState.EMPTY
    assert migrate(empty_url)
    assert schema_state(empty_url) is SchemaState.CURRENT
    assert not migrate(empty_url)
    with open_log(empty_url) as database:
        Asker(database).open()


def _is_declared(name: str | None, kind: str, _: object) -> bool:
    """The words are of another kind on each database (`eventlog.words`), with tables of their own on SQLite."""
    return kind != "table" or not str(name).startswith("event_words")


def test_what_the_scripts_make_is_what_the_tables_say(log_url: str) -> None:
    engine = engine_for(backend_of(log_url))
    with engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": _is_declared}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_many_who_migrate_at_once_make_the_tables_once(empty_url: str) -> None:
    outcomes: list[bool | LogError] = []

    def run() -> None:
        try:
            outcomes.append(migrate(empty_url))
        except LogError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert True in outcomes
    assert all(isinstance(outcome, bool) for outcome in outcomes), outcomes
    assert schema_state(empty_url) is SchemaState.CURRENT


def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    backend = backend_of(empty_url)
    connection = backend.connect(create=True)
    connection.run([("CREATE TABLE outbox (x INTEGER)", [()])], commit=False)
    with pytest.raises(Exception, match="outbox"):
        migrate(empty_url)
    assert connection.table_names() == {"outbox"}
    connection.close()
    assert schema_state(empty_url) is SchemaState.EMPTY


def test_an_empty_database_is_refused_with_what_to_do(empty_url: str) -> None:
    with pytest.raises(LogError, match="xmh up"):
        read_all(open_log(empty_url))


def test_a_database_of_a_newer_build_is_refused_by_everybody_and_left_alone(database: Database) -> None:
    Asker(database).open()
    before = everything(database)
    raw(database, "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (lambda: read_all(open_log(database.url)), lambda: migrate(database.url)):
        with pytest.raises(SchemaMismatch, match="更新版本") as refused:
            attempt()
        assert refused.value.code == "schema_newer"
        assert "\n" not in refused.value.message
    assert schema_state(database.url) is SchemaState.NEWER
    raw(database, f"UPDATE alembic_version SET version_num = '{HEAD}'")
    assert everything(database) == before


def test_a_running_process_notices_with_its_next_connection_that_the_tables_moved_on(log_url: str) -> None:
    with open_log(log_url) as old, open_log(log_url) as other:
        Asker(old).open()
        raw(other, "UPDATE alembic_version SET version_num = '9999'")
        with old.reading(), pytest.raises(SchemaMismatch), old.reading():
            pass


def test_a_database_behind_this_build_is_refused_until_migrated(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventlog.schema.REVISIONS", (*REVISIONS, "9999"))
    monkeypatch.setattr("eventlog.schema.HEAD", "9999")
    assert schema_state(database.url) is SchemaState.BEHIND
    with pytest.raises(SchemaMismatch, match="待升级") as refused:
        read_all(database)
    assert refused.value.code == "schema_behind"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("sqlite:///{tmp}/none/events.db", LogUnreachable),
        ("sqlite:///{tmp}/missing.db", LogUnreachable),
        ("sqlite:///{tmp}", LogUnreachable),
        ("sqlite:///{tmp}/notes.txt", LogDamaged),
        ("mysql://x/y", LogUnreachable),
        ("events.db", LogUnreachable),
        ("sqlite://", LogUnreachable),
        ("postgresql://nobody@/none?host={tmp}", LogUnreachable),
        ("postgresql://nobody@127.0.0.1:1/none", LogUnreachable),
    ],
)
def test_what_cannot_be_opened_is_one_clear_line(url: str, kind: type[LogError], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("今天开会" * 1000)
    with pytest.raises(kind) as refused:
        read_all(open_log(url.format(tmp=tmp_path)))
    assert refused.value.message
    assert "\n" not in refused.value.message
    assert not (tmp_path / "missing.db").exists()


def test_a_wrong_database_name_is_one_clear_line(postgres_url: str) -> None:
    with pytest.raises(LogUnreachable, match="数据库不存在"):
        read_all(open_log(postgres_url.replace("/test_", "/no_such_")))


def test_the_append_only_triggers_survive_on_both(database: Database) -> None:
    with database.reading() as transaction:
        found = transaction.triggers()
    assert trigger_differences(found, postgresql=database.url.startswith("postgres")) == ([], [], [])


def test_a_log_of_an_older_build_is_folded_anew(database: Database, log_url: str) -> None:
    """States an older build stored lack what this one folds; migrating makes them again from the events."""
    asker = Asker(database)
    asker.open()
    raw(database, *back_to_0007(database), OLD_STATE)
    assert schema_state(log_url) is SchemaState.BEHIND
    assert migrate(log_url)
    with open_log(log_url) as reopened:
        assert verify(reopened).ok


def test_the_hashes_of_a_log_stay_when_it_loses_the_cause_nobody_set(database: Database, log_url: str) -> None:
    Asker(database).open(notes=2)
    before = everything(database)
    raw(database, *BACK_TO_0009)
    assert migrate(log_url)
    assert everything(database) == before
    with open_log(log_url) as reopened:
        assert verify(reopened).ok


def test_a_cause_somebody_wrote_into_a_log_is_not_dropped_with_its_column(database: Database, log_url: str) -> None:
    Asker(database).open(notes=2)
    unprotect(database)
    raw(database, *BACK_TO_0009, "UPDATE events SET causation = 'x' WHERE position = 2")
    with pytest.raises(LogDamaged, match="第 2 条填有 causation") as refused:
        migrate(log_url)
    assert "\n" not in refused.value.message
    assert schema_state(log_url) is SchemaState.BEHIND


def test_a_log_that_cannot_be_folded_is_not_migrated_by_half(database: Database, log_url: str) -> None:
    """Tables and states move together: a process that dies between the two would leave states nobody can trust."""
    asker = Asker(database)
    asker.open()
    columns = EVENT_COLUMNS.replace("version", "version + 1", 1).replace("position", "position + 1", 1)
    unheard = columns.replace("event_id", "'unheard'", 1).replace(" type", " 'Unheard'", 1)
    raw(
        database,
        f"INSERT INTO events ({EVENT_COLUMNS}) SELECT {unheard} FROM events ORDER BY position DESC LIMIT 1",
        *back_to_0007(database),
        OLD_STATE,
    )
    before = everything(database, without=LATER_TABLES)
    with pytest.raises(UnknownEventError):
        migrate(log_url)
    assert schema_state(log_url) is SchemaState.BEHIND
    assert everything(database, without=LATER_TABLES) == before
