"""Recording an editor's version of a draft, and finding it again when the draft is shown, issued or printed again."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from documents.bulletin.briefing import Briefing
from documents.bulletin.drafts import BulletinDraft, computed_draft, discard_draft
from documents.bulletin.edited import (
    Text,
    editor_changes,
    lost_changes,
    read_draft,
    sections_of,
    text_of_fields,
    text_of_sections,
)
from documents.sections.recipe import Recipe
from domain.base import Frozen, refuse
from domain.bulletin import BulletinEdited, BulletinSeries, Change, Publication
from domain.envelope import Actor, Recorded
from domain.event import decode
from domain.ids import bulletin_stream
from domain.queries.telling import office_time
from domain.rules.records import may_record
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_decided

CHANGED = "另一个人刚改过这份草稿，请把您的修改并进最新的文字再保存"


_SHOWN = 20
"""Characters of a line that say which is meant."""


def record_edited_draft(
    database: Database,
    draft: BulletinDraft,
    path: Path,
    actor: Actor,
    now: datetime,
    recipe: Recipe | None = None,
    *,
    replace: bool = False,
) -> tuple[Change, ...]:
    """Record an edited file as its draft's text from now on; what it changed of the text computed from the log.

    Args:
        database: the log.
        draft: of which issue.
        path: the .docx that was exported, edited.
        actor: the editor.
        now: this moment.
        recipe: by which the draft is computed.
        replace: also where that takes away what was changed of the draft since the file was exported.

    Raises:
        Refusal: the draft is issued already, the file is not an edited draft, or the actor is not of the office;
            `changed`, when it was edited since the file was exported, and the file has not all of that.
    """
    _check_open_to(draft, actor, database)
    computed = computed_draft(database, draft, recipe)
    text, made_from = read_draft(path, computed)
    newest = edited_version(database, draft)
    if newest != made_from and not replace:
        _refuse_losing(database, draft, _text_of(computed), text, made_from, actor)
    return _record_version(database, draft, computed, text, actor, now, newest)


def _refuse_losing(
    database: Database, draft: BulletinDraft, computed: Text, text: Text, made_from: int, actor: Actor
) -> None:
    """Two who edit one draft in Word: the second takes nothing away that he has not seen."""
    mine = _versions_of(database, draft)
    if not mine:
        return
    since = next((_text_of(event) for one, event in mine if one.version == made_from), None)
    # Without a mark of this draft (an older build's file, another draft's) it may be from before any change.
    later = [one for one, _ in mine if since is None or one.version > made_from]
    by_others = any(one.actor.id != actor.id for one in later)
    lost = lost_changes(since or computed, _text_of(mine[-1][1]), text, by_others=by_others)
    refuse(
        bool(lost),
        f"草稿 {draft.id} 在这份文件导出以后又改过（{office_time(mine[-1][0].recorded_at)}），"
        f"读回会冲掉那时的{len(lost)}处修改（如{_spot(lost[0]) if lost else ''}）；请把您的修改并进最新的文字",
        "changed",
    )


def text_as_exported(database: Database, draft: BulletinDraft, made_from: int, recipe: Recipe | None = None) -> Text:
    """What a draft read up to an editor's version; what the log computes, where that is none of its own."""
    versions = _versions_of(database, draft)
    known = next((event for one, event in versions if one.version == made_from), None)
    return _text_of(known or computed_draft(database, draft, recipe))


def _versions_of(database: Database, draft: BulletinDraft) -> list[tuple[Recorded, BulletinEdited]]:
    recorded = reading.read_stream(database, bulletin_stream(draft.publication))
    edited = [(one, event) for one in recorded if isinstance(event := decode(one), BulletinEdited)]
    return [(one, event) for one, event in edited if event.key == draft.key]


