"""A refusal is final: the log notes it, and records no late attempt at the same command."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.log import Already, Appended, AppendRequest, Behind, Refused
from eventlog.database import Database
from eventlog.reading import find_command
from eventlog.refusals import KEPT_FOR
from tests.eventlog.sample import NOON, OFFICE, Asker, SampleNoted

UNTIL = NOON + timedelta(minutes=15)
NOTE = SampleNoted(text="记录")


@pytest.fixture
def asker(database: Database) -> Asker:
    found = Asker(database)
    found.seat_office()
    found.open()
    return found


def asked(asker: Asker, *events: SampleNoted, until: datetime = UNTIL, **more: Any) -> AppendRequest:
    made = asker.request("sample/a", *events, command_id="early", actor=OFFICE)
    return made.model_copy(update={"valid_until": until, **more})


def refusals(log: Database) -> list[str]:
    with log.reading() as transaction:
        return [row[0] for row in transaction.all("SELECT command_id FROM refusals ORDER BY 1")]


def test_what_was_refused_is_not_recorded_by_a_late_attempt(asker: Asker) -> None:
    assert asker.ask(asked(asker, refused=True)) == Appended()
    late = asker.ask(asked(asker, NOTE))
    assert isinstance(late, Refused)
    assert late.code == "refused_before"
    assert find_command(asker.database, "early") is None


def test_whoever_asks_again_is_heard_and_his_late_attempts_are_not(asker: Asker) -> None:
    asker.ask(asked(asker, refused=True))
    again = asker.ask(asked(asker, NOTE, until=UNTIL + timedelta(seconds=1)))
    assert isinstance(again, Appended)
    # What is in the log is answered from there, whatever was refused before.
    assert asker.ask(asked(asker, NOTE)) == Already(events=again.events)


def test_a_refusal_by_a_cache_that_is_behind_is_none(asker: Asker) -> None:
    stale = asked(asker, refused=True)
    asker.write("sample/a", NOTE)
    assert isinstance(asker.ask(stale), Behind)
    assert refusals(asker.database) == []


def test_what_the_log_itself_refuses_is_refused_for_good_too(asker: Asker) -> None:
    impostor = OFFICE.model_copy(update={"unit": "elsewhere"})
    assert isinstance(asker.ask(asked(asker, NOTE, actor=impostor)), Refused)
    assert isinstance(asker.ask(asked(asker, NOTE)), Refused)
    assert find_command(asker.database, "early") is None


def test_neither_a_question_nor_the_clock_is_noted(asker: Asker) -> None:
    """A command that changes nothing was answered *done*; nobody waits for the clock's."""
    asker.ask(asked(asker))
    asker.ask(asked(asker, refused=True).model_copy(update={"valid_until": None}))
    assert refusals(asker.database) == []


def test_the_table_forgets_what_nobody_can_mean_any_more(asker: Asker) -> None:
    asker.ask(asked(asker, refused=True))
    for minutes, kept in ((14, ["early", "later"]), (16, ["later"])):
        later = NOON + KEPT_FOR + timedelta(minutes=minutes)
        asker.ask(asked(asker, refused=True, until=later, now=later).model_copy(update={"command_id": "later"}))
        assert refusals(asker.database) == kept


def test_a_moment_without_a_zone_is_refused(asker: Asker) -> None:
    answer = asker.ask(asked(asker, NOTE, until=UNTIL.replace(tzinfo=None)))
    assert isinstance(answer, Refused)
    assert answer.code == "malformed"
