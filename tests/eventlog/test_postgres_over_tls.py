"""A log on a PostgreSQL reached by name, password and TLS: it works, and what keeps it from that is one line."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlencode

import psycopg
import pytest

from domain import commands as c
from eventlog.errors import LogUnreachable
from eventlog.migrate import migrate
from eventlog.schema import schema_state
from eventlog.verify import verify
from services.embedded.supervise import free_port
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.office import LIAISON, OFFICE, founded, opening
from tests.support.postgres import Server
from tests.support.processes import wait_until
from tests.support.tls import NAME, certificate

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Of the system: that of the tests' own wheel is built without TLS."""
NOW = datetime.now(UTC)
PASSWORD = "of-the-site"
CLOSED: tuple[LiteralString, ...] = (
    f"CREATE ROLE many LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0",
    "CREATE DATABASE crowded CONNECTION LIMIT 0",
    "CREATE DATABASE private",
    "REVOKE CONNECT ON DATABASE private FROM public",
    "CREATE DATABASE closed ALLOW_CONNECTIONS false",
)
pytestmark = pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL of the system (Debian: postgresql) on this machine")


def chinese(folder: Path) -> str:
    """A folder with the Chinese locale, which few machines have made."""
    subprocess.run(["localedef", "-i", "zh_CN", "-f", "UTF-8", folder / "zh_CN.UTF-8"], check=True)
    return str(folder)


class SecuredServer(Server):
    """Over the network it lets in by password and TLS alone; with `locales` it speaks Chinese."""

    def __init__(self, certificates: Path, *, tls: str = "on", locales: str = "") -> None:
        self.tls, self.locales = tls, locales
        self.root, self.other = (certificate(certificates, name) for name in ("root", "other"))
        self.own = certificate(certificates, "server", self.root)
        self.open_key = Path(shutil.copy(self.own.key, certificates / "open.key"))
        self.open_key.chmod(0o666)
        self.port = free_port()
        super().__init__()

    def _reachable_binaries(self) -> Path:
        return PROGRAMS[-1]

    def _initialise(self) -> None:
        super()._initialise()
        data = self.folder / "data"
        for file in (self.own.cert, self.own.key):
            copy = Path(shutil.copy(file, data))
            copy.chmod(0o600)
            shutil.chown(copy, data.owner(), data.group())
        (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")

    def start(self) -> None:
        files = ("-c", f"ssl_cert_file={self.own.cert.name}", "-c", f"ssl_key_file={self.own.key.name}")
        where = ("-h", "127.0.0.1", "-p", str(self.port))
        spoken = ("-c", "lc_messages=zh_CN.UTF-8") if self.locales else ()
        self.extra = {"LOCPATH": self.locales} if self.locales else {}
        command = [*self._command, *where, "-c", f"ssl={self.tls}", *files, "-c", "fsync=off", *spoken]
        self.process = self._spawned(command)
        wait_until(self._is_ready, self.process, self.log)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def remote(self, **changed: str) -> str:
        """Its address over the network, but for what is changed of it."""
        options = {"sslmode": "verify-full", "sslrootcert": str(self.root.cert), "hostaddr": "127.0.0.1"}
        place = {"user": "xmh", "password": PASSWORD, "host": NAME, "port": str(self.port), "database": "xmh"}
        given = {name: value for name, value in (options | changed).items() if name not in place and value}
        place |= changed
        return "postgresql://{user}:{password}@{host}:{port}/{database}".format(**place) + f"?{urlencode(given)}"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredServer]:
    yield from _serving(SecuredServer(tmp_path_factory.mktemp("certificates")))


@pytest.fixture(scope="module")
def speaking_chinese(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredServer]:
    """As a domestic distribution sets it up: its own words are Chinese."""
    locales = Path(tempfile.mkdtemp(prefix="xmh-locale-"))  # where the server's account may read
    locales.chmod(0o755)
    try:
        yield from _serving(SecuredServer(tmp_path_factory.mktemp("certificates"), locales=chinese(locales)))
    finally:
        shutil.rmtree(locales)


