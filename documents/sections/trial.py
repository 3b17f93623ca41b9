"""Trying templates before they are needed: every kind of page with every kind of block, printed and thrown away."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from documents.formats.press import FORMATS, Press
from documents.page import Figure, Grid, Imprint, Items, Layout, Page, Paragraph, Roll, Section, Subheading
from documents.sections.recipe import FILE, recipe_of
from domain.base import Frozen, Refusal

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" width="10" height="10"></svg>'
_KINDS = {"md": "", "html": "page.html", "pdf": "page.typ", "docx": "{layout}.docx"}


class Tried(Frozen):
    """One file of a template: whose it is, and what is wrong with it."""

    file: str
    own: bool
    fault: str | None = None


def _trial_page(layout: Layout) -> Page:
    """A page that uses everything a template may have to show."""
    blocks = (
        Subheading(text="小标题"),
        Paragraph(text="正文。"),
        Items(items=("甲", "乙")),
        Roll(label="出席", names="张三、李四"),
        Grid(headers=("事项", "时限"), rows=(("甲", "3月25日"),)),
        Figure(title="图", said="示意", svg=_SVG),
    )
    return Page(
        layout=layout,
        marking="内部资料",
        masthead="模板试印",
        issue="第1期",
        issuer="指挥部办公室",
        on=date(2022, 1, 1),
        title="模板试印",
        foreword="试印。",
        contents=True,
        sections=(Section(title="甲", blocks=blocks), Section(title="乙", blocks=blocks)),
        appendices=(Section(title="附表1", blocks=blocks[-2:-1]),),
        addressee="某单位",
        signer="张三",
        note="说明。",
        imprint=None if layout is Layout.REPORT else Imprint(above=("甲",), copies=1),
    )


def _trials(press: Press) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each file, and what goes wrong when it is broken."""
    yield FILE, partial(recipe_of, press.template)
    for kind in FORMATS:
        for layout in Layout:
            yield _KINDS[kind].format(layout=layout.label), partial(press.printed, _trial_page(layout), kind)


def try_templates(press: Press) -> Iterator[Tried]:
    """Print a trial page by each template file of the press: every file, with its first fault.

    Raises:
        Refusal: `template_gone`, `fonts_missing`.
    """
    faults: dict[str, str] = {}
    for file, attempt in _trials(press):
        try:
            attempt()
        except Refusal as refused:
            if refused.code != "template_broken":
                raise
            faults.setdefault(file, refused.message)
    own = press.template.own
    for file in press.template.files:
        yield Tried(file=file, own=own is not None and (own / file).exists(), fault=faults.get(file))
