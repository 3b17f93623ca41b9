"""Files that outlive a failing current: whole or not there, and there once the call returns.

A file's bytes are on the disk after its `fsync`, its name only after one of its folder (POSIX promises no more); a name
given before the bytes are flushed may be found on half a file.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER_ONLY = 0o600


@contextmanager
def alone_at(place: Path) -> Iterator[None]:
    """Of two processes that read a file and write it anew, the second begins when the first is done.

    Raises:
        OSError: the lock beside it cannot be made.
    """
    lock = os.open(place.with_name(f"{place.name}.lock"), os.O_CREAT | os.O_WRONLY, OWNER_ONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def write_durably(place: Path, data: bytes, mode: int = OWNER_ONLY) -> None:
    """Put a file in its place, whatever was there.

    Raises:
        OSError: it cannot be written; what was there still is.
    """
    with _written(place, data, mode) as fresh:
        put_durably(fresh, place)


def create_durably(place: Path, data: bytes, mode: int = OWNER_ONLY) -> bool:
    """Put a file in its place unless one is there; whether it is this one.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    with _written(place, data, mode) as fresh:
        try:
            os.link(fresh, place)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            if place.exists():
                return False
            fresh.replace(place)
        finally:
            flush_folder(place.parent)  # also for the name somebody faster has given
    return True


def put_durably(fresh: Path, place: Path) -> None:
    """Give a written file its name in the same folder, in place of what had it."""
    flush(fresh)
    fresh.replace(place)
    flush_folder(place.parent)


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Make a folder and what is missing above it, so that what is flushed in it stays."""
    if not folder.is_dir():
        make_folder(folder.parent, mode)
        folder.mkdir(mode=mode, exist_ok=True)
        flush_folder(folder.parent)


def flush(path: Path) -> None:
    """The bytes of a file, or the names in a folder, are on the disk.

    Raises:
        OSError: they are not.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """The names in a folder are on the disk, where its file system can tell.

    Raises:
        OSError: the disk failed.
    """
    try:
        flush(folder)
    except OSError as error:
        if error.errno in (errno.EIO, errno.ENOSPC):
            raise  # others say only that a folder cannot be flushed here


def flush_tree(folder: Path) -> None:
    """All that lies in a folder is on the disk.

    Raises:
        OSError: it is not.
    """
    for path in (*folder.rglob("*"), folder):
        if path.is_dir():
            flush_folder(path)
        elif path.is_file() and not path.is_symlink():
            flush(path)


@contextmanager
def _written(place: Path, data: bytes, mode: int) -> Iterator[Path]:
    """The data in a file beside its place, flushed; it is gone afterwards unless it was put there."""
    fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)
