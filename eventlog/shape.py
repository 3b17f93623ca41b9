"""What may enter the log at all: sizes and characters that both databases and every reader can carry."""

import re
from collections.abc import Iterator, Mapping

from domain.base import Refusal, refuse
from domain.log import AppendRequest

FIELD_BYTES = 64 * 1024
NAME_LENGTH = 512
_STREAM = re.compile(r"[a-z][a-z_]{0,31}/[^\s/]{1,200}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def check_shape(request: AppendRequest) -> None:
    """Refuse an append whose request is not well formed: its ids, sizes, number of drafts.

    Raises:
        Refusal: with code `malformed` or `too_large`.
    """
    if _STREAM.fullmatch(request.stream) is None:
        raise Refusal(f"流名称不合规：{request.stream[:80]!r}", "malformed")
    refuse(bool(request.drafts) and not request.command_id, "写入日志的命令必须有编号", "malformed")
    refuse(request.expected_version < 0, "版本号不能为负数", "malformed")
    for moment in (request.now, request.valid_until):
        refuse(moment is not None and moment.tzinfo is None, "时间必须带时区", "malformed")
    for draft in request.drafts:
        refuse(draft.occurred_at is not None and draft.occurred_at.tzinfo is None, "时间必须带时区", "malformed")
    names = _names(request)
    together = "".join(names)
    if len(together) > NAME_LENGTH or not together.isprintable():
        _check_names(names)


def _check_names(names: list[str]) -> None:
    for name in names:
        refuse(len(name) > NAME_LENGTH, f"编号过长：{name[:40]}…", "too_large")
        refuse(_UNSTORABLE.search(name) is not None, f"编号含有不能入库的字符：{name[:40]!r}", "malformed")


def _names(request: AppendRequest) -> list[str]:
    actor, behalf = request.actor, request.actor.on_behalf_of
    names = [request.stream, request.command_id, request.request_hash]
    names += [actor.id, actor.unit or "", *{draft.type for draft in request.drafts}]
    if behalf is not None:
        names += [behalf.id, behalf.unit or "", behalf.paper or ""]
    return names + [claim.id for claim in request.units]


def check_text(payload: Mapping[str, object], text: str, *, limited: bool = True) -> None:
    """Refuse a text over 64 KiB (longer ones are attachments, by digest) or with characters that cannot be stored.

    Args:
        payload: the fields.
        text: the same as canonical JSON, where a NUL is written as an escape.
        limited: whether a field may be too large; the clock only repeats what people were allowed to say.

    Raises:
        Refusal: with code `too_large` or `malformed`.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        size = -1
    # The usual payload is small and plain: then its fields need no walk of their own.
    if 0 <= size <= FIELD_BYTES and "\\u0000" not in text:
        return
    for name, value in texts_in(payload):
        refuse(_UNSTORABLE.search(value) is not None, f"“{name}”含有不能入库的字符", "malformed")
        refuse(
            limited and len(value.encode()) > FIELD_BYTES,
            f"“{name}”超过 {FIELD_BYTES // 1024} KiB，请改用附件",
            "too_large",
        )


def texts_in(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text of an event's payload with the path of its field, a mapping's keys too."""
    match value:
        case str():
            yield name, value
        case Mapping():
            for key, item in value.items():
                yield f"{name}键", key
                yield from texts_in(item, f"{name}.{key}" if name else key)
        case list() | tuple():
            for item in value:
                yield from texts_in(item, name)
        case _:
            pass
