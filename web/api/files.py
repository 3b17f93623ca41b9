"""`/files` and `/matters/{no}/files`: attachments handed in before they are named, listed, and given out."""

from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response

from domain.access.terms import TokenScope
from domain.base import refuse
from domain.facts import Attachment
from services.attaching import read_out
from views.files import matter_file, matter_files
from views.matter import attachment_document
from web.api.common import api_router, caller_of
from web.asking import the_matter
from web.pages.printing import downloaded
from web.service import service_of
from web.uploading import received

BINARY: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
NameHeader = Annotated[str, Header(description="文件名：attachment; filename*=UTF-8''…", max_length=2000)]


router = api_router("files")


@router.post("/files", status_code=201, openapi_extra={"requestBody": {"required": True, "content": BINARY}})
async def upload(request: Request, content_disposition: NameHeader) -> Attachment:
    """Hand in a file, at most 50 MB; the answer is what a command names it by, for thirty days."""
    service = service_of(request)
    del content_disposition
    caller = caller_of(request)
    refuse(caller.scope is TokenScope.READ, f"令牌只能{caller.scope.label}，不能上传", "scope")
    return await received(service, caller.actor.id, request)


@router.get("/matters/{no}/files")
def files(request: Request, no: str) -> dict[str, Any]:
    """The attachments of a matter, as `task file` lists them."""
    service = service_of(request)
    viewer = service.viewer(caller_of(request).actor)
    matter = the_matter(viewer, no)
    return {"matter": matter.number, "files": [attachment_document(f) for f in matter_files(viewer, matter)]}


@router.get("/matters/{no}/files/{place}", response_class=Response, responses={200: {"content": BINARY}})
def file(request: Request, no: str, place: int) -> Response:
    """One of them as it was handed in; that it was read is on record."""
    service = service_of(request)
    caller = caller_of(request)
    viewer = service.viewer(caller.actor)
    matter = the_matter(viewer, no)
    wanted = matter_file(viewer, matter, place)
    data = read_out(service.settings, service.database, caller.actor.id, matter.number, wanted, service.now)
    return downloaded(data, wanted.name)
