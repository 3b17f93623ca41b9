"""What a person means by an edited cell: points by number, a progress and its words. Punctuation stays as written."""

import re

from sheets.table import Column

_NUMBERED = re.compile(r"(\d{1,3})\s*[.．、](?!\d)\s*(.*)")
_REMARK = re.compile(r"\s*[（(][^（）()]*[）)]$")
_PROGRESS = re.compile(r"(\d{1,3})\s*[%％](?:[（(][^（）()\n]*反馈[）)])?[;；,，、。\s]*(.*)", re.DOTALL)


def points_of(column: Column, text: str) -> list[tuple[int | None, str]]:
    """Lines such as `2. 完成图审`: number (None when there is none) and text; of 节点 without the table's remark."""
    points: list[tuple[int | None, str]] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        content = _REMARK.sub("", line) if column is Column.DATES else line
        match = _NUMBERED.fullmatch(content)
        points.append((int(match[1]), match[2].strip()) if match else (None, content))
    return points


def progress_of(text: str) -> tuple[int | None, str]:
    """`60%` and the words after it; None when no percentage stands in front."""
    match = _PROGRESS.fullmatch(text.strip())
    return (int(match[1]), match[2].strip()) if match else (None, text.strip())
