"""Checkpoints left where the office cannot change them: in a folder of somebody else, and with witnesses.

Whenever something is issued or the service ends, and once a day: what lies elsewhere is all that shows a log that was
rewritten as a whole, or yesterday's copy put back. Who could not be reached is asked again by the worker, after a
minute at first and an hour at most, until he has it or a later one.
"""

import asyncio
import base64
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from domain.base import Frozen, Refusal
from domain.checkpoint import note_of, read_note
from domain.envelope import SYSTEM
from domain.event import Event
from domain.ids import OfficeStream
from domain.operations import CheckpointMailed, CheckpointSigned, CheckpointWitnessed
from domain.witnessing import known_witness
from eventlog import reading
from eventlog.database import Database
from eventlog.durable import alone_at, flush, flush_folder
from eventlog.errors import LogError
from services.checkpoint_keys import signing_key
from services.checkpoint_mail import mail_checkpoint, mail_party
from services.checkpoints import newest_checkpoint_at, take_checkpoint
from services.checkpoints_pending import PENDING_FILE, PendingCheckpoint
from services.external_signer import SIGNER_PARTY, sign_outside
from services.office_records import record_office_events
from services.unreachable import Unreachable
from services.witnesses import SUPERSEDED, ask_witnesses, witness_party
from sheets.file_errors import unwritable_file

if TYPE_CHECKING:
    from services.timestamps import BelievedStamp
    from settings import Settings

logger = structlog.get_logger()
EVERY = timedelta(days=1)
LOOK_EVERY = 60.0
"""Seconds between two looks whether a day is over, or somebody is to be asked again."""
_OF_CHECKPOINTS = frozenset(kind.__name__ for kind in (CheckpointSigned, CheckpointWitnessed, CheckpointMailed))
_STAMP, _FOLDER = "时间戳", "留存目录"


class LeftCheckpoint(Frozen):
    """Where a checkpoint lies now, besides here."""

    size: int
    note: str
    """With the signatures of the witnesses."""
    place: Path | None = None
    """In the folder that is set."""
    witnesses: tuple[str, ...] = ()
    """The names of the servers that signed it."""
    authority: str | None = None
    """The server that stamped it with the time."""
    signers: tuple[str, ...] = ()
    """The public keys that lie elsewhere and signed too."""
    mailed: tuple[str, ...] = ()
    """The addresses whose mail server has taken it."""
    troubles: tuple[str, ...] = ()
    """Who was to have it and has not, each in one line."""


def leave_checkpoint(settings: "Settings", database: Database, now: datetime) -> LeftCheckpoint | None:
    """Sign for the log as it is, and leave the note wherever the settings say; None with nobody set, or nothing new.

    Raises:
        Refusal: the home cannot be written to.
        LogError: the log cannot be read or written.
    """
    if not is_left_anywhere(settings) or _signed_for(database):
        return None
    _, note, _ = take_checkpoint(database, settings.home, now)
    return hand_out(settings, database, note, now)


def is_left_anywhere(settings: "Settings") -> bool:
    """Whether the settings name anybody to leave checkpoints with."""
    return settings.checkpoint_folder is not None or settings.witnesses.anybody


def hand_out(settings: "Settings", database: Database, note: str, now: datetime) -> LeftCheckpoint:
    """Give a checkpoint to all who are to have it, and put what they say on record; who has not got it is asked again.

    Raises:
        Refusal: the home cannot be written to.
        LogError: the log cannot be written.
    """
    with _alone(settings.home):
        return _handed_out(settings, database, note, all_parties(settings), now)


def ask_again(settings: "Settings", database: Database, now: datetime) -> LeftCheckpoint | None:
    """Give the newest checkpoint to those who were to have it, have not, and whose time it is; None when there is none.

    Raises:
        Refusal: the home cannot be written to.
        LogError: the log cannot be written.
    """
    with _alone(settings.home):
        pending = PendingCheckpoint.read(settings.home)
        due = [who for who in all_parties(settings) if who in pending.due(now)]
        return _handed_out(settings, database, pending.note, due, now) if due else None


