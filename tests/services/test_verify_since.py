"""The new events alone, held to a checkpoint: what was changed among them is named, and so is a log that is not its."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.base import Refusal
from domain.checkpoint import LogCheckpoint, block_length
from domain.envelope import canonical
from domain.merkle import MerkleTree
from eventlog import verify_since
from eventlog.database import Database
from services.checkpoints import hold_against, hold_since, recorded_checkpoints_differ, take_checkpoint
from tests.eventlog.sample import OFFICE, Asker, SampleNoted, raw
from tests.eventlog.test_verify import unprotect
from tests.services.test_checkpoints import NOW


@pytest.fixture
def log(database: Database) -> Database:
    """A directory and three streams of ten events each."""
    Asker(database).begin("abc", notes=9)
    return database


@pytest.fixture
def since(log: Database, tmp_path: Path) -> LogCheckpoint:
    """A checkpoint, and what came after: its own record, an old stream going on, and a new one."""
    taken, _, _ = take_checkpoint(log, tmp_path, NOW)
    asker = Asker(log)
    asker.write("sample/b", SampleNoted(text="又一次"), SampleNoted(text="再一次"), actor=OFFICE)
    asker.open("d", notes=4)
    return taken


def tokens(log: Database, since: LogCheckpoint) -> set[str]:
    return {p.token.value for p in hold_since(log, since).report.problems} - {"unprotected"}


def test_a_log_that_only_grew_is_sound_and_tells_its_root(log: Database, since: LogCheckpoint, tmp_path: Path) -> None:
    found = hold_since(log, since)
    assert found.report.problems == ()
    assert (found.report.events, found.report.streams, found.size) == (8, 3, since.size + 8)
    later, _, _ = take_checkpoint(log, tmp_path, NOW)
    assert (later.size, later.root) == (found.size, found.root)
    again = hold_since(log, since, [later])
    assert (again.report.ok, again.report.events) == (True, 9)
    assert hold_since(log, later).report.events == 1
    wrong = later.model_copy(update={"root": bytes(32)})
    assert "log_differs" in {p.token.value for p in hold_since(log, since, [wrong]).report.problems}


@pytest.mark.parametrize("folded_again", [10_000, 0], ids=["from-the-first", "from-snapshots"])
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            (
                'UPDATE events SET payload = \'{"text":"从未"}\' WHERE position = {new} + 2',
                "UPDATE events SET previous_hash = 'sha256:00' WHERE position = {new} + 3",
                "DELETE FROM commands WHERE stream = 'sample/d' AND first = 3",
                "UPDATE matters SET title = 'x' WHERE stream = 'sample/d'",
            ),
            {"hash_mismatch", "previous_hash_mismatch", "command_index_differs", "read_model_differs"},
        ),
        (
            (
                "UPDATE events SET payload = replace(payload, '-004', '-009') WHERE position = {new} + 4",
                "UPDATE events SET position = position + 50 WHERE position = {new} + 8",
                "UPDATE commands SET request_hash = 'x' WHERE stream = 'sample/d' AND first = 3",
            ),
            {"number_gap", "position_gap", "command_index_differs"},
        ),
        (
            ("UPDATE snapshots SET state = replace(state, '第0次', '没有') WHERE stream = 'sample/b'",),
            {"snapshot_differs"},
        ),
        (("DELETE FROM events WHERE position > {new} - 2",), {"log_shorter"}),
        (("UPDATE events SET event_id = 'x' WHERE position = {new}",), {"log_differs"}),
    ],
)
def test_what_was_changed_among_the_new_events_or_just_before_is_named(
    log: Database,
    since: LogCheckpoint,
    changes: tuple[str, ...],
    named: set[str],
    folded_again: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verify_since, "_FOLDED_AGAIN", folded_again)
    assert tokens(log, since) == set()
    unprotect(log)
    raw(log, *(change.replace("{new}", str(since.size)) for change in changes))
    assert named <= tokens(log, since)


def test_long_streams_go_on_from_the_snapshot_by_the_checkpoint(
    log: Database, since: LogCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortest are folded whole; of the long ones what lies before the snapshot is the checkpoint's word."""
    unprotect(log)
    raw(log, "UPDATE events SET event_id = 'x' WHERE stream = 'sample/b' AND version = 2")
    assert "hash_mismatch" in tokens(log, since)
    monkeypatch.setattr(verify_since, "_FOLDED_AGAIN", 9)
    assert tokens(log, since) == {"log_differs"}, "ten events are too long for it; so short a log is hashed again whole"
    raw(log, "UPDATE events SET event_id = 'y' WHERE stream = 'sample/b' AND version = 9")
    assert "hash_mismatch" in tokens(log, since), "the ninth stands behind the snapshot at the eighth"


def test_checkpoints_signed_since_are_held_too(log: Database, since: LogCheckpoint, tmp_path: Path) -> None:
    take_checkpoint(log, tmp_path, NOW)
    unprotect(log)
    [(payload,)] = _rows(
        log, "SELECT payload FROM events WHERE type = 'CheckpointSigned' ORDER BY position DESC LIMIT 1"
    )
    told = canonical({**json.loads(payload), "root": "00" * 32})
    raw(log, f"UPDATE events SET payload = '{told}' WHERE payload = '{payload}'")
    assert "log_differs" in tokens(log, since)


def _rows(log: Database, sql: str) -> list[tuple[str]]:
    with log.reading() as transaction:
        return [(row[0],) for row in transaction.all(sql)]


def test_another_logs_checkpoint_is_refused(log: Database, since: LogCheckpoint) -> None:
    with pytest.raises(Refusal, match="检查点是 xmh/XMH/0000"):
        hold_since(log, since.model_copy(update={"origin": "xmh/XMH/0000"}))


def test_what_lies_before_is_not_read_again_and_that_is_what_it_costs(log: Database, tmp_path: Path) -> None:
    """A change deep in the past is for `verify --checkpoint`: the nightly look takes the checkpoint's word for it."""
    asker = Asker(log)
    asker.open("long", notes=300)
    taken, _, _ = take_checkpoint(log, tmp_path, NOW)
    asker.open("new")
    unprotect(log)
    raw(log, "UPDATE events SET event_id = 'x' WHERE position = 5")
    assert tokens(log, taken) == set()
    assert [f.token.value for f in hold_against(log, taken)] == ["log_differs"]
    assert [f.token.value for f in recorded_checkpoints_differ(log)] == ["log_differs"]


@given(st.integers(1, 700), st.integers(0, 40))
def test_a_tree_taken_up_from_blocks_grows_as_the_whole_one_does(size: int, more: int) -> None:
    entries = [n.to_bytes(2, "big") for n in range(size + more)]
    block, whole, taken_up = block_length(size), MerkleTree(), MerkleTree()
    for entry in entries:
        whole.append(entry)
    for start in range(0, size - size % block, block):
        part = MerkleTree()
        for entry in entries[start : start + block]:
            part.append(entry)
        taken_up.append_block(part.root(), block)
    for entry in entries[taken_up.size :]:
        taken_up.append(entry)
    assert (taken_up.size, taken_up.root()) == (whole.size, whole.root())
