"""What a new log begins with: the working calendars already published, the policy, and the office itself."""

from datetime import UTC, datetime

from domain.envelope import SYSTEM
from domain.event import Event
from domain.ids import OfficeStream
from domain.meetings.series import DEFAULT_SERIES, SeriesRecorded
from domain.office import (
    CalendarYearPublished,
    Person,
    PersonRecorded,
    PolicyAdopted,
    Unit,
    UnitRecorded,
)
from domain.policy import Policy
from domain.terms import Role, Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from services.calendar_seed import seed_years
from services.office_records import record_office_events

FIRST_YEAR, LAST_YEAR = 2021, 2026
OFFICE_UNIT = Unit(
    id="office",
    name="香蜜湖片区建设指挥部办公室",
    level=UnitLevel.DISTRICT,
    supervision=Supervision.CONTACT,
    aliases=("指挥部办公室",),
)
OFFICE_PERSON = Person(id="office", name="督办员", unit="office", role=Role.OFFICE)


FOUNDED = (OfficeStream.CALENDAR, OfficeStream.POLICY, OfficeStream.DIRECTORY, OfficeStream.SERIES)
"""Streams no log is without."""


def found_log(database: Database, now: datetime | None = None) -> None:
    """Write the founding events of a new log that are not there yet. Safe to repeat.

    Raises:
        LogError: the log cannot be written.
    """
    years = seed_years(FIRST_YEAR, LAST_YEAR)
    calendar = [CalendarYearPublished(year=y.year, source=y.source, off=y.off, work=y.work) for y in years]
    series = [SeriesRecorded(entry=s) for s in DEFAULT_SERIES]
    founding: list[tuple[OfficeStream, list[Event]]] = [
        (OfficeStream.CALENDAR, [*calendar]),
        (OfficeStream.POLICY, [PolicyAdopted(policy=Policy())]),
        (OfficeStream.DIRECTORY, [UnitRecorded(unit=OFFICE_UNIT), PersonRecorded(person=OFFICE_PERSON)]),
        (OfficeStream.SERIES, [*series]),
    ]
    for kind, events in founding:
        stream = database.own(kind)
        if reading.stream_head(database, stream).version == 0:
            moment = now or datetime.now(UTC)
            record_office_events(database, stream, events, actor=SYSTEM, command_id=f"founding:{stream}", now=moment)
