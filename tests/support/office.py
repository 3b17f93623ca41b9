"""A small office for tests: a founded log, a directory, actors, and short ways to say commands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from temporalio.client import Client

from domain import commands as c
from domain.calendar import local_date
from domain.door import Door
from domain.envelope import SYSTEM, Actor, OnBehalf
from domain.facts import Basis, UnitRef
from domain.matter import Matter
from domain.office import Person, PersonRecorded, Unit, UnitRecorded
from domain.terms import BasisKind, Role, Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from eventlog.migrate import migrate
from services.founding import found_log
from services.gateway import Gateway
from services.office_records import record_office_events
from services.running import running_worker
from tests.support.clock import open_log
from tests.support.streams import DIRECTORY_STREAM

DOOR = Door(b"the key of the tests, 32 bytes or more")
OFFICE = Actor(id="office", role=Role.OFFICE, unit="office")
SECOND = Actor(id="office-2", role=Role.OFFICE, unit="office")
LIAISON = Actor(id="li", role=Role.LIAISON, unit="gengxin")
HEAD = Actor(id="head", role=Role.HEAD, unit="gengxin")
OTHER = Actor(id="zhao", role=Role.LIAISON, unit="zhujian")
AUDITOR = Actor(id="audit", role=Role.AUDITOR, unit="office")
LEADER = Actor(id="leader", role=Role.LEADER, unit="office")
FOR_LEADER = OFFICE.model_copy(
    update={"on_behalf_of": OnBehalf(id="leader", role=Role.LEADER, unit="office", paper="香指办阅〔2022〕3号")}
)
LEAD = UnitRef(id="gengxin", supervision=Supervision.OBJECT)
ASSIST = UnitRef(id="zhujian", supervision=Supervision.OBJECT)
CONSULTANT = UnitRef(id="consult", supervision=Supervision.CONTACT)
LIST = Basis(kind=BasisKind.TASK_LIST, text="2022年工作计划", no="香指办〔2022〕1号", approver="leader")

UNITS = (
    Unit(id="gengxin", name="区城市更新和土地整备局", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT),
    Unit(id="zhujian", name="区住房和建设局", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT),
    Unit(id="consult", name="某咨询公司", level=UnitLevel.SOCIAL, supervision=Supervision.CONTACT),
)
PEOPLE = (
    Person(id="office-2", name="钱二", unit="office", role=Role.OFFICE),
    Person(id="li", name="李三", unit="gengxin", role=Role.LIAISON),
    Person(id="head", name="孙四", unit="gengxin", role=Role.HEAD),
    Person(id="zhao", name="赵五", unit="zhujian", role=Role.LIAISON),
    Person(id="audit", name="周六", unit="office", role=Role.AUDITOR),
    Person(id="leader", name="吴七", unit="office", role=Role.LEADER),
)


def office_today() -> date:
    """The day in the office, where the command line lives: not always the machine's, nor UTC's."""
    return local_date(datetime.now(UTC))


def founded(url: str, now: datetime | None = None) -> Database:
    """A migrated log with calendars, policy and the directory above, where there is none: a copy of one made once."""
    if now is None:
        _put(url, _furnish)
        return open_log(url)
    if url.startswith("sqlite:///") and Path(url.removeprefix("sqlite:///")).exists():
        migrate(url)  # a home that was served before
    else:
        _put(url, migrate)
    return _furnished(url, now)


def _furnish(url: str) -> None:
    migrate(url)
    _furnished(url, datetime(2021, 1, 4, 1, tzinfo=UTC)).close()


def _furnished(url: str, now: datetime) -> Database:
    database = open_log(url)
    found_log(database, now)
    events = [*(UnitRecorded(unit=u) for u in UNITS), *(PersonRecorded(person=p) for p in PEOPLE)]
    record_office_events(database, DIRECTORY_STREAM, events, actor=SYSTEM, command_id="test:directory", now=now)
    return database


def _put(url: str, make: Callable[[str], object]) -> None:
    """Migrating takes longer than most tests: it is done once, for a file and for each server's own owner."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.touch(mode=0o600)
        path.write_bytes(_file(make))
    elif url.startswith(OWNED):
        name, server = urlsplit(url).path[1:], _in_place(url, "postgres")
        _on(server, f'DROP DATABASE "{name}"')
        _on(server, f'CREATE DATABASE "{name}" TEMPLATE {_database(make, server)}')
    else:
        make(url)


OWNED = "postgresql://postgres@/"
"""An empty database of `tests.support.postgres`."""


@cache
def _database(make: Callable[[str], object], server: str) -> str:
    name = f"made_by{make.__name__}"
    _on(server, f"CREATE DATABASE {name}")
    make(_in_place(server, name))
    return name


def _in_place(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _on(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


@cache
def _file(make: Callable[[str], object]) -> bytes:
    with TemporaryDirectory() as folder:
        make(sqlite(Path(folder)))
        file = Path(folder) / "events.db"
        assert not any(file.parent.glob("*-wal")), "closed, it is one file"
        return file.read_bytes()


def sqlite(folder: Path) -> str:
    """The URL of a log in a folder."""
    return f"sqlite:///{folder / 'events.db'}"


def opening(
    title: str = "推进国际交流中心一期主体施工", due: date | None = date(2022, 6, 30), **more: Any
) -> c.OpenMatter:
    """An ordinary 立项 led by 区更新局."""
    return c.OpenMatter.model_validate({"title": title, "due": due, "basis": LIST, "lead": LEAD, **more})


def order(
    stream: str,
    command: c.MatterCommand,
    actor: Actor = OFFICE,
    *,
    now: datetime,
    command_id: str | None = None,
    occurred_at: datetime | None = None,
) -> c.Order:
    """A command on its way, valid for a day."""
    return c.Order(
        command_id=command_id or uuid4().hex,
        stream=stream,
        actor=actor,
        command=command,
        valid_until=now + timedelta(days=1),
        occurred_at=occurred_at,
    )


def matter(database: Database, stream: str) -> Matter:
    """The matter as the log has it."""
    found_state = reading.load(database, stream)
    assert found_state is not None
    assert isinstance(found_state.state, Matter)
    return found_state.state


def types(database: Database, stream: str) -> list[str]:
    """The types of a stream's events in order."""
    return [e.type for e in reading.read_stream(database, stream)]


@asynccontextmanager
async def at_work(
    client: Client, database: Database, renew_after: int | None = None, clock_shift: timedelta = timedelta(0)
) -> AsyncIterator[Gateway]:
    """A worker on its own task queue, and the gateway to it; the shift is the office's clock less the server's."""
    queue = f"test-{uuid4().hex[:8]}"
    async with running_worker(client, database, task_queue=queue, door=DOOR, simulated=True, clock_shift=clock_shift):
        yield Gateway(client, database, queue, DOOR, renew_after, clock_shift)


async def until(condition: object, seconds: float = 10) -> None:
    """Wait for a condition on the log, failing when it does not come."""
    assert callable(condition)
    for _ in range(int(seconds * 50)):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("waited in vain")
