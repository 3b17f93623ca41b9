"""What happens when the database does not: full, busy, read-only, gone, frozen, or silent about a commit."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from domain.log import Already, Appended
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from eventlog.migrate import migrate
from eventlog.postgres import WRITER_LOCK
from eventlog.verify import verify
from tests.eventlog.proxy import Proxy
from tests.eventlog.sample import Asker, SampleNoted, SampleOpened, everything, is_sqlite, raw
from tests.support.clock import open_log
from tests.support.postgres import Server
from tests.support.processes import children_of

LONGEST_WAIT = 10


class Interrupted(BaseException):
    """What a runtime throws into a thread it no longer wants to wait for."""


def one_line(error: LogUnreachable) -> bool:
    return error.code == "log_unreachable" and bool(error.message) and "\n" not in error.message


# --- full and read-only


def test_a_full_disk_leaves_the_log_as_it_was_and_the_next_append_works(on_sqlite: Database) -> None:
    asker = Asker(on_sqlite)
    asker.open()
    with on_sqlite.reading() as transaction:
        (pages,) = transaction.one("PRAGMA page_count") or (0,)
        transaction.all(f"PRAGMA max_page_count = {pages + 10}")
    before = everything(on_sqlite)
    with pytest.raises(LogUnreachable, match="磁盘已满") as refused:
        asker.write("sample/a", *[SampleNoted(text="督" * 20_000)] * 3)
    assert one_line(refused.value)
    with on_sqlite.reading() as transaction:
        transaction.all("PRAGMA max_page_count = 100000")
    assert everything(on_sqlite) == before
    asker.write("sample/a", SampleNoted(text="腾出空间之后"))
    assert verify(on_sqlite).ok


@pytest.mark.parametrize(
    ("state", "said"), [("disk_full", "已满"), ("out_of_memory", "已满"), ("io_error", "磁盘出错")]
)
def test_a_server_that_cannot_write_is_unreachable_and_the_log_unchanged(
    on_postgres: Database, state: str, said: str
) -> None:
    asker = Asker(on_postgres)
    asker.open()
    before = everything(on_postgres)
    raw(
        on_postgres,
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{state}'; END $$",
        "CREATE TRIGGER fails BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fails()",
    )
    with pytest.raises(LogUnreachable, match=said):
        asker.write("sample/a", SampleNoted(text="x"))
    raw(on_postgres, "DROP TRIGGER fails ON outbox")
    assert everything(on_postgres) == before
    asker.write("sample/a", SampleNoted(text="x"))


def test_a_read_only_database_is_read_but_not_written(database: Database) -> None:
    asker = Asker(database)
    asker.open()
    if is_sqlite(database):
        with database.reading() as transaction:
            transaction.all("PRAGMA query_only = ON")
    else:
        raw(
            database,
            "ALTER DATABASE "
            + database.url.split("/")[3].partition("?")[0]
            + " SET default_transaction_read_only = on",
        )
        database = open_log(database.url)
        asker = Asker(database)
    with pytest.raises(LogUnreachable, match="只读"):
        asker.write("sample/a", SampleNoted(text="x"))
    assert len(reading.read_all(database)) == 1


# --- busy


def test_a_writer_that_holds_on_too_long_makes_the_others_say_so_in_time(
    log_url: str, open_database: Callable[[str], Database]
) -> None:
    asker = Asker(open_database(log_url))
    asker.open()
    holder: sqlite3.Connection | psycopg.Connection[tuple[object, ...]]
    if log_url.startswith("sqlite"):
        holder = sqlite3.connect(log_url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
    else:
        holder = psycopg.connect(log_url)
        holder.execute(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    start = time.monotonic()
    with pytest.raises(LogUnreachable, match="占用") as refused:
        asker.write("sample/a", SampleNoted(text="x"))
    assert time.monotonic() - start < LONGEST_WAIT
    assert one_line(refused.value)
    assert len(reading.read_all(asker.database)) == 1  # readers are not held up
    holder.rollback() if isinstance(holder, psycopg.Connection) else holder.execute("ROLLBACK")
    asker.write("sample/a", SampleNoted(text="x"))
    holder.close()


def test_a_transaction_that_takes_too_long_is_ended_by_the_server(on_postgres: Database) -> None:
    asker = Asker(on_postgres)
    asker.open()
    with pytest.raises(LogUnreachable, match="占用"), on_postgres.writing() as transaction:
        transaction.all("SELECT pg_sleep(30)")
    asker.write("sample/a", SampleNoted(text="x"))


# --- interrupted


@pytest.mark.parametrize("failure", [RuntimeError("fault of ours"), Interrupted()])
def test_whatever_is_thrown_inside_a_transaction_leaves_nothing_open(
    log_url: str, open_database: Callable[[str], Database], failure: BaseException
) -> None:
    """Regression for a transaction left open by a cancelled activity's thread, which locked everybody out."""
    database, other = open_database(log_url), open_database(log_url)
    asker = Asker(database)
    asker.open()
    before = everything(database)
    with pytest.raises(type(failure)), database.writing() as transaction:
        transaction.run([("DELETE FROM matters", [()])])
        raise failure
    Asker(other).write("sample/a", SampleNoted(text="别人照常写"))
    assert everything(database)["matters"] != []
    assert len(before["matters"]) == 1
    asker.write("sample/a", SampleNoted(text="自己也照常写"))