def _serving(server: SecuredServer) -> Iterator[SecuredServer]:
    try:
        server.start()
        server.found_roles(PASSWORD)
        migrate(server.remote(user="xmh_owner"))
        with psycopg.connect(server.url(), autocommit=True) as connection:
            for line in CLOSED:
                connection.execute(line)
        yield server
    finally:
        server.remove()


def test_a_log_is_written_and_verified_over_tls(secured: SecuredServer) -> None:
    with founded(secured.remote(), NOW - timedelta(days=2)) as log:
        act(log, "matter/one", opening(due=(NOW + timedelta(days=60)).date()), OFFICE, NOW)
        act(log, "matter/one", c.AcceptReceipt(), LIAISON, NOW)
        assert verify(log).problems == ()
        with log.reading() as transaction:
            ask = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert transaction.all(ask) == [(True, "TLSv1.3")]


Wrong = Callable[[SecuredServer], dict[str, str]]
WRONG: dict[str, tuple[Wrong, str]] = {
    "another root": (lambda s: {"sslrootcert": str(s.other.cert)}, "证书不是 sslrootcert 里的机构签发的"),
    "no root": (lambda _: {"sslrootcert": "/nowhere/ca.pem"}, "sslrootcert 指的文件"),
    "another name": (lambda _: {"host": "localhost"}, "证书不是发给这个主机名的"),
    "in the clear": (lambda _: {"sslmode": "disable"}, "只接受 TLS 连接"),
    "a host that is none": (lambda _: {"host": "db.invalid", "hostaddr": ""}, "主机名解析不到"),
    "another port": (lambda _: {"port": str(free_port())}, "没有数据库在听"),
    "another password": (lambda _: {"password": "guessed"}, "账号或口令不对"),
    "nobody": (lambda _: {"user": "nobody"}, "账号或口令不对"),
    "another database": (lambda _: {"database": "nowhere"}, "数据库不存在"),
    "too many of one account": (lambda _: {"user": "many"}, "连接数已满"),
    "too many of one database": (lambda _: {"database": "crowded"}, "连接数已满"),
    "a database closed to it": (lambda _: {"database": "private"}, "账号没有读写事件日志的权限"),
    "a database closed to all": (lambda _: {"database": "closed"}, "暂不接受连接"),
    "a key others may read": (lambda s: {"sslcert": str(s.own.cert), "sslkey": str(s.open_key)}, "sslkey"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_keeps_it_from_the_log_is_one_line_with_its_remedy_and_never_the_password(
    secured: SecuredServer,
    what: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed, words = WRONG[what]
    url = secured.remote(**changed(secured))
    with pytest.raises(LogUnreachable) as refused:
        schema_state(url)
    assert words in refused.value.message
    assert any(word in refused.value.message for word in ("XMH_DATABASE_URL", "请通知管理员")), refused.value.message
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("XMH_DATABASE_URL", url)
    xmh = CommandLine(tmp_path / "home", capsys)
    listed, examined = xmh("task", "list"), xmh.json("doctor", code=1)
    assert (listed.code, words in listed.error) == (5, True)
    assert [p["message"] for p in examined["problems"] if words in p["message"]]
    assert not any(word in f"{listed}{examined}" for word in (PASSWORD, "guessed"))


@pytest.mark.skipif(shutil.which("localedef") is None, reason="no localedef (Debian: locales) to make a locale with")
@pytest.mark.parametrize("what", WRONG)
def test_a_server_that_speaks_chinese_is_told_by_its_state(speaking_chinese: SecuredServer, what: str) -> None:
    changed, words = WRONG[what]
    url = speaking_chinese.remote(**changed(speaking_chinese))
    with pytest.raises(psycopg.Error) as spoken:
        psycopg.connect(url, connect_timeout=5)
    if "FATAL" in str(spoken.value):
        pytest.fail(f"it spoke English: {spoken.value}")
    with pytest.raises(LogUnreachable) as refused:
        schema_state(url)
    assert words in refused.value.message
    assert PASSWORD not in refused.value.message


def test_tls_is_asked_of_a_server_that_has_none(tmp_path: Path) -> None:
    server = SecuredServer(tmp_path, tls="off")
    try:
        server.start()
        with pytest.raises(LogUnreachable, match="没有开 TLS"):
            schema_state(server.remote())
    finally:
        server.remove()
