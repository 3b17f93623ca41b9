"""PostgreSQL: one advisory lock makes insert order, `position` and commit order the same for every reader."""

import contextlib
import itertools
import os
import re
import select
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from psycopg.pq import Escaping, PGconn, PollingStatus, TransactionStatus

from eventlog.backend import BUSY_SECONDS, TRANSACTION_SECONDS, Backend, Connection, Params, Question, Row, Statement
from eventlog.errors import LogBusy, LogDamaged, LogError, LogUnreachable, unreachable
from eventlog.patience import time_left

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn as Asking

PATIENCE_SECONDS = TRANSACTION_SECONDS + 1.0
_LOOK_EVERY = 0.1
_CALLS_PER_MESSAGE = 1000
WRITER_LOCK = 0x786D68  # "xmh": one writer at a time per log
T = TypeVar("T")
_FIRST_SCHEMA = "public"
_TRANSACTION_TIMEOUT = 170000  # the first server version that has transaction_timeout

# READ COMMITTED on purpose: a stricter level takes its snapshot with the first statement, that is before the lock is
# granted, would then not see what the lock's last holder committed, and fail. The lock comes first for the same
# reason: whoever holds it sees the true head of every stream, so positions and numbers never collide nor burn, and
# since it is held through the commit, a reader that has seen position n will never see a smaller one appear later.
_BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({lock})"
_BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


_NOT_CONNECTED = "connection failed"
"""How the driver begins to say so, before the server's own words."""
_DOWN = "连不上数据库；请稍后用同一命令重试，或通知管理员"
_NOBODY = (
    "连不上数据库，那里没有数据库在听；请稍后用同一命令重试，或请管理员看数据库服务和 XMH_DATABASE_URL 的主机、端口"
)
_NO_HOST = "数据库的主机名解析不到；请检查 XMH_DATABASE_URL 的主机，或域名服务"
_LOGIN = "数据库账号或口令不对，或不许从这里登录；请检查 XMH_DATABASE_URL"
_NO_DATABASE = "数据库不存在，或名字写错了；请检查 XMH_DATABASE_URL"
_ADDRESS = "数据库地址写法有误，请检查 XMH_DATABASE_URL；口令里的特殊字符要写成 %XX"
_NO_ROOM = "数据库服务器磁盘、内存或连接数已满，无法读写；请通知管理员"
_NOT_OURS = (
    "数据库账号没有读写事件日志的权限；请检查 XMH_DATABASE_URL 的账号：xmh migrate 和 xmh restore 用表的属主，"
    "其余用 deploy/postgres/roles.sql 在建表以前授过权的"
)
_CLOSED = "这个数据库设成了暂不接受连接；请通知管理员"
_VERIFIED = "sslmode=verify-full 和 sslrootcert=根证书文件"
_CONNECTING = {
    "certificate verify failed": (
        "数据库的证书不是 sslrootcert 里的机构签发的，或已过期；请核对 XMH_DATABASE_URL 里的 sslrootcert"
    ),
    "root certificate file": "XMH_DATABASE_URL 里 sslrootcert 指的文件没有或读不出来，请检查该文件和权限",
    **dict.fromkeys(
        ("certificate file", "private key file"),
        "XMH_DATABASE_URL 里 sslcert、sslkey 指的证书或私钥用不了；请检查两个文件，私钥只能由运行账号读（权限 600）",
    ),
    "does not match host name": "数据库的证书不是发给这个主机名的；XMH_DATABASE_URL 里的主机要写证书上的名字",
    "does not support SSL": "数据库没有开 TLS，而 XMH_DATABASE_URL 要求；请管理员先在数据库开启",
    "no encryption": f"数据库只接受 TLS 连接，或不许从这里登录；请在 XMH_DATABASE_URL 里写 {_VERIFIED}",
    **dict.fromkeys(("failed to resolve host", "could not translate host name"), _NO_HOST),
    "Connection refused": _NOBODY,
    "No such file or directory": _NOBODY,  # of its socket
    **dict.fromkeys(("too many connections", "too many clients", "connection slots are reserved"), _NO_ROOM),
    "permission denied for database": _NOT_OURS,
    "not currently accepting connections": _CLOSED,
    **dict.fromkeys(("authentication failed", "pg_hba.conf", "no password supplied", 'role "'), _LOGIN),
    'database "': _NO_DATABASE,
}
"""What the driver says of a connection that did not come about, and what to tell the person; the first that fits.

The driver speaks English. What a server says speaks its own language, and then its state counts (`_REFUSING`).
"""
_BROKEN = "数据库连接状态异常，已丢弃该连接；请用同一命令重试"
_MESSAGES = {
    "57014": LogBusy.LINE,  # cancelled by statement_timeout
    "25P03": LogBusy.LINE,  # idle in transaction for too long
    "25P04": LogBusy.LINE,  # transaction_timeout
    "55P03": LogBusy.LINE,
    "40": LogBusy.LINE,
    "25006": "数据库只读，无法写入；请通知管理员",
    "25": _BROKEN,
    "53": _NO_ROOM,
    "42501": _NOT_OURS,
    "3D000": _NO_DATABASE,
    "28": _LOGIN,
    "08": _DOWN,
    "57": _DOWN,
    "58": "数据库服务器读写磁盘出错；请通知管理员",
}
"""SQLSTATE, or how it begins, and what to tell the person; the first that fits."""
_REFUSING = {
    "28000": f"数据库不许这个账号从这里登录，或只接受 TLS 连接；请检查 XMH_DATABASE_URL 的账号，或在其中写 {_VERIFIED}",
    "55000": _CLOSED,
    **_MESSAGES,
}
"""The same of a server that lets nobody in."""
_REFUSED = re.compile(rb'ErrorResponse.* C "(\w{5})"')


