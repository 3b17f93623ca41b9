"""存在问题, 需协调事项 and 下步安排: what is wrong, who has to move, and what falls due."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from documents.figures import Entry, Period
from documents.page import Block, Grid, Items, Paragraph, Subheading, headed
from documents.sections.edition import Edition, Piece, Writers, listed_items, listed_table, shortened_list
from documents.sections.recipe import SectionPart
from documents.wording import (
    clean_text,
    day_in,
    light_reason,
    quoted_title,
    reason_with_dates,
    rung_above,
    sentence,
    short_date,
)
from domain import events as ev
from domain.calendar import local_date
from domain.matter import Coordination, Matter
from domain.queries.waiting import whose_move
from domain.terms import Light, MatterClass, Stage
from domain.windows import window_label

_WORST_FIRST = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY)


# --- 存在问题


def overdue_section(edition: Edition) -> Iterable[Piece]:
    """存在问题: overdue matters, the longest first; what was not red at the last issue is marked."""
    period, was_red = edition.period, edition.red_before()
    red = [e for e in period.entries() if e.lit.light is Light.RED]
    red.sort(key=lambda e: e.matter.due)
    new = {e.matter.stream for e in red} - set(was_red) if period.before is not None else set()
    some = new if len(new) < len(red) else ()
    rows = tuple(
        (
            e.matter.number,
            clean_text(e.matter.title) + ("（新增）" if e.matter.stream in some else ""),
            period.ledger.unit(e.matter.lead),
            day_in(e.matter.due, period.until.year),
            _workdays_late(period, e.matter),
            whose_move(e.matter, "牵头单位"),  # named two columns before
        )
        for e in red
    )
    grid = Grid(headers=("编号", "事项", "牵头单位", "办结时限", "逾期", "下一环节"), rows=rows)
    blocks = listed_table(edition, f"逾期未办结{len(red)}件{_new(len(new), len(red))}", "逾期未办结事项", grid)
    if len(red) > edition.limits.rows:
        units = Counter(period.ledger.unit(e.matter.lead) for e in red)
        split = f"按牵头单位分，{_by_unit(units, edition.limits.listed, '件')}"
        whose = split if len(units) > 1 else f"均由{next(iter(units))}牵头"
        blocks.insert(1, Paragraph(text=f"{whose}。逾期最久的有："))
    return blocks


def _new(new: int, every: int) -> str:
    if not new:
        return ""
    if new < every:
        return f"，其中本期新增{new}件"
    return "，均为本期新增" if every > 1 else "，为本期新增"


def _workdays_late(period: Period, matter: Matter) -> str:
    until = local_date(matter.closure.at if matter.closure else period.ledger.as_of)
    days = period.ledger.calendar.workdays_between(matter.due, until)
    return f"{days}个工作日" if days > 0 else "当日"


def _behind(edition: Edition) -> Iterable[Piece]:
    yellow = [e for e in edition.period.entries() if e.lit.light is Light.YELLOW]
    yellow.sort(key=lambda e: -e.matter.missed_in_row)
    items = [
        f"{quoted_title(e.matter)}（{edition.led(e.matter)}）：{light_reason(e.lit, former=edition.former)}。"
        for e in yellow
    ]
    return listed_items(edition, f"黄灯预警{len(yellow)}件", "黄灯预警事项", items)


def missed_section(edition: Edition) -> Iterable[Piece]:
    """存在问题: which units missed feedback how often and did not make up for it; 黄灯预警 told most of the latter."""
    period = edition.period
    missed = period.feedback().missed
    if not missed:
        return ()
    heading = f"漏报反馈{len(missed)}次"
    units = Counter(period.ledger.unit(one.matter.lead) for one in missed)
    shown = f"漏报单位：{_by_unit(units, edition.limits.listed, '次')}"
    owed: defaultdict[str, list[str]] = defaultdict(list)
    matters = {one.matter.stream: one.matter for one in missed if not one.made_up and not one.matter.ended}
    for one in missed:
        if one.matter.stream in matters and not one.made_up:
            owed[one.matter.stream].append(window_label(one.window).removeprefix(f"{period.until.year}年"))
    if not owed:
        rest = "均已补报" if all(one.made_up for one in missed) else "均已补报或办结"
        return headed(heading, Paragraph(text=f"{shown}，{rest}。"))
    listed_already = _told_as_yellow(edition)
    items = [
        f"{quoted_title(matters[stream])}（{edition.led(matters[stream])}）：{'、'.join(further)}。"
        for stream, keys in sorted(owed.items(), key=lambda item: -len(item[1]))
        if (further := keys[: max(0, len(keys) - listed_already.get(stream, 0))])
    ]
    if not items:
        return headed(heading, Paragraph(text=f"{shown}。未补报的已列入黄灯预警。"))
    which = "未补报的除已列入黄灯预警的外，还有：" if listed_already.keys() & owed.keys() else "未补报的有："
    return [
        Subheading(text=heading),
        Paragraph(text=f"{shown}。{which}"),
        *shortened_list(edition, "漏报未补的事项", items),
    ]


def _told_as_yellow(edition: Edition) -> dict[str, int]:
    """How many of its last misses a matter's yellow light has told."""
    if SectionPart.BEHIND not in edition.parts:
        return {}
    yellow = (e.matter for e in edition.period.entries() if e.lit.light is Light.YELLOW)
    return {matter.stream: matter.missed_in_row for matter in yellow if matter.missed_in_row}


