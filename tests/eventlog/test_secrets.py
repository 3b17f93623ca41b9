"""What may have to be forgotten is ciphertext everywhere; a destroyed key forgets it for good."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.base import Refusal
from domain.facts import is_sealed
from eventlog import reading
from eventlog.database import Database
from eventlog.secrets import destroy, ensure_key, key, seal, unseal
from eventlog.verify import verify
from tests.eventlog.sample import Asker, SampleNoted, everything

WORDS = "请抓紧办理，此件不外传"
STREAM = "sample/a"


def test_a_sealed_text_opens_again(database: Database) -> None:
    sealed = seal(database, STREAM, WORDS)
    assert is_sealed(sealed)
    assert WORDS not in sealed
    assert unseal(database, STREAM, sealed) == WORDS


def test_a_command_repeated_carries_the_same_ciphertext_and_no_two_texts_share_a_nonce(database: Database) -> None:
    """Else the second sending of one command would be taken for other content under a used id."""
    sealed = [seal(database, STREAM, f"{WORDS}{n}") for n in range(50)]
    assert sealed == [seal(database, STREAM, f"{WORDS}{n}") for n in range(50)]
    nonces = {text.rpartition(":")[2][:16] for text in sealed}
    assert len(nonces) == 50
    assert seal(database, "sample/b", f"{WORDS}0") not in sealed


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
    assert key(database, found[0][0]) == found[0][1]
    assert len(found[0][1]) == 32
    assert ensure_key(database, "sample/b") != found[0]


@pytest.mark.parametrize(
    "break_it",
    [
        lambda s: s[:-8] + ("AAAA" if s[-8:-4] != "AAAA" else "BBBB") + s[-4:],
        lambda s: s[:-12],
        lambda s: s[:-4] + "督督督督",
        lambda s: s.removeprefix("sealed:v1:"),
        lambda s: "sealed:v1:" + s.rpartition(":")[2],
        lambda s: s + "====",
    ],
    ids=["altered", "cut", "not base64", "no mark", "no key", "padded"],
)
def test_an_altered_ciphertext_is_refused(on_sqlite: Database, break_it: Callable[[str], str]) -> None:
    sealed = seal(on_sqlite, STREAM, WORDS)
    with pytest.raises(Refusal, match="密") as refused:
        unseal(on_sqlite, STREAM, break_it(sealed))
    assert refused.value.code == "seal_broken"


def test_a_ciphertext_moved_to_another_matter_does_not_open(database: Database) -> None:
    sealed = seal(database, STREAM, WORDS)
    with pytest.raises(Refusal):
        unseal(database, "sample/b", sealed)


def test_destroying_the_key_forgets_the_words_and_leaves_the_chain_whole(database: Database) -> None:
    asker = Asker(database)
    asker.open()
    sealed = seal(database, STREAM, WORDS)
    asker.write(STREAM, SampleNoted(text=sealed))
    before = everything(database)
    other = seal(database, "sample/b", WORDS)
    assert destroy(database, STREAM) == 1
    assert unseal(database, STREAM, sealed) is None
    assert unseal(database, "sample/b", other) == WORDS
    assert everything(database) == before
    assert verify(database).ok
    assert destroy(database, STREAM) == 0
    with database.reading() as transaction:
        rows = transaction.all("SELECT key, destroyed_at FROM secret_keys WHERE stream = ?", (STREAM,))
    assert rows[0][0] is None
    assert rows[0][1] > 0
    again = seal(database, STREAM, WORDS)  # a reopened matter gets a key of its own
    assert unseal(database, STREAM, again) == WORDS
    assert unseal(database, STREAM, sealed) is None


def test_neither_the_words_nor_a_destroyed_key_are_left_in_any_file(on_sqlite: Database) -> None:
    asker = Asker(on_sqlite)
    asker.open()
    _, secret = ensure_key(on_sqlite, STREAM)
    asker.write(STREAM, SampleNoted(text=seal(on_sqlite, STREAM, WORDS)))
    folder = Path(on_sqlite.url.removeprefix("sqlite:///")).parent

    def on_disk(data: bytes) -> bool:
        return any(data in file.read_bytes() for file in folder.iterdir() if file.is_file())

    assert on_disk(secret)
    assert not on_disk(WORDS.encode())
    destroy(on_sqlite, STREAM)
    assert not on_disk(secret)
    assert len(reading.read_all(on_sqlite)) == 2
