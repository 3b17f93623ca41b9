"""Homes with a founded log, copied from one made once: migrating takes longer than most tests."""

import shutil
from datetime import date, datetime, time
from pathlib import Path

import pytest

from domain.calendar import at_office
from eventlog.database import Database
from services.door_key import make_door_key
from services.payload_keys import begin_payload_keys
from settings import Settings
from tests.support.clock import open_log
from tests.support.office import founded, sqlite


@pytest.fixture(scope="session")
def founded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with calendars, policy and the directory of `tests.support.office`. Not to be written to."""
    home = tmp_path_factory.mktemp("founded")
    with founded(sqlite(home)):
        make_door_key(home)
        begin_payload_keys(Settings(home=home))
    return home


@pytest.fixture
def home(founded_home: Path, tmp_path: Path) -> Path:
    """A home of this test's own."""
    own = tmp_path / "home"
    shutil.copytree(founded_home, own)
    return own


@pytest.fixture
def log(home: Path) -> Database:
    """The log of the home."""
    return open_log(sqlite(home))


def at(day: str, clock: str = "10:00") -> datetime:
    """An instant on the office's clock."""
    return at_office(date.fromisoformat(day), time.fromisoformat(clock))
