"""What a process remembers of the log does not outlive what it read there."""

from datetime import date, timedelta

import pytest

from domain.ids import OfficeStream
from domain.office import DayOverridden
from eventlog import reading
from eventlog.database import Database
from eventlog.evidence import snapshot_digest
from eventlog.projections import rebuild_read_model
from eventlog.snapshots import COLUMNS, EVERY, STATE
from eventlog.verify import Token, verify
from tests.eventlog.sample import Asker, Sample, SampleNoted
from tests.support.clock import open_log
from tests.support.streams import CALENDAR_STREAM

STORM = date(2022, 7, 1)


@pytest.fixture
def asker(database: Database) -> Asker:
    return Asker(database)


def forge(database: Database, stream: str, old: str, new: str) -> None:
    """What somebody does to a snapshot who knows how its digest is made."""
    with database.writing() as transaction:
        [row] = transaction.all(f"SELECT {', '.join(COLUMNS)} FROM snapshots WHERE stream = ?", (stream,))
        forged = (*row[:STATE], row[STATE].replace(old, new))
        assert forged != row[:-1]
        update = "UPDATE snapshots SET state = ?, digest = ? WHERE stream = ?"
        transaction.commit([(update, [(forged[STATE], snapshot_digest(forged), stream)])])


def test_a_state_that_was_mended_is_not_spoilt_again_by_who_had_read_it_before(asker: Asker) -> None:
    stream = asker.open("a", notes=EVERY - 1)
    with open_log(asker.database.url) as other:
        forge(other, stream, "事项a", "事项X")
        reader = Asker(other)
        reader.write(stream, SampleNoted(text="踏勘"))
        assert {p.token for p in verify(other).problems} == {Token.READ_MODEL_DIFFERS, Token.SNAPSHOT_DIFFERS}
        rebuild_read_model(asker.database)
        for _ in range(EVERY):
            reader.write(stream, SampleNoted(text="复核"))
        assert verify(other).problems == ()


def test_who_remembers_a_state_reads_it_again_when_its_snapshot_was_written_over(asker: Asker) -> None:
    """So he never hides what `verify` finds behind a state that only he has."""
    stream = asker.open("a", notes=EVERY - 1)
    before = asker.database.states.of(stream)
    asker.write(stream, SampleNoted(text="踏勘"))
    assert before is not None
    forge(asker.database, stream, "事项a", "事项X")
    asker.write(stream, SampleNoted(text="复核"))
    known = asker.database.states.of(stream)
    assert known is not None
    assert (known.snapshot == before.snapshot, known.state) == (False, reading.load(asker.database, stream)[-1])  # type: ignore[index]


def test_a_calendar_that_was_mended_is_in_force_at_once(asker: Asker) -> None:
    for turn in range(EVERY):
        day = DayOverridden(day=STORM + turn * timedelta(days=1), workday=False, reason="台风停工")
        asker.write(CALENDAR_STREAM, day)
    forge(asker.database, CALENDAR_STREAM, "2022-07-01", "2022-06-30")
    assert reading.rulebook(asker.database).calendar.overrides[0].day != STORM
    rebuild_read_model(asker.database)
    assert reading.rulebook(asker.database).calendar.overrides[0].day == STORM


def living(log: Database) -> list[str]:
    """What is told of the samples that live."""
    return [one.state.title for one in reading.open_states(log, "sample") if isinstance(one.state, Sample)]


def test_what_lives_is_no_longer_what_a_snapshot_said_that_was_mended(asker: Asker) -> None:
    stream = asker.open("a", notes=EVERY - 1)
    log = asker.database
    forge(log, stream, "事项a", "事项X")
    assert living(log) == ["事项X"]
    with open_log(log.url) as other:
        rebuild_read_model(other)
    assert living(log) == ["事项a"]


@pytest.mark.parametrize("spoilt", ["ended = 1", "kind = 'matter'"])
def test_what_lives_is_no_longer_what_a_row_said_that_was_mended(asker: Asker, spoilt: str) -> None:
    """Nor what it said before somebody wrote over it: what is shown is what every reading would show."""
    stream, log = asker.open("a"), asker.database
    asker.open("b")
    assert living(log) == ["事项a", "事项b"]
    with log.writing() as transaction:
        transaction.commit([(f"UPDATE streams SET {spoilt} WHERE stream = ?", [(stream,)])])
    assert living(log) == ["事项b"]
    with open_log(log.url) as other:
        rebuild_read_model(other)
    assert living(log) == ["事项a", "事项b"]


def test_a_rulebook_that_stands_as_it_stood_is_the_very_same_and_one_that_moved_elsewhere_another(asker: Asker) -> None:
    log = asker.database
    asker.write(CALENDAR_STREAM, DayOverridden(day=STORM, workday=False, reason="台风停工"))
    before = reading.rulebook(log)
    asker.open("a")  # what else moves is no reason to read it again
    assert reading.rulebook(log) is before
    with open_log(log.url) as other:
        moved = DayOverridden(day=STORM + timedelta(days=1), workday=False, reason="台风停工")
        Asker(other).write(CALENDAR_STREAM, moved)
        now = reading.rulebook(other)
    assert (len(now.calendar.overrides), reading.rulebook(log)) == (2, now)


def test_what_a_headquarters_has_not_recorded_yet_is_there_as_soon_as_it_is(asker: Asker) -> None:
    log = asker.database
    kinds = (OfficeStream.CALENDAR, OfficeStream.SERIES)
    before = reading.office_states(log, *kinds)
    asker.write(CALENDAR_STREAM, DayOverridden(day=STORM, workday=False, reason="台风停工"))
    after = reading.office_states(log, *kinds)
    assert CALENDAR_STREAM not in {one.stream for one in before}
    assert [one.stream for one in after] == [*(one.stream for one in before), CALENDAR_STREAM]
    assert after == tuple(filter(None, (reading.load(log, log.own(kind)) for kind in kinds)))
