"""`xmh plan draft`: the text of a plan becomes a list of proposed matters for a clerk to review."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.printing.files import check_output_file
from cli.session import Problem, answer, session
from cli.sheets import reject_file
from domain.base import Refusal
from domain.calendar import SHANGHAI
from sheets.file_errors import unwritable_file

if TYPE_CHECKING:
    from domain.calendar import PublishedYear, WorkCalendar
    from domain.office import Unit
    from intake.draft.draft import DraftingContext
    from intake.draft.model import DraftedList, Item, Target
    from intake.draft.text import Span

_SHOWN = 40
_FIRST_YEAR = 2015


def draft_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="计划、分工方案、纪要、讲话或任务表：.txt .md .csv .docx .xlsx .pdf")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT.xlsx", help="写成待审的任务清单，补全后可直接 plan import"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="工作总结部分也列出")] = False,
    year: Annotated[
        int | None, typer.Option("--year", min=2000, max=2099, metavar="Y", help="计划年度（默认从标题和正文看出）")
    ] = None,
) -> None:
    """从文稿中列出督办任务草稿：谁牵头、谁配合、何时完成、完成多少；文中没有的不编造，只提示。"""
    from intake.draft.draft import draft_file

    check_output_file(output, (".xlsx",))
    office, units = drafting_context()
    made = draft_file(file, office, everything=everything, year=year)
    document = _document(made)
    if made.faults:
        document["rejected"] = [
            {"sheet": f.sheet, "row": f.row, "column": f.column, "message": f.message} for f in made.faults
        ]
        reject_file(document, [*(f.line for f in made.faults), f"共{len(made.faults)}个单元格读不了，没有写出草稿"])
    if output is not None:
        _write(made, output, [unit.name for unit in units])
        document["output"] = str(output)
    answer(document, _told(made, output))


def drafting_context() -> "tuple[DraftingContext, Sequence[Unit]]":
    """What the log knows of units and calendar; without a log a text can be read all the same."""
    from eventlog import reading
    from intake.draft.draft import DraftingContext

    year = datetime.now(SHANGHAI).year
    try:
        database = session.database
    except Problem:
        return DraftingContext(calendar=_seeded(year), year=year), ()
    units = reading.units(database)
    return DraftingContext(calendar=reading.rulebook(database).calendar, year=year, units=units), units


def _seeded(year: int) -> "WorkCalendar":
    """The calendar a new log would begin with."""
    from domain.calendar import WorkCalendar
    from services.calendar_seed import seed_years

    years: tuple[PublishedYear, ...] = ()
    for each in range(_FIRST_YEAR, year + 2):
        try:
            years += seed_years(each, each)
        except Refusal:
            break  # nobody knows the holidays of this year yet
    return WorkCalendar(years=years)


def _write(made: "DraftedList", output: Path, units: list[str]) -> None:
    from xlsxwriter.exceptions import XlsxWriterException

    from intake.draft.sheet import write_sheet

    try:
        write_sheet(made, output, units)
    except (OSError, XlsxWriterException) as error:
        cause = next((e for e in (error, *error.args) if isinstance(e, OSError)), OSError())
        raise unwritable_file(output, cause) from error


# --- telling


def _document(made: "DraftedList") -> dict[str, Any]:
    from intake.draft.model import TextPart

    return {
        "file": made.file,
        "year": made.year,
        "items": [_item(item) for item in made.items],
        "warnings": list(made.warnings),
        "left_out": [
            {"part": region.part.value, "why": region.why, "span": list(region.span)}
            for region in made.regions
            if region.part is not TextPart.ITEM and made.text[slice(*region.span)].strip()
        ],
        "text": made.text,
        "rejected": [],
    }


def _item(item: "Item") -> dict[str, Any]:
    return {
        "no": item.no,
        "section": item.section,
        "title": item.title,
        "text": item.text,
        "lead": [unit.shown for unit in item.lead],
        "assist": [unit.shown for unit in item.assist],
        "leaders": [person.written for person in item.leaders],
        "due": item.due.isoformat() if item.due else None,
        "targets": [_target(target) for target in item.targets],
        "warnings": list(item.warnings),
        "label": item.label,
        "place": item.place,
        "persons": [person.written for person in item.persons],
        "rhythm": item.rhythm.value if item.rhythm else None,
        "points": [
            {"text": p.text, "due": p.due.isoformat() if p.due else None, "span": list(p.span)} for p in item.points
        ],
        "units": [
            {
                "role": u.role.value,
                "written": u.written,
                "span": list(u.span),
                "unit": u.unit,
                "name": u.name,
                "learned": u.learned,
            }
            for u in item.units
        ],
        "deadlines": [
            {"written": d.written, "span": list(d.span), "day": d.day.isoformat() if d.day else None, "rule": d.rule}
            for d in item.deadlines
        ],
        "source": item.source,
        "basis": item.basis,
        "notes": dict(item.notes),
        "spans": {
            "item": [list(span) for span in item.spans],
            "title": list(item.title_span),
            "due": _span(item.deadline.span if item.deadline else None),
            "rhythm": _span(item.rhythm_span),
            "leaders": [list(person.span) for person in item.leaders],
            "persons": [list(person.span) for person in item.persons],
        },
    }


def _span(span: "Span | None") -> list[int] | None:
    return list(span) if span else None


def _target(target: "Target") -> dict[str, Any]:
    return {
        "text": target.written,
        "subject": target.subject,
        "comparison": target.comparison.value,
        "value": target.value,
        "upper": target.upper,
        "unit": target.unit,
        "striving": target.striving,
        "span": list(target.span),
    }


def _told(made: "DraftedList", output: Path | None) -> str:
    lines = [_line(item) for item in made.items]
    lines += [f"提示：{warning}" for warning in made.warnings]
    without_lead = sum(not item.lead for item in made.items)
    without_due = sum(item.due is None for item in made.items)
    lines.append(
        f"{made.file}：{made.year}年度任务{len(made.items)}项，缺牵头单位{without_lead}项，缺完成时限{without_due}项"
    )
    if output is not None:
        lines.append(f"已写入 {output}；补全标色的单元格后，用 xmh plan import {output} --dry-run 核对")
    return "\n".join(lines)


def _line(item: "Item") -> str:
    title = item.title if len(item.title) <= _SHOWN else f"{item.title[:_SHOWN]}…"
    lead = "、".join(unit.shown for unit in item.lead) or "待明确"
    parts = [f"{item.no}. {title}", f"牵头：{lead}", f"时限：{item.due or '待定'}"]
    doubts = [warning for warning in item.warnings if not warning.startswith("缺")]
    return "  ".join(parts) + (f"  （{'；'.join(doubts)}）" if doubts else "")
