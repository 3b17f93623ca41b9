"""From a file to its text and tables. What cannot be read is refused in one line that says what to do."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from domain.base import refuse, refuse_always
from plans.archive import MAX_FILE_BYTES
from plans.draft.shape.source import Source


def read_source(path: Path) -> Source:
    """The text and tables of a .txt, .md, .docx, .xlsx or .pdf file.

    Raises:
        Refusal: `not_found` when there is no such file, `malformed` when it cannot be read.
    """
    refuse(not path.exists(), f"找不到文件 {path}", "not_found")
    refuse(not path.is_file(), f"{path} 不是文件", "malformed")
    size = path.stat().st_size
    refuse(size > MAX_FILE_BYTES, f"{path.name} 有 {size / 2**20:.0f} MB，超过 20 MB，请拆分后再读", "malformed")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        old = path.suffix.lower() in (".doc", ".wps", ".xls", ".et", ".rtf")
        how = "请另存为 .docx 或 .xlsx 后再读" if old else "只能读 .txt .md .docx .xlsx .pdf"
        refuse_always(f"{path.name} 的格式读不了，{how}", "malformed")
    # Imported when it is needed: a text does not wait for the PDF reader.
    read: Callable[[Path], Source] = import_module(f"plans.draft.readers.{reader}").read
    return read(path)


_READERS = {
    ".txt": "plain",
    ".md": "plain",
    ".markdown": "plain",
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
