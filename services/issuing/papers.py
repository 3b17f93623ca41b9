"""签发 of a paper: the next 文号, files with that number, and one event that names them. As with a 简报.

A 通报 names units before others; so it is issued only in the very words a leader approved (条例 art. 21).
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from documents.consistency.facts import Facts, facts_of, refuse_contradictions, words_of
from documents.filing.cabinet import FOLDER, PAPERS, papers_on_disk
from documents.filing.filed import Filed, wording_of
from documents.formats.digest import sha256
from documents.formats.press import Press
from documents.ledger import read_ledger
from documents.page import Page
from documents.papers.case import PaperText
from documents.papers.circular import compose_circular, draft_circular, hash_of_circular
from documents.papers.forms import EXACT, TEMPLATE, UPWARD, WORDINGS, compose_paper
from documents.papers.onsite import compose_onsite_paper
from documents.papers.overtaken import refuse_overtaken
from domain.base import Frozen, Refusal
from domain.calendar import local_date
from domain.envelope import Actor, NumberSeries
from domain.event import Event, decode
from domain.events import DecisionRecorded, InstructionRecorded, MatterAssigned
from domain.ids import paper_stream
from domain.onsite.events import OnSiteReported, OpinionGiven
from domain.onsite.inspection import OnSite
from domain.papers import (
    CircularApproved,
    PaperIssued,
    PaperKind,
    PaperLedger,
    PaperVoided,
    approval,
    paper_series,
    void_paper,
)
from domain.rules.authority import by_leader, signer_of
from eventlog import reading
from eventlog.database import Database
from services.issuing.signing import Desk, NumberedIssue, issue_next, issued_event
from services.office_records import record_decided
from services.restored_numbers import advance_numbers
from views.papers import paper_ledger

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
    """Issue a paper on a matter as of now. Asked again about the same event it answers with the paper there is.

    Raises:
        Refusal: `unsigned`, when the signer is no leader; `nothing_to_say`, when there is nothing to tell;
            `overtaken`, when it would ask for a date already past, or for what was answered.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    signer_of(signer, kind.label)
    text = compose_paper(read_ledger(database, now), stream, kind)
    desk = Desk(database, home, signer, now, press or Press())
    if reading.find_command(database, _key(desk, stream, kind)) is None:
        refuse_overtaken(text)
    return issue_composed(desk, text)


def issue_composed(desk: Desk, text: PaperText) -> IssuedPaper:
    """Issue a composed paper on one matter or inspection under the next 文号; as `issue_paper`, of one ledger many.

    Raises:
        Refusal: `unsigned`, when the signer is no leader.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    signer_of(desk.signer, text.kind.label)
    if text.inspection is not None:
        return _issue_conclusion(desk, text, text.inspection)
    if text.matter is None:
        raise TypeError("a 通报 is issued only as it was approved")
    stream = text.matter.stream
    return _issue(desk, text, _key(desk, stream, text.kind), {"matter": stream})


def _issue_conclusion(desk: Desk, text: PaperText, inspection: OnSite) -> IssuedPaper:
    """Issue what an inspection concluded: once as it was said, and anew when something else was said since."""
    stream, unit = inspection.stream, text.addressees[0] if text.addressees else None
    line = (
        recorded.version
        for recorded in reading.read_stream(desk.database, stream)
        if _concludes(decode(recorded), unit)
    )
    void_ones = sum(
        p.inspection == stream and p.kind is text.kind and p.addressee == unit and p.void is not None
        for p in paper_ledger(desk.database)
    )
    key = f"paper:{stream}:{text.kind.value}:{unit or ''}:{max(line)}:{void_ones}"
    return _issue(desk, text, key, {"inspection": stream, "unit": unit or ""})


def _concludes(event: Event, unit: str | None) -> bool:
    return isinstance(event, OnSiteReported) if unit is None else isinstance(event, OpinionGiven) and event.unit == unit


def issue_circular(
    database: Database,
    home: Path,
    since: date,
    until: date,
    *,
    signer: Actor,
    now: datetime,
    press: Press | None = None,
) -> IssuedPaper:
    """Issue the approved 通报 of a period. Asked again it answers with the one there is, unless that is void.

    Raises:
        Refusal: `unsigned`, when the signer is no leader; `unapproved`, when nobody approved exactly this text.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    signer_of(signer, PaperKind.CIRCULAR.label)
    text = draft_circular(database, since, until, local_date(now))
    void_ones = sum((p.since, p.until) == (since, until) and p.void is not None for p in paper_ledger(database))
    key = f"paper:circular:{since}:{until}:{void_ones}"
    if reading.find_command(database, key) is None:
        _approved(database, text)
    desk = Desk(database, home, signer, now, press or Press())
    return _issue(desk, text, key, {"from": str(since), "to": str(until)})


