"""`xmh upgrade`: what would happen, then the tables brought to this build."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.session import Exit, answer, session
from domain.calendar import SHANGHAI

if TYPE_CHECKING:
    from services.upgrading import UpgradeCheck


def upgrade(
    check: Annotated[bool, typer.Option("--check", help="只看升级会怎样，不作任何改动；有妨碍时退出码为 1")] = False,
) -> None:
    """升级：先看本版本能否接管日志和正在运行的流程，再把表结构升到本版本。"""
    from cli.service.commands import migrate
    from services.service_log import silence_service_log
    from services.upgrading import check_upgrade

    session.need_machine()
    silence_service_log()
    outlook = asyncio.run(check_upgrade(session.settings, datetime.now(UTC)))
    session.advice.extend(outlook.advice)
    if not check and outlook.ok:
        migrate()
        return
    document = {
        "ok": outlook.ok,
        "build": outlook.build,
        "schema": outlook.state.value,
        "revision": outlook.revision,
        "steps": outlook.steps,
        "rolling": outlook.rolling,
        "serving": [one.model_dump(mode="json", include={"kind", "host", "pid", "build"}) for one in outlook.serving],
        "backed_up_at": outlook.backed_up_at.isoformat() if outlook.backed_up_at else None,
        "replayed": outlook.replayed,
        "problems": list(outlook.troubles),
    }
    answer(document, "\n".join(_lines(outlook)))
    if not outlook.ok:
        raise SystemExit(Exit.FOUND_WRONG)


def _lines(outlook: "UpgradeCheck") -> list[str]:
    tables = (
        "表结构不变，可以一台一台换成本版本，换的时候照常办理"
        if outlook.rolling
        else f"表结构待升级（第 {outlook.revision} 版，要升{outlook.steps}步），升级时须停办理进程和网页"
    )
    backed = outlook.backed_up_at.astimezone(SHANGHAI) if outlook.backed_up_at else None
    return [
        f"本版本 xmh {outlook.build}",
        *([] if outlook.state.value == "newer" else [tables]),
        *([f"正在运行的{outlook.replayed}个流程，本版本都能接着办"] if outlook.replayed and outlook.ok else []),
        *([f"上次备份 {backed:%Y-%m-%d %H:%M}"] if backed else []),
        *(f"✗ {trouble}" for trouble in outlook.troubles),
        "可以升级" if outlook.ok else "先解决上面的，再升级",
    ]