def lock_of(lock: int, schema: str) -> int:
    """The number of a lock in a schema: each has a log of its own, whose writers no other log's may hold up.

    In `public`, where every log of earlier builds lies, it is the lock's own, so that builds side by side meet.
    """
    if schema == _FIRST_SCHEMA:
        return lock
    return int.from_bytes(sha256(f"{lock}/{schema}".encode()).digest()[:8], signed=True)


@lru_cache(maxsize=256)
def _sql(text: str) -> str:
    """Our `?` in the driver's style. No statement of ours holds a `?` or a `%` of its own."""
    return text.replace("?", "%s")


class _NoAnswerError(psycopg.OperationalError):
    """Our patience ended before the server spoke."""


class _Session(psycopg.Connection[Row]):
    """A driver connection that does not wait for ever.

    A server that is frozen (stopped process, hung disk) keeps its sockets alive: neither keepalives nor the server's
    own time limits end the wait then, so the client must.
    """

    patience: float | None = PATIENCE_SECONDS

    def wait(self, gen: PQGen[T], interval: float = _LOOK_EVERY, timeout: float | None = None) -> T:
        """Wait for an answer as the driver does, but not longer than our patience."""
        del timeout  # newer drivers have one of their own
        seconds = time_left(inf if self.patience is None else self.patience)
        return super().wait(gen if seconds == inf else _limited(gen, seconds), interval)


def _limited(gen: PQGen[T], seconds: float) -> PQGen[T]:
    deadline = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise _NoAnswerError("the server does not answer")
            wanted = gen.send(ready)
    except StopIteration as done:
        return cast("T", done.value)


