"""The rows of the table, computed once; the writers only write."""

from collections.abc import Container, Iterable, Iterator
from datetime import date, datetime

from documents.figures import Entry, Period, count_by_light
from documents.ledger import Ledger, read_known
from documents.table.changes import TableChange, table_changes
from documents.wording import counts_in_words, full_date, light_reason
from domain.base import Frozen, refuse
from domain.calendar import end_of_day, local_date
from domain.facts import openly
from domain.lights import Lit
from domain.matter import Matter
from domain.periods import period_label
from domain.terms import Light, Stage
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment
from sheets.budget import nothing_thrown_away
from sheets.table import NO_CHAPTER, Column, RowKey, SheetNames, row_fingerprints, table_cells


class Mark(Frozen):
    """A point's day on the time map."""

    on: date
    done: bool


class TableRow(Frozen):
    """One matter as the table shows it."""

    no: int
    number: str
    unit: str
    light: Light
    due: date
    texts: dict[Column, str]
    since: date
    until: date
    """From 立项 to 销号, or to the limit: the bar on the time map."""
    overdue: date | None
    """Until when the bar goes on in red."""
    marks: tuple[Mark, ...]

    def shown(self, column: Column) -> str:
        """What stands in a column."""
        text = self.texts.get(column)
        if text is not None:
            return text
        match column:
            case Column.NO:
                return str(self.no)
            case Column.NUMBER:
                return self.number
        return ""


class TableChapter(Frozen):
    """The matters of one source, under its heading."""

    heading: str
    rows: tuple[TableRow, ...]


class TaskTable(Frozen):
    """The whole table, as of a moment."""

    title: str
    as_of: datetime
    since: date
    summary: str
    chapters: tuple[TableChapter, ...]
    changes: tuple[TableChange, ...]
    key: RowKey

    @property
    def on(self) -> date:
        """The day it shows."""
        return local_date(self.as_of)

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """All rows, in the order of the table."""
        return tuple(row for chapter in self.chapters for row in chapter.rows)


def task_table(
    database: Database,
    as_of: datetime,
    since: date,
    known: Moment | None = None,
    streams: Container[str] | None = None,
) -> TaskTable:
    """《任务清单一览表》 as of a moment: its rows, and what changed since an earlier day's end, from the log alone.

    What was recorded by then, unless `known` says which part of the log counts; of all matters, or of the `streams`.

    Raises:
        Refusal: `malformed`, when the earlier day is not earlier.
        LogUnreachable: the database is down.
    """
    on, before = local_date(as_of), end_of_day(since)
    refuse(since >= on, f"起始日期 {since} 须早于一览表的日期 {on}（--since）", "malformed")
    known = known or reading.moment_at(database, as_of)
    recorded = read_known(database, as_of, known.position, later=known.later)
    (then,) = recorded.moments([before])
    with nothing_thrown_away():
        return _compose(recorded.ledger([then]), then, reading.log_identity(database), streams)


def _compose(ledger: Ledger, then: Moment, identity: str, streams: Container[str] | None) -> TaskTable:
    """The table of a ledger, and what changed since an earlier moment it was asked to look at."""
    on, since = local_date(ledger.as_of), local_date(then.as_of)
    entries = Period(ledger=ledger, since=since, until=on).entries()
    if streams is not None:
        entries = tuple(e for e in entries if e.matter.stream in streams)
    names = SheetNames(
        units={u.id: u.name for u in ledger.directory.units.values()},
        people={p.id: p.name for p in ledger.directory.people.values()},
    )
    chapters = tuple(_chapters(entries, names, ledger))
    return TaskTable(
        title=f"{ledger.office.removesuffix('办公室').removesuffix('指挥部')}工作任务清单一览表",
        as_of=ledger.as_of,
        since=since,
        summary=_summary(entries, on),
        chapters=chapters,
        changes=table_changes(ledger, entries, then),
        key=RowKey(
            database=identity,
            position=ledger.position,
            rows={row.number: row_fingerprints(row.texts) for chapter in chapters for row in chapter.rows},
        ),
    )


