"""Who may read what: whether a matter may be seen, how much of it, and whether a leader's words.

Rights are those of today on the matter of today, also where an earlier day is shown. Whoever shows something asks here
once: a list, a page, a search, an export and a notice agree because they ask the same function.

Source: 条例 art. 24 (words go to who must act on them); 三员分立 (who runs or secures the system reads no business).
"""

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from domain.base import Frozen, Term
from domain.matter import Matter
from domain.office import Delegation, Directory
from domain.policy import Policy
from domain.terms import ADMINISTRATORS, HANDLES_NOTHING, IN_UNIT, Openness, Role, WordsReaders


class Sight(Term):
    """How much of a matter somebody sees; each sees what the ones before it see."""

    NONE = "none", "无权"
    LISTED = "listed", "一览"
    """Number, title, lead and assist, stage, light with its reason, limit, progress."""
    FULL = "full", "全部"
    """Points, timeline, reports, problems, attachments, notices too; a leader's words are asked apart."""

    # By what is seen, not by the letters of the value.
    def __lt__(self, other: str) -> bool:
        """Whether less is seen."""
        return _RANK[self] < _RANK[other]

    def __le__(self, other: str) -> bool:
        """Whether no more is seen."""
        return _RANK[self] <= _RANK[other]

    def __gt__(self, other: str) -> bool:
        """Whether more is seen."""
        return _RANK[self] > _RANK[other]

    def __ge__(self, other: str) -> bool:
        """Whether no less is seen."""
        return _RANK[self] >= _RANK[other]


_RANK: dict[str, int] = {member: rank for rank, member in enumerate(Sight)}


class Held(Delegation):
    """A 授权 somebody holds today, with what its giver is: one reads for the giver what the giver reads."""

    no: str
    """授权〔2022〕1号: what an act under it names."""
    giver_role: Role
    giver_unit: str | None


class Reader(Frozen):
    """Who reads, as the directory has him today (`reader_of`)."""

    person: str
    role: Role | None
    """None of who left, or whose account is closed: he reads nothing."""
    unit: str | None = None
    held: tuple[Held, ...] = ()
    secretary_of: tuple[str, ...] = ()
    """The leaders whose 秘书 he is."""
    opened: frozenset[str] = frozenset()
    """The matters whose sealed words an auditor reads today, because a leader opened them to him."""
    board: str | None = None
    """Of a screen and no person: what it shows. It sees no more than a list has."""


class Readable(Protocol):
    """What rights ask of a matter: its state and its row in lists both say it."""

    @property
    def stream(self) -> str:
        """The stream of the matter that is asked about."""

    @property
    def person(self) -> str | None:
        """责任人."""

    @property
    def units(self) -> frozenset[str]:
        """Lead, assisting units and units asked to coordinate."""

    @property
    def reported_by(self) -> tuple[str, ...]:
        """Units that once reported."""


class Family(Frozen):
    """What rights ask of the wholes above a matter and of the parts below it, at any depth."""

    leads_above: frozenset[str] = frozenset()
    """Units that lead one of the wholes."""
    units_below: frozenset[str] = frozenset()
    """Units that lead, assist or are asked in one of the parts."""
    persons_below: frozenset[str] = frozenset()
    """责任人 of the parts."""


class Place(Frozen):
    """In whose place somebody reads: his own, his leader's, or that of who gave him a 授权."""

    person: str
    role: Role
    unit: str | None
    streams: frozenset[str] | None = None
    """The matters it is for; None: all."""

    def covers(self, stream: str) -> bool:
        """Whether it is for that matter."""
        return self.streams is None or stream in self.streams

    def sight(self, matter: Readable, kin: Family) -> Sight:
        """What somebody of a unit sees for his unit's part in a matter, or his own as 责任人."""
        if self.unit in {*matter.units, *kin.leads_above} or self.person == matter.person:
            return Sight.FULL
        below = self.unit in kin.units_below or self.person in kin.persons_below
        return Sight.LISTED if below or self.unit in matter.reported_by else Sight.NONE


class Scope(Frozen):
    """What somebody may see, as data: the same answer for one matter here, and as SQL for all of them in `eventlog`."""

    least: Sight
    """What he sees of any matter."""
    full: frozenset[str] = frozenset()
    """Streams of which he sees all by a 授权 for them alone."""
    places: tuple[Place, ...] = ()
    """Of people in units: what they see for their part in a matter."""

    @property
    def everything(self) -> bool:
        """Whether he sees all of all matters."""
        return self.least is Sight.FULL

    def sight(self, matter: Readable, kin: Family) -> Sight:
        """How much of a matter he sees."""
        if self.everything or matter.stream in self.full:
            return Sight.FULL
        return max((self.least, *(p.sight(matter, kin) for p in self.places if p.covers(matter.stream))))

    def speaks_for(self, unit: str, stream: str) -> bool:
        """Whether he reads for that unit, where that matter is concerned: what it reported is his to read."""
        return any(p.unit == unit and p.covers(stream) for p in self.places)


