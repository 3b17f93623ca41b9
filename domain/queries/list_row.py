"""The row a matter is listed by: all that lists, filters, sorting, counting and rights ask, without its state.

Plain values, so that a hundred thousand rows cost no more than reading them; a term is kept by its value.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple, Protocol, TypeVar

from domain.calendar import local_date
from domain.lights import LightFacts, Lit, facts_in, facts_text, light_facts, light_of, light_schedule
from domain.log import Rulebook
from domain.matter import Matter
from domain.terms import ENDED, Light

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class ListRow(NamedTuple):
    """A matter as it is listed."""

    stream: str
    number: str
    title: str
    stage: str
    lead: str | None
    due: date
    version: int
    parent: str | None
    """The stream of the matter it is a part of."""
    progress: int
    kind: str
    klass: str
    flags: tuple[str, ...]
    urgency: str
    rung: str
    period: str | None
    by_letter: bool
    source: str | None
    section: str | None
    origin: str | None
    """人大建议第31号: where it comes from beside decisions."""
    listed: bool
    """挂牌督办."""
    missed_in_row: int
    """连续漏报."""
    settled: bool
    opened: date
    supervisor: str
    person: str | None
    assist: tuple[str, ...]
    asked: tuple[str, ...]
    """Units asked to coordinate."""
    leaders: tuple[str, ...]
    instructed_by: tuple[str, ...]
    """Leaders who instructed on it."""
    reported_by: tuple[str, ...]
    """Units that once reported."""
    followers: tuple[str, ...]
    facts: str
    """What its light needs (`domain.lights.facts_in`)."""
    red: datetime
    yellow: datetime
    blue: datetime
    """From when on it is so, unless a colour named before this one is; `NEVER` while nothing is recorded."""
    wavers: bool
    """Its colours do not follow the three moments: between them one comes back that was over."""

    @property
    def units(self) -> frozenset[str]:
        """Lead, assisting units and units asked to coordinate."""
        return frozenset({*self.assist, *self.asked, *([self.lead] if self.lead else [])})

    @property
    def ended(self) -> bool:
        """销号 or 撤销."""
        return self.stage in ENDED

    def lit(self, rulebook: Rulebook, as_of: datetime) -> Lit:
        """The light of the row's matter at a moment."""
        return light_of(facts_in(self.facts), rulebook, as_of)


class StandingRow(NamedTuple):
    """Of the row of a matter what says how it stands: what a roll-up counts by."""

    stream: str
    number: str
    title: str
    stage: str
    lead: str | None
    due: date
    period: str | None
    facts: str

    @property
    def ended(self) -> bool:
        """销号 or 撤销."""
        return self.stage in ENDED


class _HasFacts(Protocol):
    @property
    def facts(self) -> str:
        """What its light needs."""


R = TypeVar("R", bound=_HasFacts)


class ColourMoments(NamedTuple):
    """From when on a light is red, yellow, blue; and whether that is not all there is to say."""

    red: datetime
    yellow: datetime
    blue: datetime
    wavers: bool

    def at(self, moment: datetime) -> Light:
        """The colour at a moment of what is not grey and does not waver."""
        if self.red <= moment:
            return Light.RED
        if self.yellow <= moment:
            return Light.YELLOW
        return Light.BLUE if self.blue <= moment else Light.GREEN


_NONE_TO_COME = ColourMoments(NEVER, NEVER, NEVER, wavers=False)


def colour_moments(facts: LightFacts, rulebook: Rulebook) -> ColourMoments:
    """The colours to come as a database can compare them with a moment."""
    schedule = light_schedule(facts, rulebook)
    if schedule[0][1] is Light.GREY:
        return _NONE_TO_COME
    first = {colour: instant for instant, colour in reversed(schedule)}
    moments = ColourMoments(
        first.get(Light.RED, NEVER), first.get(Light.YELLOW, NEVER), first.get(Light.BLUE, NEVER), wavers=False
    )
    if any(moments.at(instant) is not colour for instant, colour in schedule):
        return moments._replace(wavers=True)
    return moments


def list_row(matter: Matter, rulebook: Rulebook, known: tuple[str, ColourMoments] | None = None) -> ListRow:
    """The row of a matter as of its state, with its colours as the rulebook has them.

    Args:
        matter: its state.
        rulebook: the calendar and policy its colours follow.
        known: facts, and the colours they gave under this very rulebook.
    """
    light_is_of = light_facts(matter)
    facts = facts_text(light_is_of)
    return _row(matter, facts, known[1] if known and known[0] == facts else colour_moments(light_is_of, rulebook))


def past_row(matter: Matter) -> ListRow:
    """The row of a matter as of a past day: its light is asked of its facts, and colours to come nobody selects by."""
    return _row(matter, facts_text(light_facts(matter)), _NONE_TO_COME)


def _row(matter: Matter, facts: str, moments: ColourMoments) -> ListRow:
    return ListRow(
        stream=matter.stream,
        number=matter.number,
        title=matter.title,
        stage=matter.stage.value,
        lead=matter.lead,
        due=matter.due,
        version=matter.version,
        parent=matter.part_of.stream if matter.part_of else None,
        progress=matter.progress,
        kind=matter.kind.value,
        klass=matter.klass.value,
        flags=tuple(flag.value for flag in matter.flags),
        urgency=matter.urgency.value,
        rung=matter.rung.value,
        period=matter.period.value if matter.period else None,
        by_letter=matter.by_letter,
        source=matter.source,
        section=matter.section,
        origin=str(matter.origin) if matter.origin else None,
        listed=matter.listed,
        missed_in_row=matter.missed_in_row,
        settled=matter.settled,
        opened=local_date(matter.opened_at),
        supervisor=matter.supervisor,
        person=matter.person,
        assist=matter.assist,
        asked=tuple(sorted({c.unit for c in matter.coordinations})),
        leaders=matter.leaders,
        instructed_by=matter.instructed_by,
        reported_by=matter.reported_by,
        followers=matter.followers,
        facts=facts,
        red=moments.red,
        yellow=moments.yellow,
        blue=moments.blue,
        wavers=moments.wavers,
    )


def lit_rows(rows: Iterable[R], rulebook: Rulebook, as_of: datetime) -> Iterator[tuple[R, Lit]]:
    """Each row with its light at a moment; what is alike for a light is asked once."""
    known: dict[str, Lit] = {}
    for row in rows:
        lit = known.get(row.facts)
        if lit is None:
            lit = known[row.facts] = light_of(facts_in(row.facts), rulebook, as_of)
        yield row, lit
