"""The keys of what Temporal stores: made with a new home, for its owner alone; changed by adding; lost without harm."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload

from domain.base import Refusal
from services.embedded.prepare import prepare_log
from services.payload_codec import SealedPayloads, sealed_under, sealing_converter
from services.payload_keys import add_payload_key, begin_payload_keys, payload_keys
from settings import Settings
from tests.support.office import founded, sqlite

PLAIN = Payload(metadata={"encoding": b"json/plain"}, data='"莲花北小学扩建"'.encode())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


async def test_a_new_log_begins_with_a_key_and_an_older_one_goes_on_without(settings: Settings) -> None:
    prepare_log(settings)
    place = settings.temporal_key_place
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    key = place.read_bytes()
    prepare_log(settings)
    assert place.read_bytes() == key

    older = settings.model_copy(update={"home": settings.home / "older"})
    older.home.mkdir()
    founded(sqlite(older.home)).close()
    prepare_log(older)
    assert not older.temporal_key_place.exists()
    codec = SealedPayloads(payload_keys(older))
    assert await codec.encode([PLAIN]) == [PLAIN]
    # Switched while it runs: what comes from now on is sealed, what was before is read.
    name = add_payload_key(older)
    (sealed,) = await codec.encode([PLAIN])
    assert sealed_under(sealed) == name
    assert await codec.decode([PLAIN, sealed]) == [PLAIN, PLAIN]


def test_machines_that_share_a_log_are_told_their_key(settings: Settings, tmp_path: Path) -> None:
    begin_payload_keys(settings.model_copy(update={"door_key_file": tmp_path / "door"}))
    assert not settings.temporal_key_place.exists()
    with pytest.raises(Refusal, match="XMH_TEMPORAL_KEY_FILE") as missing:
        payload_keys(settings.model_copy(update={"temporal_key_file": tmp_path / "none"}))
    assert missing.value.code == "temporal_key_missing"


async def test_the_newest_key_seals_and_all_open(settings: Settings) -> None:
    first = add_payload_key(settings)
    codec = SealedPayloads(payload_keys(settings))
    before, again = await codec.encode([PLAIN, PLAIN])
    assert before.data != again.data, "a nonce of its own"
    assert PLAIN.data not in before.data
    second = add_payload_key(settings)
    (after,) = await codec.encode([PLAIN])
    assert [sealed_under(before), sealed_under(after)] == [first, second]
    assert await SealedPayloads(payload_keys(settings)).decode([before, after]) == [PLAIN, PLAIN]


def test_of_two_who_add_a_key_at_once_neither_loses_it(settings: Settings) -> None:
    with ThreadPoolExecutor(6) as pool:
        added = set(pool.map(add_payload_key, [settings] * 6))
    ring = payload_keys(settings)
    assert len(added) == len([key for key in added if ring.get(key)]) == 6


async def test_what_no_key_opens_is_handed_on_and_nothing_goes_unsealed_by_a_loss(settings: Settings) -> None:
    add_payload_key(settings)
    running = SealedPayloads(payload_keys(settings))
    (sealed,) = await running.encode([PLAIN])
    settings.temporal_key_place.unlink()
    assert sealed_under((await running.encode([PLAIN]))[0]) == sealed_under(sealed)
    settings.temporal_key_place.write_text("half a line")
    assert await running.decode([sealed]) == [PLAIN]
    settings.temporal_key_place.unlink()
    add_payload_key(settings)
    tampered = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    short = Payload(metadata=sealed.metadata, data=b"1")
    assert await running.decode([tampered, short]) == [tampered, short]
    assert await SealedPayloads(payload_keys(settings)).decode([sealed]) == [sealed]


def test_a_file_that_is_no_ring_is_one_line_and_stays(settings: Settings) -> None:
    place = settings.temporal_key_place
    for content in (b"", b"short\n", b"\xff" * 64, b"ab" * 32 + b"\ncd\n"):
        place.write_bytes(content)
        for use in (payload_keys, add_payload_key):
            with pytest.raises(Refusal) as broken:
                use(settings)
            assert (broken.value.code, "\n" in broken.value.message) == ("temporal_key_broken", False)
        assert place.read_bytes() == content


def test_keys_are_never_printed(settings: Settings) -> None:
    add_payload_key(settings)
    key = settings.temporal_key_place.read_text().strip()
    assert key not in repr(payload_keys(settings)) + repr(sealing_converter(payload_keys(settings)))
