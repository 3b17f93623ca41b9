"""What may have to be forgotten is ciphertext everywhere; a destroyed key forgets it for good."""

import base64
import sqlite3
import stat
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.base import Refusal
from domain.facts import SEALED, is_sealed
from domain.log import Refused
from eventlog import reading
from eventlog.database import Database, SealCipher
from eventlog.masterkey import MasterKey
from eventlog.secrets import (
    KeysStanding,
    Unreadable,
    destroy_keys,
    ensure_key,
    key_protection,
    readable_text,
    scrub_destroyed_keys,
    seal_text,
    unseal_text,
    wrap_keys,
)
from eventlog.verify import Token, verify
from tests.eventlog.sample import Asker, SampleNoted, everything
from tests.support.clock import open_log
from tests.support.hands import let_in

WORDS = "请抓紧办理，此件不外传"
STREAM = "sample/a"


def test_a_sealed_text_opens_again(database: Database) -> None:
    sealed = seal_text(database, STREAM, WORDS)
    assert is_sealed(sealed)
    assert WORDS not in sealed
    assert unseal_text(database, STREAM, sealed) == WORDS


def test_of_two_machines_that_make_the_first_key_at_once_one_is_refused(database: Database, tmp_path: Path) -> None:
    """Each would have made a master key of its own, and neither could read what the other sealed."""
    one, other = (Database(database.url, master_key=MasterKey(file=tmp_path / name)) for name in ("one", "other"))
    with let_in(one, 2, partial(ensure_key, other, STREAM)), pytest.raises(Refusal, match="主密钥"):
        ensure_key(one, "sample/b")
    assert key_protection(other) == KeysStanding(unwrapped=0, locked=0)
    one.close()
    other.close()


def test_keys_kept_plain_are_not_wrapped_under_a_second_master_key(database: Database, tmp_path: Path) -> None:
    """An earlier build left one; while this machine makes a master key for it, another makes the first key of all."""
    one, other = (Database(database.url, master_key=MasterKey(file=tmp_path / name)) for name in ("one", "other"))
    insert = "INSERT INTO secret_keys (key_id, stream, key, created_at, wrapped_by) VALUES (?, ?, ?, ?, ?)"
    with database.writing() as transaction:
        transaction.commit([(insert, [("0" * 16, STREAM, b"k" * 32, 0, None)])])
    with let_in(one, 2, partial(ensure_key, other, "sample/b")), pytest.raises(Refusal, match="主密钥"):
        wrap_keys(one)
    assert wrap_keys(other) == 1
    assert key_protection(other) == KeysStanding(unwrapped=0, locked=0)
    one.close()
    other.close()


@pytest.mark.parametrize("cipher", ["aes-gcm-siv", "sm4-gcm"])
def test_a_command_repeated_carries_the_same_ciphertext_and_no_two_texts_the_same(
    on_sqlite: Database, cipher: SealCipher
) -> None:
    """Else the second sending of one command would be taken for other content under a used id."""
    on_sqlite.seal_with = cipher
    sealed = [seal_text(on_sqlite, STREAM, f"{WORDS}{n}") for n in range(50)]
    assert sealed == [seal_text(on_sqlite, STREAM, f"{WORDS}{n}") for n in range(50)]
    assert len({text.rpartition(":")[2][:16] for text in sealed}) == 50
    assert seal_text(on_sqlite, "sample/b", f"{WORDS}0") not in sealed
    assert {unseal_text(on_sqlite, STREAM, text) for text in sealed} == {f"{WORDS}{n}" for n in range(50)}


def test_every_form_of_seal_opens_whatever_the_cipher_is_now(on_sqlite: Database) -> None:
    on_sqlite.seal_with = "sm4-gcm"
    sm4 = seal_text(on_sqlite, STREAM, WORDS)
    on_sqlite.seal_with = "aes-gcm-siv"
    siv = seal_text(on_sqlite, STREAM, WORDS)
    key_id, key = ensure_key(on_sqlite, STREAM)
    nonce = b"n" * 12
    body = nonce + AESGCM(key).encrypt(nonce, WORDS.encode(), STREAM.encode())
    earlier = f"sealed:v1:{key_id}:{base64.urlsafe_b64encode(body).decode()}"
    assert [unseal_text(on_sqlite, STREAM, text) for text in (sm4, siv, earlier)] == [WORDS] * 3
    assert all(map(is_sealed, (sm4, siv, earlier)))


