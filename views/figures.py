"""驾驶舱: where things stand and what happened in a span, each number the length of the list behind it.

The numbers are those of 简报 and 年度统计 (`documents/figures.py`), of the matters the reader sees all of.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from documents.charts import lights_chart
from documents.figures import Entry, Period, by_light, by_stage, newest_decision, read_period, working
from documents.ledger import Ledger
from documents.lit_weeks import weekly_lights
from documents.reports.annual import Counted, held_and_issued
from documents.reports.chapters import by_chapter
from documents.wording import clean_text, share_in_words
from domain import events as ev
from domain.base import Term, refuse
from domain.calendar import SHANGHAI, end_of_day, local_date
from domain.event import Event
from domain.facts import openly
from domain.matter import Matter
from domain.terms import Light, MatterClass, Stage
from domain.windows import window_label
from eventlog import reading
from views.remembered import Remembered
from views.viewer import Viewer

WEEKS_CHARTED = 12
NEWS = timedelta(minutes=5)
"""Figures of now are those of the last full five minutes: who follows a number finds what it was counted from."""
_SHOWN = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN)


class FigureSpan(Term):
    """What 本期 is."""

    WEEK = "week", "本周"
    MONTH = "month", "本月"
    YEAR = "year", "今年"

    def began(self, until: date) -> date:
        """Its first day."""
        match self:
            case FigureSpan.WEEK:
                return until - timedelta(days=until.weekday())
            case FigureSpan.MONTH:
                return until.replace(day=1)
            case _:
                return until.replace(month=1, day=1)


@dataclass(frozen=True)
class FigureLine:
    """One row of the list behind a number."""

    number: str
    title: str
    what: str
    on: date | None = None


@dataclass(frozen=True)
class CountedList:
    """A number, by the list it is the length of."""

    key: str
    label: str
    rows: tuple[FigureLine, ...]
    measure: str = "件"
    of: str = ""
    """The key of what it is a share of."""

    @property
    def count(self) -> int:
        """How many."""
        return len(self.rows)


@dataclass(frozen=True)
class FigureTable:
    """Numbers by row and column."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, tuple[CountedList, ...]], ...]


@dataclass(frozen=True)
class FigureBoard:
    """The figures of a span at a moment."""

    at: datetime
    since: date
    until: date
    span: FigureSpan
    groups: tuple[tuple[str, tuple[CountedList, ...]], ...]
    tables: tuple[FigureTable, ...]
    weeks: tuple[tuple[date, tuple[tuple[Light, int], ...]], ...]
    chart: str
    """SVG; empty when there are no two weeks to compare."""
    lists: Mapping[str, CountedList] = field(repr=False)

    def list_of(self, key: str) -> CountedList:
        """The list behind a number.

        Raises:
            Refusal: `not_found`.
        """
        refuse(key not in self.lists, "没有这个数字", "not_found")
        return self.lists[key]

    def share(self, counted: CountedList) -> str:
        """88.9%, as 简报 says it; empty when it is a share of nothing."""
        whole = self.lists[counted.of].count if counted.of else 0
        return share_in_words(counted.count, whole) if whole else ""


def figures_document(board: FigureBoard) -> dict[str, Any]:
    """The figures for scripts; `of` names the figure one is a share of, `GET …/figures/rows` the list of each."""
    return {
        "as_of": board.at.astimezone(SHANGHAI).isoformat(),
        "span": board.span.value,
        "since": board.since.isoformat(),
        "until": board.until.isoformat(),
        "figures": [
            {
                "group": title,
                "key": one.key,
                "label": one.label,
                "count": one.count,
                "measure": one.measure,
                "of": one.of or None,
            }
            for title, counted in board.groups
            for one in counted
        ],
    }


def rows_document(counted: CountedList) -> dict[str, Any]:
    """The list a figure is the length of."""
    rows = [
        {"matter": r.number, "title": r.title, "what": r.what, "on": r.on.isoformat() if r.on else None}
        for r in counted.rows
    ]
    return {"key": counted.key, "label": counted.label, "count": counted.count, "rows": rows}


_boards = Remembered[FigureBoard](6)


def five_minutes(now: datetime) -> datetime:
    """The moment figures of now are of."""
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % NEWS


def figure_board(viewer: Viewer, at: datetime, span: FigureSpan) -> FigureBoard:
    """The figures known at a moment, of the matters this reader sees all of. The last few are kept.

    Raises:
        LogUnreachable: the database is down.
    """
    database, readable = viewer.database, viewer.rights.readable
    position = reading.position_at(database, at)
    until = local_date(at)

    def made() -> FigureBoard:
        charted = until - timedelta(weeks=WEEKS_CHARTED)
        period = read_period(database, span.began(until), until, as_of=at, position=position, charted=charted)
        return _board(_of_matters(period, readable), span)

    return _boards.of((reading.hash_at(database, position), position, at, span, readable), made)


