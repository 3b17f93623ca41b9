"""From a file to its text and tables. What cannot be read is refused in one line that says what to do."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from domain.base import refuse_always
from intake.draft.shape.source import Source
from sheets.input_file import opened_file


def read_source(path: Path) -> Source:
    """The text and tables of a .txt, .md, .csv, .docx, .xlsx or .pdf file.

    Raises:
        Refusal: `not_found` when there is no such file, `malformed` when it cannot be read.
    """
    with opened_file(path):
        pass  # what is no file is told so, whatever its name ends in
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        old = path.suffix.lower() in (".doc", ".wps", ".xls", ".et", ".rtf")
        how = "请另存为 .docx 或 .xlsx 后再读" if old else "只能读 .txt .md .csv .docx .xlsx .pdf"
        refuse_always(f"{path.name} 的格式读不了，{how}", "malformed")
    # Imported when it is needed: a text does not wait for the PDF reader.
    read: Callable[[Path], Source] = import_module(f"intake.draft.readers.{reader}").read
    return read(path)


_READERS = {
    ".txt": "plain",
    ".md": "plain",
    ".markdown": "plain",
    ".csv": "commas",
    ".docx": "word",
    ".docm": "word",
    ".dotm": "word",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xltm": "excel",
    ".xlsb": "excel",
    ".pdf": "pdf",
}
"""Which module here reads which kind; files with macros are refused by theirs."""
