"""周调度: the weekly meeting's papers. Last week's points, this week's, red and yellow, who has not answered."""

from datetime import date, datetime, timedelta

from documents.figures import Entry, Period
from documents.ledger import Ledger
from documents.meetings.calling import numbered_lines
from documents.page import Block, Grid, Items, Page, Paragraph, Section, headed, section
from documents.sections.edition import Edition
from documents.sections.leading import asked_of_leaders
from documents.sections.recipe import built_in_recipe
from documents.wording import clean_text, day_in, in_quotation_marks, printed_reason, quoted_title, sentence, short_date
from domain.calendar import local_date
from domain.lights import light
from domain.meetings.agenda import LASTING
from domain.meetings.meeting import DecisionPoint, Meeting
from domain.meetings.terms import Delivery
from domain.queries.waiting import whose_move
from domain.terms import Light, Stage
from domain.windows import window_label
from eventlog import reading
from eventlog.database import Database

SERIES = "weekly"


def week_held_at(database: Database, monday: date) -> datetime:
    """When that week's 工作例会 is, else the opening of its first day: the papers are of that moment."""
    meetings = [m for m in reading.meetings(database) if m.series == SERIES]
    sunday = monday + timedelta(days=6)
    week = [m.starts for m in meetings if monday <= local_date(m.starts) <= sunday]
    return week[0] if week else reading.rulebook(database).calendar.opens(monday)


def weekly_pack(ledger: Ledger, monday: date, on: date) -> Page:
    """周调度: the papers of the week's meeting, from its Monday on, computed from the log as of its moment."""
    week = Period(ledger=ledger, since=monday, until=monday + timedelta(days=6))
    return Page(
        masthead="周调度材料",
        issue=f"{monday.isocalendar().year}年第{monday.isocalendar().week}周",
        issuer=ledger.office,
        on=on,
        title=f"{short_date(monday)}至{short_date(week.until)}重点工作调度",
        sections=(
            _last_points(week),
            *_of_headquarters(week),
            _to_decide(week),
            _this_week(week),
            _lights(week),
            _unanswered(week),
        ),
    )


# --- 上周议定


def _last_points(week: Period) -> Section:
    """What the last weekly meeting decided, and where each point stands now."""
    held = [m for m in week.ledger.meetings if m.series == SERIES and m.opened_at and local_date(m.starts) < week.since]
    if not held:
        return section("上次例会议定事项落实情况")
    last = held[-1]
    lines = numbered_lines((p.no, _followed(week, last, p)) for p in last.standing_points)
    minutes = f"，{last.minutes.no}" if last.minutes else ""
    head = Paragraph(text=f"{last.name}（{short_date(local_date(last.starts))}{minutes}）议定{len(lines)}项。")
    return section("上次例会议定事项落实情况", (head, *lines))


def _of_headquarters(week: Period) -> tuple[Section, ...]:
    """What meetings above the weekly one decided and is not done: followed until it is, as its own points are."""
    held = [m for m in week.ledger.meetings if m.series != SERIES and m.minutes and local_date(m.starts) < week.since]
    ended = {f.matter.stream for f in week.ledger.matters if f.matter.ended}
    blocks: list[Block] = []
    for meeting in held:
        left = [p for p in meeting.standing_points if _still_open(p, ended)]
        number = meeting.minutes.no if meeting.minutes else ""
        heading = f"{meeting.name}（{short_date(local_date(meeting.starts))}，{number}）尚有{len(left)}项"
        blocks += headed(heading, *numbered_lines((p.no, _followed(week, meeting, p)) for p in left)) if left else ()
    return (section("指挥部会议等议定事项落实情况", tuple(blocks)),) if blocks else ()


def _still_open(point: DecisionPoint, ended: set[str]) -> bool:
    """Whether it is to be followed: its matter goes on, or did not take it."""
    if point.delivery is Delivery.REFUSED:
        return True
    arrived = point.delivery is Delivery.DELIVERED and point.matter is not None
    return arrived and point.outcome in LASTING and point.matter not in ended


