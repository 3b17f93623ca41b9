"""Nobody to tell is said: which open matters have a unit, or a person, whom no notice reaches."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from domain.base import Frozen
from domain.matter import Matter
from domain.notices.routing import Routing
from domain.office import Person
from domain.terms import Role

NAMED = 5
_ADDRESS = {"phone": "手机", "email": "邮箱"}
_CONTACTS = (Role.LIAISON, Role.HEAD)


class Unreached(Frozen):
    """Somebody a notice of these matters would not reach: why, and what to do."""

    who: str
    """A unit's or a person's id."""
    unit: str
    name: str
    why: str
    remedy: str
    matters: tuple[str, ...]

    @property
    def line(self) -> str:
        """As a person reads it."""
        return f"{self.said}；{self.remedy}"

    @property
    def said(self) -> str:
        """Who and why, with the matters concerned."""
        shown = "、".join(self.matters[:NAMED]) + (f"等{len(self.matters)}件" if len(self.matters) > NAMED else "")
        return f"{self.name}{self.why}，{shown} 的通知无人可收"


class WithoutLiaison(Frozen):
    """A unit that has no 联络员: its 负责人 is told in his place, or nobody."""

    unit: str
    name: str
    heads: tuple[str, ...]
    """Names of those told instead."""
    matters: tuple[str, ...] = ()
    """Open ones it handles, by number."""

    @property
    def line(self) -> str:
        """As a person reads it."""
        instead = f"通知由负责人{'、'.join(self.heads)}收" if self.heads else "也没有负责人，通知无人可收"
        handles = f"（在办{len(self.matters)}件）" if self.matters else ""
        return f"{self.name}没有联络员{handles}，{instead}；请登记一位"


def without_liaison(
    matters: Iterable[Matter], people: Iterable[Person], name: Callable[[str], str]
) -> tuple[WithoutLiaison, ...]:
    """The units that handle open matters and have no 联络员."""
    handled: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for matter in matters:
        for unit in (matter.lead, *matter.assist):
            if unit is not None and not matter.ended:
                handled[unit][matter.number] = None
    known = tuple(people)
    lacking = handled.keys() - _with_liaison(known)
    return tuple(_vacancy(unit, known, name, tuple(handled[unit])) for unit in sorted(lacking))


def left_without_liaison(
    before: Iterable[Person], after: Iterable[Person], name: Callable[[str], str]
) -> tuple[WithoutLiaison, ...]:
    """The units that had a 联络员 before the directory or a role changed, and have none any more."""
    known = tuple(after)
    gone = _with_liaison(before) - _with_liaison(known)
    return tuple(_vacancy(unit, known, name) for unit in sorted(gone))


def vacancy_of(unit: str, people: Sequence[Person], name: Callable[[str], str]) -> WithoutLiaison | None:
    """What is to be said of a unit that has no 联络员; None of one that has."""
    return None if unit in _with_liaison(people) else _vacancy(unit, people, name)


def _with_liaison(people: Iterable[Person]) -> set[str]:
    return {person.unit for person in people if person.role is Role.LIAISON}


def _vacancy(
    unit: str, people: Iterable[Person], name: Callable[[str], str], matters: tuple[str, ...] = ()
) -> WithoutLiaison:
    heads = tuple(person.name for person in people if person.unit == unit and person.role is Role.HEAD)
    return WithoutLiaison(unit=unit, name=name(unit), heads=heads, matters=matters)


def unreached_of_matters(
    matters: Iterable[Matter], people: Iterable[Person], routing: Routing, name: Callable[[str], str]
) -> tuple[Unreached, ...]:
    """Of every open matter whom no notice reaches: units without 联络员 and 负责人, contacts without an address."""
    handed = ((m.number, unit) for m in matters if not m.ended for unit in (m.lead, *m.assist))
    return unreached_units(handed, people, routing, name)


def unreached_units(
    handed: Iterable[tuple[str, str | None]], people: Iterable[Person], routing: Routing, name: Callable[[str], str]
) -> tuple[Unreached, ...]:
    """Of units that matters are handed to, whom no notice reaches; each by its number, or by the row of a list."""
    contacts: defaultdict[str, list[Person]] = defaultdict(list)
    for person in people:
        if person.role in _CONTACTS:
            contacts[person.unit].append(person)
    concerned: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for number, unit in handed:
        if unit is not None:
            concerned[unit][number] = None
    return tuple(
        one
        for unit, numbers in sorted(concerned.items())
        for one in _of_unit(unit, tuple(numbers), contacts, routing, name)
    )


def _of_unit(
    unit: str,
    numbers: tuple[str, ...],
    contacts: Mapping[str, list[Person]],
    routing: Routing,
    name: Callable[[str], str],
) -> Iterator[Unreached]:
    there = contacts.get(unit, [])
    if not there:
        remedy = f"请用 xmh org import 登记 {unit} 的联络员，或用 xmh task assign 改派"
        yield Unreached(who=unit, unit=unit, name=name(unit), why="没有联络员和负责人", remedy=remedy, matters=numbers)
    # Told is the 联络员, the 负责人 in his place.
    recipients = [p for p in there if p.role is Role.LIAISON] or there
    lacking = {p.id: lacks for p in recipients if (lacks := missing_address(p, routing)) is not None}
    if recipients and len(lacking) == len(recipients):
        for person in recipients:
            yield Unreached(
                who=person.id,
                unit=unit,
                name=f"{name(unit)}{person.name}（{person.id}）",
                why=lacking[person.id],
                remedy="请用 xmh org import 补登，或在 xmh.toml 的 [notices] 为他另选渠道",
                matters=numbers,
            )


def missing_address(person: Person, routing: Routing) -> str | None:
    """What the directory lacks for every channel that would take a notice to a person; None when one of them can."""
    channels = routing.channels_of(person)
    if not channels:
        return "没有任何通知渠道"
    lacks = []
    for channel in channels:
        settings = routing.channels[channel]
        templates = (
            f"{settings.url}{settings.fields or ''}" if settings.fields or settings.kind != "http" else "{phone}"
        )
        wanted = [field for field in _ADDRESS if re.search(rf"\{{{field}\}}", templates)]
        missing = [label for field, label in _ADDRESS.items() if field in wanted and not getattr(person, field)]
        if not missing:
            return None
        lacks.append(f"渠道 {channel} 缺{'、'.join(missing)}")
    return "的" + "，".join(lacks)
