"""The log's own clock: when something was recorded is said by whoever records it, never by whoever asks.

A client whose clock is an hour or a month off, and a payload made up by hand, must not bend the order of what was known
when. So the append stamps `recorded_at` inside its transaction: on PostgreSQL by the server's clock, which all clients
share, on SQLite by the machine's, on which everybody who can write lives.
"""

from datetime import UTC, datetime, timedelta
from enum import Enum

from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.log import AppendRequest
from eventlog.stored_time import from_micros, micros

FAST = timedelta(minutes=2)
"""A decision may stand this far ahead of the log's clock: machines differ by seconds."""
SLOW = timedelta(minutes=20)
"""And this far behind: a command is valid for a quarter of an hour, and a person may think before he confirms."""


class LogClock(Enum):
    """What the time is for whoever opened the log. Set where the log is opened, never by what is appended."""

    OWN = "own"
    """The database's clock, or the machine's."""
    DECIDED = "decided"
    """The moment of each decision: a simulated year, and tests, whose office does not live today."""


def log_time(clock: LogClock, server: int | None, decided: datetime) -> int:
    """The time of the log's clock in microseconds; `server` is what the database said, when it has a clock."""
    if clock is LogClock.DECIDED:
        return micros(decided)
    return micros(datetime.now(UTC)) if server is None else server


def check_clock(request: AppendRequest, own: int) -> None:
    """Refuse an append decided by a clock that is off: its deadlines and dates would be off as well.

    Raises:
        Refusal: `clock_off`; `malformed` for what has not happened yet.
    """
    now = from_micros(own)
    ahead = request.now - now
    if ahead > FAST or -ahead > SLOW:
        raise Refusal(_clock_off(request.now, now), "clock_off")
    for draft in request.drafts:
        if draft.occurred_at is not None and draft.occurred_at - now > FAST:
            raise Refusal(
                f"{draft.occurred_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 还没有到，不能记作已发生", "malformed"
            )


def _clock_off(decided: datetime, own: datetime) -> str:
    """One line for the person: which clock, the decider's or the log's, says what."""
    theirs, ours = (f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" for at in (decided, own))
    return f"办理所用的时钟（{theirs}）与日志的时钟（{ours}）相差太多，未作记录；请校准机器时钟后重新提交"
