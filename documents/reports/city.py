"""The city's view: the figures of every headquarters side by side. A count is the length of the list behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from documents.figures import Period, Rate, read_period
from documents.page import Grid, Items, Page, Paragraph, Section, section
from documents.wording import full_date, share_in_words
from domain import events as ev
from domain.base import Frozen, Term
from domain.calendar import local_date
from domain.founding import Headquarters
from domain.terms import ENDED, Stage
from eventlog import reading
from eventlog.database import Database


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
    MISSED = "missed", "本期漏报"
    MEETINGS = "meetings", "本期会议"


LIGHTS = (CityFigure.GREEN, CityFigure.BLUE, CityFigure.YELLOW, CityFigure.RED, CityFigure.GREY)


class Listed(Frozen):
    """One line of the list behind a figure."""

    headquarters: str
    no: str
    on: date
    title: str
    said: str = ""


@dataclass(frozen=True)
class HeadquartersFigures:
    """What a headquarters had in a period and how it stood at its end, as its own documents count it."""

    headquarters: Headquarters
    lists: Mapping[CityFigure, tuple[Listed, ...]]
    reports: Rate
    """按时反馈 of 应反馈."""
    closings: Rate
    """按时办结 of those whose limit has passed."""

    def count(self, figure: CityFigure) -> int:
        """The length of the list behind it."""
        return len(self.lists[figure])


def headquarters_figures(
    database: Database, headquarters: Headquarters, since: date, until: date, as_of: datetime
) -> HeadquartersFigures:
    """The figures of one headquarters, from its log alone.

    Raises:
        LogError: the log cannot be read.
    """
    period = read_period(database, since, until, as_of=as_of)
    code = headquarters.code
    standing = [e for e in period.entries() if e.matter.stage not in ENDED]
    lists = {
        figure: tuple(
            Listed(headquarters=code, no=e.matter.number, on=e.matter.due, title=e.matter.title, said=e.lit.reason)
            for e in standing
            if (e.matter.stage is not Stage.SUSPENDED if figure is CityFigure.OPEN else e.lit.light == figure.value)
        )
        for figure in (CityFigure.OPEN, *LIGHTS)
    }
    lists |= {
        CityFigure.OPENED: _happened(period, code, ev.MatterOpened),
        CityFigure.CLOSED: _happened(period, code, ev.MatterClosed),
        CityFigure.MISSED: tuple(
            Listed(headquarters=code, no=m.number, on=m.due, title=m.title, said=f"{key}{'，已补报' if late else ''}")
            for m, key, late in period.feedback().missed
        ),
        CityFigure.MEETINGS: _meetings(database, code, since, until),
    }
    feedback = period.feedback()
    return HeadquartersFigures(headquarters, lists, Rate(feedback.on_time, feedback.owed), period.on_time())


def _happened(period: Period, code: str, kind: type[ev.MatterOpened | ev.MatterClosed]) -> tuple[Listed, ...]:
    happened = period.happened(kind)
    return tuple(Listed(headquarters=code, no=m.number, on=on, title=m.title) for m, _, on in happened)


def _meetings(database: Database, code: str, since: date, until: date) -> tuple[Listed, ...]:
    held = [m for m in reading.meetings(database) if m.ordinal is not None]
    lines = [Listed(headquarters=code, no=m.number, on=local_date(m.starts), title=m.title) for m in held]
    return tuple(line for line in lines if since <= line.on <= until)


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


def city_page(
    city: Headquarters,
    figures: Sequence[HeadquartersFigures],
    unread: Mapping[str, str],
    since: date,
    until: date,
    *,
    called: str,
) -> Page:
    """The city's 工作简报, or its annual statistics: the sentence, the table, and each figure's list behind it."""
    sum_of = totals(figures)
    sentence = (
        f"{full_date(since)}至{full_date(until)}，{len(figures)}个指挥部在办事项{sum_of[CityFigure.OPEN]}件，"
        f"其中红灯{sum_of[CityFigure.RED]}件、黄灯{sum_of[CityFigure.YELLOW]}件；"
        f"本期立项{sum_of[CityFigure.OPENED]}件、销号{sum_of[CityFigure.CLOSED]}件，"
        f"漏报{sum_of[CityFigure.MISSED]}次，召开会议{sum_of[CityFigure.MEETINGS]}次。"
    )
    headers, rows = figure_rows(figures)
    overview: tuple[Paragraph | Grid, ...] = (Paragraph(text=sentence), Grid(headers=headers, rows=rows))
    missing = tuple(Paragraph(text=f"{code} 未计入：{why}。") for code, why in unread.items())
    return Page(
        masthead=called,
        issue=f"{full_date(until)}止",
        issuer=city.office,
        on=until,
        title=f"{called}（{full_date(since)}至{full_date(until)}）",
        sections=(
            Section(title="总体情况", blocks=(*overview, *missing)),
            *(_of(figures, figure) for figure in (CityFigure.RED, CityFigure.YELLOW, CityFigure.MISSED)),
        ),
        appendices=tuple(
            _of(figures, figure) for figure in (CityFigure.OPENED, CityFigure.CLOSED, CityFigure.MEETINGS)
        ),
    )


def _of(figures: Sequence[HeadquartersFigures], figure: CityFigure) -> Section:
    lines = [line for one in figures for line in one.lists[figure]]
    names = {one.headquarters.code: one.headquarters.name for one in figures}
    items = tuple(
        f"{names[x.headquarters]}　{x.no}　{x.title}（{full_date(x.on)}{f'，{x.said}' if x.said else ''}）"
        for x in lines
    )
    return section(f"{figure.label}（{len(lines)}）", (Items(items=items),) if items else ())
