"""What a home has seen of its log: an older copy is known before anything is added to it, whatever path it lies at."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import connect

import pytest

from domain.log import Already, Appended
from eventlog import notices, reading
from eventlog.append import append
from eventlog.clock import LogClock
from eventlog.database import Database
from eventlog.errors import LogRestored
from eventlog.migrate import migrate
from eventlog.watermark import Restored, Watermark
from eventlog.witness import EARLIER_FILE, Height, Witness
from services.log_guard import log_went_back
from tests.eventlog.sample import NOON, Asker, SampleOpened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a log of three events."""
    own = tmp_path / "home"
    own.mkdir()
    migrate(url(own))
    with seen_by(own) as database:
        for n in range(3):
            Asker(database).write(f"sample/{n}", SampleOpened(title=f"第{n}件"))
    return own


def url(home: Path) -> str:
    return f"sqlite:///{home / 'events.db'}"


def seen_by(home: Path, where: str | None = None) -> Database:
    """The log as a process of the home opens it."""
    return Database(where or url(home), clock=LogClock.DECIDED, witness=Witness(home))


def put_back(home: Path, old: Path) -> None:
    """The older copy in the place of the log."""
    for file in home.glob("events.db*"):
        file.unlink()
    shutil.copy(old, home / "events.db")


@pytest.fixture
def old(home: Path, tmp_path: Path) -> Path:
    """A copy; three more events were acknowledged since."""
    copy = tmp_path / "old.db"
    with closing(connect(home / "events.db")) as source, closing(connect(copy)) as target:
        source.backup(target)
    with seen_by(home) as database:
        for n in range(3, 6):
            Asker(database).write(f"sample/{n}", SampleOpened(title=f"第{n}件"))
    return copy


@pytest.fixture
def fallen(home: Path, old: Path) -> Iterator[Database]:
    """The log of the home after the copy was put back."""
    put_back(home, old)
    with seen_by(home) as database:
        yield database


def test_nothing_is_added_to_an_older_copy(fallen: Database) -> None:
    with pytest.raises(LogRestored, match="较旧的副本"):
        Asker(fallen).write("sample/new", SampleOpened(title="又一件"))
    assert reading.newest_event(fallen)[0] == 3
    assert reading.stream_head(fallen, "sample/new").version == 0


def test_a_refused_append_to_an_older_copy_spoils_no_command_id(fallen: Database, home: Path) -> None:
    """What is refused only until the numbers are settled may be sent again under its id."""
    asker = Asker(fallen)
    request = asker.request("sample/new", SampleOpened(title="又一件"))
    with pytest.raises(LogRestored):
        append(fallen, request)
    Witness(home).goes_on_from(fallen.log(), Height(*reading.newest_event(fallen)))
    assert isinstance(append(fallen, request), Appended)


def test_what_one_process_acknowledged_another_of_the_home_knows(home: Path) -> None:
    with seen_by(home) as one, seen_by(home) as other:
        (event,) = Asker(one).write("sample/a", SampleOpened(title="甲"))
        assert other.witness is not None
        assert other.witness.height(other.log()) == Height(event.position, event.hash)
        assert other.witness.mark(other.log()).numbers == {"sample/2022": 4}


def test_a_log_is_known_by_what_it_holds_and_not_by_its_path(home: Path, old: Path, tmp_path: Path) -> None:
    """The mark was kept by address: one look at another path and it had forgotten everything."""
    other = tmp_path / "other"
    other.mkdir()
    migrate(url(other))
    with seen_by(home, url(other)) as another:
        Asker(another).write("sample/x", SampleOpened(title="另一本"))
    with seen_by(home) as log:
        known = Witness(home)
        assert known.height(log.log()) == Height(*reading.newest_event(log))
        assert len(known.logs()) == 2
    with seen_by(home, f"sqlite:///{old}") as copy:
        found = log_went_back(copy)
        assert found is not None
        assert (found.had_position, found.found_position) == (6, 3)


def test_a_lower_height_seen_late_changes_nothing(tmp_path: Path) -> None:
    witness = Witness(tmp_path)
    witness.saw("sha256:ab", Height(7, "seven"), {"sample/2022": 3})
    witness.saw("sha256:ab", Height(6, "six"), {"sample/2022": 2, "urge/2022": 1})
    assert witness.height("sha256:ab") == Height(7, "seven")
    assert witness.mark("sha256:ab").numbers == {"sample/2022": 3, "urge/2022": 1}