def _followed(week: Period, meeting: Meeting, point: DecisionPoint) -> str:
    matter = next((f.matter for f in week.ledger.matters if f.matter.stream == point.matter), None)
    item = meeting.item(point.item)
    name = quoted_title(matter) if matter else in_quotation_marks(clean_text(item.title) if item else "")
    if point.delivery is Delivery.REFUSED:
        return f"{name}：{sentence(point.text)}未落实到事项，{sentence(point.reason or '')}"
    if matter is None:
        return f"{name}：{sentence(point.text)}"
    feedback = matter.last_feedback
    since = local_date(meeting.starts)
    progress = sentence(feedback.text) if feedback and local_date(feedback.at) >= since else "会后尚无反馈。"
    progress += "".join(
        f"{week.ledger.unit(c.unit)}对协调请求" + ("已答复。" if c.answered_at else "尚未答复。")
        for c in matter.coordinations[-1:]
        if c.answered_at is None or local_date(c.answered_at) >= since
    )
    lit = light(matter, week.ledger.rulebook, week.ledger.as_of)
    return f"{name}：{sentence(point.text)}目前{matter.stage.label}，{lit.light.label}灯；{progress}"


# --- 需研究


def _to_decide(week: Period) -> Section:
    """What the meeting has to decide, as a 简报 asks it of the leaders."""
    asked = asked_of_leaders(Edition(week, built_in_recipe().limits))
    return section("需会议研究决定事项", (Items(items=tuple(asked)),) if asked else ())


# --- 本周


def _this_week(week: Period) -> Section:
    """What falls due this week: limits and points, in the order of their days."""
    rows = sorted(_due(week), key=lambda r: r[0])
    shown = tuple((day_in(day, week.since.year), *cells) for day, *cells in rows)
    grid = Grid(headers=("日期", "到期内容", "事项", "牵头单位", "进度"), rows=shown)
    parts = headed(f"本周到期{len(rows)}项", grid) if rows else ()
    return section("本周安排", parts)


def _due(week: Period) -> list[tuple[date, str, str, str, str]]:
    due = []
    for entry in week.entries():
        matter = entry.matter
        if matter.ended or matter.stage in (Stage.SUSPENDED, Stage.CLOSING):
            continue
        unit = week.ledger.unit(matter.lead)
        if week.since <= matter.due <= week.until:
            what = "办结时限" if matter.period is None else "本期截止"
            due.append((matter.due, what, clean_text(matter.title), unit, f"{matter.progress}%"))
        due += [
            (p.due, f"要点：{clean_text(p.text)}", clean_text(matter.title), unit, f"{p.progress}%")
            for p in matter.points
            if p.open and p.due and week.since <= p.due <= week.until
        ]
    return due


# --- 红黄灯


def _lights(week: Period) -> Section:
    parts: list[Block] = []
    for wanted, heading in ((Light.RED, "红灯"), (Light.YELLOW, "黄灯")):
        lit = [e for e in week.entries() if e.lit.light is wanted]
        if lit:
            parts += headed(f"{heading}{len(lit)}件", Items(items=tuple(_lit(week, e) for e in lit)))
    return section("红黄灯事项", tuple(parts))


def _lit(week: Period, entry: Entry) -> str:
    unit = week.ledger.unit(entry.matter.lead)
    feedback = entry.matter.last_feedback
    problem = f"反映问题：{sentence(feedback.problem)}" if feedback and feedback.problem else ""
    missed = entry.lit.light is Light.YELLOW and entry.matter.missed_in_row
    move = f"{unit}补报反馈" if missed else whose_move(entry.matter, unit)
    why = printed_reason(entry.lit, week.since.year)
    return f"{quoted_title(entry.matter)}（{unit}）：{why}，下一环节：{move}。{problem}"


# --- 未反馈


def _unanswered(week: Period) -> Section:
    """Who owes an answer: windows missed and not made up for, and coordination nobody answered."""
    items = []
    for entry in week.entries():
        matter = entry.matter
        if matter.ended or matter.stage is Stage.SUSPENDED:
            continue
        unit = week.ledger.unit(matter.lead)
        if row := matter.windows.row:
            labels = "、".join(window_label(w.key).removeprefix(f"{week.since.year}年") for w in row)
            items.append(f"{unit}：{quoted_title(matter)}{labels}未反馈。")
        items += [
            f"{week.ledger.unit(c.unit)}：{quoted_title(matter)}的协调请求（{short_date(local_date(c.asked_at))}提出）未答复。"
            for c in matter.open_coordinations
        ]
        if matter.stage is Stage.ASSIGNED:
            items.append(f"{unit}：{quoted_title(matter)}尚未签收。")
    return section("未反馈、未答复、未签收", (Items(items=tuple(items)),) if items else ())
