"""`/bulletins`: 简报 and 动态 before they are issued: drafted from the log, edited on a page or in Word, sent on.

What a draft says, what an editor may change and what contradicts the log is asked of the same rooms as by the command
line; nothing of it is decided here.
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from documents.bulletin.drafts import (
    BulletinDraft,
    computed_draft,
    find_draft,
    keep_draft,
    press_of_draft,
    read_drafts,
    send_draft,
)
from documents.bulletin.edited import Text, editor_fields, read_draft
from documents.formats.markdown import markdown_of
from documents.sections.recipe import Recipe, recipe_of
from domain.base import Refusal, refuse
from domain.bulletin import Publication
from domain.calendar import local_date
from domain.queries.spoken import spoken_date
from domain.terms import Role
from eventlog import reading
from eventlog.autosaves import autosave_of, drop_autosave
from services.issuing.bulletins import contradictions_of_draft
from services.issuing.drafting import composed_issue, next_day
from services.issuing.editing import (
    briefing_of_draft,
    changes_of,
    check_may_edit,
    drop_draft,
    edited_version,
    record_edited_draft,
    record_typed_draft,
    text_as_exported,
)
from services.press import press_by
from web.asking import whole_number
from web.guards import CONTENT_POLICY, SHOWS_ITSELF
from web.pages.drafts import clock_of
from web.pages.printing import downloaded
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import Given, sent_form, told_on_page
from web.service import service_of

if TYPE_CHECKING:
    from documents.bulletin.briefing import Briefing
    from documents.formats.press import Press
    from documents.page import Page
    from web.service import WebService

HERE = "papers"
KINDS = ("pdf", "docx")
_DRAFTING = Lock()
"""One drafts at a time: a button pressed twice begins one draft."""
SET_ASIDE = "mine."
_OF_TEXT = re.compile(r"title|foreword|s\d+\.b\d+")
SHOWN_BY_US = CONTENT_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")


@dataclass(frozen=True)
class DraftAtHand:
    """A draft of an issue as it reads now."""

    service: "WebService"
    draft: BulletinDraft
    press: "Press"

    @cached_property
    def recipe(self) -> Recipe:
        """By which it is composed."""
        return recipe_of(self.press.template)

    @cached_property
    def briefing(self) -> "Briefing":
        """Its text: the newest editor's version, else what the log says."""
        return briefing_of_draft(self.service.database, self.draft, self.recipe)

    @cached_property
    def page(self) -> "Page":
        """As it is printed before it is signed."""
        return self.briefing.draft(local_date(self.draft.drafted_at))

    @property
    def mark(self) -> str:
        """Names what it says, so that nobody signs what he has not read."""
        return sha256(markdown_of(self.page).encode()).hexdigest()[:24]

    @cached_property
    def contradictions(self) -> list[str]:
        """Where it contradicts the log or itself."""
        return contradictions_of_draft(self.service.database, self.draft, self.recipe)


def draft_at_hand(service: "WebService", visitor: Visitor, draft_id: str) -> DraftAtHand:
    """A draft that is not issued yet, to who reads drafts.

    Raises:
        Refusal: `not_found`; `issued`; `read_only` where a past day is shown.
    """
    kept = find_draft(service.settings.store_place, draft_id) if visitor.viewer.rights.of_office else None
    if kept is None:
        raise Refusal("没有这份草稿", "not_found")
    refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能编发简报", "read_only")
    refuse(_is_issued(service, kept), f"草稿 {kept.id} 已经签发，见公文简报", "issued")
    return DraftAtHand(service, kept, press_of_draft(service.settings.store_place, kept, press_by(service.settings)))


def waiting_drafts(service: "WebService", visitor: Visitor, leader: str | None = None) -> list[BulletinDraft]:
    """The drafts nobody signed yet, of all or those sent to one leader; none to who reads no drafts."""
    if not visitor.viewer.rights.of_office or visitor.day is not None:
        return []
    kept, _ = read_drafts(service.settings.store_place)
    return [d for d in kept if leader in (None, d.sent_to) and not _is_issued(service, d)]


