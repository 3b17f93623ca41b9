"""What a process remembers of the log does not outlive what it read there."""

from datetime import date

import pytest

from domain.office import DayOverridden
from eventlog import reading
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.verify import Token, verify
from tests.eventlog.sample import Asker, SampleNoted, raw
from tests.support.clock import open_log
from tests.support.streams import CALENDAR_STREAM

STORM = date(2022, 7, 1)


@pytest.fixture
def asker(database: Database) -> Asker:
    return Asker(database)


def rewritten(stream: str, old: str, new: str) -> str:
    """What somebody at the database's prompt does to a state, and leaves its hash."""
    return f"UPDATE states SET state = replace(state, '{old}', '{new}') WHERE stream = '{stream}'"


def test_a_state_that_was_mended_is_not_spoilt_again_by_who_had_read_it_before(asker: Asker) -> None:
    stream = asker.open("a")
    with open_log(asker.database.url) as other:
        raw(other, rewritten(stream, "事项a", "事项X"))
        reader = Asker(other)
        reader.write(stream, SampleNoted(text="踏勘"))
        assert {p.token for p in verify(other).problems} == {Token.READ_MODEL_DIFFERS}
        rebuild_read_model(asker.database)
        reader.write(stream, SampleNoted(text="复核"))
        assert verify(other).problems == ()


def test_who_remembers_a_state_does_not_spread_what_somebody_wrote_over_it(asker: Asker) -> None:
    stream = asker.open("a")
    raw(asker.database, rewritten(stream, "事项a", "事项X"))
    asker.write(stream, SampleNoted(text="踏勘"))
    assert verify(asker.database).problems == ()


def test_a_calendar_that_was_mended_is_in_force_at_once(asker: Asker) -> None:
    asker.write(CALENDAR_STREAM, DayOverridden(day=STORM, workday=False, reason="台风停工"))
    raw(asker.database, rewritten(CALENDAR_STREAM, "2022-07-01", "2022-07-04"))
    assert reading.rulebook(asker.database).calendar.overrides[0].day != STORM
    rebuild_read_model(asker.database)
    assert reading.rulebook(asker.database).calendar.overrides[0].day == STORM
