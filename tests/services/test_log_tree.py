"""What was hashed for the last checkpoint is not hashed again, and the next one is of what was signed, grown."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checkpoint import block_length
from domain.merkle import MerkleTree
from eventlog.database import Database
from eventlog.findings import VerifyFinding
from eventlog.rows import EVENT_COLUMNS
from eventlog.verify import verify
from services.checkpoints import (
    hold_against,
    hold_against_fingerprint,
    log_fingerprint,
    origin_of,
    recorded_checkpoints_differ,
    roots_in_passing,
    take_checkpoint,
)
from services.log_tree import TREE_FILE, LogTree, PassingRoots, kept_tree
from tests.eventlog.sample import Asker, is_sqlite, raw
from tests.eventlog.test_verify import unprotect
from tests.support.clock import open_log

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)


@pytest.fixture
def log(new_sqlite: str) -> Iterator[Database]:
    with open_log(new_sqlite) as database:
        Asker(database).begin("a", notes=9)
        yield database


@given(st.integers(0, 1200), st.integers(1, 1200))
def test_a_tree_that_goes_on_with_wider_blocks_is_the_one_made_at_once(before: int, more: int) -> None:
    entries = [n.to_bytes(2) for n in range(before + more)]
    grown, whole = LogTree(block_length(max(1, before))), LogTree(block_length(len(entries)))
    for entry in entries[:before]:
        grown.take(entry)
    grown.widen(whole.block)
    for entry in entries[before:]:
        grown.take(entry)
    plain = MerkleTree()
    for entry in entries:
        whole.take(entry)
        plain.append(entry)
    assert (grown.root(), grown.sm3.root(), grown.all_blocks()) == (whole.root(), whole.sm3.root(), whole.all_blocks())
    assert (whole.size, whole.root(), len(whole.all_blocks()) <= 256) == (len(entries), plain.root(), True)


def test_the_next_checkpoint_is_the_one_that_would_be_made_anew(log: Database, tmp_path: Path) -> None:
    anew = tmp_path / "anew"
    anew.mkdir()
    for n in range(4):
        Asker(log).open(f"more{n}", notes=100 * n)
        taken, _, _ = take_checkpoint(log, tmp_path, NOW)
        assert hold_against(log, taken) == []
        (tmp_path / "checkpoint.key").rename(anew / "checkpoint.key")
        again, _, _ = take_checkpoint(log, anew, NOW)
        (anew / "checkpoint.key").rename(tmp_path / "checkpoint.key")
        (anew / TREE_FILE).unlink()
        assert again.size == taken.size + 1
        assert hold_against(log, again) == []
    assert (tmp_path / TREE_FILE).stat().st_mode & 0o777 == 0o600
    assert verify(log).ok


def test_who_changes_an_earlier_event_does_not_get_it_signed(log: Database, tmp_path: Path) -> None:
    """It would be the newest checkpoint that says that all is well."""
    take_checkpoint(log, tmp_path, NOW)
    unprotect(log)
    raw(log, "UPDATE events SET event_id = 'x' WHERE position = 5")
    taken, _, _ = take_checkpoint(log, tmp_path, NOW)
    assert [found.position for found in hold_against(log, taken)] == [5]
    assert len(recorded_checkpoints_differ(log)) == 2


_PUSHED = [
    {"position": "0", "event_id": "'pushed'", "version": "0", "schema": "1.5"}.get(name, name)
    for name in EVENT_COLUMNS.split(", ")
]
PUSHED_BETWEEN = f"INSERT INTO events ({EVENT_COLUMNS}) SELECT {', '.join(_PUSHED)} FROM events WHERE position = 1"
"""An event that cannot be looked at, before all others: what is left of the log without it is what was signed."""


@pytest.mark.parametrize(
    "attack",
    [
        "",
        "UPDATE events SET event_id = 'x' WHERE position = 5",
        "UPDATE events SET event_id = 7.5 WHERE position = 5",
        "DELETE FROM events WHERE position = 5",
        "DELETE FROM events WHERE position > 5",
        "UPDATE events SET position = position + 1000 WHERE position > 5",
        PUSHED_BETWEEN,
    ],
)
def test_roots_taken_in_passing_find_what_a_second_reading_does(
    log: Database, tmp_path: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _, _ = take_checkpoint(log, tmp_path, NOW)
    Asker(log).open("b")
    kept = [first, take_checkpoint(log, tmp_path, NOW)[0]]
    printed = [log_fingerprint(log, size) for size in (3, first.size)]
    unprotect(log)
    if attack == PUSHED_BETWEEN and not is_sqlite(log):
        pytest.skip("PostgreSQL holds no half numbers where there are whole ones")
    raw(log, *([attack] if attack else []))

    def held(passed: PassingRoots | None) -> list[VerifyFinding]:
        return [
            *(finding for one in kept for finding in hold_against(log, one, passed)),
            *(finding for one in printed for finding in hold_against_fingerprint(log, one, passed)),
            *recorded_checkpoints_differ(log, passed),
        ]

    read_anew = held(None)
    assert bool(read_anew) == bool(attack)
    roots = roots_in_passing(log, kept, printed)
    verify(log, passing=roots.take)
    assert held(roots) == read_anew
    if not attack:
        monkeypatch.setattr("services.checkpoints.stored_bytes", None)
        assert held(roots) == [], "nothing was read again"


@given(st.lists(st.lists(st.binary(max_size=2), max_size=9)), st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_roots_are_the_same_however_many_events_come_at_once(
    pages: list[list[bytes]], sizes: set[int], by_sm3: set[int]
) -> None:
    paged, single = PassingRoots(sizes, by_sm3), PassingRoots(sizes, by_sm3)
    for page in pages:
        paged.take(page)
        for data in page:
            single.take([data])
    for size in range(31):
        assert paged.at(size) == single.at(size)
        assert (paged.at(size) is not None) == (size in sizes | by_sm3 and size <= sum(map(len, pages)))


def test_a_claim_nothing_can_be_held_to_keeps_no_other_from_being_taken() -> None:
    roots = PassingRoots([0, -3, 2, 9], by_sm3=[1, 0])
    tree = MerkleTree()
    for n in range(4):
        roots.take([bytes([n])])
        tree.append(bytes([n]))
        if n == 1:
            assert roots.begins(2, tree.root().hex()[:20])
    assert [roots.at(size) is not None for size in (0, -3, 1, 2, 9)] == [False, False, True, True, False]
    assert not any(roots.begins(size, "") for size in (0, 2, 9))


@pytest.mark.parametrize("spoiled", ["", "{}", "half", "another digest"])
def test_a_tree_that_was_spoiled_is_made_anew(log: Database, tmp_path: Path, spoiled: str) -> None:
    take_checkpoint(log, tmp_path, NOW)
    file = tmp_path / TREE_FILE
    text = file.read_text("utf-8")
    place = text.index('"sm3":["') + len('"sm3":["')
    other = f"{text[:place]}{'0' * 64}{text[place + 64 :]}"
    file.write_text({"half": text[: len(text) // 2], "another digest": other}.get(spoiled, spoiled), "utf-8")
    Asker(log).open("b")
    assert hold_against(log, take_checkpoint(log, tmp_path, NOW)[0]) == []


def test_a_tree_of_another_log_or_of_what_was_cut_off_is_not_gone_on_with(log: Database, tmp_path: Path) -> None:
    taken, _, _ = take_checkpoint(log, tmp_path, NOW)
    with log.reading() as transaction:
        assert kept_tree(tmp_path, origin_of(log), taken.size, transaction).size == taken.size
        assert kept_tree(tmp_path, "xmh/XMH/0", taken.size, transaction).size == 0
        assert kept_tree(tmp_path, origin_of(log), taken.size - 1, transaction).size == 0
    unprotect(log)
    raw(log, f"UPDATE events SET hash = 'sha256:00' WHERE position = {taken.size}")
    with log.reading() as transaction:
        assert kept_tree(tmp_path, origin_of(log), taken.size, transaction).size == 0