def _is_issued(service: "WebService", draft: BulletinDraft) -> bool:
    return reading.find_command(service.database, draft.key) is not None


def refused(service: "WebService", visitor: Visitor, refusal: Exception) -> Response:
    """A page that says why not."""
    explained = told_on_page(refusal, service)
    title = "没有找到" if explained.status == 404 else "不能办理"  # noqa: PLR2004
    return visitor.page(HERE, "message.html", explained.status, title=title, message=explained.message)


router = APIRouter(include_in_schema=False)


@router.get("/bulletins")
def drafts(request: Request) -> Response:
    service = service_of(request)
    return _list(service, visitor_of(request), Given({}))


@router.post("/bulletins")
async def begun(request: Request) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    return await service.ask(_begin, service, visitor, given)


@router.get("/bulletins/{draft}")
def editor(request: Request, draft: str) -> Response:
    service = service_of(request)
    return _editor(service, visitor_of(request), draft, Given({}))


@router.post("/bulletins/{draft}")
async def typed(request: Request, draft: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    return await service.ask(_save, service, visitor, draft, given)


@router.post("/bulletins/{draft}/word")
async def brought_back(request: Request, draft: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request, files=True)
    return await service.ask(_read_back, service, visitor, draft, given)


@router.post("/bulletins/{draft}/drop")
async def dropped(request: Request, draft: str) -> Response:
    service = service_of(request)
    visitor, _ = await sent_form(request)
    return await service.ask(_drop, service, visitor, draft)


@router.get("/bulletins/{draft}/draft.{kind}")
def file(request: Request, draft: str, kind: str) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        refuse(kind not in KINDS, "没有这种文件", "not_found")
        at_hand = draft_at_hand(service, visitor, draft)
        data = at_hand.press.printed(at_hand.page, kind)
    except Refusal as refusal:
        return refused(service, visitor, refusal)
    answer = downloaded(data, f"{at_hand.draft.id}.{kind}", inline=kind == "pdf")
    if kind == "pdf":
        answer.headers["Content-Security-Policy"] = SHOWN_BY_US
    return answer


@router.post("/bulletins/{draft}/send")
async def sent(request: Request, draft: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    return await service.ask(_send, service, visitor, draft, given)


def _list(service: "WebService", visitor: Visitor, given: Given, fault: str | None = None) -> Response:
    """The drafts, and the form of a new one."""
    if not visitor.viewer.rights.of_office:
        return refused(service, visitor, Refusal("简报草稿由办公室和领导查阅", "not_found"))
    return visitor.page(
        HERE,
        "bulletins.html",
        422 if fault else 200,
        drafts=list(reversed(waiting_drafts(service, visitor))),
        damaged=read_drafts(service.settings.store_place)[1],
        names=visitor.viewer.persons,
        given=given,
        fault=fault,
        series=tuple(Publication),
        may_edit=visitor.person.role in (Role.OFFICE, Role.LEADER) and not visitor.day,
    )


def _begin(service: "WebService", visitor: Visitor, given: Given) -> Response:
    now, today = service.now, local_date(service.now)
    try:
        refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能起草", "read_only")
        check_may_edit(visitor.viewer.actor)
        publication = Publication.from_label(given["series"] or Publication.BRIEFING.value)
        if publication is None:
            raise Refusal("请选择简报或动态", "malformed")  # noqa: TRY301  (told beside the form)
        until = _day(given["until"], today) or today
        since = _day(given["since"], today) or next_day(service.database, publication, until)
        press = press_by(service.settings)
        with _DRAFTING:
            briefing, _ = composed_issue(service.database, press, publication, (since, until), now)
            there = _same_draft(service, briefing, visitor.person.id)
            kept = there or keep_draft(service.settings.store_place, briefing, visitor.person.id, now, press)
    except Refusal as refusal:
        return _list(service, visitor, given, told_on_page(refusal, service).message)
    return RedirectResponse(f"/bulletins/{kept.id}", 303)


def _same_draft(service: "WebService", briefing: "Briefing", person: str) -> BulletinDraft | None:
    """The draft this person has of the same span and part of the log, as long as nobody wrote in it or sent it on."""
    wanted = (briefing.publication, briefing.since, briefing.until, briefing.position, briefing.template, person, None)
    for d in read_drafts(service.settings.store_place)[0]:
        same = (
            d.publication,
            d.since,
            d.until,
            d.position,
            d.template,
            d.drafted_by,
            d.corrects or d.sent_to,
        ) == wanted
        if same and not edited_version(service.database, d) and not _is_issued(service, d):
            return d
    return None


def _day(text: str, today: date) -> date | None:
    if not text:
        return None
    day = spoken_date(text, today)
    refuse(day > today, f"{day} 还没有到", "malformed")
    return day


def _editor(
    service: "WebService", visitor: Visitor, draft_id: str, given: Given, error: Exception | None = None, done: str = ""
) -> Response:
    """The text in its fields, what was changed, what contradicts the log, and the page beside it."""
    try:
        at_hand = draft_at_hand(service, visitor, draft_id)
    except Refusal as refusal:
        return refused(service, visitor, refusal)
    explained = told_on_page(error, service) if error is not None else None
    draft, briefing = at_hand.draft, at_hand.briefing
    form_key = f"bulletin:{draft.id}"
    saved = autosave_of(service.database, visitor.person.id, form_key, service.now)
    restored = saved.saved_at if saved.saved_at and "seen" not in given.fields else None
    text = Text(briefing.title, briefing.sections, briefing.foreword)
    newest = str(edited_version(service.database, draft))
    typed = _of_version(newest, Given({**(saved.fields if restored else {}), **given.fields}), text)
    answer = visitor.page(
        HERE,
        "bulletin.html",
        explained.status if explained else 200,
        draft=draft,
        sections=editor_fields(text),
        briefing=briefing,
        given=typed,
        seen=typed["seen"] or newest,
        aside={name: text_aside for name, text_aside in typed.fields.items() if name.startswith(SET_ASIDE)},
        changes=changes_of(service.database, draft.publication, draft.key),
        contradictions=at_hand.contradictions,
        fault=explained.message if explained else None,
        form_key=form_key,
        version=(typed["version"] if saved.saved_at else "") or saved.version,  # nothing kept: nothing to overwrite
        restored=clock_of(restored) if restored else None,
        leaders=[p for p in reading.people(service.database) if p.role is Role.LEADER],
        names=visitor.viewer.persons,
        may_edit=visitor.person.role in (Role.OFFICE, Role.LEADER) and draft.corrects is None,
        signs=visitor.person.role is Role.LEADER,
        done=done,
    )
    answer.headers["Content-Security-Policy"] = SHOWS_ITSELF
    return answer


def _of_version(newest: str, typed: Given, text: Text) -> Given:
    """What was typed, for the fields of the newest version; what was typed on an older one is set aside for its writer.

    Fields are named by their place, and in another version another paragraph stands there.
    """
    if typed["seen"] in ("", newest):
        return typed
    texts = {name: value.replace("\r\n", "\n") for name, value in typed.fields.items() if _OF_TEXT.fullmatch(name)}
    mine = _set_aside(newest, texts, text)
    before = {name: value for name, value in typed.fields.items() if name == "version" or name.startswith(SET_ASIDE)}
    return Given({**before, **mine, "seen": newest})


def _set_aside(mark: str, texts: Mapping[str, str], newest: Text) -> dict[str, str]:
    """What somebody wrote that does not stand in the newest text, under names of its own."""
    written = _texts_of(newest)
    stands = {"", *(value.strip() for value in written.values())}
    return {f"{SET_ASIDE}{mark}.{name}": value for name, value in texts.items() if value.strip() not in stands}


def _texts_of(text: Text) -> dict[str, str]:
    """By the names of its fields."""
    fields = {f.name: f.text for _, fields in editor_fields(text) for f in fields if f.name}
    return {"title": text.title, "foreword": text.foreword or "", **fields}


def _save(service: "WebService", visitor: Visitor, draft_id: str, given: Given) -> Response:
    try:
        at_hand = draft_at_hand(service, visitor, draft_id)
        seen = whole_number(given["seen"])
        refuse(seen is None, "请重新打开草稿再改", "malformed")
        record_typed_draft(
            service.database,
            at_hand.draft,
            given.fields,
            visitor.viewer.actor,
            service.now,
            recipe=at_hand.recipe,
            seen=seen or 0,
        )
    except Refusal as refusal:
        return _editor(service, visitor, draft_id, given, refusal)
    drop_autosave(service.database, visitor.person.id, f"bulletin:{at_hand.draft.id}", service.now)
    return RedirectResponse(f"/bulletins/{at_hand.draft.id}", 303)


def _drop(service: "WebService", visitor: Visitor, draft_id: str) -> Response:
    try:
        draft = draft_at_hand(service, visitor, draft_id).draft
        drop_draft(service.database, service.settings.store_place, draft, visitor.viewer.actor)
    except Refusal as refusal:
        return refused(service, visitor, refusal)
    drop_autosave(service.database, visitor.person.id, f"bulletin:{draft.id}", service.now)
    return RedirectResponse("/bulletins", 303)


def _read_back(service: "WebService", visitor: Visitor, draft_id: str, given: Given) -> Response:
    """Take the text of a draft that was edited in Word."""
    try:
        at_hand = draft_at_hand(service, visitor, draft_id)
        refuse(not given.uploads, "请选择改好的 .docx", "malformed")
        _, upload = given.uploads[0]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"改稿{Path(upload.filename or '').suffix[:10]}"
            path.write_bytes(upload.file.read())
            try:
                record_edited_draft(
                    service.database, at_hand.draft, path, visitor.viewer.actor, service.now, at_hand.recipe
                )
            except Refusal as refusal:
                if refusal.code != "changed":
                    raise
                return _editor(service, visitor, draft_id, _of_word(at_hand, path), refusal)
    except Refusal as refusal:
        return _editor(service, visitor, draft_id, Given({}), refusal)
    return RedirectResponse(f"/bulletins/{at_hand.draft.id}", 303)


def _of_word(at_hand: DraftAtHand, path: Path) -> Given:
    """What a Word file says otherwise than the newest text, set aside for whoever brought it."""
    briefing = at_hand.briefing
    newest = Text(briefing.title, briefing.sections, briefing.foreword)
    database, draft, recipe = at_hand.service.database, at_hand.draft, at_hand.recipe
    edited, made_from = read_draft(path, computed_draft(database, draft, recipe))
    exported = set(_texts_of(text_as_exported(database, draft, made_from, recipe)).values())
    written = {name: text for name, text in _texts_of(edited).items() if text not in exported}
    return Given(_set_aside(f"w{briefing.edited or 0}", written, newest))


def _send(service: "WebService", visitor: Visitor, draft_id: str, given: Given) -> Response:
    """送签 to a leader, once nothing of the text contradicts the log."""
    try:
        at_hand = draft_at_hand(service, visitor, draft_id)
        check_may_edit(visitor.viewer.actor)
        leader = reading.person(service.database, given["leader"])
        if leader is None or leader.role is not Role.LEADER or leader.left_at is not None:
            raise Refusal("请选择送哪位领导签发", "malformed")  # noqa: TRY301  (told on the editor's page)
        form_key = f"bulletin:{at_hand.draft.id}"
        unsaved = autosave_of(service.database, visitor.person.id, form_key, service.now).saved_at is not None
        refuse(unsaved, "还有没保存的修改，没有送签：请先保存或放弃", "unsaved")
        wrong = at_hand.contradictions
        refuse(bool(wrong), f"文稿与日志不符，请先改正：{wrong[0] if wrong else ''}", "contradiction")
        send_draft(service.settings.store_place, at_hand.draft, leader.id, service.now)
    except Refusal as refusal:
        return _editor(service, visitor, draft_id, Given({}), refusal)
    return _editor(service, visitor, draft_id, Given({}), done=f"已送{leader.name}签发")


def draft_names(drafts: list[BulletinDraft]) -> list[dict[str, Any]]:
    """Drafts as a list names them."""
    spans = [(d, f"{d.publication.label}　{d.since} 至 {d.until}") for d in drafts]
    return [{"id": d.id, "said": label, "sent_at": d.sent_at} for d, label in spans]
