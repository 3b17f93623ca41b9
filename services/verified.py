"""What sweeps have found level with the log, so that not every stream is asked every minute."""

from zlib import crc32

from domain.envelope import Recorded
from eventlog import reading
from eventlog.database import Database

FRESH_EVERY = 10
"""Each sweep asks so great a part of the streams afresh, whatever was found before: nothing is believed for ever."""


class Verified:
    """Stream → the version and the rulebook its workflow had seen when it was found level.

    All is forgotten when the log went back: put back from a copy, it stands where a stream was verified before, while
    the workflow has seen what is lost. So the newest event this process knows of is asked for first, and the worker
    tells of each it records.
    """

    def __init__(self) -> None:
        """Nothing is verified yet."""
        self.level: dict[str, tuple[int, int]] = {}
        self._newest = (0, "")
        self._sweeps = 0

    def recorded(self, event: Recorded) -> None:
        """This event is in the log; called from any thread."""
        if event.position > self._newest[0]:
            self._newest = (event.position, event.hash)

    def begin(self, database: Database) -> bool:
        """Begin a sweep; whether the log went back since the last.

        Raises:
            LogError: the log cannot be read.
        """
        self._sweeps += 1
        position, digest = self._newest
        back = position > 0 and reading.hash_at(database, position) != digest
        if back:
            self.level.clear()
            self._newest = (0, "")
        newest = reading.newest(database)
        if newest[0] > self._newest[0]:
            self._newest = newest
        return back

    def skips(self, head: reading.Head, rulebook: int) -> bool:
        """Whether a stream need not be asked in this sweep."""
        if crc32(head.stream.encode()) % FRESH_EVERY == self._sweeps % FRESH_EVERY:
            return False
        return self.level.get(head.stream) == (head.version, rulebook)
