"""The city's view: the figures of every headquarters side by side. A count is the length of the list behind it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from documents.figures import Rate
from documents.ledger import CLOCKS_DIFFER
from documents.page import Grid, Items, Page, Paragraph, Section, section
from documents.wording import clean_text, full_date, moment_in_words, share_in_words, span_in_words
from domain.base import Term
from domain.calendar import end_of_day, local_date
from domain.founding import Headquarters
from domain.lights import Lit
from domain.meetings.meeting import Meeting
from domain.numbering import number_order
from domain.queries.counted import CountedEvent, CountsAs, OwedReport, owed_reports
from domain.queries.list_row import StandingRow, lit_rows
from domain.terms import Light, Stage
from domain.transfer import Direction, Transfer
from domain.windows import window_label
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import ListedMeeting, Moment
from eventlog.reading.counted import counted_events
from sheets.budget import nothing_thrown_away

T = TypeVar("T")


class CityFigure(Term):
    """What is counted of each headquarters."""

    OPEN = "open", "在办"
    GREEN = "green", "绿灯"
    BLUE = "blue", "蓝灯"
    YELLOW = "yellow", "黄灯"
    RED = "red", "红灯"
    GREY = "grey", "暂缓"
    OPENED = "opened", "本期立项"
    CLOSED = "closed", "本期销号"
    CANCELLED = "cancelled", "本期撤销"
    MERGED = "merged", "本期并入"
    MISSED = "missed", "本期漏报"
    MEETINGS = "meetings", "本期会议"


MADE_UP = "，已补报"
LIGHTS = (CityFigure.GREEN, CityFigure.BLUE, CityFigure.YELLOW, CityFigure.RED, CityFigure.GREY)
LEFT = (CityFigure.CLOSED, CityFigure.CANCELLED, CityFigure.MERGED)
"""Each way in which a matter leaves the list, so that what was opened and what stands add up."""


class Listed(NamedTuple):
    """One line of the list behind a figure."""

    headquarters: str
    no: str
    on: date
    title: str
    said: str = ""
    lead: str = ""
    """The name of the unit in the lead."""


_LIT = {light: CityFigure(light.value) for light in Light}  # type: ignore[call-arg]
_HAPPENED = {
    CityFigure.OPENED: CountsAs.OPENED,
    CityFigure.CLOSED: CountsAs.CLOSED,
    CityFigure.CANCELLED: CountsAs.CANCELLED,
    CityFigure.MERGED: CountsAs.MERGED,
}


@dataclass(frozen=True)
class _Behind(Generic[T]):
    """What a figure is counted from, and how it is listed."""

    counted: Sequence[T]
    line: Callable[[T], Listed]
    order: Callable[[T], Any] | None = None
    """Of the list, when it is another than they were counted in."""

    def lines(self) -> tuple[Listed, ...]:
        """The list."""
        ordered = self.counted if self.order is None else sorted(self.counted, key=self.order)
        return tuple(map(self.line, ordered))


@dataclass(frozen=True)
class HeadquartersFigures:
    """What a headquarters had in a period and how it stood at its end, as its own documents count it."""

    headquarters: Headquarters
    behind: Mapping[CityFigure, _Behind[Any]]
    reports: Rate
    """按时反馈 of 应反馈."""
    closings: Rate
    """按时办结 of those whose limit has passed."""

    def count(self, figure: CityFigure) -> int:
        """The length of the list behind it."""
        return len(self.behind[figure].counted)

    def list_of(self, figure: CityFigure) -> tuple[Listed, ...]:
        """The list behind it."""
        return self.behind[figure].lines()


def headquarters_figures(
    database: Database, headquarters: Headquarters, since: date, until: date, as_of: datetime
) -> HeadquartersFigures:
    """The figures of one headquarters, from its log alone.

    As `documents.figures` counts them, but of rows: neither states are read nor what events say.

    Raises:
        LogError: the log cannot be read.
    """
    with nothing_thrown_away():
        return _Counting(database, headquarters, since, until, reading.moment_at(database, as_of)).figures()


class _Counting:
    """What is read of one headquarters, once, for all its figures."""

    def __init__(
        self, database: Database, headquarters: Headquarters, since: date, until: date, moment: Moment
    ) -> None:
        self._database, self._headquarters, self._moment = database, headquarters, moment
        self._since, self._until = since, until
        self._begins, self._ends = end_of_day(since - timedelta(days=1)), end_of_day(until)
        rows = reading.standing_rows(database, moment)
        self._lit = list(lit_rows(rows, reading.rulebook(database, moment.position), moment.as_of))
        self._rows = {row.stream: row for row in rows}
        self._units = {unit.id: unit.name for unit in reading.units(database)}
        self._counted = self._recorded_since(self._begins)

    def figures(self) -> HeadquartersFigures:
        """All of them."""
        owed = [one for one in owed_reports(self._counted) if self._falls_in(one.event)]
        missed = [one for one in owed if one.missed]
        behind: dict[CityFigure, _Behind[Any]] = {
            **self._standing(),
            **self._happened(),
            CityFigure.MISSED: _Behind(missed, self._missed, lambda one: number_order(self._row(one.event).number)),
            CityFigure.MEETINGS: _Behind(self._meetings(), self._meeting),
        }
        reports = Rate(len(owed) - len(missed), len(owed))
        return HeadquartersFigures(self._headquarters, behind, reports, self._ended_in_time())

    def _recorded_since(self, instant: datetime) -> tuple[CountedEvent, ...]:
        after = reading.position_at(self._database, instant - CLOCKS_DIFFER)
        return counted_events(self._database, after, self._moment)

    def _falls_in(self, event: CountedEvent) -> bool:
        return self._begins < event.at <= self._ends and event.stream in self._rows

    def _row(self, event: CountedEvent) -> StandingRow:
        return self._rows[event.stream]

    def _listed(self, row: StandingRow, on: date, remark: str = "") -> Listed:
        lead = self._units.get(row.lead or "", "")
        return Listed(self._headquarters.code, row.number, on, row.title, remark, lead)

    def _standing(self) -> dict[CityFigure, _Behind[tuple[StandingRow, Lit]]]:
        """How those stand that have not ended."""
        living = [one for one in self._lit if not one[0].ended]
        by_light = defaultdict[CityFigure, list[tuple[StandingRow, Lit]]](list)
        for one in living:
            by_light[_LIT[one[1].light]].append(one)
        open_ = [one for one in living if one[0].stage != Stage.SUSPENDED]
        lists = {CityFigure.OPEN: open_, **{figure: by_light[figure] for figure in LIGHTS}}
        return {f: _Behind(lit, self._stands, lambda one: number_order(one[0].number)) for f, lit in lists.items()}

    def _stands(self, one: tuple[StandingRow, Lit]) -> Listed:
        row, lit = one
        return self._listed(row, row.due, lit.reason.partition(":")[2])

    def _happened(self) -> dict[CityFigure, _Behind[CountedEvent]]:
        """In the order it happened; of one minute, that of numbers."""
        by_kind = defaultdict[CountsAs, list[CountedEvent]](list)
        for event in self._counted:
            if event.window is None and self._falls_in(event):
                by_kind[event.kind].append(event)
        return {figure: _Behind(by_kind[kind], self._event, self._place) for figure, kind in _HAPPENED.items()}

    def _place(self, event: CountedEvent) -> tuple[datetime, str, int]:
        return event.at.replace(second=0, microsecond=0), self._row(event).number, event.position

    def _event(self, event: CountedEvent) -> Listed:
        into = f"并入{event.detail}" if event.kind is CountsAs.MERGED else ""
        return self._listed(self._row(event), local_date(event.at), into)

    def _missed(self, one: OwedReport) -> Listed:
        label, on = window_label(one.event.window or ""), local_date(one.event.at)
        return self._listed(self._row(one.event), on, f"{label}{MADE_UP if one.made_up else ''}")

    def _ended_in_time(self) -> Rate:
        """按期办结, as `Period.judged` has it: of what was closed this year, and what is red, its limit passed."""
        year = end_of_day(date(self._until.year, 1, 1) - timedelta(days=1))
        counted = self._counted if self._begins <= year else self._recorded_since(year)
        last = {e.stream: e for e in counted if e.kind is CountsAs.CLOSED and e.at > year}
        limited = [(row, lit) for row, lit in self._lit if row.period is None]
        closed = [last[row.stream] for row, _ in limited if row.stage == Stage.CLOSED and row.stream in last]
        red = sum(lit.light is Light.RED for _, lit in limited)
        return Rate(sum(event.detail == "0" for event in closed), len(closed) + red)

    def _meetings(self) -> list[ListedMeeting | Meeting]:
        held = [m for m in reading.meetings_at(self._database, self._moment) if m.ordinal is not None]
        return [m for m in held if self._since <= local_date(m.starts) <= self._until]

    def _meeting(self, meeting: ListedMeeting | Meeting) -> Listed:
        return Listed(self._headquarters.code, meeting.number, local_date(meeting.starts), meeting.title)


def totals(figures: Sequence[HeadquartersFigures]) -> dict[CityFigure, int]:
    """Over all headquarters."""
    return {figure: sum(one.count(figure) for one in figures) for figure in CityFigure}


def figure_rows(figures: Sequence[HeadquartersFigures]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Headers and rows of the roll-up, the sum below."""
    headers = ("指挥部", *(figure.label for figure in CityFigure), "按时反馈", "按时办结")
    rows = [
        (one.headquarters.name, *(str(one.count(f)) for f in CityFigure), share(one.reports), share(one.closings))
        for one in figures
    ]
    reports = Rate(sum(o.reports.part for o in figures), sum(o.reports.whole for o in figures))
    closings = Rate(sum(o.closings.part for o in figures), sum(o.closings.whole for o in figures))
    rows.append(("合计", *(str(n) for n in totals(figures).values()), share(reports), share(closings)))
    return headers, tuple(rows)


