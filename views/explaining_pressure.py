"""Why a matter was urged, what its number is, and why it stands on its rung.

Nothing is decided here: the state before an event and the rulebook of its position are put to the functions that
decided then (`domain.deadlines`, `domain.ladder`), and what they owed is held against what was recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from domain import events as ev
from domain import ladder
from domain.calendar import SHANGHAI, WorkCalendar, local_date
from domain.deadlines import ESCALATIONS, Deadline, DeadlineKind, owed
from domain.envelope import Recorded
from domain.event import decode
from domain.log import Rulebook
from domain.matter import Matter
from domain.terms import Rung, Stage, Trigger

FALLEN = "现有规则和当时的状态推不出这一条，以记录所载缘由为准"
"""Said where a build of before decided by other rules: no rule is made up for it."""


@dataclass(frozen=True)
class Past:
    """A matter's events, the state after each, and how they are asked about."""

    events: Sequence[Recorded]
    states: Sequence[Matter]
    rulebook_at: Callable[[int], Rulebook]
    """The calendar and policy as they stood at a position of the log."""
    behind: Callable[[DeadlineKind, int], list[dict[str, Any]]]
    """The events a kind of deadline stands on, among the first so many of the matter."""
    rule: Callable[[Deadline, Matter, Rulebook], str]
    told: Callable[[Recorded], dict[str, Any]]


def number_explained(past: Past, headquarters: str) -> dict[str, Any]:
    """The number: of which series and year, the how-many-th of it, and the event that took it."""
    first = past.events[0]
    series = decode(first).series(first.occurred_at)
    number = past.states[0].number
    return {
        "number": number,
        "series": series.series if series else None,
        "year": local_date(first.occurred_at).year,
        "place": series.place(number, headquarters) if series else None,
        "rule": "事项编号按指挥部、按年度从1起连续编排，立项入账时取号，不跳号、不重用",
        "since": None,
        "counted": [],
        "because": [past.told(first)],
    }


def urge_explained(past: Past) -> dict[str, Any] | None:
    """The newest 催办; None when there was none."""
    index = next((i for i in range(len(past.events) - 1, 0, -1) if past.events[i].type == ev.UrgeIssued.__name__), None)
    if index is None:
        return None
    recorded = past.events[index]
    event = decode(recorded)
    assert isinstance(event, ev.UrgeIssued)  # noqa: S101  (asked for by its type)
    shown = {"no": event.no, "at": _office(recorded.occurred_at), "automatic": event.automatic}
    if not event.automatic:
        hours = past.rulebook_at(recorded.position).policy.urge_cooldown_hours
        rule = f"人工催办；两次催办至少隔{hours}个工作小时，特急不限"
        return {**shown, "rule": rule, "since": None, "counted": [], "because": [past.told(recorded)]}
    return {
        **shown,
        **_decided(past, index, lambda d: d.kind is DeadlineKind.URGE and event.trigger == (d.claim or None)),
    }


def rung_explained(past: Past, now: Rulebook, at: datetime) -> dict[str, Any]:
    """The rung: every step up to it since the matter last stood with the handler, and the next one or why none."""
    state = past.states[-1]
    return {
        "rung": state.rung.value,
        "label": state.rung.label,
        "steps": [_step(past, index) for index in _moves(past)],
        "next": _next(past, now, at),
    }


def _moves(past: Past) -> list[int]:
    """The events that moved the rung, from the one after which it was last lowered, in order."""
    moves: list[int] = []
    for index in range(len(past.events) - 1, 0, -1):
        if past.states[index].rung is past.states[index - 1].rung:
            continue
        moves.append(index)
        if past.events[index].type != ev.MatterEscalated.__name__:
            break
    return moves[::-1]


def _step(past: Past, index: int) -> dict[str, Any]:
    recorded, before = past.events[index], past.states[index - 1]
    to = past.states[index].rung
    shown = {
        "from": before.rung.value,
        "from_label": before.rung.label,
        "to": to.value,
        "to_label": to.label,
        "at": _office(recorded.occurred_at),
    }
    event = decode(recorded)
    if not isinstance(event, ev.MatterEscalated):
        lowered = "作出决定或改派后，督办压力从新的一级起算"
        return {**shown, "rule": lowered, "since": None, "counted": [], "because": [past.told(recorded)]}
    policy = past.rulebook_at(recorded.position).policy
    by_hand = {
        "manual": f"人工升级，一次一级；两次升级至少隔{policy.escalation_cooldown_hours}个工作小时，特急不限",
        "dispute": f"第{policy.declines_before_dispute}次退签即为牵头争议，升一级",
    }
    if (rule := by_hand.get(event.trigger.partition(":")[0])) is not None:
        return {**shown, "rule": rule, "since": None, "counted": [], "because": [past.told(recorded)]}
    claim = event.trigger.partition("@")[0]
    return {**shown, **_decided(past, index, lambda d: d.claim == claim)}


