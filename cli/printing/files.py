"""Writing a page to the file somebody asked for, in the format its ending says."""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.session import Problem, session
from domain.base import Refusal
from domain.bounds import seen
from sheets.file_errors import unwritable_file

if TYPE_CHECKING:
    from documents.formats.press import Press
    from documents.page import Page

ENDINGS = (".docx", ".pdf", ".html", ".md")
OutOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        metavar="FILE",
        help="写成这个文件，格式看扩展名（.docx、.pdf、.html 或 .md）；不写则显示在屏幕上",
    ),
]


def office_press() -> "Press":
    """The press with the faces and templates this office has."""
    from services.press import press_by

    return press_by(session.settings)


def check_output_file(out: Path | None, endings: Sequence[str] = ENDINGS) -> None:
    """Refuse a file to print to (`-o`) that cannot be written, before a number is taken that nobody can take back.

    Raises:
        Problem: `malformed`, when nothing can be written to such a file.
        Refusal: `unwritable` or `disk_full`, when no file can be made there.
    """
    if out is None:
        return
    if out.suffix.lower() not in endings:
        *others, last = endings
        allowed = f"{'、'.join(others)} 或 {last}" if others else last
        raise Problem(f"{out} 应是 {allowed} 文件", "malformed")
    check_place(out)


def check_place(out: Path) -> None:
    """Refuse a place where no file can be printed: a folder's place, or a FIFO nobody reads.

    Raises:
        Refusal: `unwritable` or `disk_full`.
    """
    try:
        _must_be_regular(out)
        new = not os.path.lexists(out)
        out.open("ab").close()
        if new:
            out.unlink()
    except ValueError as error:
        raise Refusal(f"文件名“{seen(str(out))[:40]}”不合用", "unwritable") from error
    except OSError as error:
        raise unwritable_file(out, error) from error


def write_output_file(out: Path, data: bytes) -> None:
    """Write the printed bytes to the file somebody asked for.

    Raises:
        Refusal: `unwritable` or `disk_full`.
    """
    try:
        _must_be_regular(out)
        out.write_bytes(data)
    except OSError as error:
        raise unwritable_file(out, error) from error


def _must_be_regular(out: Path) -> None:
    """Opening a FIFO waits for whoever reads it, and a device swallows what it is given."""
    there = os.path.lexists(out) and out.exists()
    if there and not out.is_dir() and not stat.S_ISREG(out.stat().st_mode):
        raise Refusal(f"{out} 不是普通文件，写不了；请换一个文件名", "unwritable")


def write_page(page: "Page", out: Path) -> None:
    """Print a page to the file somebody asked for, in the format its ending says."""
    write_output_file(out, office_press().printed(page, _kind_of(out)))


def write_copy(number: str, files: Mapping[str, Path], out: Path) -> None:
    """Copy an issued file, byte for byte, in the format the ending of the copy's name says.

    Raises:
        Refusal: `unwritable` or `disk_full`, saying that it is issued all the same.
    """
    try:
        write_output_file(out, files[_kind_of(out)].read_bytes())
    except Refusal as refusal:
        raise Refusal(f"{number} 已签发并成文，但副本 {refusal.message}", refusal.code) from refusal


def _kind_of(out: Path) -> str:
    """docx, pdf, html or md."""
    return out.suffix.lower().removeprefix(".")
