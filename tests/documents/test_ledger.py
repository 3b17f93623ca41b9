"""What documents are computed of does not depend on where it is read from: snapshots and a part of the log, or all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.figures import Period, read_period
from documents.ledger import MatterFile, Told, from_events_alone, read_known
from domain.calendar import end_of_day
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment
from tests.documents.quarter import play
from tests.support.office import founded, sqlite

FIRST, LAST = date(2022, 3, 4), date(2022, 4, 8)


@pytest.fixture(scope="module")
def played() -> Iterator[Database]:
    """A quarter of the office, with what was entered late and withdrawn."""
    with TemporaryDirectory() as folder, founded(sqlite(Path(folder))) as log:
        play(log)
        yield log


class FromAllEvents(Period):
    """The same figures, of every event of every matter."""

    def _moved(self) -> Iterator[tuple[MatterFile, tuple[Told, ...]]]:
        for file in self.ledger.matters:
            yield file, file.events


@pytest.mark.parametrize("days", [6, 13, 34])
def test_a_period_is_told_by_what_was_recorded_since_it_began(played: Database, days: int) -> None:
    happened = 0
    for n in range((LAST - FIRST).days):
        until = FIRST + timedelta(days=n)
        period = read_period(played, until - timedelta(days=days), until, as_of=end_of_day(until))
        whole = FromAllEvents(period.ledger, period.since, period.until)
        assert period._happened == whole._happened
        happened += len(whole._happened)
    assert happened


@settings(max_examples=15)
@given(data=st.data())
def test_at_any_positions_the_ledger_is_the_fold_of_the_events(played: Database, data: st.DataObject) -> None:
    newest, _ = reading.newest_event(played)
    *earlier, last = sorted(data.draw(st.lists(st.integers(0, newest), min_size=1, max_size=5)))
    looks = [Moment(position, end_of_day(LAST)) for position in earlier]
    known = read_known(played, end_of_day(LAST), last)
    ledger = known.ledger(looks)
    with from_events_alone():
        folded = known.ledger(looks)
    assert replace(ledger, lives=folded.lives, matters=()) == replace(folded, matters=())
    for look in (None, *looks):
        one, other = (whole if look is None else whole.at(look) for whole in (ledger, folded))
        assert [file.matter for file in one.matters] == [file.matter for file in other.matters]
        for file in one.matters:
            events = reading.read_stream(played, file.matter.stream, position=one.position)
            assert tuple(told.recorded for told in file.events) == events
            assert (
                [t.recorded for t in file.after(earlier[0])] == [e for e in events if e.position > earlier[0]]
                if earlier
                else True
            )
            since = earlier[0] if earlier else last
            assert [told.recorded for told in file.after(since)] == [e for e in events if e.position > since]