def share(rate: Rate) -> str:
    """17/20（85%）; a dash where nothing was owed."""
    return f"{rate.part}/{rate.whole}（{share_in_words(rate.part, rate.whole)}）" if rate.whole else "—"


def city_page(  # noqa: PLR0913  (what a page is made of)
    city: Headquarters,
    figures: Sequence[HeadquartersFigures],
    transfers: Sequence[Transfer],
    unread: Mapping[str, str],
    since: date,
    until: date,
    *,
    as_of: datetime,
    called: str,
) -> Page:
    """The city's 工作简报, or its annual statistics: what waits for it, the table, and each figure's list behind it."""
    sum_of = totals(figures)
    sentence = (
        f"{full_date(since)}至{full_date(until)}，{len(figures)}个指挥部在办事项{sum_of[CityFigure.OPEN]}件，"
        f"其中红灯{sum_of[CityFigure.RED]}件、黄灯{sum_of[CityFigure.YELLOW]}件；"
        f"本期立项{sum_of[CityFigure.OPENED]}件、{_left(sum_of)}，"
        f"漏报{sum_of[CityFigure.MISSED]}次，召开会议{sum_of[CityFigure.MEETINGS]}次。"
    )
    missing = tuple(Paragraph(text=f"{code} 未计入：{why}。") for code, why in unread.items())
    names = {one.headquarters.code: one.headquarters.name for one in figures}
    return Page(
        masthead=called,
        issue=f"{full_date(until)}止",
        issuer=city.office,
        on=until,
        title=f"{span_in_words(since, until)}督办工作情况",
        sections=(
            Section(title="总体情况", blocks=(Paragraph(text=sentence), *_overview(figures), *missing)),
            _transferred(names, transfers, until),
            *(_standing(names, figures, figure) for figure in (CityFigure.RED, CityFigure.YELLOW)),
        ),
        note=f"各项数字截至{moment_in_words(as_of)}，取自各指挥部的督办日志。",
        appendices=(
            _missed(names, figures),
            *(_happened(names, figures, f) for f in (CityFigure.OPENED, *LEFT, CityFigure.MEETINGS)),
        ),
    )


