"""The second page of a 简报: the figures in a paragraph, what moved in a sentence, and red and yellow as a table."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from documents.figures import Entry, Period, count_by_light, count_by_stage, working
from documents.page import Grid, Paragraph, Subheading
from documents.sections.edition import TABLE, Edition, Piece, Writers
from documents.sections.overview import ALIVE
from documents.sections.recipe import SectionPart
from documents.wording import (
    clean_text,
    counts_in_words,
    day_in,
    printed_reason,
    quoted_title,
    share_in_words,
    short_date,
)
from domain import events as ev
from domain.matter import Matter
from domain.onsite.terms import ProblemStage
from domain.queries.telling import points_left_undone
from domain.queries.waiting import whose_move
from domain.terms import Light, Satisfaction, Stage

_MOST_NAMED, _MOST_LIT, _MOST_LIT_OF_GB4 = 4, 40, 20
MOST_WARNED = 8


# --- 总体情况


def _summary(edition: Edition) -> Iterator[Piece]:
    """Where things stand, in one paragraph; every figure once."""
    period, entries = edition.period, edition.period.entries()
    if not entries:
        return
    stages, lights = count_by_stage(entries), count_by_light(entries)
    where = counts_in_words(
        (("在办", len(working(entries)), "件"), ("暂缓", stages[Stage.SUSPENDED], "件"),
         ("已销号", stages[Stage.CLOSED], "件"), ("已撤销", stages[Stage.CANCELLED], "件"))
    )  # fmt: skip
    lit = counts_in_words([(f"{kind.label}灯", lights[kind], "件") for kind in ALIVE])
    shown = f"；在办的亮{lit}" if lit else ""
    yield Paragraph(
        text=f"今年以来共督办事项{len(entries)}件，截至{short_date(period.until)}{where}{shown}。{_rates(edition)}"
    )


def _rates(edition: Edition) -> str:
    rate, feedback, called = edition.period.on_time(), edition.period.feedback(), edition.period.called
    on_time = ""
    if rate.whole:
        share = share_in_words(rate.part, rate.whole)
        on_time = f"应办结{rate.whole}件，按期办结{rate.part}件，按期办结率{share}。"
    if not feedback.owed:
        return on_time
    share = share_in_words(feedback.on_time, feedback.owed)
    missed = len(feedback.missed) - feedback.made_up
    left = f"，漏报未补{missed}次" if missed else ""
    reported = f"{called}应反馈{feedback.owed}次，按时反馈{feedback.on_time}次，按时反馈率{share}"
    return f"{on_time}{reported}{left}。"


def _wider(edition: Edition) -> Iterator[Piece]:
    """批示件, 现场督查 and 满意度 of the period, where there are any."""
    clauses = "；".join(filter(None, (_instructed(edition), _inspected(edition), _rated(edition))))
    if clauses:
        yield Paragraph(text=f"{edition.period.called}{clauses}。")


def _instructed(edition: Edition) -> str:
    period = edition.period
    every = [i for paper in period.ledger.incoming if paper.void is None for i in paper.instructions]
    given = sum(period.since <= i.on <= period.until for i in every)
    done = sum(i.done_on is not None and period.since <= i.done_on <= period.until for i in every)
    late = sum(i.open and i.reported_on is None and i.limit(period.ledger.calendar) < period.until for i in every)
    return counts_in_words((("领导批示", given, "件"), ("办结批示", done, "件"), ("批示逾期未办结", late, "件")), "，")


def _inspected(edition: Edition) -> str:
    period = edition.period
    held = sum(i.held_on is not None and period.since <= i.held_on <= period.until for i in period.ledger.inspections)
    problems = [f.problem for i in period.ledger.inspections for f in i.problems if f.problem]
    listed = sum(period.since <= p.listed_on <= period.until for p in problems)
    closed = sum(p.closed_on is not None and period.since <= p.closed_on <= period.until for p in problems)
    late = sum(p.stage is ProblemStage.RECTIFYING and p.overdue(period.until) for p in problems)
    return counts_in_words(
        (
            ("现场督查", held, "次"),
            ("发现问题", listed, "个"),
            ("督查问题整改销号", closed, "个"),
            ("督查问题逾期未整改", late, "个"),
        ),
        "，",
    )


def _rated(edition: Edition) -> str:
    given = Counter(e.satisfaction for _, e, _ in edition.period.happened(ev.SatisfactionGiven))
    parts = counts_in_words([(kind.label, given[kind], "件") for kind in Satisfaction])
    return f"提出人评价{parts}" if parts else ""


# --- 销号、重大、黄灯、近期


def _closed_names(edition: Edition) -> Iterator[Piece]:
    """办结销号, by name; how late stands in the 附表. What ended unfinished is named with what was left, and why."""
    ended = edition.period.happened(ev.MatterClosed)
    closed = list(dict.fromkeys(quoted_title(m) for m, _, _ in ended))
    left = ((m, points_left_undone(e.unfinished, e.over_unfinished)) for m, e, _ in ended if edition.says_why)
    over = "".join(f"{quoted_title(m)}{words.lstrip('；')}。" for m, words in left if words)
    if closed:
        yield Paragraph(text=f"{edition.period.called}办结销号的有{_some(closed, _MOST_NAMED)}。{over}")


def _warned_brief(edition: Edition) -> Iterator[Piece]:
    """Yellow matters as a small table; many by number and lead, for the 附表 lists them."""
    yellow = _lit_by_due(edition, Light.YELLOW)
    if not yellow:
        return
    if edition.bounded and len(yellow) > MOST_WARNED:
        where = edition.listed_in(SectionPart.LIT_TABLE)
        where = f"{where}和{TABLE}" if where != TABLE and _cut(edition) else where
        yield Paragraph(text=f"黄灯预警{len(yellow)}件，{by_lead(edition.period, yellow)}，名单见{where}。")
        return
    shown = yellow[:MOST_WARNED]
    rest = f"最早到期的{len(shown)}件如下，其余见附表：" if len(yellow) > len(shown) else ""
    yield Paragraph(text=f"黄灯预警{len(yellow)}件{'，' if rest else '：'}{rest}")
    yield Grid(headers=("事项", "牵头单位", "办结时限", "预警原因"), rows=tuple(_warned_row(edition, e) for e in shown))


def by_lead(period: Period, entries: list[Entry]) -> str:
    """均由区更新局牵头, or how many each unit leads; of many units the first and the rest by number."""
    units = Counter(period.ledger.unit(e.matter.lead) for e in entries)
    if len(units) == 1:
        return f"均由{next(iter(units))}牵头"
    named = units.most_common(_MOST_NAMED)
    further = units.total() - sum(n for _, n in named)
    return "、".join([*(f"{unit}{n}件" for unit, n in named), *([f"其他单位{further}件"] if further else [])])


def _lit_by_due(edition: Edition, light: Light) -> list[Entry]:
    return sorted((e for e in edition.period.entries() if e.lit.light is light), key=lambda e: e.matter.due)


def _warned_row(edition: Edition, entry: Entry) -> tuple[str, ...]:
    year = edition.period.until.year
    return (
        clean_text(entry.matter.title),
        edition.period.ledger.unit(entry.matter.lead),
        day_in(entry.matter.due, year),
        printed_reason(entry.lit, year),
    )


def _some(titles: list[str], most: int = 2) -> str:
    return f"{''.join(titles[:most])}{f'等{len(titles)}件' if len(titles) > most else ''}"


def _ahead_brief(edition: Edition) -> Iterable[Piece]:
    """What falls due next, in the order of its days."""
    period, year, days = edition.period, edition.period.until.year, edition.limits.ahead
    at_rest = (Stage.SUSPENDED, Stage.CLOSING)
    alive = [e.matter for e in period.entries() if not e.matter.ended and e.matter.stage not in at_rest]
    coming = sorted((m for m in alive if m.due > period.until), key=lambda m: m.due)
    near = [m for m in coming if (m.due - period.until).days <= days]
    if near:
        days_of = groupby(near[:_MOST_NAMED], key=lambda m: m.due)
        name = _with_lead(edition) if edition.bounded else quoted_title
        between = "、" if edition.bounded else ""
        named = "；".join(f"{day_in(due, year)}{between.join(map(name, of_day))}" for due, of_day in days_of)
        more = f"等{len(near)}件" if len(near) > _MOST_NAMED else ""
        return [Paragraph(text=f"今后{days}日内应办结：{named}{more}。")]
    return []


def _with_lead(edition: Edition) -> Callable[[Matter], str]:
    return lambda m: f"{quoted_title(m)}（{edition.period.ledger.unit(m.lead) if m.lead else '待明确牵头单位'}）"


# --- 红黄灯一览


def _cut(edition: Edition) -> bool:
    """Whether the 附表 leaves some red or yellow matters to the 一览表."""
    return sum(e.lit.light in (Light.RED, Light.YELLOW) for e in edition.period.entries()) > _MOST_LIT


def _lit_table(edition: Edition) -> Iterator[Piece]:
    """Red and yellow matters, the longest overdue first; nothing where the text told each of them."""
    red, yellow = _lit_by_due(edition, Light.RED), _lit_by_due(edition, Light.YELLOW)
    told_above = SectionPart.RED in edition.parts and SectionPart.WARNED_BRIEF in edition.parts
    if told_above and len(red) <= edition.told and len(yellow) <= MOST_WARNED:
        return
    lit = [*red, *yellow]
    shown = lit[: _MOST_LIT if edition.bounded else _MOST_LIT_OF_GB4]
    headers = ("事项", "牵头单位", "办结时限", "亮灯", "情况", "下一环节")
    # Whose move it is follows from the light: without that a row takes two lines and not three.
    columns = len(headers) - edition.bounded
    yield Subheading(text=f"红灯、黄灯事项{len(lit)}件")
    yield Grid(headers=headers[:columns], rows=tuple(_lit_row(edition, e)[:columns] for e in shown))
    if len(lit) > len(shown):
        yield Paragraph(text=f"以上列出{len(shown)}件，另有{len(lit) - len(shown)}件，详见{TABLE}。")


def _lit_row(edition: Edition, entry: Entry) -> tuple[str, ...]:
    title, unit, due, why = _warned_row(edition, entry)
    owing = entry.lit.light is Light.YELLOW and entry.matter.missed_in_row
    return title, unit, due, entry.lit.light.label, why, "补报反馈" if owing else whose_move(entry.matter, "牵头单位")


SUMMING_UP: Writers = {
    SectionPart.SUMMARY: _summary,
    SectionPart.WIDER: _wider,
    SectionPart.CLOSED_NAMES: _closed_names,
    SectionPart.WARNED_BRIEF: _warned_brief,
    SectionPart.AHEAD_BRIEF: _ahead_brief,
    SectionPart.LIT_TABLE: _lit_table,
}
