"""What sweeps have found level with the log, so that not every stream is asked every minute."""

from zlib import crc32

from eventlog import reading

FRESH_EVERY = 10
"""Each sweep asks so great a part of the streams afresh, whatever was found before: nothing is believed for ever."""


class Verified:
    """Stream → the newest event (its hash) and the rulebook its workflow had seen when it was found level.

    All is to be forgotten when the log went back: put back from a copy, it stands where a stream was verified before,
    while the workflow has seen what is lost.
    """

    def __init__(self) -> None:
        """Nothing is verified yet."""
        self.level: dict[str, tuple[str, int]] = {}
        self._sweeps = 0

    def begin(self) -> None:
        """Count a sweep: which tenth of the streams is asked afresh follows from it."""
        self._sweeps += 1

    def skips(self, head: reading.Head, rulebook: int) -> bool:
        """Whether a stream need not be asked in this sweep."""
        if crc32(head.stream.encode()) % FRESH_EVERY == self._sweeps % FRESH_EVERY:
            return False
        return self.level.get(head.stream) == (head.hash, rulebook)
