"""One question to a server of somebody else: sent once, answered within a time, and never led elsewhere."""

from http.client import HTTPException
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from activities.channels.deadline import TimeLimit
from services.unreachable import Unreachable

MOST_ANSWER = 256 * 1024


class ServerAnswer(NamedTuple):
    """What came back."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """As text; what is none of it is not kept."""
        return self.body.decode("utf-8", "replace")


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """What is shown to one server is not shown to another it names."""


def post_elsewhere(url: str, body: bytes, kind: str, timeout: float) -> ServerAnswer:
    """Post to an address of the settings.

    Raises:
        Unreachable: no answer in time, or none that could be read.
    """
    limit = TimeLimit(timeout)
    try:
        request = Request(url, data=body, headers={"Content-Type": kind}, method="POST")  # noqa: S310  (http or https by type)
        with limit:
            answer = _answered(request, timeout)
        limit.check()
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(_why(error, limit, timeout)) from error
    return answer


def _why(error: Exception, limit: TimeLimit, timeout: float) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if limit.over or isinstance(reason, TimeoutError):
        return f"{timeout:g} 秒内没有答复"
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return "地址不对，或那里的答复不是 HTTP，请核对地址"
    return f"连不上：{reason}"


def _answered(request: Request, timeout: float) -> ServerAnswer:
    try:
        with build_opener(_Stays()).open(request, timeout=timeout) as answer:
            return ServerAnswer(answer.status, answer.read(MOST_ANSWER))
    except HTTPError as error:
        with error:
            return ServerAnswer(error.code, error.read(MOST_ANSWER))
