"""Everything that was ever issued and filed, by number: issues of 简报 and 动态, papers and minutes by their 文号."""

from pathlib import Path
from typing import Any

from documents.filing.filed import Filed
from domain.base import Refusal
from domain.event import decode
from domain.meetings.events import MinutesIssued
from domain.meetings.filing import MinutesFiled
from domain.papers import spelled
from eventlog import reading
from eventlog.database import Database
from services.issuing import bulletins as issuing
from services.issuing import minutes as minutes_filing
from services.issuing import papers as paper_issuing
from views.readership import readers_document
from views.viewer import Viewer


def all_filed(database: Database, home: Path, year: int | None = None) -> tuple[Filed, ...]:
    """Everything issued and filed, or that of one year; each kind in the order of issue, void papers too."""
    bulletins = (issuing.filed_bulletin(database, home, event) for event in issuing.issued_bulletins(database))
    papers = (paper_issuing.filed_paper(database, home, event) for event in paper_issuing.issued_papers(database))
    minutes = (minutes_filing.minutes_to_print(database, home, event) for event in minutes_filing.all_minutes(database))
    return tuple(f for f in (*bulletins, *papers, *minutes) if year in (None, f.event.year))


def find_filed(database: Database, home: Path, number: str) -> Filed | None:
    """What was issued under that number, however its brackets and dashes were typed."""
    wanted = spelled(number)
    return next((f for f in all_filed(database, home) if f.event.number == wanted), None)


def readers_of_paper(viewer: Viewer, home: Path, number: str) -> dict[str, Any]:
    """Who has read something that was issued, and to whom it was sent.

    Raises:
        Refusal: `not_found`: there is none of that number, or who asks reads for one unit only.
    """
    filed = find_filed(viewer.database, home, number)
    if filed is None:
        raise Refusal(f"没有编号为 {number[:40]} 的公文、简报或纪要", "not_found")
    return readers_document(viewer, filed.event.number, _told_at(viewer.database, filed))


def _told_at(database: Database, filed: Filed) -> int:
    """The position of the event by which its receivers are told: minutes are told of as they are signed."""
    event, stream = filed.event, filed.stream
    if isinstance(event, MinutesFiled):
        signed = [e for e in reading.read_stream(database, event.meeting) if e.type == MinutesIssued.__name__]
        return signed[-1].position if signed else 0
    issued = [e for e in reading.read_stream(database, stream) if e.type == type(event).__name__]
    return next((e.position for e in issued if getattr(decode(e), "number", None) == event.number), 0)
