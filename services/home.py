"""The data directory belongs to its owner alone: also where it existed before, made by hand or by an older build."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from domain.base import Refusal
from eventlog.durable import make_folder

_FOLDER, _FILE = 0o700, 0o600
_OTHERS = 0o077
_OURS = (
    *("events.db*", "temporal.db*", "*.json", "*.lock", "*.toml", "*.key"),
    *("files", "logs", "notices", "documents", "drafts", "templates"),
)
"""What is ours in a home; whatever else lies there is closed off by the home itself."""


def make_home(home: Path) -> None:
    """The data directory, for its owner alone. Without one a worker has no witness of its log, and so no word.

    Raises:
        Refusal: `malformed`, it cannot be made.
    """
    try:
        make_folder(home, _FOLDER)
    except (FileExistsError, NotADirectoryError):
        raise Refusal(f"{home} 不是目录，不能用作数据目录；请换一个 --home", "malformed") from None
    except OSError:
        raise Refusal(f"没有权限建立数据目录 {home}；请换一个 --home 或检查权限", "malformed") from None


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
