"""附表 on request: every list and count behind an issue of a 简报, printed by itself."""

from collections.abc import Callable

from documents.bulletin.briefing import Briefing
from documents.page import Layout, Page
from documents.sections.recipe import PARTS, Recipe, SectionRecipe, Topic
from documents.wording import full_date

Compose = Callable[[Recipe], Briefing]


def annex_page(compose: Compose, recipe: Recipe, issue: str) -> Page:
    """All lists of the period of an issue or a draft, from the same part of the log; nothing is cut for its length.

    `compose` words the issue by a recipe; the lists are those the recipe of the issue may name as 附表.
    """
    every = SectionRecipe(topic=Topic.APPENDIX, title=Topic.APPENDIX.label, parts=PARTS[Topic.APPENDIX])
    limits = recipe.limits.model_copy(update={"appended": _UNCUT})
    lists = compose(recipe.model_copy(update={"sections": (every,), "limits": limits}))
    sections = (s.model_copy(update={"title": s.title.partition("　")[2] or s.title}) for s in lists.appendices)
    return Page(
        layout=Layout.REPORT,
        masthead=f"{lists.masthead}附表",
        issue=issue,
        issuer=lists.issuer,
        on=lists.until,
        title=f"{lists.title}附表",
        sections=tuple(sections),
        note=f"截至{full_date(lists.until)}，与本期正文出自同一份督办日志。",
    )


_UNCUT = 5000
"""As many rows as 《任务清单一览表》 is made to hold."""
