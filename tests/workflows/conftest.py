"""A desk: one matter of a small office, on the development server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.desk import Desk, desk
from tests.support.office import founded, sqlite
from tests.support.temporal import DevServer


@pytest_asyncio.fixture(loop_scope="session")
async def at_desk(dev_server: DevServer, tmp_path: Path) -> AsyncIterator[Desk]:
    """A matter not yet opened, with a log of its own."""
    with founded(sqlite(tmp_path)) as log:
        async with desk(dev_server, log) as found:
            yield found
