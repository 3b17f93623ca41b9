"""总体情况 and 重点推进: where things stand, and what was done in the period."""

from collections import Counter
from datetime import date

from documents.figures import Entry, Period, Rate, by_light, by_stage
from documents.page import Block, Grid, Items, Paragraph, Section, headed, section
from documents.wording import INSTRUCTION, clean, counted, day_in, quoted, sentence, share, short_date
from domain import events as ev
from domain.calendar import local_date
from domain.event import Event
from domain.matter import Matter
from domain.terms import Light, MatterClass, Stage

ALIVE = (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED)
LISTED = 10
"""More new matters than this are counted by class instead of listed."""


def overview(period: Period) -> Section:
    """一、总体情况."""
    entries = period.entries()
    if not entries:
        return section("总体情况")
    blocks: list[Block] = [
        Paragraph(text=_standing(period, entries)),
        Paragraph(text=_movement(period)),
        Paragraph(text=_rates(period)),
        Paragraph(text=_reports(period)),
        _grid(entries),
    ]
    return section("总体情况", tuple(blocks))


def _standing(period: Period, entries: tuple[Entry, ...]) -> str:
    stages = by_stage(entries)
    ended, paused = stages[Stage.CLOSED] + stages[Stage.CANCELLED], stages[Stage.SUSPENDED]
    working = len(entries) - ended - paused
    year = period.until.year
    carried = sum(local_date(e.matter.opened_at).year < year for e in entries)
    origin = ""
    if carried:
        new = len(entries) - carried
        origin = f"（上年结转{carried}件，今年立项{new}件）" if new else "（均为上年结转）"
    where = counted(
        (("在办", working, "件"), ("暂缓", paused, "件"), ("已销号", stages[Stage.CLOSED], "件"),
         ("已撤销", stages[Stage.CANCELLED], "件"))
    )  # fmt: skip
    lights = by_light(entries)
    shown = counted([(f"{light.label}灯", lights[light], "件") for light in ALIVE])
    reviewed = f"，其中办结审核中{stages[Stage.CLOSING]}件" if stages[Stage.CLOSING] else ""
    alive = f"在办事项中，{shown}{reviewed}。" if shown else ""
    return f"今年以来共督办事项{len(entries)}件{origin}。截至{short_date(period.until)}，{where}。{alive}"


def _movement(period: Period) -> str:
    def times(*kinds: type[Event]) -> int:
        return sum(len(period.happened(kind)) for kind in kinds)

    moved = counted(
        (
            ("新立项", times(ev.MatterOpened), "件"),
            ("办结销号", times(ev.MatterClosed), "件"),
            ("退回重办", times(ev.ClosureReturned), "件次"),
            ("重开", times(ev.MatterReopened), "件"),
            ("撤销", times(ev.MatterCancelled), "件"),
            ("同意延期", times(ev.ExtensionGranted), "件次"),
            ("暂缓", times(ev.MatterSuspended), "件"),
            ("恢复办理", times(ev.MatterResumed), "件"),
        )
    )
    pressed = counted(
        (
            ("会议议定", times(ev.DecisionRecorded), "项"),
            ("请求协调", times(ev.CoordinationRequested), "项"),
            ("催办", times(ev.UrgeIssued), "次"),
            ("升级", times(ev.MatterEscalated), "次"),
        )
    )
    said = "；".join(part for part in (moved, pressed) if part)
    return f"{period.called}{said}。" if said else f"{period.called}无新立项、办结和催办事项。"


def _rates(period: Period) -> str:
    now, first = period.on_time(), period.on_time_originally()
    if not now.whole and not first.whole:
        return "今年以来尚无应办结事项，不计按期办结率。"
    moved = len([e for e in period.entries() if e.matter.due != e.matter.original_due])
    if not moved:
        return f"今年以来应办结{_rate(now)}（应办结含提前办结，不含暂缓和撤销）。"
    return (
        f"今年以来应办结{_rate(now)}（应办结含提前办结，不含暂缓和撤销）；"
        f"如不计延期等时限调整，按原定时限应办结{_rate(first)}。"
    )


def _rate(rate: Rate) -> str:
    if not rate.whole:
        return "0件"
    return f"{rate.whole}件，按期办结{rate.part}件，按期办结率{share(rate.part, rate.whole)}"


def _reports(period: Period) -> str:
    found = period.feedback()
    if not found.owed:
        return f"{period.called}无应反馈事项。"
    text = (
        f"{period.called}应反馈{found.owed}次，按时反馈{found.on_time}次，按时反馈率{share(found.on_time, found.owed)}"
    )
    if found.missed:
        made_up = f"，其中已补报{found.made_up}次" if found.made_up else "，均未补报"
        text += f"；漏报{len(found.missed)}次{made_up}"
    return f"{text}。"


def _grid(entries: tuple[Entry, ...]) -> Grid:
    def line(label: str, klass: MatterClass | None) -> tuple[str, ...]:
        chosen = [e for e in entries if klass is None or e.matter.klass is klass]
        lights, stages = by_light(chosen), by_stage(chosen)
        numbers = (
            len(chosen),
            *(lights[light] for light in ALIVE),
            stages[Stage.SUSPENDED],
            stages[Stage.CLOSED],
            stages[Stage.CANCELLED],
        )
        return (label, *map(str, numbers))

    return Grid(
        headers=("类别", "合计", "绿灯", "蓝灯", "黄灯", "红灯", "暂缓", "已销号", "已撤销"),
        rows=(*(line(klass.label, klass) for klass in MatterClass), line("合计", None)),
    )


