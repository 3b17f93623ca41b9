"""PostgreSQL on two machines: one writes, the other has every commit before it is acknowledged, and can take over.

The roles are those of `deploy/postgres/roles.sql`, the settings those of `deploy/postgres/replicated.conf`, and what is
done at a failover is what `deploy/README.md` says.
"""

import os
import re
import signal
import subprocess
import time

import psycopg

from tests.cluster.network import NETWORK, Host, Network
from tests.support.postgres import Server
from tests.support.processes import NotReadyError, spawn, wait_until
from tests.support.served import ROOT


def fenced(language: str, page: str) -> str:
    """The one block of that language on a page."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(block)


PASSWORDS = {
    "TEMPORAL_DB_PASSWORD": "of-temporal",
    "XMH_OWNER_DB_PASSWORD": "of-the-owner",
    "XMH_DB_PASSWORD": "of-xmh",
}
REPLICATION_PASSWORD = "of-the-standby"
NAME = "db.example"
ADDRESS = 20
"""The last number of the address the name leads to; whoever writes has it."""
NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=INT")
PROMOTION = re.findall(
    r"^(\w.+);$", fenced("sql", (ROOT / "deploy/README.md").read_text(encoding="utf-8")), re.MULTILINE
)
SETTINGS = dict(
    re.findall(r"^(\w+) = (.+)$", (ROOT / "deploy/postgres/replicated.conf").read_text(encoding="ascii"), re.MULTILINE)
)
WAITS_FOR = "synchronous_standby_names"
"""The one setting that is made only when the standby follows: before, nothing would ever be committed."""
LETTING_IN = f"host all,replication all {NETWORK}.0/24 scram-sha-256\n"


class HostedServer(Server):
    """A PostgreSQL on a machine of its own, reached by address and password; `after` is whom it copies."""

    def __init__(self, host: Host, after: "HostedServer | None" = None) -> None:
        """Make its data: a new cluster, or a copy of the other's, which it then follows as `standby`."""
        self.host = host
        self.after = after
        super().__init__(durable=True)

    def _initialise(self) -> None:
        if self.after is None:
            super()._initialise()
            with (self.folder / "data/pg_hba.conf").open("a", encoding="ascii") as rules:
                rules.write(LETTING_IN)
            with (self.folder / "data/postgresql.conf").open("a", encoding="ascii") as settings:
                settings.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items() if name != WAITS_FOR)
            return
        login = f"host={self.after.host.address} user=replicator password={REPLICATION_PASSWORD}"
        copying = [str(self._bin / "pg_basebackup"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        told = ["--dbname", f"{login} application_name=standby", "--pgdata", str(self.folder / "data")]
        command = self.host.inside([*NOBODY, *copying, *told])
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise NotReadyError(done.stderr)

    def start(self) -> None:
        command = self.host.inside([*NOBODY, *self._command, "-h", "*"])
        self.process = spawn(command, self.log, env=self._env, cwd=self.folder, ending=signal.SIGINT)
        wait_until(self._is_ready, self.process, self.log)

    def _is_ready(self) -> bool:
        asked = [str(self.program("pg_isready")), "--quiet", "--host", str(self.folder)]
        return subprocess.run(asked, check=False, env=self._env).returncode == 0

    def said(self, statement: str) -> list[tuple[object, ...]]:
        """What the superuser is answered on this machine itself."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


class Databases:
    """Two machines, the address that moves, and who writes now."""

    def __init__(self, network: Network, one: Host, other: Host) -> None:
        """Found the cluster on the first machine, with a standby on the second."""
        self.network = network
        self.writer = HostedServer(one)
        self.standby: HostedServer | None = None
        self.lost: HostedServer | None = None
        self.spare = other
        network.call(NAME, ADDRESS)

    def start(self) -> None:
        """Roles, databases, the address, and the standby."""
        self.writer.start()
        psql = [str(self.writer.program("psql")), "--quiet", "--no-psqlrc", "--dbname", self.writer.url()]
        roles = [*psql, "--file", str(ROOT / "deploy/postgres/roles.sql")]
        subprocess.run(roles, check=True, env={**os.environ, **PASSWORDS})
        self.writer.said(f"CREATE ROLE replicator LOGIN REPLICATION PASSWORD '{REPLICATION_PASSWORD}'")
        self.writer.host.take_address(ADDRESS)
        self.follow()

    def follow(self) -> None:
        """Build the standby on the machine that has none, and from then on wait for it at every commit."""
        self.standby = HostedServer(self.spare, after=self.writer)
        self.standby.start()
        self.writer.said(f"ALTER SYSTEM SET {WAITS_FOR} = {SETTINGS[WAITS_FOR]}")
        self.writer.said("SELECT pg_reload_conf()")
        asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'"
        limit = time.monotonic() + 20
        while self.writer.said(asked) != [(1,)]:
            assert time.monotonic() < limit, "the standby never caught up"
            time.sleep(0.1)

    def fail_over(self) -> None:
        """As deploy/README.md has it: the old machine stays out, the standby writes alone and takes the address."""
        assert self.standby is not None
        heir, old = self.standby, self.writer
        for statement in PROMOTION:
            heir.said(statement)
        old.host.give_up_address(ADDRESS)
        heir.host.take_address(ADDRESS)
        self.network.forget(ADDRESS)
        self.writer, self.standby, self.lost, self.spare = heir, None, old, old.host

    def mend(self) -> None:
        """The machine that was lost comes back empty and follows; does nothing when there are two."""
        if self.lost is not None:
            self.lost.remove()
            self.lost.host.plug_in()
            self.lost = None
            self.follow()

    def keep_copies(self, *names: str) -> None:
        """A copy of each database, of which nobody may have a connection open."""
        for name in names:
            self._end_connections(name)
            self.writer.said(f"CREATE DATABASE {name}_then TEMPLATE {name}")

    def put_back(self, *names: str) -> None:
        """The copies in the places of the databases."""
        for name in names:
            (owner,) = self.writer.said(f"SELECT datdba::regrole::text FROM pg_database WHERE datname = '{name}'")
            self.writer.said(f"DROP DATABASE {name} WITH (FORCE)")
            self.writer.said(f"ALTER DATABASE {name}_then RENAME TO {name}")
            self.writer.said(f"ALTER DATABASE {name} OWNER TO {owner[0]}")
            self.writer.said(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO xmh")

    def _end_connections(self, name: str) -> None:
        self.writer.said(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def in_temporal(self, statement: str, database: str = "temporal") -> list[tuple[object, ...]]:
        """What Temporal's tables answer."""
        with psycopg.connect(self.writer.url(database), autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def url(self, database: str, user: str, password: str) -> str:
        """Where the database is reached, whoever writes."""
        return f"postgresql://{user}:{PASSWORDS[password]}@{NAME}/{database}"

    def remove(self) -> None:
        for server in (self.lost, self.standby, self.writer):
            if server is not None:
                server.remove()
