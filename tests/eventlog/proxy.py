"""A wire between client and PostgreSQL that can lose exactly the answer to a COMMIT."""

import contextlib
import socket
import threading
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"
_COMMITTED = b"COMMIT\x00"


class Proxy:
    """Passes bytes between a socket in `folder` and the server's. `lose_next_commit` cuts the wire once."""

    def __init__(self, folder: Path, server: Path) -> None:
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
            while data := source.recv(65536):
                if answers and self._lose.is_set() and _COMMITTED in data:
                    self._lose.clear()
                    self.lost.set()
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
