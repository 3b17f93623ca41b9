"""A document as Markdown."""

import re

from documents.formats.placing import attached_lines, headings_of_page, outline_of_page
from documents.page import Block, Figure, Grid, Items, Page, Paragraph, Picture, Roll, Section, Subheading
from documents.wording import full_date, numeral

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")


def markdown_of(page: Page) -> str:
    """A page as Markdown; ends with a line break."""
    parts = [
        f"# {_plain(page.masthead)}",
        f"**{_plain(page.issue)}**" + (f"　　签发人：{_plain(page.signatory)}" if page.signatory else ""),
        f"{_plain(page.issuer)}　　{full_date(page.on)}",
        "---",
        *_contents(page),
        *([f"*按语：{_plain(page.foreword)}*"] if page.foreword else []),
        f"## {_plain(page.title)}",
        *([f"{_plain(page.addressee)}："] if page.addressee else []),
        *(
            part
            for heading, section in zip(headings_of_page(page), page.sections, strict=True)
            for part in _section(heading, section)
        ),
        *([attached_in_words(page)] if page.attached else []),
        "---",
    ]
    if page.note:
        parts.append(_plain(page.note))
    if page.signer:
        parts.append(f"签发：{_plain(page.signer)}")
    for appendix in page.appendices:
        parts += [f"### {_plain(appendix.title)}", *(_block(block, 0) for block in appendix.blocks)]
    return "\n\n".join(parts) + "\n"


def attached_in_words(page: Page) -> str:
    """附表：1. …; 2. …, in one line."""
    return _plain(f"{page.attached_label}：{'；'.join(attached_lines(page))}")


def _contents(page: Page) -> list[str]:
    if not page.contents:
        return []
    return ["**目　录**", "\n".join(f"{'  ' * (level - 1)}- {_plain(text)}" for level, text in outline_of_page(page))]


def _section(heading: str, section: Section) -> list[str]:
    parts = [f"### {_plain(heading)}"] if heading else []
    under = 0
    for block in section.blocks:
        if isinstance(block, Subheading):
            under += 1
        parts.append(_block(block, under))
    return parts


def _block(block: Block, heading: int) -> str:
    match block:
        case Paragraph(text=text):
            return _plain(text)
        case Subheading(text=text):
            return f"**（{numeral(heading)}）{_plain(text)}**"
        case Items(items=items):
            return "\n".join(f"{n}. {_plain(item)}" for n, item in enumerate(items, start=1))
        case Roll(label=label, names=names):
            return f"**{_plain(label)}：**{_plain(names)}"
        case Figure(title=title, said=said):
            return f"（图：{_plain(title)}。{_plain(said)}）"
        case Picture():
            return f"（{_plain(block.words)}）"
        case Grid(headers=headers, rows=rows):
            lines = [headers, ("---",) * len(headers), *rows]
            return "\n".join(f"| {' | '.join(c if c == '---' else _plain(c) for c in line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)
