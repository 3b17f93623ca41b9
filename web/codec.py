"""`/codec/decode`: what Temporal's own page shows of us, opened for who may read all matters and is signed in here.

Temporal calls it a codec endpoint: the page sends what it has read, sealed, and shows the answer. It asks from its own
origin, which must be named, and with the browser's own session of ours, so it lies on the same site (a port of its own,
or a name beside ours).
"""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from domain.access.events import PayloadsRead
from domain.base import Refusal, refuse
from domain.terms import Role
from services.reading_record import record_reading
from web.pages.rendering import SignInNeededError, visitor_of
from web.problems import ProblemDetails, explained, problem
from web.service import service_of

if TYPE_CHECKING:
    from web.service import WebService

DECODE = "/codec/decode"
MAY_READ_ALL = (Role.OFFICE, Role.AUDITOR)
"""Who has all of every matter in sight; sealed words stay sealed for him, too. A 系统管理员 has no matter in sight."""
MOST_PAYLOADS = 1000
router = APIRouter(include_in_schema=False)


def is_temporal_page(service: "WebService", origin: str | None) -> bool:
    """Whether that is where Temporal's page comes from, as the settings say."""
    return origin is not None and origin == service.settings.web.temporal_ui


@router.options(DECODE)
async def asked_before(request: Request) -> Response:
    """What a browser asks before it sends anything from another origin."""
    if not is_temporal_page(service_of(request), request.headers.get("origin")):
        return _not_from_there()
    allowed = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type, x-namespace"}
    return _for_the_page(request, Response(None, 204, {**allowed, "Access-Control-Max-Age": "600"}))


@router.post(DECODE)
async def decode(request: Request) -> Response:
    """Open what can be opened; the rest comes back as it was sent. Every minute of it is on record."""
    service = service_of(request)
    if not is_temporal_page(service, request.headers.get("origin")):
        return _not_from_there()
    try:
        visitor = await service.ask(visitor_of, request, used=False)
        refuse(visitor.person.role not in MAY_READ_ALL, "Temporal 里的内容由办公室督办员和审计员查阅", "forbidden")
        opened = await _opened(service, await request.body())
        minute = service.now.replace(second=0, microsecond=0)
        event = PayloadsRead(person=visitor.person.id, minute=minute)
        await service.ask(record_reading, service.database, event, service.now)
    except SignInNeededError:
        details = ProblemDetails(401, "unauthenticated", "请先在本系统登录，再刷新 Temporal 的页面")
        return _for_the_page(request, problem(details))
    except Exception as error:  # told to the page, which otherwise shows none of it
        return _for_the_page(request, problem(explained(error, service)))
    return _for_the_page(request, JSONResponse(opened))


async def _opened(service: "WebService", body: bytes) -> dict[str, Any]:
    """The same payloads, opened.

    Raises:
        Refusal: `malformed`: it is no list of payloads, or too long a one.
    """
    from google.protobuf.json_format import MessageToDict, Parse, ParseError
    from temporalio.api.common.v1 import Payloads

    from services.payload_codec import SealedPayloads
    from services.payload_keys import payload_keys

    try:
        asked = Parse(body, Payloads())
    except (ParseError, ValueError) as error:
        raise Refusal("请求里没有 payloads，未作任何处理", "malformed") from error
    refuse(len(asked.payloads) > MOST_PAYLOADS, f"一次最多 {MOST_PAYLOADS} 个 payload", "malformed")
    codec = SealedPayloads(payload_keys(service.settings))
    return {"payloads": [MessageToDict(payload) for payload in await codec.decode(asked.payloads)]}


def _not_from_there() -> Response:
    return problem(ProblemDetails(403, "cross_site", "请求不是从设置 [web] temporal_ui 写明的 Temporal 页面发出的"))


def _for_the_page(request: Request, answer: Response) -> Response:
    """Let that one origin, and none beside it, read the answer."""
    answer.headers["Access-Control-Allow-Origin"] = request.headers["origin"]
    answer.headers["Access-Control-Allow-Credentials"] = "true"
    answer.headers["Vary"] = "Origin"
    return answer
