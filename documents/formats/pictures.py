"""A chart as a picture, for Word: set by the typesetter, in the faces of everything else."""

from documents.formats.fonts import Typeface

_DOTS = 200.0
"""To the inch; the width of 版心 is then 1,180 dots."""
_SHEET = """#set page(width: 156mm, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)
"""


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
