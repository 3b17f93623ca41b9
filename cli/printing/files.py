"""Writing a page to the file somebody asked for, in the format its ending says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.session import Problem, session

if TYPE_CHECKING:
    from documents.formats.press import Press
    from documents.page import Page

ENDINGS = (".docx", ".pdf", ".html", ".md")
OutOption = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="FILE", help="写成文件（.docx、.pdf、.html 或 .md）；不写则显示"),
]


def press() -> "Press":
    """The faces and templates this office has."""
    from documents.formats.fonts import Typeface
    from documents.formats.press import LAYOUT, Press
    from documents.formats.templates import template

    return Press(Typeface(session.settings.font_folders), template(LAYOUT, session.settings.template_folder))


def check_ending(out: Path | None) -> None:
    """Before anything is computed or recorded.

    Raises:
        Problem: `malformed`, when no page can be written to such a file.
    """
    if out is not None and out.suffix.lower() not in ENDINGS:
        raise Problem(f"“{out.name}”的格式不能写，请用 {'、'.join(ENDINGS)}", "malformed")


def write_page(page: "Page", out: Path) -> None:
    """The page as that file, in the format its ending says."""
    check_ending(out)
    out.write_bytes(press().printed(page, out.suffix.lower().removeprefix(".")))
