"""Where lines stand that are neither flush nor full: the same in the .pdf and the .docx."""

import re
from itertools import count, pairwise
from math import ceil, inf

from documents.formats import standard as gb
from documents.formats.templates import Template
from documents.formats.title_words import words_of_title
from documents.page import Layout, Page, Subheading
from documents.wording import full_date, numeral

_DATE_FROM_RIGHT = 4.0
_WITHIN = 0.96
_SMALLEST_MARK = 32.0


def _text_width(text: str, latin: float = 0.5) -> float:
    """In characters: what is ASCII takes half of one."""
    return sum(latin if c.isascii() else 1.0 for c in text)


def numbered_item(n: int, item: str) -> str:
    """A page's list item with its number, 1.…; before a figure with a space, or 3.12月 is read for 3 and 12 月."""
    return f"{n}. {item}" if item[:1].isdigit() else f"{n}.{item}"


def headings_of_page(page: Page) -> tuple[str, ...]:
    """一、总体情况 of each section, in order.

    Empty for the only one, about which the title of the page says enough, and for an opening, which has no title.
    """
    numbers = count(1)
    named = len(page.sections) > 1
    return tuple(f"{numeral(next(numbers))}、{one.title}" if named and one.title else "" for one in page.sections)


def outline_of_page(page: Page) -> tuple[tuple[int, str], ...]:
    """The lines of a page's 目录, in order: sections (1), what stands under them (2), 附表 (1)."""
    headings: list[tuple[int, str]] = []
    for one, heading in zip(page.sections, headings_of_page(page), strict=True):
        if heading:
            headings.append((1, heading))
        heads = [block.text for block in one.blocks if isinstance(block, Subheading)]
        headings += [(2, f"（{numeral(n)}）{text}") for n, text in enumerate(heads, start=1)]
    return (*headings, *((1, one.title) for one in page.appendices))


def roll_width(label: str) -> float:
    """The width of a label of the attendance (出席：), in characters, for the lines under it."""
    return _text_width(label) + 1


def largest_red_name(page: Page) -> float:
    """The largest size of a page's red name, in points."""
    return gb.NEWS_MARK if page.layout is Layout.NEWS else gb.MARK


def red_name_size(name: str, largest: float) -> tuple[float, float]:
    """The size of a page's red name in points, and how far it is squeezed to stand within 版心 in one line.

    A long name keeps a size above that of the title; its characters become narrow, as red heads are usually drawn.
    """
    room = gb.TEXT[0] * gb.MM * _WITHIN
    fits = room / max(_text_width(name), 1.0)
    size = min(largest, max(fits, _SMALLEST_MARK))
    return size, min(1.0, fits / size)


_HARDLY = 0.9
"""A name squeezed no further than this looks as it was drawn."""


def red_name_lines(page: Page, template: Template) -> list[str]:
    """A page's red name in one line, or in two where it would have to be squeezed: who issues, and what it is."""
    name, issuer = page.masthead, page.issuer
    # A form has no room for a second line.
    if template.former or page.form or red_name_size(name, largest_red_name(page))[1] >= _HARDLY:
        return [name]
    if name.startswith(issuer) and name != issuer:
        return [issuer, name.removeprefix(issuer)]
    pieces, widths = words_of_title(name), [_text_width(piece) for piece in words_of_title(name)]
    cuts = _even_cuts(pieces, widths, 2, sum(widths))
    return ["".join(pieces[: cuts[0]]), "".join(pieces[cuts[0] :])] if cuts else [name]


FIGURE = 0.56
"""Of a figure in a title, in characters: the open faces in place of 小标宋 set it a little wider than half of one."""


def broken_title(page: Page, template: Template, latin: float = FIGURE) -> list[str]:
    """A page's title in lines of about one length, no word cut in two (7.3.1: 回行时词意完整).

    `latin` is how wide a figure is counted; wider where nobody knows which face it will be set in.
    """
    if template.former:
        return title_lines(page.title, latin)
    pieces = words_of_title(page.title, page.names)
    widths = [_text_width(piece, latin) for piece in pieces]
    most = gb.TEXT[0] * gb.MM / gb.TITLE
    rows = ceil(sum(widths) / most)
    for lines in range(max(rows, 1), min(rows + 1, _MOST_LINES) + 1):
        cuts = _even_cuts(pieces, widths, lines, most)
        if cuts is not None:
            return ["".join(pieces[a:b]) for a, b in pairwise([0, *cuts, len(pieces)])]
    return title_lines(page.title, latin)


