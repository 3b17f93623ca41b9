"""Where lines stand that are neither flush nor full: the same in the .pdf and the .docx."""

from math import ceil

from documents.formats import standard as gb
from documents.page import Layout, Page
from documents.wording import full_date

_DATE_FROM_RIGHT = 4.0
_SPARE = 1.0
_WITHIN = 0.96
_SMALLEST_MARK = 32.0


def width(text: str) -> float:
    """In characters: what is ASCII takes half of one."""
    return sum(0.5 if c.isascii() else 1.0 for c in text)


def numbered(n: int, item: str) -> str:
    """1.…; before a figure with a space, or 3.12月 is read for 3 and 12 月."""
    return f"{n}. {item}" if item[:1].isdigit() else f"{n}.{item}"


def mark(name: str, largest: float) -> tuple[float, float]:
    """The red name's size in points, and how far its characters are squeezed to stand within 版心 in one line.

    A long name keeps a size above that of the title; its characters become narrow, as red heads are usually drawn.
    """
    room = gb.TEXT[0] * gb.MM * _WITHIN
    fits = room / max(width(name), 1.0)
    size = min(largest, max(fits, _SMALLEST_MARK))
    return size, min(1.0, fits / size)


def title_width(title: str) -> float:
    """How wide a title is set, in millimetres: over several lines it is cut into lines of about one length (7.3.1)."""
    whole = width(title) * gb.TITLE / gb.MM
    lines = ceil(whole / gb.TEXT[0])
    return gb.TEXT[0] if lines == 1 else min(gb.TEXT[0], whole / lines + _SPARE * gb.TITLE / gb.MM)


def signed(page: Page) -> list[tuple[str, float]]:
    """Lines at the right below the text, each with its distance from the edge in characters.

    A paper is to be sealed: its date stands four characters from the edge, and who issues it above, in the middle of
    the date (7.3.5.1).
    """
    signer = [(f"签发：{page.signer}", 0.0)] if page.signer else []
    if page.layout is not Layout.PAPER:
        return signer
    date = full_date(page.on)
    issuer = max(_DATE_FROM_RIGHT + (width(date) - width(page.issuer)) / 2, 0.0)
    return [(page.issuer, issuer), (date, _DATE_FROM_RIGHT), *signer]
