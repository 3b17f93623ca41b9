"""Files as people send them, written to a temporary folder."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

Sheets = dict[str, Sequence[Sequence[object]]]


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write an .xlsx with the given sheets; `edit` may change the openpyxl workbook before it is saved."""

    def write(sheets: Sheets, edit: Callable[[Workbook], None] | None = None, name: str = "来件.xlsx") -> Path:
        book = Workbook()
        book.remove(book.worksheets[0])
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        if edit:
            edit(book)
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def repack(tmp_path: Path) -> Callable[..., Path]:
    """Write a copy of an archive with parts replaced, added or (None) left out."""

    def rewrite(path: Path, parts: dict[str, bytes | None], name: str = "改过.xlsx") -> Path:
        target = tmp_path / name
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                if info.filename not in parts:
                    new.writestr(info, old.read(info))
            for part, content in parts.items():
                if content is not None:
                    new.writestr(part, content)
        return target

    return rewrite