def test_a_connection_whose_transaction_failed_is_usable_again_only_after_rollback(database: Database) -> None:
    asker = Asker(database)
    asker.open()
    for _ in range(20):  # more often than there are pooled connections
        with (
            pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)),
            database.writing() as transaction,
        ):
            transaction.all("SELECT * FROM no_such_table")
        asker.write("sample/a", SampleNoted(text="x"))
    assert verify(database).ok


def test_a_thread_that_is_asked_to_stop_anywhere_in_an_append_leaves_the_log_whole(
    log_url: str, open_database: Callable[[str], Database]
) -> None:
    """An exception raised from outside, at whatever instruction the thread happens to be."""
    import ctypes

    victim, witness = Asker(open_database(log_url)), Asker(open_database(log_url))
    victim.open("victim")
    interrupted = 0
    for attempt in range(25):
        request = victim.request("sample/victim", SampleNoted(text=f"{attempt}"), command_id=f"attempt {attempt}")
        outcome: list[object] = []

        def run(request: object = request, outcome: list[object] = outcome) -> None:
            try:
                outcome.append(victim.ask(request))  # type: ignore[arg-type]
            except BaseException as error:
                outcome.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(attempt * 0.0001)
        if thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Interrupted))
        thread.join()
        interrupted += any(isinstance(o, Interrupted) for o in outcome)
        recorded = reading.find_command(witness.database, request.command_id)
        if any(isinstance(o, Appended) for o in outcome):
            assert recorded is not None
        witness.write(f"sample/w{attempt}", SampleOpened(title="证人不受影响"))
    assert interrupted
    assert verify(witness.database).ok


def test_a_process_killed_between_commit_and_answer_finds_its_command_in_the_log(
    log_url: str, open_database: Callable[[str], Database]
) -> None:
    code = (
        "import os, signal, sys\n"
        "from tests.support.clock import open_log\n"
        "from tests.eventlog.sample import *\n"
        "asker = Asker(open_log(sys.argv[1]))\n"
        "asker.ask(asker.request('sample/a', SampleOpened(title='断电'), command_id='before the cut'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", code, log_url], cwd=root, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    database = open_database(log_url)
    found = reading.find_command(database, "before the cut")
    assert found is not None
    assert len(found) == 1
    assert verify(database).ok


# --- gone


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="xmh-wire-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_an_answer_lost_after_the_commit_is_found_by_the_command_id(
    postgres_server: Server, new_postgres: str, short_folder: Path, open_database: Callable[[str], Database]
) -> None:
    proxy = Proxy(short_folder, postgres_server.folder)
    asker = Asker(open_database(new_postgres.replace(str(postgres_server.folder), str(short_folder))))
    for attempt in range(20):
        request = asker.request(f"sample/{attempt}", SampleOpened(title="x"), command_id=f"lost {attempt}")
        proxy.lose_next_commit()
        with pytest.raises(LogUnreachable) as refused:
            asker.ask(request)
        assert one_line(refused.value)
        assert proxy.lost.is_set()
        proxy.lost.clear()
        answer = asker.ask(request)
        assert isinstance(answer, Already)
        assert answer.events == reading.find_command(asker.database, f"lost {attempt}")
    assert len(reading.read_all(asker.database)) == 20
    proxy.close()


def test_an_outage_is_said_within_ten_seconds_and_over_when_the_server_is_back(
    own_postgres: Server, open_database: Callable[[str], Database]
) -> None:
    url = own_postgres.new_database()
    migrate(url)
    asker = Asker(open_database(url))
    asker.open()
    for end in (own_postgres.stop, own_postgres.kill):
        head = reading.stream_head(asker.database, "sample/a")
        request = asker.request("sample/a", SampleNoted(text=f"{end}"), head=head)
        end()
        for attempt in (lambda: asker.ask(request), lambda: reading.read_all(asker.database)):  # noqa: B023
            start = time.monotonic()
            with pytest.raises(LogUnreachable, match="连不上数据库") as refused:
                attempt()
            assert time.monotonic() - start < LONGEST_WAIT
            assert one_line(refused.value)
        own_postgres.start()
        assert isinstance(asker.ask(request), Appended)  # at once: dead connections are not tried one by one
        assert isinstance(asker.ask(request), Already)
    assert verify(asker.database).ok


@pytest.mark.slow
def test_a_frozen_server_is_given_up_within_ten_seconds(
    own_postgres: Server, open_database: Callable[[str], Database]
) -> None:
    """Its sockets stay open and its kernel answers keepalives; only the client's own patience ends the wait."""
    url = own_postgres.new_database()
    migrate(url)
    asker = Asker(open_database(url))
    asker.open()
    request = asker.request("sample/a", SampleNoted(text="x"))
    assert own_postgres.process is not None
    family = [own_postgres.process.pid, *children_of(own_postgres.process.pid)]
    try:
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(LogUnreachable, match="连不上数据库"):
            asker.ask(request)
        assert time.monotonic() - start < LONGEST_WAIT
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)
    time.sleep(0.5)
    assert asker.ask(request).answer in {"appended", "already"}
    assert asker.ask(request).answer == "already"
    assert len(reading.read_all(asker.database)) == 2
