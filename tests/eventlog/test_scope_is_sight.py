"""What somebody sees of all matters by SQL is what the function says of each, whatever became of them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import commands as c
from domain.base import Refusal
from domain.facts import PartOf, UnitRef
from domain.office import Delegation, Directory, Person, PersonRecorded, Unit, UnitRecorded
from domain.sight import Family, Reader, Sight, reader_of, scope, sight
from domain.terms import Openness, Role, Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_office_events
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import OFFICE, PEOPLE, founded, opening
from tests.support.streams import DIRECTORY_STREAM

MONDAY = at("2022-03-07")
MORE = tuple(
    Unit(id=name, name=f"区{name}局", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT)
    for name in ("shui", "shuiwu", 'a"shui')
)
"""Ids of which one ends another, and one with a mark that JSON escapes."""
IDS = ("gengxin", "zhujian", *(u.id for u in MORE))
STAFF = (*PEOPLE, *(Person(id=f"p-{n}", name=f"某{n}", unit=u, role=Role.LIAISON) for n, u in enumerate(IDS)))


def ref(unit: str) -> UnitRef:
    return UnitRef(id=unit, supervision=Supervision.OBJECT)


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    with founded(url) as database:
        peopled(database)
        yield database


def peopled(database: Database) -> None:
    events = [*(UnitRecorded(unit=u) for u in MORE), *(PersonRecorded(person=p) for p in STAFF if p not in PEOPLE)]
    record_office_events(database, DIRECTORY_STREAM, events, actor=OFFICE, command_id="more", now=MONDAY)


def live(log: Database, step: int, kind: str, first: int, second: int, third: int) -> datetime:
    """One step of some matters' lives; what the rules refuse does not happen."""
    now = MONDAY + timedelta(minutes=step)
    stream, unit, other = f"matter/m{first}", IDS[second % len(IDS)], IDS[third % len(IDS)]
    whole = reading.load(log, f"matter/m{third}")
    with suppress(Refusal):
        match kind:
            case "opens":
                number = getattr(whole.state, "number", "") if whole else ""
                part = PartOf(stream=f"matter/m{third}", number=number) if whole and third < first else None
                person = f"p-{third}" if second % 2 else None
                more = {"part_of": part, "assist": [ref(other)] if other != unit else [], "person": person}
                act(log, stream, opening(f"第{first}项", date(2022, 6, 30), lead=ref(unit), **more), OFFICE, now)
            case "goes to":
                act(log, stream, c.AssignMatter(lead=ref(unit), assist=(ref(other),), reason="调整"), OFFICE, now)
            case "reports":
                with suppress(Refusal):
                    act(log, stream, c.AcceptReceipt(), OFFICE, now)
                act(log, stream, c.SubmitFeedback(text="进展", for_unit=unit), OFFICE, now)
            case _:
                with suppress(Refusal):
                    act(log, stream, c.AcceptReceipt(), OFFICE, now)
                act(log, stream, c.RequestCoordination(unit=ref(unit), text="迁改"), OFFICE, now)
    return now


def readers(matters: frozenset[str]) -> Iterator[Reader]:
    """Everybody in office, and one who holds 授权 of a unit or of a leader, for all matters or for some."""
    day = date(2022, 3, 7)
    people = {p.id: p for p in STAFF}

    def held(giver: str, *streams: str) -> Delegation:
        return Delegation(giver=giver, receiver="p-4", since=day, until=day, matters=streams, reason="出差")

    some = tuple(sorted(matters)[::2]) or ("matter/none",)
    for granted in ((), (held("p-0"),), (held("p-1", *some), held("p-2", *some[:1])), (held("leader", *some),)):
        directory = Directory(people=people, delegations={str(n): one for n, one in enumerate(granted)})
        yield from (reader_of(directory, person, day) for person in ("p-4", *(people if not granted else ())))


def families(log: Database) -> dict[str, Family]:
    """Who leads above and who has a part below, walked over the rows."""
    rows = {row.stream: row for row in reading.list_rows(log)}

    def above(stream: str) -> Iterator[str]:
        while (parent := rows[stream].parent) is not None:
            stream = parent
            yield stream

    wholes = {stream: set(above(stream)) for stream in rows}
    below = {stream: [rows[s] for s in rows if stream in wholes[s]] for stream in rows}
    return {
        s: Family(
            leads_above=frozenset(lead for w in wholes[s] if (lead := rows[w].lead)),
            units_below=frozenset(u for part in below[s] for u in part.units),
            persons_below=frozenset(p for part in below[s] if (p := part.person)),
        )
        for s in rows
    }


def check(log: Database) -> int:
    """Each reader's sight of each matter, three ways alike; how many answers that were."""
    kin = families(log)
    rows = {row.stream: row for row in reading.list_rows(log)}
    answers = 0
    for reader in readers(frozenset(rows)):
        for openness in Openness:
            by_function = {s: sight(reader, rows[s], kin[s], openness) for s in rows}
            seen = {s: how for s, how in by_function.items() if how > Sight.NONE}
            his = scope(reader, openness)
            assert reading.sights(log, his) == seen, (reader, openness)
            assert {row.stream: how for row, how in reading.seen_rows(log, his)} == seen
            assert reading.count_seen(log, his) == len(seen)
            assert {s: reading.sight_of(log, his, s) for s in rows} == by_function
            answers += len(rows)
    return answers


def test_a_family_of_units_on_either_database(log: Database) -> None:
    steps = [
        ("opens", 0, 0, 9),
        ("opens", 1, 1, 0),
        ("opens", 2, 4, 1),
        ("opens", 3, 2, 9),
        ("opens", 4, 3, 3),
        ("reports", 0, 0, 0),
        ("goes to", 0, 2, 4),
        ("asks", 3, 4, 0),
    ]
    for n, step in enumerate(steps):
        live(log, n, *step)
    rows = {row.number: row for row in reading.list_rows(log)}
    assert len(rows) == 5
    assert [row.parent for row in rows.values()] == [None, "matter/m0", "matter/m1", None, "matter/m3"]
    assert rows["XMH-2022-001"].reported_by == ("gengxin",)
    assert rows["XMH-2022-004"].asked == ('a"shui',)
    assert check(log) > 5 * 3 * len(STAFF)
    titles = scope(Reader(person="p-2", role=Role.LIAISON, unit="shui"), Openness.TITLES)
    assert reading.sight_of(log, titles, "matter/no") is Sight.NONE, "what is not there"


KINDS = st.sampled_from(["opens", "opens", "goes to", "reports", "asks"])
LIVES = st.lists(st.tuples(KINDS, st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=4, max_size=10)


@settings(max_examples=6)
@given(steps=LIVES)
def test_whatever_became_of_matters_what_is_seen_by_sql_is_what_the_function_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int, int]]
) -> None:
    with founded(f"sqlite:///{tmp_path_factory.mktemp('log') / 'events.db'}") as log:
        peopled(log)
        for n, step in enumerate([("opens", 0, 0, 4), ("opens", 1, 1, 0), *steps]):
            live(log, n, *step)
        assert check(log)
