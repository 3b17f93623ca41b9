"""Any HTTP gateway by template: 短信 of a carrier, 粤政易, whatever takes a form or JSON."""

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from activities.channels.deadline import TimeLimit
from activities.channels.filling import fill_gaps, fill_secrets, values_of_gaps
from activities.channels.port import NotTakenError
from domain.notices.digest import Message
from domain.notices.routing import ChannelSettings
from domain.office import Person

_TYPES = {"json": "application/json; charset=utf-8", "form": "application/x-www-form-urlencoded; charset=utf-8"}
Field = str | dict[str, str]
_FIELDS: dict[str, Field] = {"to": "{phone}", "text": "{subject}\n{text}", "id": "{id}"}


class _StayHere(HTTPRedirectHandler):
    """A gateway that sends elsewhere has not taken the message; following it would carry the key away."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Do not follow."""


_OPENER = build_opener(_StayHere)


def _mapped(fields: Mapping[str, Field], change: Callable[[str], str]) -> dict[str, Field]:
    """The fields with every text in them changed."""
    return {
        name: change(value) if isinstance(value, str) else {inner: change(text) for inner, text in value.items()}
        for name, value in fields.items()
    }


class HttpChannel:
    """One POST per message. What is not 2xx was not taken."""

    def __init__(self, settings: ChannelSettings, environment: Mapping[str, str]) -> None:
        """Secrets are taken from the environment now; a missing one is a KeyError."""
        self._url = fill_secrets(settings.url, environment, in_url=True)
        if not self._url.startswith(("http://", "https://")):
            raise ValueError("地址须以 http:// 或 https:// 开头")
        self._headers = {k: fill_secrets(v, environment) for k, v in settings.headers.items()}
        if not all(text.isascii() and text.isprintable() for item in self._headers.items() for text in item):
            raise ValueError("请求头只能用英文字母、数字和符号")
        self._fields = _mapped(settings.fields or _FIELDS, lambda text: fill_secrets(text, environment))
        if settings.encoding == "form" and not all(isinstance(value, str) for value in self._fields.values()):
            raise ValueError('表单里的字段不能再分字段，请改用 encoding = "json"')
        self._encoding = settings.encoding
        self._timeout = settings.timeout

    def send(self, message: Message, person: Person) -> None:
        """Post it and wait for the answer."""
        values = values_of_gaps(message, person)
        fields = _mapped(self._fields, lambda text: fill_gaps(text, values))
        body = json.dumps(fields, ensure_ascii=False) if self._encoding == "json" else urlencode(fields)
        headers = {"Content-Type": _TYPES[self._encoding], "Idempotency-Key": message.id, **self._headers}
        request = Request(  # noqa: S310  (the scheme is checked above)
            fill_gaps(self._url, values, in_url=True), data=body.encode(), headers=headers, method="POST"
        )
        deadline = TimeLimit(self._timeout)
        try:
            with deadline, _OPENER.open(request, timeout=self._timeout) as answer:
                answer.read(1024)
            deadline.check()
        except HTTPError as error:
            error.close()
            raise NotTakenError(f"网关答复 {error.code}") from error
        except (OSError, HTTPException) as error:
            raise NotTakenError(self._trouble(error, deadline)) from error

    def _trouble(self, error: Exception, deadline: TimeLimit) -> str:
        if deadline.over or isinstance(error, TimeoutError):
            return f"网关 {self._timeout:g} 秒内没有答复"
        if isinstance(error, URLError):
            return f"连不上网关：{error.reason}"
        return f"网关中途断开：{type(error).__name__}"
