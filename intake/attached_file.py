"""A file somebody hands in: of a kind offices exchange, which its content is and not only its name says.

What is refused here would harm who opens it: a program under a picture's name, an archive that unpacks to gigabytes or
hides another, a document that runs macros.
"""

import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

from domain.base import Refusal, refuse
from domain.bounds import seen

MEGABYTE = 1024 * 1024
MOST_BYTES = 50 * MEGABYTE
MOST_NAME = 200
"""Characters; a file system takes 255 bytes, which 85 Chinese characters fill."""
MOST_ENTRIES = 5000
MOST_LISTED = 10 * MOST_ENTRIES
"""Also those of documents that lie in an archive as they are; so many cost no memory to speak of."""
MOST_UNPACKED = 500 * MEGABYTE
MOST_RATIO = 200
"""Times its size an entry may unpack to; a text of blanks packs a thousandfold, a drawing of an office twentyfold."""
SMALL = MEGABYTE
"""An entry that unpacks to less harms nobody, however well it is packed."""
_BEGIN = 1024
_ENTRY = b"PK\x01\x02"
"""Begins each entry of an archive's list."""
_NESTED = (".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".tar", ".tgz", ".cab", ".iso", ".jar")
_PROGRAMS = (".exe", ".com", ".scr", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".hta", ".lnk", ".msi")
_WITH_MACROS = (".docm", ".xlsm", ".pptm")
_MACROS = "vbaproject.bin"
_ADVICE = "可附 pdf、docx、xlsx、pptx、ofd、jpg、png、zip；旧格式（doc、xls、wps）请另存为新格式或 pdf"


def attached_name(text: str) -> str:
    """What a file that comes in is called: without folders a browser or an enemy put before it, or unseen characters.

    Raises:
        Refusal: `malformed`: nothing is left of it, or it is too long.
    """
    name = seen(text.replace("\\", "/").rpartition("/")[2]).strip(". ")
    refuse(not name, "附件没有文件名，请改名后再附", "malformed")
    refuse(len(name) > MOST_NAME, f"附件“{name[:20]}…”的文件名超过 {MOST_NAME} 字，请改短", "malformed")
    return name


def check_attached(file: BinaryIO, name: str) -> None:
    """Refuse what is not of an allowed kind, by its name and by its content alike.

    Args:
        file: opened for reading, can be sought in; left wherever the look ended.
        name: what it is called.

    Raises:
        Refusal: `malformed`.
    """
    file.seek(0)
    begin = file.read(_BEGIN)
    refuse(not begin, f"附件“{name}”是空文件，请核对", "malformed")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    looks = _KINDS.get(ending)
    if looks is None:
        raise Refusal(f"附件“{name}”不是可附的种类，{_ADVICE}", "malformed")
    refuse(not looks(begin), f"附件“{name}”的内容不是 {ending}，请用原件另存后再附", "malformed")
    if ending in _WITHIN:
        _check_packed(file, name, ending)


def _is_pdf(begin: bytes) -> bool:
    return b"%PDF-" in begin


def _is_zip(begin: bytes) -> bool:
    return begin.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda begin: begin.startswith(marks)


_JPEG = _begins(b"\xff\xd8\xff")
_KINDS: dict[str, Callable[[bytes], bool]] = {
    "pdf": _is_pdf,
    "docx": _is_zip,
    "xlsx": _is_zip,
    "pptx": _is_zip,
    "ofd": _is_zip,
    "zip": _is_zip,
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
}
_WITHIN = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
    "ofd": "OFD.xml",
    "zip": "",
}
"""What each kind that is a ZIP archive has in it."""


def _check_packed(file: BinaryIO, name: str, ending: str) -> None:
    """Refuse an archive that is none, is of another kind, unpacks without bound or hides another archive."""
    # Before the list is read: a million entries fit in 50 MB, and half a gigabyte of memory is made of them.
    refuse(_times(file, _ENTRY) > MOST_LISTED, f"附件“{name}”里的文件太多，最多 {MOST_ENTRIES} 个", "malformed")
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Refusal(f"附件“{name}”已损坏，打不开，请核对", "malformed") from error
    names = {entry.filename for entry in entries}
    wanted = _WITHIN[ending]
    refuse(bool(wanted) and wanted not in names, f"附件“{name}”的内容不是 {ending}，请用原件另存后再附", "malformed")
    for fault in _faults(entries, file.seek(0, 2), is_archive=not wanted):
        raise Refusal(f"附件“{name}”{fault}", "malformed")


def _times(file: BinaryIO, mark: bytes) -> int:
    """How often a mark stands in a file, also across the pieces it is read in."""
    file.seek(0)
    count, before = 0, b""
    while piece := file.read(MEGABYTE):
        count += (before + piece).count(mark)
        before = piece[1 - len(mark) :]
    return count


def _faults(entries: list[zipfile.ZipInfo], size: int, *, is_archive: bool) -> Iterator[str]:
    """Why an archive is not taken, by what it says of its entries; nothing is unpacked for it."""
    if len(entries) > MOST_ENTRIES:
        yield f"里有 {len(entries)} 个文件，最多 {MOST_ENTRIES} 个"
    # Entries that lie over each other would unpack the same bytes again and again.
    if sum(entry.compress_size for entry in entries) > size:
        yield "的内容互相重叠，不是正常的压缩包"
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        yield f"解开后超过 {MOST_UNPACKED // MEGABYTE} MB"
    for entry in entries:
        inner = entry.filename.lower().rstrip(". ")  # Windows leaves these out when it unpacks
        if entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            yield "压缩得异常，解开会占满磁盘"
        if entry.flag_bits & 1:
            yield "设了密码，无法核查内容，请去掉密码"
        if inner.endswith(_MACROS):
            yield "带有宏，请另存为不带宏的文件"
        if inner.startswith("/") or ".." in inner.replace("\\", "/").split("/"):
            yield f"里有文件会解到别处（{seen(entry.filename)[:40]}），请重新压缩"
        if is_archive and inner.endswith(_NESTED):
            yield f"里还有压缩包（{seen(entry.filename)[:40]}），请解开后再压缩"
        if is_archive and inner.endswith(_PROGRAMS + _WITH_MACROS):
            yield f"里有程序或带宏的文件（{seen(entry.filename)[:40]}），请去掉后再压缩"
