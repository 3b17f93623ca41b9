"""What was done with the log: backed up, signed for, restored, migrated, exported. Who keeps it shows that he did."""

from datetime import datetime
from typing import ClassVar

from domain.access.events import ProofsRequired
from domain.base import Frozen
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold


class BackupTaken(Event):
    """备份: the log up to `position`, with its files, was written to a file that verified."""

    label: ClassVar[str] = "备份"
    file: str
    """Its name; where it is kept is the operator's business."""
    position: int
    hash: str
    """Of the newest event in it."""
    sha256: str
    """Of the whole file, so that it can be told from another one later."""
    size: int
    lacking: int = 0
    """Of the files its log names, how many were missing or altered where they were taken from."""


class BackupTried(Event):
    """备份演练: a backup was restored in a folder of its own, looked through, and thrown away again."""

    label: ClassVar[str] = "备份演练"
    file: str
    taken_at: datetime
    """When the backup was taken."""
    position: int
    sha256: str
    """Of the whole file."""
    seconds: int
    """From the file to a log that could be worked on."""
    lacking: int = 0
    """Of the files its log names, how many were missing or altered."""
    locked: int = 0
    """Of the keys of its secrets, how many did not open."""

    @property
    def is_good(self) -> bool:
        """Whether all that the log holds could be had from it."""
        return not (self.lacking or self.locked)


class CheckpointSigned(Event):
    """签发检查点: what the first `size` events of the log were, in a note somebody else keeps."""

    label: ClassVar[str] = "签发检查点"
    size: int
    root: str
    """Of the Merkle tree over them, in hexadecimal."""
    key: str
    """The public key it was signed with."""


class CheckpointWitnessed(Event):
    """检查点见证: others signed a checkpoint too, having seen that the log only grew, or when it was there."""

    label: ClassVar[str] = "检查点见证"
    size: int
    note: str
    """The checkpoint with all its signatures: ours, and those of the witnesses (C2SP cosignature/v1)."""
    witnesses: tuple[str, ...] = ()
    """The public keys of the witnesses that signed."""
    signers: tuple[str, ...] = ()
    """The public keys of the office's own that lie elsewhere and signed too (SM2)."""
    authority: str | None = None
    """The server that stamped it with the time (RFC 3161)."""
    token: str | None = None
    """The stamp as it was answered, base64."""
    roots: str | None = None
    """The root certificate it was believed by, as PEM; None where none was set, or in events of before."""


class CheckpointMailed(Event):
    """寄送检查点: a checkpoint was taken by the mail server of those who keep it elsewhere."""

    label: ClassVar[str] = "寄送检查点"
    size: int
    root: str
    """Of the Merkle tree over the first `size` events, in hexadecimal."""
    to: tuple[str, ...]
    """Addresses."""


class EvidenceExported(Event):
    """导出证据包: who took what the log holds of a matter out of the house, and in which file."""

    label: ClassVar[str] = "导出证据包"
    matter: str
    """The stream of the matter."""
    version: int
    file: str
    sha256: str
    checkpoint: int
    """The size of the log its checkpoint was signed for."""
    by: str
    """Who exported; the system records it, for an auditor records nothing himself."""


class ArchiveWritten(Event):
    """写出归档包: which files of the archives were written into which package."""

    label: ClassVar[str] = "写出归档包"
    file: str
    sha256: str
    numbers: tuple[str, ...]
    """档号."""


class RestoredFromBackup(Event):
    """还原: this log was taken out of a backup, and goes on from there."""

    label: ClassVar[str] = "从备份还原"
    file: str
    taken_at: datetime
    position: int
    hash: str
    held_back: int
    """Notices that may have been sent after the backup, and are not sent again of themselves."""
    untold: int
    """Events of which no notice is made any more, for the same reason."""


class SchemaMigrated(Event):
    """升级表结构: the tables of the log were brought from an earlier build's to this one's; no event was changed."""

    label: ClassVar[str] = "升级表结构"
    before: str
    """The newest migration the tables had."""
    after: str
    build: str
    """The version of xmh that did it."""
    by: str
    """The machine's account it ran under: `user@host`."""


class RunsRecovered(Event):
    """恢复运行: Temporal was brought to the log by hand. How many matters and meetings, by what was wrong with them.

    What a worker heals of itself every minute is not in it.
    """

    label: ClassVar[str] = "恢复运行"
    missing: int
    """Not running; started from the log."""
    foreign: int
    """Under a run of somebody else's."""
    behind: int
    """Had not seen all of the log."""
    silent: int
    """Did not answer."""
    ahead: int
    """Had seen what the log does not hold."""
    stray: int
    """Running although they had ended."""
    by: str
    """The machine's account it ran under: `user@host`."""


class Operations(Frozen):
    """When the log was last backed up, a backup tried, the log signed for, and restored."""

    backup: BackupTaken | None = None
    backed_up_at: datetime | None = None
    tried_at: datetime | None = None
    """When a backup was last restored by way of trial, and nothing was missing from it."""
    checkpoint: CheckpointSigned | None = None
    checkpoint_at: datetime | None = None
    witnessed: CheckpointWitnessed | None = None
    witnessed_at: datetime | None = None
    restored: RestoredFromBackup | None = None
    restored_at: datetime | None = None


def evolve_operations(state: Operations | None, recorded: LoggedEvent) -> Operations:
    """Fold one event of the operations' stream."""
    known, event = state or Operations(), decode(recorded)
    match event:
        case BackupTaken():
            return known.model_copy(update={"backup": event, "backed_up_at": recorded.recorded_at})
        case BackupTried():
            return known.model_copy(update={"tried_at": recorded.recorded_at}) if event.is_good else known
        case CheckpointSigned():
            return known.model_copy(update={"checkpoint": event, "checkpoint_at": recorded.recorded_at})
        case CheckpointWitnessed():
            return known.model_copy(update={"witnessed": event, "witnessed_at": recorded.recorded_at})
        case RestoredFromBackup():
            return known.model_copy(update={"restored": event, "restored_at": recorded.recorded_at})
        case EvidenceExported() | ArchiveWritten() | ProofsRequired() | CheckpointMailed():
            return known
        case SchemaMigrated() | RunsRecovered():
            return known
    raise TypeError(f"{type(event).__name__} does not belong to the operations")


FOLD = Fold(Operations, evolve_operations)
