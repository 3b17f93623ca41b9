"""The one way to open a file somebody named: asked what it is before it is read, read once, decoded alike everywhere.

A folder, a FIFO, a device, a link, a file of three gigabytes: one line at once, and no memory.
"""

import os
import stat
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from domain.base import Refusal, refuse, refuse_always
from domain.bounds import seen, visible
from sheets.file_errors import file_error_reason

MEGABYTE = 1024 * 1024
MOST_BYTES = 20 * MEGABYTE
"""Of a document or sheet."""
MOST_TEXT_BYTES = 4 * MEGABYTE
"""Of a text that is typed or exported: thousands of rows."""
_PIECE = MEGABYTE
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_KINDS = (
    (stat.S_ISDIR, "是文件夹，不是文件"),
    (stat.S_ISFIFO, "是管道，不是文件"),
    (stat.S_ISCHR, "是设备，不是文件"),
    (stat.S_ISBLK, "是设备，不是文件"),
    (stat.S_ISSOCK, "是套接字，不是文件"),
    (stat.S_ISLNK, "是符号链接，请改用它指向的文件"),
)
_ODD = frozenset({"Cc", "Co", "Cn"})
_BLANKS = "\n\r\t\f\v"
_MOST_ODD = 0.02
"""Controls and unassigned characters among those of a text; the bytes of a picture decode to many."""
_DAMAGED_IN = 20
"""A text with so many sound wide characters for each broken one is damaged UTF-8, and no other encoding."""


@contextmanager
def opened_file(path: Path, most: int = MOST_BYTES) -> Iterator[BinaryIO]:
    """A regular file somebody named, of at most `most` bytes, open for reading.

    Raises:
        Refusal: `malformed`, or `not_found` when there is none.
    """
    name = seen(path.name) or seen(str(path))
    try:
        _must_be_file(name, os.lstat(path).st_mode)
        # What was a file a moment ago may be a FIFO by now: opening must not wait for a writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            facts = os.fstat(file.fileno())
            _must_be_file(name, facts.st_mode)
            refuse(facts.st_size > most, _too_large(name, most), "malformed")
            yield file
    except (FileNotFoundError, NotADirectoryError):
        raise Refusal(f"找不到文件 {seen(str(path))}", "not_found") from None
    except ValueError as error:  # a NUL in the name
        raise Refusal(f"文件名“{name[:40]}”不合用", "malformed") from error
    except OSError as error:
        raise Refusal(f"{name} 无法读取（{file_error_reason(error)}）", "malformed") from error


def file_pieces(file: BinaryIO, name: str, most: int) -> Iterator[bytes]:
    """The content of an opened file piece by piece, for one pass over it; it may grow while it is read."""
    read = 0
    while piece := file.read(_PIECE):
        read += len(piece)
        refuse(read > most, _too_large(name, most), "malformed")
        yield piece


def read_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file somebody named.

    Raises:
        Refusal: as `opened_file`.
    """
    with opened_file(path, most) as file:
        return b"".join(file_pieces(file, seen(path.name), most))


def read_text(path: Path, most: int = MOST_TEXT_BYTES) -> str:
    """The text of a file, or with `-` of standard input, without characters nobody sees.

    Raises:
        Refusal: as `opened_file`, and when it is no text.
    """
    if str(path) != "-":
        return text_of(read_file(path, most), path.name)
    data = sys.stdin.buffer.read(most + 1)
    refuse(len(data) > most, _too_large("标准输入", most), "malformed")
    return text_of(data, "标准输入")


def text_of(data: bytes, name: str) -> str:
    """The text of a file's bytes in an encoding Chinese offices write: UTF-8, UTF-16 with or without mark, GB18030.

    Raises:
        Refusal: `malformed`: it is none of these, or damaged.
    """
    text = _decoded(data, seen(name))
    refuse("\0" in text, f"{seen(name)} 不是文本文件", "malformed")
    return visible(text)


def _decoded(data: bytes, name: str) -> str:
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    encodings = (marked,) if marked else ("utf-8", *_unmarked_utf16(data), "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding in ("utf-8", "utf-8-sig") and _mostly_utf8(data):
                line = data[: error.start].count(b"\n") + 1
                refuse_always(f"{name} 第{line}行有损坏的字符，请用原件重新另存为 UTF-8", "malformed")
            continue
        odd = sum(unicodedata.category(char) in _ODD and char not in _BLANKS for char in text)
        if odd <= _MOST_ODD * len(text):
            return text
    return refuse_always(f"{name} 不是文本文件，或编码不是 UTF-8、UTF-16、GB18030，请另存为 UTF-8", "malformed")


def _unmarked_utf16(data: bytes) -> tuple[str, ...]:
    """UTF-16 without its mark shows in the zero halves of its digits and blanks."""
    if not data or len(data) % 2 or b"\0" not in data:
        return ()
    return ("utf-16-le",) if data[1::2].count(0) > data[0::2].count(0) else ("utf-16-be",)


def _mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    return sum(char > "\x7f" for char in text) - broken >= _DAMAGED_IN * broken


def _must_be_file(name: str, mode: int) -> None:
    for is_kind, fault in _KINDS:
        refuse(is_kind(mode), f"{name} {fault}", "malformed")


def _too_large(name: str, most: int) -> str:
    return f"{name} 超过 {most // MEGABYTE} MB，请拆分或压缩后再用"


def file_in_memory(path: Path, most: int = MOST_BYTES) -> BytesIO:
    """A file as a library wants it that seeks in it: what is judged is what is parsed."""
    return BytesIO(read_file(path, most))
