"""A checkpoint by e-mail: to the auditor, who needs no server of his own to keep one, and back out of a saved mail."""

import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from email import message_from_bytes
from typing import TYPE_CHECKING

from activities.channels.port import NotTakenError
from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.checkpoint import LogCheckpoint
from domain.notices.digest import Message
from domain.office import Person
from domain.terms import Role, Urgency
from services.unreachable import Unreachable

if TYPE_CHECKING:
    from activities.channels.library import AppriseChannel
    from settings import Settings

MOST_KEPT = 512 * 1024
"""Bytes of a saved mail or note that are read: the note stands in a mail twice."""
_NOTE = re.compile(r"^xmh/\S+\n\d+\n.+?\n\n(?:— \S+ \S+\n?)+", re.DOTALL | re.MULTILINE)
_READER = "审计员"


def mail_party(address: str) -> str:
    """What an address is called among all who are to have a checkpoint."""
    return f"邮件 {address}"


def mail_checkpoint(settings: "Settings", taken: LogCheckpoint, note: str, public: str, address: str) -> None:
    """Send a checkpoint to one address by the channel of the settings, which has taken it afterwards.

    Sent again it says the same under the same id, by which whoever gets it can tell.

    Args:
        settings: of the log's home, with `[witnesses.mail]`.
        taken: the checkpoint.
        note: its note, with the signatures it has.
        public: the public key it was signed with.
        address: one of those of the settings.

    Raises:
        Refusal: `malformed`: the channel is none that mails.
        Unreachable: the mail was not taken.
    """
    code = taken.origin.split("/")[1]
    name = f"检查点-{code}-{taken.size}.txt"
    message = Message(
        id=f"checkpoint-{code}-{taken.size}-{taken.root.hex()[:16]}",
        person=address,
        subject=f"【督办】事件日志检查点 {code} 第1至{taken.size}条",
        text=_text(taken, note, public, name),
        urgency=Urgency.NORMAL,
        ids=(),
    )
    reader = Person(id=address, name=_READER, unit="", role=Role.AUDITOR, email=address)
    try:
        _channel(settings).send_file(message, reader, name, note.encode())
    except NotTakenError as error:
        raise Unreachable(str(error)) from error


def _channel(settings: "Settings") -> "AppriseChannel":
    from activities.channels.library import AppriseChannel

    assert settings.witnesses.mail is not None  # noqa: S101  (only then anybody is written to)
    name = settings.witnesses.mail.channel
    known = settings.notices.channels.get(name)
    if known is None or known.kind != "apprise":
        raise Refusal(f"没有邮件渠道 {name}，请在 xmh.toml 的 [notices.channels.{name}] 中写明", "malformed")
    try:
        return AppriseChannel(known, os.environ)
    except KeyError as missing:
        raise Refusal(f"邮件渠道 {name} 缺少环境变量 {missing.args[0]}", "malformed") from missing


def _text(taken: LogCheckpoint, note: str, public: str, name: str) -> str:
    """What the auditor is told to do with it."""
    moment = taken.made_at.astimezone(SHANGHAI)
    return f"""这是督办系统自动寄出的检查点：它证明 {moment:%Y-%m-%d %H:%M} 时事件日志有{taken.size}条，内容如何。
此后日志若被改写、截短或换回旧副本，凭它就能看出来。

请这样做：
1. 把附件“{name}”或整封邮件（.eml）存到督办办公室改动不了的地方，不要修改，不要删除旧的。
2. 第一次收到时，请当面或打电话向督办办公室核对公钥，抄下留存；以后每封的公钥应与它相同。
   公钥 {public}
3. 核验时，在能读到日志的机器上运行：
   xmh audit verify --checkpoint {name} --public-key 留存的公钥
   文件换成整封邮件（.eml）也可以。说“日志与检查点不同”或“日志比检查点短”的，日志被动过，请立即查明。
4. 每次印发文件后、每天都有一封；连续几天没有收到，请问督办办公室。

以下是检查点全文，与附件相同：

{note}"""


def note_in(data: bytes) -> str:
    """The note of a checkpoint in what somebody kept: the note itself, a mail with it saved as it came, or its words.

    What is none of these is given back as text, for whoever reads it to say so.

    Raises:
        Refusal: `malformed`: it is no text at all.
    """
    for text in _texts_in(data):
        if match := _NOTE.search(text):
            return match[0]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal("不是文字文件", "malformed") from error


def _texts_in(data: bytes) -> Iterator[str]:
    """The parts of a mail, or the one text there is; lines end as ours do."""
    if _is_mail(data):
        parts = (part.get_payload(decode=True) for part in message_from_bytes(data).walk())
        contents = [part for part in parts if isinstance(part, bytes)]
    else:
        contents = [data] if not data.removeprefix(BOM_UTF8).startswith(b"xmh/") else []
    for content in contents:
        yield content.decode("utf-8", "replace").replace("\r\n", "\n")


def _is_mail(data: bytes) -> bool:
    """Whether it begins as mails do: with lines that each name what they say."""
    return re.match(rb"(?:\xef\xbb\xbf)?(?:>?From |[A-Za-z][A-Za-z0-9-]*:[ \t\r\n])", data) is not None
