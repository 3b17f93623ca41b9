"""事事有回应、件件有落实: what was not answered in its window, what has no end yet, and the explanation of each.

An explanation is a fact of the log: a pause, a review, a decision, a limit still ahead, an urge that went out. A line
without one is what the office still has to explain (总结 of the year: 事事有回应、件件有落实).
"""

from collections.abc import Sequence
from datetime import date, datetime

from domain import events as ev
from domain.base import Frozen
from domain.calendar import WorkCalendar, local_date
from domain.deadlines import due_instant
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.log import Rulebook
from domain.matter import Matter
from domain.queries.leading import marks_awaited
from domain.queries.spoken import said_date
from domain.terms import Rung, Stage
from domain.windows import window_label

_OF_WINDOWS: tuple[type[Event], ...] = (
    ev.FeedbackMissed,
    ev.MissWithdrawn,
    ev.FeedbackSubmitted,
    ev.UrgeIssued,
    ev.MatterEscalated,
    ev.MatterSuspended,
    ev.MatterMerged,
    ev.MatterClosed,
    ev.MatterCancelled,
)
_OF_LIMITS: tuple[type[Event], ...] = (ev.DecisionRecorded, ev.ExtensionGranted, ev.MatterReopened)
TELLS_OF_WINDOWS = frozenset(kind.__name__ for kind in _OF_WINDOWS)
"""The events `unanswered_windows` looks at."""
TELLS_OF_LIMITS = frozenset(kind.__name__ for kind in _OF_LIMITS)
"""The events `why_unfinished` looks at."""


class Unanswered(Frozen):
    """A matter with windows nobody answered, also not late."""

    windows: tuple[str, ...]
    explanation: str | None


class Unfinished(Frozen):
    """A matter without an end state."""

    explanation: str | None


def unanswered_windows(
    matter: Matter, events: Sequence[Recorded], since: date, until: date, calendar: WorkCalendar
) -> Unanswered | None:
    """The report windows that closed in the period and were never answered, and what the office did about each.

    Each window is explained by what was done after it was missed: a 催办, an 升级, a pause, or the end of the matter.
    The office has the next working day for it. Where nothing was done because the unit reported again in the window
    after it, as in a 一日一调度, that report is the explanation.
    """
    first = min(missed_days(matter, since, until), default=date.max)  # nothing of before is about these windows
    missed: dict[str, date] = {}
    answered: list[date] = []
    acts: list[tuple[date, str]] = []
    telling = (e for e in events if e.type in TELLS_OF_WINDOWS and local_date(e.recorded_at) >= first)
    for recorded in telling:
        day = local_date(recorded.recorded_at)
        match decode(recorded):
            case ev.FeedbackMissed(window=window):
                missed[window.key] = local_date(window.closes)
            case ev.MissWithdrawn(window=key) | ev.FeedbackSubmitted(late_for=str() as key):
                missed.pop(key, None)
            case ev.FeedbackSubmitted(window=str()):
                answered.append(day)
            case ev.UrgeIssued(no=no):
                acts.append((day, f"已催办（{no}）"))
            case ev.MatterEscalated(to_rung=rung):
                acts.append((day, f"已升级至{rung.label}"))
            case ev.MatterSuspended(until=end, reason=reason):
                acts.append((day, f"暂缓至{end}（{reason.label}）"))
            case ev.MatterMerged(into=into):
                acts.append((day, f"{said_date(day)}并入 {into.number}"))
            case ev.MatterClosed() | ev.MatterCancelled():
                acts.append((day, f"{said_date(day)}{matter.stage.label}" if matter.ended else "曾办结"))
    open_ = {key: closed for key, closed in missed.items() if since <= closed <= until}
    if not open_:
        return None
    last = max(open_.values())
    after = [label for day, label in acts if day >= last]
    if not after and any(day > last for day in answered):
        after = ["其后已按期反馈"]
    if not after and _fresh(last, until, calendar):
        after = [f"{said_date(last)}刚漏报，次日催办"]
    return Unanswered(windows=tuple(map(window_label, open_)), explanation="，".join(dict.fromkeys(after)) or None)


def missed_days(matter: Matter, since: date, until: date) -> tuple[date, ...]:
    """When windows of the period closed whose 漏报 stands, made up for or not; without one there is no question."""
    days = (local_date(window.closes) for window in matter.windows.missed)
    return tuple(day for day in days if since <= day <= until)


def _fresh(lapsed: date, on: date, calendar: WorkCalendar) -> bool:
    """No working day has passed since: what lapses in the evening the office takes up the next morning."""
    return calendar.workdays_between(lapsed, on) == 0


def why_unfinished(matter: Matter, events: Sequence[Recorded], rulebook: Rulebook, at: datetime) -> Unfinished | None:
    """Why a matter has no end state at that moment, 件件有落实; None when it has one."""
    if matter.ended:
        return None
    return Unfinished(explanation=_why(matter, events, rulebook, at))


def _why(matter: Matter, events: Sequence[Recorded], rulebook: Rulebook, at: datetime) -> str | None:
    if matter.stage is Stage.SUSPENDED:
        line = matter.suspensions[-1]
        return f"暂缓至 {line.until}（{line.reason.label}）"
    if matter.closure is not None:
        waits = f"待{marks_awaited(matter)}" if matter.closure.endorsed else "待审核"
        return f"{said_date(local_date(matter.closure.at))}申请办结，{waits}"
    if matter.lead is None:
        return "牵头争议已升级，待明确牵头单位" if matter.rung is not Rung.HANDLER else None
    if at <= due_instant(matter, rulebook.calendar):
        moved = _moved_by(events)
        if matter.period is not None:
            return f"{matter.period.label}评判的长期、定期事项，本期至 {matter.due}"
        return f"时限 {matter.due} 未到{f'（{moved}）' if moved else ''}"
    if _fresh(matter.due, local_date(at), rulebook.calendar):
        return f"{said_date(matter.due)}刚到期，次日催办"
    return _overdue(matter, events)


def _overdue(matter: Matter, events: Sequence[Recorded]) -> str | None:
    """Past its limit a matter is explained by a decision since, or by what it waits for from somebody else."""
    if matter.decided_on is not None and matter.decided_on > matter.due:
        return _moved_by(events)
    if matter.extension is not None:
        return f"已申请延期至 {matter.extension.to}，待批复"
    if matter.rung is Rung.MEETING:
        return "已升级至指挥部会议，待会议议定"
    return None


def _moved_by(events: Sequence[Recorded]) -> str | None:
    """What last carried the matter on: a decision, an extension, a reopening."""
    for recorded in reversed(events):
        if recorded.type not in TELLS_OF_LIMITS:
            continue
        match decode(recorded):
            case ev.DecisionRecorded(meeting=meeting):
                return f"第{recorded.version}条：{meeting}议定"
            case ev.ExtensionGranted(to=to, point=None):
                return f"第{recorded.version}条：同意延期至 {to}"
            case ev.MatterReopened():
                return f"第{recorded.version}条：重开"
    return None