def approve_circular(database: Database, since: date, until: date, *, actor: Actor, now: datetime) -> PaperText:
    """Record that a leader approved the 通报 of a period as its draft reads now; answers with that draft.

    Raises:
        Refusal: `unapproved`, when it is no leader who approves; or there is no such draft.
        LogError: the log cannot be written.
    """
    text = draft_circular(database, since, until, local_date(now))
    words = hash_of_circular(text)

    def decide(_: Frozen | None) -> list[CircularApproved]:
        return [approval(actor, since, until, text.ledger.position, words)]

    record_decided(
        database,
        paper_stream(until.year),
        decide,
        actor=actor,
        command_id=f"circular-approve:{words[:24]}:{now.isoformat()}",
        now=now,
        content={"words": words, "actor": actor.model_dump(mode="json")},
    )
    return text


def _approved(database: Database, text: PaperText) -> None:
    """Refuse what was not approved, or not in these words."""
    since, until = text.since, text.until
    if since is None or until is None:
        raise TypeError("a 通报 has a period")
    loaded = reading.load(database, paper_stream(until.year))
    given = loaded.state.approvals if loaded and isinstance(loaded.state, PaperLedger) else ()
    of_span = [a for a in given if (a.since, a.until) == (since, until)]
    if any((a.position, a.words) == (text.ledger.position, hash_of_circular(text)) for a in of_span):
        return
    why = "批准以后文稿有变化，须重新报批" if of_span else "没有批准记录"
    raise Refusal(
        f"{since} 至 {until} 的通报{why}；经领导批准后请用 xmh paper approve --from {since} --to {until} "
        "--by 批准领导 --paper 批件 登记",
        "unapproved",
    )


def _issue(desk: Desk, text: PaperText, key: str, content: Mapping[str, str]) -> IssuedPaper:
    database, home, now = desk.database, desk.home, desk.now
    known = reading.find_command(database, key)
    if known:
        return _with_files(desk, issued_event(known[0], PaperIssued))
    advance_numbers(database, papers_on_disk(home), "文件柜中已有该文号的公文，日志由旧备份还原")
    series = paper_series(text.letter, local_date(now).year)

    def files(event: PaperIssued) -> dict[str, bytes]:
        page = text.page(event.number, event.signer, event.issued_on)
        year = (text.until or local_date(text.ledger.as_of)).year
        refuse_contradictions(page, event.number, _facts(text), words_of(text.ledger), year)
        return desk.press.named(page, event.number)

    recorded = issue_next(
        desk,
        NumberedIssue(
            key=key,
            stream=paper_stream(local_date(now).year),
            series=series,
            folder=home / FOLDER / PAPERS,
            content={**content, "kind": text.kind.value, "signer": signer_of(desk.signer, text.kind.label).id},
            event=lambda no: _numbered(desk, text, series, no),
            files=files,
        ),
    )
    return _with_files(desk, issued_event(recorded, PaperIssued))


def _facts(text: PaperText) -> Facts:
    """A 通报 counts the matters of supervised units only: its counts agree with themselves."""
    facts = facts_of(text.ledger)
    return facts if text.matter else {fact: known for fact, known in facts.items() if not fact.startswith("截至")}


