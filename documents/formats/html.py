"""A page as .html: one file that needs nothing beside it, read on any screen, and printed on A4 as the .pdf is."""

from documents.formats import standard as gb
from documents.formats.templates import Template
from documents.page import Page
from documents.wording import full_date, numeral


def html(page: Page, template: Template) -> str:
    """The whole document. Whatever stands in the page is text, never markup.

    Raises:
        Refusal: `template_broken`, when the template is no Jinja.
    """
    from jinja2 import Environment, StrictUndefined, TemplateError  # noqa: PLC0415  (lists need none)
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    try:
        return environment.from_string(template.source("page.html").decode()).render(
            page=page,
            date=full_date(page.on),
            gb=gb,
            numeral=numeral,
            drawn=Markup,
            head_size=min(gb.MARK, gb.TEXT[0] * gb.MM / max(len(page.masthead), 1) * 0.96),
        )
    except TemplateError as error:
        raise template.broken(str(error)) from error
