"""What a command claims of units, for the append to check against the directory."""

from domain import commands as c
from domain.base import Frozen
from domain.facts import UnitRef
from domain.log import Claims, UnitClaim


def claims(command: Frozen) -> Claims:
    """Every unit the command names, as the command describes it."""
    named: tuple[UnitRef, ...] = ()
    match command:
        case c.OpenMatter(lead=lead, assist=assist):
            named = (*((lead,) if lead else ()), *assist)
        case c.AssignMatter(lead=lead, assist=assist):
            named = (lead, *(assist or ()))
        case c.RecordDecision(lead=lead, assist=assist):
            named = (*((lead,) if lead else ()), *(assist or ()))
        case c.RequestCoordination(unit=unit):
            named = (unit,)
    return Claims(units=tuple(UnitClaim(id=u.id, supervision=u.supervision) for u in named))
