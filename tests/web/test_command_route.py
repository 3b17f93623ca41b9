"""An order taken by the short way is the order FastAPI would take, and what FastAPI refuses is refused in its words."""

import json
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from domain import commands as c
from web.api.commands import CommandRoute, IfMatch, KeyHeader, body_of

JSON = "application/json"
REPORT = {"text": "完成桩基施工", "progress": 20}


def echoing() -> FastAPI:
    """One command at two addresses: `/short/7` as the product takes it, `/long/7` as FastAPI does."""
    app = FastAPI()

    async def echo(
        request: Request, no: str, body: Annotated[Any, Body()], key: KeyHeader = None, version: IfMatch = None
    ) -> Response:
        del request
        return Response(json.dumps([no, type(body).__name__, dict(body), key, version], default=str))

    def refused(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, RequestValidationError)
        return Response(json.dumps(error.errors(), default=str), 422)

    echo.__annotations__["body"] = body_of(c.SubmitFeedback)
    app.router.add_api_route("/short/{no}", echo, methods=["POST"], route_class_override=CommandRoute)
    app.router.add_api_route("/long/{no}", echo, methods=["POST"])
    app.add_exception_handler(RequestValidationError, refused)
    return app


async def answered(app: FastAPI, way: str, content: bytes, headers: list[tuple[str, str]]) -> tuple[int, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post(f"/{way}/XMH-2027-007", content=content, headers=headers)
    return answer.status_code, json.loads(answer.content)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (json.dumps(REPORT).encode(), {"content-type": JSON, "idempotency-key": "k" * 8}, 200),
        (json.dumps(REPORT).encode(), {"content-type": JSON, "if-match": '"v7"'}, 200),
        (json.dumps({**REPORT, "occurred_at": "2027-01-02T03:04:05+08:00"}).encode(), {"content-type": JSON}, 200),
        (json.dumps({**REPORT, "progress": "20"}).encode(), {"content-type": JSON}, 200),
        (json.dumps(REPORT, ensure_ascii=False).encode(), {"content-type": "application/json; charset=utf-8"}, 200),
        (json.dumps(REPORT, ensure_ascii=False).encode("utf-16"), {"content-type": JSON}, 200),
        (json.dumps(REPORT).encode(), {"content-type": "application/merge-patch+json"}, 200),
        (json.dumps({**REPORT, "text": "\ud800"}).encode(), {"content-type": JSON}, 422),
        (json.dumps(REPORT).encode(), {"content-type": JSON, "if-match": "v" * 41}, 422),
        (json.dumps(REPORT).encode(), {"content-type": "text/plain"}, 422),
        (json.dumps(REPORT).encode(), {}, 422),
        (json.dumps({**REPORT, "progress": "viel"}).encode(), {"content-type": JSON}, 422),
        (json.dumps({**REPORT, "unknown": 1}).encode(), {"content-type": JSON}, 422),
        (b'{"text": "a", "progress": NaN}', {"content-type": JSON}, 422),
        (b'{"text": "a", ', {"content-type": JSON}, 422),
        (b"[" * 100_000, {"content-type": JSON}, 400),
        (b"\xff\xfe\xff", {"content-type": JSON}, 400),
        (b"null", {"content-type": JSON}, 422),
        (b"[]", {"content-type": JSON}, 422),
        (b"", {"content-type": JSON}, 422),
    ],
)
@pytest.mark.asyncio
async def test_both_ways_answer_alike(content: bytes, headers: dict[str, str], status: int) -> None:
    app = echoing()
    short, long = [await answered(app, way, content, list(headers.items())) for way in ("short", "long")]
    assert short == long
    assert short[0] == status


@pytest.mark.asyncio
async def test_of_two_headers_of_a_name_both_ways_take_the_same() -> None:
    app, content = echoing(), json.dumps(REPORT).encode()
    headers = [
        ("content-type", JSON),
        *((name, f"{name}-{no}") for name in ("if-match", "idempotency-key") for no in "12"),
    ]
    assert await answered(app, "short", content, headers) == await answered(app, "long", content, headers)
