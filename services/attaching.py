"""Files that come in and go out: looked at, kept once under their digest, given to who may read them, on record."""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from domain.access.events import FileRead
from domain.base import Frozen, Refusal, refuse
from domain.facts import Attachment
from eventlog import uploads
from eventlog.attachments import StoredAttachment, attachment_content, drop_attachment, keep_attachment
from eventlog.database import Database
from intake.attached_file import MEGABYTE, MOST_BYTES, attached_name, check_attached
from services.unreachable import Unreachable

if TYPE_CHECKING:
    from settings import Settings

MOST_OF_DAY = 1024 * MEGABYTE
"""Bytes one person hands in within a day over the network: nobody fills the disk of all."""
ON_ITS_WAY = timedelta(hours=1)
"""Between being handed in and being noted as somebody's a file is nobody's: so long it is left alone."""
SCANNED_WITHIN = 60.0
_PIECE = 256 * 1024
_END = struct.pack("!L", 0)


def take_in(settings: "Settings", file: BinaryIO, name: str) -> Attachment:
    """Keep a file that was handed in, once it was looked at; `file` can be sought in.

    Raises:
        Refusal: `malformed`: its kind, size or content; a scanner found something.
        Unreachable: the scanner that is set does not answer.
        OSError: it cannot be written; nothing is left of it then.
    """
    called = attached_name(name)
    size = file.seek(0, 2)
    refuse(size > MOST_BYTES, f"附件“{called}”超过 {MOST_BYTES // MEGABYTE} MB，请压缩或拆分", "malformed")
    check_attached(file, called)
    if settings.web.scanner is not None:
        _scan(settings.web.scanner, file, called)
    return keep_attachment(settings.store_place, _pieces(file), called)


def take_in_of(
    settings: "Settings", database: Database, person: str, file: BinaryIO, name: str, now: datetime
) -> Attachment:
    """`take_in` of what came over the network, noted as this person's, who may name it in his commands.

    Raises:
        Refusal: as above, or he handed in too much within a day.
        Unreachable: as above.
        LogError: it cannot be noted.
    """
    used = uploads.bytes_uploaded(database, person, now - timedelta(days=1)) + file.seek(0, 2)
    refuse(used > MOST_OF_DAY, f"一天内上传的附件超过 {MOST_OF_DAY // MEGABYTE} MB，请明天再传", "malformed")
    try:
        kept = take_in(settings, file, name)
    except OSError as error:
        raise Unreachable("附件没有存上，服务器的磁盘可能已满，请与系统管理员联系") from error
    uploads.note_upload(database, person, kept, now)
    return kept


def sweep_uploads(home: Path, database: Database, now: datetime) -> int:
    """Take away what was handed in over the network and that no command named in time; how many files.

    What the log names is evidence and stays; of what it does not, nobody may name it any more (`check_own_files`).

    Raises:
        LogError: the log cannot be read. OSError: a file cannot be taken away; it is tried again.
    """
    unnamed = uploads.unnamed_uploads(database, now)
    taken = sum(drop_attachment(home, sha256, now - ON_ITS_WAY) for sha256 in unnamed)
    uploads.forget_uploads(database, uploads.old_uploads(database, now), now)
    return taken


def check_own_files(database: Database, person: str, command: Frozen, now: datetime) -> None:
    """Refuse a command that names a file which who gives it did not hand in.

    Raises:
        Refusal: `malformed`.
    """
    named = [one for value in dict(command).values() if isinstance(value, tuple) for one in value]
    files = [one for one in named if isinstance(one, Attachment)]
    known = uploads.uploads_of(database, person, now) if files else ()
    for one in files:
        refuse(one not in known, f"附件“{one.name[:40]}”不是您上传的，或已超过三十天，请重新上传", "malformed")


def read_out(
    settings: "Settings", database: Database, person: str, number: str, filed: StoredAttachment, now: datetime
) -> bytes:
    """An attachment as it was handed in, for somebody who may read it; that he did is on record, once a minute.

    Raises:
        Refusal: `not_found`: it is not there, or not what was handed in.
        LogError: it cannot be put on record, and so is not given out.
    """
    from services.reading_record import record_reading

    data = attachment_content(settings.store_place, filed)
    minute = now.replace(second=0, microsecond=0)
    event = FileRead(person=person, matter=number, name=filed.name, sha256=filed.sha256, minute=minute)
    record_reading(database, event, now)
    return data


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


def _scan(address: str, file: BinaryIO, name: str) -> None:
    """Let clamd look at it (INSTREAM). A scanner that is set and does not answer lets nothing through.

    Raises:
        Refusal: `malformed`: it found something.
        Unreachable: it does not answer.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), SCANNED_WITHIN) as scanner:
            scanner.sendall(b"zINSTREAM\0")
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have found something before the end
                for piece in _pieces(file):
                    scanner.sendall(struct.pack("!L", len(piece)) + piece)
                scanner.sendall(_END)
            answer = scanner.makefile("rb").read(4096).rstrip(b"\0\n").decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        raise Unreachable("病毒扫描服务没有答复，附件没有收下，请稍候再传") from error
    if answer.endswith("FOUND"):
        raise Refusal(
            f"附件“{name}”查出病毒（{answer.removeprefix('stream:').removesuffix('FOUND').strip()}），没有收下",
            "malformed",
        )
    if not answer.endswith("OK"):
        raise Unreachable(f"病毒扫描服务没有查完附件（{answer[:60]}），没有收下，请稍候再传")
