"""Plain text, in the encodings that Chinese offices write."""

from pathlib import Path

from domain.base import refuse, refuse_always
from plans.draft.shape.grids import text_tables
from plans.draft.shape.source import Source

MAX_TEXT = 2_000_000
"""Characters of one document: a thousand pages."""
_BINARY = 0.02


def read(path: Path) -> Source:
    """The text of a .txt or .md file: UTF-8, UTF-16 with its mark, or GB 18030."""
    return of_text(_decoded(path), path.name)


def of_text(text: str, name: str) -> Source:
    """A text with the tables drawn in it.

    Raises:
        Refusal: `malformed` when it is empty or too long.
    """
    refuse(not text.strip(), f"{name} 没有文字", "malformed")
    refuse(len(text) > MAX_TEXT, f"{name} 超过 {MAX_TEXT // 10_000} 万字，请拆分后再读", "malformed")
    return Source(text, text_tables(text))


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(ord(char) < 32 and char not in "\n\r\t\f\v" for char in text)  # noqa: PLR2004  (control characters)
        if odd <= _BINARY * len(text):
            return text
    return refuse_always(f"{path.name} 不是文本文件，或编码不是 UTF-8、GB18030", "malformed")
