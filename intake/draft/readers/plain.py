"""Plain text, in the encodings that Chinese offices write."""

from pathlib import Path

from domain.base import refuse
from intake.draft.shape.grids import text_tables
from intake.draft.shape.source import Source
from sheets.budget import reading_budget
from sheets.input_file import MOST_BYTES, read_text

MAX_TEXT = 2_000_000
"""Characters of one document: a thousand pages."""


def read(path: Path) -> Source:
    """The text of a .txt or .md file: UTF-8, UTF-16 with its mark, or GB 18030."""
    with reading_budget(path.name, "文字"):
        return of_text(read_text(path, MOST_BYTES), path.name)


def of_text(text: str, name: str) -> Source:
    """A text with the tables drawn in it.

    Raises:
        Refusal: `malformed` when it is empty or too long.
    """
    refuse(not text.strip(), f"{name} 没有文字", "malformed")
    refuse(len(text) > MAX_TEXT, f"{name} 超过 {MAX_TEXT // 10_000} 万字，请拆分后再读", "malformed")
    return Source(text, text_tables(text))