# --- 重点推进


def advances(period: Period) -> Section:
    """二、重点推进."""
    parts = (closed, _decided, _major, _opened, _instructed, _told)
    return section("重点推进", *(part(period) for part in parts))


def closed(period: Period) -> tuple[Block, ...]:
    """办结销号: each matter, its lead, and whether in time."""
    found = period.happened(ev.MatterClosed)
    if not found:
        return ()
    items = tuple(
        f"{quoted(m)}（{period.ledger.unit(m.lead)}牵头），{short_date(on)}销号，{_in_time(e)}。" for m, e, on in found
    )
    return headed(f"办结销号{len(found)}件", Items(items=items))


def _in_time(closed: ev.MatterClosed) -> str:
    return f"逾期{closed.overdue_workdays}个工作日办结" if closed.overdue_workdays else "按期办结"


def _decided(period: Period) -> tuple[Block, ...]:
    found = period.happened(ev.DecisionRecorded)
    if not found:
        return ()
    items = tuple(
        f"{short_date(on)}，{clean(e.meeting)}就{quoted(m)}议定：{sentence(e.text)}"
        + (f"办结时限定为{day_in(e.due, on.year)}。" if e.due else "")
        for m, e, on in found
    )
    return headed(f"会议议定{len(found)}项", Items(items=items))


def _major(period: Period) -> tuple[Block, ...]:
    """What the leads of 重大 matters last reported in the period."""
    items = []
    for entry in period.entries():
        matter, said = entry.matter, entry.matter.last_feedback
        if matter.klass is not MatterClass.MAJOR or matter.ended or said is None:
            continue
        on = local_date(said.at)
        if period.since <= on <= period.until:
            further = f"下一步，{sentence(said.next_step).removeprefix('下一步')}" if said.next_step else ""
            items.append(
                f"{quoted(matter)}（{period.ledger.unit(matter.lead)}牵头，进度{matter.progress}%）："
                f"{sentence(said.text)}{further}"
            )
    return headed(f"重大事项进展{len(items)}件", Items(items=tuple(items))) if items else ()


def _opened(period: Period) -> tuple[Block, ...]:
    found = period.happened(ev.MatterOpened)
    if not found:
        return ()
    if len(found) > LISTED:
        classes = Counter(e.klass for _, e, _ in found)
        shown = counted([(klass.label, classes[klass], "件") for klass in MatterClass])
        return headed(f"新立项{len(found)}件", Paragraph(text=f"其中{shown}。"))
    items = tuple(
        f"{quoted(m)}（{_lead(period, m)}），时限{day_in(e.due, period.until.year)}，依据{clean(str(e.basis))}。"
        for m, e, _ in found
    )
    return headed(f"新立项{len(found)}件", Items(items=items))


def _lead(period: Period, matter: Matter) -> str:
    return f"{period.ledger.unit(matter.lead)}牵头" if matter.lead else "待明确牵头单位"


def _instructed(period: Period) -> tuple[Block, ...]:
    """That a leader instructed, on what and when; never the words."""
    found = period.happened(ev.InstructionRecorded)
    if not found:
        return ()
    items = tuple(
        f"{short_date(on)}，{period.ledger.person(e.leader)}对{quoted(m)}作出{INSTRUCTION}。" for m, e, on in found
    )
    return headed(f"领导批示{len(found)}件", Items(items=items))


def _told(period: Period) -> tuple[Block, ...]:
    """The 动态 of the period: each told one event as it happened, the 简报 lists them."""
    found = [i for i in period.ledger.news if period.since <= i.issued_on <= period.until]
    if not found:
        return ()
    items = tuple(f"第{i.no}期，{short_date(i.issued_on)}：{clean(i.title)}。" for i in found)
    return headed(f"编发工作动态{len(found)}次", Items(items=items))


# --- 动态


def news(period: Period) -> Section:
    """What happened, day by day."""
    told: list[tuple[date, str]] = [
        *(
            (on, f"{clean(e.meeting)}就{quoted(m)}议定：{sentence(e.text)}")
            for m, e, on in period.happened(ev.DecisionRecorded)
        ),
        *(
            (on, f"{quoted(m)}办结销号（{_lead(period, m)}，{_in_time(e)}）。")
            for m, e, on in period.happened(ev.MatterClosed)
        ),
        *((on, f"{quoted(m)}立项督办（{_lead(period, m)}）。") for m, _, on in period.happened(ev.MatterOpened)),
        *(
            (on, f"{period.ledger.unit(e.unit)}就{quoted(m)}答复协调：{sentence(e.text)}")
            for m, e, on in period.happened(ev.CoordinationAnswered)
        ),
        *(
            (on, f"{quoted(m)}暂缓办理至{day_in(e.until, on.year)}（{e.reason.label}）。")
            for m, e, on in period.happened(ev.MatterSuspended)
        ),
    ]
    told.sort(key=lambda item: item[0])
    items = tuple(f"{short_date(on)}，{text}" for on, text in told)
    return section("工作动态", (Items(items=items),) if items else ())
