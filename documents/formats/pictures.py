"""Pictures of a page: charts for Word, set by the typesetter in the faces of all else, and what was handed in."""

import io
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from documents.formats import standard as gb
from documents.formats.fonts import Typeface
from documents.page import Picture
from domain.base import Refusal, refuse
from eventlog.attachments import kept_file

_DOTS = 200.0
"""To the inch; the width of 版心 is then 1,180 dots."""
_SHEET = """#set page(width: 156mm, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)
"""
_WIDEST, _HIGHEST = gb.TEXT[0] * 0.8, 80.0
"""Millimetres of a picture: two stand on a face."""
_KINDS = {"image/jpeg": "jpeg", "image/png": "png"}
_TURNS = {3: 180, 6: 90, 8: 270}
"""How far a camera that was held otherwise turned a picture, in degrees (EXIF orientation)."""


def png_of_chart(svg: str, typeface: Typeface) -> bytes:
    """A chart as the bytes of a picture for Word, the same for the same chart and faces.

    Raises:
        Refusal: `fonts_missing`.
    """
    from typst import Compiler  # noqa: PLC0415  (only who draws needs the typesetter)

    made = Compiler(font_paths=typeface.found).compile(
        _SHEET.encode(), format="png", ppi=_DOTS, sys_inputs={"svg": svg}
    )
    return made if isinstance(made, bytes) else b"".join(made or ())


@dataclass(frozen=True)
class Photograph:
    """The bytes of a picture that was handed in, how large it is shown, and whether it lies on its side."""

    data: bytes
    kind: str
    """jpeg or png."""
    size: tuple[int, int]
    """In dots, as it is stored."""
    turned: int
    """Degrees by which it is turned to stand upright."""

    @property
    def upright(self) -> tuple[int, int]:
        """In dots, as it is seen."""
        return self.size[::-1] if self.turned in (90, 270) else self.size

    @property
    def width(self) -> float:
        """Millimetres it is printed wide."""
        wide, high = self.upright
        return min(_WIDEST, _HIGHEST * wide / high)

    @property
    def uri(self) -> str:
        """For a page that needs nothing beside it."""
        return f"data:image/{self.kind};base64,{b64encode(self.data).decode()}"

    @property
    def svg(self) -> str:
        """Upright, as a drawing the typesetter sets."""
        (wide, high), (across, down) = self.upright, self.size
        about = f"translate({wide / 2:g} {high / 2:g}) rotate({self.turned}) translate({-across / 2:g} {-down / 2:g})"
        turn = f' transform="{about}"' if self.turned else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
            f'<image href="{self.uri}" width="{across}" height="{down}"{turn}/></svg>'
        )


def photograph(home: Path | None, picture: Picture) -> Photograph:
    """A picture of a page, from what the home keeps.

    Raises:
        Refusal: `not_found`, when it is not there as it was handed in; `malformed`, when it is no picture.
    """
    if home is None:
        raise Refusal(f"图片“{picture.caption}”不在数据目录中", "not_found")
    data = kept_file(home, picture.sha256, picture.caption).read_bytes()
    kind, size = _kind_and_size(data)
    remedy = "请退回这次反馈重传，或从 简报.toml 的动态内容里去掉“图片”后重新起草"
    refuse(kind not in _KINDS or not all(size), f"图片“{picture.caption}”读不出来；{remedy}", "malformed")
    return Photograph(data, _KINDS[kind], size, _TURNS.get(_orientation(data), 0))


def _kind_and_size(data: bytes) -> tuple[str, tuple[int, int]]:
    """What Word will take a picture for, and its dots; nothing when it would not take it."""
    from docx.image.exceptions import (  # noqa: PLC0415  (60 ms)
        InvalidImageStreamError,
        UnexpectedEndOfFileError,
        UnrecognizedImageError,
    )
    from docx.image.image import Image  # noqa: PLC0415

    broken = (InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError, ValueError, LookupError)
    try:
        read = Image.from_blob(data)
    except broken:
        return "", (0, 0)
    return read.content_type, (read.px_width, read.px_height)


def picture_for_word(shown: Photograph, typeface: Typeface) -> io.BytesIO:
    """As it was handed in; one that lies on its side is set upright, for Word does not turn it."""
    return io.BytesIO(png_of_chart(shown.svg, typeface) if shown.turned else shown.data)


def _orientation(jpeg: bytes) -> int:
    """How the camera was held, as it says (EXIF 0x0112); 1 when it says nothing that can be read."""
    at = jpeg.find(b"Exif\0\0", 0, 64 * 1024) + 6
    if at < len(b"Exif\0\0"):
        return 1
    order: Literal["little", "big"] = "little" if jpeg[at : at + 2] == b"II" else "big"

    def number(place: int, size: int) -> int:
        return int.from_bytes(jpeg[at + place : at + place + size], order)

    first = number(4, 4)
    entries = (first + 2 + 12 * n for n in range(min(number(first, 2), 64)))
    return next((number(entry + 8, 2) for entry in entries if number(entry, 2) == _ORIENTATION), 1)


_ORIENTATION = 0x0112
