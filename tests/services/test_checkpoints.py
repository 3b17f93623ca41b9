"""A checkpoint kept elsewhere names what nothing inside the log can: a rewritten whole, and yesterday's copy.

The attacker owns the database: he drops the triggers, rewrites every chain and makes the read model anew, so that the
chains agree with themselves.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.base import Refusal
from domain.checkpoint import LogCheckpoint, block_length, read_note, read_signatures
from domain.envelope import canonical
from domain.fingerprint import read_fingerprint
from eventlog.chain import hash_of
from eventlog.database import Database
from eventlog.projections import rebuild_read_model
from eventlog.reading import events_page
from eventlog.rows import EVENT_COLUMNS
from eventlog.verify import verify
from services.bundle import verify_bundle
from services.checkpoint_keys import is_signed, is_text_signed
from services.checkpoints import (
    hold_against,
    hold_against_fingerprint,
    known_keys,
    log_fingerprint,
    recorded_checkpoints_differ,
    take_checkpoint,
)
from tests.eventlog.sample import Asker, raw
from tests.eventlog.test_verify import unprotect

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)
COLUMNS = EVENT_COLUMNS.split(", ")


@pytest.fixture
def log(database: Database) -> Database:
    """Two streams of ten events each, and a directory."""
    Asker(database).begin("ab", notes=9)
    return database


@pytest.fixture
def kept(log: Database, tmp_path: Path) -> LogCheckpoint:
    """A checkpoint of it that lies elsewhere; the log has gone on since."""
    taken, _, _ = take_checkpoint(log, tmp_path, NOW)
    Asker(log).open("c", notes=2)
    return taken


def tokens(log: Database, kept: LogCheckpoint) -> list[str]:
    return [finding.token.value for finding in hold_against(log, kept)]


def test_a_log_that_only_grew_is_the_one_it_was(log: Database, kept: LogCheckpoint) -> None:
    assert hold_against(log, kept) == []
    assert recorded_checkpoints_differ(log) == []
    assert verify(log).ok


def rewrite(log: Database, change: Callable[[dict[str, object]], None]) -> None:
    """Rewrite the log from its first event, chains and all, and what is read from it."""
    unprotect(log)
    with log.reading() as transaction:
        rows = events_page(transaction, -(2**62), 10_000)
    heads: dict[object, str] = {}
    for row in rows:
        told: dict[str, object] = dict(zip(COLUMNS, row, strict=True))
        change(told)
        told["previous_hash"] = heads.get(told["stream"], "")
        told["hash"] = heads[told["stream"]] = hash_of("sha256", tuple(told[c] for c in COLUMNS))
        payload = str(told["payload"]).replace("'", "''")
        raw(
            log,
            f"UPDATE events SET payload = '{payload}', previous_hash = '{told['previous_hash']}', "
            f"hash = '{told['hash']}' WHERE position = {told['position']}",
        )
    rebuild_read_model(log)


def test_a_log_rewritten_with_its_chains_is_named_from_the_changed_event_on(log: Database, kept: LogCheckpoint) -> None:
    changed: list[object] = []

    def change(told: dict[str, object]) -> None:
        if (told["stream"], told["version"]) == ("sample/a", 5):
            said = json.loads(str(told["payload"]))
            told["payload"] = canonical({**said, "text": "从未说过"})
            changed.append(told["position"])

    rewrite(log, change)
    assert "hash_mismatch" not in {p.token.value for p in verify(log).problems}, "the chains agree with themselves"
    [found] = hold_against(log, kept)
    assert (found.token.value, found.position) == ("log_differs", changed[0])
    assert [f.token.value for f in recorded_checkpoints_differ(log)] == ["log_differs"]


def test_yesterdays_copy_is_shorter_than_the_checkpoint(log: Database, kept: LogCheckpoint) -> None:
    unprotect(log)
    raw(log, f"DELETE FROM events WHERE position > {kept.size - 3}")
    assert tokens(log, kept) == ["log_shorter"]


def test_a_fingerprint_on_paper_tells_a_rewritten_and_a_shorter_log(log: Database) -> None:
    printed = log_fingerprint(log, 12)
    Asker(log).open("c", notes=2)
    assert hold_against_fingerprint(log, printed) == []
    assert read_fingerprint(str(printed)) == printed
    assert log_fingerprint(log, 13) != printed

    def change(told: dict[str, object]) -> None:
        if (told["stream"], told["version"]) == ("sample/a", 2):
            told["payload"] = canonical({**json.loads(str(told["payload"])), "text": "从未说过"})

    rewrite(log, change)
    assert [f.token.value for f in hold_against_fingerprint(log, printed)] == ["log_differs"]
    raw(log, "DELETE FROM events WHERE position > 11")
    assert [f.token.value for f in hold_against_fingerprint(log, printed)] == ["log_shorter"]


@pytest.mark.parametrize(
    "text",
    [
        "5193-3F2A-9C41-77D0-B2E8-1C3D",
        " 5193-3f2a-9c41-77d0-b2e8-1c3d ",
        "5193 3f2a9c4177d0b2e81c3d",
        "5193—3F2A—9C41—77D0—B2E8—1C3D",
        "５１９３－３Ｆ２Ａ－９Ｃ４１－７７Ｄ０－Ｂ２Ｅ８－１Ｃ３Ｄ",
        "日志指纹：5193-3F2A-9C41-77D0-B2E8-1C3D",
    ],
)
def test_a_fingerprint_is_read_as_somebody_types_it(text: str) -> None:
    assert str(read_fingerprint(text)) == "5193-3F2A-9C41-77D0-B2E8-1C3D"


@pytest.mark.parametrize(
    "text", ["", "5193", "5193-3F2A", "0-3F2A-9C41-77D0-B2E8-1C3D", "x-3F2A-9C41-77D0-B2E8-1C3D", "-" * 99]
)
def test_what_is_no_fingerprint_is_said_so(text: str) -> None:
    with pytest.raises(Refusal, match="不是日志指纹"):
        read_fingerprint(text)


def test_another_log_is_called_another(log: Database, kept: LogCheckpoint) -> None:
    other = kept.model_copy(update={"origin": "xmh/XMH/0000000000000000"})
    assert tokens(log, other) == ["other_log"]


@pytest.mark.parametrize(("size", "block"), [(1, 1), (256, 1), (257, 2), (5095, 32), (1_000_000, 4096)])
def test_a_log_is_told_in_256_blocks_at_most(size: int, block: int) -> None:
    assert block_length(size) == block


# --- the note


def test_a_note_says_what_was_signed_and_nothing_else_is_believed(log: Database, tmp_path: Path) -> None:
    taken, note, public = take_checkpoint(log, tmp_path, NOW)
    read, signatures = read_note(note)
    assert read == taken
    assert is_signed(read, signatures, public)
    assert known_keys(log, tmp_path) == known_keys(log, tmp_path / "elsewhere") == (public,)
    assert ((tmp_path / "checkpoint.key").stat().st_mode & 0o777) == 0o600
    lines = note.splitlines()
    assert lines[1] == str(taken.size)
    for n, line in enumerate(lines[:-2]):
        assert not _believed([*lines[:n], _otherwise(line), *lines[n + 1 :]], public), line


def _believed(lines: list[str], public: str) -> bool:
    try:
        other, its = read_note("".join(f"{line}\n" for line in lines))
    except Refusal:
        return False
    return is_signed(other, its, public)


def _otherwise(line: str) -> str:
    """One letter or digit of it changed, from the end."""
    n = max(n for n, letter in enumerate(line) if letter.isalnum())
    return line[:n] + ("1" if line[n] != "1" else "2") + line[n + 1 :]


PUBLISHED = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
)
"""The example of the specification of signed notes (C2SP signed-note, of Go's sumdb): text, signature and key."""


def test_the_published_note_agrees_for_both_verifiers() -> None:
    text, signature, key = PUBLISHED
    assert is_text_signed(text, read_signatures(signature), key)
    assert not is_text_signed(text.replace("answer", "question"), read_signatures(signature), key)
    for told, sound in ((text, True), (text.replace("answer", "question"), False)):
        report = verify_bundle.BundleReport()
        verify_bundle._check_signature(report, verify_bundle.Note(f"{told}\n{signature}".encode(), "note"), [key])
        assert report.ok is sound


def test_another_homes_key_signs_otherwise(log: Database, tmp_path: Path) -> None:
    _, note, _ = take_checkpoint(log, tmp_path, NOW)
    (tmp_path / "other").mkdir()
    _, _, foreign = take_checkpoint(log, tmp_path / "other", NOW)
    read, signatures = read_note(note)
    assert not is_signed(read, signatures, foreign)
    with pytest.raises(Refusal, match="不是公钥"):
        is_signed(read, signatures, "xmh-XMH+00000000+AAAA")


@pytest.mark.parametrize("text", ["", "x", "xmh/XMH/1\n5\n", "一\n二\n三\n\n— a b\n"])
def test_what_is_no_checkpoint_is_one_line(text: str) -> None:
    with pytest.raises(Refusal, match="不是 xmh 的检查点文件"):
        read_note(text)


# --- a log somebody wrote into, and notes that travelled


@pytest.mark.parametrize(
    "how",
    ["type = 'Nonsense'", "payload = '{}'", "payload = replace(payload, 'xmh-', 'x')", "actor = 'x'"],
)
def test_what_says_which_keys_signed_may_be_unreadable_and_all_is_held_all_the_same(
    log: Database, tmp_path: Path, how: str
) -> None:
    taken, note, _ = take_checkpoint(log, tmp_path, NOW)
    unprotect(log)
    raw(log, f"UPDATE events SET {how} WHERE position = {taken.size + 1}")
    raw(log, "UPDATE events SET command_id = 'another' WHERE position = 5")
    assert any(is_signed(*read_note(note), key) for key in known_keys(log, tmp_path))
    assert tokens(log, read_note(note)[0]) == ["log_differs"]
    recorded_checkpoints_differ(log)


@pytest.mark.parametrize("change", [lambda n: n.replace("\n", "\r\n"), lambda n: "\ufeff" + n, lambda n: n + "\n \n"])
def test_a_note_that_went_through_the_post_is_the_one_it_was(
    log: Database, tmp_path: Path, change: Callable[[str], str]
) -> None:
    taken, note, public = take_checkpoint(log, tmp_path, NOW)
    read, signatures = read_note(change(note))
    assert read == taken
    assert is_signed(read, signatures, public)
