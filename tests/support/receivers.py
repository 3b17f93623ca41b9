"""Real receivers on real sockets: a small SMTP server, and an HTTP server that behaves as badly as it is told."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, BinaryIO, ClassVar, Literal

Manner = Literal["takes", "fails", "stalls", "drops", "drips", "twice", "gone", "elsewhere"]
"""`drops` has taken the message and then says nothing; `stalls` does neither for longer than anybody waits; `drips`
answers a byte at a time, so that something always comes and nothing ever ends."""
STALL = 5.0
DRIPS = 300
"""Bytes after which it has dripped enough, ten a second."""


@dataclass
class Received:
    """What came in, byte for byte."""

    manner: Manner = "takes"
    script: list[Manner] = field(default_factory=list)
    """How to behave for the next messages; afterwards as `manner` says."""
    taken: list[bytes] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    everything: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0
    pause: float = 0.0
    """Seconds before an answer."""

    def next_manner(self) -> Manner:
        with self.lock:
            return self.script.pop(0) if self.script else self.manner

    def keep(self, body: bytes, head: dict[str, str] | None = None) -> None:
        with self.lock:
            self.taken.append(body)
            self.heads.append(head or {})

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The JSON bodies taken."""
        return [json.loads(body) for body in self.taken]

    @property
    def mails(self) -> list[tuple[str, str, str]]:
        """To, subject and text of the mails taken."""
        mails = []
        for data in self.taken:
            mail = message_from_bytes(data, policy=default)
            body = mail.get_body(("plain",))
            assert body is not None
            subject = str(make_header(decode_header(str(mail["Subject"]))))
            mails.append((str(mail["To"]), subject, body.get_content()))
        return mails


@contextmanager
def http_receiver(manner: Manner = "takes", tls: ssl.SSLContext | None = None) -> Iterator[Received]:
    """An HTTP server on a loopback port; with a context, over TLS."""
    received = Received(manner)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(received.pause)
            received.everything.append(f"{self.requestline}\n{self.headers}".encode() + body)
            match received.next_manner():
                case "fails":
                    self.send_error(500)
                case "stalls":
                    time.sleep(STALL)
                case "drops":
                    received.keep(body, dict(self.headers))
                    self.connection.shutdown(socket.SHUT_RDWR)
                case "drips":
                    _drip(self.wfile, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                case "twice":  # a second answer to the one message
                    received.keep(body, dict(self.headers))
                    for _ in range(2):
                        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                case "gone":
                    self.send_error(410)
                case "elsewhere":
                    self.send_response(307)
                    self.send_header("Location", f"https://localhost:{received.port}/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                case "takes":
                    received.keep(body, dict(self.headers))
                    self.send_response(200)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with _served(server, received):
        yield received


@contextmanager
def smtp_receiver(manner: Manner = "takes") -> Iterator[Received]:
    """An SMTP server on a loopback port: enough of RFC 5321 for any client."""
    received = Received(manner)

    class Handler(StreamRequestHandler):
        ANSWERS: ClassVar[dict[str, bytes]] = {"QUIT": b"221 bye", "RSET": b"250 ok", "NOOP": b"250 ok"}

        def handle(self) -> None:
            self._say(b"220 test")
            while line := self.rfile.readline():
                received.everything.append(line)
                verb = line[:4].decode().upper()
                if verb == "DATA":
                    if not self._data():
                        return
                else:
                    self._say(self.ANSWERS.get(verb, b"250 ok"))
                if verb == "QUIT":
                    return

        def _data(self) -> bool:
            self._say(b"354 go on")
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            body = b"".join(lines)
            received.everything.append(body)
            match received.next_manner():
                case "fails":
                    self._say(b"451 try again later")
                case "stalls":
                    time.sleep(STALL)
                    return False
                case "drops":
                    received.keep(body)
                    return False
                case "drips":
                    _drip(self.wfile, b"250-")
                    return False
                case "takes":
                    received.keep(body)
                    self._say(b"250 taken")
            return True

        def _say(self, line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

    with _served(ThreadingTCPServer(("127.0.0.1", 0), Handler), received):
        yield received


def _drip(wire: BinaryIO | BufferedIOBase, beginning: bytes) -> None:
    """An answer that never ends, until whoever waits has gone."""
    with suppress(OSError):
        for byte in (*beginning, *bytes(DRIPS)):
            wire.write(bytes([byte or ord("x")]))
            wire.flush()
            time.sleep(0.1)


@contextmanager
def _served(server: ThreadingTCPServer | ThreadingHTTPServer, received: Received) -> Iterator[None]:
    server.daemon_threads = True
    server.block_on_close = False
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
