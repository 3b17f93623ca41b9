"""`xmh drill`: whether a backup can be had back, tried in a folder that is gone afterwards, and said in the log."""

import hashlib
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.base import Frozen, refuse
from domain.envelope import Actor
from domain.operations import BackupTried
from eventlog import reading
from eventlog.configured import open_log
from eventlog.errors import LogError
from eventlog.findings import VerifyFinding
from eventlog.secrets import key_protection
from services.backup.archive import Progress, unmoved
from services.backup.restoring import restore
from services.operations_record import record_operation
from sheets.file_errors import unwritable_file

if TYPE_CHECKING:
    from settings import Settings


class Drilled(Frozen):
    """A backup that was tried."""

    tried: BackupTried
    files: int
    matters: int
    """Open ones whose state was computed from the restored log."""
    lacking: tuple[VerifyFinding, ...] = ()
    """Attachments and issued files that its log names, and that it has not, or not as they were."""


def drill(
    settings: "Settings",
    file: Path,
    actor: Actor,
    *,
    master_key: Path | None = None,
    within: Path | None = None,
    moved: Progress = unmoved,
) -> Drilled:
    """Restore a backup of this log where nothing of it remains, look through it, and record that in the log.

    What it takes on the disk is what the backup holds, unpacked.

    Args:
        settings: of the log that goes on; the trial has a home of its own and no store.
        file: the backup.
        actor: who tries.
        master_key: the copy that is kept apart; by default the key this home works with.
        within: the folder it is unpacked in; by default that of temporary files.
        moved: hears of each file.

    Raises:
        Refusal: the backup is not whole, not sound, or of another log; the folder cannot be written.
        LogError: the log cannot be read, or not written to: the trial is over then, and the error says so.
    """
    try:
        with TemporaryDirectory(prefix="xmh-drill-", dir=within) as folder:
            done, newest = _tried(settings, file, Path(folder) / "home", master_key, moved)
    except OSError as error:
        raise unwritable_file(within or Path("TMPDIR"), error) from error
    try:
        with open_log(settings) as log:
            is_ours = reading.hash_at(log, done.tried.position) == newest
            refuse(not is_ours, f"{file.name} 能还原，但不是这本日志的备份；没有记为演练", "malformed")
            record_operation(log, settings.home, done.tried, actor=actor, command_id=f"drill:{uuid4().hex}")
    except LogError as error:
        raise LogError(f"{file.name} 已试着还原，但没有记入日志：{error.message}", error.code) from error
    return done


def _tried(
    settings: "Settings", file: Path, home: Path, master_key: Path | None, moved: Progress
) -> tuple[Drilled, str]:
    """What came of it, and the hash of the newest event that is in the backup."""
    began = time.monotonic()
    update: dict[str, object] = {"home": home, "store": None, "database_url": None, "database_url_file": None}
    update["master_key_file"] = master_key or settings.master_key_place
    if master_key is not None:
        refuse(not master_key.is_file(), f"没有主密钥文件 {master_key}", "not_found")
        update |= {"master_key": None, "master_key_command": None}
    trial = settings.model_copy(update=update)
    back = restore(trial, file, {}, moved)
    with open_log(trial) as log:
        matters = len(reading.open_states(log, "matter"))
        seconds, newest = round(time.monotonic() - began), reading.hash_at(log, back.position)
        locked = key_protection(log).locked
    with file.open("rb") as read:
        digest = hashlib.file_digest(read, "sha256").hexdigest()
    tried = BackupTried(
        file=file.name,
        taken_at=back.taken_at,
        position=back.position,
        sha256=digest,
        seconds=seconds,
        lacking=len(back.lacking),
        locked=locked,
    )
    return Drilled(tried=tried, files=back.files, matters=matters, lacking=back.lacking), newest
