"""`xmh upgrade`: what would happen if this build took over the log, and why it may not yet."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from domain.base import Frozen, Refusal
from eventlog.older import OlderLog, look_at_log
from eventlog.presence import ServingProcess
from eventlog.schema import HEAD, REVISIONS, SchemaState, schema_state
from services.presence import LABELS, is_lost
from services.unreachable import Unreachable

if TYPE_CHECKING:
    from settings import Settings

BACKED_UP_WITHIN = timedelta(days=1)
ROOM = 2
"""Times the size of SQLite's file must be free: what is made anew lies beside what it replaces."""
RUNNING = "表结构要升级，旧版本的{who}仍在运行；请先停下它们（xmh down，或各台机器的服务），再升级"


class UpgradeCheck(Frozen):
    """What an upgrade would find and do."""

    build: str
    state: SchemaState
    revision: str | None
    """The newest migration the log has."""
    steps: int
    """Migrations this build would run."""
    serving: tuple[ServingProcess, ...]
    """Those that live."""
    backed_up_at: datetime | None
    replayed: int | None = None
    """Running histories this build carried on; None when nobody could be asked."""
    troubles: tuple[str, ...] = ()
    """Why not yet, each in one line."""
    advice: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing stands against it."""
        return not self.troubles

    @property
    def rolling(self) -> bool:
        """Whether old and new build may work side by side: the tables stay as they are."""
        return self.state is SchemaState.CURRENT


def check_old_workers(url: str, now: datetime) -> None:
    """Refuse to change tables under a process of an earlier build: it would answer nothing any more, in the middle.

    Raises:
        Refusal: `running`.
        LogUnreachable: the database cannot be reached.
    """
    if schema_state(url) is SchemaState.BEHIND and (living := _living(look_at_log(url), now)):
        raise Refusal(RUNNING.format(who=_named(living)), "running")


async def check_upgrade(settings: "Settings", now: datetime) -> UpgradeCheck:
    """Look at everything an upgrade depends on; nothing is changed.

    Raises:
        Refusal: `not_found`: there is no log yet.
        LogUnreachable: the database cannot be reached.
    """
    url = settings.database
    state, log = schema_state(url), look_at_log(url)
    if state is SchemaState.EMPTY:
        raise Refusal("事件日志尚未建立，没有可以升级的；请先运行 xmh up 或 xmh migrate", "not_found")
    living = _living(log, now)
    troubles = [*_of_tables(state, log, living), *_of_disk(url)]
    replayed, replay_troubles, replay_advice = await _replayed(settings)
    advice = [*replay_advice, *_of_backup(log, now)]
    return UpgradeCheck(
        build=version("xmh"),
        state=state,
        revision=log.revision,
        steps=len(REVISIONS) - REVISIONS.index(log.revision) - 1 if log.revision in REVISIONS else 0,
        serving=living,
        backed_up_at=log.backed_up_at,
        replayed=replayed,
        troubles=(*troubles, *replay_troubles),
        advice=tuple(advice),
    )


def _living(log: OlderLog, now: datetime) -> tuple[ServingProcess, ...]:
    return tuple(one for one in log.serving if not is_lost(one, now))


def _named(processes: tuple[ServingProcess, ...]) -> str:
    return "、".join(f"{one.host} 的{LABELS[one.kind]}（进程 {one.pid}）" for one in processes)


def _of_tables(state: SchemaState, log: OlderLog, living: tuple[ServingProcess, ...]) -> Iterator[str]:
    if state is SchemaState.NEWER:
        newer = f"日志的表结构（{log.revision}）比本版本（{HEAD}）新，不能用旧版本接管"
        yield f"{newer}；要退回，请用升级前的备份还原到新目录"
    if state is SchemaState.BEHIND and living:
        yield RUNNING.format(who=_named(living))


def _of_disk(url: str) -> Iterator[str]:
    if not url.startswith("sqlite:"):
        return
    file = Path(url.removeprefix("sqlite:///"))
    size, free = file.stat().st_size, shutil.disk_usage(file.parent).free
    if free < ROOM * size:
        yield f"{file.parent} 只剩 {free >> 20} MB，升级最多要 {ROOM * size >> 20} MB；请先腾出空间"


def _of_backup(log: OlderLog, now: datetime) -> Iterator[str]:
    if log.backed_up_at is None or now - log.backed_up_at > BACKED_UP_WITHIN:
        yield "一天之内没有备份过，升级前请先 xmh backup 备份（PostgreSQL 用它自己的备份）"


async def _replayed(settings: "Settings") -> tuple[int | None, list[str], list[str]]:
    """How many running histories this build carries on, why others not, and that nobody could be asked."""
    from services.preflight import replay_runs

    try:
        replays = await replay_runs(settings)
    except (Refusal, Unreachable):
        return None, [], ["Temporal 没有在运行，没有预检正在运行的流程；可在旧版本运行时用本版本再核一次"]
    failing = [f"{one.workflow} 的历史本版本接不上：{one.why}" for one in replays.failures]
    return replays.replayed, failing, []
