"""Snapshots: a state is the fold of its events, whether they are there, spoilt, or gone; `verify` names which."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventlog import reading
from eventlog.database import Database
from eventlog.evidence import snapshot_digest
from eventlog.projections import rebuild_read_model
from eventlog.reading import StreamState
from eventlog.snapshots import COLUMNS, EVERY
from eventlog.verify import Token, verify
from tests.eventlog.sample import Asker, SampleNoted, SampleOpened, everything, raw
from tests.support.office import founded, sqlite

LONG, AT_ONE, SHORT = "sample/long", "sample/at-one", "sample/short"
RUINS = {
    "DELETE FROM snapshots": "缺少",
    f"DELETE FROM snapshots WHERE version = {EVERY}": "缺少",
    "UPDATE snapshots SET state = replace(state, '事项', '假的')": "state 不符",
    "UPDATE snapshots SET state = substr(state, 1, 40)": "只写了一半",
    "UPDATE snapshots SET build = '0027'": "由别的程序版本（0027）写成",
    "UPDATE snapshots SET hash = 'sha256:00'": "hash 不符",
    f"UPDATE snapshots SET version = version + {EVERY}": "version 不符",
    "UPDATE snapshots SET version = 999": "version 不符",
    "UPDATE snapshots SET position = position + 1": "多出",
    "UPDATE snapshots SET digest = 'x'": "digest 不符",
    "INSERT INTO snapshots SELECT stream, position + 2, version + 2, hash, build, state, digest FROM snapshots": "多出",
}


@pytest.fixture
def asker(database: Database) -> Asker:
    asker = Asker(database)
    asker.open("long", notes=2 * EVERY + 3)
    asker.open("at-one", notes=EVERY - 1)
    asker.open("short", notes=EVERY - 2)
    return asker


def folded(database: Database, position: int | None = None) -> tuple[StreamState, ...]:
    """Every stream's state as a fold from its first event gives it."""
    read = ((s, reading.read_stream(database, s, position=position)) for s in (AT_ONE, LONG, SHORT))
    return tuple(reading.folded_state(stream, list(events)) for stream, events in read if events)


def check(database: Database) -> None:
    """Now and at every position, a state is its fold."""
    assert reading.states_of(database, "sample") == folded(database)
    assert reading.load(database, LONG) in folded(database)
    for position in range(0, reading.newest_event(database)[0] + 1):
        assert reading.states_of(database, "sample", position=position) == folded(database, position)


def test_a_state_is_kept_at_every_so_many_versions_and_nowhere_else(asker: Asker) -> None:
    kept = sorted((row[0], row[2]) for row in everything(asker.database)["snapshots"])
    assert kept == [(AT_ONE, EVERY), (LONG, EVERY), (LONG, 2 * EVERY)]
    check(asker.database)
    before = everything(asker.database)
    rebuild_read_model(asker.database)
    assert everything(asker.database) == before
    assert verify(asker.database).problems == ()


@pytest.mark.parametrize("ruin", RUINS)
def test_snapshots_spoilt_or_gone_change_no_answer_and_are_named(asker: Asker, ruin: str) -> None:
    raw(asker.database, ruin)
    check(asker.database)
    problems = verify(asker.database).problems
    assert {p.token for p in problems} == {Token.SNAPSHOT_DIFFERS}
    assert any(RUINS[ruin] in p.message for p in problems)
    assert {p.token for p in verify(asker.database, stream=LONG).problems} == {Token.SNAPSHOT_DIFFERS}
    for stream in (LONG, AT_ONE, SHORT):
        asker.write(stream, SampleNoted(text="照常"))
    check(asker.database)
    rebuild_read_model(asker.database)
    assert verify(asker.database).problems == ()


def test_a_state_this_build_cannot_read_changes_no_answer_whatever_its_digest(asker: Asker) -> None:
    """As a build of the same tables writes it whose states looked otherwise: every list failed."""
    for row in everything(asker.database)["snapshots"]:
        digest = snapshot_digest((*row[: COLUMNS.index("state")], "{}"))
        where = f"stream = '{row[0]}' AND position = {row[1]}"
        raw(asker.database, f"UPDATE snapshots SET state = '{{}}', digest = '{digest}' WHERE {where}")
    check(asker.database)
    assert {p.token for p in verify(asker.database).problems} == {Token.SNAPSHOT_DIFFERS}
    asker.write(LONG, SampleNoted(text="照常"))
    check(asker.database)


