"""Where pressure comes from: which rows of the policy's table hold for a matter, since when, and which were claimed.

A cause is computed from the state and the rulebook alone; what it has already led to is claimed in `Matter.triggers`.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from domain.calendar import WorkCalendar, local_date
from domain.log import Rulebook
from domain.matter import Matter
from domain.periods import period_label, unmet_in_row
from domain.policy import Policy, Step
from domain.terms import COLOURS, RUNGS, Card, OrderColour, Rung, Trigger, Urgency
from domain.windows import window_label


class Cause(NamedTuple):
    """A row that holds, or will: from when, and of which window, date or request (`key`)."""

    step: Step
    at: datetime
    key: str

    @property
    def claim(self) -> str:
        """What an escalation for it claims, so that no second one claims it again."""
        return f"{_CLAIMS[self.step.trigger]}:{self.key}"


_CLAIMS = {
    Trigger.NEAR_DUE: "escalate_near_due",
    Trigger.BEHIND: "escalate_behind",
    Trigger.MISSED: "escalate_missed",
    Trigger.RETURNED: "escalate_returned",
    Trigger.OVERDUE: "escalate_overdue",
    Trigger.UNANSWERED: "escalate_coordination",
    Trigger.UNMET: "escalate_unmet",
    Trigger.UNRECTIFIED: "escalate_unrectified",
}
"""In the log since 2022: they may not change."""

Since = tuple[datetime, str]


def climbing(matter: Matter, rulebook: Rulebook) -> Iterator[Cause]:
    """Rows that will carry the matter up: not claimed, not moot, and not answered by a decision since."""
    for cause in causes(matter, rulebook):
        step = cause.step
        if step.order is not None or cause.claim in matter.triggers:
            continue
        if step.rung is Rung.UNIT_HEAD and matter.by_letter:
            continue  # nobody there is answerable to the headquarters: it goes up on its own side
        if step.rung is not None:
            relieved = matter.relieved_at is not None and cause.at <= matter.relieved_at
            if relieved or RUNGS.index(matter.rung) >= RUNGS.index(step.rung):
                continue
        yield cause._replace(at=max(cause.at, _free_to_climb(matter, rulebook)))


def _free_to_climb(matter: Matter, rulebook: Rulebook) -> datetime:
    """When the cool-down since the last 升级 is over; 特急 has none."""
    hours = rulebook.policy.escalation_cooldown_hours
    if matter.escalated_at is None or not hours or matter.urgency is Urgency.EXTRA:
        return matter.opened_at
    last = matter.escalated_at.replace(second=0, microsecond=0)
    return rulebook.calendar.add_working_time(last, timedelta(hours=hours))


def rung_above(matter: Matter, policy: Policy) -> Rung:
    """One rung up for this matter; who is asked by letter has no rung of his own house."""
    above = policy.rung_above(matter.rung)
    return policy.rung_above(above) if above is Rung.UNIT_HEAD and matter.by_letter else above


def next_rung(step: Step, matter: Matter, policy: Policy) -> Rung:
    """Where a row carries the matter now: one rung up, or straight to its own where the policy knows no cool-down."""
    above = rung_above(matter, policy)
    straight = step.rung is None or not policy.escalation_cooldown_hours
    return (step.rung or above) if straight else above


def counted_days(cause: Cause, matter: Matter) -> tuple[date, date] | None:
    """The first and the last day looked at to count the working days of a cause; None where it counts none."""
    at, one = local_date(cause.at), timedelta(days=1)
    if not cause.step.after:
        return None
    match cause.step.trigger:
        case Trigger.NEAR_DUE:
            return at, matter.due - one
        case Trigger.OVERDUE:
            return matter.due + one, at
        case Trigger.BEHIND:
            return date.fromisoformat(cause.key.partition("+")[0].rpartition(":")[2]) + one, at
        case Trigger.UNANSWERED:
            no = int(cause.key.partition("+")[0])
            owed = next(x.answer_due for x in matter.coordinations if x.no == no)
            return local_date(owed) + one, at
        case _:
            return None


def urging(matter: Matter, rulebook: Rulebook) -> Iterator[Cause]:
    """Rows that will urge, each at the moment it may: after its cause, after the cool-down, once or again."""
    if matter.lead is None:
        return
    for cause in causes(matter, rulebook):
        step = cause.step
        if step.order is None or (step.repeat_hours is None and order_claim(cause) in matter.triggers):
            continue
        yield cause._replace(at=max(cause.at, _rested(matter, rulebook, step)))


class DueCard(NamedTuple):
    """A card a unit is due: which, why, and what giving it claims."""

    card: Card
    reason: str
    claim: str


def due_cards(matter: Matter, rulebook: Rulebook, at: datetime) -> tuple[DueCard, ...]:
    """红黄牌 the policy names for what holds now; a cause is answered by one card, a graver one by another."""
    given = {card.claim for card in matter.cards}
    cards: list[DueCard] = []
    for rule in rulebook.policy.cards if matter.lead is not None and not matter.by_letter else ():
        step = rule.cause
        for since, key in _SINCE[rule.trigger](matter, step, rulebook.calendar):
            claim = f"{rule.card.value}:{rule.trigger.value}:{key}"
            if since <= at and claim not in given:
                cards.append(DueCard(rule.card, _card_reason(key, step, matter), claim))
    return tuple(cards)


def rung_of_the_matter(matter: Matter, rulebook: Rulebook) -> Rung:
    """Where pressure stands for a new lead: what the matter itself brought up stays there, what the old lead did not.

    A matter past its limit, or without the answer it asked for, is no less so under another lead; missed reports,
    points behind and returned closures were his who led.
    """
    claimed = [
        cause.step.rung or matter.rung
        for cause in causes(matter, rulebook)
        if cause.step.trigger in (Trigger.OVERDUE, Trigger.UNANSWERED) and cause.claim in matter.triggers
    ]
    standing = [rung for rung in claimed if RUNGS.index(rung) <= RUNGS.index(matter.rung)]
    return max(standing, key=RUNGS.index, default=Rung.HANDLER)


def order_claim(cause: Cause) -> str:
    """What a 催办单 issued once claims."""
    return f"order:{cause.step.trigger.value}:{cause.step.after}:{cause.key}"


def worst_colour(matter: Matter, rulebook: Rulebook, at: datetime) -> OrderColour:
    """The gravest colour of all rows that hold at the moment: one note speaks for all of them."""
    held = [c.step.order for c in causes(matter, rulebook) if c.step.order is not None and c.at <= at]
    return max(held, key=COLOURS.index, default=OrderColour.PLAIN)


def reason(cause_key: str, step: Step, matter: Matter) -> str:
    """Why a row acted, in the office's words."""
    no = cause_key.partition("+")[0]
    over = f"满{step.after}个工作日" if step.after else ""
    match step.trigger:
        case Trigger.NEAR_DUE:
            return f"距办结时限 {matter.due} 不足{step.after}个工作日" if step.after else f"今日到期（{matter.due}）"
        case Trigger.BEHIND:
            return f"{_behind_what(no)}落后序时进度{over}"
        case Trigger.MISSED:
            return f"连续{matter.missed_in_row}次漏报" if step.order is None else f"漏报{window_label(no)}反馈"
        case Trigger.RETURNED:
            return f"办结申请第{no}次被退回"
        case Trigger.OVERDUE:
            return f"逾期{over}未办结（时限 {matter.due}）"
        case Trigger.UNANSWERED:
            return f"第{no}项协调请求逾期{over}未答复"
        case Trigger.UNMET:
            times = f"，连续{step.after}期" if step.after > 1 else ""
            return f"{period_label(no)}未完成{times}"
        case Trigger.UNRECTIFIED:
            return f"整改逾期{over}"


