"""What the log proposes for the agenda of a meeting."""

from domain.matter import Matter
from domain.meetings.agenda import Assembled, propose
from domain.meetings.meeting import Meeting
from domain.meetings.series import Series
from eventlog import reading
from eventlog.database import Database


def assembled(database: Database, stream: str) -> Assembled:
    """Its proposals now; none for what is no meeting.

    Raises:
        LogError: the log cannot be read.
    """
    loaded = reading.load(database, stream)
    if loaded is None or not isinstance(loaded.state, Meeting):
        return Assembled()
    meeting = loaded.state
    matters = [s for s in reading.matter_states(database) if isinstance(s.state, Matter)]
    held = [s.state for s in reading.states_of(database, "meeting") if isinstance(s.state, Meeting)]
    series = next((s for s in reading.series_book(database).series if s.id == meeting.series), None)
    known = series or Series(id=meeting.series, name=meeting.series_name)
    states = [s.state for s in matters if isinstance(s.state, Matter)]
    items = propose(meeting, known, states, held, reading.rulebook(database))
    return Assembled(items=items, position=max((s.position for s in matters), default=0))
