"""Which tables a database has, told without importing SQLAlchemy; and the way up to this build's."""

from domain.base import Term
from eventlog.backend import Connection, backend_of
from eventlog.errors import LogError, SchemaMismatch

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every migration this build knows, oldest first; a test compares them with the scripts."""
HEAD = REVISIONS[-1]


PROTECTED = ("events", "commands")
"""Tables that are append-only by trigger."""


class SchemaState(Term):
    """How a database's tables compare with this build."""

    EMPTY = "empty", "尚未建立"
    BEHIND = "behind", "待升级"
    CURRENT = "current", "最新"
    NEWER = "newer", "由更新的版本建立"


_ADVICE = {
    SchemaState.EMPTY: "事件日志尚未建立，请先运行 xmh up",
    SchemaState.BEHIND: "事件日志的表结构待升级，请先运行 xmh up",
    SchemaState.NEWER: "事件日志由更新版本的 xmh 建立，请升级 xmh 后再用；数据未改动",
}


def schema_state(url: str) -> SchemaState:
    """The state of the database under a URL; a missing SQLite file is empty.

    Raises:
        LogUnreachable: the database cannot be reached.
    """
    backend = backend_of(url)
    if backend.missing():
        return SchemaState.EMPTY
    try:
        connection = backend.connect()
        try:
            return state_of(connection)
        finally:
            connection.close()
    except Exception as error:
        explained = backend.explain(error)
        if explained is None:
            raise
        raise explained from error


def state_of(connection: Connection) -> SchemaState:
    """The state as seen by an open connection."""
    if "alembic_version" not in connection.table_names():
        return SchemaState.EMPTY
    found = {revision for (revision,) in connection.query("SELECT version_num FROM alembic_version")}
    if not found:
        return SchemaState.EMPTY
    if not found <= set(REVISIONS):
        return SchemaState.NEWER
    return SchemaState.CURRENT if HEAD in found else SchemaState.BEHIND


def require_current(connection: Connection) -> None:
    """Refuse to work on tables that are not this build's.

    Raises:
        SchemaMismatch: with one line that says what to do.
    """
    state = state_of(connection)
    if state is not SchemaState.CURRENT:
        raise SchemaMismatch(_ADVICE[state], f"schema_{state.value}")


def migrate(url: str) -> bool:
    """Bring the database to this build's tables, in one transaction; False when it already is there.

    A log that was there before is folded anew: states an older build stored lack what this one's hold.

    Raises:
        LogUnreachable: the database cannot be reached.
        SchemaMismatch: it was made by a newer build; nothing is touched.
    """
    state = schema_state(url)
    if state is SchemaState.CURRENT:
        return False
    if state is SchemaState.NEWER:
        raise SchemaMismatch(_ADVICE[state], "schema_newer")
    from eventlog.migrations.run import upgrade  # noqa: PLC0415  (SQLAlchemy takes half a second to import)

    backend = backend_of(url)
    try:
        upgrade(backend)
    except LogError:
        raise
    except Exception as error:
        explained = backend.explain(error.__cause__ or error)
        if explained is None:
            raise
        raise explained from error
    if state is SchemaState.BEHIND:
        _fold_anew(url)
    return True


def _fold_anew(url: str) -> None:
    from eventlog.database import Database  # noqa: PLC0415  (it asks this module whether the tables are current)
    from eventlog.projections import rebuild  # noqa: PLC0415  (the same)

    with Database(url) as database:
        rebuild(database)
