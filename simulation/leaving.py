"""What the office prints at the end of a year beside its issues and minutes: one of each paper, tables, figures.

The year itself is played by the rules; these are printed and issued afterwards, as somebody would who closes the books.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from documents.bulletin import drafts
from documents.bulletin.briefing import compose_briefing
from documents.formats.markdown import markdown_of
from documents.formats.press import FORMATS, Press
from documents.ledger import Ledger, MatterFile, Told, read_known, read_ledger
from documents.meetings.calling import DirectoryNames, agenda_page, notice_page
from documents.meetings.pack import SERIES, weekly_pack
from documents.page import Page
from documents.papers.forms import PaperText, compose_paper
from documents.reports.annual import annual_report
from documents.reports.statement import unit_statement
from documents.sections.recipe import recipe_of
from documents.table.rows import task_table
from documents.table.word import table_docx
from documents.table.workbook import table_workbook
from domain import events as ev
from domain.base import Refusal
from domain.bulletin import Publication
from domain.calendar import end_of_day, local_date
from domain.envelope import Actor, OnBehalf
from domain.meetings.meeting import Meeting
from domain.meetings.terms import MeetingStage
from domain.papers import PaperKind
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from services.issuing.bulletins import issue_draft
from services.issuing.papers import approve_circular, issue_circular, issue_composed
from services.issuing.signing import Desk

_WEEK = timedelta(days=7)


def print_year_end(database: Database, home: Path, now: datetime, press: Press) -> None:
    """Print what the simulated office leaves at a year's end (papers, tables, figures) into the cabinet of the home.

    Raises:
        Refusal: a file cannot be written, or nobody in the directory may sign.
    """
    desk = Desk(database, home, _leader(database), now, press)
    _news(desk)
    _papers(desk)
    _circular(desk)
    folder = home / "documents"
    for name, page in _packs(desk):
        _write(folder / f"{name}.md", markdown_of(page).encode())
    for name, page in _pages(desk):
        for kind in FORMATS:
            _write(folder / f"{name}.{kind}", press.printed(page, kind))
    table = task_table(database, now, local_date(now) - _WEEK)
    _write(folder / "一览表/任务清单一览表.xlsx", table_workbook(table))
    _write(folder / "一览表/任务清单一览表.docx", table_docx(table))


def _leader(database: Database) -> Actor:
    """A leader signs; the office types."""
    leader = next((p for p in reading.people(database) if p.role is Role.LEADER), None)
    if leader is None:
        raise Refusal("通讯录里没有领导，不能签发", "unsigned")
    signer = OnBehalf(id=leader.id, role=leader.role, unit=leader.unit, paper="年底归档")
    return Actor(id="office", role=Role.OFFICE, on_behalf_of=signer)


# --- what is numbered


def _news(desk: Desk) -> None:
    """A 动态 of the last day on which a matter was closed."""
    ledger = read_ledger(desk.database, desk.now)
    days = [local_date(t.recorded.occurred_at) for t in _told(ledger) if isinstance(t.event, ev.MatterClosed)]
    if not days:
        return
    day = max(days)
    text = compose_briefing(
        desk.database, Publication.NEWS, day, day, as_of=end_of_day(day), recipe=recipe_of(desk.press.template)
    )
    draft = drafts.keep_draft(desk.home, text, desk.signer.id, desk.now, desk.press)
    issue_draft(desk.database, desk.home, draft, desk.signer, desk.now, desk.press)


def _told(ledger: Ledger) -> Iterator[Told]:
    for file in ledger.matters:
        yield from file.events


def _papers(desk: Desk) -> None:
    """Of each kind one 单 and one 函, and of the 督办单 one of each variant."""
    ledger = read_ledger(desk.database, desk.now)
    for text in _called_for(ledger):
        issue_composed(desk, text)


def _called_for(ledger: Ledger) -> Iterator[PaperText]:
    for kind in PaperKind:
        seen: set[tuple[bool, str]] = set()
        for file in ledger.matters if kind is not PaperKind.CIRCULAR else ():
            text = _paper(ledger, file, kind)
            if text is not None and (variant := (text.letter, _variant(file, kind))) not in seen:
                seen.add(variant)
                yield text


def _paper(ledger: Ledger, file: MatterFile, kind: PaperKind) -> PaperText | None:
    with suppress(Refusal):
        return compose_paper(ledger, file.matter.stream, kind)
    return None


def _variant(file: MatterFile, kind: PaperKind) -> str:
    if kind is not PaperKind.SUPERVISION:
        return ""
    kinds = {type(t.event) for t in file.events}
    if ev.InstructionRecorded in kinds:
        return "批示督办"
    return "会议督办" if ev.DecisionRecorded in kinds else "任务督办"


def _circular(desk: Desk) -> None:
    """The 通报 of the last quarter, approved before it is issued."""
    until = local_date(desk.now) - timedelta(days=1)
    since = date(until.year, 10, 1)
    with suppress(Refusal):  # a year that ends in spring has none
        approve_circular(desk.database, since, until, actor=desk.signer, now=desk.now)
        issue_circular(desk.database, desk.home, since, until, signer=desk.signer, now=desk.now, press=desk.press)


# --- what is not


def _pages(desk: Desk) -> Iterator[tuple[str, Page]]:
    database, now = desk.database, desk.now
    year = local_date(now).year
    for one in (year - 1, year):
        yield f"年度统计/{one}年度统计", annual_report(database, one, now).page
    ledger = read_ledger(database, now)
    busiest = _busiest(ledger)
    if busiest is not None:
        yield f"单位情况/{ledger.unit(busiest)}", unit_statement(database, busiest, year, now)[0]
    yield _pack(ledger, local_date(now))
    yield from _meeting(desk, ledger)


def _pack(ledger: Ledger, day: date) -> tuple[str, Page]:
    monday = day - timedelta(days=day.weekday())
    week = monday.isocalendar()
    return f"周调度/{week.year}-W{week.week:02d}", weekly_pack(ledger, monday, day)


def _packs(desk: Desk) -> Iterator[tuple[str, Page]]:
    """What lay on the table of each weekly meeting, out of one pass through the log."""
    known = read_known(desk.database, desk.now)
    held = sorted(m.starts for m in known.ledger().meetings if m.series == SERIES and m.opened_at)
    moments = known.moments(held)
    ledger = known.ledger(moments)
    for moment in moments:
        if moment.position:  # what was entered afterwards, of the year before, had no papers
            yield _pack(ledger.at(moment), local_date(moment.as_of))


def _busiest(ledger: Ledger) -> str | None:
    leads = [f.matter.lead for f in ledger.matters if f.matter.lead]
    return max(dict.fromkeys(leads), key=leads.count, default=None)


def _meeting(desk: Desk, ledger: Ledger) -> Iterator[tuple[str, Page]]:
    """会议通知 and 议程 of the next meeting there will be."""
    before = (MeetingStage.SCHEDULED, MeetingStage.FROZEN)
    meeting: Meeting | None = next((m for m in ledger.meetings if m.stage in before and m.starts > desk.now), None)
    if meeting is None:
        return
    names = DirectoryNames.of(ledger.directory.units.values(), ledger.directory.people.values())
    items = meeting.items or meeting.added
    yield f"会议材料/{meeting.number}会议通知", notice_page(meeting, items, names, ledger.calendar, desk.now)
    yield f"会议材料/{meeting.number}议程", agenda_page(meeting, items, names)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
