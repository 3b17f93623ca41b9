"""The hash a printed file is known by in the log."""

import hashlib


def sha256(data: bytes) -> str:
    """The hash of a printed file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
