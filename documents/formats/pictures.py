"""Pictures of a page: charts for Word, set by the typesetter in the faces of all else, and what was handed in."""

import io
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from documents.formats import standard as gb
from documents.formats.fonts import Typeface
from documents.formats.raster import bare_raster, read_raster
from documents.page import Picture
from domain.base import Refusal, refuse
from eventlog.attachments import kept_file

_DOTS = 200.0
"""To the inch; the width of 版心 is then 1,180 dots."""
_SHEET = """#set page(width: float(sys.inputs.width) * 1mm, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)
"""
_WIDEST, _HIGHEST = gb.TEXT[0] * 0.8, 80.0
"""Millimetres of a picture: two stand on a face."""
_MOST_DOTS = 64_000_000
"""A telephone takes 50 million; the typesetter needs four bytes for each."""
_TURNS = {3: 180, 6: 90, 8: 270}
"""How far a camera that was held otherwise turned a picture, in degrees (EXIF orientation)."""
_MIRRORED = {2: 0, 4: 180, 5: 270, 7: 90}
"""The same where it shows its left on the right, as a phone takes a picture of who holds it."""


def png_of_chart(svg: str, typeface: Typeface) -> bytes:
    """A chart as the bytes of a picture for Word, the same for the same chart and faces.

    Raises:
        Refusal: `fonts_missing`.
    """
    return _drawn(svg, gb.TEXT[0], typeface)


def _drawn(svg: str, width: float, typeface: Typeface | None = None) -> bytes:
    """A drawing so many millimetres wide, as a .png."""
    from typst import Compiler  # noqa: PLC0415  (only who draws needs the typesetter)

    inputs = {"svg": svg, "width": f"{width:.2f}"}
    compiler = Compiler(font_paths=typeface.found if typeface else [])
    made = compiler.compile(_SHEET.encode(), format="png", ppi=_DOTS, sys_inputs=inputs)
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
    mirrored: bool = False
    """Whether left and right change places before it is turned."""

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
        mirror = " scale(-1 1)" if self.mirrored else ""
        middle, back = f"translate({wide / 2:g} {high / 2:g})", f"translate({-across / 2:g} {-down / 2:g})"
        turn = f' transform="{middle} rotate({self.turned}){mirror} {back}"' if self.turned or mirror else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
            f'<image href="{self.uri}" width="{across}" height="{down}"{turn}/></svg>'
        )


def photograph(home: Path | None, picture: Picture) -> Photograph:
    """A picture of a page, from what the home keeps.

    Raises:
        Refusal: `not_found`, when it is not there as it was handed in; `malformed`, when it is no picture, or not
            whole, or of more dots or other colours than can be printed.
    """
    if home is None:
        raise Refusal(f"图片“{picture.caption}”不在数据目录中", "not_found")
    data = kept_file(home, picture.sha256, picture.caption).read_bytes()
    remedy = "请退回这次反馈重传，或从 简报.toml 的动态内容里去掉“图片”后重新起草"
    raster = read_raster(data)
    if raster is None:
        raise Refusal(f"图片“{picture.caption}”读不出来；{remedy}", "malformed")
    wide, high = raster.size
    refuse(wide * high > _MOST_DOTS, f"图片“{picture.caption}”过大（{wide}×{high}像素）；{remedy}", "malformed")
    refuse(raster.inks, f"图片“{picture.caption}”是印刷用的四色（CMYK）图片，须另存为RGB；{remedy}", "malformed")
    turned, mirrored = _TURNS.get(raster.orientation, 0), False
    if picture.bare:
        data = bare_raster(data, raster)
        if raster.orientation in _MIRRORED:
            turned, mirrored = _MIRRORED[raster.orientation], True
    return Photograph(data, raster.kind, raster.size, turned, mirrored)


def picture_for_word(shown: Photograph) -> io.BytesIO:
    """As it was handed in; one that lies on its side, or is not read for Word as it is, is set anew and upright."""
    set_anew = shown.turned or shown.mirrored or not _read_for_word(shown.data)
    return io.BytesIO(_drawn(shown.svg, shown.width) if set_anew else shown.data)


def _read_for_word(data: bytes) -> bool:
    """A .jpg is read for Word only where it begins with JFIF or EXIF, as not every one does."""
    from docx.image.exceptions import UnrecognizedImageError  # noqa: PLC0415  (60 ms)
    from docx.image.image import Image  # noqa: PLC0415

    try:
        Image.from_blob(data)
    except (UnrecognizedImageError, ValueError, LookupError):
        return False
    return True
