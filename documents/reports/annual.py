"""年度总结的统计部分: the year in one sentence, chapters, units and months, each number with its list.

A meeting or an issue may be entered later than it was held, so those are taken as the log has them now; matters are
taken as they stood when the year ended.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from documents.charts import UnitRate
from documents.figures import Entry, Period, in_time_and_late, read_year
from documents.lit_weeks import lit_weeks_figure, rates_figure
from documents.page import Block, Grid, Page, Paragraph, Section, section
from documents.reports.chapters import chapters_of_year
from documents.reports.onsite import inspections_of_year
from documents.sections.edition import Edition
from documents.sections.overview import OVERVIEW
from documents.sections.recipe import SectionPart, built_in_recipe
from documents.wording import clean_text, day_in, full_date, share_in_words, short_date
from domain import events as ev
from domain.bulletin import BulletinSeries, Publication
from domain.calendar import local_date
from domain.event import Event
from domain.facts import openly
from domain.ids import bulletin_stream
from domain.terms import Satisfaction, Stage
from eventlog import reading
from eventlog.database import Database

BULLETINS = "bulletins"
SAID: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("累计召开", ("hq", "monthly", "joint", "expert")),
    ("形成", (BULLETINS,)),
    ("组织或参加", ("topic",)),
    ("召开", ("weekly",)),
    ("协调市区相关部门召开", ("survey",)),
)
"""How the year's summary tells what was held and issued: the verb, and the series whose headings follow it."""
_MEASURES = {Publication.BRIEFING: "期", Publication.NEWS: "次"}
_SAID_OF_MATTERS = (
    SectionPart.STANDING,
    SectionPart.MOVEMENT,
    SectionPart.RATES,
    SectionPart.REPORTS,
    SectionPart.BY_CLASS,
)


@dataclass(frozen=True)
class Counted:
    """One number of the sentence and the list it is the length of."""

    key: str
    """Names it among those of a year, whatever else is held or issued later."""
    label: str
    measure: str
    listed: tuple[tuple[str, date, str], ...]
    """Number, day and title of each."""

    @property
    def count(self) -> int:
        """How many; each is named in the appendix."""
        return len(self.listed)

    @property
    def of_meetings(self) -> bool:
        """Whether it counts meetings, not issues."""
        return not self.key.startswith(f"{BULLETINS}-")

    @property
    def said(self) -> str:
        """122次调研座谈会."""
        return f"{self.count}{self.measure}{self.label}"


@dataclass(frozen=True)
class Annual:
    """The year's document, its sentence, and what each number is counted from."""

    year: int
    page: Page
    sentence: str
    counted: tuple[Counted, ...]


def annual_report(database: Database, year: int, now: datetime) -> Annual:
    """年度统计: the statistics of a year, up to today when it has not ended.

    Raises:
        LogUnreachable: the database is down.
    """
    period = read_year(database, year, now)
    sentence, everything = held_and_issued(database, year, period.until)
    page = _page(period, sentence, everything)
    return Annual(year=year, page=page, sentence=sentence, counted=everything)


def held_and_issued(database: Database, year: int, until: date) -> tuple[str, tuple[Counted, ...]]:
    """What was held and issued in a year up to a day, as its sentence says it, each of its numbers with its list."""
    meetings, issues = _meetings(database, year, until), _issues(database, year, until)
    return _sentence(meetings, issues), (*meetings.values(), *issues)


def _meetings(database: Database, year: int, until: date) -> dict[str, Counted]:
    """By the id of the first series of a heading; only what was held is counted."""
    book = reading.series_book(database).series
    heading = {s.id: s.counter for s in book}
    held: defaultdict[str, list[tuple[str, date, str]]] = defaultdict(list)
    for meeting in reading.meetings(database, year):
        on = local_date(meeting.starts)
        if meeting.ordinal is not None and on <= until:
            name = heading.get(meeting.series, meeting.series)
            held[name].append((meeting.number, on, meeting.title))
    first = {s.counter: s.id for s in reversed(book)}
    order = [*dict.fromkeys(heading.values()), *(name for name in held if name not in first)]
    return {
        (key := first.get(name, name)): Counted(key, name, "次", tuple(held[name])) for name in order if held.get(name)
    }


def _issues(database: Database, year: int, until: date) -> tuple[Counted, ...]:
    counted = []
    for publication in Publication:
        stored = reading.load(database, bulletin_stream(publication))
        series = stored.state if stored and isinstance(stored.state, BulletinSeries) else BulletinSeries()
        listed = tuple(
            (i.number, i.issued_on, i.title) for i in series.issues if i.year == year and i.issued_on <= until
        )
        if listed:
            label, measure = f"工作{publication.label}", _MEASURES[publication]
            counted.append(Counted(f"{BULLETINS}-{publication.value}", label, measure, listed))
    return tuple(counted)


