"""One signed message to one declared address, connected to at the very address that was looked at."""

import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPException, HTTPSConnection

from activities.channels.deadline import TimeLimit
from activities.channels.port import NotTakenError
from domain.base import Refusal
from domain.notices.webhooks import WebhookPlaces, WebhookTarget, is_public, may_be_private, place_of

GONE = 410


class GoneError(NotTakenError):
    """The receiver says that it wants nothing more (410)."""


class _PinnedConnection(HTTPSConnection):
    """Connects to the address that was looked at, and proves itself by the name that was declared."""

    def __init__(self, place: WebhookTarget, address: str, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(place.host, place.port, timeout=timeout, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        """No second look-up: what a name leads to could have changed since."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def post_webhook(url: str, places: WebhookPlaces, body: bytes, headers: Mapping[str, str]) -> None:
    """Send one message and wait for the answer; no redirection is followed, no proxy asked.

    Raises:
        GoneError: the receiver wants nothing more. NotTakenError: it was not taken, or nobody said that it was.
    """
    try:
        place = place_of(url, places)
    except Refusal as refusal:
        raise NotTakenError(refusal.message) from refusal
    limit = TimeLimit(places.timeout)
    try:
        with limit:
            status = _posted(place, places, body, headers)
        limit.check()
    except (OSError, HTTPException, ValueError) as error:
        raise NotTakenError(_trouble(error, limit, places.timeout)) from error
    if status == GONE:
        raise GoneError("接收方答复 410，不再接收")
    if not 200 <= status < 300:  # noqa: PLR2004  (what HTTP calls success)
        raise NotTakenError(f"接收方答复 {status}")


def _posted(place: WebhookTarget, places: WebhookPlaces, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer. One message a connection: no answer is taken for another's."""
    context = ssl.create_default_context()
    if places.ca is not None:
        context.load_verify_locations(places.ca)
    connection = _PinnedConnection(place, _address_of(place, places), context, places.timeout)
    try:
        all_headers = {
            "Content-Type": "application/json",
            "User-Agent": "xmh-webhook/1",
            "Connection": "close",
            **headers,
        }
        connection.request("POST", place.path, body, all_headers)
        answer = connection.getresponse()
        answer.read(1024)
        return answer.status
    finally:
        connection.close()


def _address_of(place: WebhookTarget, places: WebhookPlaces) -> str:
    """Where the host is; every address it has must be one that may be asked.

    Raises:
        NotTakenError: one of them lies in a network that is not public, and the host is not declared to.
        OSError: it is nowhere.
    """
    resolved = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    addresses = [str(where[0]) for *_, where in resolved]
    if not may_be_private(place, places) and not all(map(is_public, addresses)):
        raise NotTakenError(f"{place.host} 指向内部网络的地址，没有发送；确属内网的，写入设置 [webhooks] private")
    return addresses[0]


def _trouble(error: Exception, limit: TimeLimit, timeout: float) -> str:
    if limit.over or isinstance(error, TimeoutError):
        return f"接收方 {timeout:g} 秒内没有答复"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"接收方的证书不可信：{error.verify_message}"
    if isinstance(error, socket.gaierror):
        return "找不到接收方的主机"
    if isinstance(error, OSError) and not isinstance(error, HTTPException):
        return f"连不上接收方：{error.strerror or type(error).__name__}"
    return f"接收方中途断开：{type(error).__name__}"
