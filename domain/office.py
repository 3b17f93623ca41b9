"""The office's own streams: the working calendar, the policy and the directory, each a fold over its events."""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen
from domain.calendar import DayOverride, OfficeHours, PublishedYear, WorkCalendar, local_date
from domain.envelope import LoggedEvent, NumberSeries
from domain.event import UPCASTERS, Event, decode
from domain.fold import Fold
from domain.policy import Policy, lifted
from domain.terms import Role, Supervision, UnitLevel


class CalendarYearPublished(Event):
    """国务院办公厅 published the holidays and make-up days of a year."""

    label: ClassVar[str] = "公布年度工作日历"
    year: int
    source: str
    off: tuple[date, ...]
    work: tuple[date, ...]


class DayOverridden(Event):
    """One day made a working day or not, e.g. 台风停工."""

    label: ClassVar[str] = "调整工作日"
    day: date
    workday: bool
    reason: str


class OfficeHoursSet(Event):
    """Office hours from now on."""

    label: ClassVar[str] = "设定办公时间"
    hours: OfficeHours


class PolicyAdopted(Event):
    """The office adopted a policy; it replaces the one before."""

    label: ClassVar[str] = "采用督办规则"
    schema_version: ClassVar[int] = 3
    policy: Policy


UPCASTERS["PolicyAdopted", 1] = lambda payload: {**payload, "policy": lifted(payload["policy"])}
UPCASTERS["PolicyAdopted", 2] = dict  # `openness` and `words` as by default: what was the rule before they were fields


class Unit(Frozen):
    """A unit of the directory. Only a 督办对象 may lead a matter; 商请 units are asked by 函."""

    id: str
    name: str
    level: UnitLevel
    supervision: Supervision
    parent: str | None = None
    aliases: tuple[str, ...] = ()


class Person(Frozen):
    """A person of the directory; the name is an attribute, never a key."""

    id: str
    name: str
    unit: str
    role: Role
    phone: str | None = None
    email: str | None = None
    secretary: str | None = None
    """Of a leader: who receives what he receives and types what he decides (领导联络员)."""
    title: str | None = None
    """职务, as the list of contacts says it; what it lets him do is the role's to say."""


class UnitRecorded(Event):
    """A unit entered the directory, or its entry changed."""

    label: ClassVar[str] = "登记单位"
    unit: Unit


class PersonRecorded(Event):
    """A person entered the directory, or the entry changed."""

    label: ClassVar[str] = "登记人员"
    person: Person


class RoleChanged(Event):
    """A person has another role from now on; the rest of the entry is as it was."""

    label: ClassVar[str] = "改角色"
    person: str
    before: Role
    role: Role


class PersonLeft(Event):
    """A person may no longer act."""

    label: ClassVar[str] = "人员离任"
    person: str


class PersonTransferred(Event):
    """A person went to another unit; the open duties went to the successor."""

    label: ClassVar[str] = "人员调动"
    person: str
    from_unit: str
    to_unit: str
    successor: str | None = None


class PostAssigned(Event):
    """Somebody holds a post from now on; a leader's duties follow the post."""

    label: ClassVar[str] = "任职"
    post: str
    person: str


class Delegation(Frozen):
    """授权代办 (AB角): `receiver` acts for `giver` from a day to a day, both included, on all matters or some."""

    giver: str
    receiver: str
    since: date
    until: date
    matters: tuple[str, ...] = ()
    """Streams; none means all."""
    reason: str
    revoked: bool = False

    def holds(self, day: date) -> bool:
        """Whether somebody may act under it on a day."""
        return not self.revoked and self.since <= day <= self.until


class DelegationGranted(Event):
    """授权代办. Its number is what an act under it names."""

    label: ClassVar[str] = "授权代办"
    no: str = ""
    delegation: Delegation

    def series(self, at: datetime) -> NumberSeries:
        """授权〔2022〕1号: gapless per year."""
        year = local_date(at).year
        return NumberSeries(series=f"delegation/{year}", field="no", template=f"授权〔{year}〕{{n}}号")


class DelegationRevoked(Event):
    """收回授权."""

    label: ClassVar[str] = "收回授权"
    no: str
    reason: str


class Directory(Frozen):
    """Units and people by id, posts by name, delegations by number, as of the newest directory event."""

    units: dict[str, Unit] = {}
    people: dict[str, Person] = {}
    posts: dict[str, str] = {}
    delegations: dict[str, Delegation] = {}


def evolve_calendar(state: WorkCalendar | None, recorded: LoggedEvent) -> WorkCalendar:
    """Fold one calendar event. A year published again replaces the earlier publication."""
    calendar = state or WorkCalendar()
    match decode(recorded):
        case CalendarYearPublished() as e:
            kept = tuple(y for y in calendar.years if y.year != e.year)
            year = PublishedYear(year=e.year, source=e.source, off=e.off, work=e.work)
            years = tuple(sorted((*kept, year), key=lambda y: y.year))
            return calendar.model_copy(update={"years": years, "changed": f"{e.year}年工作日历公布（{e.source}）"})
        case DayOverridden() as e:
            kept_days = tuple(o for o in calendar.overrides if o.day != e.day)
            override = DayOverride(day=e.day, workday=e.workday, reason=e.reason)
            change = f"{e.day}改为{'上班' if e.workday else '不上班'}（{e.reason}）"
            return calendar.model_copy(update={"overrides": (*kept_days, override), "changed": change})
        case OfficeHoursSet() as e:
            return calendar.model_copy(update={"hours": e.hours, "changed": "办公时间调整"})
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the calendar")


def evolve_policy(state: Policy | None, recorded: LoggedEvent) -> Policy:
    """Fold one policy event."""
    del state
    event = decode(recorded)
    if isinstance(event, PolicyAdopted):
        return event.policy
    raise TypeError(f"{type(event).__name__} does not belong to the policy")


def evolve_directory(state: Directory | None, recorded: LoggedEvent) -> Directory:
    """Fold one directory event."""
    directory = state or Directory()
    match decode(recorded):
        case UnitRecorded(unit=unit):
            return directory.model_copy(update={"units": {**directory.units, unit.id: unit}})
        case PersonRecorded(person=person):
            return directory.model_copy(update={"people": {**directory.people, person.id: person}})
        case RoleChanged(person=person_id, role=role):
            changed = directory.people[person_id].model_copy(update={"role": role})
            return directory.model_copy(update={"people": {**directory.people, person_id: changed}})
        case PersonLeft(person=person_id):
            people = {k: v for k, v in directory.people.items() if k != person_id}
            return directory.model_copy(update={"people": people})
        case PostAssigned(post=post, person=person_id):
            return directory.model_copy(update={"posts": {**directory.posts, post: person_id}})
        case DelegationGranted(no=no, delegation=delegation):
            return directory.model_copy(update={"delegations": {**directory.delegations, no: delegation}})
        case DelegationRevoked(no=no):
            revoked = directory.delegations[no].model_copy(update={"revoked": True})
            return directory.model_copy(update={"delegations": {**directory.delegations, no: revoked}})
        case PersonTransferred():
            return directory  # the new entry is an event of its own
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the directory")


CALENDAR_FOLD = Fold(WorkCalendar, evolve_calendar)
POLICY_FOLD = Fold(Policy, evolve_policy)
DIRECTORY_FOLD = Fold(Directory, evolve_directory)
