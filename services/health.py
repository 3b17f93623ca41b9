"""Whether the worker runs, for whoever watches over services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from temporalio.worker import Worker

if TYPE_CHECKING:
    from settings import Settings


@asynccontextmanager
async def serve_health(settings: "Settings", worker: Worker) -> AsyncIterator[None]:
    """Serve `GET /` on the health port: 200 while the worker runs."""
    if settings.health_port is None:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        body = b"ok\n" if worker.is_running else b"stopping\n"
        status = b"200 OK" if worker.is_running else b"503 Service Unavailable"
        head = b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        writer.write(head % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, settings.listen_address, settings.health_port)
    async with server:
        yield
