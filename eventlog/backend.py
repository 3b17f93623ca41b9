"""The seam between the log and its two databases: all the rest of `eventlog/` speaks SQL that both understand."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from eventlog.errors import LogError, LogUnreachable

Row = tuple[Any, ...]
Params = Sequence[object]
Statement = tuple[str, Sequence[Params]]
"""SQL with `?` placeholders, and the rows of parameters to run it with."""

Question = tuple[str, Params]
"""SQL with `?` placeholders, and its parameters."""

BUSY_SECONDS = 2
TRANSACTION_SECONDS = 5


class Connection(ABC):
    """One physical connection. SQL is written with `?`; errors come out as the driver raised them."""

    @abstractmethod
    def begin_write(self, *, long: bool, look: Question | None = None) -> list[Row]:
        """Start a transaction that no other writer can overlap, and answer a first question within it.

        Args:
            long: lifts the time limit.
            look: what the writer wants to know first; asked in the same round trip where the database can.
        """

    @abstractmethod
    def begin_snapshot(self) -> None:
        """Start a read-only transaction that sees one moment, without time limit."""

    @abstractmethod
    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """Run one statement that reads, its parameters written `?` on either database."""

    @abstractmethod
    def run(self, statements: Sequence[Statement], *, commit: bool) -> None:
        """Run statements in order, then commit if asked; one round trip where the database can."""

    def run_and_ask(self, statements: Sequence[Statement], question: Question) -> list[Row]:
        """Run statements, then one that reads; one round trip where the database can."""
        self.run(statements, commit=False)
        return self.query(*question)

    @abstractmethod
    def rollback(self) -> None:
        """End the transaction without a trace; harmless when none is open."""

    @abstractmethod
    def table_names(self) -> set[str]:
        """The tables of this log; none in a database nobody has migrated."""

    is_postgresql = False

    def tolerate(self) -> None:  # noqa: B027  (most have nothing to do)
        """Read texts that are none as they are, until the transaction ends."""

    @abstractmethod
    def triggers(self) -> dict[str, str]:
        """Name → text of every trigger and rule on our tables, in the form of `eventlog.protection`."""

    def lying_indexes(self) -> list[str]:
        """Where an index does not say what its table does, in the database's words, where it can be asked."""
        return []

    @abstractmethod
    def scrub(self, table: str) -> str | None:
        """Drop what overwritten rows of the table left behind on disk; what remains and why, in Chinese, or None."""

    @abstractmethod
    def reusable(self) -> bool:
        """Whether the connection is healthy and outside any transaction."""

    def replaced(self) -> bool:
        """Whether this is no longer the database that lies where it was opened."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Close; never raises."""


class Backend(ABC):
    """A database reachable under one URL."""

    one_writer_per_process: bool
    """Whether writers of one process queue on a lock of ours because the database would only poll."""
    clock_sql: str
    """The database's own time in microseconds, as SQL; NULL when it has no clock but the machine's."""

    def beside(self, name: str) -> Path | None:
        """A file of this name beside the database's own; None when that is not ours to know."""
        del name
        return None

    def missing(self) -> bool:
        """Whether there is plainly nothing there yet."""
        return False

    @abstractmethod
    def connect(self, *, create: bool = False) -> Connection:
        """A new connection, configured for durability and short waits; `create` makes a missing SQLite file."""

    @abstractmethod
    def driver_connection(self) -> Any:
        """The bare driver connection, configured alike, for the migrations."""

    @abstractmethod
    def around(self, driver: Any) -> Connection:
        """A connection of the log around that of a migration, within the migration's own transaction."""

    def when_cut_off(self, then: Callable[[], None]) -> None:
        """What this process does when it can use the database no more, and one begun anew could."""
        del then

    def lost(self, error: BaseException) -> bool:
        """Whether the connection had died before it was used, so that a fresh one may fare better."""
        del error
        return False

    @abstractmethod
    def explain(self, error: BaseException) -> LogError | None:
        """What a driver's error means to a person; None when it is not the database's fault."""


def backend_of(url: str) -> Backend:
    """The backend of a `sqlite:///path` or `postgresql://…` URL; the driver is imported only here.

    Raises:
        LogUnreachable: for any other URL.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/") and rest != "/":
        from eventlog.sqlite import SqliteBackend  # noqa: PLC0415

        return SqliteBackend(Path(rest[1:]))
    if separator and scheme.partition("+")[0] in {"postgresql", "postgres"}:
        from eventlog.postgres import PostgresBackend  # noqa: PLC0415

        return PostgresBackend(f"postgresql://{rest}")
    raise LogUnreachable("数据库地址须以 sqlite:///路径 或 postgresql:// 开头，请检查 XMH_DATABASE_URL")


def without_password(url: str) -> str:
    """A database's address without its password, as it may be shown (`xmh status`)."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "sqlite":
        return url
    place, question, query = rest.partition("?")
    login, at, host = place.rpartition("@")
    login = f"{login.partition(':')[0]}:***" if ":" in login else login
    # Whatever option may hold one: password, sslpassword, and those a later driver brings.
    shown = "&".join(
        f"{name}=***" if "pass" in unquote(name).lower() else f"{name}{sign}{value}"
        for name, sign, value in (part.partition("=") for part in query.split("&"))
    )
    return f"{scheme}://{login}{at}{host}{question}{shown}"
