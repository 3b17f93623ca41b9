"""亮灯: a pure function of state, rulebook and moment, with its reason. Never stored: any past day can be asked.

What a light needs of a matter is little, `LightFacts`; a list keeps that with each row, and asks the rulebook and the
moment when it is read. Between two events a colour changes at known instants only: `light_schedule` names them.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from domain.base import Frozen
from domain.calendar import WorkCalendar, at_office, local_date
from domain.event import UnknownEventError
from domain.log import Rulebook
from domain.matter import Indicator, Matter
from domain.periods import period_label, unmet_in_row
from domain.relations import withdrawn_how
from domain.terms import ENDED, Light, Rung, Stage
from domain.windows import window_label

UNMET_BEFORE_RED = 2
"""So many periods in a row not done are what a passed limit is to other matters."""
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_DAY, _AFTER = timedelta(days=1), timedelta(microseconds=1)


class Lit(Frozen):
    """A light, and in one Chinese phrase what makes it that colour."""

    light: Light
    reason: str
    raised: str = ""
    """The end of the reason that says up to whom pressure has been carried; empty while it has not."""


class IndicatorTurn(NamedTuple):
    """From which day on an indicator is as the words say; no words: it is on schedule."""

    day: date
    words: str


class LightFacts(NamedTuple):
    """All a light needs of a matter; words are empty where the case is not given."""

    due: date
    green: str = ""
    raised: str = ""
    ended: bool = False
    grey: str = ""
    red: str = ""
    """Red whatever the day is."""
    asked: datetime | None = None
    """办结申请: it stops the clock."""
    period: bool = False
    """长期、定期: the limit is that of the running period."""
    missed: str = ""
    closes: datetime | None = None
    window: str = ""
    """When the running window closes that nobody answered, and its key."""
    held_up: str = ""
    """Yellow whatever the day is, but said after a missed report."""
    indicators: tuple[tuple[IndicatorTurn, ...], ...] = ()
    points: tuple[tuple[date, int], ...] = ()
    """The open points that have a date, the earliest first."""


def light(matter: Matter, rulebook: Rulebook, as_of: datetime) -> Lit:
    """灰 suspended or ended; 红 overdue; 黄 a point, report or receipt is behind; 蓝 near due; 绿 otherwise.

    Never a linear percentage: what is behind must be a date that passed.
    """
    return light_of(light_facts(matter), rulebook, as_of)


def light_of(facts: LightFacts, rulebook: Rulebook, as_of: datetime) -> Lit:
    """The light of a matter of which this is known."""
    colour, reason = _lit(facts, rulebook, as_of)
    if not facts.ended and rulebook.calendar.is_provisional(facts.due):
        reason += provisional_remark(facts.due.year)
    return Lit(light=colour, reason=f"{colour.label}:{reason}{facts.raised}", raised=facts.raised)


def provisional_remark(year: int) -> str:
    """What a light says of a limit in a year whose calendar is not published."""
    return f"（{year}年工作日历未公布，暂定）"


def light_schedule(facts: LightFacts, rulebook: Rulebook) -> tuple[tuple[datetime, Light], ...]:
    """Every colour the light will have as long as nothing is recorded, each with the instant from which it holds.

    The first holds from `EARLIEST`; neighbours differ.
    """
    schedule: list[tuple[datetime, Light]] = []
    near = near_due_moment(facts.due, rulebook)
    for instant in (EARLIEST, *sorted(_turns(facts, rulebook.calendar, near))):
        colour, _ = _lit(facts, rulebook, instant, near)
        if not schedule or schedule[-1][1] is not colour:
            schedule.append((instant, colour))
    return tuple(schedule)


def _turns(facts: LightFacts, calendar: WorkCalendar, near: datetime) -> set[datetime]:
    """The instants at which the colour may change; a limit is passed just after it."""
    if facts.grey or facts.red or facts.asked:
        return set()
    turns = {near, calendar.closes(facts.due) + _AFTER}
    if facts.closes is not None:
        turns.add(facts.closes + _AFTER)
    turns.update(calendar.closes(day) + _AFTER for day, _ in facts.points[:1])
    turns.update(at_office(s.day, time()) for steps in facts.indicators for s in steps if s.day > date.min)
    return turns


def near_due_moment(due: date, rulebook: Rulebook) -> datetime:
    """When 临期 begins for a limit: the morning so many working days before it."""
    calendar = rulebook.calendar
    return calendar.opens(calendar.add_workdays(due, -rulebook.policy.near_due_workdays))


# --- what a light needs of a matter


def light_facts(matter: Matter) -> LightFacts:
    """What the light needs of a matter; asked for every light, so built in one piece and no further than needed."""
    ended = matter.stage in ENDED
    raised = "" if ended or matter.rung is Rung.HANDLER else f"；已升至{matter.rung.label}"
    if grey := _grey(matter):
        return LightFacts(matter.due, "", raised, ended, grey)
    if matter.periods and (row := unmet_in_row(matter.periods)) >= UNMET_BEFORE_RED:
        return LightFacts(matter.due, "", raised, ended, "", f"{_last_period(matter)}，连续{row}期")
    period = matter.period is not None
    if matter.closure:
        return LightFacts(matter.due, _green(matter), raised, ended, "", "", matter.closure.at, period)
    running = matter.window
    if running and running.answered:
        running = None
    return LightFacts(
        *(matter.due, _green(matter), raised, ended, "", "", None, period),
        _missed(matter),
        running.closes if running else None,
        running.key if running else "",
        _held_up(matter),
        tuple(steps for i in matter.indicators if (steps := _steps(i))) if matter.indicators else (),
        tuple(sorted((p.due, p.no) for p in matter.points if p.open and p.due)) if matter.points else (),
    )


def closed_how(matter: Matter) -> str:
    """Whether a closed matter was in time; what has no end was ended by decision, in time for nothing."""
    if matter.period is not None:
        return "已按决定结束"
    late = matter.closed.overdue_workdays if matter.closed else 0
    return f"逾期{late}个工作日办结" if late > 0 else "按期办结"


def _grey(matter: Matter) -> str:
    match matter.stage:
        case Stage.CANCELLED:
            return withdrawn_how(matter) if matter.merged_into else "已撤销立项"
        case Stage.CLOSED:
            return closed_how(matter)
        case Stage.SUSPENDED:
            line = matter.suspensions[-1]
            return f"暂缓至{line.until:%Y-%m-%d}（{line.reason.label}）"
    return ""


def _last_period(matter: Matter) -> str:
    return f"{period_label(matter.periods[-1].key)}{matter.periods[-1].result.label}"


def _missed(matter: Matter) -> str:
    row = matter.windows.row
    times = f"，连续{len(row)}次" if len(row) > 1 else ""
    return f"漏报{window_label(row[-1].key)}反馈{times}" if row else ""


def _held_up(matter: Matter) -> str:
    if matter.declines and matter.lead is None:
        return "已退签，待明确牵头单位"
    return _last_period(matter) if matter.periods and unmet_in_row(matter.periods) else ""


def _steps(indicator: Indicator) -> tuple[IndicatorTurn, ...]:
    """How an indicator stands from which day on; nothing for one that is on schedule whatever the day is."""
    if indicator.out:
        words = f"指标“{indicator.name}”{indicator.goal}，实为{indicator.shown(indicator.value)}"
        return (IndicatorTurn(date.min, words),)
    days = sorted({c.on + _DAY for c in indicator.checkpoints})
    steps = tuple(IndicatorTurn(day, _behind(indicator, day)) for day in days)
    return steps if any(step.words for step in steps) else ()


def _behind(indicator: Indicator, day: date) -> str:
    wanted = indicator.behind(day)
    if wanted is None:
        return ""
    bound = "应不超过" if indicator.at_most else "应达"
    reached = f"{bound}{indicator.shown(wanted.value)}，实为{indicator.shown(indicator.value)}"
    return f"指标“{indicator.name}”落后序时进度（{reached}）"


def _green(matter: Matter) -> str:
    if matter.closure:
        return "已按期申请办结，审核中"
    if matter.stage is Stage.OPENED:
        return "待明确牵头单位"
    if matter.stage is Stage.ASSIGNED:
        return "待签收"
    return "按计划推进"


# --- what it says at a moment


def _lit(facts: LightFacts, rulebook: Rulebook, as_of: datetime, near: datetime | None = None) -> tuple[Light, str]:
    if facts.grey:
        return Light.GREY, facts.grey
    if red := facts.red or _overdue(facts, rulebook.calendar, as_of):
        return Light.RED, red
    if facts.asked is None:
        if yellow := _yellow(facts, rulebook.calendar, as_of):
            return Light.YELLOW, yellow
        if as_of >= (near or near_due_moment(facts.due, rulebook)):
            return Light.BLUE, _near(facts, rulebook.calendar, local_date(as_of))
    return Light.GREEN, facts.green


def _overdue(facts: LightFacts, calendar: WorkCalendar, as_of: datetime) -> str:
    moment = facts.asked or as_of
    if moment <= calendar.closes(facts.due):
        return ""
    late = max(calendar.workdays_between(facts.due, local_date(moment)), 0)
    if late == 0:
        return "已过今日办结时限" if local_date(moment) == facts.due else "已过办结时限"
    return f"逾期{late}个工作日" + ("申请办结，审核中" if facts.asked else "")


def _yellow(facts: LightFacts, calendar: WorkCalendar, as_of: datetime) -> str:
    if facts.missed:
        return facts.missed
    if facts.closes is not None and as_of > facts.closes:
        return f"漏报{window_label(facts.window)}反馈"
    if facts.held_up:
        return facts.held_up
    day = local_date(as_of)
    for steps in facts.indicators:
        words = next((step.words for step in reversed(steps) if step.day <= day), "")
        if words:
            return words
    late = [(due, no) for due, no in facts.points if as_of > calendar.closes(due)]
    if not late:
        return ""
    due, no = late[0]
    more = f"，共{len(late)}个要点滞后" if len(late) > 1 else ""
    passed = calendar.workdays_between(due, day)
    if passed <= 0:
        return f"要点{no}已过{'今日' if due == day else ''}节点{more}"
    return f"要点{no}已过节点{passed}个工作日{more}"


def _near(facts: LightFacts, calendar: WorkCalendar, day: date) -> str:
    left = calendar.workdays_between(day, facts.due)
    limit = "本期截止" if facts.period else "办结时限"
    if left > 0:
        return f"距{limit}{left}个工作日"
    days = (facts.due - day).days
    return f"距{limit}{days}天，其间没有工作日" if days > 0 else "今日到期"


# --- kept with a row


def facts_text(facts: LightFacts) -> str:
    """The facts as a row of a list keeps them, only what is given; `facts_in` reads them back."""
    written = {k: v for k, v in facts._asdict().items() if v not in ("", None, False, ())}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: date | datetime) -> str:
    return value.isoformat()


def facts_in(text: str) -> LightFacts:
    """The facts a row keeps.

    Raises:
        UnknownEventError: there are none in it.
    """
    try:
        return _facts(json.loads(text))
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise UnknownEventError(f"facts of a light: {error}") from error


def _facts(written: dict[str, Any]) -> LightFacts:
    written["due"] = date.fromisoformat(written["due"])
    for name in ("asked", "closes"):
        if name in written:
            written[name] = datetime.fromisoformat(written[name])
    if "points" in written:
        written["points"] = tuple((date.fromisoformat(day), no) for day, no in written["points"])
    if "indicators" in written:
        written["indicators"] = tuple(
            tuple(IndicatorTurn(date.fromisoformat(day), words) for day, words in steps)
            for steps in written["indicators"]
        )
    return LightFacts(**written)
