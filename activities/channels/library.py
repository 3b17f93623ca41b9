"""邮件, 企业微信, 钉钉, 飞书, webhook by the apprise library: one address each, with gaps for the person's own."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from apprise import Apprise, AppriseAttachment, NotifyFormat
from apprise.attachment.memory import AttachMemory

from activities.channels.deadline import TimeLimit
from activities.channels.filling import fill_gaps, fill_secrets, secrets_in, values_of_gaps
from activities.channels.port import NotTakenError
from domain.notices.digest import Message
from domain.notices.routing import ChannelSettings
from domain.office import Person

_LOGGER = logging.getLogger("apprise")
# It quotes whole addresses in its log, tokens and all; only we listen, and only to why a message was not taken.
_LOGGER.propagate = False
_LOGGER.addHandler(logging.NullHandler())


class AppriseChannel:
    """One address of the library, filled for each person. It says only yes or no; why not is in its log."""

    def __init__(self, settings: ChannelSettings, environment: Mapping[str, str]) -> None:
        """Secrets are taken from the environment now; a missing one is a KeyError."""
        self._url = fill_secrets(settings.url, environment, in_url=True)
        self._timeout = settings.timeout
        self._secrets = secrets_in(settings.url, environment)

    def send(self, message: Message, person: Person) -> None:
        """Send it and wait for the library's answer."""
        self._send(message, person, None)

    def send_file(self, message: Message, person: Person, name: str, content: bytes) -> None:
        """The same, with a text file that goes along.

        Raises:
            NotTakenError: it was not taken, or this is no channel that files go along with.
        """
        file = AttachMemory(content, name=name, mimetype="text/plain")  # type: ignore[no-untyped-call]
        self._send(message, person, AppriseAttachment(file))

    def _send(self, message: Message, person: Person, file: AppriseAttachment | None) -> None:
        service = Apprise.instantiate(self._timed(fill_gaps(self._url, values_of_gaps(message, person), in_url=True)))
        if service is None:
            raise NotTakenError("渠道地址无法识别，请对照 apprise 的写法检查")
        if file is not None and not service.attachment_support:
            raise NotTakenError("这种渠道不能带附件，请换用邮件渠道（mailto://、mailtos://）")
        # Named, because a robot of 企业微信 or 飞书 speaks to a whole group.
        body = f"{person.name}：\n{message.text}\n\n通知编号：{message.id}"
        deadline = TimeLimit(self._timeout)
        with _overheard() as messages, deadline:
            taken = service.notify(title=message.subject, body=body, body_format=NotifyFormat.TEXT, attach=file)
        if deadline.over:
            raise NotTakenError(f"渠道 {self._timeout:g} 秒内没有答复")
        if not taken:
            raise NotTakenError(self._without_secrets(messages[-1]) if messages else "渠道没有接收")

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text

    def _timed(self, url: str) -> str:
        """The address with our time limit, unless it names its own."""
        if "cto=" in url or "rto=" in url:
            return url
        return f"{url}{'&' if '?' in url else '?'}cto={self._timeout:g}&rto={self._timeout:g}"


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What the library complains of in this thread meanwhile."""
    messages: list[str] = []
    here = threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == here:
                messages.append(record.getMessage().replace("\n", " "))

    ear = Ear(logging.WARNING)
    _LOGGER.addHandler(ear)
    try:
        yield messages
    finally:
        _LOGGER.removeHandler(ear)
