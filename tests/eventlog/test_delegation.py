"""A claim to act under a 授权 is checked in the append's own transaction, on both databases."""

from datetime import date, timedelta

import pytest

from domain.envelope import Actor, OnBehalf
from domain.log import Appended, AppendRequest, Refused
from domain.office import (
    Delegation,
    DelegationGranted,
    DelegationRevoked,
    Directory,
    Person,
    PersonLeft,
    PersonRecorded,
)
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from tests.eventlog.sample import NOON, Asker, SampleOpened
from tests.support.streams import DIRECTORY_STREAM

DAY = date(2022, 3, 1)


@pytest.fixture
def asker(database: Database) -> Asker:
    asker = Asker(database)
    asker.seat_office()
    people = (("wang", "王五"), ("li", "李三"))
    asker.write(
        DIRECTORY_STREAM,
        *(PersonRecorded(person=Person(id=i, name=n, unit="hq", role=Role.LIAISON)) for i, n in people),
    )
    return asker


def granted(asker: Asker, **more: object) -> Actor:
    """李三 for 王五, under a 授权 that the log numbered."""
    said = {"giver": "wang", "receiver": "li", "since": DAY, "until": DAY, "reason": "出差", **more}
    asker.write(DIRECTORY_STREAM, DelegationGranted(delegation=Delegation.model_validate(said)))
    directory = reading.load(asker.database, DIRECTORY_STREAM)
    assert directory is not None
    assert isinstance(directory.state, Directory)
    number = list(directory.state.delegations)[-1]
    behalf = OnBehalf(id="wang", role=Role.LIAISON, unit="hq", paper=number, delegation=number)
    return Actor(id="li", role=Role.LIAISON, unit="hq", on_behalf_of=behalf)


def asked(asker: Asker, actor: Actor, stream: str = "sample/a", days: int = 0) -> tuple[AppendRequest, str | None]:
    request = asker.request(stream, SampleOpened(title="x"), actor=actor, at=NOON + timedelta(days=days))
    answer = asker.ask(request)
    assert isinstance(answer, Appended | Refused)
    return request, answer.code if isinstance(answer, Refused) else None


def test_an_act_under_a_delegation_that_holds_is_recorded_as_one_for_another(asker: Asker) -> None:
    assert NOON.date() == DAY
    actor = granted(asker)
    assert asked(asker, actor)[1] is None
    recorded = reading.read_stream(asker.database, "sample/a")[-1].actor
    assert (recorded.id, recorded.on_behalf_of and recorded.on_behalf_of.delegation) == ("li", "授权〔2022〕1号")


def test_it_ends_with_its_day_and_with_being_taken_back_and_leaves_nothing(asker: Asker) -> None:
    actor = granted(asker)
    for days in (-1, 1):
        assert asked(asker, actor, days=days)[1] == "not_delegated"
    asker.write(DIRECTORY_STREAM, DelegationRevoked(no="授权〔2022〕1号", reason="回来了"))
    assert asked(asker, actor)[1] == "not_delegated"
    assert reading.read_stream(asker.database, "sample/a") == ()


def test_it_covers_the_matters_it_names_and_nobody_else_uses_it(asker: Asker) -> None:
    actor = granted(asker, matters=["sample/a"])
    assert asked(asker, actor, "sample/b")[1] == "not_delegated"
    other = actor.model_copy(update={"id": "office", "role": Role.OFFICE})
    assert asked(asker, other)[1] == "not_delegated"
    invented = OnBehalf(id="wang", role=Role.LIAISON, delegation="授权〔2022〕9号")
    assert asked(asker, actor.model_copy(update={"on_behalf_of": invented}))[1] == "not_delegated"
    assert asked(asker, actor)[1] is None


def test_neither_a_giver_nor_a_receiver_who_left_acts(asker: Asker) -> None:
    actor = granted(asker)
    asker.write(DIRECTORY_STREAM, PersonLeft(person="wang"))
    assert asked(asker, actor)[1] == "actor_left"
