"""Which tables a database has, told without importing SQLAlchemy."""

from domain.base import Term
from eventlog.backend import Connection, backend_of
from eventlog.errors import SchemaMismatch

REVISIONS = tuple(f"{number:04}" for number in range(1, 39))
"""Every migration this build knows, oldest first; a test compares them with the scripts."""
HEAD = REVISIONS[-1]


class SchemaState(Term):
    """How a database's tables compare with this build."""

    EMPTY = "empty", "尚未建立"
    BEHIND = "behind", "待升级"
    CURRENT = "current", "最新"
    NEWER = "newer", "由更新的版本建立"


ADVICE = {
    SchemaState.EMPTY: "事件日志尚未建立，请先运行 xmh up",
    SchemaState.BEHIND: "事件日志的表结构待升级，请先运行 xmh up",
    SchemaState.NEWER: "事件日志由更新版本的 xmh 建立，请升级 xmh 后再用；数据未改动",
}


def schema_state(url: str) -> SchemaState:
    """Whether the database under a URL has this build's tables; a missing SQLite file is empty.

    Raises:
        LogUnreachable: the database cannot be reached.
    """
    backend = backend_of(url)
    if backend.missing():
        return SchemaState.EMPTY
    try:
        connection = backend.connect()
        try:
            return _schema_on(connection)
        finally:
            connection.close()
    except Exception as error:
        explained = backend.explain(error)
        if explained is None:
            raise
        raise explained from error


def _schema_on(connection: Connection) -> SchemaState:
    """Which tables' version the database of an open connection has."""
    if "alembic_version" not in connection.table_names():
        return SchemaState.EMPTY
    revisions = {revision for (revision,) in connection.query("SELECT version_num FROM alembic_version")}
    if not revisions:
        return SchemaState.EMPTY
    if not revisions <= set(REVISIONS):
        return SchemaState.NEWER
    return SchemaState.CURRENT if HEAD in revisions else SchemaState.BEHIND


def require_current(connection: Connection) -> None:
    """Refuse to work on tables that are not this build's.

    Raises:
        SchemaMismatch: with one line that says what to do.
    """
    state = _schema_on(connection)
    if state is not SchemaState.CURRENT:
        raise SchemaMismatch(ADVICE[state], f"schema_{state.value}")
