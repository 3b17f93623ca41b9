"""A log whose office lives at moments of a test's choosing."""

from domain.headquarters import FIRST_HEADQUARTERS
from eventlog.clock import LogClock
from eventlog.database import Database
from eventlog.masterkey import MasterKey

MASTER = MasterKey(text="5a" * 32)
"""For logs on a server, where no file stands beside the database."""


def open_log(url: str, headquarters: str = FIRST_HEADQUARTERS) -> Database:
    """The log under a URL; what is recorded there is recorded when it was decided, whatever day it is."""
    key = None if url.startswith("sqlite:") else MASTER
    return Database(url, clock=LogClock.DECIDED, master_key=key, headquarters=headquarters)
