"""What is written under the trace: one kind of work of the product at one site, each success acknowledged at once.

    python -m tests.plugs.writer KIND SITE

A site is a folder with the home in it and `elsewhere`, which is somebody else's. What is acknowledged is a line of
JSON, `Kept`; `tests/plugs/opened.py` holds what the disk has against it.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from documents.bulletin.briefing import compose_briefing
from documents.bulletin.drafts import keep_draft
from domain import commands as c
from domain.base import Frozen
from domain.bulletin import Publication
from domain.envelope import Recorded
from domain.log import Appended
from domain.papers import PaperKind
from domain.queries.matter_filter import MatterFilter
from eventlog import reading
from eventlog.attachments import keep_attachment
from eventlog.clock import LogClock
from eventlog.database import Database
from eventlog.secrets import seal_text
from eventlog.witness import Witness
from services.backup.restoring import restore
from services.backup.taking import back_up
from services.checkpoint_keys import KEY_FILE as CHECKPOINT_KEY
from services.checkpoint_keys import signing_key
from services.checkpoints_left import leave_checkpoint
from services.door_key import make_door_key
from services.issuing.papers import issue_paper
from services.saved_choices import SAVED, keep_choice
from services.vouching import KEY_FILE as VOUCH_KEY
from services.vouching import require_proofs
from services.whole_zip import write_whole_zip
from settings import DOOR_KEY, Settings
from tests.eventlog.sample import Asker, SampleNoted, SampleOpened, asked_together
from tests.support.history import act
from tests.support.office import LEADER, LIAISON, OFFICE, founded, opening, sqlite

NOON = datetime(2022, 3, 1, 4, tzinfo=UTC)
MATTER = "matter/0123456789abcdef0123456789abcdef"
HOME, ELSEWHERE, BACKUP = "home", "elsewhere", "backup.zip"
LOG = "0123456789abcdef"
"""The log that numbers are noted of; which one it is does not matter."""


class Kept(Frozen):
    """Something acknowledged."""

    what: Literal["event", "file", "sealed", "numbers", "choice"]
    name: str
    """Of an event its position, of a file its place in the site, of sealed words their stream."""
    content: str
    """Of an event its hash, of a file its SHA-256, of sealed words the ciphertext."""
    text: str = ""
    """What sealed words say."""


def tell(kept: Kept) -> None:
    """Acknowledge."""
    sys.stdout.write(f"{kept.model_dump_json()}\n")
    sys.stdout.flush()


def tell_events(events: Sequence[Recorded]) -> None:
    """Acknowledge events."""
    for event in events:
        tell(Kept(what="event", name=str(event.position), content=event.hash))


def tell_file(home: Path, path: Path) -> None:
    """Acknowledge a whole file."""
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    tell(Kept(what="file", name=str(path.relative_to(home.parent)), content=content))


def write_log(database: Database, home: Path) -> None:
    """One command after the other."""
    del home
    tell_events(act(database, MATTER, opening(), OFFICE, NOON))
    tell_events(act(database, MATTER, c.AcceptReceipt(), LIAISON, NOON))
    for n in range(3):
        tell_events(act(database, MATTER, c.SubmitFeedback(text=f"第{n + 1}次反馈", progress=n + 1), LIAISON, NOON))


def write_groups(database: Database, home: Path) -> None:
    """Commands that wait together and are committed together."""
    del home
    asker = Asker(database)
    for turn in range(3):
        event = SampleNoted(text=str(turn)) if turn else SampleOpened(title="同时")
        requests = [asker.request(f"sample/{n}", event) for n in range(4)]
        for answer in asked_together(database, requests):
            assert isinstance(answer, Appended), answer
            tell_events(answer.events)


def write_secrets(database: Database, home: Path) -> None:
    """The first secret of a home: its master key, the key of the matter, and the words."""
    del home
    act(database, MATTER, opening(), OFFICE, NOON)
    for text in ("请抓紧", "月底前报我"):
        sealed = seal_text(database, MATTER, text)
        tell_events(act(database, MATTER, c.RecordInstruction(leader="leader", text=sealed), LEADER, NOON))
        tell(Kept(what="sealed", name=MATTER, content=sealed, text=text))


def write_attachments(database: Database, home: Path) -> None:
    """Files a report brings."""
    act(database, MATTER, opening(), OFFICE, NOON)
    act(database, MATTER, c.AcceptReceipt(), LIAISON, NOON)
    for n in range(2):
        kept = keep_attachment(home, [b"photo %d" % n * 500], f"现场{n}.jpg")
        report = c.SubmitFeedback(text=f"见附件{n}", progress=n, attachments=(kept,))
        tell_events(act(database, MATTER, report, LIAISON, NOON))
        tell_file(home, home / "files" / kept.sha256)


def write_documents(database: Database, home: Path) -> None:
    """A 督办单 under its number, in every format."""
    act(database, MATTER, opening(), OFFICE, NOON)
    issued = issue_paper(database, home, MATTER, PaperKind.SUPERVISION, signer=LEADER, now=NOON)
    for path in issued.files.values():
        tell_file(home, path)


def write_drafts(database: Database, home: Path) -> None:
    """Drafts of a 简报, and a choice somebody keeps."""
    act(database, MATTER, opening(), OFFICE, NOON)
    briefing = compose_briefing(database, Publication.BRIEFING, date(2022, 2, 1), date(2022, 2, 28), as_of=NOON)
    for _ in range(2):
        draft = keep_draft(home, briefing, "office", NOON)
        tell_file(home, home / "drafts" / f"{draft.id}.json")
    for name in ("红灯", "本周"):
        keep_choice(home, "office", name, MatterFilter())
        tell(Kept(what="choice", name=name, content=SAVED))


def write_keys(database: Database, home: Path) -> None:
    """The keys of the door, of checkpoints and of proofs."""
    make_door_key(home)
    tell_file(home, home / DOOR_KEY)
    signing_key(home, database.headquarters)
    tell_file(home, home / CHECKPOINT_KEY)
    for rotate in (False, True):
        require_proofs(database, home, OFFICE, datetime.now(UTC), rotate=rotate)
        tell_file(home, home / VOUCH_KEY)


def write_marks(database: Database, home: Path) -> None:
    """Numbers given, noted outside the log, and checkpoints left in a folder."""
    witness, folder = Witness(home), home.parent / ELSEWHERE
    for n in range(3):
        witness.note(LOG, lambda mark, n=n: mark.model_copy(update={"numbers": {"matter/2022": n + 1}}))  # type: ignore[misc]
        tell(Kept(what="numbers", name="matter/2022", content=str(n + 1)))
    settings = Settings(home=home, checkpoint_folder=folder)
    for n in range(2):
        act(database, f"matter/{uuid4().hex}", opening(f"事项{n}"), OFFICE, NOON)
        left = leave_checkpoint(settings, database, NOON)
        assert left is not None
        assert left.place is not None
        tell_file(home, left.place)


def write_copies(database: Database, home: Path) -> None:
    """What is handed to others: a backup and a packed file."""
    elsewhere = home.parent / ELSEWHERE
    act(database, MATTER, opening(), OFFICE, NOON)
    write_whole_zip(elsewhere / "evidence.zip", {"a.txt": b"a" * 3000, "b.txt": b"b"})
    tell_file(home, elsewhere / "evidence.zip")
    back_up(Settings(home=home), elsewhere / BACKUP, OFFICE)
    tell_file(home, elsewhere / BACKUP)


def write_restored(home: Path) -> None:
    """A backup brought back into an empty home."""
    restore(Settings(home=home), home.parent / ELSEWHERE / BACKUP, {})
    with at_home(home) as database:
        tell_events(reading.read_all(database))


def at_home(home: Path) -> Database:
    """The home's log, witnessed by the home as every process of it does."""
    return Database(sqlite(home), clock=LogClock.DECIDED, witness=Witness(home))


def found(home: Path) -> None:
    """A home in its first minute."""
    with founded(sqlite(home), NOON) as database:
        tell_events(reading.read_all(database))


EMPTY: dict[str, Callable[[Path], None]] = {"founding": found, "restoring": write_restored}
"""Work on a home that has no log yet."""
KINDS: dict[str, Callable[[Database, Path], None]] = {
    "log": write_log,
    "groups": write_groups,
    "secrets": write_secrets,
    "attachments": write_attachments,
    "documents": write_documents,
    "drafts": write_drafts,
    "keys": write_keys,
    "marks": write_marks,
    "copies": write_copies,
}


def main(kind: str, site: str) -> None:
    """Do one kind of work."""
    home = Path(site) / HOME
    if kind in EMPTY:
        EMPTY[kind](home)
    else:
        with at_home(home) as database:
            KINDS[kind](database, home)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
