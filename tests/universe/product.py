"""The product's few roads to clock, chance, threads and disk, led into a universe."""

import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import activities.log
import activities.meetings
import eventlog.clock
import services.gateway
import services.log_guard
import services.restored_numbers
import services.sweep
import workflows.logged
import workflows.matter
import workflows.meeting
import workflows.stream
from eventlog.backend import Question, Row
from eventlog.errors import LogUnreachable
from eventlog.sqlite import SqliteBackend, SqliteConnection
from tests.support.office import founded, sqlite
from tests.universe.sdk import Shim
from tests.universe.worker import Acting
from tests.universe.world import World


class _Here:
    """The universe that is played now."""

    world: World | None = None


def enter(world: World) -> None:
    """From now on this is the universe whose clock the product reads."""
    _Here.world = world


def current_world() -> World:
    """The universe that is played now."""
    assert _Here.world is not None
    return _Here.world


class _Clock(datetime):
    """Reads the virtual clock, and the real one while no universe is played."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return _Here.world.moment if _Here.world is not None else datetime.now(tz)


class _Chance:
    @property
    def hex(self) -> str:
        return f"{current_world().tape.below('uuid', 1 << 32):08x}"


class _Silent:
    def __getattr__(self, _: str) -> Any:
        return lambda *a, **k: None


def installed() -> "list[tuple[Any, str, Any]]":
    """What stands where, while universes are played: (module, name, stand-in)."""
    shim = Shim()
    Shim.logger.disabled = True
    clocked = (services.gateway, services.log_guard, services.restored_numbers, services.sweep, eventlog.clock)
    return [
        *(
            (module, "workflow", shim)
            for module in (workflows.logged, workflows.matter, workflows.meeting, workflows.stream)
        ),
        *((module, "activity", Acting) for module in (activities.log, activities.meetings)),
        *((module, "datetime", _Clock) for module in clocked),
        *((module, "logger", _Silent()) for module in (activities.log, activities.meetings)),
        *((module, "logger", _Silent()) for module in (services.log_guard, services.sweep)),
        (services.gateway, "uuid4", _Chance),
    ]


class MemoryBackend(SqliteBackend):
    """The product's SQLite, its file replaced by memory; locked when the world says so."""

    def __init__(self, content: bytes) -> None:
        super().__init__(Path("/memory"))
        self.raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=256)
        self.raw.deserialize(content)
        self.locked_until = -1

    def missing(self) -> bool:
        return False

    def connect(self, *, create: bool = False) -> SqliteConnection:
        del create
        return _Reachable(self)


class _Reachable(SqliteConnection):
    def __init__(self, backend: MemoryBackend) -> None:
        super().__init__(backend.raw)
        self._backend = backend

    def begin_write(self, *, long: bool, look: Question | None = None) -> list[Row]:
        if self._backend.locked_until > current_world().now:
            raise LogUnreachable("locked")
        return super().begin_write(long=long, look=look)

    def close(self) -> None:
        """The memory stays."""


@lru_cache(maxsize=1)
def founded_log() -> bytes:
    """A log with its rules and a small office, as the bytes of its database."""
    _Here.world = None
    with tempfile.TemporaryDirectory() as folder:
        founded(sqlite(Path(folder))).close()
        with closing(sqlite3.connect(Path(folder) / "events.db")) as raw:
            raw.execute("PRAGMA journal_mode=DELETE")  # memory has no write-ahead log
            return bytes(raw.serialize())