def _chapters(entries: Iterable[Entry], names: SheetNames, ledger: Ledger) -> Iterator[TableChapter]:
    """By 章节 or source, in the order in which these first occur among the numbers."""
    by_source: dict[str, list[Entry]] = {}
    for entry in entries:
        by_source.setdefault(openly(entry.matter.chapter or NO_CHAPTER), []).append(entry)
    no = 0
    for source in sorted(by_source, key=lambda s: s == NO_CHAPTER):
        of_chapter = by_source[source]
        yield TableChapter(
            heading=source, rows=tuple(_row(no + i, e, names, ledger) for i, e in enumerate(of_chapter, 1))
        )
        no += len(of_chapter)


def _row(no: int, entry: Entry, names: SheetNames, ledger: Ledger) -> TableRow:
    matter, on = entry.matter, local_date(ledger.as_of)
    ended = matter.closed.on if matter.closed else None
    late = entry.lit.light is Light.RED
    return TableRow(
        no=no,
        number=matter.number,
        unit=ledger.unit(matter.lead),
        light=entry.lit.light,
        due=matter.due,
        texts=table_cells(matter, names, f"{_said_light(entry.lit)}{_found(matter)}"),
        since=local_date(matter.opened_at),
        until=ended or matter.due,
        overdue=on if late else None,
        marks=tuple(_marks(matter)),
    )


def _marks(matter: Matter) -> Iterator[Mark]:
    for point in matter.points:
        if point.due is not None and not point.dropped:
            yield Mark(on=point.due, done=not point.open)


def _found(matter: Matter) -> str:
    """The last finding on the spot, a report that is asked for again, the 批示 it carries out, under the light."""
    last = matter.inspections[-1] if matter.inspections else None
    seen = last.finding if last is not None else None
    lines = [f"\n{last.on.month}月{last.on.day}日核查{seen.label}"] if last is not None and seen is not None else []
    if matter.origin is not None:
        lines.append(f"\n{matter.origin}{f'，{matter.ratings[-1].satisfaction.label}' if matter.ratings else ''}")
    if matter.climbed and not matter.ended:
        lines.append(f"\n已升至{matter.rung.label}")
    if matter.listed:
        lines.append("\n挂牌督办")
    lines += [f"\n{c.card.label}" for c in matter.cards if c.withdrawn is None]
    if matter.period is not None:
        last_period = matter.periods[-1] if matter.periods else None
        judged = f"，{period_label(last_period.key)}{last_period.result.label}" if last_period else ""
        lines.append(f"\n{matter.period.label}评判{judged}")
    lines += [f"\n反馈已退回（{matter.asked_back.reason.label}）"] if matter.asked_back else []
    lines += ["\n商请事项"] if matter.by_letter and not matter.ended else []
    lines += [f"\n承办{c.number}第{c.no}条批示" for c in matter.carries]
    return "".join(lines)


def _said_light(lit: Lit) -> str:
    """The word for the colour first: on a black-and-white print it is the colour."""
    return f"{lit.light.label}\n{light_reason(lit)}"


def _summary(entries: tuple[Entry, ...], on: date) -> str:
    lights = count_by_light(entries)
    closed = sum(e.matter.stage is Stage.CLOSED for e in entries)
    cancelled = sum(e.matter.stage is Stage.CANCELLED for e in entries)
    coloured = [(f"{light.label}灯", lights[light], "件") for light in Light if light is not Light.GREY]
    shown = counts_in_words([*coloured, ("暂缓", lights[Light.GREY], "件")])
    ended = counts_in_words((("已销号", closed, "件"), ("已撤销", cancelled, "件")))
    alive = len(entries) - closed - cancelled
    parts = (f"共{len(entries)}件", ended, f"在办{alive}件" + (f"（{shown}）" if shown else ""))
    return f"截至{full_date(on)}，{'，'.join(part for part in parts if part)}。"
