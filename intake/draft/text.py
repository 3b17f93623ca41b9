"""Text as the rules see it: folded to one way of writing, with every character knowing where in the source it stood."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from opencc import OpenCC


class Span(NamedTuple):
    """A place in the source text: from `start` to before `end`."""

    start: int
    end: int


_BRACKETS = str.maketrans("()[]〔〕【】［］﹙﹚⟦⟧", "（）（）（）（）（）（）（）")
_PUNCTUATION = {",": "，", ":": "：", ";": "；", "﹐": "，", "﹔": "；", "﹕": "：", "．": ".", "﹒": ".", "！": "！"}
_DASHES = dict.fromkeys("‐‑‒–−﹣－", "-")
_TILDES = dict.fromkeys("～∼〜", "~")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)(?:，(?=\d{3}(?!\d))|：(?=\d\d(?!\d|月|年|日|个|所|家)))")
"""1，200 and 9：30; not 任务3：2026年."""
_INVISIBLE = frozenset(map(chr, (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD)))
_LEFT_OUT = re.compile(rf"[\s*{''.join(map(re.escape, sorted(_INVISIBLE)))}]")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]")


@lru_cache(maxsize=1)
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


def _fold_one(char: str) -> str:
    """One character for one, so that places stay: width, brackets, commas, dashes, traditional forms."""
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    if char in _DASHES:
        return _DASHES[char]
    if char in _TILDES:
        return _TILDES[char]
    bracket = char.translate(_BRACKETS)
    if bracket != char:
        return bracket
    if "！" <= char <= "～" and (char.isalnum() or unicodedata.normalize("NFKC", char) in "%./+"):
        return unicodedata.normalize("NFKC", char)
    if char == "﹪":
        return "%"
    if "㐀" <= char <= "鿿":
        simple = _to_simplified().convert(char)
        return simple if len(simple) == 1 else char
    return char


class _Folding(dict[int, str]):
    """A table for `str.translate` that fills itself with the characters it meets."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_one(chr(code))
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The text in the one way of writing that the rules know; as long as it was."""
    folded = text.translate(_FOLDING)
    if "，" not in folded and "：" not in folded:
        return folded
    return _BETWEEN_DIGITS.sub(lambda found: "," if found.group() == "，" else ":", folded)


@dataclass(frozen=True, slots=True)
class View:
    """A stretch of the source without what does not belong to its words (blanks, line breaks, emphasis marks).

    `raw` is what was written, `text` the same folded, `at` the place of each character in the source. `gaps` holds the
    positions before which a blank was left out: between names it may be the only separator.
    """

    raw: str
    text: str
    at: Sequence[int]
    gaps: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """How many characters the rules see."""
        return len(self.text)

    def __bool__(self) -> bool:
        """Whether there is anything to see."""
        return bool(self.text)

    def cut(self, start: int, end: int | None = None) -> "View":
        """The part from `start` to before `end`."""
        last = len(self.text) if end is None else end
        gaps = frozenset(g - start for g in self.gaps if start < g < last) if self.gaps else self.gaps
        return View(self.raw[start:last], self.text[start:last], self.at[start:last], gaps)

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Where the part from `start` to before `end` stands in the source."""
        last = len(self.text) if end is None else end
        if start >= last:
            place = self.at[start] if start < len(self.at) else (self.at[-1] + 1 if self.at else 0)
            return Span(place, place)
        return Span(self.at[start], self.at[last - 1] + 1)

    def strip(self, chars: str = " 　") -> "View":
        """Without these characters at either end."""
        start = len(self.text) - len(self.text.lstrip(chars))
        end = len(self.text.rstrip(chars))
        return self.cut(min(start, end), end)


NOTHING = View("", "", ())


def joined(views: Iterable[View]) -> View:
    """Stretches put together, in the order given; where they meet, no gap is assumed."""
    raw, text, at, gaps, length = list[str](), list[str](), list[int](), set[int](), 0
    for view in views:
        raw.append(view.raw)
        text.append(view.text)
        at.extend(view.at)
        gaps.update(g + length for g in view.gaps)
        length += len(view)
    return View("".join(raw), "".join(text), at, frozenset(gaps))


def view(source: str, start: int, end: int, *, marks: str = "*") -> View:
    """The stretch of the source, its blanks and emphasis marks left out (a blank between Latin words stays)."""
    stretch = source[start:end]
    if not _LEFT_OUT.search(stretch):
        return View(stretch, fold(stretch), range(start, start + len(stretch)))
    raw, at, gaps = list[str](), list[int](), set[int]()
    blank = False
    for place in range(start, end):
        char = source[place]
        if char.isspace() or char in _INVISIBLE:
            blank = blank or char not in _INVISIBLE
            continue
        if char in marks and (source[max(start, place - 1) : place] == char or source[place + 1 : place + 2] == char):
            continue
        if blank and raw:
            if _ASCII_WORD.match(raw[-1]) and _ASCII_WORD.match(char):
                raw.append(" ")
                at.append(place - 1)
            else:
                gaps.add(len(raw))
        blank = False
        raw.append(char)
        at.append(place)
    written = "".join(raw)
    return View(written, fold(written), at, frozenset(gaps))
