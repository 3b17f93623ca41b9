"""`xmh audit preflight`, and what `audit verify --deep` asks of the running workflows."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cli.session import Exit, answer, session

if TYPE_CHECKING:
    from eventlog.findings import VerifyFinding


def preflight(
    ended: Annotated[bool, typer.Option("--all", help="已结束而 Temporal 仍保存的也一并重放")] = False,
) -> None:
    """升级预检：把正在运行的每个工作流的历史在本版本上重放一遍；接不上的列出，退出码为 1。"""
    from services.preflight import replay_runs
    from services.service_log import silence_service_log

    silence_service_log()
    replays = asyncio.run(replay_runs(session.settings, ended=ended))
    document = {
        "ok": replays.ok,
        "replayed": replays.replayed,
        "problems": [failure.model_dump(mode="json") for failure in replays.failures],
    }
    lines = (
        [f"预检通过：{replays.replayed}个工作流的历史都能由本版本接着办"]
        if replays.ok
        else [
            f"预检未通过：重放{replays.replayed}个，{len(replays.failures)}个接不上，请勿用本版本启动服务",
            *(f"  {one.workflow}  {one.why}" for one in replays.failures),
        ]
    )
    answer(document, "\n".join(lines))
    if not replays.ok:
        raise SystemExit(Exit.FOUND_WRONG)


def workflow_findings() -> "list[VerifyFinding]":
    """Where a running workflow stands elsewhere than the log: it answers with version and hash of what it has seen."""
    from eventlog.findings import Token, verify_finding
    from services.recovery import recover_runs
    from services.service_log import silence_service_log

    silence_service_log()
    recovery = asyncio.run(recover_runs(session.settings, session.database, dry_run=True))
    wrong = {
        "没有在运行": recovery.missing,
        "由别的程序占用": recovery.foreign,
        "落后于日志": recovery.behind,
        "没有答复": recovery.silent,
        "超前于日志": recovery.ahead,
        "日志里没有或已结束，却仍在运行": recovery.stray,
    }
    return [
        verify_finding(Token.WORKFLOW_DIFFERS, f"{stream} {why}", stream=stream)
        for why, streams in wrong.items()
        for stream in streams
    ]