def _by_unit(units: Counter[str], most: int, measure: str) -> str:
    """Beyond a screenful of units the rest is a number."""
    named = units.most_common(most)
    text = "、".join(f"{unit}{n}{measure}" for unit, n in named)
    further = units.total() - sum(n for _, n in named)
    return f"{text}，其他单位{further}{measure}" if further else text


def _reported(edition: Edition) -> Iterable[Piece]:
    """Problems the units themselves reported in the period, the worst lights first."""
    period, most = edition.period, edition.limits.reported
    problems = [
        (e, problem) for e in period.entries() if (problem := _said_problem(period, e.matter, former=edition.former))
    ]
    if not problems:
        return ()
    problems.sort(
        key=lambda f: (
            _WORST_FIRST.index(f[0].lit.light),
            f[0].matter.klass is not MatterClass.MAJOR,
            f[0].matter.number,
        )
    )
    items = tuple(
        f"{quoted_title(e.matter)}（{period.ledger.unit(unit)}）：{sentence(text)}" for e, (unit, text) in problems
    )
    blocks: list[Block] = [Items(items=items[:most])]
    if len(problems) > most:
        blocks.append(Paragraph(text=f"另有{len(problems) - most}项，从略。"))
    return headed(f"单位反映问题{len(problems)}项", *blocks)


def _said_problem(period: Period, matter: Matter, *, former: bool) -> tuple[str, str] | None:
    """Which unit said what; a mark alone says nothing."""
    feedback = matter.last_feedback
    if matter.ended or feedback is None or not feedback.problem:
        return None
    if not clean_text(feedback.problem) and not former:
        return None
    return (feedback.unit, feedback.problem) if period.since <= local_date(feedback.at) <= period.until else None


PROBLEMS: Writers = {
    SectionPart.OVERDUE: overdue_section,
    SectionPart.BEHIND: _behind,
    SectionPart.MISSED: missed_section,
    SectionPart.REPORTED: _reported,
}


# --- 需协调事项


def coordination_section(edition: Edition, parts: Sequence[SectionPart]) -> Iterable[Piece]:
    """需协调事项: what needs somebody else, matter by matter: one list, without headings."""
    items = [
        text
        for entry in edition.period.entries()
        if not entry.matter.ended
        for part in parts
        for text in _WANTED[part](edition.period, entry)
    ]
    return shortened_list(edition, "需协调事项", items, "项")


def _leadless(period: Period, entry: Entry) -> Iterator[str]:
    del period
    if entry.matter.stage is Stage.OPENED:
        yield f"{quoted_title(entry.matter)}尚未明确牵头单位，需指挥部办公室商定。"


def _asked(period: Period, entry: Entry) -> Iterator[str]:
    for asked in entry.matter.open_coordinations:
        yield f"{quoted_title(entry.matter)}：{_request(period, asked)}{_answer_by(period, asked)}。"


def _request(period: Period, asked: Coordination) -> str:
    """请区教育局提供…, not 请区教育局协调解决：请提供…."""
    unit, text = period.ledger.unit(asked.unit), clean_text(asked.text)
    if text.startswith("请") and not text.startswith("请求"):
        wish = text.removeprefix("请")
        return f"请{wish}" if wish.startswith(unit) else f"请{unit}{wish}"
    return f"请{unit}协调解决：{text}"


def _answer_by(period: Period, asked: Coordination) -> str:
    day, today = local_date(asked.answer_due), local_date(period.ledger.as_of)
    since = f"{day_in(local_date(asked.asked_at), period.until.year)}提出"
    late = period.ledger.calendar.workdays_between(day, today)
    if late > 0:
        return f"（{since}，应于{day_in(day, period.until.year)}前答复，已逾期{late}个工作日）"
    return f"（{since}，{day_in(day, period.until.year)}前答复）"