def _card_reason(cause_key: str, step: Step, matter: Matter) -> str:
    """Why a card is due: of several missed reports all of them, and not the last one alone."""
    why = reason(cause_key, step, matter)
    return f"连续{step.after}次{why}" if step.trigger is Trigger.MISSED and step.after > 1 else why


def _behind_what(key: str) -> str:
    kind, _, rest = key.partition(":")
    return f"{'要点' if kind == 'point' else '指标'}{rest.partition(':')[0]}"


def _rested(matter: Matter, rulebook: Rulebook, step: Step) -> datetime:
    """When the cool-down since the last 催办, by whatever cause or hand, is over."""
    if matter.last_urge_at is None:
        return matter.opened_at
    last = matter.last_urge_at.replace(second=0, microsecond=0)
    calendar, cooldown = rulebook.calendar, rulebook.policy.urge_cooldown
    if step.repeat_hours is not None:
        cooldown = max(cooldown, type(cooldown)(hours=step.repeat_hours))
    return calendar.add_working_time(last, cooldown)


def causes(matter: Matter, rulebook: Rulebook) -> Iterator[Cause]:
    """Every row that holds for the matter, or will, whatever was claimed of it."""
    for step in rulebook.policy.steps:
        for at, key in _SINCE[step.trigger](matter, step, rulebook.calendar):
            yield Cause(step, at, key)


