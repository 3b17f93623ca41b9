"""A whole document: what was found in its text and its tables becomes a `DraftedList`."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from domain.base import refuse
from domain.calendar import WorkCalendar
from domain.office import Unit
from intake.draft.doubts import gaps, overlooked
from intake.draft.fields.limits import Times
from intake.draft.fields.names import UnitNames
from intake.draft.items import ItemMaker
from intake.draft.model import (
    DraftedList,
    Item,
    TextPart,
)
from intake.draft.partition import Claim, partition
from intake.draft.prose import Prose, Task
from intake.draft.readers import read_source
from intake.draft.rules import responsibility, structure
from intake.draft.shape.lines import paragraphs
from intake.draft.shape.outline import Builder, Outline
from intake.draft.shape.source import Source
from intake.draft.tables import TableReader
from intake.draft.text import View, fold, view
from intake.sheets import CellFault
from sheets.budget import nothing_thrown_away, reading_budget, reading_stage

_YEAR_OF_PLAN = re.compile(
    r"(20\d\d)年(?:度)?[^，。；\d]{0,16}(?:计划|要点|任务|分解|分工|方案|安排|清单|打算|目标|重点|政府工作报告|责任|实事|台账|一览表)"
)
_YEAR = re.compile(r"(20\d\d)年")
_YEAR_OF_DATE = re.compile(r"(?<!\d)(20\d\d)(?=[-/.年]\d{1,2}(?!\d))")
_DATE = re.compile(r"(20\d\d)年(\d{1,2})月(\d{1,2})日")
_YEARS = re.compile(r"（?(20\d\d)年?(?:-|—|–|至|~)20\d\d年）?")
_CHINESE_YEAR = re.compile(r"二[〇零○O0][〇零○O0一二三四五六七八九]{2}年")
_HEAD = 3000


@dataclass(frozen=True, slots=True)
class DraftingContext:
    """What the office knows that a text does not say: its units, its calendar, and today's year."""

    calendar: WorkCalendar
    year: int
    units: Sequence[Unit] = ()


@dataclass(slots=True)
class _Found:
    """Everything found in a source, in order."""

    tasks: list[Task] = field(default_factory=list)
    headings: list[View] = field(default_factory=list)
    preamble: list[tuple[View, str]] = field(default_factory=list)
    skipped: list[tuple[View, str]] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    tables: int = 0
    gaps: list[str] = field(default_factory=list)
    """Where the numbers of items leap."""


