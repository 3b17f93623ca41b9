"""`xmh web` as a process: one server on one port, ended by SIGTERM after it has answered what it began."""

import os
import resource
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import uvicorn

from domain.base import Refusal, refuse
from domain.streams import load_every_kind
from process import keep_what_is_loaded
from services.log_guard import begin_anew_when_cut_off
from services.tracing import begin_tracing
from web.app import make_app
from web.connections import BoundedConnection, HandshakeBoundedLoop
from web.service import WebService

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.web_certificate import OwnCertificate
    from settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DRAINS_WITHIN = 5


RENEWED_EVERY = 100
"""Ticks of uvicorn, ten a second, between two looks at the certificate's files."""
MOST_FILES = 16384
"""Connections that have agreed on nothing yet are not counted among ours, and each is a file."""


def check_address(settings: "Settings", host: str, own: "OwnCertificate | None") -> None:
    """Refuse to listen where others hear passwords and tokens in the clear.

    Raises:
        Refusal: `malformed`.
    """
    plain = host not in LOOPBACK and not settings.web.proxy and own is None
    line = (
        f"在 {host} 上会明文传送口令和令牌；请只监听本机，或先在设置 [web] 写明证书和私钥（cert、key），"
        "或前面的代理地址（proxy）"
    )
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
    own: "OwnCertificate | None" = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, or until whoever was handed the server as it began tells it to end.

    With a certificate of its `own` over HTTPS and nothing else.
    """
    begin_tracing(settings, "xmh-web")
    service = WebService(settings)
    begin_anew_when_cut_off(service.database)
    _allow_many_files()
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
        loop=f"{HandshakeBoundedLoop.__module__}:{HandshakeBoundedLoop.__name__}",
        ssl_context_factory=None if own is None else lambda *_: own.context,
    )
    server = _Server(config, when_ready, service.live.end, own)
    begin(server)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that says when it is ready, to who started it and to who waits on the pipe."""

    def __init__(
        self,
        config: uvicorn.Config,
        when_ready: "Callable[[], None]",
        when_ending: "Callable[[], None]",
        own: "OwnCertificate | None",
    ) -> None:
        super().__init__(config)
        self._own = own
        self._when_ready = when_ready
        self._when_ending = when_ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, then say so."""
        await super().startup(sockets)
        if self.started:
            load_every_kind()
            keep_what_is_loaded()
            self._when_ready()
            tell_ready()

    async def on_tick(self, counter: int) -> bool:
        """Now and then, look whether the certificate was renewed."""
        if self._own is not None and counter % RENEWED_EVERY == 0:
            self._own.renew()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would go on for ever, then wait for the rest."""
        self._when_ending()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """The second signal ends it at once, as the first ends it in order."""
        super().handle_exit(signal.SIGINT if self.should_exit else sig, frame)


def _allow_many_files() -> None:
    """Let this process open as many files as it may, up to what it would ever need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def tell_ready() -> None:
    """Say so to whoever started this process and listens (`xmh up`)."""
    descriptor = os.environ.pop("XMH_READY_FD", None)
    if descriptor is not None:
        with suppress(OSError, ValueError):
            os.write(int(descriptor), b"1")
            os.close(int(descriptor))
