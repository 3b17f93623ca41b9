"""From lines to paragraphs: page numbers and rules go, sentences broken over lines and pages come together again."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from intake.draft.rules import structure, words
from intake.draft.rules.responsibility import LABEL, SHORT_LABEL
from intake.draft.text import View, joined, view

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
_INDENT = re.compile(r"^(?:\u3000{2,}|[ \t]{4,}|\t)")
_RUNNING = re.compile(r"[。；！？]")
_MORE_TO_COME = re.compile(r"(?:[，、]|[的和与及]|（[^）]*)$")
_TAIL = re.compile(r"^[^，。；：（]{1,4}[。；]")
_SHORT = 30
_LONG = 45
_LEAST_WRAPPED = 3
_MOSTLY = 0.5
_NEARLY = 0.8
_LONGEST_BRACKET = 300
_LABEL_FORM = re.compile(r"^[一-鿿]{2,8}：")
"""A label by its form, below another label."""
_YEAR_CUT = re.compile(r"^\d{1,4}）")
"""The rest of a year in a bracket, 〔202 5〕, and no number of an item."""
_CLOSES_BRACKET = re.compile(r"^[^（）]*(?:（[^（）]*）[^（）]*)*）")
_COLUMNS_OFF = 4
_NARROWEST, _WIDEST = 24, 120
_REPEATED = 3


@dataclass(frozen=True, slots=True)
class SourceParagraph:
    """A paragraph as it was meant, on one line."""

    view: View


@dataclass(frozen=True, slots=True)
class Leftover:
    """A line that is no text of the document."""

    view: View
    why: str


@dataclass(frozen=True, slots=True)
class _Line:
    view: View
    indented: bool
    width: int
    after_blank: bool


_NUMBERED = re.compile(r"^(\d{1,3})(?:[、．](?!\d)|\.(?!\d)|(?P<glued>[.．、](?=\d)))")

_WANTS_A_NUMBER = re.compile(
    r"(?:达到?|为|约|近|超过?|增长|下降|突破|至|到|于|不低于|不少于|不超过|以内|面积|投资|完成|，|、)$"
)
"""A line that ends so goes on with a figure."""
_DECIMAL = re.compile(r"^\d{1,3}\.\d{1,3}(?:%|‰|[万亿倍元米吨亩]|个百分点|公里|平方|立方)")


def in_sequence(texts: Sequence[str]) -> frozenset[int]:
    """Which texts open with the number of an item although a digit follows it: 2.2026年…, 3.30个…, 1.2月底前….

    An outline number is known by its neighbours (1. before it, 3. after it), not by what follows; 1.5万吨 has none.
    """
    opened = [(n, match) for n, text in enumerate(texts) if (match := _NUMBERED.match(text))]
    sure: set[int] = set()
    for at, (n, match) in enumerate(opened):
        own = int(match[1])
        before = int(opened[at - 1][1][1]) if at else 0
        after = int(opened[at + 1][1][1]) if at + 1 < len(opened) else 0
        follows = at > 0 and before == own - 1 and (opened[at - 1][1]["glued"] is None or opened[at - 1][0] in sure)
        decimal = _DECIMAL.match(texts[n]) and n > 0 and _WANTS_A_NUMBER.search(texts[n - 1])
        again = own == 1 and any(
            int(each[1]) == 1 for _, each in opened[:at]
        )  # the numbers begin again below a heading
        opens = own == 1 and (after == 2 or again)  # noqa: PLR2004  (1. before 2.)
        if match["glued"] and (follows or opens) and not decimal:
            sure.add(n)
    return frozenset(sure)


def paragraphs(source: str, start: int, end: int) -> Iterator[SourceParagraph | Leftover]:
    """The paragraphs of a stretch of the source, and what was left out between them, in order."""
    lines = list(_lines(source, start, end))
    wrapped_at = _wrap_width(lines)
    running_heads = _running_heads(source, lines)
    numbered = in_sequence([line.view.text for line in lines])
    current: list[_Line] = []
    for n, line in enumerate(lines):
        why = _no_text(line, running_heads)
        if why:
            yield Leftover(line.view, why)
        elif current and n not in numbered and _goes_on(current, line, wrapped_at):
            current.append(line)
        else:
            if current:
                yield SourceParagraph(joined(each.view for each in current))
            current = [line]
    if current:
        yield SourceParagraph(joined(each.view for each in current))


def _lines(source: str, start: int, end: int) -> Iterator[_Line]:
    last = start
    for match in _LINE.finditer(source, start, end):
        seen = view(source, match.start(), match.end())
        if not seen:
            continue
        between = source[last : match.start()]
        width = sum(2 if ord(char) > 0x2E7F else 1 for char in match.group().rstrip())  # noqa: PLR2004  (wide scripts)
        yield _Line(seen, bool(_INDENT.match(match.group())), width, between.count("\n") > 1)
        last = match.end()


def _wrap_width(lines: list[_Line]) -> int | None:
    """The width at which the whole text was broken into lines; None when a line is a paragraph.

    A text was broken when its longest lines are alike, no longer than a page is wide, and end in mid-sentence.
    """
    widest = max((line.width for line in lines), default=0)
    full = [line for line in lines if line.width >= widest - _COLUMNS_OFF]
    broken = sum(not structure.TERMINAL.pattern.search(line.view.text) for line in full)
    wrapped = broken >= _LEAST_WRAPPED and broken >= _MOSTLY * len(full)
    return widest if _NARROWEST < widest <= _WIDEST and (wrapped or _only_after_full(lines, widest)) else None


def _only_after_full(lines: list[_Line], widest: int) -> bool:
    """Whether paragraphs are indented, and what is not follows a line that reaches the edge."""
    after = [before.width >= widest - _COLUMNS_OFF for before, line in pairwise(lines) if not line.indented]
    indented = sum(line.indented for line in lines)
    return bool(after) and indented >= _LEAST_WRAPPED and sum(after) >= _NEARLY * len(after)


def _running_heads(source: str, lines: list[_Line]) -> frozenset[str]:
    """Headers and footers of pages: the same short line next to a page break, again and again."""
    if "\f" not in source:
        return frozenset()
    beside: Counter[str] = Counter()
    for line in lines:
        first, last = line.view.at[0], line.view.at[-1]
        page_break = "\f" in source[max(0, first - 3) : first] or "\f" in source[last + 1 : last + 4]
        if page_break and len(line.view) <= _SHORT:
            beside[re.sub(r"\d+", "0", line.view.text)] += 1
    return frozenset(text for text, count in beside.items() if count >= _REPEATED)


def _no_text(line: _Line, running_heads: frozenset[str]) -> str:
    text = line.view.text
    if structure.PAGE_NUMBER.pattern.search(text):
        return "页码"
    if structure.RULE_LINE.pattern.search(text):
        return "分隔线"
    return "页眉页脚" if re.sub(r"\d+", "0", text) in running_heads else ""


def begins_something(line: View) -> bool:
    """Whether a line opens a chapter, an item, a label or the like, so that it cannot go on from the line before."""
    text = line.text
    if 1 in line.gaps and text[0] in "-•·":
        return True
    rules = (*structure.MARKERS, structure.BULLET, structure.MARKDOWN, structure.ATTACHMENT, structure.SIGNATURE_DATE)
    schedule = structure.SCHEDULE_HEADING.pattern.match(text) or structure.SCHEDULE_LINE.pattern.match(text)
    if schedule:
        return True
    if any(r.pattern.match(text) for r in rules) or structure.END_MATTER.pattern.match(text):
        return True
    start = structure.ENUMERATION.pattern.match(text)
    label = (
        LABEL.pattern.match(text)
        or LABEL.pattern.match(text.lstrip("（"))
        or SHORT_LABEL.pattern.match(text.lstrip("（"))
    )
    return bool(start or label)


def _begins_sentence(text: str) -> bool:
    """Whether a line begins as a sentence of its own would: with an order, or with what may stand before one."""
    first = re.split(r"[，。；：]", text)[0]
    return bool(words.STARTS_WITH_VERB.pattern.match(first) or words.LEADING_WORDS.pattern.match(text))


def _is_marked(text: str) -> bool:
    return any(rule.pattern.match(text) for rule in structure.MARKERS)


def _in_bracket(lines: Sequence[_Line]) -> bool:
    """Whether the last bracket that was opened is not closed yet."""
    text = "".join(line.view.text for line in lines)[-_LONGEST_BRACKET:]
    return text.count("（") > _YEAR_CUT.sub("", text).count("）")


def _goes_on(current: list[_Line], line: _Line, wrapped_at: int | None) -> bool:
    """Whether `line` goes on with the sentence that the lines before it left unfinished."""
    text, last = line.view.text, current[-1]
    full = wrapped_at is not None and last.width >= wrapped_at - _COLUMNS_OFF
    if (
        _in_bracket(current)
        and (full or _CLOSES_BRACKET.match(text))
        and (_YEAR_CUT.match(text) or not _is_marked(text))
    ):
        return True
    if begins_something(line.view) or (line.indented and not last.indented):
        return False
    if full and current[0].indented and not line.indented:
        return True
    if LABEL.pattern.match(current[0].view.text) and _LABEL_FORM.match(text):
        return False
    if structure.TERMINAL.pattern.search(last.view.text):
        return False
    if _MORE_TO_COME.search(last.view.text):
        return True
    if LABEL.pattern.match(current[0].view.text) or wrapped_at is not None:
        return full
    return _is_rest(current, line)


def _is_rest(current: list[_Line], line: _Line) -> bool:
    """Whether a line of a text that nobody broke at a width is the rest of the sentence before it."""
    text, before = line.view.text, current[-1].view.text
    if _TAIL.match(text) and not line.after_blank:
        return True
    item = any(rule.pattern.match(current[0].view.text) for rule in structure.MARKERS[3:])
    if item and "，" in before and not line.after_blank and not _begins_sentence(text):
        return True
    running = any(_RUNNING.search(each.view.text) for each in current) or len(before) >= _LONG
    sentence = structure.TERMINAL.pattern.search(text) or len(text) > _SHORT or "，" in text
    return bool(running and sentence)
