"""`xmh recover`: bringing Temporal to the log on demand, what the sweep does every minute."""

from typing import TYPE_CHECKING

from domain.base import Refusal
from eventlog.database import Database
from services.gateway import Gateway
from services.healing import Healing, Recovery
from services.log_guard import LogGuard
from services.temporal_client import connect

if TYPE_CHECKING:
    from settings import Settings


async def recover_runs(settings: "Settings", database: Database, *, dry_run: bool) -> Recovery:
    """Start and wake the runs in Temporal that differ from the log, give no number twice; with `dry_run` only say what.

    Raises:
        Refusal: Temporal does not run or cannot be reached (exit 5).
    """
    if settings.address is None:
        raise Refusal(f"督办服务没有运行（数据目录 {settings.home}），请先运行 xmh up --detach", "unreachable")
    client = await connect(settings)
    gateway = Gateway(client, database, settings.task_queue, settings.door)
    if not dry_run:
        await LogGuard(Healing(gateway), settings.home).settle()
        await gateway.keep_notices()
    return await Healing(gateway).recover(dry_run=dry_run)
