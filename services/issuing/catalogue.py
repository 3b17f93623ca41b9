"""Everything that was ever issued and filed, by number: issues of 简报 and 动态, papers and minutes by their 文号."""

from pathlib import Path

from documents.filing.filed import Filed
from domain.papers import spelled
from eventlog.database import Database
from services.issuing import bulletins as issuing
from services.issuing import minutes as minutes_filing
from services.issuing import papers as paper_issuing


def everything(database: Database, home: Path, year: int | None = None) -> tuple[Filed, ...]:
    """All of it, or that of one year; each kind in the order of issue, void papers too."""
    bulletins = (issuing.filed(database, home, event) for event in issuing.issued(database))
    papers = (paper_issuing.filed(database, home, event) for event in paper_issuing.issued(database))
    minutes = (minutes_filing.as_filed(database, home, event) for event in minutes_filing.every(database))
    return tuple(f for f in (*bulletins, *papers, *minutes) if year in (None, f.event.year))


def find(database: Database, home: Path, number: str) -> Filed | None:
    """What has that number, however its brackets and dashes were typed."""
    wanted = spelled(number)
    return next((f for f in everything(database, home) if f.event.number == wanted), None)
