"""For `verify`: does each event stand behind the one before it in log and stream, and is its hash its own?"""

from eventlog.backend import Row
from eventlog.chain import ALGORITHMS, hash_over
from eventlog.event_cells import is_key
from eventlog.findings import Token, VerifyFinding, verify_finding
from eventlog.folding import Resting

_Head = tuple[int, str, int]
"""Version, hash and time (microseconds) of a stream's newest event."""
_NO_HEAD: _Head = (0, "", 0)


class StreamChains:
    """Follows every stream from event to event."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._position = 0
        self.heads = Resting[_Head](3, tuple, lambda _, row: (row[0], row[1], row[2]))

    def problems(self, row: Row, hashed: bytes) -> list[VerifyFinding]:
        """What is wrong with the next row, whose hash is over `hashed`; an empty list for nearly all."""
        position, _, stream, version = row[:4]
        recorded_at, previous_hash, digest = row[11:]
        findings: list[VerifyFinding] = []
        if self._whole:
            if position != self._position + 1:
                findings.append(verify_finding(Token.POSITION_GAP, f"，前一序号是 {self._position}", row))
            self._position = position
        last_version, last_hash, last_time = self.heads.get(stream) or _NO_HEAD
        if version == last_version + 1:
            if previous_hash != last_hash:
                findings.append(verify_finding(Token.PREVIOUS_HASH_MISMATCH, "", row))
        elif version > last_version:
            findings.append(verify_finding(Token.VERSION_GAP, f"，前一版是 {last_version}", row))
        else:
            findings.append(verify_finding(Token.DUPLICATE, f"，前面已有第 {last_version} 版", row))
        if recorded_at < last_time:
            findings.append(verify_finding(Token.TIME_BACKWARDS, "", row))
        algorithm = digest.partition(":")[0]
        if algorithm not in ALGORITHMS:
            findings.append(verify_finding(Token.UNKNOWN_ALGORITHM, f"：{digest[:20]}", row))
        elif hash_over(algorithm, hashed) != digest:
            findings.append(verify_finding(Token.HASH_MISMATCH, "", row))
        self.heads[stream] = (version, digest, recorded_at)
        return findings

    def take_up(self, row: Row) -> None:
        """Go on behind this event of its stream."""
        self.heads[row[2]] = (row[3], row[13], row[11])

    def skip(self, row: Row) -> None:
        """Go on behind a row that cannot be looked at; what follows is still bound to what it says."""
        position, stream, version, digest = row[0], row[2], row[3], row[13]
        if isinstance(position, int):
            self._position = position
        if is_key(stream):
            last_version, last_hash, last_time = self.heads.get(stream) or _NO_HEAD
            known = version if isinstance(version, int) else last_version + 1
            self.heads[stream] = (known, digest if is_key(digest) else last_hash, last_time)
