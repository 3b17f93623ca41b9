"""存在问题, 需协调事项 and 下步安排: what is wrong, who has to move, and what falls due."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from documents.figures import Entry, Period
from documents.page import Block, Grid, Items, Paragraph, Section, headed, section
from documents.wording import clean, day_in, quoted, reason_of, rung_above, sentence, short_date, whose_move
from domain import events as ev
from domain.calendar import local_date
from domain.matter import Coordination, Matter
from domain.terms import Light, MatterClass, Stage
from domain.windows import window_label

AHEAD = timedelta(days=30)
PROBLEMS_LISTED = 8
_WORST_FIRST = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN, Light.GREY)


# --- 存在问题


def problems(period: Period) -> Section:
    """三、存在问题."""
    return section("存在问题", overdue(period), _behind(period), missed(period), _reported(period))


def overdue(period: Period) -> tuple[Block, ...]:
    """逾期未办结: each matter, its lead, and by how many working days."""
    found = [e for e in period.entries() if e.lit.light is Light.RED]
    if not found:
        return ()
    rows = tuple(
        (
            e.matter.number,
            clean(e.matter.title),
            period.ledger.unit(e.matter.lead),
            day_in(e.matter.due, period.until.year),
            _workdays_late(period, e.matter),
            whose_move(e.matter, period.ledger.unit(e.matter.lead)),
        )
        for e in sorted(found, key=lambda e: (e.matter.due, e.matter.number))
    )
    grid = Grid(headers=("编号", "事项", "牵头单位", "办结时限", "逾期", "下一环节"), rows=rows)
    return headed(f"逾期未办结{len(found)}件", grid)


def _workdays_late(period: Period, matter: Matter) -> str:
    until = local_date(matter.closure.at if matter.closure else period.ledger.as_of)
    days = period.ledger.calendar.workdays_between(matter.due, until)
    return f"{days}个工作日" if days > 0 else "当日"


def _behind(period: Period) -> tuple[Block, ...]:
    found = [e for e in period.entries() if e.lit.light is Light.YELLOW]
    if not found:
        return ()
    items = tuple(f"{quoted(e.matter)}（{_by(period, e.matter)}）：{reason_of(e.lit)}。" for e in found)
    return headed(f"黄灯预警{len(found)}件", Items(items=items))


def _by(period: Period, matter: Matter) -> str:
    return f"{period.ledger.unit(matter.lead)}牵头" if matter.lead else "待明确牵头单位"


def missed(period: Period) -> tuple[Block, ...]:
    """漏报反馈: which units, how often, and what still has to be made up for."""
    found = period.feedback().missed
    if not found:
        return ()
    units = Counter(period.ledger.unit(m.lead) for m, _, _ in found)
    shown = "、".join(f"{unit}{n}次" for unit, n in units.most_common())
    owed: defaultdict[str, list[str]] = defaultdict(list)
    for matter, key, made_up in found:
        if not made_up and not matter.ended:
            owed[f"{quoted(matter)}（{_by(period, matter)}）"].append(
                window_label(key).removeprefix(f"{period.until.year}年")
            )
    heading = f"漏报反馈{len(found)}次"
    if not owed:
        rest = "均已补报" if all(made_up for _, _, made_up in found) else "均已补报或办结"
        return headed(heading, Paragraph(text=f"漏报单位：{shown}，{rest}。"))
    items = tuple(f"{matter}：{'、'.join(keys)}。" for matter, keys in owed.items())
    return headed(heading, Paragraph(text=f"漏报单位：{shown}。未补报的有："), Items(items=items))


def _reported(period: Period) -> tuple[Block, ...]:
    """Problems the units themselves reported in the period, the worst lights first."""
    found = [e for e in period.entries() if _said_problem(period, e.matter)]
    if not found:
        return ()
    found.sort(
        key=lambda e: (_WORST_FIRST.index(e.lit.light), e.matter.klass is not MatterClass.MAJOR, e.matter.number)
    )
    items = tuple(
        f"{quoted(e.matter)}（{period.ledger.unit(e.matter.last_feedback.unit)}）：{sentence(e.matter.last_feedback.problem)}"
        for e in found[:PROBLEMS_LISTED]
        if e.matter.last_feedback and e.matter.last_feedback.problem
    )
    blocks: list[Block] = [Items(items=items)]
    if len(found) > PROBLEMS_LISTED:
        blocks.append(Paragraph(text=f"另有{len(found) - PROBLEMS_LISTED}项，从略。"))
    return headed(f"单位反映问题{len(found)}项", *blocks)


def _said_problem(period: Period, matter: Matter) -> bool:
    said = matter.last_feedback
    if matter.ended or said is None or not said.problem:
        return False
    return period.since <= local_date(said.at) <= period.until


# --- 需协调事项


def coordination(period: Period) -> Section:
    """四、需协调事项."""
    items = tuple(text for entry in period.entries() if not entry.matter.ended for text in _wanted(period, entry))
    return section("需协调事项", (Items(items=items),) if items else ())


def _wanted(period: Period, entry: Entry) -> Iterator[str]:
    matter, unit = entry.matter, period.ledger.unit
    name = quoted(matter)
    if matter.stage is Stage.OPENED:
        yield f"{name}尚未明确牵头单位，需指挥部办公室商定。"
    for asked in matter.open_coordinations:
        yield f"{name}：请{unit(asked.unit)}协调解决：{clean(asked.text)}{_answer_by(period, asked)}。"
    said = matter.last_feedback
    if said and said.coordination and period.since <= local_date(said.at) <= period.until:
        yield f"{name}：{unit(said.unit)}提出，{sentence(said.coordination)}"
    if matter.extension:
        what = f"第{matter.extension.point}项要点" if matter.extension.point else "办结时限"
        to = day_in(matter.extension.to, period.until.year)
        yield f"{name}：{unit(matter.lead)}申请将{what}延至{to}，待批复。"
    if rung_above(matter.rung):
        yield f"{name}：已升级至{matter.rung.label}，{_why(entry)}，待研究。"


def _answer_by(period: Period, asked: Coordination) -> str:
    day, today = local_date(asked.answer_due), local_date(period.ledger.as_of)
    since = f"{day_in(local_date(asked.asked_at), period.until.year)}提出"
    late = period.ledger.calendar.workdays_between(day, today)
    if late > 0:
        return f"（{since}，应于{day_in(day, period.until.year)}前答复，已逾期{late}个工作日）"
    return f"（{since}，{day_in(day, period.until.year)}前答复）"


def _why(entry: Entry) -> str:
    raised = [t.event for t in entry.file.events if isinstance(t.event, ev.MatterEscalated)]
    return clean(raised[-1].reason) if raised else reason_of(entry.lit)


# --- 下步安排


def ahead(period: Period) -> Section:
    """五、下步安排: matters and points that fall due in the next thirty days."""
    first, last = period.until + timedelta(days=1), period.until + AHEAD
    matters = sorted(
        (e for e in period.entries() if _alive(e.matter) and first <= e.matter.due <= last),
        key=lambda e: (e.matter.due, e.matter.number),
    )
    points = _points(period, first, last)
    horizon = f"{short_date(first)}至{short_date(last)}"
    parts: list[Block] = []
    if matters:
        rows = tuple(
            (
                day_in(e.matter.due, period.until.year),
                clean(e.matter.title),
                period.ledger.unit(e.matter.lead),
                f"{e.matter.progress}%",
                f"{e.lit.light.label}灯",
            )
            for e in matters
        )
        heading = f"{horizon}应办结{len(matters)}件"
        parts += headed(heading, Grid(headers=("办结时限", "事项", "牵头单位", "进度", "亮灯"), rows=rows))
    if points:
        heading = f"{horizon}应完成要点{len(points)}项"
        parts += headed(heading, Grid(headers=("节点", "要点", "所属事项", "牵头单位", "进度"), rows=points))
    return section("下步安排", tuple(parts) or _next_due(period, last))


def _next_due(period: Period, last: date) -> tuple[Block, ...]:
    """When the next thirty days are free: what comes after them."""
    later = [e.matter for e in period.entries() if _alive(e.matter) and e.matter.due > last]
    if not later:
        return ()
    first = min(later, key=lambda m: (m.due, m.number))
    due = day_in(first.due, period.until.year)
    return (Paragraph(text=f"未来{AHEAD.days}日无到期事项和要点，其后最近到期的是{quoted(first)}（{due}）。"),)


def _alive(matter: Matter) -> bool:
    return not matter.ended and matter.stage not in (Stage.SUSPENDED, Stage.CLOSING)


def _points(period: Period, first: date, last: date) -> tuple[tuple[str, ...], ...]:
    found = sorted(
        (p.due, e.matter.number, p.no, p, e.matter)
        for e in period.entries()
        if _alive(e.matter)
        for p in e.matter.points
        if p.open and p.due and first <= p.due <= last
    )
    return tuple(
        (day_in(due, period.until.year), clean(p.text), clean(m.title), period.ledger.unit(m.lead), f"{p.progress}%")
        for due, _, _, p, m in found
    )
