"""The filing cabinet: numbered files of the home, put in their places only after their number is recorded."""

import errno
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from documents.formats.digest import sha256
from domain.base import Refusal, refuse
from domain.meetings.numbers import minutes_numbers_held
from domain.papers import paper_series
from eventlog.durable import flush_folder, make_folder
from sheets.file_errors import file_error_reason, is_full

FOLDER = "documents"
PAPERS = "督办公文"
MINUTES = "会议纪要"
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}")
_DEAD_AFTER = 3600
"""Seconds after which whoever made a temporary folder has died: printing takes a few."""
_NUMBERED = re.compile(r"[^〔]+指办([督函])〔(\d{4})〕(\d+)号\.\w+")


def papers_on_disk(home: Path) -> dict[str, int]:
    """The highest 文号 of each series of papers and minutes whose files lie in this home's cabinet."""
    seen: dict[str, int] = {}
    for path in (home / FOLDER / MINUTES).glob("*"):
        for name, no in minutes_numbers_held(path.stem).items():
            seen[name] = max(seen.get(name, 0), no)
    for path in (home / FOLDER / PAPERS).glob("*"):
        if match := _NUMBERED.fullmatch(path.name):
            name = paper_series(match[1] == "函", int(match[2])).series
            seen[name] = max(seen.get(name, 0), int(match[3]))
    return seen


@contextmanager
def print_files(folder: Path, rendered: Mapping[str, bytes]) -> Iterator[Callable[[], None]]:
    """Write the files of an issue under temporary names, safely on disk; the function given puts them in the cabinet.

    After the number is recorded only links are made: a full disk is met before. What processes that died left lying in
    the cabinet is swept up.
    """
    _sweep(folder.parent)
    temporary = folder / f".{uuid4().hex}"

    def place() -> None:
        for name in rendered:
            _link(temporary / name, folder / name)
        flush_folder(folder)

    try:
        try:
            make_folder(folder)
            temporary.mkdir()
            for name, data in rendered.items():
                _write(temporary / name, data)
        except OSError as error:
            raise _unwritten(folder, error) from error
        yield place
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def place_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files in the cabinet as a folder of their own, all of them or none, also when the current fails.

    Raises:
        Refusal: `disk_full`; `home_unwritable`, when they cannot be written for another reason.
    """
    temporary = folder.parent / f".{uuid4().hex}"
    try:
        make_folder(folder.parent)
        temporary.mkdir()
        for name, data in files.items():
            _write(temporary / name, data)
        flush_folder(temporary)
        temporary.rename(folder)
        flush_folder(folder.parent)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # another process was faster
            raise _unwritten(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _unwritten(folder: Path, error: OSError) -> Refusal:
    why = f"无法在 {folder} 写入成文（{file_error_reason(error)}），没有编号；请检查磁盘空间和权限后重试"
    return Refusal(why, "disk_full" if is_full(error) else "home_unwritable")


def _sweep(cabinet: Path) -> None:
    """Remove temporary folders nobody works with any more; what cannot be removed is in nobody's way."""
    long_ago = time.time() - _DEAD_AFTER
    for path in cabinet.glob("*/.*"):
        with suppress(OSError):
            if _TEMPORARY.fullmatch(path.name) and path.stat().st_mtime < long_ago:
                shutil.rmtree(path)


def kept_files(
    folder: Path, hashes: Mapping[str, str], again: Callable[[list[str]], Mapping[str, bytes]]
) -> dict[str, Path]:
    """The cabinet's files of an issue by format. What is missing is printed again, and must have the hash it had.

    Raises:
        Refusal: `file_altered` or `not_reproducible`.
    """
    files = {name: folder / name for name in hashes}
    missing = [name for name, path in files.items() if not path.exists()]
    for name, path in files.items():
        same = name in missing or sha256(path.read_bytes()) == hashes[name]
        refuse(not same, f"{path} 与日志中的哈希不符，文件已被改动；移走它即可由日志重新生成", "file_altered")
    if missing:
        rendered = again(missing)
        wrong = [name for name, data in rendered.items() if sha256(data) != hashes[name]]
        refuse(
            bool(wrong),
            f"{'、'.join(wrong)} 已丢失，由日志重新生成的内容与原哈希不符；请用 xmh briefing rebuild 查看差异",
            "not_reproducible",
        )
        with print_files(folder, rendered) as place:
            place()
    return {name.rpartition(".")[2]: path for name, path in files.items()}


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
                f"{place} 已存在且内容不同，未覆盖；请移走后再运行一次，由日志重新生成", "file_exists"
            ) from None