def _of_matters(period: Period, readable: frozenset[str] | None) -> Period:
    """The period of these matters alone."""
    if readable is None:
        return period
    ledger: Ledger = period.ledger
    own = tuple(file for file in ledger.matters if file.matter.stream in readable)
    return replace(period, ledger=replace(ledger, matters=own), before=None)


def _board(period: Period, span: FigureSpan) -> FigureBoard:
    groups = (
        ("现在", tuple(_standing(period))),
        ("今年按期办结", tuple(_rates(period))),
        (f"{span.label}反馈", tuple(_reports(period))),
        (f"{span.label}办理", tuple(_movement(period))),
        (f"{span.label}会议议定", tuple(_decided(period))),
    )
    tables = tuple(t for t in (_by_class(period), _by_chapter(period)) if t.rows)
    cells = [cell for table in tables for _, row in table.rows for cell in row]
    lists = {one.key: one for one in (*(c for _, counted in groups for c in counted), *cells)}
    weeks = weekly_lights(period)
    weekly = tuple((w.day, tuple((kind, w.counts[kind]) for kind in _SHOWN)) for w in weeks)
    lit = [w for w in weeks if sum(w.counts.values())]
    chart = lights_chart(weeks, "近十二周的灯") if len(lit) > 1 else ""
    at = period.ledger.as_of
    return FigureBoard(at, period.since, period.until, span, groups, tables, weekly, chart, lists)


# --- lists


def _entry_lines(entries: Iterable[Entry]) -> tuple[FigureLine, ...]:
    return tuple(FigureLine(e.matter.number, clean_text(e.matter.title), _stands(e), e.matter.due) for e in entries)


def _stands(entry: Entry) -> str:
    """办理中，红灯：逾期3个工作日."""
    kind, reason = entry.lit.light.label, entry.lit.reason.partition(":")[2]
    return f"{entry.matter.stage.label}，{kind}灯，{reason}"


def _matters(key: str, label: str, entries: Iterable[Entry], of: str = "") -> CountedList:
    return CountedList(key, label, _entry_lines(entries), of=of)


def _happenings(
    key: str, label: str, period: Period, kind: type[Event], line_of: Callable[[Event], str], measure: str = "次"
) -> CountedList:
    rows = (
        FigureLine(m.number, clean_text(m.title), clean_text(openly(line_of(event))), on)
        for m, event, on in period.happened(kind)
    )
    return CountedList(key, label, tuple(rows), measure)


def _standing(period: Period) -> Iterator[CountedList]:
    entries = period.entries()
    lights, stages = by_light(entries), by_stage(entries)
    yield _matters("all", "今年督办", entries)
    yield _matters("working", "在办", working(entries), "all")
    for kind in _SHOWN:
        yield _matters(f"light-{kind.value}", f"{kind.label}灯", lights.get(kind, ()), "working")
    for stage in Stage:
        if stage is not Stage.CLOSED and (staged := stages.get(stage)):
            yield _matters(f"stage-{stage.value}", stage.label, staged, "all")
    yield _matters("stage-closed", Stage.CLOSED.label, stages.get(Stage.CLOSED, ()), "all")


def _rates(period: Period) -> Iterator[CountedList]:
    for name, label, originally in (("", "按期办结", False), ("-originally", "按原定时限按期办结", True)):
        judged = period.judged(originally=originally)
        basis = "（不计延期）" if originally else ""
        yield _matters(f"in-time{name}", label, (e for e, in_time in judged if in_time), f"judged{name}")
        yield _matters(f"judged{name}", f"应办结{basis}", (e for e, _ in judged))
        yield _matters(f"late{name}", f"逾期{basis}", (e for e, in_time in judged if not in_time), f"judged{name}")


def _reports(period: Period) -> Iterator[CountedList]:
    feedback = period.feedback()

    def line(matter: Matter, window: str, how: str) -> FigureLine:
        return FigureLine(matter.number, clean_text(matter.title), f"{window_label(window)}{how}")

    answered = tuple(line(m, window, "，按时反馈") for m, window in feedback.answered)
    misses = [(m, line(m.matter, m.window, f"漏报，{'已' if m.made_up else '未'}补报")) for m in feedback.missed]
    missed, still = tuple(row for _, row in misses), tuple(row for m, row in misses if not m.made_up)
    yield CountedList("reported", "按时反馈", answered, "次", "owed")
    yield CountedList("owed", "应反馈", (*answered, *missed), "次")
    yield CountedList("missed", "漏报", missed, "次", "owed")
    yield CountedList("unreported", "漏报未补", still, "次", "missed")