def record_void_paper(database: Database, number: str, reason: str, *, actor: Actor, now: datetime) -> None:
    """作废 a paper: its 文号 stays in the ledger, and the matter may get another paper of the kind.

    Raises:
        Refusal: no such paper, or void already, or the actor is no leader.
    """
    by_leader(actor, "作废", "作废公文须由领导决定，请用 --by 写明是哪位领导")
    year = next((p.issued_on.year for p in paper_ledger(database) if p.number == number), local_date(now).year)

    def decide(state: Frozen | None) -> list[PaperVoided]:
        return [void_paper(state if isinstance(state, PaperLedger) else None, number, reason)]

    record_decided(
        database,
        paper_stream(year),
        decide,
        actor=actor,
        command_id=f"paper-void:{number}:{sha256(reason.encode())[:8]}:{now.isoformat()}",
        now=now,
        content={"void": number, "reason": reason, "actor": actor.model_dump(mode="json")},
    )


def issued_papers(database: Database) -> tuple[PaperIssued, ...]:
    """Every paper as it was issued under its 文号, void ones too, the oldest first."""
    streams = sorted(s.stream for s in reading.states_of(database, "paper"))
    events = (decode(recorded) for stream in streams for recorded in reading.read_stream(database, stream))
    return tuple(event for event in events if isinstance(event, PaperIssued))


def filed_paper(database: Database, home: Path, event: PaperIssued) -> Filed:
    """Where an issued paper (督办单、催办单 …) lies in the home, and what prints it again."""
    return Filed(
        event=event,
        home=home,
        folder=home / FOLDER / PAPERS,
        stream=paper_stream(event.year),
        page=lambda _: _page(database, event),
    )


def _page(database: Database, event: PaperIssued) -> Page:
    layout = wording_of(event, WORDINGS)
    ledger = read_ledger(database, event.as_of, event.position)
    if event.matter is not None:
        text = compose_paper(ledger, event.matter, event.kind, event.template)
    elif event.inspection is not None:
        text = compose_onsite_paper(ledger, event.inspection, event.addressee, upward=event.template in UPWARD)
    elif event.since is not None and event.until is not None:
        as_before = event.template not in EXACT
        text = compose_circular(ledger, event.since, event.until, layout, as_before=as_before)
    else:
        raise TypeError(f"{event.number} is on no matter, inspection or period")
    return text.page(event.number, event.signer, event.issued_on)


def _key(desk: Desk, stream: str, kind: PaperKind) -> str:
    """The id of the command: the event the paper tells of (a 问题处理通知单: the day), and how often it was void."""
    events = reading.read_stream(desk.database, stream)
    version = max((e.version for e in events if e.type in _TELLS.get(kind, ())), default=0)
    what = str(version) if version else local_date(desk.now).isoformat()
    void_ones = sum(p.matter == stream and p.kind is kind and p.void is not None for p in paper_ledger(desk.database))
    return f"paper:{stream}:{kind.value}:{what}:{void_ones}"


def _numbered(desk: Desk, text: PaperText, series: NumberSeries, no: int) -> PaperIssued:
    on, about = local_date(desk.now), text.matter or text.inspection
    return PaperIssued(
        number=series.render(no, desk.database.headquarters),
        kind=text.kind,
        letter=text.letter,
        year=on.year,
        no=no,
        matter=text.matter.stream if text.matter else None,
        inspection=text.inspection.stream if text.inspection else None,
        about=about.number if about else "",
        since=text.since,
        until=text.until,
        title=text.title,
        addressee=text.addressees[0] if about and text.addressees else None,
        distributed=text.addressees,
        position=text.ledger.position,
        as_of=text.ledger.as_of,
        signer=signer_of(desk.signer, text.kind.label).id,
        issued_on=on,
        files={},
        template=TEMPLATE,
    )


def _with_files(desk: Desk, event: PaperIssued) -> IssuedPaper:
    """The paper with its files; one that is missing is printed again from the log."""
    return IssuedPaper(event=event, files=filed_paper(desk.database, desk.home, event).kept(desk.press))
