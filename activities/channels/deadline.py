"""One time limit for a whole exchange: a gateway that drips a byte a second would hold the channel for ever.

Libraries limit each read of a socket, not the exchange. So while a limit runs, every connection its thread begins is
noted, whoever makes it, and cut when the time is up. The interpreter tells of each (`sys.addaudithook`); no library has
to be patched for it.
"""

import os
import socket
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

CUT_AGAIN = 0.05
"""Seconds: a connection may be noted just before it is made, when there is nothing to cut yet."""
_RUNNING = threading.local()


class TimeLimit:
    """From entering it: when the time is up, every connection this thread made under it is cut, whatever it does."""

    def __init__(self, seconds: float) -> None:
        """So many seconds, for connecting too."""
        self.over = False
        self._sockets: list[socket.socket] = []
        self._seconds = seconds
        self._done = threading.Event()

    def __enter__(self) -> Self:
        """The time begins."""
        _RUNNING.deadline = self
        threading.Thread(target=self._keep, name="deadline", daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """It is done in time, or was cut."""
        _RUNNING.deadline = None
        self._done.set()

    def check(self) -> None:
        """Whether all of it came in time: what was cut looks like the end of an answer.

        Raises:
            TimeoutError: it did not.
        """
        if self.over:
            raise TimeoutError

    def watch(self, made: socket.socket) -> None:
        """Cut this one too. A twin stays ours when TLS takes the socket over.

        Raises:
            TimeoutError: the time is up already.
        """
        self._sockets.append(socket.socket(made.family, made.type, made.proto, fileno=os.dup(made.fileno())))
        self.check()

    def _keep(self) -> None:
        self.over = not self._done.wait(self._seconds)
        while not self._done.wait(CUT_AGAIN):
            for connected in tuple(self._sockets):
                with suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)
        for twin in self._sockets:
            twin.close()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and (deadline := getattr(_RUNNING, "deadline", None)) is not None:
        deadline.watch(arguments[0])


sys.addaudithook(_watch)
