"""The city's view: the figures of every headquarters side by side. A count is the length of the list behind it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from documents.figures import Rate, read_figures
from documents.page import Grid, Items, Page, Paragraph, Section, section
from documents.wording import clean_text, full_date, moment_in_words, share_in_words, span_in_words
from domain import events as ev
from domain.base import Frozen, Term
from domain.calendar import local_date
from domain.founding import Headquarters
from domain.matter import Matter
from domain.terms import ENDED, Stage
from domain.transfer import Direction, Transfer
from domain.windows import window_label
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
    CANCELLED = "cancelled", "本期撤销"
    MERGED = "merged", "本期并入"
    MISSED = "missed", "本期漏报"
    MEETINGS = "meetings", "本期会议"


MADE_UP = "，已补报"
LIGHTS = (CityFigure.GREEN, CityFigure.BLUE, CityFigure.YELLOW, CityFigure.RED, CityFigure.GREY)
LEFT = (CityFigure.CLOSED, CityFigure.CANCELLED, CityFigure.MERGED)
"""Each way in which a matter leaves the list, so that what was opened and what stands add up."""


class Listed(Frozen):
    """One line of the list behind a figure."""

    headquarters: str
    no: str
    on: date
    title: str
    said: str = ""
    lead: str = ""
    """The name of the unit in the lead."""


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
    period = read_figures(database, since, until, as_of=as_of)
    code = headquarters.code
    units = {unit.id: unit.name for unit in reading.units(database)}

    def listed(matter: Matter, on: date, remark: str = "") -> Listed:
        lead = units.get(matter.lead or "", "")
        return Listed(headquarters=code, no=matter.number, on=on, title=matter.title, said=remark, lead=lead)

    standing = [e for e in period.entries() if e.matter.stage not in ENDED]
    lists = {
        figure: tuple(
            listed(e.matter, e.matter.due, e.lit.reason.partition(":")[2])
            for e in standing
            if (e.matter.stage is not Stage.SUSPENDED if figure is CityFigure.OPEN else e.lit.light == figure.value)
        )
        for figure in (CityFigure.OPEN, *LIGHTS)
    }
    lists |= {
        CityFigure.OPENED: tuple(listed(m, on) for m, _, on in period.happened(ev.MatterOpened)),
        CityFigure.CLOSED: tuple(listed(m, on) for m, _, on in period.happened(ev.MatterClosed)),
        CityFigure.CANCELLED: tuple(listed(m, on) for m, _, on in period.happened(ev.MatterCancelled)),
        CityFigure.MERGED: tuple(
            listed(m, on, f"并入{merged.into.number}") for m, merged, on in period.happened(ev.MatterMerged)
        ),
        CityFigure.MISSED: tuple(
            listed(m, m.due, f"{window_label(key)}{MADE_UP if late else ''}")
            for m, key, late in period.feedback().missed
        ),
        CityFigure.MEETINGS: _meetings(database, code, since, until),
    }
    feedback = period.feedback()
    return HeadquartersFigures(headquarters, lists, Rate(feedback.on_time, feedback.owed), period.on_time())


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
    lines = [line for one in figures for line in one.lists[figure]]
    items = tuple(
        f"{names[x.headquarters]}“{x.title}”（{x.no}，{x.lead or '待明确'}牵头，时限{full_date(x.on)}）：{x.said}。"
        for x in lines
    )
    return section(f"{figure.label}（{len(lines)}）", (Items(items=items),) if items else ())


def _missed(names: Mapping[str, str], figures: Sequence[HeadquartersFigures]) -> Section:
    """Whose reports were missed how often: a matter a row."""
    figure, lines = CityFigure.MISSED, [line for one in figures for line in one.lists[CityFigure.MISSED]]
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
    lines = [line for one in figures for line in one.lists[figure]]
    items = tuple(
        f"{names[x.headquarters]}　{x.no}　{x.title}（{full_date(x.on)}{f'，{x.said}' if x.said else ''}）"
        for x in lines
    )
    return section(f"{figure.label}（{len(lines)}）", (Items(items=items),) if items else ())