def _near_due(matter: Matter, step: Step, calendar: WorkCalendar) -> Iterator[Since]:
    if matter.lapsed_for != matter.due:
        yield calendar.opens(calendar.add_workdays(matter.due, -step.after)), _key(matter.due.isoformat(), step)


def _behind(matter: Matter, step: Step, calendar: WorkCalendar) -> Iterator[Since]:
    """Each point or checkpoint past its day; a repeated 催办 names the one behind for longest."""
    late: list[tuple[date, str]] = [(p.due, f"point:{p.no}:{p.due}") for p in matter.points if p.open and p.due]
    for indicator in matter.indicators:
        late += [(c.on, f"indicator:{indicator.no}:{c.on}") for c in indicator.checkpoints if indicator.short_of(c)]
        if indicator.out_since is not None:
            late.append((indicator.out_since, f"indicator:{indicator.no}:{indicator.out_since}"))
    for day, key in sorted(late)[: 1 if step.repeat_hours else None]:
        yield _days_after(day, step, calendar), _key(key, step)


def _missed(matter: Matter, step: Step, calendar: WorkCalendar) -> Iterator[Since]:
    """The n-th window missed in a row; a repeated 催办 names the latest one."""
    del calendar
    row = matter.windows.row
    if len(row) < step.after:
        return
    if step.up:
        if len(row) % step.after == 0:
            yield row[-1].closes, row[-1].key
    elif step.repeat_hours is not None:
        yield row[-1].closes, row[-1].key
    else:
        yield row[step.after - 1].closes, row[step.after - 1].key


def _returned(matter: Matter, step: Step, calendar: WorkCalendar) -> Iterator[Since]:
    del calendar
    if matter.returned_at is not None and matter.counts.returns >= step.after:
        yield matter.returned_at, str(step.after)


def _overdue(matter: Matter, step: Step, calendar: WorkCalendar) -> Iterator[Since]:
    if matter.lapsed_for == matter.due:
        yield _days_after(matter.due, step, calendar), _key(matter.due.isoformat(), step)


def _unanswered(matter: Matter, step: Step, calendar: WorkCalendar) -> Iterator[Since]:
    for asked in matter.open_coordinations:
        at = asked.answer_due if not step.after else _days_after(local_date(asked.answer_due), step, calendar)
        yield at, _key(str(asked.no), step)


def _unmet(matter: Matter, step: Step, calendar: WorkCalendar) -> Iterator[Since]:
    """So many periods in a row that were not done: at the end of the one that makes them so many."""
    row = unmet_in_row(matter.periods)
    if step.after and row >= step.after:
        reached = matter.periods[len(matter.periods) - row + step.after - 1]
        yield calendar.closes(reached.ended_on), reached.key


def _days_after(day: date, step: Step, calendar: WorkCalendar) -> datetime:
    return calendar.closes(calendar.add_workdays(day, step.after))


def _key(key: str, step: Step) -> str:
    return f"{key}+{step.after}" if step.after else key


_SINCE: dict[Trigger, Callable[[Matter, Step, WorkCalendar], Iterator[Since]]] = {
    Trigger.NEAR_DUE: _near_due,
    Trigger.BEHIND: _behind,
    Trigger.MISSED: _missed,
    Trigger.RETURNED: _returned,
    Trigger.OVERDUE: _overdue,
    Trigger.UNANSWERED: _unanswered,
    Trigger.UNMET: _unmet,
    Trigger.UNRECTIFIED: lambda *_: iter(()),
}
