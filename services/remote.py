"""Another machine's log and door over HTTPS: `XMH_SERVER` says where, `XMH_TOKEN` as whom (`docs/reference/api.md`)."""

import json
from http.client import HTTPException
from ssl import SSLCertVerificationError
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from domain.base import Frozen, Refusal, refuse
from domain.bounds import seen
from eventlog.patience import time_left
from services.accounts import is_token
from services.unreachable import Unreachable

ANSWER_WITHIN = 9.0
TRANSFERRED_WITHIN = 60.0
"""Seconds between two pieces of a file."""
MOST_ANSWER = 64 * 1024 * 1024
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
API = "/api/v1"


class _NoRedirect(HTTPRedirectHandler):
    """The token goes where it was meant to go, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


class RemoteServer:
    """A server that is asked instead of the home of this machine."""

    def __init__(self, address: str, token: str | None) -> None:
        """Nothing is sent yet; without a token only what lets one in can be asked.

        Raises:
            Refusal: `malformed`: the address is none, or would carry the token in the clear; or the token is none.
        """
        try:
            parts = urlsplit(address)
        except ValueError:  # half an IPv6 address
            parts = urlsplit("")
        here = parts.hostname in LOOPBACK
        secure = parts.scheme == "https" or (here and parts.scheme == "http")
        shown = seen(address.rpartition("@")[2])[:80]
        refuse(
            not parts.hostname or parts.username is not None or not secure,
            f"XMH_SERVER 须以 https:// 开头（本机可用 http://127.0.0.1:端口），不带用户名，现在是 {shown}",
            "malformed",
        )
        broken = token is not None and not is_token(token.strip())
        refuse(broken, "XMH_TOKEN 不是完整的令牌，请核对有没有抄漏（用 xmh access token 签发）", "unauthenticated")
        self.address = address.strip().rstrip("/")
        self._token = token.strip() if token is not None else None
        # What is asked of this machine never leaves it, whatever proxy the environment names.
        self._opener = build_opener(_NoRedirect(), *([ProxyHandler({})] if here else []))

    @property
    def has_token(self) -> bool:
        """Whether more can be asked than to be let in."""
        return self._token is not None

    def __repr__(self) -> str:
        """Without the token."""
        return f"RemoteServer({self.address})"

    def read(self, path: str, **asked: Any) -> dict[str, Any]:
        """The document at a path of the API; what is None or False is not asked.

        Raises:
            Refusal: as the server says. Unreachable: it does not answer.
        """
        query = {name: str(value) for name, value in asked.items() if value not in (None, False)}
        return self._answered(Request(f"{self.address}{API}{path}?{urlencode(query)}"), None)  # noqa: S310  (checked above)

    def post(self, path: str, body: dict[str, Any], command_id: str | None = None) -> dict[str, Any]:
        """The document a path of the API answers to a body, under a command's id where it is one.

        Raises:
            Refusal: as the server says. Unreachable: it does not answer.
        """
        request = Request(  # noqa: S310  (checked above)
            f"{self.address}{API}{path}",
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json", **({"Idempotency-Key": command_id} if command_id else {})},
            method="POST",
        )
        return self._answered(request, command_id)

    def command(self, number: str | None, command: Frozen, command_id: str, **beside: Any) -> dict[str, Any]:
        """The answer to a command on a matter, or without a number to the one that opens it.

        Raises:
            Refusal: a rule said no. Unreachable: no answer; the command may still be carried out under its id.
        """
        body = command.model_dump(mode="json", exclude_none=True)
        path = "/matters" if number is None else f"/matters/{quote(number, safe='')}/commands/{body['do']}"
        request = Request(  # noqa: S310  (checked above)
            f"{self.address}{API}{path}",
            data=json.dumps({**body, **beside}, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": command_id},
            method="POST",
        )
        return self._answered(request, command_id)

    def upload(self, file: BinaryIO, name: str) -> dict[str, Any]:
        """Hand in a file that can be sought in; what a command names it by.

        Raises:
            Refusal: it is not taken. Unreachable: no answer.
        """
        size = file.seek(0, 2)
        file.seek(0)
        disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "Content-Disposition": disposition,
        }
        request = Request(f"{self.address}{API}/files", data=file, headers=headers, method="POST")  # noqa: S310  (checked above)
        return self._answered(request, None, TRANSFERRED_WITHIN)

    def content(self, path: str) -> bytes:
        """A file at a path of the API.

        Raises:
            Refusal: as the server says. Unreachable: no answer.
        """
        request = Request(f"{self.address}{API}{path}")  # noqa: S310  (checked above)
        return self._bytes(request, None, TRANSFERRED_WITHIN)

    def _answered(self, request: Request, command_id: str | None, within: float | None = None) -> dict[str, Any]:
        try:
            document = json.loads(self._bytes(request, command_id, within))
        except ValueError as error:
            raise Unreachable(f"连不上服务器 {self.address}，请检查网络和 XMH_SERVER", command_id) from error
        if not isinstance(document, dict):
            raise Unreachable(f"{self.address} 的答复看不懂，它可能不是 xmh 的服务器", command_id)
        return document

    def _bytes(self, request: Request, command_id: str | None, within: float | None) -> bytes:
        if self._token is not None:
            request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Accept", "application/json")
        try:
            with self._opener.open(request, timeout=within or time_left(ANSWER_WITHIN)) as answer:
                data: bytes = answer.read(MOST_ANSWER)
        except HTTPError as error:
            raise self._refusal(error, command_id) from error
        except (OSError, HTTPException, ValueError) as error:
            raise Unreachable(self._why_not_reached(error), command_id) from error
        return data

    def _why_not_reached(self, error: Exception) -> str:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, SSLCertVerificationError):
            why = (reason.verify_message or "").rstrip(".")
            remedy = "请核对地址；单位自己的根证书，用环境变量 SSL_CERT_FILE 写明它的文件"
            return f"不信任服务器 {self.address} 的证书（{why}），{remedy}"
        return f"连不上服务器 {self.address}，请检查网络和 XMH_SERVER"

    def _refusal(self, error: HTTPError, command_id: str | None) -> Exception:
        """What the server's problem is here: the same line and code."""
        try:
            problem = json.loads(error.read(1024 * 1024))
            line, code = str(problem["detail"]), str(problem["code"])
        except (OSError, ValueError, KeyError, TypeError):
            return Unreachable(f"{self.address} 的答复看不懂（{error.code}），它可能不是 xmh 的服务器", command_id)
        if code == "unreachable":
            return Unreachable(line, command_id)
        return Refusal(line, code)