def _movement(period: Period) -> Iterator[CountedList]:
    def plain(_: Event) -> str:
        return ""

    def reason(event: Event) -> str:
        return str(getattr(event, "reason", "") or "")

    def climbed(event: Event) -> str:
        assert isinstance(event, ev.MatterEscalated)  # noqa: S101  (what was asked for)
        return f"{event.from_rung.label}→{event.to_rung.label}：{event.reason}"

    yield _happenings("opened", "新立项", period, ev.MatterOpened, plain, "件")
    yield _happenings("closed", "办结销号", period, ev.MatterClosed, plain, "件次")
    yield _happenings("extended", "同意延期", period, ev.ExtensionGranted, reason, "件次")
    yield _happenings("urged", "催办", period, ev.UrgeIssued, reason)
    yield _happenings("escalated", "升级", period, ev.MatterEscalated, climbed)
    yield _happenings("returned", "退回重办", period, ev.ClosureReturned, reason, "件次")


def _decided(period: Period) -> Iterator[CountedList]:
    def text(event: Event) -> str:
        assert isinstance(event, ev.DecisionRecorded)  # noqa: S101  (what was asked for)
        return openly(event.text)

    concerned = [e for e in period.entries() if newest_decision(period, e) is not None]
    yield _happenings("decided", "议定", period, ev.DecisionRecorded, text, "项")
    yield _matters("concerned", "议定所涉事项", concerned)
    yield _matters("carried-out", "其中已办结", (e for e in concerned if e.matter.ended), "concerned")
    yield _matters("outstanding", "尚未落实", (e for e in concerned if not e.matter.ended), "concerned")


# --- tables

_COLUMNS: tuple[tuple[str, str, Callable[[Sequence[Entry]], Iterable[Entry]]], ...] = (
    ("all", "合计", lambda es: es),
    ("red", "红灯", lambda es: by_light(es).get(Light.RED, ())),
    ("yellow", "黄灯", lambda es: by_light(es).get(Light.YELLOW, ())),
    ("blue", "蓝灯", lambda es: by_light(es).get(Light.BLUE, ())),
    ("green", "绿灯", lambda es: by_light(es).get(Light.GREEN, ())),
    ("suspended", "暂缓", lambda es: by_stage(es).get(Stage.SUSPENDED, ())),
    ("closed", "已销号", lambda es: by_stage(es).get(Stage.CLOSED, ())),
    ("cancelled", "已撤销", lambda es: by_stage(es).get(Stage.CANCELLED, ())),
)


def _table(title: str, name: str, first: str, rows: Iterable[tuple[str, str, Sequence[Entry]]]) -> FigureTable:
    return FigureTable(
        title,
        (first, *(label for _, label, _ in _COLUMNS)),
        tuple(
            (label, tuple(_matters(f"{name}-{key}-{c}", f"{label}，{column}", of(es)) for c, column, of in _COLUMNS))
            for key, label, es in rows
        ),
    )


def _by_class(period: Period) -> FigureTable:
    entries = period.entries()
    of = {klass: [e for e in entries if e.matter.klass is klass] for klass in MatterClass}
    return _table("按类别", "class", "类别", ((k.value, k.label, es) for k, es in of.items() if es))


def _by_chapter(period: Period) -> FigureTable:
    chapters = by_chapter(period, period.entries())
    return _table("按章节", "chapter", "章节", ((str(n), c.title, c.entries) for n, c in enumerate(chapters, 1)))


# --- the year


def year_of_figures(viewer: Viewer, year: int, at: datetime) -> FigureBoard:
    """The figures of a year up to its end, or to an earlier moment.

    Raises:
        Refusal: `not_found`: the year had not begun by then.
    """
    refuse(date(year, 1, 1) > local_date(at), f"{year}年那时还没有开始", "not_found")
    return figure_board(viewer, min(at, end_of_day(date(year, 12, 31))), FigureSpan.YEAR)


def held_in(viewer: Viewer, year: int, until: date) -> tuple[str, tuple[Counted, ...]]:
    """What was held and issued in a year up to a day, in a sentence and by its lists, for who reads all."""
    return held_and_issued(viewer.database, year, until) if viewer.rights.whole else ("", ())


def said_moment(at: datetime) -> str:
    """2022-10-31 17:35."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
