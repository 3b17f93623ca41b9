"""The log's own clock: whoever is an hour or a month off bends nothing (`eventlog.clock`)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.base import Refusal
from domain.envelope import SYSTEM
from domain.meetings.series import DEFAULT_SERIES, SeriesRecorded
from domain.office import Unit, UnitRecorded
from domain.terms import Supervision, UnitLevel
from eventlog import reading
from eventlog.clock import LogClock
from eventlog.database import Database
from eventlog.verify import verify
from services.office_records import record_office_events
from tests.support.clock import open_log
from tests.support.streams import DIRECTORY_STREAM, SERIES_STREAM

HOUR, MONTH = timedelta(hours=1), timedelta(days=30)


@pytest.fixture
def own_clock(log_url: str) -> Database:
    """A log as the product opens it."""
    return Database(log_url)


def unit(name: str) -> UnitRecorded:
    return UnitRecorded(unit=Unit(id=name, name=name, level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT))


def put(log: Database, name: str, now: datetime) -> None:
    record_office_events(log, DIRECTORY_STREAM, [unit(name)], actor=SYSTEM, command_id=f"put:{name}", now=now)


@pytest.mark.parametrize("off", [-MONTH, -HOUR, HOUR, MONTH])
def test_a_decision_by_a_clock_that_is_off_is_not_recorded(own_clock: Database, off: timedelta) -> None:
    with pytest.raises(Refusal, match="时钟") as refused:
        put(own_clock, "a", datetime.now(UTC) + off)
    assert refused.value.code == "clock_off"
    assert reading.read_all(own_clock) == ()


@pytest.mark.parametrize("off", [-timedelta(minutes=10), timedelta(seconds=50)])
def test_a_clock_a_little_off_records_by_the_log_s(own_clock: Database, off: timedelta) -> None:
    before = datetime.now(UTC)
    put(own_clock, "a", datetime.now(UTC) + off)
    (event,) = reading.read_all(own_clock)
    assert before - timedelta(seconds=2) <= event.recorded_at <= datetime.now(UTC) + timedelta(seconds=2)
    assert event.occurred_at <= event.recorded_at


def test_nothing_is_recorded_before_the_newest_of_the_whole_log(log_url: str) -> None:
    with open_log(log_url) as log:
        ten, nine = datetime(2022, 3, 1, 10, tzinfo=UTC), datetime(2022, 3, 1, 9, tzinfo=UTC)
        put(log, "a", ten)
        series = SeriesRecorded(entry=DEFAULT_SERIES[0])
        record_office_events(log, SERIES_STREAM, [series], actor=SYSTEM, command_id="series", now=nine)
        assert [e.recorded_at for e in reading.read_all(log)] == [ten, ten]
        assert verify(log).problems == ()


def test_a_moment_is_one_position_for_every_reader_also_in_a_log_whose_clock_once_was_off(log_url: str) -> None:
    with open_log(log_url) as log:
        day = datetime(2022, 3, 1, 10, tzinfo=UTC)
        for n, name in enumerate("abc"):
            put(log, name, day + n * timedelta(days=1))
        position = reading.position_at(log, day + timedelta(days=1, hours=1))
        assert position == 2
        (then,) = reading.states_of(log, "directory", position=position)
        assert then.version == 2
        assert len(reading.read_stream(log, DIRECTORY_STREAM, position=position)) == 2


def test_the_clock_of_a_log_is_said_where_it_is_opened(new_sqlite: str) -> None:
    assert Database(new_sqlite).clock is LogClock.OWN
