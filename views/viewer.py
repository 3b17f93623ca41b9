"""Who looks, at which log, at which moment: what every view is asked with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from domain.calendar import local_date
from domain.envelope import Actor
from domain.facts import is_sealed
from domain.ids import OfficeStream, account_stream
from domain.log import Rulebook
from domain.matter import Matter
from domain.office import Directory
from domain.sight import Reader, reader_of
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment, PersonOnRecord
from eventlog.secrets import readable_text
from views.rights import Rights

HIDDEN = "【工作秘密，无权查看】"


@dataclass(frozen=True)
class Viewer:
    """A log as one person may see it now."""

    database: Database
    actor: Actor
    now: datetime
    shown: Moment | None = None
    """What is shown where no other day is asked for, when that is not now."""
    on_words: Callable[[str], None] | None = None
    """Told the stream of a matter whose sealed words are about to be shown; it may refuse."""

    @cached_property
    def reader(self) -> Reader:
        """Who reads, with what he may read today."""
        today = local_date(datetime.now(UTC))
        reader = reader_of(self._office[0], self.actor.id, local_date(self.now))
        if reader.role is not Role.AUDITOR:
            return reader
        from domain.access.account import Account  # noqa: PLC0415  (nobody but an auditor has one looked at)

        loaded = reading.load(self.database, account_stream(self.actor.id))
        account = loaded.state if loaded else None
        opened = account.opened if isinstance(account, Account) else ()
        streams = (o.streams for o in opened if o.until >= today)
        return reader.model_copy(update={"opened": frozenset[str]().union(*streams)})

    @cached_property
    def rulebook(self) -> Rulebook:
        """Calendar and policy of now."""
        return self._office[1]

    @cached_property
    def _office(self) -> tuple[Directory, Rulebook]:
        return reading.directory_and_rulebook(self.database)

    @cached_property
    def units(self) -> Callable[[str], str]:
        """Unit id (or, failing that, person id) → name."""
        return unit_names(self.database)

    @cached_property
    def persons(self) -> Callable[[str], str]:
        """Person id → name, also of those who left."""
        return person_names(self.database)

    @cached_property
    def rights(self) -> Rights:
        """What he may see now, whatever day he asks about."""
        return Rights(self.database, self.reader, self.rulebook.policy)

    @cached_property
    def living(self) -> tuple[Matter, ...]:
        """The matters of which something may still be owed, by number, now or as of the day that is shown."""
        states = reading.open_states(self.database, "matter", self.shown)
        return tuple(sorted((s.state for s in states if isinstance(s.state, Matter)), key=lambda m: m.number))

    def words_of(self, matter: Matter, hidden: str = HIDDEN) -> Callable[[str], str]:
        """How this reader sees the matter's texts: ciphertext opens only for who may read it, others see `hidden`."""
        allowed = self.rights.may_read_words(matter.stream)

        def seen(text: str) -> str:
            if not is_sealed(text):
                return text
            if not allowed:
                return hidden
            if self.on_words is not None:
                self.on_words(matter.stream)
            return readable_text(self.database, matter.stream, text)

        return seen


def actor_of(person: PersonOnRecord) -> Actor:
    """Who acts, as the directory has him."""
    return Actor(id=person.id, role=person.role, unit=person.unit)


def directory_of(database: Database) -> Directory:
    """The directory of this moment, with its posts and delegations."""
    loaded = reading.office_states(database, OfficeStream.DIRECTORY)
    state = loaded[0].state if loaded else Directory()
    assert isinstance(state, Directory)  # noqa: S101  (the stream's fold)
    return state


def unit_names(database: Database) -> Callable[[str], str]:
    """Unit id (or, failing that, person id) → name, as the directory has it now."""
    people = {p.id: p.name for p in reading.people(database, former=True)}
    names = people | {u.id: u.name for u in reading.units(database)}
    return lambda key: names.get(key, key)


def person_names(database: Database) -> Callable[[str], str]:
    """Names of people, also of those who left: person id → name."""
    names = {p.id: p.name for p in reading.people(database, former=True)} | {"system": "系统"}
    return lambda key: names.get(key, key)
