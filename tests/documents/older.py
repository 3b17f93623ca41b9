"""The log of an earlier build, brought to today's tables: a quarter of the example's year, with meetings and issues."""

import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventlog.database import Database
from eventlog.migrate import migrate
from eventlog.secrets import wrap_keys

OLDER = Path(__file__).parents[1] / "fixtures" / "log-0006.sqlite.xz"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Read only: tests of a module share it."""
    path = tmp_path_factory.mktemp("older") / "events.db"
    path.write_bytes(lzma.decompress(OLDER.read_bytes()))
    migrate(f"sqlite:///{path}")
    with Database(f"sqlite:///{path}") as database:
        wrap_keys(database)
        yield database
