"""What a command claims of units and people, for the append to check against the directory."""

from domain import commands as c
from domain.base import Frozen
from domain.facts import UnitRef
from domain.log import Claims, UnitClaim


def claims(command: Frozen) -> Claims:
    """Every unit the command names, as the command describes it, and every person who is to answer for something."""
    named: tuple[UnitRef, ...] = ()
    people: tuple[str | None, ...] = ()
    match command:
        case c.OpenMatter(lead=lead, assist=assist, person=person, supervisor=supervisor, leaders=leaders):
            named = (*((lead,) if lead else ()), *assist)
            people = (person, supervisor, *leaders)
        case c.AssignMatter(lead=lead, assist=assist, person=person):
            named = (lead, *(assist or ()))
            people = (person,)
        case c.SetLeaders(leaders=leaders):
            people = leaders
        case c.HoldInterview(people=named_people):
            people = named_people
        case c.ReassignDuty(to_person=person):
            people = (person,)
        case c.CorrectEvent(fields=fields):
            people = (fields.get("person"),)
        case c.RecordDecision(lead=lead, assist=assist):
            named = (*((lead,) if lead else ()), *(assist or ()))
        case c.RequestCoordination(unit=unit):
            named = (unit,)
    return Claims(
        units=tuple(UnitClaim(id=u.id, supervision=u.supervision) for u in named),
        people=tuple(person for person in people if person is not None),
    )
