"""A post room: the office's log, its channels, and turns at moments of the test's choosing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import open_log
from tests.support.homes import founded_home, home
from tests.support.office import founded, sqlite
from tests.support.postroom import PostRoom

__all__ = ["founded_home", "home"]


@pytest.fixture
def room(home: Path) -> Iterator[PostRoom]:
    """On SQLite, with the file channel alone."""
    with open_log(sqlite(home)) as database:
        yield PostRoom(database, home)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PostRoom]:
    """On each of the two databases."""
    url = sqlite(tmp_path)
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    with founded(url) as database:
        yield PostRoom(database, tmp_path)
