"""A few fixed pages for a machine that watches a process: no framework is needed for them."""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

from domain.base import Refusal

_ASKED_WITHIN = 5.0
Answer = tuple[HTTPStatus, str, bytes]
"""Status, content type, body."""


@asynccontextmanager
async def serve_pages(
    address: str, port: int | None, pages: Mapping[str, Callable[[], Awaitable[Answer]]], *, setting: str
) -> AsyncIterator[None]:
    """Serve a few fixed pages to a machine that watches; nothing without a port.

    Raises:
        Refusal: `port_in_use` names the `setting` of the port; `malformed`: the address is none of this machine's.
    """
    if port is None:
        yield
        return
    try:
        server = await asyncio.start_server(_answering(pages), address, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refusal(f"端口 {port} 已被占用，请改设置 {setting}", "port_in_use") from error
        raise Refusal(f"不能在 {address} 的端口 {port} 上监听，请检查设置 {setting} 和监听地址", "malformed") from error
    async with server:
        yield


Asked = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _answering(pages: Mapping[str, Callable[[], Awaitable[Answer]]]) -> Asked:
    """One request a connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), _ASKED_WITHIN)
            page = pages.get(_path(line))
            status, kind, body = (HTTPStatus.NOT_FOUND, "text/plain", b"not found\n") if page is None else await page()
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            pass  # whoever asks and says nothing, too much, or goes away
        finally:
            writer.close()

    return answer


def _path(line: bytes) -> str:
    match line.decode("latin-1").split():
        case ["GET", target, *_]:
            return target.partition("?")[0]
    return ""
