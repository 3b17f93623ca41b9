"""What stands in a row of an event and cannot be read is one kind of error, whichever cell it is in."""

import pytest

from domain.event import UnknownEventError, decode
from eventlog.rows import EVENT_COLUMNS, event_of_row, stored_event

COLUMNS = EVENT_COLUMNS.split(", ")
GOOD = {
    "position": 1,
    "headquarters": "XMH",
    "stream": "matter/one",
    "version": 1,
    "event_id": "id",
    "type": "MeetingClosed",
    "schema": 1,
    "payload": "{}",
    "actor": '{"id":"an","role":"liaison","unit":"zjsb"}',
    "command_id": "c",
    "occurred_at": 0,
    "recorded_at": 0,
    "previous_hash": "",
    "hash": "",
}

KINDS = [{"type": "MatterOfTomorrow"}, {"type": 3}, {"schema": "one"}, {"schema": 9}, {"schema": 0}, {"schema": None}]


def row(**spoilt: object) -> tuple[object, ...]:
    fields = GOOD | spoilt
    return tuple(fields[name] for name in COLUMNS)


def test_a_good_row_is_read() -> None:
    assert event_of_row(row()).actor == stored_event(row()).actor
    assert decode(stored_event(row())) == decode(event_of_row(row()))


@pytest.mark.parametrize(
    "actor", ["{}", "", "no JSON", "null", "[]", "3", '{"id":"an","role":"king"}', b"\xff", 7, None]
)
def test_an_actor_that_is_none(actor: object) -> None:
    for read in (event_of_row, stored_event):
        with pytest.raises(UnknownEventError):
            read(row(actor=actor))


def test_what_stands_beside_an_actor_as_proof_and_is_none() -> None:
    spoilt = GOOD["actor"].removesuffix("}") + ',"proven":{"via":"pigeon"}}'  # type: ignore[attr-defined]
    for read in (event_of_row, stored_event):
        with pytest.raises(UnknownEventError):
            read(row(actor=spoilt))


@pytest.mark.parametrize("cell", ["occurred_at", "recorded_at"])
@pytest.mark.parametrize("time", [2**62, -(2**62), "noon", None, b"0"])
def test_a_time_that_is_none(cell: str, time: object) -> None:
    for read in (event_of_row, stored_event):
        with pytest.raises(UnknownEventError):
            read(row(**{cell: time}))


@pytest.mark.parametrize("spoilt", KINDS)
def test_a_kind_that_is_none(spoilt: dict[str, object]) -> None:
    for read in (event_of_row, stored_event):
        with pytest.raises(UnknownEventError):
            decode(read(row(**spoilt)))


@pytest.mark.parametrize("payload", ["", "no JSON", "[]", "null", None, 3, b"\xff", "[" * 5000])
def test_a_payload_that_is_none(payload: object) -> None:
    for read in (event_of_row, stored_event):
        with pytest.raises(UnknownEventError):
            decode(read(row(payload=payload)))
