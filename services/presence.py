"""A worker and a web server say every half minute that they serve this log: `status` and `doctor` know all of them."""

import asyncio
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from threading import Lock
from typing import Any
from uuid import uuid4

import structlog

from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.presence import ServingKind, ServingProcess, say_left, say_present, serving_processes
from services.doctor.report import HealthFinding

logger = structlog.get_logger()
SAID_EVERY = 30.0
LOST_AFTER = timedelta(minutes=3)
"""A process that has said nothing for so long does not serve: it was killed, or its machine is away."""
LABELS = {ServingKind.WORKER: "办理进程", ServingKind.WEB: "网页"}


class Presence:
    """One process of the installation, as the others see it."""

    def __init__(
        self, database: Database, kind: ServingKind, detail: Callable[[], dict[str, Any]] = dict[str, Any]
    ) -> None:
        """`detail` is asked each time it speaks."""
        self._database = database
        self._detail = detail
        self._speaking, self._left = Lock(), False
        now = datetime.now(UTC)
        self._process = ServingProcess(
            id=uuid4().hex,
            kind=kind,
            host=platform.node(),
            pid=os.getpid(),
            build=version("xmh"),
            started_at=now,
            seen_at=now,
        )

    async def for_ever(self) -> None:
        """Say so every half minute, and in the end that it leaves. A log that is away hears it later."""
        try:
            while True:
                await asyncio.to_thread(self._say)
                await asyncio.sleep(SAID_EVERY)
        finally:
            with suppress(LogError):
                await asyncio.shield(asyncio.to_thread(self._leave))

    def _say(self) -> None:
        try:
            with self._speaking:
                if not self._left:  # else it was cancelled before its thread began
                    update = {"seen_at": datetime.now(UTC), "detail": self._detail()}
                    say_present(self._database, self._process.model_copy(update=update))
        except LogError as error:
            logger.warning("presence_not_said", error=error.message)
        except Exception:
            logger.exception("presence_not_said")  # the next time may succeed; silent, it would be told of as lost

    def _leave(self) -> None:
        """Last of all: whoever is cancelled while his thread still speaks would be there again after he left."""
        with self._speaking:
            self._left = True
            say_left(self._database, self._process.id)


def installation(database: Database, now: datetime) -> list[dict[str, Any]]:
    """Every process that serves the log, for `status`; `lost` when it has said nothing for minutes."""
    return [
        {**process.model_dump(mode="json", exclude={"id"}), "lost": is_lost(process, now)}
        for process in serving_processes(database)
    ]


def is_lost(process: ServingProcess, now: datetime) -> bool:
    """Whether it ended without saying so."""
    return now - process.seen_at > LOST_AFTER


def presence_noticed(database: Database, now: datetime) -> Iterator[HealthFinding]:
    """For doctor: processes that fell silent, and workers of different builds side by side."""
    processes = serving_processes(database)
    for one in processes:
        # Who was started again elsewhere, or after it, is not missed.
        followed = any(o.kind is one.kind and o.host == one.host and o.started_at > one.seen_at for o in processes)
        if is_lost(one, now) and not followed:
            minutes = int((now - one.seen_at).total_seconds() // 60)
            who = f"{one.host} 上的{LABELS[one.kind]}（进程 {one.pid}）"
            yield HealthFinding(
                code="process_lost",
                message=f"{who}{minutes}分钟没有音信，可能被中断，或机器离线",
                remedy="在那台机器上看日志，重新启动；不再用它的，七天后不再提示",
            )
    builds = sorted({o.build for o in processes if o.kind is ServingKind.WORKER and not is_lost(o, now)})
    if len(builds) > 1:
        yield HealthFinding(
            code="builds_differ",
            message=f"办理进程的版本不同：{'、'.join(builds)}",
            remedy="升级中途可以如此；升级完了，请把各台机器都换成同一版本",
        )
