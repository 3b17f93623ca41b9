"""What the office prints at the end of a year beside its issues and minutes: one of each paper, tables, figures.

The year itself is played by the rules; these are printed and issued afterwards, as somebody would who closes the books.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from documents.formats.markdown import markdown_of
from documents.formats.press import FORMATS, Press
from documents.ledger import Ledger, Told, read_known, read_ledger
from documents.meetings.calling import DirectoryNames, agenda_page, notice_page
from documents.meetings.pack import SERIES, weekly_pack
from documents.page import Page
from documents.reports.annual import annual_report
from documents.reports.statement import unit_statement
from documents.table.rows import task_table
from documents.table.word import table_docx
from documents.table.workbook import table_workbook
from domain import events as ev
from domain.base import Refusal
from domain.bulletin import Publication
from domain.calendar import local_date
from domain.envelope import Actor, OnBehalf
from domain.meetings.meeting import Meeting
from domain.meetings.terms import MeetingStage
from domain.papers import PaperKind
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from services.issuing.bulletins import issued_bulletins
from services.issuing.papers import issue_composed
from services.issuing.signing import Desk
from simulation.printing import Printer, papers_called_for
from simulation.scenario import PlannedBriefing, PlannedCircular
from views.papers import paper_ledger

_WEEK = timedelta(days=7)


def print_year_end(database: Database, home: Path, now: datetime, press: Press) -> None:
    """Print what the simulated office leaves at a year's end (papers, tables, figures) into the cabinet of the home.

    Raises:
        Refusal: a file cannot be written, or nobody in the directory may sign.
    """
    desk = Desk(database, home, _leader(database), now, press)
    leader = desk.signer.on_behalf_of.id if desk.signer.on_behalf_of else desk.signer.id
    _news(desk, leader)
    _papers(desk)
    _circular(desk, leader)
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


# --- what is numbered, where the year has issued none


def _news(desk: Desk, leader: str) -> None:
    """A 动态 of the last day on which a matter was closed."""
    ledger = read_ledger(desk.database, desk.now)
    days = [local_date(t.recorded.occurred_at) for t in _told(ledger) if isinstance(t.event, ev.MatterClosed)]
    if not days or issued_bulletins(desk.database, Publication.NEWS):
        return
    day = max(days)
    planned = PlannedBriefing(on=day, since=day, until=day, sign=leader, series="动态")
    Printer(desk.home, desk.press).briefing(desk.database, planned, desk.now)


def _told(ledger: Ledger) -> Iterator[Told]:
    for file in ledger.matters:
        yield from file.events


def _papers(desk: Desk) -> None:
    """Of each kind one 单 and one 函, and of the 督办单 one of each variant."""
    kinds = {paper.kind for paper in paper_ledger(desk.database)}
    for text in papers_called_for(read_ledger(desk.database, desk.now)):
        if text.kind not in kinds:
            issue_composed(desk, text)


def _circular(desk: Desk, leader: str) -> None:
    """The 通报 of the last quarter, approved before it is issued."""
    until = local_date(desk.now) - timedelta(days=1)
    planned = PlannedCircular(on=until, since=date(until.year, 10, 1), until=until, sign=leader)
    if any(paper.kind is PaperKind.CIRCULAR for paper in paper_ledger(desk.database)):
        return
    with suppress(Refusal):  # a year that ends in spring has none
        Printer(desk.home, desk.press).circular(desk.database, planned, desk.now)


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
