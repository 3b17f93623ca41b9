"""The office's side: workers as services, clients in processes of their own, one log on PostgreSQL.

All of them are told where things are by `deploy/xmh.env`, with its files where it says they lie.
"""

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from domain.envelope import SYSTEM
from domain.office import CalendarYearPublished
from eventlog import reading
from eventlog.database import Database
from services.door_key import make_door_key
from services.embedded.supervise import free_port
from services.office_records import record_office_events
from services.payload_keys import begin_payload_keys
from settings import Settings
from tests.cluster.database import Databases
from tests.cluster.temporal import DEPLOY, environment_file
from tests.recovery.chaos import AddressedDesk, Desk, open_all_day
from tests.support.office import founded, office_today
from tests.support.processes import end, says_ready, spawn
from tests.support.served import ROOT, XMH, Home
from tests.support.streams import CALENDAR_STREAM
from tests.support.tls import Certificate

CONFIGURED = Path("/etc/xmh")


def lay_out(root: Certificate, client: Certificate, database: str, home: Path) -> None:
    """The files that `deploy/xmh.env` names."""
    (CONFIGURED / "tls").mkdir(parents=True)
    (CONFIGURED / "tls/ca.pem").write_bytes(root.made.public_bytes(Encoding.PEM))
    shutil.copy(client.cert, CONFIGURED / "tls/xmh.pem")
    shutil.copy(client.key, CONFIGURED / "tls/xmh.key")
    (CONFIGURED / "database-url").write_text(f"{database}\n", encoding="ascii")
    make_door_key(home)
    begin_payload_keys(Settings(home=home))
    for name in ("door.key", "temporal.key"):
        shutil.move(home / name, CONFIGURED / name)


@dataclass
class Machine(Home):
    """A machine of the office with a data directory of its own, told by the file."""

    @property
    def url(self) -> str:
        return (CONFIGURED / "database-url").read_text(encoding="ascii").strip()


@dataclass
class Service:
    """`xmh worker` on a machine, started again when it ends."""

    machine: Machine
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; does nothing when it runs."""
        if self.process is None or self.process.poll() is not None:
            command = [*XMH, "worker", "--health-port", str(self.port)]
            log = self.machine.path.with_suffix(".log")
            self.process = spawn(command, log, env=self.machine.environment, cwd=ROOT)

    @property
    def ready(self) -> bool:
        return says_ready(self.port)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            end(self.process, seconds=40)


class Office:
    """Two workers, and a log that was migrated by its owner."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self.owner = databases.url("xmh", "xmh_owner", "XMH_OWNER_DB_PASSWORD")
        told = environment_file(DEPLOY / "xmh.env")
        self.machine, *others = (Machine(folder / name, told) for name in ("desk", "worker1", "worker2"))
        for machine in (self.machine, *others):
            machine.path.mkdir(mode=0o700)
        self.services = [Service(machine) for machine in others]

    def found(self) -> None:
        """Migrate the log as its owner and furnish it."""
        now = datetime.now(UTC)
        with founded(self.owner, now) as log:
            this = office_today().year
            published = {y.year for y in reading.rulebook(log).calendar.years}
            for year in {this, this + 1} - published:
                event = CalendarYearPublished(year=year, source="试验", off=(), work=())
                record_office_events(log, CALENDAR_STREAM, [event], actor=SYSTEM, command_id=f"y{year}", now=now)

    def serve(self, seconds: float = 60) -> None:
        """All workers run and are ready."""
        limit = time.monotonic() + seconds
        for service in self.services:
            service.start()
        for service in self.services:
            while not service.ready:
                assert time.monotonic() < limit, service.machine.path.with_suffix(".log").read_text()[-3000:]
                time.sleep(0.2)

    def log(self) -> Database:
        """The log, as whoever reads it has it."""
        return self.machine.log()

    def open_all_day(self) -> None:
        """What is due today has not lapsed."""
        with self.log() as log:
            open_all_day(log)

    def desk(self, log: Database) -> Desk:
        return AddressedDesk(self.machine, log)

    def stop(self) -> None:
        for service in self.services:
            service.stop()
