"""总体情况: where things stand, what moved, and what is different from the last issue."""

from collections.abc import Iterator

from documents.charts import MatterBar, bars_chart
from documents.figures import Entry, Period, Rate, count_by_light, count_by_stage, working
from documents.lit_weeks import lit_weeks_figure
from documents.page import Figure, Grid, Paragraph, Subheading
from documents.sections.edition import TABLE, Edition, Piece, Writers
from documents.sections.recipe import SectionPart
from documents.wording import clean_text, counts_in_words, day_in, light_reason, share_in_words, short_date
from domain import events as ev
from domain.calendar import local_date
from domain.event import Event
from domain.relations import withdrawn_how
from domain.terms import Light, MatterClass, Stage

ALIVE = (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED)


# --- 督办总数


def _standing(edition: Edition) -> Iterator[Piece]:
    entries = edition.period.entries()
    if len(entries) == 1:
        yield Paragraph(text=_only(edition, entries[0]))
    elif entries:
        yield Paragraph(text=_all(edition.period, entries))


def _only(edition: Edition, entry: Entry) -> str:
    """Of a single matter there is nothing to count."""
    period = edition.period
    carried = "，为上年结转" if local_date(entry.matter.opened_at).year < period.until.year else ""
    state = _state(entry, former=edition.former)
    return f"今年以来共督办事项1件{carried}。截至{short_date(period.until)}，该事项{state}。"


def _state(entry: Entry, *, former: bool) -> str:
    match entry.matter.stage:
        case Stage.CLOSED:
            return f"已销号（{light_reason(entry.lit)}）"
        case Stage.CANCELLED:
            return withdrawn_how(entry.matter)
        case Stage.SUSPENDED:
            return "暂缓办理"
    return f"在办，亮{entry.lit.light.label}灯（{light_reason(entry.lit, former=former)}）"


def _all(period: Period, entries: tuple[Entry, ...]) -> str:
    stages = count_by_stage(entries)
    where = counts_in_words(
        (("在办", len(working(entries)), "件"), ("暂缓", stages[Stage.SUSPENDED], "件"),
         ("已销号", stages[Stage.CLOSED], "件"), ("已撤销", stages[Stage.CANCELLED], "件"))
    )  # fmt: skip
    reviewed = f"，其中办结审核中{stages[Stage.CLOSING]}件" if stages[Stage.CLOSING] else ""
    shown = _lights(entries)
    alive = f"在办事项{shown}{reviewed}。" if shown else ""
    every = f"今年以来共督办事项{len(entries)}件{_origin(period, entries)}。"
    return f"{every}截至{short_date(period.until)}，{where}。{alive}"


def _origin(period: Period, entries: tuple[Entry, ...]) -> str:
    year = period.until.year
    carried = sum(local_date(e.matter.opened_at).year < year for e in entries)
    if not carried:
        return ""
    new = len(entries) - carried
    return f"（上年结转{carried}件，今年立项{new}件）" if new else "（均为上年结转）"


def _lights(entries: tuple[Entry, ...]) -> str:
    lights = count_by_light(entries)
    lit = [kind for kind in ALIVE if lights[kind]]
    if len(lit) == 1:
        return f"均为{lit[0].label}灯"
    shown = counts_in_words([(f"{kind.label}灯", lights[kind], "件") for kind in lit])
    return f"中，{shown}" if shown else ""


# --- 与上期相比


def _change(edition: Edition) -> Iterator[Piece]:
    """What the last issue said, and what is different; before the first one there is nothing to compare."""
    period, before = edition.period, edition.period.before
    if before is None or period.first or not period.entries():
        return
    last = f"与上期（截至{day_in(before.until, period.until.year)}）"
    moved = "、".join(_moves(before, period))
    rates = _rates_of(before, period)
    rate = _rate_moved(*rates) if rates else ""
    if moved or rate:
        yield Paragraph(text=f"{last}相比，{'，'.join(part for part in (moved, rate) if part)}。")
    else:
        same = "在办件数、红黄灯件数和按期办结率" if rates else "在办件数和红黄灯件数"
        yield Paragraph(text=f"{same}均{last}持平。")


