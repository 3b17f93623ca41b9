"""`xmh doctor`: what is wrong, each with its remedy; and `xmh recover`, its remedy for lost matters."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.base import Frozen, Refusal, refuse
from domain.calendar import SHANGHAI, local_date
from domain.deadlines import owed
from domain.matter import Matter
from domain.notices.reach import unreached
from domain.queries.telling import local
from eventlog import reading
from eventlog.clock import FAST
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.notices import failing
from eventlog.schema import SchemaState, schema_state
from eventlog.secrets import keys_standing
from eventlog.watermark import Watermark, highest
from services.embedded.runfile import RunFile
from services.gateway import Gateway, Unreachable, connect
from services.healing import Healing, Recovery
from services.issuing.bulletins import numbers_on_disk
from services.log_guard import LogGuard, noticed
from services.lost_log import check_nothing_lost, check_own
from services.press import press_by
from services.reprojection import pending
from services.restored_numbers import lagging_numbers
from services.status import reachable

if TYPE_CHECKING:
    from settings import Settings

ENOUGH_DISK = 500 * 1024 * 1024
MANY_RESTARTS = 5
HOUR_MINUTES, DAY_MINUTES = 60, 24 * 60
NAMED = 10
"""So many matters are named; the rest are counted."""
_TO_PRINT = {
    "fonts_missing": "改正后即可成文；没有字体不能签发",
    "template_gone": "改正后即可成文；没有模板不能签发",
    "template_broken": "改好，或移走改用自带的；用 xmh briefing templates 逐个试印",
}
"""What to do when nothing can be printed."""


class HealthFinding(Frozen):
    """One thing that is wrong, or worth knowing: a stable code, what it is, what to do."""

    code: str
    message: str
    remedy: str
    more: dict[str, Any] = {}


class HealthReport(Frozen):
    """What was found. `ok` cannot disagree with the problems; a notice is no problem."""

    problems: tuple[HealthFinding, ...] = ()
    notices: tuple[HealthFinding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def document(self) -> dict[str, Any]:
        """As scripts read it."""

        def shown(finding: HealthFinding) -> dict[str, Any]:
            return {"code": finding.code, "message": finding.message, "remedy": finding.remedy, **finding.more}

        return {
            "ok": self.ok,
            "problems": [shown(p) for p in self.problems],
            "notices": [shown(n) for n in self.notices],
        }


async def examine(settings: "Settings", *, noted: bool = False) -> HealthReport:
    """Look at everything; what cannot be reached is itself a finding. `noted` forgets what was noticed earlier."""
    problems = [*_log(settings), *_disk(settings), *_processes(settings)]
    notices: list[HealthFinding] = []
    for look in (_faces, _templates):
        try:
            notices += look(settings)
        except Refusal as refusal:
            if refusal.code not in {p.code for p in problems}:
                problems.append(
                    HealthFinding(code=refusal.code, message=refusal.message, remedy=_TO_PRINT[refusal.code])
                )
    readable = not any(p.code.startswith(("schema_", "log_")) for p in problems)
    client, trouble = await _client(settings)
    problems += [*trouble, *(_door(settings) if readable else ())]
    if readable:
        with open_log(settings) as database:
            mark = noticed(database)
            if noted and database.witness is not None:
                mark = database.witness.note(database.log(), Watermark.noted)
            notices = [*_healed(mark), *notices]
            problems += _restored(mark, database, settings)
            problems += _clocks(database)
            problems += _keys(database)
            problems += _calendar(database)
            problems += _channels(database)
            problems += _unreached(database, settings)
            problems += _pending_moves(database)
            if client is not None and not any(p.code.startswith("door_key_") for p in problems):
                problems += [p async for p in _matters(client, database, settings)]
    return HealthReport(problems=tuple(problems), notices=tuple(notices))


async def recovered(settings: "Settings", database: Database, *, dry_run: bool) -> Recovery:
    """Start and wake what differs from the log, give no number twice; with `dry_run` only say what.

    Raises:
        Refusal: Temporal does not run or cannot be reached (exit 5).
    """
    if settings.address is None:
        raise Refusal(f"督办服务没有运行（数据目录 {settings.home}），请先运行 xmh up --detach", "unreachable")
    client = await connect(settings.address, settings.temporal_namespace)
    gateway = Gateway(client, database, settings.task_queue, settings.door)
    if not dry_run:
        await LogGuard(Healing(gateway), settings.home).settle()
        await gateway.keep_notices()
    return await Healing(gateway).recover(dry_run=dry_run)


# --- without Temporal


def _log(settings: "Settings") -> Iterator[HealthFinding]:
    if settings.database.startswith("sqlite:") and not settings.home.exists():
        yield HealthFinding(
            code="log_missing", message=f"数据目录 {settings.home} 不存在", remedy="运行 xmh up --detach"
        )
        return
    try:
        state = schema_state(settings.database)
    except LogError as error:
        yield HealthFinding(code=error.code, message=error.message, remedy="检查数据库服务和 XMH_DATABASE_URL 后再试")
        return
    remedies = {
        SchemaState.EMPTY: ("事件日志尚未建立", "运行 xmh up --detach；生产环境运行 xmh migrate"),
        SchemaState.BEHIND: ("事件日志的表结构待升级", "运行 xmh migrate"),
        SchemaState.NEWER: ("事件日志由更新版本的 xmh 建立", "升级 xmh；数据未改动"),
    }
    if state is SchemaState.EMPTY:
        try:
            check_nothing_lost(settings.home)
        except Refusal as refusal:
            yield HealthFinding(
                code=refusal.code, message=refusal.message, remedy="恢复以前不要启动，也不要办理任何事项"
            )
            return
    if state in remedies:
        message, remedy = remedies[state]
        yield HealthFinding(code=f"schema_{state.value}", message=message, remedy=remedy)


def _unreached(database: Database, settings: "Settings") -> Iterator[HealthFinding]:
    """Open matters with somebody whom no notice reaches."""
    matters = [s.state for s in reading.matter_states(database) if isinstance(s.state, Matter)]
    names = {u.id: u.name for u in reading.units(database)}
    for one in unreached(matters, reading.people(database), settings.notices, lambda unit: names.get(unit, unit)):
        yield HealthFinding(
            code="nobody_to_tell", message=one.said, remedy=one.remedy, more={"who": one.who, "matters": one.matters}
        )


def _disk(settings: "Settings") -> Iterator[HealthFinding]:
    if not settings.home.exists():
        return
    free = shutil.disk_usage(settings.home).free
    if free < ENOUGH_DISK:
        yield HealthFinding(
            code="disk_low",
            message=f"数据目录所在磁盘只剩 {free // 2**20} MiB",
            remedy="清理磁盘；写满后命令会被拒绝，已记录的不受影响",
            more={"free_bytes": free},
        )


def _processes(settings: "Settings") -> Iterator[HealthFinding]:
    run = RunFile.read(settings.home)
    if settings.temporal_address or run is None:
        return
    if not run.running:
        left = "，其子进程仍在运行" if run.orphans() else ""
        yield HealthFinding(
            code="supervisor_gone", message=f"xmh up 意外结束{left}", remedy="再运行 xmh up --detach，会先清理遗留进程"
        )
    for name, n in run.restarts.items():
        if n >= MANY_RESTARTS:
            what, log = {"server": ("Temporal 服务", "temporal.log"), "worker": ("办理进程", "worker.log")}[name]
            yield HealthFinding(
                code=f"{name}_restarting",
                message=f"{what}已自动重启 {n} 次",
                remedy=f"查看 {settings.home / 'logs' / log}；处理后 xmh down 再 xmh up --detach",
                more={"restarts": n},
            )


def _door(settings: "Settings") -> Iterator[HealthFinding]:
    """The key without which no order gets through."""
    try:
        _ = settings.door
    except Refusal as refusal:
        remedy = "运行 xmh up 或 xmh migrate 会自动生成；多台机器须用同一个，设置 XMH_DOOR_KEY_FILE"
        yield HealthFinding(code=refusal.code, message=refusal.message, remedy=remedy)


def _faces(settings: "Settings") -> Iterator[HealthFinding]:
    """What printed documents are set in, where the office has not the faces the standard names."""
    from documents.formats.fonts import Typeface

    replaced = Typeface(settings.font_folders).substitutions
    if replaced:
        pairs = "、".join(f"{wanted}→{used}" for wanted, used in replaced.items())
        yield HealthFinding(
            code="fonts_substituted",
            message=f"成文用的字体有替代：{pairs}；PDF 中已声明",
            remedy="把方正小标宋简体、仿宋_GB2312 等放进一个目录，写入 xmh.toml 的 [fonts] folder，或 make fonts",
            more={"substitutions": dict(replaced)},
        )


def _templates(settings: "Settings") -> Iterator[HealthFinding]:
    """Whose templates documents are printed by; those of the office are tried, which takes a second.

    Raises:
        Refusal: `template_gone`; `template_broken`, naming every one that cannot be used.
    """
    from documents.sections.trial import tried

    if settings.template_folder is None:
        message, remedy = "成文用自带的模板", "要改版式请用 xmh briefing templates --export 导出一份修改"
        yield HealthFinding(code="templates", message=message, remedy=remedy, more={"own": []})
        return
    templates = list(tried(press_by(settings)))
    faults = [t.fault for t in templates if t.fault]
    refuse(bool(faults), "；".join(faults), "template_broken")
    own = [t.file for t in templates if t.own]
    named = f"：{'、'.join(own)}" if own else ""
    yield HealthFinding(
        code="templates",
        message=f"本单位的模板{len(own)}个，均可用{named}",
        remedy=f"放在 {settings.template_folder}；移走即用自带的",
        more={"own": own},
    )


def _healed(mark: Watermark) -> Iterator[HealthFinding]:
    for healed in mark.healed:
        when = healed.at.astimezone(SHANGHAI)
        parts = ((healed.missing, "缺失"), (healed.behind, "落后"), (healed.ahead, "超前于日志"))
        what = "、".join(f"{name}{n}件" for n, name in parts if n)
        yield HealthFinding(
            code="healed",
            message=f"{when:%Y-%m-%d %H:%M:%S} 发现 Temporal 与日志不一致（{what}），已自动按日志补上；"
            "可能是进程中断、Temporal 数据丢失或由旧副本还原",
            remedy="无须处理；xmh doctor --noted 后不再提示",
            more=healed.model_dump(mode="json"),
        )


def _restored(mark: Watermark, database: Database, settings: "Settings") -> Iterator[HealthFinding]:
    try:
        fallen = check_own(database, settings.home)
    except Refusal as refusal:
        yield HealthFinding(code=refusal.code, message=refusal.message, remedy="恢复以前不要办理任何事项")
        return
    if fallen is not None and mark.with_restored(fallen) != mark:
        yield HealthFinding(
            code="log_restored",
            message=f"事件日志被换成了较旧的副本：本机见过 {fallen.had_position} 条，现在 {fallen.found_position} 条"
            "或内容不同；核对已发出的编号以前，命令暂不受理",
            remedy="若误用了旧副本，xmh down 后换回最新的再启动；确要从旧副本继续，运行 xmh up --detach 或 xmh recover",
            more=fallen.model_dump(mode="json"),
        )
    for restored in mark.restored:
        yield HealthFinding(
            code="log_restored",
            message=f"事件日志曾由旧副本还原：原有 {restored.had_position} 条，"
            f"{restored.noticed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} "
            f"发现时只有 {restored.found_position} 条或内容不同",
            remedy="据纸质件和通知补录其后办理的事项；已发出的编号已跳过，不会重号；补录后运行 xmh doctor --noted",
            more=restored.model_dump(mode="json"),
        )


def _clocks(database: Database) -> Iterator[HealthFinding]:
    """Whether this machine's clock, the database's and the log's newest entry can all be right."""
    newest, own = reading.clocks(database)
    now = datetime.now(UTC)
    if own is not None and abs(own - now) > FAST:
        yield HealthFinding(
            code="clock_off",
            message=f"本机时钟（{local(now)}）与数据库的时钟（{local(own)}）相差{_apart(own, now)}",
            remedy="校准慢了或快了的那台机器（NTP）；校准前，从快慢不对的机器办理会被拒绝",
            more={"machine": now.isoformat(), "database": own.isoformat()},
        )
    if newest is not None and newest - (own or now) > FAST:
        yield HealthFinding(
            code="log_ahead_of_clock",
            message=f"日志最新一条记于 {local(newest)}，比现在（{local(own or now)}）晚{_apart(newest, own or now)}："
            "曾有一台机器的时钟走快，或现在的时钟走慢",
            remedy="核对本机时间；时间走到之前，新的记录都记在这一时刻，先后次序不受影响",
            more={"newest": newest.isoformat()},
        )


