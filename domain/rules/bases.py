"""One matter, several decisions: 多头交办 and 结转. The number stays, and so does the limit.

A second decision on the same matter does not open it a second time (条例 art. 15: no 重复督查), and a new year does
not either. Who wants another limit goes the way of 延期 or of a decision.
"""

from collections.abc import Iterator

from domain import commands as c
from domain import events as ev
from domain.base import refuse
from domain.calendar import local_date
from domain.matter import Matter
from domain.rules.context import DecisionContext, RuleEvent
from domain.rules.rhythm import still_open


def add_basis(matter: Matter, command: c.AddBasis, context: DecisionContext) -> Iterator[RuleEvent]:
    """并入: another decision behind the matter; the same one a second time changes nothing."""
    del context
    still_open(matter)
    if command.basis not in matter.bases:
        yield ev.BasisAdded(basis=command.basis)


def carry_over(matter: Matter, command: c.CarryOver, context: DecisionContext) -> Iterator[RuleEvent]:
    """结转 into a later year's list; a second time into the same year changes nothing."""
    still_open(matter)
    if command.year in matter.carried:
        return
    listed = max(matter.carried, default=local_date(matter.opened_at).year)
    refuse(
        command.year <= listed,
        f"{matter.number} 列在{listed}年，只能结转到以后的年度",
        "malformed",
    )
    refuse(
        command.year > context.today.year + 1,
        f"现在是{context.today.year}年，最多结转到{context.today.year + 1}年",
        "malformed",
    )
    yield ev.MatterCarriedOver(year=command.year, basis=command.basis)
