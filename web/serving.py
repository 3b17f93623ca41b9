"""`xmh web` as a process: one server on one port, ended by SIGTERM after it has answered what it began."""

import os
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import uvicorn

from domain.base import Refusal, refuse
from process import keep_what_is_loaded
from web.app import make_app
from web.connections import BoundedConnection
from web.service import WebService

if TYPE_CHECKING:
    from collections.abc import Callable

    from settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DRAINS_WITHIN = 5


def check_address(settings: "Settings", host: str) -> None:
    """Refuse to listen where others hear passwords and tokens in the clear.

    Raises:
        Refusal: `malformed`.
    """
    plain = host not in LOOPBACK and not settings.web.proxy
    line = f"在 {host} 上会明文传送口令和令牌；请只监听本机，或先在设置 [web] proxy 写明前面的代理地址"
    refuse(plain, line, "malformed")


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens, or one line that says why not.

    Raises:
        Refusal: `port_in_use`; `malformed`: the address is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol must be named: asyncio sends small answers at once (TCP_NODELAY) only on sockets that say it, and
    # every answer else waits 40 ms for the other side's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if isinstance(error, socket.gaierror) or error.errno in (99, 49):
            raise Refusal(f"{host} 不是本机的地址，请检查 --host", "malformed") from error
        raise Refusal(f"端口 {port} 已被占用，请用 --port 换一个", "port_in_use") from error
    listener.set_inheritable(True)
    return listener


def serve_web(
    settings: "Settings",
    listener: socket.socket,
    when_ready: "Callable[[], None]",
    begin: "Callable[[uvicorn.Server], None]" = lambda _: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, or until whoever was handed the server as it began tells it to end."""
    service = WebService(settings)
    config = uvicorn.Config(
        make_app(service),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.web.proxy),
        forwarded_allow_ips=list(settings.web.proxy),
        http=BoundedConnection,
        timeout_graceful_shutdown=DRAINS_WITHIN,
        h11_max_incomplete_event_size=32 * 1024,
        ws="none",
    )
    server = _Server(config, when_ready, service.live.end)
    begin(server)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that says when it is ready, to who started it and to who waits on the pipe."""

    def __init__(
        self, config: uvicorn.Config, when_ready: "Callable[[], None]", when_ending: "Callable[[], None]"
    ) -> None:
        super().__init__(config)
        self._when_ready = when_ready
        self._when_ending = when_ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, then say so."""
        await super().startup(sockets)
        if self.started:
            keep_what_is_loaded()
            self._when_ready()
            tell_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would go on for ever, then wait for the rest."""
        self._when_ending()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """The second signal ends it at once, as the first ends it in order."""
        super().handle_exit(signal.SIGINT if self.should_exit else sig, frame)


def tell_ready() -> None:
    """Say so to whoever started this process and listens (`xmh up`)."""
    descriptor = os.environ.pop("XMH_READY_FD", None)
    if descriptor is not None:
        with suppress(OSError, ValueError):
            os.write(int(descriptor), b"1")
            os.close(int(descriptor))
