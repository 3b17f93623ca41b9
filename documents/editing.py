"""Recording an editor's version of a draft, and finding it again when the draft is shown, issued or printed again."""

import hashlib
from datetime import datetime
from pathlib import Path

from documents.briefing import Briefing
from documents.drafts import Draft, computed
from documents.edited import changes, read_edited, sections_of, text_of
from domain.base import Frozen, refuse
from domain.bulletin import BulletinEdited, BulletinSeries, Change, Publication, bulletin_stream
from domain.envelope import Actor
from domain.event import decode
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from eventlog.record import record_decided


def edit(database: Database, draft: Draft, path: Path, actor: Actor, now: datetime) -> tuple[Change, ...]:
    """Keep the edited file as the draft's text from now on; what it changed of the text computed from the log.

    Raises:
        Refusal: the draft is issued already, the file is not an edited draft, or the actor is not of the office.
    """
    refuse(actor.role not in (Role.OFFICE, Role.LEADER), "改稿由办公室督办员办理", "forbidden")
    already = reading.find_command(database, draft.key) is not None
    refuse(already, f"草稿 {draft.id} 已经签发，不能再改；更正请另发一期", "issued")
    briefing = computed(database, draft)
    title, sections = read_edited(path, briefing)
    found = changes((briefing.title, briefing.sections), (title, sections))
    text = text_of(sections)
    event = BulletinEdited(draft_id=draft.id, key=draft.key, title=title, sections=text, changes=found)
    newest = _newest(database, draft.publication, draft.key)
    if newest == event or (newest is None and not found):
        return found

    def decide(_: Frozen | None) -> list[BulletinEdited]:
        return [event]

    digest = hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()
    stream = bulletin_stream(draft.publication)
    command_id = f"bulletin-edit:{draft.key}:{digest[:24]}:{reading.head(database, stream).version}"
    record_decided(database, stream, decide, actor=actor, command_id=command_id, now=now)
    return found


def composed(database: Database, draft: Draft) -> Briefing:
    """The text of a draft: its newest editor's version if there is one, else what the log says."""
    return edited_by(database, computed(database, draft), _versions(database, draft.publication).get(draft.key))


def edited_by(database: Database, briefing: Briefing, version: int | None) -> Briefing:
    """A computed issue with the title and sections of an editor's version, if it has one."""
    if version is None:
        return briefing
    event = _event(database, briefing.publication, version)
    return briefing.model_copy(
        update={"title": event.title, "sections": sections_of(event.sections), "edited": version}
    )


def changes_of(database: Database, publication: Publication, key: str) -> tuple[Change, ...]:
    """What the newest editor's version of a draft changed."""
    newest = _newest(database, publication, key)
    return newest.changes if newest else ()


def _newest(database: Database, publication: Publication, key: str) -> BulletinEdited | None:
    version = _versions(database, publication).get(key)
    return _event(database, publication, version) if version else None


def _versions(database: Database, publication: Publication) -> dict[str, int]:
    found = reading.load(database, bulletin_stream(publication))
    return found.state.edits if found and isinstance(found.state, BulletinSeries) else {}


def _event(database: Database, publication: Publication, version: int) -> BulletinEdited:
    recorded = reading.read_stream(database, bulletin_stream(publication), upto_version=version)[-1]
    event = decode(recorded)
    if not isinstance(event, BulletinEdited):
        raise TypeError(f"version {version} of {recorded.stream} is {recorded.type}, no editor's version")
    return event
