"""`xmh web`: console and API on a port of this machine."""

import sys
from typing import Annotated

import typer

from cli.moments import past_day, today
from cli.session import answer, session
from settings import WEB_PORT


def web(
    port: Annotated[int | None, typer.Option("--port", metavar="N", min=1, max=65535, help="监听的端口")] = None,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="监听的地址")] = "127.0.0.1",
    day: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="只供查看这一天的情况，不能办理；写今天则照常（默认见 xmh.toml 的 [web] day）",
        ),
    ] = None,
) -> None:
    """网页和接口：登录、待办、事项，和给程序用的 /api/v1；只对本机，[web] 写明证书或代理才对外；Ctrl-C 停止。"""
    from services.extras import Extra, need

    need(Extra.WEB)
    from services.web_certificate import own_certificate
    from web.serving import check_address, listening, serve_web

    settings = session.settings
    _ = session.database  # there is a log, and it is of this build
    if day is not None:
        shown = past_day(day, "--as-of ")
        settings.web.day = None if shown == today() else shown
    own = own_certificate(settings)
    check_address(settings, host, own)
    at = port or settings.web.port or WEB_PORT
    listener = listening(host, at)
    address = f"{'https' if own else 'http'}://{f'[{host}]' if ':' in host else host}:{at}"

    def ready() -> None:
        answer({"ready": True, "web": address}, f"网页和接口已就绪：{address}")
        sys.stdout.flush()

    serve_web(settings, listener, ready, own=own)
