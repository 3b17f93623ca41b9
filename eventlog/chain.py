"""The hash of an event over its row as stored, fast enough for whole logs: `algorithm:hex`.

What is hashed is the format, the previous hash and every column before it in the order of `EVENT_COLUMNS`, each as text
with its length in four bytes before it; times are microseconds. Between command and times stands an empty field: there
format 1 had a place for a cause, which nothing ever filled.
"""

import hashlib
from typing import Any

from domain.envelope import HASH_FORMAT
from eventlog.backend import Row

ALGORITHMS: frozenset[str] = frozenset({"sha256", "sm3"})
_REMEMBERED = 8192
_LENGTHS = tuple(n.to_bytes(4, "big") for n in range(2048))


def _prefixed(value: object) -> bytes:
    data = str(value).encode()
    return len(data).to_bytes(4, "big") + data


class _Remembered(dict[Any, bytes]):
    """Length-prefixed forms of values that come again and again: streams, types, actors."""

    def __missing__(self, value: object) -> bytes:
        if len(self) >= _REMEMBERED:
            self.clear()
        form = self[value] = _prefixed(value)
        return form


_known = _Remembered()


def hash_of(algorithm: str, row: Row) -> str:
    """The hash of a row in the order of `EVENT_COLUMNS`; a hash already in the row is not looked at."""
    return hash_over(algorithm, hashed_bytes(row))


def hash_over(algorithm: str, data: bytes) -> str:
    """The hash of what `hashed_bytes` gives."""
    digest = hashlib.sha256(data) if algorithm == "sha256" else hashlib.new(algorithm, data)
    return f"{algorithm}:{digest.hexdigest()}"


def stored_bytes(row: Row, hashed: bytes | None = None) -> bytes:
    """Every column of a row as it is stored: what its hash is over (`hashed`, where it is known), and the hash."""
    return (hashed or hashed_bytes(row)) + _prefixed(row[13])


def hashed_bytes(row: Row) -> bytes:
    """What the hash of a row is over."""
    try:
        return _short(row)
    except IndexError:
        return _any(row)


def _any(row: Row) -> bytes:
    """What is hashed, said plainly: format, then every field with its length before it, the previous hash first."""
    *fields, previous_hash = row[:13]
    fields.insert(10, "")
    return HASH_FORMAT + b"".join(map(_prefixed, (previous_hash, *fields)))


def _short(row: Row) -> bytes:
    """The bytes a row's hash is of, four times as fast, for fields below 2 KiB (payload and remembered ones apart).

    Raises:
        IndexError: a field is longer.
    """
    position, headquarters, stream, version, event_id, event_type, schema = row[:7]
    payload, actor, command_id, occurred_at, recorded_at, previous_hash = row[7:13]
    known, length = _known, _LENGTHS
    previous, place, name, body = previous_hash.encode(), b"%d" % position, event_id.encode(), payload.encode()
    command, occurred, noted = command_id.encode(), b"%d" % occurred_at, b"%d" % recorded_at
    return b"".join(
        (
            HASH_FORMAT,
            length[len(previous)],
            previous,
            length[len(place)],
            place,
            known[headquarters],
            known[stream],
            known[version],
            length[len(name)],
            name,
            known[event_type],
            known[schema],
            len(body).to_bytes(4, "big"),
            body,
            known[actor],
            length[len(command)],
            command,
            length[0],
            length[len(occurred)],
            occurred,
            length[len(noted)],
            noted,
        )
    )
