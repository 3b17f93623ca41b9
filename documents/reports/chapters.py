"""The year by the chapters of its plan: a line of figures each, and where every matter stands.

A matter's chapter is its 章节, else its source, as the list it came from named it. The plan says in which order
chapters and matters follow each other; what no plan ordered comes after, in the order it was opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.figures import Entry, Period, in_time_and_late
from documents.page import Block, Grid, Items, Paragraph, Subheading
from documents.sections.edition import TABLE
from documents.sections.recipe import built_in_recipe
from documents.wording import clean_text, counts_in_words, day_in, light_reason, reason_with_dates
from domain.calendar import local_date
from domain.facts import openly
from domain.ids import matter_stream
from domain.lights import closed_how
from domain.queries.telling import points_left_undone
from domain.terms import Light, Stage
from domain.workplan import PlanStage, WorkPlan
from sheets.table import NO_CHAPTER


@dataclass(frozen=True)
class Chapter:
    """The matters of one source."""

    title: str
    entries: tuple[Entry, ...]


def chapters_of_year(period: Period) -> Iterator[Block]:
    """The chapters of a year's plans: what was ordered, what became of it, figures of each chapter, and its matters."""
    entries = period.entries()
    if not entries:
        return
    yield from _plans(period, entries)
    chapters = by_chapter(period, entries)
    if len(chapters) > 1:
        yield _figures(chapters, entries)
    for chapter in chapters:
        yield Subheading(text=_heading(chapter, period.until.year))
        yield Paragraph(text=f"共{len(chapter.entries)}件，{_told(chapter.entries)}。")
        yield from _listed(period, chapter)


# --- the plans


def _plans(period: Period, entries: Sequence[Entry]) -> Iterator[Block]:
    """Only a plan some of whose rows are matters of the year is one of the year's."""
    by_stream = {e.matter.stream: e for e in entries}
    planned: set[str] = set()
    for plan in period.ledger.plans:
        if plan.stage is PlanStage.CIRCULATED:
            continue
        streams = [matter_stream(item.key) for item in plan.items]
        opened = [by_stream[stream] for stream in streams if stream in by_stream]
        if opened:
            planned.update(streams)
            yield Paragraph(text=f"{_name(plan)}共{len(streams)}项，{_became(opened, len(streams))}。")
    beyond = sum(stream not in planned for stream in by_stream)
    if planned and beyond:
        yield Paragraph(text=f"计划之外另督办{beyond}件。")


def _name(plan: WorkPlan) -> str:
    """《2022年工作计划》（香指办〔2022〕1号，经香指办〔2022〕25号调整）: cited by the number it was issued under."""
    first, *later = [clean_text(v.document_no) for v in plan.versions if v.document_no] or [""]
    adjusted = "、".join(no for no in dict.fromkeys(later) if no != first)
    number = f"（{first}{f'，经{adjusted}调整' if adjusted else ''}）" if first else ""
    return f"《{clean_text(plan.plan)}》{number}"


def _became(opened: Sequence[Entry], rows: int) -> str:
    return "，".join(filter(None, (_told(opened, "项"), f"未立项{rows - len(opened)}项" if rows > len(opened) else "")))


def _told(entries: Sequence[Entry], measure: str = "件") -> str:
    closed, cancelled = _with_stage(entries, Stage.CLOSED), _with_stage(entries, Stage.CANCELLED)
    alive = len(entries) - closed - cancelled
    return counts_in_words((("已销号", closed, measure), ("已撤销", cancelled, measure), ("未办结", alive, measure)))


# --- the chapters


def by_chapter(period: Period, entries: Sequence[Entry]) -> tuple[Chapter, ...]:
    """The matters by chapter, in the order of the plan."""
    rows = [matter_stream(item.key) for plan in period.ledger.plans for item in plan.items]
    place = {stream: n for n, stream in enumerate(rows)}
    by_source: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: place.get(e.matter.stream, len(rows))):
        by_source.setdefault(openly(entry.matter.chapter or NO_CHAPTER), []).append(entry)
    chapters = [Chapter(clean_text(source), tuple(own)) for source, own in by_source.items()]
    return tuple(sorted(chapters, key=lambda c: c.title == NO_CHAPTER))


def _heading(chapter: Chapter, year: int) -> str:
    carried = all(local_date(e.matter.opened_at).year < year for e in chapter.entries)
    return f"{chapter.title}（上年结转）" if carried else chapter.title


def _figures(chapters: Sequence[Chapter], entries: Sequence[Entry]) -> Grid:
    return Grid(
        headers=("章节", "合计", "已销号", "按期", "逾期", "已撤销", "在办", "暂缓", "红灯"),
        rows=(*(_row(c.title, c.entries) for c in chapters), _row("合计", entries)),
    )


def _row(title: str, entries: Sequence[Entry]) -> tuple[str, ...]:
    closed = [e.matter.closed for e in entries if e.matter.stage is Stage.CLOSED and e.matter.closed]
    in_time, late = in_time_and_late(entries)
    cancelled, paused = _with_stage(entries, Stage.CANCELLED), _with_stage(entries, Stage.SUSPENDED)
    red = sum(e.lit.light is Light.RED for e in entries)
    working = len(entries) - len(closed) - cancelled - paused
    numbers = (len(entries), len(closed), in_time, late, cancelled, working, paused, red)
    return (title, *map(str, numbers))


def _with_stage(entries: Sequence[Entry], stage: Stage) -> int:
    return sum(e.matter.stage is stage for e in entries)


def _listed(period: Period, chapter: Chapter) -> Iterator[Block]:
    most = built_in_recipe().limits.appended
    shown = chapter.entries[:most]
    yield Items(items=tuple(_standing(period, e) for e in shown))
    if len(chapter.entries) > most:
        yield Paragraph(text=f"以上列出{most}件，另有{len(chapter.entries) - most}件，详见{TABLE}。")


def _standing(period: Period, entry: Entry) -> str:
    matter, year = entry.matter, period.until.year
    head = f"{clean_text(matter.title)}（{period.ledger.unit(matter.lead)}）"
    if matter.stage is Stage.CLOSED and matter.closed:
        left = points_left_undone(matter.closed.unfinished, matter.closed.over_unfinished)
        return f"{head}：{day_in(matter.closed.on, year)}销号，{closed_how(matter)}{left}。"
    if matter.ended:
        return f"{head}：已撤销。"
    why = reason_with_dates(light_reason(entry.lit), year)
    return f"{head}：进度{matter.progress}%，时限{day_in(matter.due, year)}，{why}。"
