"""The scenario's incidents as commands: each field as the command line would take it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from domain import commands as c
from domain.base import Refusal, Term
from domain.envelope import Actor, OnBehalf
from domain.facts import Basis, InstructionRef, MatterRef, NewPoint, PartOf, UnitRef
from domain.matter import Matter
from domain.office import Delegation, Person, Unit
from domain.periods import PeriodLength
from domain.terms import (
    BasisKind,
    Duty,
    Finding,
    LeaderMark,
    MatterClass,
    ObjectionOutcome,
    ReportChannel,
    ReturnReason,
    Rhythm,
    Role,
    Satisfaction,
    SuspensionReason,
    Urgency,
)
from intake.directory import UnitIndex
from simulation.scenario import Incident, Opened

UNITS_DO = frozenset({"accept", "decline", "coordinate", "report", "extend", "close", "object"})
"""What a unit's liaison does unless the scenario says who."""
_COMMAND: TypeAdapter[c.MatterCommand] = TypeAdapter(c.MatterCommand)
T = TypeVar("T", bound=Term)
STAGE = "阶段"
"""Marks a point that is reached only when it was reviewed."""
Seal = Callable[[str], str]
Other = Callable[[int], Matter]
"""The matter of a number of the scenario."""


class Cast:
    """Who is who in the simulated office."""

    def __init__(self, units: tuple[Unit, ...], people: tuple[Person, ...]) -> None:
        """Index the directory."""
        self._units = UnitIndex(units)
        self._people = {p.id: p for p in people}
        self._by_id = {u.id: u for u in units}

    def actor(self, person_id: str, behalf: OnBehalf | None = None) -> Actor:
        """Who sends a command: the person by id, for himself or for `behalf`."""
        person = self._people[person_id]
        return Actor(id=person.id, role=person.role, unit=person.unit, on_behalf_of=behalf)

    def standing_in(self, person_id: str, delegations: Mapping[str, Delegation], day: date) -> Actor:
        """The person, or whoever a 授权 of that day lets act for him."""
        giver = self._people[person_id]
        for no, given in delegations.items():
            if given.giver == person_id and given.holds(day):
                behalf = OnBehalf(id=giver.id, role=giver.role, unit=giver.unit, paper=no, delegation=no)
                return self.actor(given.receiver, behalf)
        return self.actor(person_id)

    def liaison(self, unit: str) -> Actor:
        """The unit's liaison, or its head when it has none."""
        staff = sorted((p for p in self._people.values() if p.unit == unit), key=lambda p: p.role is not Role.LIAISON)
        return self.actor(staff[0].id)

    def head(self, unit: str) -> Actor:
        """The unit's head, or its liaison when it has none."""
        staff = sorted((p for p in self._people.values() if p.unit == unit), key=lambda p: p.role is not Role.HEAD)
        return self.actor(staff[0].id)

    def unit_of(self, person: str) -> str | None:
        """Whose somebody is; None of somebody from outside."""
        known = self._people.get(person)
        return known.unit if known else None

    def has_staff(self, unit: str) -> bool:
        """Whether anybody of the unit is in the directory."""
        return any(p.unit == unit for p in self._people.values())

    @property
    def leaders(self) -> tuple[str, ...]:
        """The leaders, in the order of the directory."""
        return tuple(p.id for p in self._people.values() if p.role is Role.LEADER)

    @property
    def office(self) -> tuple[str, ...]:
        """Who works in the office."""
        return tuple(p.id for p in self._people.values() if p.role is Role.OFFICE)

    def name(self, unit: str) -> str:
        """A unit as people call it: by its first alias, when it has one."""
        unit_name = self._by_id[unit]
        return unit_name.aliases[0] if unit_name.aliases else unit_name.name

    def unit(self, name: str) -> UnitRef:
        """The unit a scenario names, in any of the ways a person may write it."""
        unit = self._units.find(name)[0]
        return UnitRef(id=unit.id, supervision=unit.supervision)

    def who(self, incident: Incident, matter: Matter) -> Actor:
        """Who enters the incident, and for whom."""
        if incident.as_ is None and incident.do in UNITS_DO:
            return self.liaison(matter.lead or "office")
        behalf = None
        if incident.by is not None:
            decider = self._people[incident.by]
            behalf = OnBehalf(id=decider.id, role=decider.role, unit=decider.unit, paper=incident.paper)
        return self.actor(incident.as_ or "office", behalf)


