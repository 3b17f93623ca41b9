"""What a .jpg or .png says of itself: its dots, how the camera was held, and that it is whole. Nothing is decoded.

The typesetter fills what is missing of a photograph with grey, and a library for Word reads no further than the head.
"""

import zlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a .jpg that say how large it is (ITU-T T.81, B.1.1.3): tables and an extension are not among them."""
_EXIF_SEGMENT, _SCAN, _END = 0xE1, 0xDA, b"\xff\xd9"
_APPLICATION, _COMMENT = 0xE0, 0xFE
"""The first of the markers under which programs write what they like, and the last: a comment."""
_SEEN_BY = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
"""What of that says how the dots are to be seen: by its marker and how it begins."""
_RESTARTS = (0xD0, 0xD7)
_NOTES = frozenset({b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf"})
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
    begin, scans = [data[:2]], b""
    if orientation != 1:
        begin.append(_held(orientation))
    for marker, content, after in _segments(data):
        head = b"\xff" + bytes((marker,)) + (len(content) + 2).to_bytes(2, "big") + content
        if marker == _SCAN:
            scans = head + data[after : _end_of_scans(data, after)] + _END
            break
        of_a_program = _APPLICATION <= marker <= _COMMENT
        if not of_a_program or any(marker == at and content.startswith(name) for at, name in _SEEN_BY):
            begin.append(head)
    # JFIF wants to be first where it is; then how the camera was held.
    jfif = [part for part in begin[1:] if part[1] == _APPLICATION]
    rest = [part for part in begin[1:] if part[1] != _APPLICATION]
    return b"".join((begin[0], *jfif, *rest, scans))


def _held(orientation: int) -> bytes:
    """An EXIF of how the camera was held and nothing else (TIFF 6: one entry, a SHORT)."""
    entry = _ORIENTATION.to_bytes(2, "big") + b"\0\x03" + b"\0\0\0\x01" + orientation.to_bytes(2, "big") + b"\0\0"
    exif = _EXIF + b"MM\0*\0\0\0\x08" + b"\0\x01" + entry + b"\0\0\0\0"
    return b"\xff" + bytes((_EXIF_SEGMENT,)) + (len(exif) + 2).to_bytes(2, "big") + exif


def _end_of_scans(data: bytes, at: int) -> int:
    """Where the picture ends: a progressive one has several scans, with tables between them."""
    while (mark := data.find(b"\xff", at)) >= 0:
        marker = data[mark + 1 : mark + 2]
        if not marker or marker == _END[1:]:
            return mark
        within = marker[0] == 0 or _RESTARTS[0] <= marker[0] <= _RESTARTS[1] or marker == b"\xff"
        at = mark + (1 if marker == b"\xff" else 2 if within else 2 + _number(data[mark + 2 : mark + 4]))
    return len(data)


def _bare_png(data: bytes) -> bytes:
    """Parts that draw it stay; notes about it (text, time, EXIF) go."""
    at, kept = len(_PNG), [_PNG]
    while chunk := data[at : at + 12 + _number(data[at : at + 4])]:
        kind = chunk[4:8]
        if kind not in _NOTES:
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
