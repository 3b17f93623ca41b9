"""Files that belong to the log: kept in the home under their digest, durably, and given back only as they came.

The log holds name, digest and size of each. Here a file is whole or not there: it is written under a name of its own,
flushed with its folder, and only then called by its digest.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from domain.base import Frozen, refuse, refuse_always
from domain.envelope import Recorded
from domain.event import label_of
from domain.facts import Attachment
from eventlog.database import Database
from eventlog.durable import make_folder, put_durably
from eventlog.rows import EVENT_COLUMNS, event_of_row
from eventlog.verify import Token, VerifyFinding

FOLDER = "files"
_PIECE = 1024 * 1024
_KEYS = frozenset(Attachment.model_fields)
_WITH_FILES = '%"sha256"%'


class StoredAttachment(Frozen):
    """An attachment as a matter has it: its number there, and the event it came with."""

    no: int
    name: str
    sha256: str
    size: int
    label: str
    """Of the event: 反馈, 办结申请."""
    version: int
    actor: str
    at: datetime
    stream: str


def keep_attachment(home: Path, pieces: Iterable[bytes], name: str) -> Attachment:
    """Copy an attachment into the home in one pass; what lies under its digest and is another file is replaced.

    Raises:
        OSError: it cannot be written; nothing is left of it then.
    """
    folder = home / FOLDER
    make_folder(folder)
    part = folder / f".{uuid4().hex}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        kept = folder / digest.hexdigest()
        if _digest_of(kept) != digest.hexdigest():
            put_durably(part, kept)
        else:
            os.utime(kept)  # it is wanted again: nobody takes it away before it is named (`drop_attachment`)
    finally:
        part.unlink(missing_ok=True)
    return Attachment(name=name, sha256=digest.hexdigest(), size=size)


def drop_attachment(home: Path, sha256: str, before: datetime) -> bool:
    """Take a file away that nothing names, unless it was handed in again since `before`; whether it is gone.

    Raises:
        OSError: it cannot be taken away.
    """
    place = home / FOLDER / sha256
    try:
        if place.stat().st_mtime > before.timestamp():
            return False
        place.unlink()
    except FileNotFoundError:
        return False
    return True


def attachment_content(home: Path, filed: StoredAttachment) -> bytes:
    """The bytes of an attachment as it was handed in.

    Raises:
        Refusal: it is not in the home, or is not what was handed in (`not_found`).
    """
    return kept_file(home, filed.sha256, filed.name).read_bytes()


def kept_file(home: Path, sha256: str, name: str) -> Path:
    """Where a file of that digest lies, as it was handed in.

    Raises:
        Refusal: it is not in the home, or is not what was handed in (`not_found`).
    """
    path = home / FOLDER / sha256
    digest = _digest_of(path)
    refuse(digest is None, f"附件“{name}”不在数据目录中（{path}），请从备份恢复", "not_found")
    if digest != sha256:
        refuse_always(f"附件“{name}”与登记的不符，已被改动（{path}），请从备份恢复", "not_found")
    return path


def attachments_of(events: Sequence[Recorded]) -> tuple[StoredAttachment, ...]:
    """The attachments of a matter in the order they came; the same file handed in again is named again."""
    attachments = [(attachment, event) for event in events for attachment in _in(json.loads(event.payload))]
    return tuple(
        StoredAttachment(
            no=no,
            name=attachment["name"],
            sha256=attachment["sha256"],
            size=attachment["size"],
            label=label_of(event.type),
            version=event.version,
            actor=event.actor.id,
            at=event.occurred_at,
            stream=event.stream,
        )
        for no, (attachment, event) in enumerate(attachments, 1)
    )


def attachment_problems(database: Database, home: Path, stream: str | None = None) -> tuple[VerifyFinding, ...]:
    """Attachments of the log, or of one stream, that are missing in the home or altered there."""
    return _problems(database, stream, lambda sha256: _digest_of(home / FOLDER / sha256))


def lacking_attachments(database: Database, digests: Mapping[str, str]) -> tuple[VerifyFinding, ...]:
    """Attachments of the log that are not among files kept elsewhere, by path and digest, or are altered there."""
    return _problems(database, None, lambda sha256: digests.get(f"{FOLDER}/{sha256}"))


def _problems(
    database: Database, stream: str | None, digest_of: Callable[[str], str | None]
) -> tuple[VerifyFinding, ...]:
    with database.reading() as transaction:
        rows = transaction.all(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE payload LIKE ? AND (? = '' OR stream = ?) ORDER BY position",  # noqa: S608
            (_WITH_FILES, stream or "", stream or ""),
        )
    return tuple(_differing(map(event_of_row, rows), digest_of))


def _differing(events: Iterable[Recorded], digest_of: Callable[[str], str | None]) -> Iterator[VerifyFinding]:
    judged: dict[str, str | None] = {}
    for event in events:
        for one in attachments_of([event]):
            if one.sha256 not in judged:
                judged[one.sha256] = digest_of(one.sha256)
            digest = judged[one.sha256]
            if digest == one.sha256:
                continue
            token = Token.ATTACHMENT_MISSING if digest is None else Token.ATTACHMENT_ALTERED
            yield VerifyFinding(
                token=token,
                message=f"{token.label}：{event.stream} 第{event.version}条（{one.label}）的“{one.name}”",
                stream=event.stream,
                version=event.version,
                position=event.position,
            )


def _in(value: Any) -> Iterator[dict[str, Any]]:
    match value:
        case dict() if value.keys() == _KEYS:
            yield value
        case dict():
            for item in value.values():
                yield from _in(item)
        case list():
            for item in value:
                yield from _in(item)


def _digest_of(path: Path) -> str | None:
    """The digest of what lies there; None when there is no file."""
    digest = hashlib.sha256()
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError:
        return "unreadable" if os.path.lexists(path) else None
    return digest.hexdigest()
