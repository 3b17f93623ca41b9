"""One question to a server of somebody else: sent once, answered within a time, and never led elsewhere."""

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
    request = Request(url, data=body, headers={"Content-Type": kind}, method="POST")  # noqa: S310  (http or https by type)
    limit = TimeLimit(timeout)
    try:
        with limit:
            answer = _answered(request, timeout)
        limit.check()
    except TimeoutError as error:
        raise Unreachable(f"{timeout:g} 秒内没有答复") from error
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise Unreachable(f"连不上：{reason}") from error
    return answer


def _answered(request: Request, timeout: float) -> ServerAnswer:
    try:
        with build_opener(_Stays()).open(request, timeout=timeout) as answer:
            return ServerAnswer(answer.status, answer.read(MOST_ANSWER))
    except HTTPError as error:
        with error:
            return ServerAnswer(error.code, error.read(MOST_ANSWER))
