"""`xmh recover`: bringing Temporal to the log on demand, what the sweep does every minute."""

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.base import Refusal
from eventlog.database import Database
from eventlog.errors import LogError
from services.gateway import Gateway
from services.healing import Healing, Recovery
from services.log_guard import LogGuard
from services.operations_record import record_recovery
from services.temporal_client import connect

if TYPE_CHECKING:
    from settings import Settings


async def recover_runs(settings: "Settings", database: Database, *, dry_run: bool, take_over: bool = False) -> Recovery:
    """Start and wake the runs in Temporal that differ from the log, give no number twice; with `dry_run` only say what.

    What had to be healed is on record. With `take_over` the task queue is this log's from now on, whose it was before.

    Raises:
        Refusal: Temporal does not run or cannot be reached (exit 5); or all is healed, and the log refused the record.
        LogError: the log cannot be read; or all is healed, and it cannot be written.
    """
    if settings.address is None:
        raise Refusal(f"督办服务没有运行（数据目录 {settings.home}），请先运行 xmh up --detach", "unreachable")
    client = await connect(settings)
    gateway = Gateway(client, database, settings.task_queue, settings.door)
    if not dry_run:
        await gateway.claim_queue(anew=take_over)
        await LogGuard(Healing(gateway), lambda: settings.store_place).settle()
        await gateway.keep_notices()
    recovery = await Healing(gateway).recover(dry_run=dry_run)
    if not dry_run and not recovery.level:
        try:
            await asyncio.to_thread(record_recovery, database, settings.home, recovery, f"recover:{uuid4().hex}")
        except (LogError, Refusal) as error:
            line = f"已按日志恢复，但没有记入日志：{error.message}"
            raise (Refusal if isinstance(error, Refusal) else LogError)(line, error.code) from error
    return recovery
