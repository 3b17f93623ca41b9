"""Everything that was ever issued and filed, by number: issues of 简报 and 动态, papers and minutes by their 文号."""

from pathlib import Path

from documents.filing.filed import Filed
from domain.papers import spelled
from eventlog.database import Database
from services.issuing import bulletins as issuing
from services.issuing import minutes as minutes_filing
from services.issuing import papers as paper_issuing


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
