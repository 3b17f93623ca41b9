"""What a reader may see of a log: asked once per view, whatever entrance asks. Rights are those of now."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from domain.base import refuse
from domain.matter import Matter
from domain.policy import Policy
from domain.queries.list_row import ListRow
from domain.sight import Reader, Scope, Sight, may_read_words, reads_as, scope
from domain.terms import Openness, Role
from eventlog import reading
from eventlog.database import Database


class OfMatter(Protocol):
    """Whatever stands for a matter: its state, its row, how it is found."""

    @property
    def stream(self) -> str:
        """The matter's stream."""


M = TypeVar("M", bound=OfMatter)


@dataclass(frozen=True)
class Rights:
    """A reader before a log."""

    database: Database
    reader: Reader
    policy: Policy
    """In force now: it says how open units are."""

    @cached_property
    def scope(self) -> Scope:
        """What he may see, as data."""
        return scope(self.reader, self.policy.openness)

    @cached_property
    def sights(self) -> dict[str, Sight]:
        """How much he sees of each matter he sees at all; to be asked where many are shown."""
        return reading.sights(self.database, self.scope)

    @cached_property
    def visible(self) -> frozenset[str] | None:
        """The streams of the matters he sees at all; None when he sees something of any."""
        return None if self.scope.least > Sight.NONE else frozenset(self.sights)

    @cached_property
    def of_office(self) -> bool:
        """Whether he reads what is the office's own: drafts, a leader's papers."""
        return reads_as(self.reader, Role.OFFICE, Role.LEADER)

    @cached_property
    def whole(self) -> bool:
        """Whether he reads whatever is about several units at once, as the auditor does too."""
        return self.of_office or reads_as(self.reader, Role.AUDITOR)

    @cached_property
    def units(self) -> frozenset[str]:
        """The units he reads for: his own, and those of people whose 授权 for everything he holds."""
        return frozenset(p.unit for p in self.scope.places if p.unit is not None and p.streams is None)

    def sight(self, stream: str) -> Sight:
        """How much he sees of one matter."""
        if self.scope.everything:
            return Sight.FULL
        return reading.sight_of(self.database, self.scope, stream)

    def sees(self, stream: str, least: Sight = Sight.FULL) -> bool:
        """Whether he sees so much of one matter; what he sees of any is not asked of this one."""
        return self.scope.least >= least or self.sight(stream) >= least

    def among(self, matters: Iterable[M], least: Sight = Sight.FULL) -> list[M]:
        """Those of which he sees so much."""
        if self.scope.everything:
            return list(matters)
        return [m for m in matters if self.sights.get(m.stream, Sight.NONE) >= least]

    @cached_property
    def readable(self) -> frozenset[str] | None:
        """The streams of the matters he sees all of; None when that is every one."""
        if self.scope.everything:
            return None
        return frozenset(stream for stream, how in self.sights.items() if how is Sight.FULL)

    def rows(self) -> tuple[ListRow, ...]:
        """The rows of the matters he sees at all, by number."""
        if self.scope.everything:
            return reading.list_rows(self.database)
        return tuple(row for row, _ in reading.seen_rows(self.database, self.scope))

    def need(self, stream: str, number: str = "这个事项") -> None:
        """Refuse to show more of a matter than a list has to who does not see all of it.

        Raises:
            Refusal: `not_found`. That it exists he may know from the list.
        """
        refuse(not self.sees(stream), f"{number} 不由本单位办理，只能看一览（xmh task list）", "not_found")

    def may_read_words(self, stream: str) -> bool:
        """Whether he reads a leader's words about a matter, by what the matter is now."""
        loaded = reading.load(self.database, stream)
        matter = loaded.state if loaded else None
        return isinstance(matter, Matter) and may_read_words(self.reader, matter, self.policy)

    def may_read_files(self, stream: str) -> bool:
        """Whether he may have a matter's attachments: never because units are open to each other."""
        own = scope(self.reader, Openness.OWN)
        return own.everything or reading.sight_of(self.database, own, stream) is Sight.FULL

    def may_read_report(self, stream: str, unit: str) -> bool:
        """Whether he reads what a unit reported: with the rest, and what is his own unit's always."""
        return self.scope.speaks_for(unit, stream) or self.sees(stream)
