"""`xmh backup`: the log of one moment and its files, as one file, while everything runs.

A copy of `events.db` under a running service lacks whatever still stands in the write-ahead log, and verifies: so the
database's own online copy is taken and verified. A log on PostgreSQL is written into the same kind of file, so that a
backup is one thing, and can be tried where no PostgreSQL is. Keys stay apart: who finds a backup must not read a
leader's words.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.base import Frozen, Refusal, refuse, refuse_always
from domain.envelope import Actor
from domain.operations import BackupTaken
from eventlog.configured import open_log
from eventlog.copying import copy_log
from eventlog.durable import put_durably
from eventlog.errors import LogError
from eventlog.findings import VerifyFinding
from eventlog.migrate import migrate
from eventlog.sqlite import SqliteBackend
from eventlog.verify import verify
from services.backup.archive import KEPT, LOG, Manifest, Progress, unmoved, write_archive
from services.inspection import lacking_files
from services.operations_record import record_operation
from settings import CONFIG_FILE
from sheets.file_errors import file_error_reason, unwritable_file

if TYPE_CHECKING:
    from settings import Settings


class BackedUp(Frozen):
    """A backup that was taken; `size` is in bytes."""

    file: Path
    position: int
    files: int
    size: int
    sha256: str
    left_out: tuple[str, ...] = ()
    """Links below the home: what they lead to is not in it."""
    lacking: tuple[VerifyFinding, ...] = ()
    """Attachments and issued files that its log names, and that it has not, or not as they were."""


def back_up(settings: "Settings", file: Path, actor: Actor, moved: Progress = unmoved) -> BackedUp:
    """Write the log as it is now, and its files, into one file; recorded in the log once it is there and verifies.

    Raises:
        Refusal: the file is there already, cannot be written, or the copy does not verify.
        LogError: the log cannot be read, or not written to: the backup is there then, and the error says so.
    """
    _may_be_written(settings, file)
    part = file.with_name(f".{file.name}.{uuid4().hex[:8]}")
    copy = part.with_name(f"{part.name}.db")
    try:
        _copy_database(settings, copy)
        position, newest = newest_of_sound(settings, copy)
        manifest = Manifest(
            taken_at=datetime.now(UTC), headquarters=settings.headquarters, position=position, hash=newest
        )
        # The files after the log: it names none that is not there yet.
        manifest = write_archive(part, manifest, [(LOG, copy), *kept_files(settings)], moved)
        with open_log(settings, f"sqlite:///{copy}") as database:
            lacking = lacking_files(database, manifest.digests)
        part.chmod(0o600)
        with part.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        size = part.stat().st_size
        put_durably(part, file)
    except OSError as error:
        raise unwritable_file(file, error) from error
    finally:
        for left in part.parent.glob(f"{escape(part.name)}*"):
            left.unlink()
    taken = BackupTaken(file=file.name, position=position, hash=newest, sha256=digest, size=size, lacking=len(lacking))
    try:
        with open_log(settings) as database:
            record_operation(database, settings.home, taken, actor=actor, command_id=f"backup:{digest[:32]}")
    except (LogError, Refusal) as error:
        line = f"备份已写到 {file}，核验通过，但没有记入日志：{error.message}"
        raise (Refusal if isinstance(error, Refusal) else LogError)(line, error.code) from error
    return BackedUp(
        file=file,
        position=position,
        files=len(manifest.files),
        size=size,
        sha256=digest,
        left_out=tuple(sorted(_links_of(settings))),
        lacking=lacking,
    )


def _may_be_written(settings: "Settings", file: Path) -> None:
    refuse(file.exists(), f"{file} 已存在，不会覆盖；请换一个文件名", "malformed")
    refuse(not file.parent.is_dir(), f"没有目录 {file.parent}，请先建立", "not_found")
    for place, name in ((settings.home, "数据目录"), (settings.store_place, "共用目录")):
        inside = place.resolve() in file.resolve().parents
        refuse(inside, f"{file} 在{name}里，目录丢了备份也就丢了；请写到别处", "malformed")


def _copy_database(settings: "Settings", target: Path) -> None:
    """The log of one moment as a SQLite file, taken under whatever writes meanwhile."""
    if settings.database.startswith("sqlite:"):
        _copy_file(Path(settings.database.removeprefix("sqlite:///")), target)
        return
    target.touch(mode=0o600)
    migrate(f"sqlite:///{target}")
    with open_log(settings) as log, open_log(settings, f"sqlite:///{target}") as copy:
        copy_log(log, copy)


def _copy_file(source: Path, target: Path) -> None:
    """SQLite's own copy."""
    refuse(not source.exists(), f"没有事件日志 {source}，请先运行 xmh up", "not_found")
    target.touch(mode=0o600)
    try:
        # Also of a home on a disk that was made read-only, which is when a copy is wanted most.
        with closing(SqliteBackend(source).connect()) as log, closing(sqlite3.connect(target)) as copy:
            log.raw.backup(copy)
    except sqlite3.Error as error:
        raise SqliteBackend(source).explain(error) or error from error


def newest_of_sound(settings: "Settings", copy: Path) -> tuple[int, str]:
    """Position and hash of the newest event of a copy of the log that verifies.

    Raises:
        Refusal: `not_sound`, it does not.
    """
    with open_log(settings, f"sqlite:///{copy}") as database:
        report = verify(database)
        wrong = "；".join(problem.message for problem in report.problems[:3])
        refuse(
            not report.ok, f"日志核验不通过：{wrong}；没有留下备份，也没有还原，请先运行 xmh audit verify", "not_sound"
        )
        with database.reading() as transaction:
            row = transaction.one("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
    return (int(row[0]), str(row[1])) if row else (0, "")


def kept_files(settings: "Settings") -> Iterator[tuple[str, Path]]:
    """Path as in one home, and where it lies. Never through a link within: what it leads to is not ours."""
    for name, path in _kept_in(settings):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield name, path


def _links_of(settings: "Settings") -> Iterator[str]:
    return (name for name, path in _kept_in(settings) if path.is_symlink())


def _kept_in(settings: "Settings") -> Iterator[tuple[str, Path]]:
    for name in KEPT:
        place = settings.home if name == CONFIG_FILE else settings.store_place
        top = place / name
        for path in _below(top) if top.is_dir() else [top]:
            yield path.relative_to(place).as_posix(), path


def _below(top: Path) -> Iterator[Path]:
    """All below a folder but what is hidden: there lies what is being written, and goes while it is looked at."""
    for folder, folders, files in os.walk(top, onerror=_unless_gone):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in (*folders, *files))


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        refuse_always(f"{error.filename} 读不出来（{file_error_reason(error)}），没有备份成", "malformed")