def _moves(before: Period, now: Period) -> Iterator[str]:
    then, today = before.entries(), now.entries()
    lights_then, lights = count_by_light(then), count_by_light(today)
    figures = (
        ("在办事项", len(working(then)), len(working(today))),
        ("红灯", lights_then[Light.RED], lights[Light.RED]),
        ("黄灯", lights_then[Light.YELLOW], lights[Light.YELLOW]),
    )
    for what, was, is_ in figures:
        if was != is_:
            yield f"{what}{'增加' if is_ > was else '减少'}{abs(is_ - was)}件"


def _rates_of(before: Period, now: Period) -> tuple[Rate, Rate] | None:
    """What can be compared: in January the rate begins anew."""
    was, is_ = before.on_time(), now.on_time()
    comparable = before.until.year == now.until.year and was.whole and is_.whole
    return (was, is_) if comparable else None


def _rate_moved(was: Rate, is_: Rate) -> str:
    old, new = share_in_words(was.part, was.whole), share_in_words(is_.part, is_.whole)
    if old == new:
        return ""
    rose = is_.part * was.whole > was.part * is_.whole
    return f"按期办结率由{old}{'升至' if rose else '降至'}{new}"


# --- 本期进展、办结率、反馈率


def _movement(edition: Edition) -> Iterator[Piece]:
    period = edition.period
    if not period.entries():
        return

    def times(*kinds: type[Event]) -> int:
        return sum(len(period.happened(kind)) for kind in kinds)

    closed, again = times(ev.MatterClosed), 0 if edition.former else _closed_no_more(period)
    moved = counts_in_words(
        (
            ("新立项", times(ev.MatterOpened), "件"),
            ("办结销号", closed, f"件次（含后来重开的{again}件次）" if again else "件"),
            ("退回重办", times(ev.ClosureReturned), "件次"),
            ("重开", times(ev.MatterReopened), "件"),
            ("撤销", times(ev.MatterCancelled), "件"),
            ("并入其他事项", times(ev.MatterMerged), "件"),
            ("同意延期", times(ev.ExtensionGranted), "件次"),
            ("暂缓", times(ev.MatterSuspended), "件"),
            ("恢复办理", times(ev.MatterResumed), "件"),
        )
    )
    pressed = counts_in_words(
        (
            ("会议议定", times(ev.DecisionRecorded), "项"),
            ("请求协调", times(ev.CoordinationRequested), "项"),
            ("催办", times(ev.UrgeIssued), "次"),
            ("退回反馈", times(ev.ReportReturned), "次"),
            ("现场核查", times(ev.MatterInspected), "次"),
            ("升级", times(ev.MatterEscalated), "次"),
        )
    )
    movement = "；".join(part for part in (moved, pressed) if part)
    yield Paragraph(text=f"{period.called}{movement}。" if movement else f"{period.called}无新立项、办结和催办事项。")


def _closed_no_more(period: Period) -> int:
    """How many of the endings of the period were undone by a reopening: why 销号48件次 are 已销号47件."""
    endings = period.happened(ev.MatterClosed)
    return len(endings) - len({m.stream for m, _, _ in endings if m.stage is Stage.CLOSED})


def _rates(edition: Edition) -> Iterator[Piece]:
    period = edition.period
    if not period.entries():
        return
    now, first = period.on_time(), period.on_time_originally()
    if not now.whole and not first.whole:
        yield Paragraph(text="今年以来尚无应办结事项，不计按期办结率。")
        return
    text = f"今年以来应办结{_rate(now)}（应办结含提前办结，不含暂缓和撤销）"
    if any(e.matter.due != e.matter.original_due for e in period.entries()):
        same = "不计延期等时限调整，按原定时限计算亦同"
        text += f"；{same}" if first == now else f"；如不计延期等时限调整，按原定时限应办结{_rate(first)}"
    yield Paragraph(text=f"{text}。")


def _rate(rate: Rate) -> str:
    if not rate.whole:
        return "0件"
    return f"{rate.whole}件，按期办结{rate.part}件，按期办结率{share_in_words(rate.part, rate.whole)}"


def _reports(edition: Edition) -> Iterator[Piece]:
    period = edition.period
    if not period.entries():
        return
    feedback = period.feedback()
    if not feedback.owed:
        yield Paragraph(text=f"{period.called}无应反馈事项。")
        return
    text = (
        f"{period.called}应反馈{feedback.owed}次，按时反馈{feedback.on_time}次，"
        f"按时反馈率{share_in_words(feedback.on_time, feedback.owed)}"
    )
    if feedback.missed:
        made_up = f"，其中已补报{feedback.made_up}次" if feedback.made_up else "，均未补报"
        text += f"；漏报{len(feedback.missed)}次{made_up}"
    yield Paragraph(text=f"{text}。")


