"""`xmh briefing annex`: the lists behind an issue, on request."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cli.lookup import whole_office_only
from cli.printing.files import OutOption, check_output_file, office_press, write_page
from cli.session import Problem, answer, session

if TYPE_CHECKING:
    from documents.page import Page


def annex(
    bulletin: Annotated[str, typer.Argument(metavar="ID", help="期号（简报-2022-07）或草稿编号")],
    out: OutOption = None,
) -> None:
    """一期的全部附表：正文所列数字的清单，按需另印。"""
    from documents.formats.markdown import markdown_of

    check_output_file(out)
    whole_office_only("简报的全部附表")
    page = _page(bulletin.strip().replace("－", "-"))
    text = markdown_of(page)
    if out is not None:
        write_page(page, out)
    document = {"bulletin": bulletin, "markdown": text, "file": str(out) if out else None}
    answer(document, f"已写入 {out}" if out else text.rstrip("\n"))


def _page(wanted: str) -> "Page":
    """The lists of an issue or of a draft, by the recipe of then.

    Raises:
        Problem: `not_found`; `malformed`, of a 动态, which tells each thing whole.
    """
    from documents.bulletin.annex import annex_page
    from documents.bulletin.briefing import compose_briefing, issue_line
    from documents.bulletin.drafts import find_draft, press_of_draft
    from documents.sections.recipe import recipe_of
    from domain.bulletin import Publication
    from services.issuing.bulletins import filed_bulletin, issued_bulletins

    home, database = session.settings.store_place, session.database
    event = next((e for e in issued_bulletins(database) if e.number == wanted), None)
    kept = find_draft(home, wanted) if event is None else None
    source = event or kept
    if source is None:
        raise Problem(f"没有“{wanted}”这一期，也没有这份草稿，请用 xmh briefing list 查看", "not_found")
    if source.publication is not Publication.BRIEFING:
        raise Problem(f"{wanted} 是动态，逐条记事，没有附表", "malformed")
    press = filed_bulletin(database, home, event).press(office_press()) if event else None
    if kept is not None:
        press = press_of_draft(home, kept, office_press())
    compose = partial(compose_briefing, database, source.publication, source.since, source.until)
    recipe = recipe_of((press or office_press()).template)
    issue = issue_line(event) if event else wanted
    return annex_page(lambda by: compose(as_of=source.as_of, position=source.position, recipe=by), recipe, issue)
