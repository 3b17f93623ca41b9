"""What must be true of a site after the current failed, whatever of the unflushed reached the disk."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from documents.bulletin.drafts import kept_drafts
from domain.base import Refusal
from eventlog.attachments import attachment_problems
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.findings import Token
from eventlog.schema import SchemaState, schema_state
from eventlog.secrets import unseal_text
from eventlog.verify import verify
from eventlog.witness import Witness
from services.checkpoint_keys import KEY_FILE as CHECKPOINT_KEY
from services.checkpoint_keys import signing_key
from services.inspection import inspect_cabinet
from services.log_guard import log_went_back
from services.saved_choices import saved_choices
from services.vouching import vouch_key
from settings import DOOR_KEY, DOOR_KEY_LENGTH
from tests.eventlog.sample import Asker
from tests.plugs.writer import EMPTY, HOME, LOG, NOON, Kept, at_home
from tests.support.office import sqlite


def faults(kind: str, site: Path, told: Sequence[str]) -> list[str]:
    """What is not as it must be: something acknowledged is lost, or what is there cannot be used."""
    kept = [Kept.model_validate_json(line) for line in told]
    home = site / HOME
    found = [*_lost_files(site, kept), *_half_files(home)]
    if kind in EMPTY and not kept and schema_state(sqlite(home)) is SchemaState.EMPTY:
        return found
    try:
        with at_home(home) as database:
            found += _of_log(database, home, kept)
    except (LogError, Refusal) as error:
        found.append(f"the log cannot be used: {error}")
    return found


def _of_log(database: Database, home: Path, kept: Sequence[Kept]) -> Iterator[str]:
    with database.reading() as transaction:
        events = {str(position): hash_ for position, hash_ in transaction.all("SELECT position, hash FROM events")}
    for one in kept:
        if one.what == "event" and events.get(one.name) != one.content:
            yield f"event {one.name} is lost"
        if one.what == "sealed" and unseal_text(database, one.name, one.content) != one.text:
            yield "sealed words cannot be read"
    if log_went_back(database) is not None:
        yield "the home believes its log went back"
    findings = (*verify(database).problems, *attachment_problems(database, home), *inspect_cabinet(database, home))
    # A file whose number was recorded and no more is printed again when it is asked for.
    yield from (finding.message for finding in findings if finding.token is not Token.FILE_MISSING)
    # It goes on: the next command is recorded.
    Asker(database).open(f"after-{len(events)}", at=NOON + timedelta(days=1))


def _lost_files(site: Path, kept: Sequence[Kept]) -> Iterator[str]:
    # A file acknowledged twice was replaced: the newest counts, or what replaces it.
    newest = {one.name: one.content for one in kept if one.what == "file"}
    for name, content in newest.items():
        path = site / name
        if not path.exists():
            yield f"{name} is lost"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != content and name not in REPLACED:
            yield f"{name} is not what was acknowledged"
    for one in kept:
        if one.what == "numbers" and Witness(site / HOME).mark(LOG).numbers.get(one.name, 0) < int(one.content):
            yield f"number {one.content} of {one.name} is forgotten"
        if one.what == "choice" and one.name not in _choices(site / HOME):
            yield f"the choice {one.name} is lost"


REPLACED = frozenset({"home/vouch.key"})
"""A key that is being changed for another: the one or the other, whole."""


def _half_files(home: Path) -> Iterator[str]:
    """What has its final name is whole, acknowledged or not."""
    try:
        kept_drafts(home)
        saved_choices(home, "office")
        vouch_key(home)
        if (home / CHECKPOINT_KEY).exists():
            signing_key(home, "xiangmihu")
        if (door := home / DOOR_KEY).exists() and len(bytes.fromhex(door.read_text("ascii"))) != DOOR_KEY_LENGTH:
            yield "half a door key"
    except (Refusal, ValueError) as error:
        yield f"half a file: {error}"


def _choices(home: Path) -> Collection[str]:
    try:
        return saved_choices(home, "office")
    except Refusal:
        return ()