class PostgresConnection(Connection):
    """A connection in autocommit mode: transactions are begun and ended by us, visibly."""

    def __init__(self, raw: _Session) -> None:
        """Wrap the driver's connection."""
        self.raw = raw
        self.cursor = raw.cursor()
        self._escaping = Escaping(raw.pgconn)
        self._prepared: dict[str, str] = {}
        self._asked: set[str] = set()
        self._begin_write = _BEGIN_WRITE.format(lock=WRITER_LOCK)
        self._limits = (
            ("transaction_timeout",)
            if raw.info.server_version >= _TRANSACTION_TIMEOUT
            else ("statement_timeout", "idle_in_transaction_session_timeout")
        )

    def configure(self) -> None:
        """Limits for this session; a lowered durability is raised again, a higher one is kept."""
        limits = "; ".join(f"SET {name} = '{TRANSACTION_SECONDS}s'" for name in self._limits)
        # Everything is looked up by its key: planning anew for each value would cost more than the statement itself.
        asked = "SELECT current_setting('synchronous_commit'), current_schema()"
        self._simple(f"{limits}; SET plan_cache_mode = force_generic_plan; {asked}")
        while self.cursor.nextset():
            pass
        ((durable, schema),) = self.cursor.fetchall()
        self._begin_write = _BEGIN_WRITE.format(lock=lock_of(WRITER_LOCK, schema or _FIRST_SCHEMA))
        if durable == "off":
            self._simple("SET synchronous_commit = on")

    def _simple(self, text: str) -> None:
        # Several statements in one round trip; such a text cannot be prepared.
        self.cursor.execute(text, prepare=False)

    def _lift_limits(self) -> str:
        return "".join(f"; SET LOCAL {name} = 0" for name in self._limits)

    def begin_write(self, *, long: bool, look: Question | None = None) -> list[Row]:
        """Begin, take the writer's lock and ask the first question in one round trip."""
        self.raw.patience = None if long else PATIENCE_SECONDS
        begin = self._begin_write + (self._lift_limits() if long else "")
        if look is None:
            self._simple(begin)
            return []
        self._simple(f"{begin}; {self._prepared_call(*look)}")
        while self.cursor.nextset():
            pass
        return self.cursor.fetchall()

    def begin_snapshot(self) -> None:
        """One moment for as long as the reader needs."""
        self.raw.patience = None
        self._simple(_BEGIN_SNAPSHOT + self._lift_limits())

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows of one statement; one that comes again is prepared."""
        if sql in self._asked:
            self._simple(self._prepared_call(sql, params))
        else:
            self._asked.add(sql)
            self.cursor.execute(_sql(sql), params or None)
        return self.cursor.fetchall()

    def run(self, statements: Sequence[Statement], *, commit: bool) -> None:
        """Everything in one message, the commit included: one round trip, and the server parses each SQL once.

        If one statement fails the server skips the rest of the message, so a failed insert is never committed.
        """
        calls = [self._prepared_call(sql, row) for sql, rows in statements for row in rows]
        while len(calls) > _CALLS_PER_MESSAGE:
            self._simple("; ".join(calls[:_CALLS_PER_MESSAGE]))
            calls = calls[_CALLS_PER_MESSAGE:]
        if commit:
            calls.append("COMMIT")
        if calls:
            self._simple("; ".join(calls))

    def run_and_ask(self, statements: Sequence[Statement], question: Question) -> list[Row]:
        """Both in one message, unless it would be a long one."""
        calls = [self._prepared_call(sql, row) for sql, rows in statements for row in rows]
        if len(calls) > _CALLS_PER_MESSAGE:
            return super().run_and_ask(statements, question)
        self._simple("; ".join([*calls, self._prepared_call(*question)]))
        while self.cursor.nextset():
            pass
        return self.cursor.fetchall()

    def _prepared_call(self, sql: str, params: Params) -> str:
        """The statement as text that may stand beside others in one message, values as literals of the server's."""
        if not params:
            return sql
        name = self._prepared.get(sql)
        if name is None:
            name = f"xmh_{len(self._prepared)}"
            count = itertools.count(1)
            self._simple(f"PREPARE {name} AS {re.sub('[?]', lambda _: f'${next(count)}', sql)}")
            self._prepared[sql] = name
        return f"EXECUTE {name}({', '.join(map(self._literal, params))})"

    def _literal(self, value: object) -> str:
        if value.__class__ is int:
            return str(value)
        if value is None:
            return "NULL"
        if isinstance(value, str) and "\x00" not in value:
            # Without quote and backslash there is nothing to escape; the rest is the server's library's business.
            plain = "'" not in value and "\\" not in value
            return f"'{value}'" if plain else self._escaping.escape_literal(value.encode()).decode()
        if isinstance(value, bytes):
            return f"'\\x{value.hex()}'"
        raise TypeError(f"not a value of the log's: {value!r}")

    def rollback(self) -> None:
        """End the transaction without a trace."""
        if self.raw.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            self.cursor.execute("ROLLBACK")
        self.raw.patience = PATIENCE_SECONDS

    def table_names(self) -> set[str]:
        """Tables that exist where this session looks first."""
        rows = self.query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {name for (name,) in rows}

    is_postgresql = True

    def triggers(self) -> dict[str, str]:
        """Triggers with whether they fire always (even in a session that calls itself a replica), and rules."""
        rows = self.query(
            "SELECT t.tgname, t.tgenabled::text || ' ' || "
            "replace(pg_get_triggerdef(t.oid), ' ON ' || n.nspname || '.', "
            "' ON ') || ' ' || p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
        )
        rules = self.query("SELECT rulename, definition FROM pg_rules WHERE schemaname = current_schema()")
        return {str(name): str(statement) for name, statement in [*rows, *rules]}

    def scrub(self, table: str) -> str | None:
        """Write the table anew: an UPDATE leaves the old row in the file. The server's own WAL archive is not ours.

        VACUUM by a role that may not is no error for the server, it only skips the table: so we ask before.
        """
        may = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(?)"
        if self.query(may, (table,)) != [(True,)]:
            return f"数据库账号无权整理 {table} 表，旧行还在数据文件里；请管理员执行 VACUUM (FULL) {table}"
        self.cursor.execute(f"VACUUM (FULL) {table}")
        return None

    def reusable(self) -> bool:
        """Whether the server said the session is idle, outside any transaction."""
        return not self.raw.closed and self.raw.info.transaction_status is TransactionStatus.IDLE

    def close(self) -> None:
        """Close; never raises."""
        with contextlib.suppress(psycopg.Error):
            self.raw.close()


