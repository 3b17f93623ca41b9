"""A page as .html: one file that needs nothing beside it, read on any screen, and printed on A4 as the .pdf is."""

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from documents.formats import standard as gb
from documents.formats.pictures import photograph
from documents.formats.placing import (
    attached_lines,
    broken_title,
    headings_of_page,
    largest_red_name,
    outline_of_page,
    red_name_lines,
)
from documents.formats.tables import columns_of
from documents.formats.templates import Template
from documents.formats.title_words import words_of_title
from documents.page import Page
from documents.wording import full_date, numeral

if TYPE_CHECKING:
    from jinja2 import Template as Compiled

NAME = "page.html"


def html_of(page: Page, template: Template, home: Path | None = None) -> str:
    """A page as one .html. Whatever stands in the page is text, never markup.

    Raises:
        Refusal: `template_broken`, when the template is no Jinja or names what a page has not.
    """
    from jinja2 import TemplateError  # noqa: PLC0415  (lists need none)
    from markupsafe import Markup  # noqa: PLC0415

    longest = max(*map(len, red_name_lines(page, template)), 1)
    try:
        return _compiled(template.source(NAME).decode()).render(
            page=page,
            date=full_date(page.on),
            gb=gb,
            title=broken_title(page, template),
            columns=partial(columns_of, template=template),
            mark_lines=red_name_lines(page, template),
            tint=gb.TINTS.get(page.colour or ""),
            words=words_of_title(page.title, page.names),
            contents=outline_of_page(page) if page.contents else (),
            numeral=numeral,
            headings=headings_of_page(page),
            attached=attached_lines(page),
            drawn=Markup,
            photograph=partial(photograph, home),
            head_size=min(largest_red_name(page), gb.TEXT[0] * gb.MM / longest * 0.96),
        )
    except UnicodeDecodeError as error:
        raise template.broken(NAME, "不是 UTF-8 文本") from error
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise template.broken(NAME, f"第{line}行，{error}" if line else str(error)) from error


@lru_cache(maxsize=16)
def _compiled(source: str) -> "Compiled":
    """Sandboxed: a template is a file from outside."""
    from jinja2 import StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    environment = SandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(source)
