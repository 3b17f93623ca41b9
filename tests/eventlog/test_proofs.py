"""A proof holds for what it was made for, while its key is good; who appends adds no key and ends no demand."""

import base64
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain.access.proof import GOOD_FOR, OrderProof, signed_bytes
from domain.envelope import Provenance, Via
from domain.log import AppendAnswer, Appended, AppendRequest, Refused
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.migrations.rights import least_rights
from eventlog.migrations.run import engine_for
from eventlog.proofs import AHEAD, DEMAND, add_vouching_key
from eventlog.verify import verify
from tests.eventlog.sample import NOON, OFFICE, Asker, SampleOpened

OURS, OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32), Ed25519PrivateKey.from_private_bytes(b"t" * 32)
BEFORE = Provenance(via=Via.WEB, credential="session", auth_time=NOON - timedelta(hours=1))
SECOND = timedelta(seconds=1)


@pytest.fixture
def asker(database: Database) -> Asker:
    """Of a log that knows our key, and demands nothing yet."""
    asker = Asker(database)
    asker.seat_office()
    enrol(database, "ours", OURS)
    return asker


def enrol(database: Database, name: str, key: Ed25519PrivateKey, at: datetime = NOON - timedelta(days=1)) -> None:
    add_vouching_key(database, name, key.public_key().public_bytes_raw().hex(), at, old_until=at)


def order(asker: Asker, name: str = "a") -> AppendRequest:
    return asker.request(f"sample/{name}", SampleOpened(title="香蜜公园"), actor=OFFICE)


def proven(
    asked: AppendRequest, *, key: str = "ours", by: Ed25519PrivateKey = OURS, at: datetime = NOON
) -> AppendRequest:
    body = signed_bytes(asked.command_id, asked.request_hash, BEFORE, at, key)
    signature = base64.b64encode(by.sign(body)).decode()
    return asked.model_copy(
        update={"signed": OrderProof(provenance=BEFORE, issued_at=at, key=key, signature=signature)}
    )


def code_of(answer: AppendAnswer) -> str:
    return answer.code if isinstance(answer, Refused) else answer.answer


def test_how_the_actor_had_proven_himself_stands_in_the_event_as_it_was_signed(asker: Asker) -> None:
    answer = append(asker.database, proven(order(asker)))
    assert isinstance(answer, Appended), answer
    assert [event.proven for event in answer.events] == [BEFORE]
    assert reading.read_stream(asker.database, "sample/a") == answer.events
    assert verify(asker.database).ok
    unproven = append(asker.database, order(asker, "b"))
    assert isinstance(unproven, Appended)
    assert [event.proven for event in unproven.events] == [None]


def test_a_proof_is_good_from_just_before_it_was_made_until_a_quarter_of_an_hour_after(asker: Asker) -> None:
    answers = {
        at: code_of(append(asker.database, proven(order(asker, f"{n}"), at=NOON + at)))
        for n, at in enumerate((AHEAD, AHEAD + SECOND, -GOOD_FOR, -GOOD_FOR - SECOND))
    }
    assert answers == {
        AHEAD: "appended",
        AHEAD + SECOND: "unproved",
        -GOOD_FOR: "appended",
        -GOOD_FOR - SECOND: "unproved",
    }


def test_a_proof_of_anything_else_is_none_and_leaves_nothing(asker: Asker) -> None:
    asked, before = proven(order(asker)), reading.read_all(asker.database)
    assert asked.signed is not None
    later = Provenance(via=Via.WEB, credential="session", auth_time=NOON)
    for forged in (
        asked.model_copy(update={"request_hash": "other"}),
        asked.model_copy(update={"command_id": "other"}),
        asked.model_copy(update={"signed": asked.signed.model_copy(update={"provenance": later})}),
        asked.model_copy(update={"signed": asked.signed.model_copy(update={"issued_at": NOON - SECOND})}),
        asked.model_copy(update={"signed": asked.signed.model_copy(update={"signature": "no base64"})}),
        asked.model_copy(update={"signed": asked.signed.model_copy(update={"signature": ""})}),
        proven(order(asker), by=OTHER),
        proven(order(asker), key="nobody's"),
    ):
        assert code_of(append(asker.database, forged)) == "unproved", forged
    assert reading.read_all(asker.database) == before
    assert code_of(append(asker.database, asked)) == "appended", "a forgery does not spoil the id"


def test_a_key_vouches_from_when_it_was_enrolled_until_another_took_its_place(asker: Asker) -> None:
    enrol(asker.database, "early", OTHER, NOON + AHEAD)
    assert code_of(append(asker.database, proven(order(asker, "a"), key="early", by=OTHER))) == "appended"
    assert code_of(append(asker.database, proven(order(asker, "b")))) == "appended", "until then"
    enrol(asker.database, "late", OURS, NOON + AHEAD + SECOND)
    assert code_of(append(asker.database, proven(order(asker, "c"), key="late"))) == "unproved"
    over = order(asker, "d").model_copy(update={"now": NOON + AHEAD})
    assert code_of(append(asker.database, proven(over, at=NOON + AHEAD))) == "unproved", "its end is no part of it"


def test_once_proofs_are_demanded_only_the_system_of_this_process_and_the_clock_need_none(asker: Asker) -> None:
    demand = asker.request("sample/demand", SampleOpened(title="须签名"), command_id=DEMAND)
    assert code_of(append(asker.database, demand)) == "appended"
    assert code_of(append(asker.database, order(asker))) == "unproved"
    assert code_of(append(asker.database, order(asker).model_copy(update={"clock": True}))) == "appended"
    assert code_of(append(asker.database, asker.request("sample/b", SampleOpened(title="系统")))) == "appended"
    assert code_of(append(asker.database, proven(order(asker, "c")))) == "appended"


def test_the_database_role_of_a_worker_can_neither_add_a_key_nor_end_the_demand(on_postgres: Database) -> None:
    engine = engine_for(on_postgres.backend)
    role = f"worker_{uuid4().hex[:8]}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT INSERT ON events TO {role}"))
        least_rights(connection)
    try:
        for attempt in (
            "INSERT INTO signing_keys VALUES ('mine', '00', 0, NULL)",
            "UPDATE signing_keys SET until = 0",
            "DELETE FROM commands WHERE command_id = 'access:require'",
            "UPDATE commands SET command_id = 'x' WHERE command_id = 'access:require'",
        ):
            with engine.begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(f"SET LOCAL ROLE {role}"))
                connection.execute(text(attempt))
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
