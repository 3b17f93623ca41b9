"""What the log says is wrong, and what was noticed and mended before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from domain.base import Refusal
from domain.calendar import SHANGHAI, local_date
from domain.deadlines import owed
from domain.ids import OfficeStream
from domain.matter import Matter
from domain.notices.backoff import FAILING_AFTER
from domain.notices.reach import unreached_of_matters, without_liaison
from domain.operations import Operations
from domain.queries.telling import office_time
from eventlog import reading
from eventlog.clock import FAST
from eventlog.database import Database
from eventlog.notices import failing_channels
from eventlog.secrets import key_protection
from eventlog.watermark import Watermark
from eventlog.webhooks import kept_webhooks
from services.checkpoints_left import all_parties
from services.checkpoints_pending import PendingCheckpoint
from services.doctor.report import NAMED, HealthFinding
from services.inspection import LOST, NO_STORE
from services.lost_log import check_own_log
from services.reprojection import pending_reprojections

if TYPE_CHECKING:
    from settings import Settings

HOUR_MINUTES, DAY_MINUTES = 60, 24 * 60
BACKED_UP_WITHIN = timedelta(days=7)
"""So long a log may be without a backup before doctor says so."""
DRILLED_WITHIN = timedelta(days=100)
"""A quarter and some days: so long nobody may have tried whether a backup can be had back."""


def healing_noticed(mark: Watermark) -> Iterator[HealthFinding]:
    """For doctor: when Temporal was brought to the log without anybody asking."""
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


def restored_log(mark: Watermark, database: Database, settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether the log is, or was, put back from an older copy."""
    try:
        fallen = check_own_log(database, settings)
    except Refusal as refusal:
        yield HealthFinding(code=refusal.code, message=refusal.message, remedy="恢复以前不要办理任何事项")
        return
    if fallen is not None and mark.with_restored(fallen) != mark:
        yield HealthFinding(
            code="log_restored",
            message=f"事件日志被换成了{fallen.how}；核对已发出的编号以前，命令暂不受理",
            remedy="若误用了旧副本，xmh down 后换回最新的再启动；确要从旧副本继续，运行 xmh up --detach 或 xmh recover",
            more=fallen.model_dump(mode="json"),
        )
    for restored in mark.restored:
        yield HealthFinding(
            code="log_restored",
            message=f"{restored.noticed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 发现事件日志换成了{restored.how}",
            remedy="据纸质件和通知补录所缺的事项（已换回最新日志的不缺）；已发出的编号已跳过，不会重号；"
            "完了运行 xmh doctor --noted",
            more=restored.model_dump(mode="json"),
        )


def clock_trouble(database: Database) -> Iterator[HealthFinding]:
    """For doctor: whether this machine's clock, the database's and the log's newest entry can all be right."""
    newest, own = reading.log_clocks(database)
    now = datetime.now(UTC)
    if own is not None and abs(own - now) > FAST:
        yield HealthFinding(
            code="clock_off",
            message=f"本机时钟（{office_time(now)}）与数据库的时钟（{office_time(own)}）相差{_apart(own, now)}",
            remedy="校准慢了或快了的那台机器（NTP）；校准前，从快慢不对的机器办理会被拒绝",
            more={"machine": now.isoformat(), "database": own.isoformat()},
        )
    if newest is not None and newest - (own or now) > FAST:
        yield HealthFinding(
            code="log_ahead_of_clock",
            message=f"日志最新一条记于 {office_time(newest)}，比现在（{office_time(own or now)}）"
            f"晚{_apart(newest, own or now)}："
            "曾有一台机器的时钟走快，或现在的时钟走慢",
            remedy="核对本机时间；时间走到之前，新的记录都记在这一时刻，先后次序不受影响",
            more={"newest": newest.isoformat()},
        )


def key_trouble(database: Database) -> Iterator[HealthFinding]:
    """For doctor: whether the keys of secrets are wrapped, and can be opened here."""
    keys = key_protection(database)
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


def backup_noticed(database: Database, now: datetime, *, elsewhere: bool = False) -> Iterator[HealthFinding]:
    """For doctor: a log in use for a while that was never backed up, or not lately, or without all of its files.

    `elsewhere`: each machine may keep files of its own, no store being declared.
    """
    loaded = reading.load(database, database.own(OfficeStream.OPERATIONS))
    done = loaded.state if loaded and isinstance(loaded.state, Operations) else Operations()
    if done.backup is not None and done.backup.lacking:
        yield HealthFinding(
            code="backup_lacks_files",
            message=f"上次备份（{done.backup.file}）有{done.backup.lacking}处文件缺失或与日志不符",
            remedy=NO_STORE if elsewhere else f"xmh audit verify 逐个说出，是链接的由 xmh backup 说出；{LOST}",
        )
    last = max((t for t in (done.backed_up_at, done.restored_at) if t is not None), default=None)
    first = next(iter(reading.read_all(database, 0, 1)), None)
    began = last or (first.recorded_at if first else now)
    if now - began < BACKED_UP_WITHIN:
        return
    message = f"上次备份是{_apart(now, last)}以前" if last else "事件日志从未备份"
    yield HealthFinding(
        code="backup_due",
        message=message,
        remedy="运行 xmh backup FILE，写到另一块盘；可放进定时任务。另有数据库自己的备份的，不看这一条",
    )