def draft_file(
    path: Path, office: DraftingContext, *, everything: bool = False, year: int | None = None
) -> DraftedList:
    """The draft of a file.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    source = read_source(path)
    with reading_budget(path.name, "标题和段落"), nothing_thrown_away():
        made = draft(source, path.name, office, everything=everything, year=year)
    if source.must_be_tables and not made.items and not made.faults:
        sheets = "、".join(grid.name for grid in source.grids)
        seen = "；".join(f"〔{grid.name}〕第{grid.rows[0].number}行起没有认出表头" for grid in source.grids[:3])
        refuse(
            True, f"{path.name} {seen}（工作表：{sheets}）：表头须有“工作任务”之类的列和责任单位、时限等列", "malformed"
        )
    return made


def draft(
    source: Source, name: str, office: DraftingContext, *, everything: bool = False, year: int | None = None
) -> DraftedList:
    """The draft of a text that was read."""
    directory = UnitNames(office.units)
    material = _find(source, directory, everything=everything)
    names = (fold(Path(name).stem), *(fold(grid.name) for grid in source.grids))
    heading_text = " ".join((*(h.text for h in material.headings), *names))
    plan_year = year or plan_year_of(fold(source.text[:_HEAD]), heading_text)
    stated = plan_year or _usual_year(fold(source.text))
    plan_year = stated or office.year
    times = Times(plan_year, office.calendar, written_on(fold(source.text)))
    first_leads = bool(responsibility.FIRST_LEADS.pattern.search(fold(source.text)))
    maker = ItemMaker(directory, times, first_leads=first_leads)
    reading_stage("单位和时限")
    items = [maker.item(no, task) for no, task in enumerate(material.tasks)]
    items = _numbered(items)
    owners, regions = partition(source.text, _claims(material))
    items = [item.model_copy(update={"spans": tuple(owners.get(no, ()))}) for no, item in enumerate(items)]
    left_out = overlooked(source.text, regions)
    return DraftedList(
        file=name,
        year=plan_year,
        text=source.text,
        items=tuple(items),
        regions=regions,
        warnings=(
            *_about_all(material, items, times, year_stated=bool(stated)),
            *left_out,
            *material.gaps,
            *source.notes,
        ),
        faults=tuple(material.faults),
    )


def plan_year_of(head: str, headings: str) -> int | None:
    """The year a plan is for, as its title or a heading says (the first of several); else the first that is named."""
    for text in (headings, head):
        plain = _with_digits("".join(text.split()))
        several = _YEARS.search(plain)
        if several:
            return int(several[1])
        named = [int(m[1]) for m in _YEAR_OF_PLAN.finditer(plain)]
        if named:
            return max(named)
    first = _YEAR.search(_with_digits("".join(head.split())))
    return int(first[1]) if first else None


def _usual_year(text: str) -> int | None:
    """The year most dates of the text are in."""
    years = Counter(_YEAR_OF_DATE.findall(text))
    return int(years.most_common(1)[0][0]) if years else None


def _with_digits(text: str) -> str:
    """二〇二二年 as 2022年."""
    return _CHINESE_YEAR.sub(
        lambda found: "".join(str("〇一二三四五六七八九".index(c)) for c in _zeros(found[0])) + "年", text
    )


def _zeros(text: str) -> str:
    return text.rstrip("年").translate({ord(zero): "〇" for zero in "零○O0"})


def written_on(text: str) -> date | None:
    """The day of the document: the date alone on a line, else the first full date of its opening."""
    for line in text.splitlines():
        if structure.SIGNATURE_DATE.pattern.match("".join(line.split())):
            match = _DATE.search("".join(line.split()))
            break
    else:
        match = _DATE.search("".join(text[:_HEAD].split()))
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


# Finding


def _find(source: Source, directory: UnitNames, *, everything: bool) -> _Found:
    material = _Found()
    builder = Builder(directory)
    at = 0
    for grid in [*source.grids, None]:
        end = grid.start if grid else len(source.text)
        builder.take(list(paragraphs(source.text, at, end)))
        at = max(at, grid.end) if grid else end
        if grid is None:
            break
        reader = TableReader(source.text, grid, directory)
        above = builder.current.path() if builder.current.parent else ()
        reading = reader.read(above)
        if reading.header is None:
            for row in grid.rows:
                for cell in row.cells.values():
                    if seen := cell.view(source.text):
                        material.skipped.append((seen, "不是任务表"))
            continue
        material.tables += 1
        material.tasks.extend(reading.tasks)
        material.headings.extend(reading.headings)
        material.skipped.extend(reading.skipped)
        material.faults.extend(reading.faults)
    _read_prose(builder.outline, directory, material, everything=everything)
    drawn = [grid for grid in source.grids if grid.drawn]
    material.skipped.extend((view(source.text, grid.start, grid.end, marks=""), "表格线") for grid in drawn)
    return material


def _read_prose(outline: Outline, directory: UnitNames, material: _Found, *, everything: bool) -> None:
    """The tasks of the running text; beside tables of tasks it only announces them."""
    reading = Prose(outline, directory, everything=everything).read()
    skipped = [(leftover.view, leftover.why) for leftover in outline.leftovers]
    if material.tables:
        with_clause = [task for task in reading.tasks if task.clause]
        for task in reading.tasks:
            if not task.clause:
                reading.preamble.extend((part, "表外文字") for part in task.parts)
        reading.tasks = with_clause
    material.tasks.extend(reading.tasks)
    material.tasks.sort(key=lambda task: min((part.at[0] for part in task.parts if part), default=0))
    material.gaps.extend(gaps(outline))
    material.headings.extend(reading.headings)
    material.preamble.extend(reading.preamble)
    material.skipped.extend([*reading.skipped, *skipped])


def _claims(material: _Found) -> Iterator[Claim]:
    """What each stretch is; where two claim a character, the first has it."""
    for no, task in enumerate(material.tasks):
        for seen in (*task.parts, *task.clause.parts):
            yield Claim(seen, TextPart.ITEM, item=no)
    for seen in material.headings:
        yield Claim(seen, TextPart.HEADING)
    for seen, why in material.preamble:
        yield Claim(seen, TextPart.PREAMBLE, why)
    for seen, why in material.skipped:
        yield Claim(seen, TextPart.SKIPPED, why)


def _numbered(items: list[Item]) -> list[Item]:
    """The source's own numbers when they are plain and tell every item apart, else 1, 2, 3…."""
    labels = [re.sub(r"[、.．]$", "", fold(item.label)) for item in items]
    plain = bool(items) and all(label.isdecimal() for label in labels) and len(set(labels)) == len(labels)
    return (
        [item.model_copy(update={"no": label}) for item, label in zip(items, labels, strict=True)] if plain else items
    )


def _about_all(material: _Found, items: Sequence[Item], times: Times, *, year_stated: bool) -> Iterator[str]:
    if not items:
        yield "没有找到任务；如果全文都是工作总结，可加 --all"
    if not year_stated:
        yield f"文中没有写明年度，时限按{times.year}年计；可用 --year 指定"
    if not times.calendar.is_published(times.year):
        yield f"{times.year}年工作日历未公布，时限按周一至周五暂定"
    summary = sum(len(seen) for seen, why in material.skipped if why == "工作总结")
    if summary:
        yield f"工作总结部分（{summary}字）没有列入，需要时加 --all"
