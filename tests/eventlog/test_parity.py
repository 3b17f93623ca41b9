"""One random history of requests, asked of both databases: every answer and every table is the same."""

import random
from datetime import date, timedelta

import pytest

from domain.envelope import SYSTEM, Actor, OnBehalf
from domain.event import Event
from domain.log import AppendRequest, UnitClaim
from domain.office import DayOverridden, Person, PersonLeft, PersonRecorded, PolicyAdopted, Unit, UnitRecorded
from domain.policy import Policy
from domain.terms import Role, Supervision, UnitLevel
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.reading import Head
from eventlog.verify import verify
from tests.eventlog.sample import NOON, SampleNoted, SampleOpened, everything
from tests.support.streams import CALENDAR_STREAM, DIRECTORY_STREAM, POLICY_STREAM

ACTORS = (
    SYSTEM,
    SYSTEM,
    Actor(id="p1", role=Role.OFFICE, unit="u1"),
    Actor(id="p1", role=Role.LEADER),
    Actor(id="p2", role=Role.OFFICE, on_behalf_of=OnBehalf(id="p1", role=Role.OFFICE, paper="批件")),
    Actor(id="p9", role=Role.OFFICE),
)
STREAMS = ("sample/甲", "sample/b", "sample/C", DIRECTORY_STREAM, POLICY_STREAM, CALENDAR_STREAM)


class Caprice:
    """Requests as clients in every state of confusion would send them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.heads: dict[str, list[Head]] = {stream: [Head(stream=stream)] for stream in STREAMS}
        self.rulebooks = [0]
        self.sent: list[AppendRequest] = []

    def look(self, database: Database) -> None:
        for stream, heads in self.heads.items():
            if (now := reading.stream_head(database, stream)) != heads[-1]:
                heads.append(now)
        if (version := reading.rulebook(database).version) != self.rulebooks[-1]:
            self.rulebooks.append(version)

    def request(self) -> AppendRequest:
        pick = self.random
        if not self.sent:
            self.sent.append(self.founding())
            return self.sent[0]
        if pick.random() < 0.1:
            again = pick.choice(self.sent)
            return again if pick.random() < 0.6 else again.model_copy(update={"request_hash": "other"})
        stream = pick.choice(STREAMS)
        head = self.heads[stream][-1] if pick.random() < 0.75 else pick.choice(self.heads[stream])
        if pick.random() < 0.05:
            head = head.model_copy(update={"version": head.version + pick.choice((0, 3)), "hash": "sha256:elsewhere"})
        at = NOON + timedelta(minutes=pick.randint(-500, 500_000), microseconds=pick.randint(0, 999_999))
        request = AppendRequest(
            stream=stream,
            expected_version=head.version,
            expected_hash=head.hash,
            rulebook_version=self.rulebooks[-1] if pick.random() < 0.9 else pick.choice(self.rulebooks),
            command_id=f"c{len(self.sent)}" if pick.random() < 0.95 else "",
            request_hash=f"{pick.random()}",
            actor=pick.choice(ACTORS),
            units=(UnitClaim(id=pick.choice(("u1", "u7")), supervision=Supervision.OBJECT),) * (pick.random() < 0.1),
            now=at,
            drafts=tuple(
                self.event(stream).draft(at, pick.choice((None, NOON))) for _ in range(pick.choice((0, 1, 1, 3)))
            ),
        )
        self.sent.append(request)
        return request

    def founding(self) -> AppendRequest:
        """A unit and three people, so that most who act afterwards may."""
        unit = Unit(id="u1", name="单位", level=UnitLevel.CITY, supervision=Supervision.OBJECT)
        people = [Person(id=f"p{n}", name=f"人{n}", unit="u1", role=Role.OFFICE) for n in (1, 2, 3)]
        events = (UnitRecorded(unit=unit), *(PersonRecorded(person=person) for person in people))
        return AppendRequest(
            stream=DIRECTORY_STREAM,
            expected_version=0,
            expected_hash="",
            rulebook_version=0,
            command_id="founding",
            actor=SYSTEM,
            now=NOON,
            drafts=tuple(event.draft(NOON) for event in events),
        )

    def event(self, stream: str) -> Event:
        pick = self.random
        match stream:
            case "directory/XMH":
                person = Person(id=f"p{pick.randint(1, 3)}", name="人", unit="u1", role=Role.OFFICE)
                unit = Unit(id="u1", name="单位", level=UnitLevel.CITY, supervision=pick.choice(tuple(Supervision)))
                return pick.choice((PersonRecorded(person=person), PersonLeft(person="p2"), UnitRecorded(unit=unit)))
            case "policy/XMH":
                return PolicyAdopted(policy=Policy(near_due_workdays=pick.randint(1, 9)))
            case "calendar/XMH":
                return DayOverridden(day=date(2022, 1, pick.randint(1, 28)), workday=pick.random() < 0.5, reason="台风")
            case _:
                text = pick.choice(("一", "督" * 5000, "督" * 30_000, "\x00", "'; --", "😀 %s ?"))
                return pick.choice((SampleNoted(text=text), SampleNoted(text="二"), SampleOpened(title=text[:20])))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_requests_get_the_same_answers_from_both_databases(
    on_sqlite: Database, on_postgres: Database, seed: int
) -> None:
    caprice = Caprice(seed)
    seen: dict[str, int] = {}
    for _ in range(250):
        caprice.look(on_sqlite)
        request = caprice.request()
        answer = append(on_sqlite, request)
        assert append(on_postgres, request) == answer, request
        name = f"{answer.answer} {getattr(answer, 'code', '')}"
        seen[name] = seen.get(name, 0) + 1
    assert {name.split()[0] for name in seen} == {"appended", "behind", "already", "ahead", "refused"}, seen
    assert everything(on_sqlite) == everything(on_postgres)
    for database in (on_sqlite, on_postgres):
        before = everything(database)
        assert verify(database).problems == ()
        rebuild_read_model(database)
        assert everything(database) == before
    for words in ("督", "1", "S-2022-001", "sample/C"):
        assert reading.find_matters(on_sqlite, words) == reading.find_matters(on_postgres, words)
    assert reading.people(on_sqlite, former=True) == reading.people(on_postgres, former=True)
    then = NOON + timedelta(days=100)
    position = reading.position_at(on_sqlite, then)
    assert position == reading.position_at(on_postgres, then)
    for at in (None, position):
        assert reading.states_of(on_sqlite, "sample", position=at) == reading.states_of(
            on_postgres, "sample", position=at
        )
        assert reading.rulebook(on_sqlite, at) == reading.rulebook(on_postgres, at)
