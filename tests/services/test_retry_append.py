"""Whoever appends without a workflow decides anew when somebody wrote in between, and gives up some day."""

from collections.abc import Callable

import pytest

from domain.base import Refusal
from domain.envelope import SYSTEM
from domain.log import AppendAnswer, AppendRequest
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from services.retry_append import MOST_RACES, retry_append
from tests.eventlog.sample import NOON, Asker, SampleNoted, SampleOpened

STREAM = "sample/a"


def attempts(database: Database, overtake: Callable[[int], None]) -> tuple[list[int], Callable[[], AppendAnswer]]:
    """One that notes how far the log was when it looked; between its look and its append somebody else may write."""
    looked: list[int] = []

    def attempt() -> AppendAnswer:
        stands = reading.stream_head(database, STREAM)
        looked.append(stands.version)
        overtake(len(looked))
        return append(
            database,
            AppendRequest(
                stream=STREAM,
                expected_version=stands.version,
                expected_hash=stands.hash,
                rulebook_version=reading.rulebook(database).version,
                command_id="retried-command",
                actor=SYSTEM,
                now=NOON,
                drafts=(SampleNoted(text=f"第{stands.version}版之后").draft(NOON),),
            ),
        )

    return looked, attempt


def test_who_was_overtaken_decides_on_what_was_written_meanwhile(database: Database) -> None:
    asker = Asker(database)
    asker.write(STREAM, SampleOpened(title="甲"))

    def twice(times: int) -> None:
        if times <= 2:
            asker.write(STREAM, SampleNoted(text="别人"))

    looked, attempt = attempts(database, twice)
    (event,) = retry_append(attempt).events
    assert looked == [1, 2, 3]
    assert (event.version, event.payload) == (4, '{"text":"第3版之后"}')
    assert retry_append(attempt).events == (event,), "the same command again is the same event"


def test_who_is_overtaken_every_time_is_told_so(on_sqlite: Database) -> None:
    asker = Asker(on_sqlite)
    asker.write(STREAM, SampleOpened(title="甲"))

    def always(_: int) -> None:
        asker.write(STREAM, SampleNoted(text="别人"))

    looked, attempt = attempts(on_sqlite, always)
    with pytest.raises(Refusal) as refused:
        retry_append(attempt)
    assert (refused.value.code, len(looked)) == ("busy", MOST_RACES)
    assert "\n" not in refused.value.message


def test_a_log_put_back_in_between_is_named(database: Database) -> None:
    Asker(database).write(STREAM, SampleOpened(title="甲"))

    def attempt() -> AppendAnswer:
        return append(
            database,
            AppendRequest(
                stream=STREAM,
                expected_version=9,
                expected_hash="sha256:gone",
                rulebook_version=reading.rulebook(database).version,
                command_id="stands-elsewhere",
                actor=SYSTEM,
                now=NOON,
            ),
        )

    with pytest.raises(Refusal, match="xmh doctor") as refused:
        retry_append(attempt)
    assert refused.value.code == "ahead"
