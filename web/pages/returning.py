"""Where the Back button leads when it meets the answer to a form: to the page the form was filled in on, as it is now.

A page makes its address a plain one as it loads (`desk.js`), so that a browser asks again by GET and sends nothing
twice; addresses that only take forms therefore lead on from here.
"""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

CAME_FROM = {
    "/accept": "/",
    "/matters/{no}/accept": "/matters/{no}",
    "/choices": "/matters",
    "/queue/approve": "/queue",
    "/table/look": "/table/edit",
    "/table/apply": "/table/edit",
    "/table/workbook": "/table/edit",
    "/import/{sha256}/open": "/import/{sha256}",
    "/bulletins/{draft}/word": "/bulletins/{draft}",
    "/bulletins/{draft}/drop": "/bulletins/{draft}",
    "/bulletins/{draft}/send": "/bulletins/{draft}",
    "/meetings/{no}/file": "/meetings/{no}",
    "/sign-out": "/sign-in",
}
"""The address of a form → of the page it stands on."""

router = APIRouter(include_in_schema=False)


def back(request: Request) -> Response:
    """To the page of the same matter, file or draft; what an address names stays one piece of it."""
    named = {name: quote(str(value), safe="") for name, value in request.path_params.items()}
    return RedirectResponse(CAME_FROM[request.scope["route"].path].format(**named), 303)


for address in CAME_FROM:
    router.add_api_route(address, back)