def test_a_stream_has_one_key_also_when_many_ask_first(log_url: str, open_database: Callable[[str], Database]) -> None:
    found: list[tuple[str, bytes]] = []
    databases = [open_database(log_url) for _ in range(6)]
    threads = [threading.Thread(target=lambda db: found.append(ensure_key(db, STREAM)), args=(db,)) for db in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    database = open_database(log_url)
    assert len(found[0][1]) == 32
    assert ensure_key(database, "sample/b") != found[0]


@pytest.mark.parametrize(
    "break_it",
    [
        lambda s: s[:-8] + ("AAAA" if s[-8:-4] != "AAAA" else "BBBB") + s[-4:],
        lambda s: s[:-12],
        lambda s: s[:-4] + "督督督督",
        lambda s: s.removeprefix(SEALED),
        lambda s: SEALED + s.rpartition(":")[2],
        lambda s: s + "====",
    ],
    ids=["altered", "cut", "not base64", "no mark", "no key", "padded"],
)
def test_an_altered_ciphertext_is_shown_as_such_and_is_no_error(
    on_sqlite: Database, break_it: Callable[[str], str]
) -> None:
    sealed = seal_text(on_sqlite, STREAM, WORDS)
    assert unseal_text(on_sqlite, STREAM, break_it(sealed)) is Unreadable.BROKEN
    assert readable_text(on_sqlite, STREAM, break_it(sealed)) == "【加密内容已损坏，无法查看】"


def test_a_ciphertext_moved_to_another_matter_does_not_open(database: Database) -> None:
    sealed = seal_text(database, STREAM, WORDS)
    assert isinstance(unseal_text(database, "sample/b", sealed), Unreadable)


def test_destroying_the_key_forgets_the_words_and_leaves_the_chain_whole(database: Database) -> None:
    asker = Asker(database)
    asker.open()
    sealed = seal_text(database, STREAM, WORDS)
    asker.write(STREAM, SampleNoted(text=sealed))
    before = everything(database)
    other = seal_text(database, "sample/b", WORDS)
    assert destroy_keys(database, STREAM) == 1
    assert unseal_text(database, STREAM, sealed) is Unreadable.DESTROYED
    assert unseal_text(database, "sample/b", other) == WORDS
    assert everything(database) == before
    assert {p.token for p in verify(database).problems} == {Token.KEY_DIFFERS}, "nobody decided it"
    assert destroy_keys(database, STREAM) == 0
    with database.reading() as transaction:
        rows = transaction.all("SELECT key, destroyed_at FROM secret_keys WHERE stream = ?", (STREAM,))
    assert rows[0][0] is None
    assert rows[0][1] > 0
    again = seal_text(database, STREAM, WORDS)  # a reopened matter gets a key of its own
    assert unseal_text(database, STREAM, again) == WORDS
    assert unseal_text(database, STREAM, sealed) is Unreadable.DESTROYED


def test_neither_the_words_nor_a_destroyed_key_are_left_in_any_file(on_sqlite: Database) -> None:
    asker = Asker(on_sqlite)
    asker.open()
    _, plain = ensure_key(on_sqlite, STREAM)
    asker.write(STREAM, SampleNoted(text=seal_text(on_sqlite, STREAM, WORDS)))
    wrapped = _stored(on_sqlite)
    assert not on_disk(on_sqlite, plain)
    assert on_disk(on_sqlite, wrapped)
    assert not on_disk(on_sqlite, WORDS.encode())
    destroy_keys(on_sqlite, STREAM)
    assert scrub_destroyed_keys(on_sqlite) is None
    assert not on_disk(on_sqlite, wrapped)
    assert len(reading.read_all(on_sqlite)) == 2


def test_a_key_of_an_earlier_build_is_in_no_file_once_it_is_wrapped(on_sqlite: Database) -> None:
    plain = bytes(range(32))
    insert = "INSERT INTO secret_keys (key_id, stream, key, created_at, wrapped_by) VALUES (?, ?, ?, ?, ?)"
    with on_sqlite.writing() as transaction:
        transaction.commit([(insert, [("0" * 16, STREAM, plain, 0, None)])])
    assert on_disk(on_sqlite, plain)
    assert wrap_keys(on_sqlite) == 1
    assert not on_disk(on_sqlite, plain)
    assert ensure_key(on_sqlite, STREAM) == ("0" * 16, plain)


def test_a_reader_who_stays_keeps_the_bytes_and_that_is_said(
    on_sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventlog.sqlite.SCRUB_SECONDS", 0.5)
    ensure_key(on_sqlite, STREAM)
    wrapped = _stored(on_sqlite)
    with on_sqlite.reading(snapshot=True) as reader:
        assert reader.one("SELECT count(*) FROM secret_keys") == (1,)
        destroy_keys(on_sqlite, STREAM)
        left = scrub_destroyed_keys(on_sqlite)
        assert left is not None
        assert "正在读日志" in left
        assert on_disk(on_sqlite, wrapped)
    assert scrub_destroyed_keys(on_sqlite) is None
    assert not on_disk(on_sqlite, wrapped)


def test_a_copy_of_the_database_alone_opens_nothing(on_sqlite: Database, tmp_path: Path) -> None:
    sealed = seal_text(on_sqlite, STREAM, WORDS)
    path = Path(on_sqlite.url.removeprefix("sqlite:///"))
    assert stat.S_IMODE((path.parent / "master.key").stat().st_mode) == 0o600
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with sqlite3.connect(path) as source, sqlite3.connect(elsewhere / "events.db") as target:
        source.backup(target)
    with open_log(f"sqlite:///{elsewhere / 'events.db'}") as copy:
        assert unseal_text(copy, STREAM, sealed) is Unreadable.LOCKED
        assert key_protection(copy).locked == 1
        with pytest.raises(Refusal, match="主密钥"):
            seal_text(copy, STREAM, WORDS)
        with pytest.raises(Refusal, match="主密钥"):  # nor is a second master key made beside the lost one
            seal_text(copy, "sample/b", WORDS)
        assert not (elsewhere / "master.key").exists()
        (elsewhere / "master.key").write_bytes((path.parent / "master.key").read_bytes())
        assert unseal_text(copy, STREAM, sealed) == WORDS


def test_a_key_moved_to_another_row_opens_nothing(on_sqlite: Database) -> None:
    sealed = seal_text(on_sqlite, STREAM, WORDS)
    ensure_key(on_sqlite, "sample/b")
    with sqlite3.connect(on_sqlite.url.removeprefix("sqlite:///")) as raw:
        raw.execute("UPDATE secret_keys SET key = (SELECT key FROM secret_keys WHERE stream = 'sample/b')")
    assert unseal_text(on_sqlite, STREAM, sealed) is Unreadable.LOCKED


@pytest.mark.parametrize("where", ["command", "text", "file"])
def test_the_master_key_comes_from_a_command_the_environment_or_a_file(tmp_path: Path, where: str) -> None:
    file = tmp_path / "key"
    file.write_text("0f" * 32 + "\n")
    sources = {
        "command": MasterKey(command=f"cat {file}", text="garbage"),
        "text": MasterKey(text="0f" * 32, file=tmp_path / "none"),
        "file": MasterKey(file=file),
    }
    assert sources[where].load() == bytes.fromhex("0f" * 32)


@pytest.mark.parametrize(
    "source",
    [MasterKey(command="false"), MasterKey(command="echo 12"), MasterKey(text="no key"), MasterKey(command="'")],
)
def test_what_is_no_master_key_is_said_in_one_line(source: MasterKey) -> None:
    with pytest.raises(Refusal, match="主密钥") as refused:
        source.load()
    assert refused.value.code == "master_key"
    with pytest.raises(Refusal, match="没有设主密钥"):
        MasterKey().make()


@pytest.mark.parametrize(
    "text",
    ["sealed:v1:督办", "sealed:v2:" + "0" * 16 + ":" + "A" * 24, "sealed:sm4:"],
    ids=["of another kind", "under no key", "empty"],
)
def test_what_only_looks_sealed_does_not_enter_the_log(database: Database, text: str) -> None:
    """A report that began so could never be shown again."""
    asker = Asker(database)
    asker.open()
    ensure_key(database, STREAM)
    said = asker.ask(asker.request(STREAM, SampleNoted(text=text)))
    assert isinstance(said, Refused)
    assert said.code == "malformed"
    foreign = seal_text(database, "sample/b", WORDS)
    assert isinstance(asker.ask(asker.request(STREAM, SampleNoted(text=foreign))), Refused)
    asker.write(STREAM, SampleNoted(text=seal_text(database, STREAM, WORDS)))


def on_disk(log: Database, data: bytes) -> bool:
    folder = Path(log.url.removeprefix("sqlite:///")).parent
    files = [f for f in folder.iterdir() if f.is_file() and f.name != "master.key"]
    return any(data in file.read_bytes() for file in files)


def _stored(log: Database) -> bytes:
    with log.reading() as transaction:
        row = transaction.one("SELECT key FROM secret_keys WHERE stream = ?", (STREAM,))
    assert row is not None
    return bytes(row[0])
