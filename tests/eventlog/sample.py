"""A kind of stream of the tests' own, so that what is shown here is the log and not the rule book."""

import itertools
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from domain.base import Frozen
from domain.envelope import SYSTEM, Actor, LoggedEvent, NumberSeries, Recorded
from domain.event import UPCASTERS, Event, decode
from domain.facts import PartOf
from domain.fold import Fold
from domain.log import Ahead, AppendAnswer, Appended, AppendRequest, Behind, Refused, UnitClaim
from domain.office import Person, PersonRecorded, Unit, UnitRecorded
from domain.rules.records import RECORDS, Authority
from domain.streams import FOLDS
from domain.terms import Role, Stage, Supervision, UnitLevel
from eventlog import reading
from eventlog.append import append
from eventlog.backend import Row
from eventlog.database import Database
from eventlog.errors import LogUnreachable
from eventlog.readmodel import LISTED, READ_MODEL
from tests.support.streams import DIRECTORY_STREAM

_COMMANDS = itertools.count(1)
NOON = datetime(2022, 3, 1, 4, tzinfo=UTC)
OFFICE = Actor(id="office", role=Role.OFFICE, unit="hq")
SETTLED = "办结"
"""A note that settles a sample."""


class SampleOpened(Event):
    """Takes a number."""

    label: ClassVar[str] = "样例立项"
    title: str
    number: str = ""

    def series(self, at: datetime) -> NumberSeries:
        return NumberSeries(series=f"sample/{at.year}", field="number", template=f"S-{at.year}-{{n:03d}}")


class SampleNoted(Event):
    """Takes none. Version 1 called its text `words`."""

    label: ClassVar[str] = "样例记录"
    schema_version: ClassVar[int] = 2
    text: str


def _words_become_text(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": payload["words"]}


UPCASTERS["SampleNoted", 1] = _words_become_text


class Sample(Frozen):
    """What the sample events add up to."""

    number: str
    title: str
    stage: Stage = Stage.OPENED
    lead: str | None = None
    due: date | None = date(2022, 6, 30)
    part_of: PartOf | None = None
    notes: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        return SETTLED in self.notes


def evolve_sample(state: Sample | None, recorded: LoggedEvent) -> Sample:
    match decode(recorded):
        case SampleOpened(title=title, number=number):
            return Sample(number=number, title=title)
        case SampleNoted(text=text) if state is not None:
            return state.model_copy(update={"notes": (*state.notes, text)})
        case other:
            raise TypeError(f"{type(other).__name__} does not belong here")


RECORDS[SampleOpened] = RECORDS[SampleNoted] = Authority.HANDLING
FOLD = Fold(Sample, evolve_sample)
FOLDS["sample"] = f"{__name__}:FOLD"
LISTED["sample"] = LISTED["matter"]


class Asker:
    """Asks the log as a workflow would: from where the log stands, or from an older state it is given."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def request(
        self,
        stream: str,
        *events: Event,
        command_id: str | None = None,
        actor: Actor = SYSTEM,
        at: datetime = NOON,
        head: reading.Head | None = None,
        rulebook_version: int | None = None,
        units: tuple[UnitClaim, ...] = (),
        request_hash: str = "content",
    ) -> AppendRequest:
        head = reading.stream_head(self.database, stream) if head is None else head
        version = reading.rulebook(self.database).version if rulebook_version is None else rulebook_version
        return AppendRequest(
            stream=stream,
            expected_version=head.version,
            expected_hash=head.hash,
            rulebook_version=version,
            command_id=f"{stream}#{next(_COMMANDS)}" if command_id is None else command_id,
            request_hash=request_hash,
            actor=actor,
            units=units,
            now=at,
            drafts=tuple(event.draft(at) for event in events),
        )

    def ask(self, request: AppendRequest) -> AppendAnswer:
        return append(self.database, request)

    def write(self, stream: str, *events: Event, actor: Actor = SYSTEM, at: datetime = NOON) -> tuple[Recorded, ...]:
        answer = self.ask(self.request(stream, *events, actor=actor, at=at))
        assert isinstance(answer, Appended), answer
        return answer.events

    def open(self, name: str = "a", notes: int = 0, at: datetime = NOON) -> str:
        stream = f"sample/{name}"
        self.write(stream, SampleOpened(title=f"事项{name}"), at=at)
        for i in range(notes):
            self.write(stream, SampleNoted(text=f"第{i}次"), at=at + timedelta(minutes=i))
        return stream

    def begin(self, names: str, notes: int) -> None:
        """A log to try things on: the office, and for each letter a stream of so many notes."""
        self.seat_office()
        for name in names:
            self.open(name, notes=notes)

    def seat_office(self) -> None:
        """A directory of one unit and one person, `OFFICE`."""
        self.write(
            DIRECTORY_STREAM,
            UnitRecorded(
                unit=Unit(id="hq", name="指挥部办公室", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT)
            ),
            PersonRecorded(person=Person(id="office", name="张三", unit="hq", role=Role.OFFICE)),
        )


def asked_together(database: Database, requests: Sequence[AppendRequest]) -> list[AppendAnswer | BaseException]:
    """The answers to requests that wait together, in this order: the writer's turn is held until all of them do."""
    answers: list[AppendAnswer | BaseException] = [LogUnreachable("unanswered")] * len(requests)

    def ask(place: int, request: AppendRequest) -> None:
        try:
            answers[place] = append(database, request)
        except BaseException as error:  # it is the answer
            answers[place] = error

    asking = [threading.Thread(target=ask, args=(n, request)) for n, request in enumerate(requests)]
    with database.writing(long=True):
        for one in asking:
            one.start()
            give_up = time.monotonic() + 5
            # Some are answered without waiting; one of the others leads, and is not counted.
            while (open_ := sum(other.is_alive() for other in asking)) and (
                database.appends.waiting < open_ - 1 or not database.appends.at_work
            ):
                assert time.monotonic() < give_up, "a request does not wait"
                time.sleep(0.001)
    for one in asking:
        one.join()
    return answers


def everything(database: Database, without: Collection[str] = ()) -> dict[str, list[Row]]:
    """All that the log and its read model hold; `without` tables that builds before did not have."""
    with database.reading() as transaction:
        return {
            table: sorted(transaction.all(f"SELECT * FROM {table}"), key=repr)
            for table in ("events", "commands", "outbox", "snapshots", "counted_events", *READ_MODEL)
            if table not in without
        }


class CrowdedAsker(Asker):
    """Asks in the middle of others, who are refused, answered before, or ask nothing: none of them leaves anything."""

    def ask(self, request: AppendRequest) -> AppendAnswer:
        unknown = UnitClaim(id="nobody", supervision=Supervision.OBJECT)
        refused = self.request("sample/refused", SampleOpened(title="不成"), units=(unknown,))
        ahead = self.request("sample/ahead", head=reading.Head(stream="sample/ahead", version=7, hash="x"))
        asked = (refused, ahead, request, ahead, refused)
        before, other, answer, again, last = asked_together(self.database, asked)
        assert [type(one) for one in (before, other, again)] == [Refused, Ahead, Ahead]
        # Where the request changed the rulebook, who comes after it has not seen that yet.
        assert isinstance(last, Refused | Behind)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def raw(database: Database, *statements: str) -> None:
    """What somebody at the database's own prompt does."""
    with database.writing(long=True) as transaction:
        transaction.run([(statement, [()]) for statement in statements])
        transaction.commit()


def is_sqlite(database: Database) -> bool:
    return database.url.startswith("sqlite")