def _sentence(meetings: dict[str, Counted], issues: tuple[Counted, ...]) -> str:
    """累计召开4次市级指挥部工作会议、6次联席会议……; what there was none of is not mentioned."""
    parts = []
    for verb, wanted in SAID:
        counted = issues if wanted == (BULLETINS,) else tuple(meetings[s] for s in wanted if s in meetings)
        if counted:
            parts.append(f"{verb}{'、'.join(c.said for c in counted)}")
    return f"{'，'.join(parts)}。" if parts else ""


def _page(period: Period, sentence: str, everything: tuple[Counted, ...]) -> Page:
    year, ledger = period.until.year, period.ledger
    whole = period.until == date(year, 12, 31)
    sections = (
        _overview(period, sentence, everything),
        section("分章推进情况", tuple(chapters_of_year(period))),
        section("各单位办理情况", _units(period)),
        section("逐月情况", _months(period)),
        *_origins(period),
        *_pressed(period),
        *_inspections(period),
        *_instructions(period),
    )
    return Page(
        masthead=f"{ledger.office.removesuffix('办公室')}年度工作统计",
        issue=f"{year}年",
        issuer=ledger.office,
        on=period.until,
        title=f"{year}年{'' if whole else f'（截至{short_date(period.until)}）'}督办工作统计",
        sections=sections,
        appendices=tuple(_appendix(n, c) for n, c in enumerate(everything, start=1)),
        note="会议和简报按登记的台账计数，事项按当年年末的督办日志计数。在办不含暂缓；议定指会议对在督事项的决定，"
        f"会议新立项的计入立项，不再落实的不计。{_decided(period)}",
    )


def _decided(period: Period) -> str:
    """Of matters without a limit that ended by decision: that they are neither 按期 nor 逾期, nor counted in a rate."""
    decided = sum(e.matter.stage is Stage.CLOSED and e.matter.period is not None for e in period.entries())
    return f"按决定结束的长期、定期事项{decided}件没有办结时限，不计按期、逾期和应办结。" if decided else ""


def _origins(period: Period) -> tuple[Section, ...]:
    """人大建议、群众诉求 …: how many of each kind, how many were ended, and how satisfied who raised them was."""
    of_kind: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in period.entries():
        if entry.matter.origin is not None:
            of_kind[entry.matter.origin.kind].append(entry)
    if not of_kind:
        return ()
    headers = ("来源", "件数", "已销号", *(s.label for s in Satisfaction), "再办")
    return (section("其他来源办理情况", (Grid(headers=headers, rows=tuple(map(_origin_row, of_kind.items()))),)),)


def _origin_row(of_kind: tuple[str, list[Entry]]) -> tuple[str, ...]:
    kind, entries = of_kind
    matters = [e.matter for e in entries]
    ratings = Counter(r.satisfaction for m in matters for r in m.ratings)
    closed = sum(m.stage is Stage.CLOSED for m in matters)
    again = sum(any(r.satisfaction is Satisfaction.DISSATISFIED for r in m.ratings) for m in matters)
    return (kind, str(len(matters)), str(closed), *(str(ratings[s]) for s in Satisfaction), str(again))


def _pressed(period: Period) -> tuple[Section, ...]:
    """挂牌、约谈和红黄牌, when there were any; each with its matter, nobody is ranked."""
    unit, year = period.ledger.unit, period.until.year
    cells = [
        *((on, m, "挂牌督办", e.meeting) for m, e, on in period.happened(ev.MatterListed)),
        *((on, m, "摘牌", e.meeting) for m, e, on in period.happened(ev.MatterDelisted)),
        *((on, m, "约谈", unit(e.unit)) for m, e, on in period.happened(ev.InterviewHeld)),
        *((on, m, e.card.label, f"{unit(e.unit)}：{e.reason}") for m, e, on in period.happened(ev.CardIssued)),
    ]
    if not cells:
        return ()
    counted = Counter(what for _, _, what, _ in cells)
    text = f"全年{'、'.join(f'{what}{n}次' for what, n in counted.items())}。"
    rows = tuple(
        (day_in(on, year), m.number, clean_text(m.title), what, clean_text(openly(how)))
        for on, m, what, how in sorted(cells, key=lambda t: (t[0], t[1].number))
    )
    grid = Grid(headers=("日期", "编号", "事项", "举措", "情况"), rows=rows)
    return (section("挂牌、约谈和红黄牌", (Paragraph(text=text), grid)),)


def _inspections(period: Period) -> tuple[Section, ...]:
    """督查情况, when there were any."""
    ledger = period.ledger
    blocks = inspections_of_year(ledger.inspections, period.until.year, ledger.named, period.until)
    return (section("督查情况", blocks),) if blocks else ()