def drill_noticed(database: Database, now: datetime) -> Iterator[HealthFinding]:
    """For doctor: a log in use for a quarter of which no backup was tried for a quarter."""
    loaded = reading.load(database, database.own(OfficeStream.OPERATIONS))
    done = loaded.state if loaded and isinstance(loaded.state, Operations) else Operations()
    first = next(iter(reading.read_all(database, 0, 1)), None)
    began = done.tried_at or (first.recorded_at if first else now)
    if now - began < DRILLED_WITHIN:
        return
    message = f"上次合格的备份演练是{_apart(now, done.tried_at)}以前" if done.tried_at else "备份从未演练过"
    yield HealthFinding(
        code="drill_due", message=message, remedy="运行 xmh drill 备份.zip：试着还原最近一份备份，试完即删，不影响服务"
    )


def checkpoint_trouble(settings: "Settings", now: datetime) -> Iterator[HealthFinding]:
    """For doctor: who is to have each checkpoint and has not had one for a while: a witness, an auditor's mailbox."""
    wanted = all_parties(settings)
    for one in PendingCheckpoint.read(settings.home).parties:
        if one.who in wanted and one.is_failing(now):
            yield HealthFinding(
                code="checkpoint_waiting",
                message=f"检查点自 {office_time(one.since)} 起没有交到 {one.who}：{one.why}；已试{one.tries}次，"
                f"{office_time(one.next_at)} 以后再试",
                remedy="核对 xmh.toml 的 [witnesses] 和 checkpoint_folder；服务运行时会自动再试",
                more={"who": one.who, "tries": one.tries, "error": one.why},
            )


def _apart(one: datetime, other: datetime) -> str:
    minutes = int(abs(one - other).total_seconds() // 60)
    if minutes < HOUR_MINUTES:
        return f"{minutes}分钟"
    return f"{minutes // HOUR_MINUTES}小时" if minutes < DAY_MINUTES else f"{minutes // DAY_MINUTES}天"


def provisional_days(database: Database) -> Iterator[HealthFinding]:
    """For doctor: open matters with a day in a year whose calendar is not published yet."""
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


def pending_moves(database: Database) -> Iterator[HealthFinding]:
    """For doctor: matters whose deadlines are not yet those of the calendar and the policy in force."""
    waiting = pending_reprojections(database, datetime.now(UTC))
    if waiting:
        loaded = (reading.load(database, stream) for stream in waiting[:NAMED])
        numbers = [f.state.number for f in loaded if f is not None and isinstance(f.state, Matter)]
        yield HealthFinding(
            code="deadlines_pending",
            message=f"日历或规则已变，{len(waiting)} 件事项的时限尚待重算：{'、'.join(numbers)}",
            remedy="督办服务运行时一分钟内会自动重算；没有运行的话，运行 xmh up --detach",
            more={"matters": numbers, "count": len(waiting)},
        )


def channel_trouble(database: Database) -> Iterator[HealthFinding]:
    """For doctor: channels that deliver no notice although something waits."""
    for channel in failing_channels(database):
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


def webhook_trouble(database: Database) -> Iterator[HealthFinding]:
    """For doctor: addresses that are told what happens and do not take it, or that were given up."""
    for hook in kept_webhooks(database):
        if hook.stopped_at is not None:
            yield HealthFinding(
                code="webhook_stopped",
                message=f"推送 {hook.id}（{hook.url}）已停止：{hook.error}",
                remedy=f"修好接收方后运行 xmh webhook resume {hook.id}，从停下处接着推送；不再需要则 xmh webhook drop",
                more={"webhook": hook.id, "url": hook.url, "error": hook.error},
            )
        elif hook.attempts >= FAILING_AFTER:
            yield HealthFinding(
                code="webhook_failing",
                message=f"推送 {hook.id}（{hook.url}）连续{hook.attempts}次没有送达（{hook.error}）；其他推送不受影响",
                remedy="检查接收方和设置 [webhooks]；修好后会自动接着推送",
                more={"webhook": hook.id, "url": hook.url, "attempts": hook.attempts, "error": hook.error},
            )


def liaisons_wanted(database: Database) -> Iterator[HealthFinding]:
    """For doctor, worth knowing: units with open matters whose 负责人 is told because there is no 联络员."""
    matters = [s.state for s in reading.matter_states(database) if isinstance(s.state, Matter)]
    names = {u.id: u.name for u in reading.units(database)}
    for one in without_liaison(matters, reading.people(database), lambda unit: names.get(unit, unit)):
        if one.heads:  # without them nobody is told at all, which is a finding of its own
            yield HealthFinding(
                code="no_liaison",
                message=one.line,
                remedy=f"请用 xmh org import 登记 {one.unit} 的联络员，或由安全管理员改角色（xmh access role）",
                more={"unit": one.unit, "matters": one.matters},
            )


def nobody_to_tell(database: Database, settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: open matters with somebody whom no notice reaches."""
    matters = [s.state for s in reading.matter_states(database) if isinstance(s.state, Matter)]
    names = {u.id: u.name for u in reading.units(database)}
    for one in unreached_of_matters(
        matters, reading.people(database), settings.notices, lambda unit: names.get(unit, unit)
    ):
        yield HealthFinding(
            code="nobody_to_tell", message=one.said, remedy=one.remedy, more={"who": one.who, "matters": one.matters}
        )
