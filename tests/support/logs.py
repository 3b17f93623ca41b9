"""One contract suite, two databases: whoever asks for `database` runs on SQLite and on PostgreSQL."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from eventlog.database import Database
from eventlog.migrate import migrate
from tests.support.clock import open_log
from tests.support.postgres import Server

BACKENDS = ("sqlite", "postgresql")
NAMES = itertools.count(1)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite log to copy."""
    path = tmp_path_factory.mktemp("template") / "events.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Server) -> str:
    """The name of a migrated, empty PostgreSQL log to copy."""
    url = postgres_server.new_database()
    migrate(url)
    return str(conninfo_to_dict(url)["dbname"])


@pytest.fixture
def new_sqlite(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a migrated, empty log in a file."""
    path = tmp_path / "events.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def new_postgres(postgres_server: Server, migrated_postgres: str) -> Iterator[str]:
    """The address of a migrated, empty log on the server."""
    name = f"log_{os.getpid()}_{next(NAMES)}"
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_postgres}")
    url = postgres_server.url(name)
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=BACKENDS)
def log_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty log."""
    return str(request.getfixturevalue(f"new_{'sqlite' if request.param == 'sqlite' else 'postgres'}"))


@pytest.fixture
def database(log_url: str) -> Iterator[Database]:
    """A migrated, empty log."""
    with open_log(log_url) as opened:
        yield opened


@pytest.fixture
def on_sqlite(new_sqlite: str) -> Iterator[Database]:
    """A migrated, empty log in a file."""
    with open_log(new_sqlite) as opened:
        yield opened


@pytest.fixture
def on_postgres(new_postgres: str) -> Iterator[Database]:
    """A migrated, empty log on the server."""
    with open_log(new_postgres) as opened:
        yield opened


@pytest.fixture
def open_database() -> Iterator[Callable[[str], Database]]:
    """Open further databases that are closed in the end."""
    opened: list[Database] = []

    def open_one(url: str) -> Database:
        opened.append(open_log(url))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
