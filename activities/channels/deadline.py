"""One time limit for a whole exchange: a gateway that drips a byte a second would hold the channel for ever."""

import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import Any, Self, cast
from urllib.request import BaseHandler, HTTPHandler, HTTPSHandler, Request, build_opener


class Deadline:
    """From entering it: when the time is up, every connection made under it is cut, whatever it is doing."""

    def __init__(self, seconds: float) -> None:
        """So many seconds, for connecting too."""
        self.over = False
        self._seconds = seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """The time begins."""
        self._timer.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """It is done in time, or was cut."""
        self._timer.cancel()
        for twin in self._sockets:
            twin.close()

    def open(self, request: Request, *handlers: type[BaseHandler]) -> HTTPResponse:
        """The answer to a request.

        Raises:
            OSError: it did not come, or not in time (`over`).
        """
        opener = build_opener(_Http(self), _Https(self), *handlers)
        return cast("HTTPResponse", opener.open(request, timeout=self._seconds))

    def check(self) -> None:
        """Whether all of it came in time: what was cut looks like the end of an answer.

        Raises:
            TimeoutError: it did not.
        """
        if self.over:
            raise TimeoutError

    def watch(self, connected: socket.socket) -> None:
        """Cut this one too; at once when the time is up already. A twin stays ours when TLS takes the socket over."""
        self._sockets.append(connected.dup())
        if self.over:
            self._cut()

    def _cut(self) -> None:
        self.over = True
        for connected in self._sockets:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


class _Http(HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_watched(HTTPConnection, self._deadline), req)


class _Https(HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_watched(HTTPSConnection, self._deadline), req)


def _watched(kind: type[HTTPConnection], deadline: Deadline) -> Any:
    """A connection that the deadline knows from the moment it is made, before any greeting of TLS."""

    def made(host: str, **more: Any) -> HTTPConnection:
        connection = kind(host, **more)
        create = connection._create_connection  # type: ignore[attr-defined]

        def watched(*arguments: Any, **more: Any) -> socket.socket:
            connected = cast("socket.socket", create(*arguments, **more))
            deadline.watch(connected)
            return connected

        connection._create_connection = watched  # type: ignore[attr-defined]
        return connection

    return made