def _left(counts: Mapping[CityFigure, int]) -> str:
    """销号3件、撤销1件: 撤销 and 并入 are named where there were any."""
    named = [figure for figure in LEFT if counts[figure] or figure is CityFigure.CLOSED]
    return "、".join(f"{figure.label.removeprefix('本期')}{counts[figure]}件" for figure in named)


def _overview(figures: Sequence[HeadquartersFigures]) -> tuple[Grid, Grid]:
    """The roll-up as two tables a page is wide enough for: how each stands, and what the period brought."""
    headers, rows = figure_rows(figures)
    after = 1 + len((CityFigure.OPEN, *LIGHTS))
    standing = Grid(headers=headers[:after], rows=tuple(row[:after] for row in rows))
    brought = Grid(headers=(headers[0], *headers[after:]), rows=tuple((row[0], *row[after:]) for row in rows))
    return standing, brought


def _transferred(names: Mapping[str, str], transfers: Sequence[Transfer], until: date) -> Section:
    """上报 and 下达 of the period, what waits for an answer first."""
    waiting = [t for t in transfers if t.answer is None]
    items = tuple(_transfer_line(names, t, until) for t in (*waiting, *(t for t in transfers if t.answer is not None)))
    summary = Paragraph(text=f"上报和下达共{len(transfers)}件，未回复{len(waiting)}件。")
    return section("上报和下达", (summary, Items(items=items)) if items else ())