def test_what_was_seen_before_the_log_went_back_is_not_taken_for_what_it_holds(tmp_path: Path) -> None:
    """A thread that was slow between its commit and its witness: it may not acknowledge what is lost."""
    witness = Witness(tmp_path)
    assert witness.saw("sha256:ab", Height(7, "seven"), {})
    witness.goes_on_from("sha256:ab", Height(5, "five"))
    assert not witness.saw("sha256:ab", Height(8, "eight"), {"sample/2022": 4})
    assert witness.height("sha256:ab") == Height(5, "five", 1)
    assert witness.mark("sha256:ab").numbers == {"sample/2022": 4}


def test_notices_of_lost_events_are_not_kept_for_those_in_their_place(fallen: Database, home: Path) -> None:
    """The delivery had read the events before the log went back; their positions were given again."""
    witness = Witness(home)
    witness.goes_on_from(fallen.log(), Height(*reading.newest_event(fallen)))
    (event,) = Asker(fallen).write("sample/new", SampleOpened(title="又一件"))
    lost = event.model_copy(update={"hash": "sha256:lost"})
    with pytest.raises(LogRestored):
        notices.keep_notices(fallen, [event, lost], [], NOON)
    assert [e.position for e in notices.untold_events(fallen, 3, 10)] == [event.position]
    notices.keep_notices(fallen, [event], [], NOON)
    assert notices.untold_events(fallen, 3, 10) == ()


def test_a_home_that_cannot_be_written_to_only_loses_a_witness(home: Path) -> None:
    shutil.rmtree(home / "watermarks")
    (home / "watermarks").write_text("no folder", encoding="utf-8")
    with seen_by(home) as log:
        Asker(log).write("sample/a", SampleOpened(title="甲"))
        assert log_went_back(log) is None


def test_a_file_put_under_an_open_log_is_the_one_that_is_read(home: Path, old: Path) -> None:
    """The connections kept the file that has no name any more, and acknowledged what nobody would ever find."""
    with seen_by(home) as log:
        assert reading.newest_event(log)[0] == 6
        put_back(home, old)
        assert reading.newest_event(log)[0] == 3
        with pytest.raises(LogRestored):
            Asker(log).write("sample/new", SampleOpened(title="又一件"))


def test_what_an_earlier_build_noted_is_taken_over(home: Path) -> None:
    with seen_by(home) as log:
        newest = reading.newest_event(log)
        shutil.rmtree(home / "watermarks")
        known = {
            "log": hashlib.sha256(f"sqlite://:/{home / 'events.db'}?".encode()).hexdigest()[:16],
            "position": newest[0] + 1,
            "hash": "sha256:lost",
            "numbers": {"sample/2022": 9},
            "restored": [{"noticed_at": "2022-03-01T04:00:00Z", "had_position": 5, "found_position": 2}],
            "healed": [],
        }
        (home / EARLIER_FILE).write_text(json.dumps(known), encoding="utf-8")
        witness = Witness(home)
        witness.adopt_earlier(log.url, log.log())
        mark = witness.mark(log.log())
        assert mark.numbers == {"sample/2022": 9}
        assert [r.had_position for r in mark.restored] == [5]
        assert not (home / EARLIER_FILE).exists()
        fallen = log_went_back(log)
        assert fallen is not None
        assert fallen.had_position == newest[0] + 1


def test_one_fall_is_noted_once() -> None:
    fallen = Restored(noticed_at=datetime(2022, 3, 1, tzinfo=UTC), had_position=6, had_hash="a", found_position=3)
    mark = Watermark().with_restored(fallen).with_restored(fallen)
    assert len(mark.restored) == 1
    again = fallen.model_copy(update={"had_hash": "b"})
    assert len(mark.with_restored(again).restored) == 2


def test_the_newest_log_put_back_is_not_called_an_older_copy() -> None:
    shorter = Restored(noticed_at=datetime(2022, 3, 1, tzinfo=UTC), had_position=92, found_position=88)
    assert shorter.how == "较旧的副本：本机见过 92 条，换上的只有 88 条"
    longer = shorter.model_copy(update={"had_position": 89, "found_position": 92})
    assert longer.how == "另一份副本：换上的第 89 条与本机见过的不同"


def test_what_was_recorded_before_is_witnessed_when_somebody_is_told_so(home: Path, tmp_path: Path) -> None:
    with Database(url(home), clock=LogClock.DECIDED) as lost, seen_by(home) as database:
        with closing(connect(home / "events.db")) as source, closing(connect(tmp_path / "old.db")) as target:
            source.backup(target)
        request = Asker(lost).request("sample/lost", SampleOpened(title="回音丢失"))
        append(lost, request)  # whose answer never came
        assert isinstance(append(database, request), Already)
    put_back(home, tmp_path / "old.db")
    with seen_by(home) as database, pytest.raises(LogRestored):
        Asker(database).write("sample/next", SampleOpened(title="下一件"))
