"""What was read is put on record: once for what an event says, its minute or day, so that no reader fills the log.

The system records it in the month's stream of accesses; who reads cannot leave it out.
"""

from datetime import datetime
from hashlib import sha256

from domain.access.events import WordsRead
from domain.calendar import local_date
from domain.envelope import canonical
from domain.event import Event
from domain.matter import Matter
from eventlog import reading
from eventlog.database import Database
from services.accounts import record_access


def record_reading(database: Database, event: Event, now: datetime) -> None:
    """Record that somebody read something; an event that says the same again is the same event.

    Raises:
        LogError: the log cannot be written.
    """
    content = {"type": type(event).__name__, **event.model_dump(mode="json")}
    record_access(database, event, now, f"read:{sha256(canonical(content).encode()).hexdigest()[:32]}")


def record_words_read(database: Database, person: str, stream: str, now: datetime) -> None:
    """Record that somebody is shown a matter's sealed words, once a day.

    Raises:
        LogError: the log cannot be written; then he is not shown them.
    """
    loaded = reading.load(database, stream)
    number = loaded.state.number if loaded and isinstance(loaded.state, Matter) else stream
    record_reading(database, WordsRead(person=person, matter=number, day=local_date(now)), now)