def _spot(change: Change) -> str:
    """Where a change is, in few words: what it begins to say otherwise."""
    before, after = next(iter(change.before), ""), next(iter(change.after), "")
    if not after:
        return f"删去“{before[:_SHOWN]}{'……' if before[_SHOWN:] else ''}”"
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    begin = max(alike - _SHOWN // 2, 0)
    end = begin + 2 * _SHOWN
    return f"“{'……' if begin else ''}{after[begin:end]}{'……' if after[end:] else ''}”"


def _text_of(one: Briefing | BulletinEdited) -> Text:
    sections = sections_of(one.sections) if isinstance(one, BulletinEdited) else one.sections
    return Text(one.title, sections, one.foreword)


def record_typed_draft(
    database: Database,
    draft: BulletinDraft,
    fields: Mapping[str, str],
    actor: Actor,
    now: datetime,
    *,
    recipe: Recipe | None = None,
    seen: int,
) -> tuple[Change, ...]:
    """Record what an editor typed on a page as the draft's text; what it changed of the text computed from the log.

    Args:
        database: the log.
        draft: of which issue.
        fields: by the names of `editor_fields` of the text that stands now, `title` and `foreword`.
        actor: the editor.
        now: this moment.
        recipe: by which the draft is computed.
        seen: the version of the draft (`edited_version`) his page showed.

    Raises:
        Refusal: as `record_edited_draft`; `changed`, when somebody else edited it meanwhile.
    """
    _check_open_to(draft, actor, database)
    refuse(seen != edited_version(database, draft), CHANGED, "changed")
    current = briefing_of_draft(database, draft, recipe)
    text = text_of_fields(_text_of(current), fields)
    return _record_version(database, draft, computed_draft(database, draft, recipe), text, actor, now, seen)


def edited_version(database: Database, draft: BulletinDraft) -> int:
    """Which editor's version of a draft is the newest; 0 when there is none."""
    return _versions(database, draft.publication).get(draft.key, 0)


def _check_open_to(draft: BulletinDraft, actor: Actor, database: Database) -> None:
    check_may_edit(actor)
    refuse(
        draft.corrects is not None,
        f"{draft.id} 是 {draft.corrects} 的更正稿；要改，请改好原期的 .docx 再用 xmh briefing correct 起草",
        "correction",
    )
    _refuse_issued(database, draft)


def _refuse_issued(database: Database, draft: BulletinDraft) -> None:
    already = reading.find_command(database, draft.key) is not None
    refuse(already, f"草稿 {draft.id} 已经签发，不能再改；更正请另发一期", "issued")


def _record_version(
    database: Database,
    draft: BulletinDraft,
    computed: Briefing,
    text: Text,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
) -> tuple[Change, ...]:
    """Record a version, unless it is the newest already, or the computed text itself."""
    edits = editor_changes(_text_of(computed), text)
    newest = _newest(database, draft.publication, draft.key)
    if newest != _version(draft, text, edits) and (newest is not None or edits):
        record_draft_text(database, draft, text, edits, actor, now, seen)
    return edits


def check_may_edit(actor: Actor) -> None:
    """Refuse who may not write a text of his own for a draft: that is for the office and the leaders.

    Raises:
        Refusal: `forbidden`.
    """
    may_record(BulletinEdited, actor)


def record_draft_text(
    database: Database,
    draft: BulletinDraft,
    text: Text,
    edits: tuple[Change, ...],
    actor: Actor,
    now: datetime,
    seen: int | None = None,
) -> None:
    """Record an editor's version as the text of a draft from now on.

    `seen` is the version it was made from; unless given, whatever stands is replaced.

    Raises:
        Refusal: the log refused it; `changed` or `issued`, when somebody was faster.
    """
    event = _version(draft, text, edits)

    def decide(state: Frozen | None) -> list[BulletinEdited]:
        stands = state.edits.get(draft.key, 0) if isinstance(state, BulletinSeries) else 0
        refuse(seen is not None and seen != stands, CHANGED, "changed")
        _refuse_issued(database, draft)
        return [event]

    digest = hashlib.sha256(f"{event.title}\n{event.foreword}\n{event.sections}".encode()).hexdigest()
    stream = bulletin_stream(draft.publication)
    command_id = f"bulletin-edit:{draft.key}:{digest[:24]}:{reading.stream_head(database, stream).version}"
    record_decided(database, stream, decide, actor=actor, command_id=command_id, now=now, content={"text": digest})


def drop_draft(database: Database, home: Path, draft: BulletinDraft, actor: Actor) -> None:
    """Take away a draft that nobody signed; what was edited of it stays in the log.

    Raises:
        Refusal: `forbidden`; `issued`.
    """
    check_may_edit(actor)
    signed = reading.find_command(database, draft.key) is not None
    refuse(signed, f"草稿 {draft.id} 已经签发，不能弃去；有错请另编更正", "issued")
    discard_draft(home, draft)


def _version(draft: BulletinDraft, text: Text, edits: tuple[Change, ...]) -> BulletinEdited:
    return BulletinEdited(
        draft_id=draft.id,
        key=draft.key,
        title=text.title,
        foreword=text.foreword,
        sections=text_of_sections(text.sections),
        changes=edits,
    )


def briefing_of_draft(database: Database, draft: BulletinDraft, recipe: Recipe | None = None) -> Briefing:
    """What a kept draft of a 简报 reads now: its newest editor's version if there is one, else what the log says.

    Raises:
        Refusal: `malformed`, when a 更正 was never finished.
    """
    version = _versions(database, draft.publication).get(draft.key)
    refuse(
        draft.corrects is not None and version is None,
        f"更正稿 {draft.id} 没有写完，请用 xmh briefing correct 重新起草",
        "malformed",
    )
    return as_edited(database, computed_draft(database, draft, recipe), version, draft.corrects)


def as_edited(database: Database, briefing: Briefing, version: int | None, corrects: str | None = None) -> Briefing:
    """An issue with the title and sections of an editor's version of its draft, if it has one; so a 更正 is told."""
    if version is None:
        return briefing
    event = _event(database, briefing.publication, version)
    return briefing.model_copy(
        update={
            "title": event.title,
            "foreword": event.foreword,
            "sections": sections_of(event.sections),
            "edited": version,
            "corrects": corrects,
        }
    )


def changes_of(database: Database, publication: Publication, key: str) -> tuple[Change, ...]:
    """What the newest editor's version of a draft changed."""
    newest = _newest(database, publication, key)
    return newest.changes if newest else ()


def _newest(database: Database, publication: Publication, key: str) -> BulletinEdited | None:
    version = _versions(database, publication).get(key)
    return _event(database, publication, version) if version else None


def _versions(database: Database, publication: Publication) -> dict[str, int]:
    loaded = reading.load(database, bulletin_stream(publication))
    return loaded.state.edits if loaded and isinstance(loaded.state, BulletinSeries) else {}


def _event(database: Database, publication: Publication, version: int) -> BulletinEdited:
    recorded = reading.read_stream(database, bulletin_stream(publication), upto_version=version)[-1]
    event = decode(recorded)
    if not isinstance(event, BulletinEdited):
        raise TypeError(f"version {version} of {recorded.stream} is {recorded.type}, no editor's version")
    return event
