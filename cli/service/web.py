"""`xmh web`: console and API on a port of this machine."""

import sys
from typing import Annotated

import typer

from cli.session import answer, session
from settings import WEB_PORT


def web(
    port: Annotated[int | None, typer.Option("--port", metavar="N", min=1, max=65535, help="监听的端口")] = None,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="监听的地址")] = "127.0.0.1",
) -> None:
    """网页和接口：登录、待办、事项，和给程序用的 /api/v1；只对本机，Ctrl-C 停止。"""
    from web.serving import check_address, listening, serve_web

    settings = session.settings
    _ = session.database  # there is a log, and it is of this build
    check_address(settings, host)
    at = port or settings.web.port or WEB_PORT
    listener = listening(host, at)
    address = f"http://{f'[{host}]' if ':' in host else host}:{at}"

    def ready() -> None:
        answer({"ready": True, "web": address}, f"网页和接口已就绪：{address}")
        sys.stdout.flush()

    serve_web(settings, listener, ready)
