"""One deadline for everything a person waits for; what he takes himself does not count."""

import time
from collections.abc import Iterator

import pytest

from eventlog import patience


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patience, "_answer_by", None)
    yield


def test_where_nobody_waits_each_step_keeps_its_own_limit() -> None:
    assert patience.time_left(6.0) == 6.0
    assert patience.answer_deadline() is None


def test_steps_share_what_is_left_and_each_gets_a_little() -> None:
    patience.set_answer_limit(2)
    assert patience.time_left(1.0) == 1.0
    assert 1.5 < patience.time_left(6.0) <= 2
    patience.set_answer_limit(-1)
    assert patience.time_left(6.0) == patience.LEAST


def test_what_a_person_takes_to_answer_is_not_counted() -> None:
    patience.set_answer_limit(2)
    with patience.time_not_counted():
        time.sleep(0.3)
    assert patience.time_left(6.0) > 1.9
