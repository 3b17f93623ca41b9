"""What a document says, before it has a format: a head, sections, paragraphs, lists and simple tables."""

from datetime import date
from typing import Literal

from domain.base import Frozen, Term

NOTHING = "暂无。"
"""Stands where a section would be empty, so that the reader sees that nothing was left out."""


class Paragraph(Frozen):
    """Running text."""

    kind: Literal["paragraph"] = "paragraph"
    text: str


class Subheading(Frozen):
    """（一） within a section."""

    kind: Literal["subheading"] = "subheading"
    text: str


class Items(Frozen):
    """Numbered items: 1. 2. 3."""

    kind: Literal["items"] = "items"
    items: tuple[str, ...]


class Grid(Frozen):
    """A simple table."""

    kind: Literal["grid"] = "grid"
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Roll(Frozen):
    """出席：甲、乙: who was there, under a label in 黑体 with the names hanging beside it (GB/T 9704 10.3)."""

    kind: Literal["roll"] = "roll"
    label: str
    names: str


class Figure(Frozen):
    """A chart as SVG; `said` is what it shows, for who cannot see it and for formats without pictures."""

    kind: Literal["figure"] = "figure"
    title: str
    said: str
    svg: str


class Picture(Frozen):
    """A picture somebody handed in, kept under its digest; printed with what it shows and whose it is."""

    kind: Literal["picture"] = "picture"
    caption: str
    source: str
    sha256: str
    bare: bool = False
    """Printed without what a camera wrote into it (where, when, by which), and as the mirror it was taken in says."""

    @property
    def words(self) -> str:
        """图：…（区建筑工务署，3月30日）: what stands below it."""
        return f"图：{self.caption}（{self.source}）"


Block = Paragraph | Subheading | Items | Roll | Grid | Figure | Picture


class Section(Frozen):
    """一、二、三 of a document. What opens it has no title, and no number."""

    title: str
    blocks: tuple[Block, ...]


class Layout(Term):
    """Which head a document has; the rest is set alike."""

    BULLETIN = "bulletin", "简报"
    NEWS = "news", "动态"
    PAPER = "paper", "公文"
    LETTER = "letter", "函"
    MINUTES = "minutes", "纪要"
    REPORT = "report", "报告"


class Imprint(Frozen):
    """报尾 (版记): who gets it, above, beside and below; and how many were printed."""

    above: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    """抄送 (7.4.2), of a paper."""
    copies: int | None = None
    fingerprint: str | None = None
    """Of the log the issue was computed from, for who keeps the paper."""

    @property
    def lines(self) -> tuple[str, ...]:
        """报：…。 送：…。 发：…。 (GB/T 9704 7.4.2: separated by commas, closed by a full stop.)"""
        groups = (("报", self.above), ("送", self.beside), ("发", self.below), ("抄送", self.copied))
        spread = tuple(f"{verb}：{'，'.join(names)}。" for verb, names in groups if names)
        return (*spread, f"日志指纹：{self.fingerprint}") if self.fingerprint else spread


class Page(Frozen):
    """A whole document. What is None is left out; `issue` is 第N期 or says that it is a draft."""

    layout: Layout = Layout.REPORT
    marking: str | None = None
    """内部资料，注意保存: above the head, left; of a paper 密级 and 紧急程度, one a line (7.2.2, 7.2.3)."""
    masthead: str
    issue: str
    issuer: str
    on: date
    title: str
    names: tuple[str, ...] = ()
    """Names of the log in the title, no line of which is to end within one."""
    foreword: str | None = None
    """按语: what the editor says of the issue, before its text."""
    contents: bool = False
    """Whether a 目录 stands before the text."""
    sections: tuple[Section, ...]
    appendices: tuple[Section, ...] = ()
    """Printed after everything else, under their own titles, without numbers."""
    form: bool = False
    """Whether it is a form on one face, whose table says what a title would."""
    colour: str | None = None
    """Of a 三色 paper: 蓝, 黄, 橙 or 红, as a strip at its head."""
    attached: tuple[str, ...] = ()
    """附件说明: what is attached, one line below the text (GB/T 9704 7.3.4)."""

    @property
    def attached_label(self) -> str:
        """附件 of a paper, 附表 of everything else."""
        return "附件" if self.layout in (Layout.PAPER, Layout.LETTER) else "附表"

    addressee: str | None = None
    """主送: to whom it is addressed (GB/T 9704 7.3.2)."""
    signatory: str | None = None
    """签发人 of a paper that goes up, beside its 文号 (GB/T 9704 7.2.6)."""
    signer: str | None = None
    note: str | None = None
    imprint: Imprint | None = None


def attached_titles(appendices: tuple[Section, ...]) -> tuple[str, ...]:
    """What 附件说明 calls them: 附表1　分类情况 is 分类情况."""
    return tuple(s.title.partition("　")[2] or s.title for s in appendices)


def section(title: str, *parts: tuple[Block, ...]) -> Section:
    """A page's section of the parts that have something to say; 暂无 when none has."""
    blocks = tuple(block for part in parts for block in part)
    return Section(title=title, blocks=blocks or (Paragraph(text=NOTHING),))


def is_attendance(section: Section) -> bool:
    """Whether a page's section says nothing but who was there: no face is to hold that alone."""
    return all(isinstance(block, Roll) for block in section.blocks)


def headed(heading: str, *blocks: Block) -> tuple[Block, ...]:
    """A subheading of a page with what stands under it."""
    return (Subheading(text=heading), *blocks)
