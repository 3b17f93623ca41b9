"""What a 重大 matter is owed every month."""

from datetime import date

from domain.base import Frozen
from domain.matter import Matter
from domain.terms import MatterClass, Stage


class MonthlyOwed(Frozen):
    """What a 重大 matter still needs this month."""

    push: bool
    decision: bool


def monthly_owed(matter: Matter, day: date) -> MonthlyOwed:
    """一月一推动·一月一决策: whether a 重大 matter still waits for this month's push and decision.

    A push is a leader's 批示 or a meeting's word; a decision is what a meeting decided.
    """
    if matter.klass is not MatterClass.MAJOR or matter.ended or matter.stage is Stage.SUSPENDED:
        return MonthlyOwed(push=False, decision=False)
    month = day.replace(day=1)

    def owed(last: date | None) -> bool:
        return last is None or last < month

    return MonthlyOwed(push=owed(matter.pushed_on), decision=owed(matter.decided_on))