def all_parties(settings: "Settings") -> tuple[str, ...]:
    """Everybody who is to have a checkpoint, as the settings are."""
    places = settings.witnesses
    return (
        *((SIGNER_PARTY,) if places.signer is not None else ()),
        *(witness_party(server) for server in places.servers),
        *((_STAMP,) if places.timestamps is not None else ()),
        *((mail_party(address) for address in places.mail.to) if places.mail is not None else ()),
        *((_FOLDER,) if settings.checkpoint_folder is not None else ()),
    )


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time gives a checkpoint out, or a mail would be sent by each."""
    try:
        with alone_at(home / PENDING_FILE):
            yield
    except OSError as error:
        raise unwritable_file(home / PENDING_FILE, error) from error


def _handed_out(
    settings: "Settings", database: Database, note: str, asked: Collection[str], now: datetime
) -> LeftCheckpoint:
    pending = PendingCheckpoint.read(settings.home).asking(note, asked, now)
    pending.write(settings.home)
    round_ = _Round(settings, database, note, asked, now)
    round_.run()
    pending.answered(round_.note, asked, round_.waiting()).write(settings.home)
    return round_.left()


class _Round:
    """Everybody is asked once. Whoever does not answer keeps none of the others from it."""

    def __init__(
        self, settings: "Settings", database: Database, note: str, asked: Collection[str], now: datetime
    ) -> None:
        self._settings, self._database, self._asked, self._now = settings, database, asked, now
        self._taken, self._signatures = read_note(note)
        self._keys: tuple[str, ...] = ()
        self._signers: tuple[str, ...] = ()
        self._stamped: BelievedStamp | None = None
        self._mailed: list[str] = []
        self._place: Path | None = None
        self._errors: dict[str, Refusal | Unreachable] = {}

    @property
    def note(self) -> str:
        """With the signatures it has by now."""
        return note_of(self._taken, self._signatures)

    def run(self) -> None:
        """Signatures and stamp first, so that what is put on record, mailed and put away has them.

        Raises:
            LogError: the log cannot be written.
        """
        with self._party(SIGNER_PARTY) as wanted:
            if wanted:
                self._sign()
        self._witness()
        with self._party(_STAMP) as wanted:
            if wanted:
                self._stamp()
        if self._was_signed:
            self._record(f"witnessed:{self._taken.size}:{self._now.isoformat()}", self._witnessed())
        self._mail()
        with self._party(_FOLDER) as wanted:
            folder = self._settings.checkpoint_folder
            if folder is not None and (wanted or self._was_signed):
                name = f"检查点-{self._database.headquarters}-{self._taken.size}"
                self._place = _put_away(folder, name, self._witnessed())

    @property
    def _was_signed(self) -> bool:
        return bool(self._signers or self._keys or self._stamped)

    def waiting(self) -> dict[str, str]:
        """Who still waits for it, and why."""
        return {who: error.message for who, error in self._errors.items() if not _is_superseded(error)}

    def left(self) -> LeftCheckpoint:
        """Where it lies now."""
        return LeftCheckpoint(
            size=self._taken.size,
            note=self.note,
            place=self._place,
            witnesses=tuple(known_witness(key).name for key in self._keys),
            authority=self._settings.witnesses.timestamps if self._stamped else None,
            signers=self._signers,
            mailed=tuple(self._mailed),
            troubles=tuple(f"{who}：{error.message}" for who, error in self._errors.items()),
        )

    @contextmanager
    def _party(self, who: str) -> Iterator[bool]:
        try:
            yield who in self._asked
        except (Refusal, Unreachable) as error:
            self._errors[who] = error

    def _sign(self) -> None:
        places = self._settings.witnesses
        assert places.signer is not None  # noqa: S101  (only then it is asked)
        made, key = sign_outside(places.signer, self._taken, self._database.headquarters, places.timeout)
        self._signatures, self._signers = (*self._signatures, made), (key,)

    def _witness(self) -> None:
        places = self._settings.witnesses
        servers = tuple(server for server in places.servers if witness_party(server) in self._asked)
        answers = ask_witnesses(self._database, servers, self._taken, self.note, places.timeout)
        self._signatures, self._keys = (*self._signatures, *answers.signatures), answers.keys
        self._errors |= answers.errors

    def _stamp(self) -> None:
        from services.timestamps import ask_timestamp

        self._stamped = ask_timestamp(self._settings.witnesses, self._taken.body().encode())

    def _mail(self) -> None:
        mail = self._settings.witnesses.mail
        for address in mail.to if mail is not None else ():
            with self._party(mail_party(address)) as wanted:
                if wanted:
                    public = signing_key(self._settings.home, self._database.headquarters).public
                    mail_checkpoint(self._settings, self._taken, self.note, public, address)
                    self._mailed.append(address)
                    size, root = self._taken.size, self._taken.root.hex()
                    sent = CheckpointMailed(size=size, root=root, to=(address,))
                    self._record(f"mailed:{size}:{root[:16]}:{address}", sent)

    def _witnessed(self) -> CheckpointWitnessed:
        stamped = self._stamped
        return CheckpointWitnessed(
            size=self._taken.size,
            note=self.note,
            witnesses=self._keys,
            signers=self._signers,
            authority=self._settings.witnesses.timestamps if stamped else None,
            token=base64.b64encode(stamped.token).decode() if stamped else None,
            roots=stamped.roots if stamped else None,
        )

    def _record(self, command_id: str, event: Event) -> None:
        operations = self._database.own(OfficeStream.OPERATIONS)
        record_office_events(self._database, operations, [event], actor=SYSTEM, command_id=command_id, now=self._now)


def _is_superseded(error: Refusal | Unreachable) -> bool:
    return isinstance(error, Refusal) and error.code == SUPERSEDED


def _put_away(folder: Path, name: str, record: CheckpointWitnessed) -> Path:
    """Under a name nothing has yet: of somebody else's folder we may not be allowed to remove anything.

    Raises:
        Refusal: the folder cannot be written to.
    """
    if (folder / f"{name}.txt").exists():  # signed by fewer, or half of one
        name = next(f"{name}-{n}" for n in count(2) if not (folder / f"{name}-{n}.txt").exists())
    place = folder / f"{name}.txt"
    files = {place: record.note.encode()}
    if record.token is not None:
        files[folder / f"{name}.tsr"] = base64.b64decode(record.token)
    for path, content in files.items():
        try:
            with path.open("xb") as file:
                file.write(content)
            flush(path)
            flush_folder(folder)
        except OSError as error:
            raise unwritable_file(path, error) from error
    return place


def _signed_for(database: Database) -> bool:
    """Whether the newest event is that a checkpoint was signed, witnessed or mailed: nothing happened since."""
    position, _ = reading.newest_event(database)
    newest = reading.events_at(database, [position]).get(position)
    return newest is None or newest.type in _OF_CHECKPOINTS


async def leave_for_ever(settings: "Settings", database: Database) -> None:
    """Leave one a day and ask again whom nobody reached, as long as the worker runs, where anybody is named for it."""
    if not is_left_anywhere(settings):
        return
    while True:
        try:
            await asyncio.to_thread(_leave_what_is_due, settings, database, datetime.now(UTC))
        except (Refusal, LogError) as error:
            logger.warning("checkpoint_not_left", error=error.message)
        except Exception:
            logger.exception("checkpoint_not_left")  # the next look may succeed
        await asyncio.sleep(LOOK_EVERY)


def _leave_what_is_due(settings: "Settings", database: Database, now: datetime) -> None:
    newest = newest_checkpoint_at(database)
    due = newest is None or now - newest >= EVERY
    left = (leave_checkpoint(settings, database, now) if due else None) or ask_again(settings, database, now)
    for trouble in left.troubles if left else ():
        logger.error("checkpoint_trouble", trouble=trouble)
