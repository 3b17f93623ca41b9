"""Connections that ask nothing end after a while, and give way to who comes: nobody is shut out by them."""

import asyncio
from collections.abc import Iterable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 400
"""Half of them may be pages that follow the log."""
ASKED_WITHIN = 20.0
"""Seconds a request has to arrive in, with its body; uvicorn itself would wait for ever."""
HANDSHAKE_WITHIN = 5.0
"""Seconds a connection has to agree on TLS; asyncio itself would keep it, unseen by these bounds, for sixty."""
STEADY = 640 * 1024
"""Bytes that, arrived of a body within those seconds, give it as many more: a file over a slow line."""


class HandshakeBoundedLoop(asyncio.SelectorEventLoop):
    """An event loop whose servers wait no longer than that for a handshake: uvicorn has no setting for it."""

    async def create_server(self, *args: Any, **options: Any) -> asyncio.Server:
        """Listen, as the loop does."""
        if options.get("ssl") is not None:
            options["ssl_handshake_timeout"] = HANDSHAKE_WITHIN
        return await super().create_server(*args, **options)


class BoundedConnection(H11Protocol):
    """A connection of a server that keeps so many at most."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in; when there are too many, the oldest of those that have not finished asking goes."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > MOST_CONNECTIONS:
            others: Iterable[Any] = self.connections
            asking = [other for other in others if isinstance(other, BoundedConnection) and other.is_asking]
            min(asking, key=lambda other: other.awaited_since, default=self).end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of it came."""
        self._arrived += len(data)
        super().data_received(data)

    def on_response_complete(self) -> None:
        """The next request has as long."""
        self._deadline.cancel()
        self._await_request()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that nobody can read this, if that can still be said: who was being answered is gone for the answer."""
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.end()

    @property
    def is_asking(self) -> bool:
        """Whether its request has not arrived, or not all of it."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def end(self) -> None:
        """Let go of it at once."""
        self.transport.abort()

    def _await_request(self) -> None:
        self.awaited_since = self.loop.time()
        self._wait_on()

    def _wait_on(self) -> None:
        self._arrived = 0
        self._deadline = self.loop.call_later(ASKED_WITHIN, self._end_unless_asked)

    def _end_unless_asked(self) -> None:
        if self.is_asking and self.conn.their_state is h11.SEND_BODY and self._arrived >= STEADY:
            self._wait_on()
        elif self.is_asking:
            self.end()
