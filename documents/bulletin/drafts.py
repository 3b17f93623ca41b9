"""Drafts of issues: small files in the home, each naming a part of the log its text is computed from when shown."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from documents.bulletin.briefing import FORMER, Briefing, compose_briefing
from documents.filing.shelf import press_of_template, shelve_template
from documents.formats.press import Press
from documents.sections.recipe import Recipe
from domain.base import Frozen, Refusal, refuse
from domain.bulletin import Publication
from domain.calendar import local_date
from eventlog.database import Database
from eventlog.durable import create_durably, make_folder, write_durably

FOLDER = "drafts"
MOST_A_DAY = 1000


class BulletinDraft(Frozen):
    """What a draft stands for. `key` is the id of the command that issues it: a draft is issued once."""

    id: str
    key: str
    publication: Publication
    since: date
    until: date
    position: int
    as_of: datetime
    drafted_by: str
    drafted_at: datetime
    corrects: str | None = None
    """The issue it is the 更正 of; its text then is in the log from the beginning."""
    foreword: str | None = None
    """按语."""
    template_sha256: str | None = None
    """Of the templates it was drafted by; it is issued by no others. None in drafts of before."""
    template: str = FORMER
    """The name of its layout and wording; drafts of before do not say it."""
    sent_to: str | None = None
    """送签: the leader it waits for."""
    sent_at: datetime | None = None


def keep_draft(
    home: Path, briefing: Briefing, drafted_by: str, now: datetime, press: Press | None = None
) -> BulletinDraft:
    """Keep a composed 简报 or 动态 as a draft, under the next free id of the day (D20220331-1).

    Raises:
        Refusal: `too_many_drafts`, or the templates of the press cannot be kept.
    """
    used = (press or Press()).template
    shelve_template(home, used)
    folder = home / FOLDER
    make_folder(folder)
    for n in range(1, MOST_A_DAY):
        draft = BulletinDraft(
            id=f"D{local_date(now):%Y%m%d}-{n}",
            key=f"bulletin-draft:{uuid4().hex}",
            publication=briefing.publication,
            since=briefing.since,
            until=briefing.until,
            position=briefing.position,
            as_of=briefing.as_of,
            drafted_by=drafted_by,
            drafted_at=now,
            corrects=briefing.corrects,
            foreword=briefing.foreword,
            template_sha256=used.sha256,
            template=briefing.template,
        )
        if create_durably(_file(home, draft.id), draft.model_dump_json(indent=1).encode()):
            return draft
    raise Refusal("今天的草稿太多了，请先清理数据目录下的 drafts", "too_many_drafts")


def send_draft(home: Path, draft: BulletinDraft, leader: str, now: datetime) -> BulletinDraft:
    """送签: the draft waits for this leader from now on."""
    sent = draft.model_copy(update={"sent_to": leader, "sent_at": now})
    write_durably(_file(home, draft.id), sent.model_dump_json(indent=1).encode())
    return sent


def discard_draft(home: Path, draft: BulletinDraft) -> None:
    """Delete a draft of a 简报 or 动态 from the home."""
    _file(home, draft.id).unlink(missing_ok=True)


def find_draft(home: Path, draft_id: str) -> BulletinDraft | None:
    """The draft of a 简报 or 动态 with this id; None when there is none.

    Raises:
        Refusal: `malformed`, when its file is damaged.
    """
    wanted = draft_id.strip().upper()
    drafts, damaged = read_drafts(home)
    chosen = next((draft for draft in drafts if draft.id == wanted), None)
    _refuse_damaged([name for name in damaged if name == f"{wanted}.json"])
    return chosen


def kept_drafts(home: Path) -> tuple[BulletinDraft, ...]:
    """All drafts of 简报 and 动态 the home keeps, the oldest first.

    Raises:
        Refusal: `malformed`, when a file is damaged.
    """
    drafts, damaged = read_drafts(home)
    _refuse_damaged(damaged)
    return drafts


def read_drafts(home: Path) -> tuple[tuple[BulletinDraft, ...], tuple[str, ...]]:
    """The drafts the home keeps, the oldest first, and the names of files that are damaged: one closes no list."""
    drafts, damaged = list[BulletinDraft](), list[str]()
    for path in (home / FOLDER).glob("D*.json"):
        try:
            drafts.append(BulletinDraft.model_validate_json(path.read_bytes()))
        except (ValueError, OSError):
            damaged.append(path.name)
    return tuple(sorted(drafts, key=lambda d: (d.drafted_at, d.id))), tuple(sorted(damaged))


def _refuse_damaged(names: Sequence[str]) -> None:
    refuse(bool(names), f"草稿文件 {'、'.join(names)} 已损坏，请删除后重新起草", "malformed")


def press_of_draft(home: Path, draft: BulletinDraft, now: Press | None = None) -> Press:
    """The press a draft is shown and issued by, with the templates of then.

    Raises:
        Refusal: `template_gone`.
    """
    return press_of_template(
        home,
        now or Press(),
        draft.template_sha256,
        f"草稿 {draft.id}",
        "请重新起草，或从备份恢复",
        layout=draft.template.partition("/")[0],
    )


def computed_draft(database: Database, draft: BulletinDraft, recipe: Recipe | None = None) -> Briefing:
    """The issue a draft stands for, computed from the part of the log it names."""
    text = compose_briefing(
        database,
        draft.publication,
        draft.since,
        draft.until,
        as_of=draft.as_of,
        position=draft.position,
        recipe=recipe,
        template=draft.template,
    )
    return text.model_copy(update={"foreword": draft.foreword})


def _file(home: Path, draft_id: str) -> Path:
    return home / FOLDER / f"{draft_id}.json"
