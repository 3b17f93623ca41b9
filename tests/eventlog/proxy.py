"""A wire between client and PostgreSQL: it can lose exactly the answer to a COMMIT, and be slow."""

import contextlib
import socket
import threading
import time
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"
GREETING = 3
"""Answers before a connection stands."""
_COMMITTED = b"COMMIT\x00"


class Proxy:
    """Passes bytes between a socket in `folder` and the server's. `lose_next_commit` cuts the wire once.

    Each answer waits `delay` seconds on the wire, once a connection stands.
    """

    def __init__(self, folder: Path, server: Path, delay: float = 0) -> None:
        self._delay = delay
        self._server = server / _SOCKET
        self._lose = threading.Event()
        self.lost = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _SOCKET))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_next_commit(self) -> None:
        """The next commit reaches the server and is done there; its answer never comes back."""
        self._lose.set()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                for source, target, answers in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass, args=(source, target, answers), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            passed = 0
            while data := source.recv(65536):
                passed += 1
                if answers and passed > GREETING:
                    time.sleep(self._delay)
                if answers and self._lose.is_set() and _COMMITTED in data:
                    self._lose.clear()
                    self.lost.set()
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
