"""What can be wrong with a home and what it prints with, before its log is opened."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from domain.base import Refusal, refuse
from domain.queries.telling import office_time
from eventlog.access import has_accounts
from eventlog.errors import LogError
from eventlog.proofs import demands_proofs, vouching_keys
from eventlog.schema import SchemaState, schema_state
from services.doctor.report import HealthFinding
from services.embedded.runfile import RunFile
from services.lost_log import check_no_lost_log
from services.press import press_by
from services.vouching import KEY_FILE as VOUCH_KEY
from services.vouching import vouch_key
from services.web_certificate import ENDS_SOON, believed_between
from sheets.file_errors import file_error_reason, is_full

if TYPE_CHECKING:
    from eventlog.database import Database
    from settings import Settings

ENOUGH_DISK = 500 * 1024 * 1024
MANY_RESTARTS = 5


def schema_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether there is a log, of this build's tables, where the settings say."""
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
            check_no_lost_log(settings)
        except Refusal as refusal:
            yield HealthFinding(
                code=refusal.code, message=refusal.message, remedy="恢复以前不要启动，也不要办理任何事项"
            )
            return
    if state in remedies:
        message, remedy = remedies[state]
        yield HealthFinding(code=f"schema_{state.value}", message=message, remedy=remedy)


def disk_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether the disk of the home is nearly full."""
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


def home_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether what belongs to the home and to the store can be written there."""
    places = [settings.home]
    with suppress(Refusal):  # what is no store `store_trouble` tells of
        places.append(settings.store_place)
    for place in dict.fromkeys(place for place in places if place.exists()):
        try:
            with TemporaryFile(dir=place):
                pass
        except OSError as error:
            if not is_full(error):
                yield HealthFinding(
                    code="home_unwritable",
                    message=f"{place} 写不进去（{file_error_reason(error)}），不能办理，也不能成文",
                    remedy="检查目录的属主和权限；磁盘出错后被系统改成只读的，先备份（xmh backup 到别的盘），再修",
                )


def process_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether the embedded service died, or a part of it dies again and again."""
    run = RunFile.read(settings.installation)
    if settings.temporal_address or run is None:
        return
    if not run.running:
        left = "，其子进程仍在运行" if run.orphans() else ""
        yield HealthFinding(
            code="supervisor_gone", message=f"xmh up 意外结束{left}", remedy="再运行 xmh up --detach，会先清理遗留进程"
        )
    for name, n in run.restarts.items():
        if n >= MANY_RESTARTS:
            what, log = {"server": ("Temporal 服务", "temporal.log"), "web": ("网页", "web.log")}.get(
                name, ("办理进程", f"{name}.log")
            )
            yield HealthFinding(
                code=f"{name}_restarting",
                message=f"{what}已自动重启 {n} 次",
                remedy=f"查看 {settings.installation / 'logs' / log}；处理后 xmh down 再 xmh up --detach",
                more={"restarts": n},
            )


def sign_in_noticed(database: "Database", settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether it is believed who somebody says he is; where it is not, whether this home can vouch."""
    if demands_proofs(database):
        key = vouch_key(settings.home)
        if key is None or key.name not in {k.name for k in vouching_keys(database) if k.until is None}:
            yield HealthFinding(
                code="vouch_key_missing",
                message=f"日志要求实名，而本机没有有效的签名密钥 {settings.home / VOUCH_KEY}，网页和办理进程不能办理",
                remedy="从运行服务的机器取来该文件；已丢失的，由数据库属主运行 xmh access require --rotate 换一把",
            )
        return
    yield HealthFinding(
        code="nobody_signs_in",
        message="命令行不用登录：能在本机运行 xmh 的人，可以用任何人的身份（--as）办理",
        remedy="用 xmh access open 人员 开立账户，从网页和接口办理；xmh access require 之后 --as 不再作数",
    )


def scanner_noticed(database: "Database", settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether anybody looks for viruses in what people hand in over the network."""
    if settings.web.scanner is None and has_accounts(database):
        yield HealthFinding(
            code="nothing_scanned",
            message="上传的附件只核对种类和内容，没有查病毒",
            remedy='装好 clamd 后，在 xmh.toml 的 [web] 写 scanner = "127.0.0.1:3310"',
        )


def web_certificate_trouble(settings: "Settings", now: datetime) -> Iterator[HealthFinding]:
    """For doctor: whether browsers will believe the certificate `xmh web` shows, now and in a fortnight."""
    renew = "换上新的证书和私钥文件（xmh.toml 的 [web] cert、key 所写的位置），网页随即改用，不必重启"
    try:
        good = believed_between(settings)
    except Refusal as refusal:
        yield HealthFinding(code="web_certificate", message=refusal.message, remedy=renew)
        return
    if good is None:
        return
    since, until = good
    if not since <= now <= until:
        message = f"网页的证书不在有效期内（{office_time(since)}至{office_time(until)}），浏览器会拒绝打开"
        yield HealthFinding(code="web_certificate", message=message, remedy=f"核对本机时钟；{renew}")
    elif until - now < ENDS_SOON:
        message = f"网页的证书{office_time(until)}到期，还有{(until - now).days}天"
        yield HealthFinding(code="web_certificate_ends", message=message, remedy=renew)


def web_address_noticed(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether links in notices lead to where people can come in."""
    if settings.web.address is None and (settings.web.cert is not None or settings.web.proxy):
        yield HealthFinding(
            code="web_address_unset",
            message=f"没有写明大家从哪个地址打开网页，通知里的链接指向 {settings.web_address}，只有本机能打开",
            remedy='在 xmh.toml 的 [web] 写 address = "https://大家用的名称"',
        )


def door_key_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether the home has its `door.key`, without which no order gets through."""
    try:
        _ = settings.door
    except Refusal as refusal:
        remedy = (
            "运行 xmh up 或 xmh migrate 会自动生成；多台机器须用同一个，设置 XMH_DOOR_KEY_FILE"
            if settings.door_key_file is None
            else "放好 XMH_DOOR_KEY_FILE 指的文件，让运行 xmh 的用户读得到，再重启办理进程和网页"
        )
        yield HealthFinding(code=refusal.code, message=refusal.message, remedy=remedy)


def plain_temporal_noticed(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether what Temporal stores is sealed; a key that is broken is named where it is connected to."""
    if not settings.temporal_key_place.exists():
        yield HealthFinding(
            code="temporal_plain",
            message="Temporal 的数据里，事项名称、反馈等没有加密",
            remedy="运行 xmh access temporal-key，此后加密存放，不必重启；多台机器须用同一个（XMH_TEMPORAL_KEY_FILE）",
        )


def typeface_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: the faces documents are set in, where the office has not those the standard names."""
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


def template_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whose templates documents are printed by; the office's own are tried, which takes a second.

    Raises:
        Refusal: `template_gone`; `template_broken`, naming every one that cannot be used.
    """
    from documents.sections.trial import try_templates

    if settings.template_folder is None:
        message, remedy = "成文用自带的模板", "要改版式请用 xmh briefing templates --export 导出一份修改"
        yield HealthFinding(code="templates", message=message, remedy=remedy, more={"own": []})
        return
    templates = list(try_templates(press_by(settings)))
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
