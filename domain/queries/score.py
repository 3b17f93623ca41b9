"""A unit's score, explained line by line: outcomes only, never activity (国办函〔2026〕12号; no 排名).

What counts and for how much follows published local rules: done in time +2 to who leads and +1 to who assists (县级督查
积分办法), late costs as much, returned more than late (佳木斯). 牵头 to 配合 is 2 : 1 throughout.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.calendar import local_date
from domain.matter import Matter
from domain.periods import PeriodResult
from domain.policy import Policy
from domain.terms import Card, Finding, Satisfaction, ScoredOutcome, Stage

LEAD, ASSIST = 2, 1


_TIMES = {ScoredOutcome.IN_TIME: 1, ScoredOutcome.LATE: -1, ScoredOutcome.OVERDUE: -1, ScoredOutcome.RETURNED: -2}
_TIMES |= {ScoredOutcome.PERIOD_MET: 1, ScoredOutcome.PERIOD_UNMET: -1}
"""Of the weight of the part a unit has in the matter; each return counts."""


@dataclass(frozen=True)
class ScoreLine:
    """So many outcomes of one kind in one part, and what they come to."""

    outcome: ScoredOutcome
    leading: bool
    matters: tuple[str, ...]
    """Numbers; one stands as often as it counts."""
    times: int
    """How often the weight of the part the unit has; below nothing what costs."""

    ruled: int | None = None
    """What one counts by a rule of the policy, in place of the times."""

    @property
    def each(self) -> int:
        """What one of them counts."""
        return self.times * (LEAD if self.leading else ASSIST) if self.ruled is None else self.ruled

    @property
    def total(self) -> int:
        """What they come to."""
        return self.each * len(self.matters)


def score(unit: str, matters: Iterable[Matter], today: date, policy: Policy | None = None) -> tuple[ScoreLine, ...]:
    """The lines of a unit's score, matters it leads first; what was called off or is suspended counts nothing.

    What an inspection finds untrue costs the unit whose report it was, whoever leads now, as much as the policy says.
    """
    rules = policy or Policy()
    times = {**_TIMES, ScoredOutcome.UNTRUE: -rules.untrue_times, ScoredOutcome.PARTLY: -rules.partly_untrue_times}
    times[ScoredOutcome.ASKED_BACK] = -rules.returned_report_times
    numbers: dict[tuple[bool, ScoredOutcome], list[str]] = {}
    for matter in matters:
        for outcome in (*_inspected(unit, matter), *_asked_back(unit, matter, today), *_carded(unit, matter, today)):
            numbers.setdefault((True, outcome), []).append(matter.number)
        if unit != matter.lead and unit not in matter.assist:
            continue
        if matter.by_letter and unit == matter.lead:
            continue  # who is asked by letter is no 督办对象, and is not scored
        leading = unit == matter.lead
        for outcome in _outcomes(matter, today):
            numbers.setdefault((leading, outcome), []).append(matter.number)
    ruled = {(is_lead, r.outcome): r.lead if is_lead else r.assist for r in rules.scoring for is_lead in (True, False)}
    lines = (
        ScoreLine(outcome, leading, tuple(number), times.get(outcome, 0), ruled.get((leading, outcome)))
        for leading in (True, False)
        for outcome in ScoredOutcome
        if (number := numbers.get((leading, outcome)))
    )
    return tuple(line for line in lines if line.each)


def _carded(unit: str, matter: Matter, today: date) -> list[ScoredOutcome]:
    """Cards given to the unit and not taken back, and askers it did not satisfy; of the year, and only by a rule."""
    of_card = {Card.YELLOW: ScoredOutcome.YELLOW_CARD, Card.RED: ScoredOutcome.RED_CARD}
    cards = [c for c in matter.cards if c.unit == unit and c.withdrawn is None and c.on.year == today.year]
    unhappy = [
        r
        for r in matter.ratings
        if unit == matter.lead and r.satisfaction is Satisfaction.DISSATISFIED and r.on.year == today.year
    ]
    return [*(of_card[c.card] for c in cards), *([ScoredOutcome.DISSATISFIED] * len(unhappy))]


def _inspected(unit: str, matter: Matter) -> list[ScoredOutcome]:
    if matter.stage is Stage.CANCELLED:
        return []
    outcome_of = {Finding.UNTRUE: ScoredOutcome.UNTRUE, Finding.PARTLY: ScoredOutcome.PARTLY}
    return [outcome_of[i.finding] for i in matter.inspections if i.unit == unit and i.finding in outcome_of]


def _asked_back(unit: str, matter: Matter, today: date) -> list[ScoredOutcome]:
    """Reports returned to the unit: each counts once it was given again, or its hour passed: not before it was seen."""
    if matter.stage is Stage.CANCELLED:
        return []
    open_ = matter.asked_back
    seen = [r for r in matter.returned_reports if r is not open_ or local_date(r.until) < today]
    return [ScoredOutcome.ASKED_BACK for r in seen if r.unit == unit]


def _outcomes(matter: Matter, today: date) -> list[ScoredOutcome]:
    if matter.period is not None:
        return _periods(matter, today)
    if matter.stage in (Stage.CANCELLED, Stage.SUSPENDED):
        return []
    returned = [ScoredOutcome.RETURNED] * matter.counts.returns
    if matter.stage is Stage.CLOSED and matter.closed is not None:
        return [ScoredOutcome.LATE if matter.closed.overdue_workdays else ScoredOutcome.IN_TIME, *returned]
    # While a closure is reviewed the clock stands; the limit counts when it is returned.
    overdue = matter.closure is None and matter.due < today
    return [ScoredOutcome.OVERDUE, *returned] if overdue else returned


def _periods(matter: Matter, today: date) -> list[ScoredOutcome]:
    """Each period that ended in the year counts; that the matter goes on, or was ended by decision, counts nothing."""
    if matter.stage is Stage.CANCELLED:
        return []
    ended = [p.result for p in matter.periods if p.ended_on.year == today.year and p.ended_on <= today]
    return [ScoredOutcome.PERIOD_MET if r is PeriodResult.DONE else ScoredOutcome.PERIOD_UNMET for r in ended]
