"""What leaves as a file: a page printed as our PDF, something filed, an attachment. Never the screen."""

from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi.responses import Response

from services.press import press_by

if TYPE_CHECKING:
    from documents.page import Page
    from web.service import WebService

MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
}

VIEWED = {".pdf": MEDIA["pdf"], ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def viewed_as(name: str) -> str | None:
    """What a browser shows a file as: a PDF or a picture, by the name its content was held to; None of others."""
    return VIEWED.get(PurePath(name).suffix.lower())


def printed_page(service: "WebService", page: "Page", name: str) -> Response:
    """A page as PDF, in the office's faces."""
    return downloaded(press_by(service.settings).printed(page, "pdf"), f"{name}.pdf", inline=True)


def downloaded(data: bytes, name: str, *, inline: bool = False) -> Response:
    """A file under its name; only what we printed ourselves may open in the browser."""
    how = "inline" if inline else "attachment"
    kind = MEDIA.get(name.rpartition(".")[2].lower(), "application/octet-stream") if inline else None
    headers = {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}"}
    if not inline:
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(data, media_type=kind or "application/octet-stream", headers=headers)
