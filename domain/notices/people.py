"""Whom a notice reaches, by role in the matter; found in the directory as it is when the event is told."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from domain.base import Term
from domain.event import Event
from domain.matter import Matter
from domain.office import Person
from domain.terms import Role, Rung


class To(Term):
    """A role in a matter that somebody holds."""

    LIAISON = "liaison", "牵头单位联络员"
    HEAD = "head", "牵头单位负责人"
    HANDLER = "handler", "责任人"
    ASSIST = "assist", "配合单位联络员"
    FORMER_LEAD = "former_lead", "原牵头单位联络员"
    ASKED = "asked", "被请求协调的单位"
    ASKER = "asker", "提出申请的人"
    SUCCESSOR = "successor", "接任的人"
    SUPERVISOR = "supervisor", "督办员"
    RUNG = "rung", "升级到的一级"
    PRESSED = "pressed", "压力已到的一级"
    INSTRUCTING = "instructing", "批示领导"


@dataclass(frozen=True)
class Scene:
    """The event and the matter around it, before and after, and who is in the directory."""

    event: Event
    before: Matter | None
    after: Matter
    people: tuple[Person, ...]

    def of_unit(self, unit: str | None, *roles: Role) -> Iterator[str]:
        """People of a unit who hold one of the roles."""
        return (p.id for p in self.people if unit and p.unit == unit and p.role in roles)

    def known(self, ids: Iterable[str | None]) -> Iterator[str]:
        """Those of the ids who are in the directory."""
        there = {p.id for p in self.people}
        return (person for person in ids if person is not None and person in there)


def recipients(scene: Scene, roles: Iterable[To], did_it: frozenset[str]) -> tuple[str, ...]:
    """Everybody who holds one of the roles, each once, without those who did it themselves."""
    found = dict.fromkeys(person for role in roles for person in FIND[role](scene))
    return tuple(person for person in found if person not in did_it)


def _liaison(s: Scene) -> Iterator[str]:
    """联络员 of the lead; a unit that named none is reached through its head."""
    yield from _unit(s, s.after.lead)


def _unit(s: Scene, unit: str | None) -> Iterator[str]:
    liaisons = tuple(s.of_unit(unit, Role.LIAISON))
    yield from liaisons or s.of_unit(unit, Role.HEAD)


def _assist(s: Scene) -> Iterator[str]:
    for unit in s.after.assist:
        yield from _unit(s, unit)


def _former_lead(s: Scene) -> Iterator[str]:
    if s.before is not None and s.before.lead != s.after.lead:
        yield from _unit(s, s.before.lead)


def _asker(s: Scene) -> Iterator[str]:
    """Who asked for the extension or the closure that is answered by this event."""
    if s.before is not None and s.before.extension is not None:
        yield from s.known([s.before.extension.asked_by])
    if s.before is not None and s.before.closure is not None:
        yield from s.known(s.before.closure.authors)


def _supervisor(s: Scene) -> Iterator[str]:
    """督办员 of the matter; when he has left, the whole office, so that nothing is nobody's."""
    found = tuple(s.known([s.after.supervisor]))
    yield from found or (p.id for p in s.people if p.role is Role.OFFICE)


def _instructing(s: Scene) -> Iterator[str]:
    """Leaders whose instruction the matter carries out."""
    yield from s.known(s.after.instructed_by)


def _leaders(s: Scene) -> Iterator[str]:
    """分管领导: who instructed; else who approved the 立项, if a leader; else every leader, rather than none."""
    leaders = {p.id for p in s.people if p.role is Role.LEADER}
    instructing = tuple(_instructing(s))
    approver = s.after.basis.approver
    yield from instructing or ((approver,) if approver in leaders and approver else sorted(leaders))


_AT_RUNG: dict[Rung, Callable[[Scene], Iterator[str]]] = {
    Rung.HANDLER: _liaison,
    Rung.UNIT_HEAD: lambda s: s.of_unit(s.after.lead, Role.HEAD),
    Rung.OFFICE: _supervisor,
    Rung.LEADER: _leaders,
    # The office puts it on the agenda; the leaders hear of it there.
    Rung.MEETING: _supervisor,
}


def _pressed(s: Scene) -> Iterator[str]:
    """The unit's head too, once the matter has been carried up to him."""
    if s.after.rung is not Rung.HANDLER:
        yield from s.of_unit(s.after.lead, Role.HEAD)


FIND: dict[To, Callable[[Scene], Iterator[str]]] = {
    To.LIAISON: _liaison,
    To.HEAD: lambda s: s.of_unit(s.after.lead, Role.HEAD),
    To.HANDLER: lambda s: s.known([s.after.person]),
    To.ASSIST: _assist,
    To.FORMER_LEAD: _former_lead,
    To.ASKED: lambda s: _unit(s, getattr(s.event, "unit", None)),
    To.ASKER: _asker,
    To.SUCCESSOR: lambda s: s.known([getattr(s.event, "to_person", None)]),
    To.SUPERVISOR: _supervisor,
    To.RUNG: lambda s: _AT_RUNG[s.after.rung](s),
    To.PRESSED: _pressed,
    To.INSTRUCTING: _instructing,
}
"""Role → who holds it."""
