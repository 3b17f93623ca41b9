"""What Temporal says is wrong, held against the log."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.base import Refusal
from eventlog import reading
from eventlog.database import Database
from eventlog.watermark import highest_numbers
from services.doctor.report import NAMED, HealthFinding
from services.gateway import Gateway, Unreachable
from services.healing import Healing, Recovery
from services.issuing.bulletins import bulletin_numbers_on_disk
from services.payload_keys import payload_keys
from services.restored_numbers import lagging_numbers
from services.status import is_reachable
from services.temporal_client import connect, stored_under

if TYPE_CHECKING:
    from settings import Settings

OWN_NAMESPACE = (
    "各套安装各用自己的 XMH_TEMPORAL_NAMESPACE，改后重启；"
    "那本日志确已不用的，运行 xmh recover --take-over，通知发过一轮即消失"
)
KEY_LOST = (
    "取回原来的 temporal.key（第一次装的，用 openssl rand -hex 32 做一个）；"
    "找不回的运行 xmh access temporal-key --rotate，未办结事项会按日志重新开始；"
    "另一套安装也在用这个命名空间的，各用自己的 XMH_TEMPORAL_NAMESPACE"
)
"""The log holds all that matters: what is lost with the keys are the histories in Temporal."""


async def client_or_trouble(settings: "Settings") -> tuple[Client | None, list[HealthFinding]]:
    """For doctor: a connection to Temporal, or what is wrong that there is none."""
    if settings.address is None:
        return None, [HealthFinding(code="not_running", message="督办服务没有运行", remedy="运行 xmh up --detach")]
    trouble = HealthFinding(
        code="temporal_unreachable",
        message=f"连不上 Temporal 服务（{settings.address}）",
        remedy="运行 xmh status 查看；内置服务用 xmh up --detach 启动，外部服务请检查地址和网络",
    )
    if not is_reachable(settings.address):
        return None, [trouble]
    try:
        client = await connect(settings)
        return client, [fault async for fault in _sealing_trouble(client, settings)]
    except Unreachable as silence:
        return None, [trouble.model_copy(update={"message": silence.message})]
    except Refusal as refusal:
        remedy = KEY_LOST if refusal.code.startswith("temporal_key") else "改正设置后再试"
        return None, [HealthFinding(code=refusal.code, message=refusal.message, remedy=remedy)]


async def _sealing_trouble(client: Client, settings: "Settings") -> AsyncIterator[HealthFinding]:
    """For doctor: whether this home can open what is stored there now."""
    with suppress(RPCError):
        stored, keys = await stored_under(client, settings), payload_keys(settings)
        if stored is not None and keys.get(stored) is None:
            yield HealthFinding(
                code="temporal_key_lost",
                message=f"Temporal 里的内容用密钥 {stored} 加密，本机的 {settings.temporal_key_place} 里没有这一把",
                remedy=KEY_LOST,
                more={"key": stored},
            )


async def matter_trouble(client: Client, database: Database, settings: "Settings") -> AsyncIterator[HealthFinding]:
    """For doctor: whether a worker runs, and which matters Temporal lost, holds otherwise, or cannot run."""
    gateway = Gateway(client, database, settings.task_queue, settings.door)
    try:
        at_work = await _workers(client, settings)
        lagging = lagging_numbers(
            database,
            highest_numbers(await Healing(gateway).numbers_known(), bulletin_numbers_on_disk(settings.store_place)),
        )
        wedged = await _wedged(client, [h.stream for h in reading.open_streams(database, "matter")])
        # Without a worker no matter can say where it stands.
        recovery = await Healing(gateway).recover(dry_run=True) if at_work else None
        delivering = await gateway.notices_run()
        elsewhere = await gateway.witnessed()
        shared = elsewhere is not None and elsewhere.log != database.log()
        shared = shared or not await gateway.owns_queue()
    except RPCError as error:
        yield HealthFinding(
            code="temporal_unreachable", message=f"Temporal 服务没有答复（{error.status.name}）", remedy="稍后再试"
        )
        return
    if shared:
        yield HealthFinding(
            code="namespace_shared",
            message=f"Temporal 命名空间 {settings.temporal_namespace} 的任务队列 {settings.task_queue} "
            "上是另一本日志的流程：两套安装用了同一处，会互相接走对方的事项",
            remedy=OWN_NAMESPACE,
        )
    if not at_work:
        yield HealthFinding(
            code="no_worker",
            message=f"没有办理进程在处理任务队列 {settings.task_queue}",
            remedy="内置服务运行 xmh up --detach；生产环境运行 xmh worker",
        )
    if at_work and not delivering:
        yield HealthFinding(
            code="notices_stopped", message="通知发送没有在运行", remedy="一分钟内会自动启动，也可运行 xmh recover"
        )
    if lagging:
        yield HealthFinding(
            code="log_restored",
            message="日志里的编号低于已发出的编号：日志由旧副本还原",
            remedy="运行 xmh recover 跳过已发出的编号；据纸质件补录其后办理的事项",
            more={"numbers": {series: {"log": last, "seen": seen} for series, (last, seen) in lagging.items()}},
        )
    for finding in _about_matters(recovery, wedged, {row.stream: row.number for row in reading.list_rows(database)}):
        yield finding


def _about_matters(
    recovery: Recovery | None, wedged: Sequence[str], numbers: Mapping[str, str]
) -> Iterator[HealthFinding]:
    """Which matters are wedged, lost or held otherwise, by number as far as they have one."""
    streams = {
        "matters_wedged": (
            wedged,
            "卡住，命令得不到答复",
            "一分钟内会按日志自动重启，也可运行 xmh recover；反复出现时查看 worker.log",
        ),
        **_gaps(recovery, wedged),
    }
    for code, (which, what, remedy) in streams.items():
        if which:
            named = "、".join(numbers.get(s, s) for s in which[:NAMED]) + ("……" if len(which) > NAMED else "")
            yield HealthFinding(
                code=code,
                message=f"{len(which)} 件事项{what}：{named}",
                remedy=remedy,
                more={"matters": [numbers.get(s, s) for s in which[:NAMED]], "count": len(which)},
            )


def _gaps(recovery: Recovery | None, wedged: Iterable[str]) -> dict[str, tuple[list[str], str, str]]:
    if recovery is None:
        return {}
    behind = [s for s in (*recovery.behind, *recovery.silent) if s not in set(wedged)]
    return {
        "matters_missing": (list(recovery.missing), "在 Temporal 中缺失，计时已停", "运行 xmh recover"),
        "matters_foreign": (
            list(recovery.foreign),
            "的名字被别处的流程占用，命令得不到答复",
            "一分钟内会自动接管，也可运行 xmh recover；若两处各用一个任务队列，请改用同一个 XMH_TASK_QUEUE",
        ),
        "matters_behind": (behind, "落后于日志", "运行 xmh recover"),
        "matters_ahead": (list(recovery.ahead), "超前于日志，日志由旧副本还原", "运行 xmh recover，并据纸质件补录"),
        "clock_refused": (
            list(recovery.refused),
            "到期应办的被日志拒绝，已暂停计时、隔一段时间自动再试；命令照常受理",
            "查看 worker.log 中的 clock_refused 一行；办理该事项的任何一条命令会让它立即再试",
        ),
    }


async def _workers(client: Client, settings: "Settings") -> bool:
    request = DescribeTaskQueueRequest(
        namespace=settings.temporal_namespace,
        task_queue=TaskQueue(name=settings.task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    return bool((await client.workflow_service.describe_task_queue(request)).pollers)


async def _wedged(client: Client, streams: list[str]) -> list[str]:
    """Matters whose workflow task was attempted and failed: the status stays "running", only the attempts climb."""
    gate = asyncio.Semaphore(10)

    async def one(stream: str) -> bool:
        async with gate:
            try:
                described = await client.get_workflow_handle(stream).describe()
            except RPCError:
                return False
            return described.raw_description.pending_workflow_task.attempt > 1

    stuck = await asyncio.gather(*map(one, streams))
    return [stream for stream, is_stuck in zip(streams, stuck, strict=True) if is_stuck]