def _brought_up(period: Period, entry: Entry) -> Iterator[str]:
    feedback = entry.matter.last_feedback
    if feedback and feedback.coordination and period.since <= local_date(feedback.at) <= period.until:
        unit = period.ledger.unit(feedback.unit)
        yield f"{quoted_title(entry.matter)}：{unit}提出，{sentence(feedback.coordination)}"


def _to_extend(period: Period, entry: Entry) -> Iterator[str]:
    matter = entry.matter
    if matter.extension:
        what = f"第{matter.extension.point}项要点" if matter.extension.point else "办结时限"
        to = day_in(matter.extension.to, period.until.year)
        yield f"{quoted_title(matter)}：{period.ledger.unit(matter.lead)}申请将{what}延至{to}，待批复。"


def _raised(period: Period, entry: Entry) -> Iterator[str]:
    if rung_above(entry.matter.rung):
        why = reason_with_dates(_why(entry), period.until.year)
        yield f"{quoted_title(entry.matter)}：已升级至{entry.matter.rung.label}，{why}，待研究。"


def _why(entry: Entry) -> str:
    raised = [t.event for t in entry.file.events if isinstance(t.event, ev.MatterEscalated)]
    return clean_text(raised[-1].reason) if raised else light_reason(entry.lit)


_WANTED: Mapping[SectionPart, Callable[[Period, Entry], Iterator[str]]] = {
    SectionPart.LEADLESS: _leadless,
    SectionPart.ASKED: _asked,
    SectionPart.BROUGHT_UP: _brought_up,
    SectionPart.TO_EXTEND: _to_extend,
    SectionPart.RAISED: _raised,
}


# --- 下步安排


def _horizon(edition: Edition) -> tuple[date, date]:
    until = edition.period.until
    return until + timedelta(days=1), until + timedelta(days=edition.limits.ahead)


def _spoken(edition: Edition) -> str:
    first, last = _horizon(edition)
    return f"{short_date(first)}至{short_date(last)}"


def _due(edition: Edition) -> list[Entry]:
    first, last = _horizon(edition)
    due = [e for e in edition.period.entries() if _alive(e.matter) and first <= e.matter.due <= last]
    return sorted(due, key=lambda e: e.matter.due)


def _matters_due(edition: Edition) -> Iterable[Piece]:
    period, due = edition.period, _due(edition)
    rows = tuple(
        (
            day_in(e.matter.due, period.until.year),
            clean_text(e.matter.title),
            period.ledger.unit(e.matter.lead),
            f"{e.matter.progress}%",
            f"{e.lit.light.label}灯",
        )
        for e in due
    )
    grid = Grid(headers=("办结时限", "事项", "牵头单位", "进度", "亮灯"), rows=rows)
    return listed_table(edition, f"{_spoken(edition)}应办结{len(due)}件", "近期应办结事项", grid)


def _points_due(edition: Edition) -> Iterable[Piece]:
    rows = _points(edition)
    grid = Grid(headers=("节点", "要点", "所属事项", "牵头单位", "进度"), rows=rows)
    return listed_table(edition, f"{_spoken(edition)}应完成要点{len(rows)}项", "近期应完成要点", grid, "项")


def _points(edition: Edition) -> tuple[tuple[str, ...], ...]:
    period, (first, last) = edition.period, _horizon(edition)
    points = [
        (p.due, p, e.matter)
        for e in period.entries()
        if _alive(e.matter)
        for p in e.matter.points
        if p.open and p.due and first <= p.due <= last
    ]
    points.sort(key=lambda point: point[0])
    return tuple(
        (
            day_in(due, period.until.year),
            clean_text(p.text),
            clean_text(m.title),
            period.ledger.unit(m.lead),
            f"{p.progress}%",
        )
        for due, p, m in points
    )


def _next_due(edition: Edition) -> Iterator[Piece]:
    """When the next thirty days are free: what comes after them."""
    period, (_, last) = edition.period, _horizon(edition)
    later = [e.matter for e in period.entries() if _alive(e.matter) and e.matter.due > last]
    if not later or _due(edition) or _points(edition):
        return
    first = min(later, key=lambda m: m.due)
    due = day_in(first.due, period.until.year)
    yield Paragraph(
        text=f"未来{edition.limits.ahead}日无到期事项和要点，其后最近到期的是{quoted_title(first)}（{due}）。"
    )


def _alive(matter: Matter) -> bool:
    return not matter.ended and matter.stage not in (Stage.SUSPENDED, Stage.CLOSING)


AHEAD: Writers = {
    SectionPart.MATTERS_DUE: _matters_due,
    SectionPart.POINTS_DUE: _points_due,
    SectionPart.NEXT_DUE: _next_due,
}
