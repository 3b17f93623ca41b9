"""Files that come over the network: received piece by piece, to the disk and not to memory, then looked at and kept."""

import tempfile
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from domain.base import Refusal, refuse
from services.attaching import take_in_of

if TYPE_CHECKING:
    from domain.facts import Attachment
    from web.service import WebService

IN_MEMORY = 1024 * 1024
MARK = "filename*=utf-8''"


async def received(service: "WebService", person: str, request: Request) -> "Attachment":
    """The file a request's body is, called as its `Content-Disposition` says, kept as handed in by this person.

    Raises:
        Refusal: `malformed`: it is not taken, or ended before its end.
        Unreachable: the scanner or the disk does not take it.
    """
    name = _named(request.headers.get("content-disposition", ""))
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        try:
            async for piece in request.stream():
                await run_in_threadpool(file.write, piece)
        except ClientDisconnect:
            raise Refusal("上传中断，请再传一次", "malformed") from None
        return await service.ask(take_in_of, service.settings, service.database, person, file, name, service.now)


def _named(disposition: str) -> str:
    """What a file is called by the header of RFC 6266; only the form that can say Chinese."""
    at = disposition.lower().find(MARK)
    refuse(at < 0, "缺少文件名：请在 Content-Disposition 里写 filename*=UTF-8''…", "malformed")
    return unquote(disposition[at + len(MARK) :].partition(";")[0].strip(), errors="replace")
