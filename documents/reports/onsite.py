"""现场督查 in the year's statistics: what a year of on-site inspections came to."""

from collections.abc import Callable, Iterable
from datetime import date

from documents.page import Block, Grid, Paragraph
from documents.wording import full_date
from domain.onsite.inspection import OnSite
from domain.onsite.terms import OnSiteStage

Name = Callable[[str], str]
"""Id of a unit, or of a person, → name; the office and somebody in it may have the same id."""


def inspections_of_year(inspections: Iterable[OnSite], year: int, name: Name, until: date) -> tuple[Block, ...]:
    """What the year's inspections came to: a sentence, and each with its figures."""
    held = sorted(
        (i for i in inspections if i.held_on is not None and i.held_on.year == year and i.held_on <= until),
        key=lambda i: (i.held_on or until, i.number),
    )
    if not held:
        return ()
    problems = [f for i in held for f in i.problems]
    closed = [f for f in problems if f.problem and f.problem.closed_on is not None]
    late = sum(bool(f.problem and f.problem.overdue(until)) for f in problems)
    covert = sum(i.covert for i in held)
    text = f"全年开展督查{len(held)}次" + (f"（其中暗访{covert}次）" if covert else "")
    text += f"，列入问题清单{len(problems)}项，已整改销号{len(closed)}项"
    text += f"，逾期未整改{late}项。" if late else "。"
    rows = tuple(
        (
            i.number,
            i.title,
            full_date(i.held_on or until),
            "、".join(map(name, i.plan.units)) if i.plan else "",
            str(len(i.findings)),
            str(len(i.problems)),
            str(len(i.problems) - len(i.open_problems)),
        )
        for i in held
    )
    headers = ("编号", "名称", "日期", "对象", "发现", "问题", "销号")
    return (Paragraph(text=text), Grid(headers=headers, rows=rows))


def held_on_site(inspections: Iterable[OnSite]) -> tuple[OnSite, ...]:
    """Those that were held, by day."""
    held = (i for i in inspections if i.stage is OnSiteStage.HELD)
    return tuple(sorted(held, key=lambda i: (i.held_on or i.planned_on, i.number)))
