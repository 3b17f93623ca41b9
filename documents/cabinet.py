"""The filing cabinet: numbered files of the home, put in their places only after their number is recorded."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from domain.base import Refusal
from domain.papers import MARK, paper_series

FOLDER = "documents"
PAPERS = "督办公文"
_NUMBERED = re.compile(rf"{MARK}([督函])〔(\d{{4}})〕(\d+)号\.\w+")


def sha256(data: bytes) -> str:
    """The hash a file is known by in the log."""
    return hashlib.sha256(data).hexdigest()


def papers_on_disk(home: Path) -> dict[str, int]:
    """The highest 文号 of each series of papers that was ever printed in this home."""
    seen: dict[str, int] = {}
    for path in (home / FOLDER / PAPERS).glob("*"):
        if match := _NUMBERED.fullmatch(path.name):
            name = paper_series(match[1] == "函", int(match[2])).series
            seen[name] = max(seen.get(name, 0), int(match[3]))
    return seen


@contextmanager
def printed(folder: Path, rendered: Mapping[str, bytes]) -> Iterator[Callable[[], None]]:
    """The files, safely on disk under temporary names; the function given puts them in their places.

    After the number is recorded only links are made: a full disk is met before.
    """
    temporary = folder / f".{uuid4().hex}"

    def place() -> None:
        for name in rendered:
            _link(temporary / name, folder / name)

    try:
        try:
            temporary.mkdir(parents=True)
            for name, data in rendered.items():
                _write(temporary / name, data)
        except OSError as error:
            reason = f"无法在 {folder} 写入成文（{error.strerror}），没有编号；请检查磁盘空间和权限后重试"
            raise Refusal(reason, "unexpected") from error
        yield place
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    """A new file, on disk when this returns."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _link(made: Path, place: Path) -> None:
    """Put a file in its place; what is there is never overwritten."""
    try:
        try:
            os.link(made, place)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            _write(place, made.read_bytes())
    except FileExistsError:
        if place.read_bytes() != made.read_bytes():
            raise Refusal(
                f"{place} 已存在且内容不同，未覆盖；请移走后用 xmh briefing show 重新生成", "file_exists"
            ) from None
