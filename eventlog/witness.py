"""What a home knows its log to hold, so that a log put back from an older copy is known before anything is added to it.

Kept with every acknowledgement and shared by all processes of the home: whatever was acknowledged is witnessed. A log
is known by its first event, not by the path it lies at: a copy under another name is still the same log, and a log
founded anew under the old name is another one.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError

from eventlog.durable import flush_folder
from eventlog.watermark import Watermark, highest_numbers

EARLIER_FILE = "watermark.json"
"""Where builds before this one kept the mark of the one log they knew, by its address."""
FOLDER = "watermarks"
"""In the home: for each log one file of its height, and one of the numbers given from it and of what was noticed."""
_WIDTH = 128


class Height(NamedTuple):
    """How far a log reaches: its newest event, and how often it had gone back by then."""

    position: int
    hash: str
    falls: int = 0


NOWHERE = Height(0, "")


class Witness:
    """The height of each log and the numbers given from it, as the processes of one home have seen them.

    `log` is everywhere the hash of a log's first event. A home that cannot be written to only loses a witness.
    """

    def __init__(self, home: Path) -> None:
        """Nothing is read or made before it is needed."""
        self._folder = home / FOLDER
        self._earlier = home / EARLIER_FILE

    def logs(self) -> tuple[str, ...]:
        """The logs this home has seen, by `log_name`."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.height")))

    def height(self, log: str) -> Height | None:
        """The highest this log was seen at; None when it never was."""
        with suppress(OSError), self._held(log, fcntl.LOCK_SH) as file:
            return _read(file)
        return None

    def saw(self, log: str, height: Height, numbers: Mapping[str, int]) -> bool:
        """This is in the log, and these numbers were given. What was seen higher before stays.

        Returns:
            False when the log went back since `falls` was read: then what was seen may be lost.
        """
        if numbers and numbers.items() - self.mark(log).numbers.items():
            self.note(log, lambda mark: mark.model_copy(update={"numbers": highest_numbers(mark.numbers, numbers)}))
        with suppress(OSError), self._held(log, fcntl.LOCK_EX) as file:
            known = _read(file)
            if known is not None and known.falls != height.falls:
                return False
            if known is None or height.position > known.position:
                _write(file, height)
        return True

    def goes_on_from(self, log: str, height: Height) -> None:
        """The log went back, and no number can be given twice any more: it goes on from here."""
        with suppress(OSError), self._held(log, fcntl.LOCK_EX) as file:
            known = _read(file)
            _write(file, height._replace(falls=known.falls + 1 if known else 0))

    def mark(self, log: str) -> Watermark:
        """The numbers given from a log, and what was noticed of it."""
        return Watermark.read(self._mark_file(log))

    def note(self, log: str, change: Callable[[Watermark], Watermark]) -> Watermark:
        """Change the mark, whoever else does so at this moment; the mark as it is afterwards."""
        with suppress(OSError), self._held(log, fcntl.LOCK_EX):
            mark = change(self.mark(log))
            mark.write(self._mark_file(log))
            return mark
        return change(self.mark(log))

    def adopt_earlier(self, url: str, log: str) -> None:
        """Take over what an earlier build knew of the log at this address, and remove its file."""
        try:
            text = self._earlier.read_bytes()
            known = _EarlierMark.model_validate_json(text)
        except (OSError, ValidationError):
            return
        if known.log != _address(url):
            return
        if known.position:
            self.saw(log, Height(known.position, known.hash), known.numbers)
        noticed = Watermark.model_validate(known.model_dump(include={"restored", "healed"}))
        self.note(log, lambda mark: noticed.model_copy(update={"numbers": mark.numbers}))
        with suppress(OSError):
            self._earlier.unlink()

    def _mark_file(self, log: str) -> Path:
        return self._folder / f"{log_name(log)}.json"

    @contextmanager
    def _held(self, log: str, lock: int) -> Iterator[int]:
        """The file of the height, locked; made where somebody wants to write."""
        place = self._folder / f"{log_name(log)}.height"
        how = os.O_RDWR | os.O_CREAT if lock == fcntl.LOCK_EX else os.O_RDONLY
        try:
            file = os.open(place, how, 0o600)
        except FileNotFoundError:
            if lock == fcntl.LOCK_SH:
                raise
            self._folder.mkdir(mode=0o700, exist_ok=True)
            flush_folder(self._folder.parent)
            file = os.open(place, how, 0o600)
        try:
            fcntl.flock(file, lock)
            yield file
        finally:
            os.close(file)


class _EarlierMark(Watermark):
    log: str = ""
    position: int = 0
    hash: str = ""


def _address(url: str) -> str:
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.hostname or ''}:{parts.port or ''}{parts.path}?{parts.query}"
    return hashlib.sha256(where.encode()).hexdigest()[:16]


def log_name(log: str) -> str:
    """The name of a log in the file names of its witnesses: the beginning of its first event's digest."""
    return log.rpartition(":")[2][:16]


def _read(file: int) -> Height | None:
    match os.pread(file, _WIDTH, 0).decode("ascii", "replace").split():
        case [position, digest, falls] if position.isdecimal() and falls.isdecimal():
            return Height(int(position), digest, int(falls))
    return None


def _write(file: int, height: Height) -> None:
    os.pwrite(file, " ".join(map(str, height)).ljust(_WIDTH - 1).encode("ascii") + b"\n", 0)