def written_otherwise(database: Database, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """What `verify` says when every snapshot's state is changed so, by somebody who knows how a digest is made."""
    at = COLUMNS.index("state")
    for row in everything(database)["snapshots"]:
        state = json.loads(row[at])
        change(state)
        text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
        digest = snapshot_digest((*row[:at], text))
        where = f"stream = '{row[0]}' AND position = {row[1]}"
        quoted = text.replace("'", "''")
        raw(database, f"UPDATE snapshots SET state = '{quoted}', digest = '{digest}' WHERE {where}")
    return [problem.message for problem in verify(database).problems]


def _lacks_what_is_needed(state: dict[str, Any]) -> None:
    del state["title"]


def _has_more(state: dict[str, Any]) -> None:
    state["colour"] = "red"


def _lacks_what_may_be_left_out(state: dict[str, Any]) -> None:
    del state["lead"]


@pytest.mark.parametrize("change", [_lacks_what_is_needed, _has_more, _lacks_what_may_be_left_out])
def test_what_a_build_of_the_same_tables_wrote_whose_states_looked_otherwise_is_no_damage(
    asker: Asker, change: Callable[[dict[str, Any]], object]
) -> None:
    """As after an upgrade that adds a field to a state: `verify` said every snapshot differs, and `backup` refused."""
    assert written_otherwise(asker.database, change) == []
    check(asker.database)


def _lacks_needed_and_lies(state: dict[str, Any]) -> None:
    del state["title"]
    state["stage"] = "closed"


def _lost_what_was_said(state: dict[str, Any]) -> None:
    del state["notes"]


def _lost_nearly_all(state: dict[str, Any]) -> None:
    for name in list(state):
        if name != "number":
            del state[name]


@pytest.mark.parametrize("change", [_lacks_needed_and_lies, _lost_what_was_said, _lost_nearly_all])
def test_what_says_something_else_is_named_whatever_its_shape(
    asker: Asker, change: Callable[[dict[str, Any]], object]
) -> None:
    problems = written_otherwise(asker.database, change)
    assert len(problems) == len(everything(asker.database)["snapshots"])
    assert all("state、digest 不符" in problem for problem in problems)


@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 100_000, '{"a":' * 5000, "1" * 5000, '{"notes":[{}]}', "NaN"])
def test_whatever_text_stands_for_a_state_is_named_and_ends_no_walk(asker: Asker, text: str) -> None:
    for row in everything(asker.database)["snapshots"]:
        digest = snapshot_digest((*row[: COLUMNS.index("state")], text))
        where = f"stream = '{row[0]}' AND position = {row[1]}"
        raw(asker.database, f"UPDATE snapshots SET state = '{text}', digest = '{digest}' WHERE {where}")
    kept = everything(asker.database)["snapshots"]
    assert [p.token for p in verify(asker.database).problems] == [Token.SNAPSHOT_DIFFERS] * len(kept)


def test_what_somebody_planted_ahead_holds_no_append_up(asker: Asker) -> None:
    columns = "stream, position + {}, version, hash, build, state, digest"
    for ahead in (1, 2, 3):
        raw(
            asker.database,
            f"INSERT INTO snapshots SELECT {columns.format(90 + ahead)} FROM snapshots WHERE version = 16",
        )
    for _ in range(2 * EVERY):
        asker.write(LONG, SampleNoted(text="照常"))
    check(asker.database)


@given(lengths=st.lists(st.integers(1, 2 * EVERY + 1), min_size=1, max_size=6))
@settings(max_examples=15)
def test_many_events_in_one_command_leave_what_one_by_one_leaves(lengths: list[int]) -> None:
    notes = [SampleNoted(text=str(n)) for n in range(sum(lengths))]
    kept = []
    for sizes in (lengths, [1] * sum(lengths)):
        with TemporaryDirectory() as folder, founded(sqlite(Path(folder))) as database:
            asker, rest = Asker(database), list(notes)
            asker.write(LONG, SampleOpened(title="长"))
            for size in sizes:
                asker.write(LONG, *rest[:size])
                rest = rest[size:]
            kept.append([(row[2], row[5]) for row in everything(database)["snapshots"] if row[0] == LONG])
            check(database)
            assert verify(database).problems == ()
    assert kept[0] == kept[1]
