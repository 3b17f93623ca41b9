"""A log restored from an older copy: what was issued since then is on paper, so its numbers are not given again."""

from concurrent.futures import ThreadPoolExecutor

from domain.event import label_of
from eventlog import reading
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.verify import verify
from services.restored_numbers import advance_numbers, lagging_numbers
from tests.eventlog.sample import Asker, SampleOpened, everything
from tests.support.streams import NUMBERS_STREAM

SEEN = {"sample/2022": 7, "urge/2022": 2}


def test_a_log_as_new_as_what_was_issued_lags_nowhere(database: Database) -> None:
    asker = Asker(database)
    for name in "abc":
        asker.open(name)
    assert lagging_numbers(database, {"sample/2022": 3}) == {}
    before = everything(database)
    assert advance_numbers(database, {"sample/2022": 2}) == {}
    assert everything(database) == before


def test_numbers_seen_elsewhere_are_skipped_with_a_reason_in_the_log(database: Database) -> None:
    asker = Asker(database)
    asker.open("a")
    assert lagging_numbers(database, SEEN) == {"sample/2022": (1, 7), "urge/2022": (0, 2)}
    assert advance_numbers(database, SEEN) == SEEN
    assert lagging_numbers(database, SEEN) == {}
    (opened,) = asker.write("sample/b", SampleOpened(title="还原之后"))
    assert '"S-2022-008"' in opened.payload
    moved = reading.read_stream(database, NUMBERS_STREAM)
    assert [label_of(e.type) for e in moved] == ["跳过编号", "跳过编号"]
    assert verify(database).problems == ()


def test_moving_twice_moves_once_and_further_when_more_was_seen(database: Database) -> None:
    Asker(database).open("a")
    advance_numbers(database, SEEN)
    assert advance_numbers(database, SEEN) == {}
    assert advance_numbers(database, {**SEEN, "sample/2022": 9}) == {"sample/2022": 9}
    assert verify(database).ok


def test_whoever_moves_them_at_once_moves_them_once(database: Database) -> None:
    Asker(database).open("a")
    with ThreadPoolExecutor(4) as several:
        moved = list(several.map(lambda _: advance_numbers(database, SEEN), range(4)))
    assert SEEN in moved
    assert all(one in (SEEN, {}) for one in moved)
    assert len(reading.read_stream(database, NUMBERS_STREAM)) == len(SEEN)
    assert verify(database).ok


def test_a_rebuilt_read_model_knows_the_skipped_numbers(database: Database) -> None:
    asker = Asker(database)
    asker.open("a")
    advance_numbers(database, SEEN)
    asker.open("b")
    before = everything(database)
    rebuild_read_model(database)
    assert everything(database) == before
    assert ("sample/2022", 8) in before["numbers"]
    assert ("urge/2022", 2) in before["numbers"]