def _keys(database: Database) -> Iterator[HealthFinding]:
    """Whether the keys of secrets are wrapped, and can be opened here."""
    keys = keys_standing(database)
    if keys.unwrapped:
        yield HealthFinding(
            code="keys_unwrapped",
            message=f"有{keys.unwrapped}把密钥还没有用主密钥加密，拿到数据库副本的人能看涉密内容",
            remedy="运行 xmh migrate（内置服务重新 xmh up）",
        )
    if keys.locked:
        yield HealthFinding(
            code="master_key",
            message=f"有{keys.locked}把密钥在这里打不开：主密钥不在，或不是原来的那一把",
            remedy="找回 master.key（或 XMH_MASTER_KEY、XMH_MASTER_KEY_COMMAND）；它不在数据库里，须单独备份",
        )


def _apart(one: datetime, other: datetime) -> str:
    minutes = int(abs(one - other).total_seconds() // 60)
    if minutes < HOUR_MINUTES:
        return f"{minutes}分钟"
    return f"{minutes // HOUR_MINUTES}小时" if minutes < DAY_MINUTES else f"{minutes // DAY_MINUTES}天"


def _calendar(database: Database) -> Iterator[HealthFinding]:
    rulebook = reading.rulebook(database)
    years: dict[int, set[str]] = {}
    for loaded in reading.matter_states(database):
        matter = loaded.state
        if not isinstance(matter, Matter) or matter.ended:
            continue
        days = [matter.due, *(local_date(d.at) for d in owed(matter, rulebook, datetime.now(UTC)))]
        days += [p.due for p in matter.points if p.due and p.open]
        for day in days:
            if rulebook.calendar.is_provisional(day):
                years.setdefault(day.year, set()).add(matter.number)
    for year, numbers in sorted(years.items()):
        yield HealthFinding(
            code="calendar_unpublished",
            message=f"{year} 年工作日历尚未公布，{len(numbers)} 件未办结事项的时限按周一至周五暂定",
            remedy="国务院办公厅通知印发后运行 xmh calendar publish FILE，时限会自动重算",
            more={"year": year, "matters": sorted(numbers)[:NAMED]},
        )


def _pending_moves(database: Database) -> Iterator[HealthFinding]:
    """Matters whose deadlines are not yet those of the calendar and the policy in force."""
    waiting = pending(database, datetime.now(UTC))
    if waiting:
        loaded = (reading.load(database, stream) for stream in waiting[:NAMED])
        numbers = [f.state.number for f in loaded if f is not None and isinstance(f.state, Matter)]
        yield HealthFinding(
            code="deadlines_pending",
            message=f"日历或规则已变，{len(waiting)} 件事项的时限尚待重算：{'、'.join(numbers)}",
            remedy="督办服务运行时一分钟内会自动重算；没有运行的话，运行 xmh up --detach",
            more={"matters": numbers, "count": len(waiting)},
        )


def _channels(database: Database) -> Iterator[HealthFinding]:
    for channel in failing(database):
        since = channel.since.astimezone(SHANGHAI)
        yield HealthFinding(
            code="channel_failing",
            message=f"通知渠道 {channel.channel} 连续{channel.attempts}次没有送达（{channel.error}），"
            f"{channel.waiting}条通知自 {since:%Y-%m-%d %H:%M} 起等待；其他渠道和事项办理不受影响",
            remedy="检查 xmh.toml 的 [notices] 和渠道的服务；修好后会自动补发，也可运行 xmh notice retry --failed",
            more={
                "channel": channel.channel,
                "waiting": channel.waiting,
                "attempts": channel.attempts,
                "error": channel.error,
            },
        )


# --- with Temporal


async def _client(settings: "Settings") -> tuple[Client | None, list[HealthFinding]]:
    if settings.address is None:
        return None, [HealthFinding(code="not_running", message="督办服务没有运行", remedy="运行 xmh up --detach")]
    trouble = HealthFinding(
        code="temporal_unreachable",
        message=f"连不上 Temporal 服务（{settings.address}）",
        remedy="运行 xmh status 查看；内置服务用 xmh up --detach 启动，外部服务请检查地址和网络",
    )
    if not reachable(settings.address):
        return None, [trouble]
    try:
        return await connect(settings.address, settings.temporal_namespace), []
    except Unreachable:
        return None, [trouble]


async def _matters(client: Client, database: Database, settings: "Settings") -> AsyncIterator[HealthFinding]:
    gateway = Gateway(client, database, settings.task_queue, settings.door)
    try:
        at_work = await _workers(client, settings)
        lagging = lagging_numbers(
            database, highest(await Healing(gateway).numbers_known(), numbers_on_disk(settings.home))
        )
        numbers = {s.stream: s.state.number for s in reading.matter_states(database) if isinstance(s.state, Matter)}
        wedged = await _wedged(client, [h.stream for h in reading.open_streams(database, "matter")])
        # Without a worker no matter can say where it stands.
        recovery = await Healing(gateway).recover(dry_run=True) if at_work else None
        delivering = await gateway.notices_run()
    except RPCError as error:
        yield HealthFinding(
            code="temporal_unreachable", message=f"Temporal 服务没有答复（{error.status.name}）", remedy="稍后再试"
        )
        return
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