def open_command(
    opened: Opened, cast: Cast, seal: Seal, paper: InstructionRef | None = None, whole: Matter | None = None
) -> c.OpenMatter:
    """立项 as the scenario tells it; `paper` is the instruction it carries out, `whole` what it is a part of."""
    return c.OpenMatter(
        title=opened.title,
        basis=Basis(
            kind=_known(BasisKind, opened.basis_kind), text=opened.basis, no=opened.basis_no, approver=opened.by
        ),
        due=opened.due,
        klass=_known(MatterClass, opened.klass),
        urgency=_known(Urgency, opened.urgency),
        rhythm=_known(Rhythm, opened.rhythm),
        source=opened.source or (whole.source if whole else None),
        section=whole.section if whole else None,
        period=_known(PeriodLength, opened.period) if opened.period else None,
        origin=opened.origin,
        lead=cast.unit(opened.lead) if opened.lead else None,
        assist=tuple(cast.unit(unit) for unit in opened.assist),
        points=tuple(_new_point(point) for point in opened.points),
        indicators=opened.indicators,
        part_of=PartOf(stream=whole.stream, number=whole.number, weight=opened.weight) if whole else None,
        instruction=seal(opened.instruction) if opened.instruction else None,
        instructed_by=opened.by if opened.instruction else None,
        instruction_on=paper,
    )


def _new_point(text: str) -> NewPoint:
    words, *rest = text.split(";")
    stage = STAGE in rest
    due = next((part for part in rest if part != STAGE), None)
    return NewPoint(text=words, due=date.fromisoformat(due) if due else None, stage=stage)


def _known(kind: type[T], label: str) -> T:
    term = kind.from_label(label)
    if term is None:
        raise Refusal(f"情景文件里的“{label}”不是{kind.__name__}的一项", "malformed")
    return term


def command_of(incident: Incident, cast: Cast, seal: Seal, other: Other | None = None) -> c.MatterCommand:
    """The command a scenario's incident names; `other` finds the twin or the earlier matter it speaks of.

    Raises:
        Refusal: `malformed`, when the fields do not make one.
    """
    fields: dict[str, Any] = {_NAMES.get(k, k): v for k, v in incident.fields.items()}
    for name, make in _MAKE.items():
        if fields.get(name) is not None:
            fields[name] = make(fields[name], cast)
    if incident.do in ("instruct", "mark") and fields.get("text"):
        fields["text"] = seal(fields["text"])
    if incident.do == "suspend":
        fields["reason"] = SuspensionReason.from_label(fields["reason"])
    if incident.do == "ask_back":
        fields["reason"] = ReturnReason.from_label(fields["reason"])
    if incident.do == "interview":
        fields["unit"] = fields["unit"].id
    if incident.do == "instruct":
        fields["leader"] = incident.by or incident.as_
    if incident.do == "reassign_duty" and other is not None:
        fields = {"duty": Duty.SUPERVISOR, "from_person": other(incident.matter).supervisor, **fields}
    for name in ("into", "earlier"):
        if other is not None and name in fields:
            twin = other(fields[name])
            fields[name] = MatterRef(stream=twin.stream, number=twin.number)
            fields |= {"into_due": twin.due} if name == "into" else {}
    if incident.do == "point_add":
        fields = {"point": NewPoint(text=fields["text"], due=fields.get("due"))}
    try:
        return _COMMAND.validate_python({"do": incident.do, **fields})
    except ValidationError as e:
        raise Refusal(
            f"情景 {incident.on} 第{incident.matter}项 {incident.do}：{e.errors()[0]['msg']}", "malformed"
        ) from e


_NAMES = {"with": "unit", "for": "for_unit", "asker": "by"}


def _term(kind: type[Term]) -> Callable[[Any, Cast], Any]:
    return lambda value, _: kind.from_label(value)


_MAKE: dict[str, Callable[[Any, Cast], Any]] = {
    "unit": lambda name, cast: cast.unit(name),
    "lead": lambda name, cast: cast.unit(name),
    "assist": lambda names, cast: tuple(cast.unit(n) for n in names),
    "for_unit": lambda name, cast: cast.unit(name).id,
    "via": _term(ReportChannel),
    "rhythm": _term(Rhythm),
    "mark": _term(LeaderMark),
    "outcome": _term(ObjectionOutcome),
    "finding": _term(Finding),
    "satisfaction": _term(Satisfaction),
}
