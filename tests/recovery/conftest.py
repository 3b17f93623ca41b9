"""What the kill tests run on."""

import pytest

from tests.support.postgres import Server


def either(*, every_time: str) -> pytest.MarkDecorator:
    """Both databases for `make long`, and one of them in every run: each kill test takes another one."""
    marks = {name: () if name == every_time else pytest.mark.chaos for name in ("sqlite", "postgresql")}
    return pytest.mark.parametrize(
        "database", [pytest.param(name, marks=mark) for name, mark in marks.items()], indirect=True
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Server | None:
    """Where the log lies: in the home's own SQLite file (None), or in a PostgreSQL of this test alone."""
    if request.param == "sqlite":
        return None
    server: Server = request.getfixturevalue("own_postgres")
    return server
