"""The commands themselves, each a few lines."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.session import Exit, Problem, answer, session
from cli.terminal import tell
from domain.headquarters import FIRST_HEADQUARTERS
from services.door_key import keep_door_key
from services.store import keep_store

if TYPE_CHECKING:
    from settings import Settings

PortOption = Annotated[
    int | None, typer.Option("--port", metavar="N", min=1, max=65535, help="Temporal 监听的本机端口（默认由系统选择）")
]


def up(
    detach: Annotated[bool, typer.Option("--detach", help="就绪后返回，服务留在后台运行")] = False,
    port: PortOption = None,
    no_web: Annotated[bool, typer.Option("--no-web", help="不启动网页和接口")] = False,
) -> None:
    """启动督办服务：内置 Temporal 服务、办理进程、网页和接口，出故障自动重启；Ctrl-C 停止。"""
    from services.embedded.prepare import check_port, embedded_home, end_orphans, prepare_log, web_port
    from services.embedded.runfile import HomeLock
    from services.embedded.supervise import Supervisor
    from services.embedded.temporal_file import set_aside_damaged
    from services.headquarters import settings_of

    settings = session.settings
    home = embedded_home(settings)
    lock = HomeLock(home)
    try:
        end_orphans(home)
        set_aside_damaged(home)
        check_port(port)
        first = settings_of(settings, FIRST_HEADQUARTERS)
        keep_door_key(first)
        prepare_log(first)
        _prepare_others()
        supervisor = Supervisor(home, port, web_port=None if no_web else web_port(first))
        from cli.service.detach import detached_supervisor, ready_document

        if detach:
            _tell_ready(detached_supervisor(supervisor))
        else:
            supervisor.run(lambda run: _tell_ready(ready_document(supervisor, run.supervisor.pid)))
    finally:
        lock.release()


def _prepare_others() -> None:
    """The logs of the other headquarters; one that cannot be prepared is named and keeps nobody else from working."""
    from services.headquarters import prepare_others

    for one, trouble in prepare_others(session.settings):
        tell(f"注意：指挥部 {one.code}（{one.name}）的日志不能用，其他指挥部照常服务：{trouble}")
    sys.stderr.flush()


def _tell_ready(document: dict[str, Any]) -> None:
    answer(
        document,
        f"督办服务已就绪：Temporal {document['temporal']}，数据目录 {document['home']}（进程 {document['pid']}）"
        + (f"\n网页和接口：{document['web']}" if document["web"] else ""),
    )
    sys.stdout.flush()


def down() -> None:
    """停止督办服务：先让办理进程办完手头的事，再停 Temporal。"""
    from cli.checkpoint import left_at_down
    from cli.service.stop import stop_service

    session.need_machine()
    stopped = stop_service(session.settings.installation.absolute())
    left = left_at_down() if stopped else {}
    notes = "".join(f"\n检查点已留存：{place}" for place in left.get("checkpoints", ()))
    answer({"stopped": stopped, **left}, f"督办服务已停止{notes}" if stopped else "督办服务没有在运行")


def status() -> None:
    """现在运行着什么：进程、版本、未办结事项、日志位置。"""
    from cli.service.wording import status_text
    from services.status import service_status

    session.need_machine()
    document = service_status(session.settings)
    answer(document, status_text(document))


def doctor(
    noted: Annotated[bool, typer.Option("--noted", help="已知悉日志曾被还原、事项曾被自动补上，以后不再提示")] = False,
) -> None:
    """检查哪里不对、怎么处理；有问题时退出码为 1。"""
    from cli.service.wording import health_text
    from services.doctor.examination import examine
    from services.service_log import silence_service_log

    session.need_machine()
    silence_service_log()

    report = asyncio.run(examine(session.settings, noted=noted))
    answer(report.document(), health_text(report))
    if not report.ok:
        raise SystemExit(Exit.FOUND_WRONG)


def worker(
    health_port: Annotated[
        int | None, typer.Option("--health-port", metavar="N", min=1, max=65535, help="健康检查端口（HTTP）")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", metavar="N", min=1, max=65535, help="Prometheus 指标端口")
    ] = None,
) -> None:
    """运行一个办理进程（生产环境用）；SIGTERM 时办完手头的事再退出。"""
    for name, port in (("XMH_HEALTH_PORT", health_port), ("XMH_METRICS_PORT", metrics_port)):
        if port is not None:
            os.environ[name] = str(port)
    _ = session.settings  # puts --home into the environment the worker reads
    from worker import main

    main()


def recover(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出，不恢复")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="任务队列原归另一本日志，那本已不再使用，从此归这一本")
    ] = False,
) -> None:
    """按日志恢复：Temporal 丢失的未办结事项重新启动，落后的补上。"""
    from services.recovery import recover_runs
    from services.service_log import silence_service_log

    session.need_machine()
    silence_service_log()
    recovery = asyncio.run(recover_runs(session.settings, session.database, dry_run=dry_run, take_over=take_over))
    healed = "待恢复" if dry_run else "已恢复"
    answer(
        {**recovery.model_dump(mode="json"), "dry_run": dry_run},
        f"未办结事项{recovery.open}件；{healed}：Temporal 中缺失{len(recovery.missing)}件、"
        f"被别处占用{len(recovery.foreign)}件、落后{len(recovery.behind)}件、"
        f"没有应答{len(recovery.silent)}件、超前于日志{len(recovery.ahead)}件",
    )


def _without_home(settings: "Settings") -> str:
    """Said where nothing was made for a worker to start with: the tables are elsewhere, and there is no home."""
    if settings.home.is_dir() or settings.door_key is not None or settings.door_key_file is not None:
        return ""
    return f"\n数据目录 {settings.home} 不存在，没有生成密钥；本机要运行办理进程或网页的，建好目录再运行一次"


def migrate() -> None:
    """把事件日志的表结构升级到本版本；数据不变。不写 --headquarters 即全部指挥部。"""
    from eventlog.schema import HEAD, schema_state
    from services.embedded.prepare import prepare_log
    from services.headquarters import founding_of
    from services.upgrading import check_old_workers

    session.need_machine()
    url = session.settings.database
    before = schema_state(url)
    if url.startswith("sqlite:") and not session.settings.home.exists():
        raise Problem(f"数据目录 {session.settings.home} 不存在，请先运行 xmh up", "not_found")
    session.check_headquarters()
    check_old_workers(url, datetime.now(UTC))
    keep_door_key(session.settings)
    prepare_log(session.settings, founding_of(session.settings))
    keep_store(session.settings)
    if session.headquarters is None and session.settings.headquarters == FIRST_HEADQUARTERS:
        _prepare_others()
    answer(
        {"before": before.value, "schema": HEAD},
        f"表结构版本 {HEAD}（升级前：{before.label}）{_without_home(session.settings)}",
    )
