"""The ledger of what was issued under a 文号."""

from domain.ids import paper_stream
from domain.papers import Paper, PaperLedger
from eventlog import reading
from eventlog.database import Database


def paper_ledger(database: Database, year: int | None = None) -> tuple[Paper, ...]:
    """Every paper of the ledger, or those of a year, void ones too, the oldest first."""
    states = [s for s in reading.states_of(database, "paper") if year is None or s.stream == paper_stream(year)]
    papers = (
        p for s in sorted(states, key=lambda s: s.stream) if isinstance(s.state, PaperLedger) for p in s.state.papers
    )
    return tuple(papers)