# --- 分类表、灯色图


def _by_class(edition: Edition) -> Iterator[Piece]:
    entries = edition.period.entries()
    if len(entries) < 2:  # noqa: PLR2004  (a table of one says what the sentence said)
        return

    def line(label: str, klass: MatterClass | None) -> tuple[str, ...]:
        chosen = [e for e in entries if klass is None or e.matter.klass is klass]
        lights, stages = count_by_light(chosen), count_by_stage(chosen)
        numbers = (
            len(chosen),
            *(lights[light] for light in ALIVE),
            stages[Stage.SUSPENDED],
            stages[Stage.CLOSED],
            stages[Stage.CANCELLED],
        )
        return (label, *map(str, numbers))

    classes = [klass for klass in MatterClass if any(e.matter.klass is klass for e in entries)]
    total = (line("合计", None),) if len(classes) > 1 else ()
    grid = Grid(
        headers=("类别", "合计", "绿灯", "蓝灯", "黄灯", "红灯", "暂缓", "已销号", "已撤销"),
        rows=(*(line(klass.label, klass) for klass in classes), *total),
    )
    yield grid if edition.former else without_empty_columns(grid)


def without_empty_columns(grid: Grid) -> Grid:
    """A table without the columns that say 0 in every row."""
    kept = [n for n in range(len(grid.headers)) if any(row[n] != "0" for row in grid.rows)]
    return Grid(
        headers=tuple(grid.headers[n] for n in kept), rows=tuple(tuple(row[n] for n in kept) for row in grid.rows)
    )


_FEW = 3
"""A picture of fewer matters says less than the text."""


_A_FACE = 30
"""So many bars stand on one face."""


def _bars(edition: Edition) -> Iterator[Piece]:
    """横道图 of what goes on, the first to fall due first; a face for each thirty, as many as an appendix holds.

    Of what the text counts as 在办 (`working`) the words below it say what is not drawn.
    """
    alive = working(edition.period.entries())
    limited = [e for e in alive if e.matter.period is None]
    shown = sorted(limited, key=lambda e: (e.matter.due, e.matter.number))[: edition.limits.appended]
    if not shown:
        return
    yield Subheading(text=f"在办事项横道图（{len(shown)}件）")
    for first in range(0, len(shown), _A_FACE):
        some = shown[first : first + _A_FACE]
        title = f"在办事项横道图（{first + 1}至{first + len(some)}）" if len(shown) > _A_FACE else "在办事项横道图"
        bars, until = [_bar_of(e) for e in some], edition.period.until
        caption = "；".join(f"{b.title}{day_in(b.due, until.year)}到期，进度{b.progress}%" for b in bars)
        yield Figure(title=title, said=caption, svg=bars_chart(bars, until, title))
    lasting, cut = len(alive) - len(limited), len(limited) - len(shown)
    if left_out := counts_in_words((("没有办结时限的长期、定期事项", lasting, "件"), ("时限较晚的", cut, "件"))):
        yield Paragraph(text=f"在办事项共{len(alive)}件，未画出{left_out}，见{TABLE}。")


def _bar_of(entry: Entry) -> MatterBar:
    m = entry.matter
    days = tuple(p.due for p in m.points if p.due and not p.dropped)
    return MatterBar(clean_text(m.title), local_date(m.opened_at), m.due, m.progress, entry.lit.light, days)


def _chart(edition: Edition) -> Iterator[Piece]:
    if len(edition.period.weeks) < edition.limits.weeks or len(edition.period.entries()) < _FEW:
        return
    figure = lit_weeks_figure(edition.period, f"{edition.period.called}各周灯色（件，每周五）")
    if figure is not None:
        yield figure


OVERVIEW: Writers = {
    SectionPart.STANDING: _standing,
    SectionPart.CHANGE: _change,
    SectionPart.MOVEMENT: _movement,
    SectionPart.RATES: _rates,
    SectionPart.REPORTS: _reports,
    SectionPart.BY_CLASS: _by_class,
    SectionPart.CHART: _chart,
    SectionPart.BARS: _bars,
}
