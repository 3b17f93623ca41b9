"""The ids of streams: they follow from a key, so that whoever does a thing twice meets the same stream."""

import unicodedata
from hashlib import sha256


def matter_stream(key: str) -> str:
    """The stream of the matter opened under an idempotency key: `matter/3f2a…`."""
    return f"matter/{_derived(key)}"


def meeting_stream(key: str) -> str:
    """The stream of the meeting convened or recorded under a key."""
    return f"meeting/{_derived(key)}"


def plan_stream(name: str) -> str:
    """Where the versions of the work plan of that name are recorded."""
    return f"plan/{_derived(name)}"


def kind_of(stream: str) -> str:
    """`matter/3f2a…` → `matter`."""
    return stream.partition("/")[0]


def _derived(key: str) -> str:
    """80 bits of the key's digest; full and half width of a character are one."""
    return sha256(unicodedata.normalize("NFKC", key).encode()).hexdigest()[:20]