def _decided(past: Past, index: int, wanted: Callable[[Deadline], bool]) -> dict[str, Any]:
    """What the clock owed just before an event: by which rule, since when, counted how, on which events."""
    recorded, before = past.events[index], past.states[index - 1]
    rulebook = past.rulebook_at(recorded.position)
    deadline = next(filter(wanted, owed(before, rulebook, recorded.recorded_at)), None)
    if deadline is None:
        return {"rule": FALLEN, "since": None, "counted": [], "because": [past.told(recorded)]}
    kind = ESCALATIONS[deadline.step.trigger] if deadline.step else deadline.kind
    events = past.behind(kind, index)
    if deadline.step is not None and deadline.step.order is not None and before.last_urge_at is not None:
        events += past.behind(DeadlineKind.URGE, index)
    events = list({e["version"]: e for e in (*events, past.told(recorded))}.values())
    return {
        "rule": past.rule(deadline, before, rulebook),
        **_held(deadline, before, rulebook),
        "because": sorted(events, key=lambda e: e["version"]),
    }


def _held(deadline: Deadline, matter: Matter, rulebook: Rulebook) -> dict[str, Any]:
    """Since when the row held, and every day looked at to say so."""
    holding = (c for c in ladder.causes(matter, rulebook) if (c.step, c.key) == (deadline.step, deadline.key))
    cause = next(holding, None)
    if cause is None:
        return {"since": _office(deadline.at), "counted": []}
    span = ladder.counted_days(cause, matter)
    return {"since": _office(cause.at), "counted": days_counted(rulebook.calendar, *span) if span else []}


def days_counted(calendar: WorkCalendar, first: date, last: date) -> list[dict[str, Any]]:
    """Each day from the first to the last, both included: the how-many-th working day, or why it is none."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    shown: list[dict[str, Any]] = []
    count = 0
    for day in days:
        count += calendar.is_workday(day)
        counts = count if calendar.is_workday(day) else None
        shown.append({"day": day.isoformat(), "workday": counts, "why": calendar.why_counted(day)})
    return shown


def _next(past: Past, rulebook: Rulebook, at: datetime) -> dict[str, Any]:
    """The next rung: when, by which rule, to which; or in `none` why the clock carries the matter no further."""
    state = past.states[-1]
    rises = [d for d in owed(state, rulebook, at) if d.kind in (*ESCALATIONS.values(), DeadlineKind.OBJECTION)]
    first = min(rises, key=lambda d: (d.at, d.kind.value, d.key), default=None)
    if first is None:
        none, rules = _why_none(state, rulebook)
        empty: dict[str, Any] = {"at": None, "to": None, "to_label": None, "rule": None, "since": None}
        return {**empty, "counted": [], "because": [], "none": none, "rules": rules}
    above, held = rulebook.policy.rung_above(state.rung), _held(first, state, rulebook)
    to = ladder.next_rung(first.step, state, rulebook.policy) if first.step else above
    return {
        "at": _office(first.at),
        "to": to.value,
        "to_label": to.label,
        "rule": past.rule(first, state, rulebook),
        **held,
        "since": held["since"] if held["since"] <= _office(at) else None,
        "because": past.behind(first.kind, len(past.events)),
        "none": None,
        "rules": [],
    }


def _why_none(matter: Matter, rulebook: Rulebook) -> tuple[str, list[str]]:
    """Why the matter rises no further now, and the rules that would raise it when one of them holds."""
    if matter.ended:
        return f"{matter.stage.label}的事项不再升级", []
    if matter.stage in (Stage.SUSPENDED, Stage.CLOSING):
        return f"{matter.stage.label}期间不升级", []
    if matter.rung is Rung.MEETING:
        return "已在最高一级，等待会议议定", []
    rows = [s.label for s in rulebook.policy.steps if s.order is None and s.trigger is not Trigger.UNRECTIFIED]
    if not rows:
        return "督办规则没有升级的规定", []
    return f"升级规则尚无一条成立（督办规则 {rulebook.policy.version}）", rows


def _office(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).isoformat()