def _transfer_line(names: Mapping[str, str], transfer: Transfer, until: date) -> str:
    words, up = transfer.words, transfer.words.direction is Direction.UP
    other = names.get(words.sender if up else words.receiver, words.sender if up else words.receiver)
    what = f"{other}上报" if up else f"下达{other}"
    limit = f"，时限{full_date(words.due)}" if words.due else ""
    if transfer.answer is not None:
        return (
            f"{full_date(transfer.on)}{what}“{words.title}”（{transfer.no}）：已回复，{clean_text(transfer.answer)}。"
        )
    late = "，已过时限" if words.due is not None and words.due < until else ""
    return f"{full_date(transfer.on)}{what}“{words.title}”（{transfer.no}{limit}）：未回复{late}。"


def _standing(names: Mapping[str, str], figures: Sequence[HeadquartersFigures], figure: CityFigure) -> Section:
    """Matters of one light, with who leads them and why."""
    lines = [line for one in figures for line in one.list_of(figure)]
    items = tuple(
        f"{names[x.headquarters]}“{x.title}”（{x.no}，{x.lead or '待明确'}牵头，时限{full_date(x.on)}）：{x.said}。"
        for x in lines
    )
    return section(f"{figure.label}（{len(lines)}）", (Items(items=items),) if items else ())


def _missed(names: Mapping[str, str], figures: Sequence[HeadquartersFigures]) -> Section:
    """Whose reports were missed how often: a matter a row."""
    figure, lines = CityFigure.MISSED, [line for one in figures for line in one.list_of(CityFigure.MISSED)]
    times = Counter((x.headquarters, x.no) for x in lines)
    left = Counter((x.headquarters, x.no) for x in lines if not x.said.endswith(MADE_UP))
    known = {(x.headquarters, x.no): x for x in lines}
    rows = tuple(
        (names[code], no, known[code, no].title, known[code, no].lead, str(n), str(left[code, no]))
        for (code, no), n in times.most_common()
    )
    headers = ("指挥部", "编号", "事项", "牵头单位", "漏报", "未补报")
    return section(f"{figure.label}（{len(lines)}）", (Grid(headers=headers, rows=rows),) if rows else ())


def _happened(names: Mapping[str, str], figures: Sequence[HeadquartersFigures], figure: CityFigure) -> Section:
    lines = [line for one in figures for line in one.list_of(figure)]
    items = tuple(
        f"{names[x.headquarters]}　{x.no}　{x.title}（{full_date(x.on)}{f'，{x.said}' if x.said else ''}）"
        for x in lines
    )
    return section(f"{figure.label}（{len(lines)}）", (Items(items=items),) if items else ())
