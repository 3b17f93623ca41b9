"""A log that is missing, empty or another one is not founded anew: `up` and `migrate` stop and say what to do."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eventlog import reading
from eventlog.witness import Height, Witness
from tests.support.served import Home, home_in


@pytest.fixture(scope="module")
def worked_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a log that was worked on, not served. Not to be written to."""
    with home_in(tmp_path_factory.mktemp("worked")) as found:
        found.ok("migrate")
        yield found.path


@pytest.fixture
def home(worked_on: Path, tmp_path: Path) -> Home:
    """A copy of it of this test's own."""
    shutil.copytree(worked_on, tmp_path / "home")
    return Home(tmp_path / "home")


def removed(home: Home) -> None:
    for file in home.path.glob("events.db*"):
        file.unlink()


def emptied(home: Home) -> None:
    removed(home)
    (home.path / "events.db").touch()


def tables_only(home: Home) -> None:
    """Somebody ran the migrations on an empty file."""
    removed(home)
    from eventlog.migrate import migrate

    migrate(home.url)


def cut_before_its_founding(home: Home) -> None:
    """An older copy that holds nothing but its first events."""
    with closing(sqlite3.connect(home.path / "events.db")) as log, log:
        for trigger in [n for (n,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            log.execute(f"DROP TRIGGER {trigger}")
        log.execute("DELETE FROM events WHERE position > 3")


@pytest.mark.parametrize(
    ("harm", "command"),
    [
        (removed, ("up", "--detach")),
        (emptied, ("migrate",)),
        (tables_only, ("migrate",)),
        (cut_before_its_founding, ("migrate",)),
    ],
)
def test_a_log_that_is_gone_is_not_founded_anew(
    home: Home, harm: Callable[[Home], None], command: tuple[str, ...]
) -> None:
    """It was founded silently, beside documents whose log it was not."""
    harm(home)
    found = home.here(*command, "--json")
    assert (found.code, found.json["error"]["code"]) == (5, "log_lost")
    assert "从备份恢复" in found.json["error"]["message"]
    assert "log_lost" in {p["code"] for p in home.here("doctor", "--json").json["problems"]}


@pytest.mark.parametrize("trace", ["documents/简报/简报-2026-03.md", "files/ab12", "temporal.db", "watermark.json"])
def test_whatever_a_lost_log_left_behind_keeps_a_new_one_from_being_founded(home: Home, trace: str) -> None:
    removed(home)
    shutil.rmtree(home.path / "watermarks")
    (home.path / trace).parent.mkdir(parents=True, exist_ok=True)
    (home.path / trace).touch()
    assert home.here("migrate", "--json").json["error"]["code"] == "log_lost"
    (home.path / trace).unlink()
    home.ok("migrate")


def test_another_log_in_the_place_of_the_own_is_named(home: Home, tmp_path: Path) -> None:
    with home_in(tmp_path / "another") as another:
        removed(home)
        shutil.copy(another.path / "events.db", home.path / "events.db")
        found = home.xmh("up", "--detach", "--json")
        assert (found.code, found.json["error"]["code"]) == (5, "log_exchanged")
        assert "log_exchanged" in {p["code"] for p in home.here("doctor", "--json").json["problems"]}


def test_an_older_copy_goes_on_and_says_so(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "old.db"
    shutil.copy(home.path / "events.db", copy)
    home.ok("calendar", "override", "2099-03-03", "--off", "--reason", "停工演练")
    removed(home)
    shutil.copy(copy, home.path / "events.db")
    found = home.here("calendar", "override", "2099-03-04", "--off", "--reason", "又一天", "--json")
    assert (found.code, found.json["error"]["code"]) == (5, "log_restored")
    said = home.here("migrate")
    assert said.code == 0
    assert "较旧的副本" in said.err
    assert home.ok("status")["log"]["restored"]["settled"] is False
    assert "暂不受理" in home.here("status").out


def test_a_log_has_a_witness_from_its_first_day(home: Home) -> None:
    with home.log() as log:
        assert Witness(home.path).height(log.log()) == Height(*reading.newest_event(log))
