"""The data directory belongs to its owner alone: also where it existed before, made by hand or by an older build."""

import os
import stat
from contextlib import suppress
from pathlib import Path

_FOLDER, _FILE = 0o700, 0o600
_OTHERS = 0o077
_OURS = (
    *("events.db*", "temporal.db*", "*.json", "*.lock", "*.toml", "*.key"),
    *("files", "logs", "notices", "documents", "drafts", "templates"),
)
"""What is ours in a home; whatever else lies there is closed off by the home itself."""


def make_private(home: Path) -> None:
    """Take every right of others from the home and from what is ours in it. Never follows a link."""
    _close(home)
    for pattern in _OURS:
        for path in home.glob(pattern):
            _close(path)
            for below in path.iterdir() if path.is_dir() and not path.is_symlink() else ():
                _close(below)


def _close(path: Path) -> None:
    with suppress(OSError):  # somebody else's file: the home around it is closed
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode) and mode & _OTHERS:
            path.chmod(_FOLDER)
        elif stat.S_ISREG(mode) and mode & _OTHERS:
            path.chmod(_FILE)