def _instructions(period: Period) -> tuple[Section, ...]:
    """批示件, when any came in: how many, what leaders said on them, and what became of it."""
    ledger, year = period.ledger, period.until.year
    papers = [p for p in ledger.incoming if p.registered_on.year == year and p.void is None]
    given = [(p, i) for p in papers for i in p.instructions if i.on <= period.until]
    if not papers:
        return ()
    done = [i for _, i in given if i.done_on is not None]
    in_time = sum(i.reported_on is not None and i.reported_on <= i.limit(ledger.calendar) for i in done)
    seen = sum(len(p.seen) for p in papers)
    came = f"全年登记来文{len(papers)}件，领导批示{len(given)}条、圈阅{seen}次"
    text = f"{came}；批示已办结{len(done)}条，其中按期报结{in_time}条。"
    rows = tuple(
        (
            p.number,
            clean_text(p.title),
            ledger.person(i.leader),
            day_in(i.on, year),
            day_in(i.limit(ledger.calendar), year),
            day_in(i.done_on, year) if i.done_on else "办理中",
        )
        for p, i in given
    )
    grid = (Grid(headers=("收文号", "文件", "批示领导", "批示日期", "时限", "办结"), rows=rows),) if rows else ()
    return (section("批示件办理情况", (Paragraph(text=text),), grid),)


def _overview(period: Period, sentence: str, everything: tuple[Counted, ...]) -> Section:
    blocks: list[Block] = [Paragraph(text=sentence)] if sentence else []
    if everything:
        rows = tuple((c.label, f"{c.count}{c.measure}", f"附表{n}") for n, c in enumerate(everything, start=1))
        blocks.append(Grid(headers=("名目", "数量", "清单"), rows=rows))
    if period.entries():
        edition = Edition(period=period, limits=built_in_recipe().limits)
        pieces = [piece for part in _SAID_OF_MATTERS for piece in OVERVIEW[part](edition)]
        blocks += [piece for piece in pieces if not isinstance(piece, Section)]
        chart = lit_weeks_figure(period, f"{period.until.year}年各周灯色（件，每周五）")
        blocks += [chart] if chart else []
    return section("总体情况", tuple(blocks))


def _units(period: Period) -> tuple[Block, ...]:
    """In the order of the directory: nobody is ranked."""
    led: defaultdict[str | None, list[Entry]] = defaultdict(list)
    for entry in period.entries():
        led[entry.matter.lead].append(entry)
    order = [*period.ledger.directory.units, None]
    rows = tuple(_unit_row(period, unit, led[unit]) for unit in order if led.get(unit))
    headers = ("牵头单位", "牵头", "已销号", "按期", "逾期", "应办结", "按期办结率", "在办", "暂缓", "催办")
    if not rows:
        return ()
    chart = rates_figure(
        [_unit_rate(period, unit, led[unit]) for unit in order if led.get(unit)], "各单位按期办结（件）"
    )
    return (Grid(headers=headers, rows=rows), *([chart] if chart else []))


def _unit_rate(period: Period, unit: str | None, entries: list[Entry]) -> UnitRate:
    rate = period.on_time(entries)
    return UnitRate(unit=period.ledger.unit(unit), part=rate.part, whole=rate.whole)


def _unit_row(period: Period, unit: str | None, entries: list[Entry]) -> tuple[str, ...]:
    matters = [e.matter for e in entries]
    closed = [m.closed for m in matters if m.stage is Stage.CLOSED and m.closed]
    in_time, late = in_time_and_late(entries)
    due = period.on_time(entries)
    rate = share_in_words(due.part, due.whole) if due.whole else "—"
    urges = sum(m.counts.urges for m in matters)
    paused = sum(m.stage is Stage.SUSPENDED for m in matters)
    working = sum(not m.ended for m in matters) - paused
    numbers = (len(matters), len(closed), in_time, late, due.whole, rate, working, paused, urges)
    return (period.ledger.unit(unit), *map(str, numbers))


_MONTHLY: tuple[tuple[str, type[Event]], ...] = (
    ("立项", ev.MatterOpened),
    ("销号", ev.MatterClosed),
    ("议定", ev.DecisionRecorded),
    ("催办", ev.UrgeIssued),
    ("升级", ev.MatterEscalated),
    ("延期", ev.ExtensionGranted),
    ("核查", ev.MatterInspected),
)


def _months(period: Period) -> tuple[Block, ...]:
    if not period.entries():
        return ()
    by_month = {name: Counter(on.month for _, _, on in period.happened(kind)) for name, kind in _MONTHLY}
    by_month["漏报"] = Counter(one.on.month for one in period.feedback().missed)
    rows = [(f"{n}月", *(str(months[n]) for months in by_month.values())) for n in range(1, period.until.month + 1)]
    total = ("合计", *(str(months.total()) for months in by_month.values()))
    return (Grid(headers=("月份", *by_month), rows=(*rows, total)),)


def _appendix(no: int, listed: Counted) -> Section:
    """The list a number is counted from."""
    rows = tuple(
        (str(n), number, full_date(on), clean_text(title)) for n, (number, on, title) in enumerate(listed.listed, 1)
    )
    return Section(
        title=f"附表{no}　{listed.label}（{listed.count}{listed.measure}）",
        blocks=(Grid(headers=("序号", "编号", "日期", "名称"), rows=rows),),
    )
