"""What a new log begins with: the working calendars already published, the policy, and the office itself."""

from datetime import UTC, datetime

from domain.envelope import SYSTEM
from domain.event import Event
from domain.founding import FIRST, Headquarters, HeadquartersFounded
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
OFFICE_PERSON = Person(id="office", name="督办员", unit="office", role=Role.OFFICE)
CITY_PERSON = Person(id="city", name="市级督办员", unit="office", role=Role.CITY)
"""Who sees over all headquarters; what the city's office handles itself, its 督办员 does."""


FOUNDED = (OfficeStream.CALENDAR, OfficeStream.POLICY, OfficeStream.DIRECTORY, OfficeStream.SERIES)
"""Streams no log is without."""


def office_unit(headquarters: Headquarters) -> Unit:
    """The office of a headquarters, as its directory begins with it."""
    level = UnitLevel.CITY if headquarters.city else UnitLevel.DISTRICT
    aliases = ("指挥部办公室",)
    return Unit(id="office", name=headquarters.office, level=level, supervision=Supervision.CONTACT, aliases=aliases)


def found_log(database: Database, now: datetime | None = None, headquarters: Headquarters = FIRST) -> None:
    """Write the founding events of a new log that are not there yet. Safe to repeat.

    Raises:
        LogError: the log cannot be written.
    """
    named = HeadquartersFounded(**headquarters.model_dump())
    people = [OFFICE_PERSON, *([CITY_PERSON] if headquarters.city else [])]
    directory = [UnitRecorded(unit=office_unit(headquarters)), *(PersonRecorded(person=person) for person in people)]
    years = seed_years(FIRST_YEAR, LAST_YEAR)
    calendar = [CalendarYearPublished(year=y.year, source=y.source, off=y.off, work=y.work) for y in years]
    series = [SeriesRecorded(entry=s) for s in DEFAULT_SERIES]
    founding: list[tuple[OfficeStream, list[Event]]] = [
        # First of all whose log it is: one that was begun and not finished can be told from another's.
        *([(OfficeStream.HEADQUARTERS, [named])] if headquarters != FIRST else ()),
        (OfficeStream.CALENDAR, [*calendar]),
        (OfficeStream.POLICY, [PolicyAdopted(policy=Policy())]),
        (OfficeStream.DIRECTORY, [*directory]),
        (OfficeStream.SERIES, [*series]),
    ]
    for kind, events in founding:
        stream = database.own(kind)
        if reading.stream_head(database, stream).version == 0:
            moment = now or datetime.now(UTC)
            record_office_events(database, stream, events, actor=SYSTEM, command_id=f"founding:{stream}", now=moment)
