"""签发 of a paper: the next 文号, files with that number, and one event that names them. As with a 简报."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from documents.cabinet import FOLDER, PAPERS, papers_on_disk
from documents.filed import Filed
from documents.formats.press import Press
from documents.ledger import read_ledger
from documents.page import Page
from documents.papers import TEMPLATE, PaperText, compose_paper
from documents.signing import Desk, Issue, issue_next, issued_event
from domain.base import Frozen, refuse
from domain.bulletin import signs
from domain.calendar import local_date
from domain.envelope import Actor, NumberSeries
from domain.event import decode
from domain.events import DecisionRecorded, InstructionRecorded, MatterAssigned
from domain.papers import (
    Paper,
    PaperIssued,
    PaperKind,
    PaperLedger,
    PaperVoided,
    paper_series,
    paper_stream,
    void_paper,
)
from eventlog import reading
from eventlog.database import Database
from eventlog.record import record_decided
from eventlog.recovery import advance_numbers

_TELLS: Mapping[PaperKind, tuple[str, ...]] = {
    PaperKind.ASSIGNMENT: (MatterAssigned.__name__,),
    PaperKind.SUPERVISION: (MatterAssigned.__name__, InstructionRecorded.__name__, DecisionRecorded.__name__),
    PaperKind.URGE: ("UrgeIssued",),
    PaperKind.EXTENSION: ("ExtensionGranted", "ExtensionRefused"),
    PaperKind.CONCLUSION: ("MatterClosed",),
}
"""The events a paper of a kind tells of: of one such event a paper is issued once."""


class IssuedPaper(Frozen):
    """An issued paper and its files, by format."""

    event: PaperIssued
    files: dict[str, Path]


def issue_paper(
    database: Database,
    home: Path,
    stream: str,
    kind: PaperKind,
    *,
    signer: Actor,
    now: datetime,
    press: Press | None = None,
) -> IssuedPaper:
    """Issue the paper as of now. Asked again about the same event it answers with the paper there is.

    Raises:
        Refusal: `unsigned`, when the signer is no leader; `nothing_to_say`, when there is nothing to tell.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    signs(signer)
    desk = Desk(database, home, signer, now, press or Press())
    ledger = read_ledger(database, now)
    text = compose_paper(ledger, stream, kind)
    key = _key(desk, stream, kind)
    known = reading.find_command(database, key)
    if known:
        return _with_files(desk, issued_event(known[0], PaperIssued))
    advance_numbers(database, papers_on_disk(home), "文件柜中已有该文号的公文，日志由旧备份还原")
    series = paper_series(text.letter, local_date(now).year)

    def files(event: PaperIssued) -> dict[str, bytes]:
        return desk.press.named(text.page(event.number, event.signer, event.issued_on), event.number)

    recorded = issue_next(
        desk,
        Issue(
            key=key,
            stream=paper_stream(local_date(now).year),
            series=series,
            folder=home / FOLDER / PAPERS,
            content={"matter": stream, "kind": kind.value, "signer": signs(signer).id},
            event=lambda no: _numbered(desk, text, series, no),
            files=files,
        ),
    )
    return _with_files(desk, issued_event(recorded, PaperIssued))


def void(database: Database, number: str, reason: str, *, actor: Actor, now: datetime) -> None:
    """作废: the number stays in the ledger, and the matter may get another paper of the kind.

    Raises:
        Refusal: no such paper, or void already, or the actor is no leader.
    """
    signs(actor)
    year = next((p.issued_on.year for p in ledger_of(database) if p.number == number), local_date(now).year)

    def decide(state: Frozen | None) -> list[PaperVoided]:
        return [void_paper(state if isinstance(state, PaperLedger) else None, number, reason)]

    record_decided(
        database, paper_stream(year), decide, actor=actor, command_id=f"paper-void:{number}:{now.isoformat()}", now=now
    )


def ledger_of(database: Database, year: int | None = None) -> tuple[Paper, ...]:
    """Every paper, or those of a year, void ones too, the oldest first."""
    states = [s for s in reading.states_of(database, "paper") if year is None or s.stream == paper_stream(year)]
    found = (
        p for s in sorted(states, key=lambda s: s.stream) if isinstance(s.state, PaperLedger) for p in s.state.papers
    )
    return tuple(found)


def issued(database: Database) -> tuple[PaperIssued, ...]:
    """Every paper as it was issued, void ones too, the oldest first."""
    streams = sorted(s.stream for s in reading.states_of(database, "paper"))
    events = (decode(recorded) for stream in streams for recorded in reading.read_stream(database, stream))
    return tuple(event for event in events if isinstance(event, PaperIssued))


def filed(database: Database, home: Path, event: PaperIssued) -> Filed:
    """A paper as it is filed."""
    return Filed(
        event=event,
        folder=home / FOLDER / PAPERS,
        stream=paper_stream(event.year),
        page=lambda: _page(database, event),
    )


def _page(database: Database, event: PaperIssued) -> Page:
    refuse(
        event.template != TEMPLATE,
        f"{event.number} 所用版式 {event.template} 本版本没有，不能重新生成；请用成文时的版本",
        "template_gone",
    )
    text = compose_paper(read_ledger(database, event.as_of, event.position), event.matter, event.kind)
    return text.page(event.number, event.signer, event.issued_on)


def _key(desk: Desk, stream: str, kind: PaperKind) -> str:
    """The id of the command: the event the paper tells of (a 问题处理通知单: the day), and how often it was void."""
    events = reading.read_stream(desk.database, stream)
    told = max((e.version for e in events if e.type in _TELLS.get(kind, ())), default=0)
    what = str(told) if told else local_date(desk.now).isoformat()
    void_ones = sum(p.matter == stream and p.kind is kind and p.void is not None for p in ledger_of(desk.database))
    return f"paper:{stream}:{kind.value}:{what}:{void_ones}"


def _numbered(desk: Desk, text: PaperText, series: NumberSeries, no: int) -> PaperIssued:
    on = local_date(desk.now)
    return PaperIssued(
        number=series.render(no),
        kind=text.kind,
        letter=text.letter,
        year=on.year,
        no=no,
        matter=text.matter.stream,
        about=text.matter.number,
        title=text.title,
        addressee=text.addressee,
        position=text.ledger.position,
        as_of=text.ledger.as_of,
        signer=signs(desk.signer).id,
        issued_on=on,
        files={},
        template=TEMPLATE,
    )


def _with_files(desk: Desk, event: PaperIssued) -> IssuedPaper:
    """The paper with its files; one that is missing is printed again from the log."""
    return IssuedPaper(event=event, files=filed(desk.database, desk.home, event).kept(desk.press))
