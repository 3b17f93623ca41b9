"""A witness of our own making for the tests: an HTTP server that signs only a log that grew (C2SP tlog-witness)."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.checkpoint import LogCheckpoint, read_note
from services.checkpoint_keys import is_signed

CONFLICT, UNPROCESSABLE, FORBIDDEN = 409, 422, 403


class TestWitness(ThreadingHTTPServer):
    """Remembers how far it has seen the log, and what it was."""

    __test__ = False
    name = "witness.example"

    def __init__(self, log_key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.log_key = log_key
        self.size, self.root = 0, b""
        self.answers: list[int] = []
        self.forges = False
        self._key = Ed25519PrivateKey.generate()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def _public(self) -> bytes:
        return b"\x04" + self._key.public_key().public_bytes_raw()

    @property
    def _id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self._public).digest()[:4]

    @property
    def key(self) -> str:
        return f"{self.name}+{self._id.hex()}+{base64.b64encode(self._public).decode()}"

    def seen(self, request: str) -> tuple[int, str]:
        head, _, note = request.partition("\n\n")
        first, *proof = head.split("\n")
        old = int(first.removeprefix("old "))
        checkpoint, signatures = read_note(note)
        if not is_signed(checkpoint, signatures, self.log_key):
            return FORBIDDEN, ""
        if old != self.size:
            return CONFLICT, f"{self.size}\n"
        nodes = [base64.b64decode(line) for line in proof]
        if old and not is_consistent(old, checkpoint.size, self.root, checkpoint.root, nodes):
            return UNPROCESSABLE, ""
        self.size, self.root = checkpoint.size, checkpoint.root
        return 200, self._cosigned(checkpoint)

    def _cosigned(self, checkpoint: LogCheckpoint) -> str:
        now = int(time.time())
        signed = self._key.sign(f"cosignature/v1\ntime {now + self.forges}\n{checkpoint.body()}".encode())
        return f"— {self.name} {base64.b64encode(self._id + now.to_bytes(8) + signed).decode()}\n"


class _Handler(BaseHTTPRequestHandler):
    server: TestWitness

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, text = self.server.seen(body) if self.path == "/add-checkpoint" else (404, "")
        self.server.answers.append(status)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def serving_witness(log_key: str) -> Iterator[TestWitness]:
    """A witness that knows the log's key, as long as the block runs."""
    with TestWitness(log_key) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2, written down from there: another implementation than the one that proves."""
    if old == new:
        return not proof and old_root == new_root
    nodes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not nodes:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    of_old = of_new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            of_old, of_new = _joined(node, of_old), _joined(node, of_new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            of_new = _joined(of_new, node)
        first, last = first >> 1, last >> 1
    return (of_old, of_new, last) == (old_root, new_root, 0)


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