def _even_cuts(pieces: list[str], widths: list[float], lines: int, most: float) -> list[int] | None:
    """Where to cut so that the lines differ least, a mark at the end of one being worth a little; [] for one line."""
    even, end = sum(widths) / lines, len(pieces)
    best: dict[tuple[int, int], tuple[float, list[int]]] = {(0, 0): (0.0, [])}
    for line in range(1, lines + 1):
        for start in range(end):
            known = best.get((line - 1, start))
            if known is None:
                continue
            wide = 0.0
            for stop in range(start + 1, end + 1):
                wide += widths[stop - 1]
                if wide > most:
                    break
                spare = _SPARED if pieces[stop - 1][-1] in _PAUSES else 0.0
                spare += _DATED if _YEAR.match("".join(pieces[stop : stop + 2])) else 0.0
                cost = known[0] + (wide - even) ** 2 - spare
                if cost < best.get((line, stop), (inf, []))[0]:
                    best[line, stop] = cost, [*known[1], stop]
    cut = best.get((lines, end))
    return cut[1][:-1] if cut else None


_PAUSES, _SPARED, _DATED = "，、；：的和与及", 4.0, 15.0
"""Squares of characters the lines may differ by to end at a pause, or before a year."""


def title_lines(title: str, latin: float = FIGURE) -> list[str]:
    """A title cut into lines of about one length, no date or number cut in two, as layouts of before cut it.

    `latin` is how wide a figure is counted; wider where nobody knows which face it will be set in.
    """

    def wide(text: str) -> float:
        return _text_width(text, latin)

    most = gb.TEXT[0] * gb.MM / gb.TITLE
    lines = ceil(wide(title) / most)
    if lines > _MOST_LINES:
        return [title]  # no title any more: it is let run on
    even, rows, rest = wide(title) / max(lines, 1), list[str](), title
    for left in range(lines - 1, 0, -1):
        fits = [n for n in range(1, len(rest)) if wide(rest[:n]) <= most and wide(rest[n:]) <= most * left]
        if not fits:
            break
        cut = min(fits, key=lambda n: abs(wide(rest[:n]) - even) + _torn(rest[:n], rest[n:]))
        rows.append(rest[:cut])
        rest = rest[cut:]
    return [*rows, rest]


_HOLDS_NEXT = frozenset("“‘（《〔第")
_HOLDS_LAST = frozenset("”’）》〕，、。；：年月日期号件次项的")
_GOOD_END = frozenset("，、；：的至和与及年")
_YEAR = re.compile(r"\d{4}年")
_MOST_LINES = 6
_TORN, _TIED, _LOOSE = 50.0, 4.0, -2.5
"""Characters a line may be longer or shorter to spare, or to find, such a place."""


def _torn(line: str, rest: str) -> float:
    """What it costs to end a line here."""
    last, following = line[-1], rest[0]
    if last in _HOLDS_NEXT or following in _HOLDS_LAST or (last.isascii() and following.isascii()):
        return _TORN
    if _YEAR.match(rest):
        return _LOOSE
    if last.isdigit() or (following.isdigit() and last not in _GOOD_END):
        return _TIED
    return _LOOSE if last in _GOOD_END else 0.0


_FEW_ATTACHED = 3


def attached_lines(page: Page) -> list[str]:
    """What is attached to a page, numbered, each without a mark at its end (7.3.4); many run on, to save a face."""
    lines = [f"{n}. {title}" for n, title in enumerate(page.attached, 1)]
    return lines if len(lines) <= _FEW_ATTACHED else ["；".join(lines)]


def signature_lines(page: Page) -> list[tuple[str, float]]:
    """A page's signature: lines at the right below the text, each with its distance from the edge in characters.

    A paper is to be sealed: its date stands four characters from the edge, and who issues it above, in the middle of
    the date (7.3.5.1).
    """
    signer = [(f"签发：{page.signer}", 0.0)] if page.signer else []
    if page.layout not in (Layout.PAPER, Layout.LETTER):
        return signer
    date = full_date(page.on)
    issuer = max(_DATE_FROM_RIGHT + (_text_width(date) - _text_width(page.issuer)) / 2, 0.0)
    return [(page.issuer, issuer), (date, _DATE_FROM_RIGHT), *signer]
