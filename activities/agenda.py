"""What the log proposes for the agenda of a meeting."""

from domain.matter import Matter
from domain.meetings.agenda import Assembled, propose_agenda
from domain.meetings.meeting import Meeting
from domain.meetings.series import Series
from eventlog import reading
from eventlog.database import Database


def assembled_agenda(database: Database, stream: str) -> Assembled:
    """The agenda items the log proposes for a meeting now; none when the stream is no meeting.

    Raises:
        LogError: the log cannot be read.
    """
    loaded = reading.load(database, stream)
    if loaded is None or not isinstance(loaded.state, Meeting):
        return Assembled()
    meeting = loaded.state
    position, _ = reading.newest_event(database)
    matters = [s.state for s in reading.open_states(database, "matter") if isinstance(s.state, Matter)]
    held = [s.state for s in reading.series_states(database, meeting.series) if isinstance(s.state, Meeting)]
    series = next((s for s in reading.series_book(database).series if s.id == meeting.series), None)
    known = series or Series(id=meeting.series, name=meeting.series_name)
    items = propose_agenda(meeting, known, matters, held, reading.rulebook(database))
    return Assembled(items=items, position=position)