def sight(reader: Reader, matter: Readable, kin: Family, openness: Openness) -> Sight:
    """How much of a matter this reader sees."""
    return scope(reader, openness).sight(matter, kin)


def scope(reader: Reader, openness: Openness) -> Scope:
    """What a reader may see of all matters, as data a query can be made of."""
    if reader.board is not None:
        return Scope(least=Sight.LISTED)
    places = tuple(_places(reader))
    return Scope(
        least=max((_of_any(p.role, openness) for p in places if p.streams is None), default=Sight.NONE),
        full=frozenset(s for p in places if p.streams and _of_any(p.role, openness) is Sight.FULL for s in p.streams),
        places=tuple(p for p in places if p.role in IN_UNIT and p.unit is not None),
    )


def may_read_files(reader: Reader, matter: Readable, kin: Family) -> bool:
    """Whether the attachments may be read: never because units are open to each other."""
    return sight(reader, matter, kin, Openness.OWN) is Sight.FULL


def may_read_report(reader: Reader, matter: Readable, kin: Family, openness: Openness, unit: str) -> bool:
    """Whether what a unit reported may be read: with the rest, and by the unit itself for ever (改派)."""
    his = scope(reader, openness)
    return his.speaks_for(unit, matter.stream) or his.sight(matter, kin) is Sight.FULL


def may_read_words(reader: Reader, matter: Matter, policy: Policy) -> bool:
    """Who may read a leader's words: who must act on them, and the office and leaders as far as the policy says.

    Source: 条例 art. 24; policy `words`. The auditor only where they were opened to him, who runs or secures the
    system never.
    """
    if reader.board is not None:
        return False
    if reader.role is Role.AUDITOR and matter.stream in reader.opened:
        return True
    return any(_reads_words(p, matter, policy.words) for p in _places(reader) if p.covers(matter.stream))


def _reads_words(place: Place, matter: Matter, words: WordsReaders) -> bool:
    if place.role in (Role.OFFICE, Role.LEADER):
        return words is WordsReaders.OFFICE_AND_LEADERS or place.person in _concerned(matter)
    return place.role in IN_UNIT and place.unit in matter.units


def _concerned(matter: Matter) -> frozenset[str]:
    """The 督办员 of a matter, who approved it, who instructed on it, who chaired where it was decided on."""
    approvers = (b.approver for b in matter.bases if b.approver is not None)
    return frozenset({matter.supervisor, *matter.instructed_by, *matter.decided_by, *approvers})


def reads_as(reader: Reader, *roles: Role) -> bool:
    """Whether he reads of the office's own what people of these roles read: meetings, drafts, papers, registers."""
    return reader.board is None and any(p.role in roles and p.streams is None for p in _places(reader))


_OF_OTHERS = {Openness.OWN: Sight.NONE, Openness.TITLES: Sight.LISTED, Openness.OPEN: Sight.FULL}


def _of_any(role: Role, openness: Openness) -> Sight:
    """What a role sees of a matter it has no part in."""
    if role in (Role.OFFICE, Role.LEADER, Role.AUDITOR):
        return Sight.FULL
    if role is Role.CITY:
        return Sight.LISTED
    return _OF_OTHERS[openness] if role in IN_UNIT else Sight.NONE


def _places(reader: Reader) -> Iterator[Place]:
    """His own, his leaders' if he is a 秘书, and those of the givers of his 授权: one step, nobody reads on for him."""
    if reader.role is None:
        return
    yield Place(person=reader.person, role=reader.role, unit=reader.unit)
    if reader.role in HANDLES_NOTHING:
        return  # what he was given in an earlier role
    for leader in reader.secretary_of:
        yield Place(person=leader, role=Role.LEADER, unit=None)
    for held in reader.held:
        if held.giver_role not in ADMINISTRATORS:
            streams = frozenset(held.matters) or None
            yield Place(person=held.giver, role=held.giver_role, unit=held.giver_unit, streams=streams)


def reader_of(directory: Directory, person: str, day: date) -> Reader:
    """Who reads, as the directory has him, with what he holds on a day; of who is not in it nobody who reads."""
    known = directory.people.get(person)
    if known is None:
        return Reader(person=person, role=None)
    people = directory.people
    given = directory.delegations.items()
    held = ((no, d) for no, d in given if d.receiver == person and d.holds(day) and d.giver in people)
    return Reader(
        person=person,
        role=known.role,
        unit=known.unit,
        held=tuple(
            Held(**dict(d), no=no, giver_role=people[d.giver].role, giver_unit=people[d.giver].unit) for no, d in held
        ),
        secretary_of=tuple(p.id for p in people.values() if p.role is Role.LEADER and p.secretary == person),
    )