class PostgresBackend(Backend):
    """A PostgreSQL database under its URL."""

    one_writer_per_process = False
    clock_sql = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

    def __init__(self, url: str) -> None:
        """Remember the URL; nothing is opened yet."""
        self.url = url

    def connect(self, *, create: bool = False) -> PostgresConnection:
        """A new connection that notices a dead server within seconds."""
        del create  # databases are made by the administrator
        raw = _Session.connect(
            self.url,
            autocommit=True,
            prepare_threshold=None,  # we prepare; the driver would drop all prepared statements at every ROLLBACK
            connect_timeout=BUSY_SECONDS,
            keepalives=1,
            keepalives_idle=2,
            keepalives_interval=2,
            keepalives_count=2,
            tcp_user_timeout=TRANSACTION_SECONDS * 1000,
            application_name="xmh",
            client_encoding="UTF8",
        )
        connection = PostgresConnection(raw)
        try:
            connection.configure()
        except BaseException:
            connection.close()
            raise
        return connection

    def driver_connection(self) -> Any:
        """The bare connection for the migrations, which may take their time."""
        connection = self.connect()
        connection.raw.execute(
            "SELECT set_config(name, '0', false) FROM pg_settings WHERE name LIKE '%_timeout' "
            "AND name IN ('transaction_timeout', 'statement_timeout')"
        )
        connection.raw.autocommit = False
        return connection.raw

    def around(self, driver: Any) -> PostgresConnection:
        """With the writer's lock: an older worker may still be appending."""
        driver.patience = None
        lock_schema(driver, WRITER_LOCK)
        return PostgresConnection(driver)

    def lost(self, error: BaseException) -> bool:
        """The server went away since (restart, cut line); not that it is busy, nor that it does not answer."""
        if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or isinstance(
            error, _NoAnswerError
        ):
            return False
        return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))

    def explain(self, error: BaseException) -> LogError | None:
        """Down, busy, full, read-only, forbidden; anything else is a fault of ours."""
        if not isinstance(error, psycopg.Error):
            return None
        if isinstance(error, psycopg.IntegrityError):
            return LogDamaged(f"事件日志拒绝写入：{_first_line(error)}；请运行 xmh audit verify")
        state = error.sqlstate or ""
        if message := _fitting(_MESSAGES, state):
            return unreachable(message)
        if not state and isinstance(error, psycopg.ProgrammingError):
            return LogUnreachable(_ADDRESS)  # libpq quotes an address it cannot read, password and all
        # Without a state the driver speaks: refused, reset, timed out, closed, or not let in.
        if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return None
        words = str(error)
        line = next((line for reason, line in _CONNECTING.items() if reason in words), None)
        if line is None and words.startswith(_NOT_CONNECTED):
            line = _fitting(_REFUSING, _state_of_refusal(self.url))
        return LogUnreachable(line or _DOWN)


def _fitting(lines: Mapping[str, str], state: str) -> str | None:
    return next((line for prefix, line in lines.items() if state.startswith(prefix)), None)


def _state_of_refusal(url: str) -> str:
    """The SQLSTATE a server gives when it lets us not in; empty when it gives none.

    The driver hands on its words alone, which are Chinese where the server is (`lc_messages`). So it is asked once more
    while the library notes down what the server answers: in memory, for what we say is in it too.
    """
    with os.fdopen(os.memfd_create("answers"), "w+b") as noted, contextlib.suppress(psycopg.Error, OSError):
        asking = PGconn.connect_start(make_conninfo(url, client_encoding="UTF8").encode())
        try:
            asking.trace(os.dup(noted.fileno()))
            _asked_out(asking, time.monotonic() + BUSY_SECONDS)
        finally:
            asking.untrace()
            asking.finish()
        noted.seek(0)
        if answer := _REFUSED.search(noted.read()):
            return answer[1].decode()
    return ""


def _asked_out(asking: "Asking", until: float) -> None:
    """Go on with a connection until it is there, or is not to be, or too much time has passed."""
    status = PollingStatus.WRITING
    while status in (PollingStatus.READING, PollingStatus.WRITING) and time.monotonic() < until:
        reading = [asking.socket] if status is PollingStatus.READING else []
        select.select(reading, [] if reading else [asking.socket], [], _LOOK_EVERY)
        status = PollingStatus(asking.connect_poll())


def make_schema(driver: Any) -> None:
    """Make the schema a log is to lie in, within the migration's own transaction: all of it or nothing."""
    ((schema, path),) = driver.execute("SELECT current_schema(), current_setting('search_path')").fetchall()
    if schema is None:
        driver.execute(f"CREATE SCHEMA IF NOT EXISTS {path}")


def lock_schema(driver: Any, lock: int) -> None:
    """Take a lock of the log this session works on, until its transaction ends."""
    ((schema,),) = driver.execute("SELECT current_schema()").fetchall()
    driver.execute(f"SELECT pg_advisory_xact_lock({lock_of(lock, schema or _FIRST_SCHEMA)})")


def _first_line(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error)).splitlines()[0]
