"""TLS in front of a real server: certificates of one's own, a proxy that ends TLS, and a server that lets nobody in."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NAME = "temporal.test"


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    cert: Path
    key: Path
    made: x509.Certificate
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def certificate(
    folder: Path, name: str, by: Certificate | None = None, *, days: int = 1, host: str = NAME, of_rsa: bool = False
) -> Certificate:
    """A certificate for a host; a root without `by`. `days` from now it ends. Of an elliptic key, unless said."""
    private = rsa.generate_private_key(65537, 2048) if of_rsa else ec.generate_private_key(ec.SECP256R1())
    now, signer = datetime.now(UTC), by.private if by else private
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.made.subject if by else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        # Python asks for these from 3.13 on.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_signs(certificates=by is None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pkcs8, clear = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, pkcs8, clear))
    return Certificate(cert, key, made, private)


def _signs(*, certificates: bool) -> x509.KeyUsage:
    """What the key is for."""
    rest = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=certificates,
        crl_sign=certificates,
        decipher_only=False,
        **dict.fromkeys(rest, False),
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def server_side(own: Certificate, clients_of: Certificate | None = None) -> ssl.SSLContext:
    """A server's side of TLS; with `clients_of`, only for clients with a certificate by that root."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.cert, own.key)
    context.set_alpn_protocols(["h2"])
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of.cert)
    return context


@asynccontextmanager
async def tls_in_front_of(address: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """The address of a proxy that ends TLS before the server at another address."""
    host, _, port = address.rpartition(":")

    async def carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_piped(reader, onward_writer), _piped(onward_reader, writer))

    async with _listening(carried, context) as own:
        yield own


async def _piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.close()


@dataclass
class Doorkeeper:
    """An HTTP/2 server that answers every call as gRPC does to whoever may not come in."""

    address: str = ""
    heard: bytes = b""
    """The header blocks of the calls, as they were packed (RFC 7541)."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readexactly(24)
            writer.write(_frame(_SETTINGS, 0, 0))
            while True:
                head = await reader.readexactly(9)
                body = await reader.readexactly(int.from_bytes(head[:3], "big"))
                if head[3] == _SETTINGS and not head[4] & _ACK:
                    writer.write(_frame(_SETTINGS, _ACK, 0))
                if head[3] == _HEADERS:
                    self.heard += body
                    writer.write(_frame(_HEADERS, _WHOLE_AND_LAST, int.from_bytes(head[5:], "big"), _UNAUTHENTICATED))
                await writer.drain()
        writer.close()


_HEADERS, _SETTINGS, _ACK, _WHOLE_AND_LAST = 1, 4, 1, 5


def _frame(kind: int, flags: int, stream: int, body: bytes = b"") -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def _header(name: str, value: str) -> bytes:
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


_UNAUTHENTICATED = b"\x88" + _header("content-type", "application/grpc") + _header("grpc-status", "16")


@asynccontextmanager
async def doorkeeper(context: ssl.SSLContext) -> AsyncIterator[Doorkeeper]:
    """A server that lets nobody in."""
    keeper = Doorkeeper()
    async with _listening(keeper.answer, context) as keeper.address:
        yield keeper


HUFFMAN = {" ": "010100", "B": "1011101", "a": "00011", "e": "00101", "r": "101100"}
"""RFC 7541, appendix B, as far as the tests' own key needs it."""


def as_packed(text: str) -> bytes:
    """A header's value as HTTP/2 clients write it."""
    bits = "".join(HUFFMAN[letter] for letter in text)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


@asynccontextmanager
async def _listening(handle: object, context: ssl.SSLContext) -> AsyncIterator[str]:
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert callable(handle)
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await handle(reader, writer)

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
