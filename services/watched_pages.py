"""A few fixed pages for a machine that watches a process: no framework is needed for them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

_ASKED_WITHIN = 5.0
Answer = tuple[HTTPStatus, str, bytes]
"""Status, content type, body."""


@asynccontextmanager
async def serve_pages(
    address: str, port: int | None, pages: Mapping[str, Callable[[], Awaitable[Answer]]]
) -> AsyncIterator[None]:
    """Serve a few fixed pages to a machine that watches; nothing without a port."""
    if port is None:
        yield
        return
    server = await asyncio.start_server(_answering(pages), address, port)
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
