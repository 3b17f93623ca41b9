"""Office files (.xlsx, .docx) that a stranger may have made, judged before anything in them is parsed.

Size, kind, encryption, macros, and what the archive would unpack to are looked at first. XML is then read with every
DTD refused, so that no entity can expand.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final
from xml.etree.ElementTree import Element
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from domain.base import Refusal, refuse, refuse_always
from sheets.budget import reading_budget
from sheets.file_errors import file_error_reason
from sheets.input_file import MOST_BYTES as MAX_FILE_BYTES
from sheets.input_file import read_file

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_RATIO = 200
"""How many times smaller a large part of the archive may be than its content: sheets reach 20, bombs 1,000."""
MAX_PARTS = 2_000

_RATIO_MATTERS_ABOVE = 10 * 1024 * 1024
_SMALL_PART_BYTES = 10 * 1024 * 1024
_PIECE, _SMALL_PIECE = 8 * 1024 * 1024, 1024 * 1024
_OLE_HEADER = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of office file: its suffix, those of its relatives with macros, the old binary one, and who opens it."""

    suffix: str
    with_macros: tuple[str, ...]
    legacy: str
    program: str


XLSX: Final = Format(".xlsx", (".xlsm", ".xltm", ".xlsb", ".xlam"), ".xls", "Excel")
DOCX: Final = Format(".docx", (".docm", ".dotm"), ".doc", "Word")


class DocumentTypeError(Exception):
    """The XML declares a document type: the way in for every entity attack."""


@contextmanager
def opened(path: Path, kind: Format) -> Iterator[zipfile.ZipFile]:
    """The judged archive; whatever is unsound in it, then or while it is read, is refused in one line.

    Raises:
        Refusal: `malformed` when the file is too large, encrypted, has macros, or is not sound.
    """
    name = path.name
    try:
        with reading_budget(name, "内容"), _archive(path, kind) as archive:
            yield archive
    except (DefusedXmlException, DocumentTypeError):
        refuse_always(f"{name} 内含 DTD 或 XML 实体声明，拒绝读取", "malformed")
    except OSError as error:
        raise Refusal(f"{name} 无法读取（{file_error_reason(error)}）", "malformed") from error
    except (
        *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),
        *(expat.ExpatError, ParseError, KeyError, IndexError, ValueError, OverflowError),
    ) as error:
        raise Refusal(
            f"{name} 不是完好的 {kind.suffix} 文件，请用 {kind.program} 或 WPS 打开后重新另存", "malformed"
        ) from error


def _archive(path: Path, kind: Format) -> zipfile.ZipFile:
    name = path.name
    refuse(path.suffix.lower() in kind.with_macros, _macros(name, kind), "malformed")
    data = read_file(path, MAX_FILE_BYTES)
    if data.startswith(_OLE_HEADER):
        refuse(_ENCRYPTED_PACKAGE in data, f"{name} 已加密，请取消打开密码后再导入", "malformed")
        refuse_always(f"{name} 是旧版 {kind.legacy} 文件，请另存为 {kind.suffix} 后再导入", "malformed")
    archive = zipfile.ZipFile(BytesIO(data))
    try:
        _inspect(archive, name, kind)
    except BaseException:
        archive.close()
        raise
    return archive


def _inspect(archive: zipfile.ZipFile, name: str, kind: Format) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    swollen = any(
        part.file_size > _RATIO_MATTERS_ABOVE and part.file_size > MAX_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    too_much = len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES or swollen
    refuse(too_much, f"{name} 解压后过大（{unpacked / 2**20:.0f} MB），疑似压缩炸弹，拒绝读取", "malformed")
    odd = any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts)
    refuse(odd, f"{name} 的压缩方法不是 Office 所用的，拒绝读取；请用 {kind.program} 或 WPS 重新另存", "malformed")
    refuse(any(part.flag_bits & 1 for part in parts), f"{name} 已加密，请取消密码后再导入", "malformed")
    names = {part.filename.lower() for part in parts}
    macros = any("vbaproject" in part or "macrosheets/" in part for part in names)
    refuse(macros, _macros(name, kind), "malformed")


def _macros(name: str, kind: Format) -> str:
    return f"{name} 含有宏，拒绝读取；请另存为不含宏的 {kind.suffix}"


# The parts


def main_part(archive: zipfile.ZipFile, name: str, kind: Format) -> str:
    """The path of the part everything else hangs on."""
    macros = b"macroEnabled" in _content(archive, "[Content_Types].xml", _SMALL_PART_BYTES)
    refuse(macros, _macros(name, kind), "malformed")
    return first(target for kind_of, target in related(archive, "").values() if kind_of == "officeDocument")


def first(names: Iterator[str]) -> str:
    """The first of what must be there.

    Raises:
        ValueError: there is none.
    """
    for value in names:
        return value
    raise ValueError("a part of the file is missing")


def related(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """The parts that `part` refers to: kind and path by relation id."""
    folder = PurePosixPath(part).parent
    relations = folder / "_rels" / f"{PurePosixPath(part).name}.rels"
    targets = {}
    for element in small_part(archive, str(relations)):
        target = element.attrib["Target"]
        path = target.lstrip("/") if target.startswith("/") else str(folder / target)
        targets[element.attrib["Id"]] = (element.attrib["Type"].rpartition("/")[2], _normal(path))
    return targets


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _content(archive: zipfile.ZipFile, part: str, most: int) -> bytes:
    """By the piece: in one, a part that says it is small takes the memory of all it unpacks to."""
    info = archive.getinfo(part)
    if info.file_size > most:
        raise ValueError(f"{part} is too large")
    with archive.open(info) as file:
        return b"".join(iter(lambda: file.read(_SMALL_PIECE), b""))


def small_part(archive: zipfile.ZipFile, part: str, most: int = _SMALL_PART_BYTES) -> Element:
    """A part as a tree.

    Raises:
        ValueError: it is larger than `most` bytes.
    """
    return fromstring(_content(archive, part, most), forbid_dtd=True)


def local(tag: str) -> str:
    """An element's name without its namespace, of which there are two (transitional and strict)."""
    return tag.rpartition("}")[2]


@lru_cache(maxsize=256)
def element_name(name: str) -> str:
    """The same for the names that `stream` hands on."""
    return name.rpartition(" ")[2]


def stream(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Read a part in one pass, without a tree."""

    def no_document_type(*_: object) -> None:
        raise DocumentTypeError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = no_document_type
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    with archive.open(part) as file:
        # In large pieces: the parser scans an unfinished comment or tag from its beginning for every piece.
        while piece := file.read(_PIECE):
            parser.Parse(piece, False)
    parser.Parse(b"", True)
