"""Before anything is started: the home, what an earlier `up` left behind, the port, the log's tables."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from domain.base import Refusal, refuse
from domain.founding import FIRST, Headquarters
from services.embedded.runfile import RunFile
from services.embedded.supervise import free_port, port_is_free
from services.extras import Extra, is_installed
from services.home import make_home, make_private
from settings import WEB_PORT

if TYPE_CHECKING:
    from eventlog.database import Database
    from settings import Settings


ORPHAN_ENDS_WITHIN = 10.0
"""Seconds for each process nobody watches over any more."""


def embedded_home(settings: "Settings") -> Path:
    """The data directory of `xmh up`, made for its owner alone when it is not there.

    Raises:
        Refusal: it cannot be made, or a Temporal elsewhere is configured, whose worker `xmh worker` is.
    """
    if settings.temporal_address:
        raise Refusal(
            f"已配置使用 {settings.temporal_address} 的 Temporal 服务，不再启动内置服务；请用 xmh worker 启动办理进程",
            "external_temporal",
        )
    secured = "内置 Temporal 服务只在本机上听，不用 TLS；请去掉 XMH_TEMPORAL_TLS、XMH_TEMPORAL_API_KEY_FILE 等设置"
    refuse(settings.temporal_over_tls, secured, "malformed")
    home = settings.installation.absolute()
    make_home(home)
    make_private(home)
    return home


def end_orphans(home: Path) -> list[int]:
    """End what an `up` that was killed left running: two servers on one database would ruin it. Their process ids.

    Bounded: what does not drain in time, or was stopped (SIGSTOP) and cannot, is killed; every acknowledged command is
    in the log.
    """
    run = RunFile.read(home)
    if run is None:
        return []
    orphans = run.orphans()
    if orphans:
        named = "、".join(f"进程 {orphan.pid}" for orphan in orphans)
        most = ORPHAN_ENDS_WITHIN * len(orphans)
        sys.stderr.write(f"上次 xmh up 意外结束，正在结束遗留的{named}，最多 {most:.0f} 秒……\n")
        sys.stderr.flush()
    for orphan in orphans:
        orphan.end(ORPHAN_ENDS_WITHIN)
    RunFile.remove(home)
    return [orphan.pid for orphan in orphans]


def check_port(port: int | None) -> None:
    """Refuse to start `xmh up` on a port somebody else listens on.

    Raises:
        Refusal: it is in use (exit 2).
    """
    if port is not None and not port_is_free(port):
        raise Refusal(f"端口 {port} 已被占用，请用 --port 换一个，或不填由系统选择", "port_in_use")


def web_port(settings: "Settings") -> int | None:
    """Where console and API of `xmh up` listen: as set, else where they usually do, or elsewhere when that is taken.

    None in an installation without them.

    Raises:
        Refusal: the port that was set is in use (exit 2).
    """
    if not is_installed(Extra.WEB):
        return None
    if settings.web.port is not None:
        if not port_is_free(settings.web.port):
            taken = f"网页端口 {settings.web.port} 已被占用，请改设置 [web] port，或用 --no-web 不启动网页"
            raise Refusal(taken, "port_in_use")
        return settings.web.port
    return WEB_PORT if port_is_free(WEB_PORT) else free_port()


def prepare_log(settings: "Settings", headquarters: Headquarters = FIRST) -> None:
    """Prepare a headquarters' log before it is served: tables of this build, founding events, and keys wrapped.

    A log that is an older copy of itself goes on, and no number is given twice; but somebody must know. That the tables
    were brought forward is on record.

    Raises:
        Refusal: `log_lost` or `log_exchanged`, the home has worked on a log that is not there.
        LogError: the database cannot be reached, or a newer build made it; nothing is touched then.
        Refusal: `master_key`, when there are keys to wrap and nothing to wrap them under.
    """
    from eventlog.configured import open_log
    from eventlog.migrate import migrate
    from eventlog.older import look_at_log
    from eventlog.schema import SchemaState, schema_state
    from eventlog.secrets import wrap_keys
    from services.founding import found_log
    from services.log_guard import keep_witness
    from services.lost_log import check_no_lost_log, check_own_log
    from services.payload_keys import begin_payload_keys

    state = schema_state(settings.database)
    before = look_at_log(settings.database).revision if state is SchemaState.BEHIND else None
    if state is SchemaState.EMPTY:
        check_no_lost_log(settings)
        begin_payload_keys(settings)
    else:
        with open_log(settings) as database:
            database.check_owner()
    migrate(settings.database)
    with open_log(settings) as database:
        fallen = check_own_log(database, settings)
        if fallen is not None:
            sys.stderr.write(
                f"注意：事件日志换成了{fallen.how}；"
                "已发出的编号会先跳过再受理命令，所缺的须据纸质件补录，见 xmh doctor\n"
            )
            sys.stderr.flush()
        else:
            found_log(database, headquarters=headquarters)
        keep_witness(database)
        wrap_keys(database)
        if before is not None:
            _say_migrated(database, settings.home, before)


def _say_migrated(database: "Database", home: Path, before: str) -> None:
    """The tables are this build's by now: that it is not on record is told, and keeps nobody from working."""
    from eventlog.errors import LogError
    from services.operations_record import record_migration

    try:
        record_migration(database, home, before)
    except (LogError, Refusal) as error:
        sys.stderr.write(f"注意：表结构已从第 {before} 版升级，但没有记入日志：{error.message}\n")
        sys.stderr.flush()
