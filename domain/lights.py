"""亮灯: a pure function of state, rulebook and moment, with its reason. Never stored: any past day can be asked."""

from datetime import date, datetime

from domain.base import Frozen
from domain.calendar import local_date
from domain.deadlines import due_instant, near_due_instant
from domain.log import Rulebook
from domain.matter import Matter
from domain.periods import period_label, unmet_in_row
from domain.relations import withdrawn_how
from domain.terms import Light, Rung, Stage
from domain.windows import window_label

UNMET_BEFORE_RED = 2
"""So many periods in a row not done are what a passed limit is to other matters."""


class Lit(Frozen):
    """A light, and in one Chinese phrase what makes it that colour."""

    light: Light
    reason: str
    raised: str = ""
    """The end of the reason that says up to whom pressure has been carried; empty while it has not."""


def light(matter: Matter, rulebook: Rulebook, as_of: datetime) -> Lit:
    """灰 suspended or ended; 红 overdue; 黄 a point, report or receipt is behind; 蓝 near due; 绿 otherwise.

    Never a linear percentage: what is behind must be a date that passed.
    """
    colour, reason = (
        _grey(matter)
        or _red(matter, rulebook, as_of)
        or _yellow(matter, rulebook, as_of)
        or _blue(matter, rulebook, as_of)
        or (Light.GREEN, _green(matter))
    )
    if not matter.ended and rulebook.calendar.is_provisional(matter.due):
        reason += f"（{matter.due.year}年工作日历未公布，暂定）"
    raised = "" if matter.ended or matter.rung is Rung.HANDLER else f"；已升至{matter.rung.label}"
    return Lit(light=colour, reason=f"{colour.label}:{reason}{raised}", raised=raised)


def _grey(matter: Matter) -> tuple[Light, str] | None:
    match matter.stage:
        case Stage.CANCELLED:
            return Light.GREY, withdrawn_how(matter) if matter.merged_into else "已撤销立项"
        case Stage.CLOSED:
            if matter.period is not None:
                return Light.GREY, "已按决定结束"
            late = matter.closed.overdue_workdays if matter.closed else 0
            return Light.GREY, f"逾期{late}个工作日办结" if late > 0 else "按期办结"
        case Stage.SUSPENDED:
            line = matter.suspensions[-1]
            return Light.GREY, f"暂缓至{line.until:%Y-%m-%d}（{line.reason.label}）"
    return None


def _red(matter: Matter, rulebook: Rulebook, as_of: datetime) -> tuple[Light, str] | None:
    if (row := unmet_in_row(matter.periods)) >= UNMET_BEFORE_RED:
        return Light.RED, f"{period_label(matter.periods[-1].key)}{matter.periods[-1].result.label}，连续{row}期"
    moment = matter.closure.at if matter.closure else as_of
    if moment <= due_instant(matter, rulebook.calendar):
        return None
    late = max(rulebook.calendar.workdays_between(matter.due, local_date(moment)), 0)
    if late == 0:
        return Light.RED, "已过今日办结时限" if local_date(moment) == matter.due else "已过办结时限"
    return Light.RED, f"逾期{late}个工作日" + ("申请办结，审核中" if matter.closure else "")


def _yellow(matter: Matter, rulebook: Rulebook, as_of: datetime) -> tuple[Light, str] | None:
    if matter.closure:
        return None
    if row := matter.windows.row:
        times = f"，连续{len(row)}次" if len(row) > 1 else ""
        return Light.YELLOW, f"漏报{window_label(row[-1].key)}反馈{times}"
    if matter.window and not matter.window.answered and as_of > matter.window.closes:
        return Light.YELLOW, f"漏报{window_label(matter.window.key)}反馈"
    if matter.declines and matter.lead is None:
        return Light.YELLOW, "已退签，待明确牵头单位"
    if unmet_in_row(matter.periods):
        return Light.YELLOW, f"{period_label(matter.periods[-1].key)}{matter.periods[-1].result.label}"
    if behind := _indicator_behind(matter, local_date(as_of)):
        return Light.YELLOW, behind
    late = [p for p in matter.points if p.open and p.due and as_of > rulebook.calendar.closes(p.due)]
    if late:
        first = min(late, key=lambda p: (p.due or matter.due, p.no))
        days = rulebook.calendar.workdays_between(first.due or matter.due, local_date(as_of))
        more = f"，共{len(late)}个要点滞后" if len(late) > 1 else ""
        return Light.YELLOW, f"要点{first.no}已过节点{max(days, 0)}个工作日{more}"
    return None


def _indicator_behind(matter: Matter, day: date) -> str | None:
    for indicator in matter.indicators:
        if indicator.out:
            return f"指标“{indicator.name}”{indicator.goal}，实为{indicator.shown(indicator.value)}"
        if wanted := indicator.behind(day):
            bound = "应不超过" if indicator.at_most else "应达"
            reached = f"{bound}{indicator.shown(wanted.value)}，实为{indicator.shown(indicator.value)}"
            return f"指标“{indicator.name}”落后序时进度（{reached}）"
    return None


def _blue(matter: Matter, rulebook: Rulebook, as_of: datetime) -> tuple[Light, str] | None:
    if matter.closure or as_of < near_due_instant(matter, rulebook):
        return None
    day = local_date(as_of)
    left = rulebook.calendar.workdays_between(day, matter.due)
    limit = "本期截止" if matter.period else "办结时限"
    if left > 0:
        return Light.BLUE, f"距{limit}{left}个工作日"
    days = (matter.due - day).days
    return Light.BLUE, f"距{limit}{days}天，其间没有工作日" if days > 0 else "今日到期"


def _green(matter: Matter) -> str:
    if matter.closure:
        return "已按期申请办结，审核中"
    if matter.stage is Stage.OPENED:
        return "待明确牵头单位"
    if matter.stage is Stage.ASSIGNED:
        return "待签收"
    return "按计划推进"
