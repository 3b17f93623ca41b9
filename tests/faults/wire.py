"""A wire between two of us: TCP that can be slow, silent in either direction, or cut, also at a given word."""

import contextlib
import queue
import socket
import threading
import time
from pathlib import Path

_CHUNK = 65536
_LOOK = 0.05


class Wire:
    """Passes bytes from a loopback port to a server on a port or a Unix socket; what is struck heals on `mend()`."""

    def __init__(self, server: int | Path) -> None:
        """Listen; `server` is a port of the loopback or the path of a socket."""
        self._server = server
        self._delay = 0.0
        self._silent = {"requests": False, "answers": False}
        self._at_word: tuple[bytes, str] | None = None
        self.heard = threading.Event()
        """The word waited for has passed."""
        self._cut = False
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def slow(self, seconds: float) -> None:
        """Every answer is on its way for so long."""
        self._delay = seconds

    def freeze(self, *directions: str) -> None:
        """Nothing passes any more in these directions (`requests`, `answers`); connections stay open."""
        for direction in directions:
            self._silent[direction] = True

    def freeze_at(self, word: bytes, direction: str) -> None:
        """As soon as a request holds the word: silence in the direction, so it never arrives or is never answered."""
        self.heard.clear()
        self._at_word = word, direction

    def cut(self) -> None:
        """Every connection ends at once, and none can be made."""
        self._cut = True
        self.drop()

    def drop(self) -> None:
        """Every connection ends at once; the next may come."""
        with self._guard:
            ends, self._open = self._open, set()
        for end in ends:
            _end(end)

    def mend(self) -> None:
        """All is as it was. What a silent wire held back went with its connections, as when a machine restarts."""
        was_silent = any(self._silent.values())
        self._delay, self._cut, self._at_word = 0.0, False, None
        if was_silent:
            self.drop()
        self._silent = dict.fromkeys(self._silent, False)

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        if self._cut:
            _end(client)
            return
        try:
            server = self._reached()
        except OSError:
            _end(client)
            return
        with self._guard:
            self._open |= {client, server}
        there = threading.Thread(target=self._pass, args=(client, server, "requests"), daemon=True)
        there.start()
        self._pass(server, client, "answers")
        there.join()
        with self._guard:
            self._open -= {client, server}
        for end in (client, server):
            end.close()

    def _reached(self) -> socket.socket:
        if isinstance(self._server, int):
            return socket.create_connection(("127.0.0.1", self._server), timeout=None)
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self._server))
        return server

    def _pass(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        """Read on while what was read before is still on its way."""
        on_its_way: Passing = queue.SimpleQueue()
        carrier = threading.Thread(target=self._deliver, args=(on_its_way, source, target, direction), daemon=True)
        carrier.start()
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                self._listen(data, direction)
                delay = self._delay if direction == "answers" else 0.0
                on_its_way.put((time.monotonic() + delay, data))
        on_its_way.put(None)
        carrier.join()
        for end in (source, target):
            _shut(end)

    def _listen(self, data: bytes, direction: str) -> None:
        if direction == "requests" and self._at_word and self._at_word[0] in data:
            silent = self._at_word[1]
            self._at_word = None
            self.freeze(silent)
            self.heard.set()

    def _deliver(self, on_its_way: "Passing", source: socket.socket, target: socket.socket, direction: str) -> None:
        with contextlib.suppress(OSError):
            while (passing := on_its_way.get()) is not None:
                due, data = passing
                time.sleep(max(due - time.monotonic(), 0))
                while self._silent[direction]:
                    time.sleep(_LOOK)
                    if source not in self._open:
                        return
                target.sendall(data)


Passing = queue.SimpleQueue[tuple[float, bytes] | None]
"""When each piece arrives, and the piece; None at the end."""


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _end(end: socket.socket) -> None:
    _shut(end)
    end.close()
