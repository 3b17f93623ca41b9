"""Whom a notice reaches, by role in the matter; found in the directory as it is when the event is told."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from domain.base import Term
from domain.calendar import WorkCalendar, local_date
from domain.envelope import SYSTEM, Recorded
from domain.event import Event
from domain.matter import Matter
from domain.office import Delegation, Person
from domain.queries.leading import leaders_of
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
    ANSWERING = "answering", "责任领导"


@dataclass(frozen=True)
class RecipientDirectory:
    """What is looked up when an event is told: the directory, the calendar, and who stands in for whom."""

    people: tuple[Person, ...]
    calendar: WorkCalendar
    name: Callable[[str], str]
    """The name of a unit or person by id."""
    delegations: tuple[Delegation, ...] = ()

    @cached_property
    def secretaries(self) -> dict[str, str]:
        """Leader → who receives what he receives."""
        return {p.id: p.secretary for p in self.people if p.secretary}

    def person_name(self, person: str) -> str:
        """The name of a person; a unit may have the same id."""
        return next((p.name for p in self.people if p.id == person), self.name(person))

    @property
    def leaders(self) -> tuple[str, ...]:
        """Everybody who leads."""
        return tuple(p.id for p in self.people if p.role is Role.LEADER)

    def known(self, ids: Iterable[str | None]) -> Iterator[str]:
        """Those of the ids who are in the directory."""
        there = {p.id for p in self.people}
        return (person for person in ids if person is not None and person in there)

    def liaisons(self, unit: str | None) -> Iterator[str]:
        """联络员 of a unit; one that named none is reached through its head."""
        named = tuple(self.of_unit(unit, Role.LIAISON))
        yield from named or self.of_unit(unit, Role.HEAD)

    def of_unit(self, unit: str | None, *roles: Role) -> Iterator[str]:
        """People of a unit who hold one of the roles."""
        return (p.id for p in self.people if unit and p.unit == unit and p.role in roles)

    def reached(self, ids: Iterable[str], recorded: Recorded) -> tuple[str, ...]:
        """Each once, with a leader's secretary and whoever stands in that day (授权代办), without those who did it."""
        day = local_date(recorded.recorded_at)
        reached: dict[str, None] = {}
        for person in ids:
            reached[person] = None
            reached.update(dict.fromkeys(self.known([self.secretaries.get(person)])))
            for held in self.delegations:
                if held.giver == person and held.holds(day) and recorded.stream in (held.matters or (recorded.stream,)):
                    reached.update(dict.fromkeys(self.known([held.receiver])))
        did_it = _did_it(recorded)
        return tuple(person for person in reached if person not in did_it)


def _did_it(recorded: Recorded) -> frozenset[str]:
    """Who acted and on whose behalf; the clock is nobody."""
    actor = recorded.actor
    if actor.id == SYSTEM.id:
        return frozenset()
    return frozenset({actor.id, *([actor.on_behalf_of.id] if actor.on_behalf_of else [])})


@dataclass(frozen=True)
class Scene:
    """The event and the matter around it, before and after."""

    event: Event
    before: Matter | None
    after: Matter
    house: RecipientDirectory


def notice_recipients(scene: Scene, roles: Iterable[To]) -> Iterator[str]:
    """Everybody whom a notice reaches because he holds one of these roles in the matter."""
    return (person for role in roles for person in FIND[role](scene))


def _liaison(s: Scene) -> Iterator[str]:
    yield from s.house.liaisons(s.after.lead)


def _assist(s: Scene) -> Iterator[str]:
    for unit in s.after.assist:
        yield from s.house.liaisons(unit)


def _former_lead(s: Scene) -> Iterator[str]:
    if s.before is not None and s.before.lead != s.after.lead:
        yield from s.house.liaisons(s.before.lead)


def _asker(s: Scene) -> Iterator[str]:
    """Who asked for the extension or the closure that is answered by this event."""
    if s.before is not None and s.before.extension is not None:
        yield from s.house.known([s.before.extension.asked_by])
    if s.before is not None and s.before.closure is not None:
        yield from s.house.known(s.before.closure.authors)


def _supervisor(s: Scene) -> Iterator[str]:
    """督办员 of the matter; when he has left, the whole office, so that nothing is nobody's."""
    named = tuple(s.house.known([s.after.supervisor]))
    yield from named or (p.id for p in s.house.people if p.role is Role.OFFICE)


def _instructing(s: Scene) -> Iterator[str]:
    """The leader whose instruction the matter carries out; of several, whose turn it is to say whether it may end."""
    yield from s.house.known(s.after.to_mark[:1] or s.after.instructed_by)


def _leaders(s: Scene) -> Iterator[str]:
    """分管领导: who answers for it, in order, and who instructed; else who approved it, if a leader; else every one."""
    leaders = s.house.leaders
    his = tuple(s.house.known(leaders_of(s.after)))
    approver = s.after.basis.approver
    yield from his or ((approver,) if approver in leaders and approver else sorted(leaders))


_AT_RUNG: dict[Rung, Callable[[Scene], Iterator[str]]] = {
    Rung.HANDLER: _liaison,
    Rung.UNIT_HEAD: lambda s: s.house.of_unit(s.after.lead, Role.HEAD),
    Rung.OFFICE: _supervisor,
    Rung.LEADER: _leaders,
    # The office puts it on the agenda; the leaders hear of it there.
    Rung.MEETING: _supervisor,
}


def _pressed(s: Scene) -> Iterator[str]:
    """The unit's head too, once the matter has been carried up to him."""
    if s.after.rung is not Rung.HANDLER:
        yield from s.house.of_unit(s.after.lead, Role.HEAD)


FIND: dict[To, Callable[[Scene], Iterator[str]]] = {
    To.LIAISON: _liaison,
    To.HEAD: lambda s: s.house.of_unit(s.after.lead, Role.HEAD),
    To.HANDLER: lambda s: s.house.known([s.after.person]),
    To.ASSIST: _assist,
    To.FORMER_LEAD: _former_lead,
    To.ASKED: lambda s: s.house.liaisons(getattr(s.event, "unit", None)),
    To.ASKER: _asker,
    To.SUCCESSOR: lambda s: s.house.known([getattr(s.event, "to_person", None)]),
    To.SUPERVISOR: _supervisor,
    To.RUNG: lambda s: _AT_RUNG[s.after.rung](s),
    To.PRESSED: _pressed,
    To.INSTRUCTING: _instructing,
    To.ANSWERING: lambda s: s.house.known(s.after.leaders),
}
"""Role → who holds it."""
