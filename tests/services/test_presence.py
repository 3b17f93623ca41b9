"""Every worker and web server of an installation is known to whoever asks, on whatever machine; who fell silent too."""

import asyncio
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from eventlog.database import Database
from eventlog.presence import FORGOTTEN_AFTER, ServingKind, ServingProcess, say_present, serving_processes
from services.presence import LOST_AFTER, Presence, installation, presence_noticed

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)


def seen(database: Database, name: str, ago: timedelta = timedelta(0), **more: str | datetime) -> None:
    before = NOW - ago
    process = ServingProcess.model_validate(
        {
            "id": name,
            "kind": ServingKind.WORKER,
            "host": f"host-{name}",
            "pid": 7,
            "build": "1.0",
            "started_at": before,
            "seen_at": before,
            **more,
        }
    )
    say_present(database, process)


def noticed(database: Database) -> list[str]:
    return [one.code for one in presence_noticed(database, NOW)]


def test_a_process_says_that_it_serves_and_when_it_leaves(database: Database) -> None:
    async def life() -> None:
        speaking = asyncio.create_task(Presence(database, ServingKind.WEB, lambda: {"healed": 2}).for_ever())
        while not serving_processes(database):  # noqa: ASYNC110  (another thread says so)
            await asyncio.sleep(0.01)
        [shown] = installation(database, datetime.now(UTC))
        assert (shown["kind"], shown["pid"], shown["detail"], shown["lost"]) == (
            "web",
            os.getpid(),
            {"healed": 2},
            False,
        )
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking

    asyncio.run(life())
    assert serving_processes(database) == ()


def test_who_could_not_say_so_once_says_so_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent from then on, a process that serves would be told of as lost."""
    monkeypatch.setattr("services.presence.SAID_EVERY", 0.01)
    asked = iter(("no answer", None))

    def described() -> dict[str, str]:
        if next(asked, None):
            raise RuntimeError
        return {}

    async def life() -> None:
        speaking = asyncio.create_task(Presence(database, ServingKind.WORKER, described).for_ever())
        try:
            async with asyncio.timeout(5):
                while not serving_processes(database):  # noqa: ASYNC110  (another thread says so)
                    await asyncio.sleep(0.01)
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)

    asyncio.run(life())


def test_who_is_stopped_while_he_speaks_has_left_all_the_same(database: Database) -> None:
    speaks, goes_on = threading.Event(), threading.Event()

    def described() -> dict[str, str]:
        speaks.set()
        goes_on.wait(5)
        return {}

    async def life() -> None:
        speaking = asyncio.create_task(Presence(database, ServingKind.WORKER, described).for_ever())
        await asyncio.to_thread(speaks.wait)
        speaking.cancel()
        asyncio.get_running_loop().call_later(0.2, goes_on.set)
        await asyncio.gather(speaking, return_exceptions=True)

    asyncio.run(life())
    assert serving_processes(database) == ()


def test_who_fell_silent_is_named_until_another_took_its_place(database: Database) -> None:
    seen(database, "a")
    assert noticed(database) == []
    seen(database, "b", LOST_AFTER)
    assert noticed(database) == [], "within the time"
    seen(database, "c", LOST_AFTER + timedelta(seconds=1))
    [finding] = presence_noticed(database, NOW)
    assert (finding.code, finding.message[:11]) == ("process_lost", "host-c 上的办理")
    assert [one["lost"] for one in installation(database, NOW)] == [False, False, True]
    seen(database, "d", host="host-c")
    assert noticed(database) == []


def test_workers_of_different_builds_are_told(database: Database) -> None:
    seen(database, "a")
    seen(database, "b", build="2.0", kind=ServingKind.WEB)
    assert noticed(database) == [], "pages may be older for a while"
    seen(database, "c", build="2.0")
    [finding] = presence_noticed(database, NOW)
    assert (finding.code, "1.0、2.0" in finding.message) == ("builds_differ", True)


def test_who_was_not_heard_of_for_a_week_is_forgotten(database: Database) -> None:
    seen(database, "old", FORGOTTEN_AFTER + timedelta(seconds=1))
    assert [p.id for p in serving_processes(database)] == ["old"]
    seen(database, "new")
    assert [p.id for p in serving_processes(database)] == ["new"]
