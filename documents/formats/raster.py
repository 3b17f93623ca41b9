"""What a .jpg or .png says of itself: its dots, how the camera was held, and that it is whole. Nothing is decoded.

The typesetter fills what is missing of a photograph with grey, and a library for Word reads no further than the head.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a .jpg that say how large it is (ITU-T T.81, B.1.1.3): tables and an extension are not among them."""
_EXIF_SEGMENT, _SCAN, _END = 0xE1, 0xDA, b"\xff\xd9"
_APPLICATION, _COMMENT = 0xE0, 0xFE
"""The first of the markers under which programs write what they like, and the last: a comment."""
_JFIF, _PROFILE, _ADOBE = (0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe")
"""What of that says how the dots are to be seen: by its marker and how it begins."""
_JFIF_BEGINS, _ADOBE_ENDS = 12, 12
"""Bytes of a JFIF before the size of the smaller picture it may carry, and of Adobe's colours."""
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""Within the dots: stuffed bytes and restarts (T.81, F.1.2.3) are dots."""
_TABLES = frozenset({0xC4, 0xCC, *range(0xDA, 0xDE)})
"""What may stand between two scans and says how long it is."""
_SEEN_PARTS = frozenset(
    {b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs"}
)
"""Parts of a .png that say how its dots are to be seen, beside those that are needed (PNG 5.4)."""
_INKS = 4
_EXIF, _ORIENTATION, _MOST_ENTRIES = b"Exif\0\0", 0x0112, 64


class Raster(NamedTuple):
    """A picture of dots."""

    kind: Literal["jpeg", "png"]
    size: tuple[int, int]
    """In dots, as it is stored."""
    orientation: int = 1
    """How the camera was held, as it says (EXIF 0x0112); 1 is upright."""
    inks: bool = False
    """Of the four inks of a press (CMYK), which the typesetter draws wrong."""


def read_raster(data: bytes) -> Raster | None:
    """A .jpg or .png; None when it is neither, or breaks off, or was altered on its way."""
    raster = _jpeg(data) if data.startswith(_JPEG) else _png(data) if data.startswith(_PNG) else None
    return raster if raster and all(raster.size) else None


def _jpeg(data: bytes) -> Raster | None:
    size, orientation, colours = (0, 0), 1, 0
    for marker, content, after in _segments(data):
        if marker in _FRAMES:
            size, colours = (_number(content[3:5]), _number(content[1:3])), _number(content[5:6])
        elif marker == _EXIF_SEGMENT and content.startswith(_EXIF):
            orientation = _orientation(content[len(_EXIF) :])
        elif marker == _SCAN:
            # A small picture within the EXIF has an end of its own, and what a phone puts behind may hold any bytes.
            whole = data.find(_END, after) >= 0
            return Raster("jpeg", size, orientation, inks=colours == _INKS) if whole else None
    return None


def bare_raster(data: bytes, raster: Raster) -> bytes:
    """The picture alone, dot for dot; how the camera was held stays said.

    Nothing of where, when and by which camera it was taken, no smaller picture of before it was cut, nothing behind
    its end, where a phone puts a film.
    """
    return _bare_jpeg(data, raster.orientation) if raster.kind == "jpeg" else _bare_png(data)


def _bare_jpeg(data: bytes, orientation: int) -> bytes:
    jfif, tables, scans = b"", [], b""
    for marker, content, after in _segments(data):
        if marker == _SCAN:
            scans = _segment(marker, content) + _scans(data, after) + _END
            break
        if _is_of_a_program(marker):
            content = _seen_by(marker, content)  # noqa: PLW2901  (the same, without what is beside it)
        if content and marker == _JFIF[0]:
            jfif = jfif or _segment(marker, content)
        elif content:
            tables.append(_segment(marker, content))
    # Either is read for Word only at the very beginning; JFIF wants to be first where it is.
    held = _held(orientation) if orientation != 1 or not jfif else b""
    return b"".join((data[:2], jfif, held, *tables, scans))


def _is_of_a_program(marker: int) -> bool:
    return _APPLICATION <= marker <= _COMMENT


def _seen_by(marker: int, content: bytes) -> bytes:
    """What a program's segment says of how the dots are to be seen, and nothing it carries beside; else empty."""
    for (at, name), most in ((_JFIF, _JFIF_BEGINS), (_PROFILE, None), (_ADOBE, _ADOBE_ENDS)):
        if marker == at and content.startswith(name):
            return content[:most] + (b"\0\0" if name == _JFIF[1] else b"")  # its smaller picture: none by none
    return b""


def _segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes((marker,)) + (len(content) + 2).to_bytes(2, "big") + content


def _held(orientation: int) -> bytes:
    """An EXIF of how the camera was held and nothing else (TIFF 6: one entry, a SHORT)."""
    entry = _ORIENTATION.to_bytes(2, "big") + b"\0\x03" + b"\0\0\0\x01" + orientation.to_bytes(2, "big") + b"\0\0"
    exif = _EXIF + b"MM\0*\0\0\0\x08" + b"\0\x01" + entry + b"\0\0\0\0"
    return _segment(_EXIF_SEGMENT, exif)


def _scans(data: bytes, at: int) -> bytes:
    """The dots up to the end of the picture: a progressive one has several scans, with tables between them."""
    kept, begins = [], at
    while (mark := _MARKER.search(data, at)) and mark[0] != _END:
        at, marker = mark.end(), mark[1][0]
        if marker in _TABLES or _is_of_a_program(marker):
            at += _number(data[at : at + 2])
        if _is_of_a_program(marker):
            kept.append(data[begins : mark.start()])
            begins = at
    return b"".join((*kept, data[begins : mark.start() if mark else len(data)]))


def _bare_png(data: bytes) -> bytes:
    """Parts that draw it stay; whatever else programs put beside them goes: notes, an EXIF, a smaller picture."""
    at, kept = len(_PNG), [_PNG]
    while chunk := data[at : at + 12 + _number(data[at : at + 4])]:
        kind = chunk[4:8]
        if kind[:1].isupper() or kind in _SEEN_PARTS:
            kept.append(chunk)
        if kind == b"IEND":
            break
        at += len(chunk)
    return b"".join(kept)


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The marked parts of a .jpg as far as the dots begin: marker, what it holds, where it ends."""
    at = 2
    while data[at : at + 1] == b"\xff":
        marker, length = data[at + 1 : at + 2], _number(data[at + 2 : at + 4])
        if marker == b"\xff":  # may stand before any marker
            at += 1
            continue
        if not marker or length < 2:  # noqa: PLR2004  (a length counts its own two bytes)
            return
        yield marker[0], data[at + 4 : at + 2 + length], at + 2 + length
        at += 2 + length


def _orientation(exif: bytes) -> int:
    order: Literal["little", "big"] = "little" if exif[:2] == b"II" else "big"

    def number(place: int, size: int) -> int:
        return int.from_bytes(exif[place : place + size], order)

    first = number(4, 4)
    entries = (first + 2 + 12 * n for n in range(min(number(first, 2), _MOST_ENTRIES)))
    return next((number(entry + 8, 2) for entry in entries if number(entry, 2) == _ORIENTATION), 1)


def _png(data: bytes) -> Raster | None:
    at, size = len(_PNG), (0, 0)
    while chunk := data[at + 4 : at + 8 + _number(data[at : at + 4])]:
        kind, summed = chunk[:4], at + 4 + len(chunk)
        # Parts in capitals are needed (PNG 5.4); a damaged note about the picture harms nobody.
        if kind[:1].isupper() and zlib.crc32(chunk) != _number(data[summed : summed + 4]):
            return None
        if kind == b"IHDR":
            size = _number(chunk[4:8]), _number(chunk[8:12])
        if kind == b"IEND":
            return Raster("png", size)
        at = summed + 4
    return None


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
