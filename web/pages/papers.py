"""`/papers`: what was issued and is sent to the reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.base import Refusal, refuse
from domain.bulletin import BulletinIssued
from domain.calendar import local_date
from domain.meetings.filing import MinutesFiled
from domain.papers import Paper, PaperIssued
from domain.readership import ReadKind
from domain.sight import Sight
from services.issuing.catalogue import all_filed, readers_of_paper
from services.press import press_by
from views.meetings import may_know_meeting
from views.papers import paper_ledger
from web.pages.bulletins import waiting_drafts
from web.pages.printing import downloaded
from web.pages.rendering import is_looked_at, visitor_of
from web.service import service_of

if TYPE_CHECKING:
    from documents.filing.filed import Filed
    from settings import Settings
    from views.viewer import Viewer

HERE = "papers"
KINDS = ("pdf", "docx", "html", "md")


@dataclass(frozen=True)
class IssueOnPage:
    """One issue, as its list shows it."""

    number: str
    title: str
    kind: str
    on: date
    void: str | None
    kinds: tuple[str, ...]


router = APIRouter(include_in_schema=False)


@router.get("/papers")
def papers(request: Request, year: str = "", signed: str = "") -> Response:
    service, visitor = service_of(request), visitor_of(request)
    this = local_date(visitor.viewer.now).year
    wanted = int(year) if year.isdecimal() and len(year) == len("2022") else this
    listed = [_on_page(filed, paper) for filed, paper in _sent_to(visitor.viewer, service.settings.store_place, wanted)]
    listed.sort(key=lambda p: (p.on, p.number), reverse=True)
    of_office = visitor.viewer.rights.of_office
    return visitor.page(
        HERE,
        "papers.html",
        papers=listed,
        year=wanted,
        this=this,
        signed=signed if signed in {p.number for p in listed} else None,
        whole=visitor.viewer.rights.whole,
        drafts=len(waiting_drafts(service, visitor)) if of_office else None,
    )


@router.get("/papers/file")
def paper(request: Request, number: str = "", kind: str = "pdf") -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        path = _kept(service.settings, visitor.viewer, number, kind)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    if is_looked_at(request, visitor):
        service.note_read(ReadKind.PAPER, [number], visitor.person.id)
    return downloaded(path.read_bytes(), path.name, inline=kind == "pdf")


@router.get("/papers/readers")
def readers(request: Request, number: str = "") -> Response:
    service, visitor = service_of(request), visitor_of(request)
    try:
        document = readers_of_paper(visitor.viewer, service.settings.store_place, number)
    except Refusal as refusal:
        return visitor.refused(HERE, refusal)
    return visitor.page(HERE, "readers.html", **document)


def _kept(settings: "Settings", viewer: "Viewer", number: str, kind: str) -> Path:
    filed_here = [filed for filed, _ in _sent_to(viewer, settings.store_place, None) if filed.event.number == number]
    refuse(not filed_here, "没有这份文件", "not_found")
    files = filed_here[0].kept(press_by(settings))
    refuse(kind not in KINDS or kind not in files, f"{number} 没有这种文件", "not_found")
    return files[kind]


def _sent_to(viewer: "Viewer", home: Path, year: int | None) -> Iterator[tuple["Filed", Paper | None]]:
    """What was filed and is sent to this reader, or is his to read: papers with what their ledger says of them."""
    rights = viewer.rights
    receives = rights.whole or Sight.FULL in rights.sights.values()
    ledger = {p.number: p for p in paper_ledger(viewer.database)}
    until = local_date(viewer.shown.as_of) if viewer.shown else date.max
    for filed in all_filed(viewer.database, home, year):
        event: Any = filed.event
        if event.issued_on > until:  # of the day that is shown it is to come
            continue
        paper = ledger.get(event.number) if isinstance(event, PaperIssued) else None
        if isinstance(event, BulletinIssued):
            sent = receives
        elif isinstance(event, MinutesFiled):
            sent = may_know_meeting(viewer, event.meeting)
        else:
            sent = rights.whole or (paper is not None and bool(rights.units & {paper.addressee, *paper.distributed}))
        if sent:
            yield filed, paper


def _on_page(filed: "Filed", paper: Paper | None) -> IssueOnPage:
    event: Any = filed.event
    kinds = {name.rpartition(".")[2] for name in event.files}
    return IssueOnPage(
        number=event.number,
        title=event.title,
        kind=paper.kind.label if paper else event.publication.label if isinstance(event, BulletinIssued) else "纪要",
        on=event.issued_on,
        void=paper.void if paper else None,
        kinds=tuple(kind for kind in KINDS if kind in kinds),
    )
