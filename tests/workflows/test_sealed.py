"""What Temporal stores of us: with a key in the home its database holds no word of a matter, and everything goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from activities.channels.opening import open_channels
from activities.clock import OfficeClock
from activities.notices import NoticeActivities
from domain import commands as c
from domain.base import Refusal
from domain.envelope import Actor
from domain.facts import NewPoint
from domain.terms import Role
from eventlog.database import Database
from eventlog.verify import verify
from services.doctor.examination import examine
from services.door_key import make_door_key
from services.gateway import Gateway, Unreachable
from services.healing import Healing
from services.payload_codec import ENCODING, open_history
from services.payload_keys import add_payload_key
from services.running import WORKFLOWS, running_worker, workflow_runner
from services.temporal_client import connect
from settings import Settings
from tests.support.office import LEADER, LIAISON, OFFICE, founded, office_today, opening, order, sqlite, types
from tests.support.temporal import DevServer

TITLE, POINT, REPORT, REASON = "莲花北小学扩建工程", "完成基坑支护", "桩基已完成八成，责任人李三", "原址保护方案未定"
MADE_UP = Actor(id="liu-wuming", role=Role.LIAISON, unit="renewal")
WORDS = {"title": TITLE, "point": POINT, "feedback": REPORT, "reason": REASON, "refusal": MADE_UP.id}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """A real server that remembers its workflows in a file."""
    folder = tmp_path_factory.mktemp("stored")
    server = DevServer(folder, folder / "temporal.db")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(stored: DevServer, tmp_path: Path) -> Settings:
    make_door_key(tmp_path)
    queue = f"sealed-{uuid4().hex[:8]}"
    return Settings(home=tmp_path, temporal_address=stored.address, task_queue=queue)


@pytest.fixture
def log(settings: Settings) -> Database:
    return founded(sqlite(settings.home))


@asynccontextmanager
async def at_work(settings: Settings, log: Database) -> AsyncIterator[Gateway]:
    client = await connect(settings)
    channels = open_channels(settings.notices, settings.home, {})
    notices = NoticeActivities(log, channels, settings.notices, OfficeClock())
    async with running_worker(client, log, task_queue=settings.task_queue, door=settings.door, notices=notices):
        yield Gateway(client, log, settings.task_queue, settings.door)


async def lived(gateway: Gateway, stream: str) -> None:
    """A matter's beginnings, and a command that is refused."""
    due, now = office_today() + timedelta(days=60), datetime.now(UTC)
    said = (
        (opening(TITLE, due=due), OFFICE),
        (c.AcceptReceipt(), LIAISON),
        (c.AddPoint(point=NewPoint(text=POINT)), OFFICE),
        (c.SubmitFeedback(text=REPORT, progress=20), LIAISON),
        (c.CancelMatter(reason=REASON), LEADER),
    )
    for command, actor in said[:-1]:
        await gateway.submit(order(stream, command, actor, now=now))
    with pytest.raises(Refusal, match=MADE_UP.id):
        await gateway.submit(order(stream, c.SubmitFeedback(text="无"), MADE_UP, now=now))
    await gateway.submit(order(stream, said[-1][0], said[-1][1], now=now))


def found_in(server: DevServer) -> set[str]:
    """Which of the words lie in the files of Temporal's database."""
    assert server.database is not None
    held = b"".join(file.read_bytes() for file in server.database.parent.glob(f"{server.database.name}*"))
    return {what for what, word in WORDS.items() if word.encode() in held}


async def test_no_word_of_a_matter_lies_in_temporals_files(
    stored: DevServer, settings: Settings, log: Database
) -> None:
    add_payload_key(settings)
    stream = f"matter/{uuid4().hex[:12]}"
    async with at_work(settings, log) as gateway:
        await lived(gateway, stream)
        client = gateway.client
        history = await client.get_workflow_handle(stream).fetch_history()
    assert types(log, stream)[-1] == "MatterCancelled"
    assert found_in(stored) == set()

    replayer = Replayer(
        workflows=list(WORKFLOWS), data_converter=client.data_converter, workflow_runner=workflow_runner()
    )
    await replayer.replay_workflow(history)
    assert ENCODING.decode() in as_text(history)
    await open_history(history, client.data_converter)
    assert ENCODING.decode() not in as_text(history)

    # Without a key the same life leaves all of it behind: this is what is looked for, and where.
    plain = settings.model_copy(update={"task_queue": f"{settings.task_queue}-plain"})
    plain.temporal_key_place.unlink()
    async with at_work(plain, log) as gateway:
        await lived(gateway, f"matter/{uuid4().hex[:12]}")
    assert found_in(stored) == set(WORDS)


def as_text(history: WorkflowHistory) -> str:
    """Its JSON, with what is base64 there opened."""
    return "".join(str(event) for event in history.events)


async def insisted(gateway: Gateway, command: c.MatterCommand, actor: Actor, stream: str) -> None:
    """Send one command until it is answered."""
    sent = order(stream, command, actor, now=datetime.now(UTC), command_id=uuid4().hex)
    for _ in range(5):
        try:
            await gateway.submit(sent)
        except Unreachable:
            continue
        return
    raise AssertionError("never answered")


async def codes(settings: Settings) -> set[str]:
    report = await examine(settings)
    return {found.code for found in (*report.problems, *report.notices)}


async def test_a_key_is_changed_under_who_runs_and_a_lost_one_costs_histories_only(
    settings: Settings, log: Database
) -> None:
    add_payload_key(settings)
    stream = f"matter/{uuid4().hex[:12]}"
    async with at_work(settings, log) as gateway:
        due, now = office_today() + timedelta(days=60), datetime.now(UTC)
        await gateway.submit(order(stream, opening(TITLE, due=due), now=now))
        await gateway.keep_notices(look=True)
        for _ in range(200):
            if await gateway.witnessed() is not None:
                break
            await asyncio.sleep(0.05)
        add_payload_key(settings)
        await gateway.submit(order(stream, c.AcceptReceipt(), LIAISON, now=now))
        assert "temporal_key_lost" not in await codes(settings)

    # Whoever comes without a key sends nothing in the clear: he is told.
    settings.temporal_key_place.unlink()
    with pytest.raises(Refusal, match="xmh access temporal-key") as missing:
        await connect(settings)
    assert missing.value.code == "temporal_key_missing"
    assert {"temporal_key_missing", "temporal_plain"} <= await codes(settings)

    # It is lost for good: with another key the matter goes on from the log.
    add_payload_key(settings)
    async with at_work(settings, log) as gateway:
        assert "temporal_key_lost" in await codes(settings)
        assert await gateway.witnessed() is None
        assert await Healing(gateway).numbers_known() == {}
        await insisted(gateway, c.SubmitFeedback(text=REPORT, progress=20), LIAISON, stream)
    assert types(log, stream)[-1] == "FeedbackSubmitted"
    assert verify(log).problems == ()
