"""What the kill tests run on."""

import pytest

from tests.support.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Server | None:
    """Where the log lies: in the home's own SQLite file (None), or in a PostgreSQL of this test alone."""
    if request.param == "sqlite":
        return None
    server: Server = request.getfixturevalue("own_postgres")
    return server
