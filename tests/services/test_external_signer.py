"""A key that lies elsewhere signs each checkpoint by SM2: OpenSSL is the signing server here, and the stranger."""

import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.checkpoint import read_note
from domain.operations import CheckpointWitnessed
from domain.witnessing import ExternalSigner, WitnessPlaces
from eventlog import reading
from eventlog.database import Database
from eventlog.verify import verify
from services.checkpoint_keys import is_public_key, is_signed, signing_key
from services.checkpoints import recorded_checkpoints_differ
from services.checkpoints_left import LeftCheckpoint, ask_again, leave_checkpoint
from services.doctor.log import checkpoint_trouble
from settings import Settings
from tests.domain.test_sm2 import SIGN, has_sm2, openssl
from tests.eventlog.sample import Asker, raw
from tests.eventlog.test_verify import unprotect
from tests.support.clock import open_log

NOW = datetime(2022, 3, 7, 2, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not has_sm2(), reason="no openssl with SM2 on this machine: it plays the signer")


@pytest.fixture
def log(new_sqlite: str) -> Iterator[Database]:
    with open_log(new_sqlite) as database:
        Asker(database).begin("a", notes=9)
        yield database


@pytest.fixture
def hsm(tmp_path: Path) -> Path:
    """A folder with a key nobody else has."""
    folder = tmp_path / "hsm"
    folder.mkdir()
    openssl(folder, "ecparam", "-name", "SM2", "-genkey", "-noout", "-out", "key.pem")
    openssl(folder, "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
    return folder


def by(*words: str | Path) -> str:
    return shlex.join(map(str, words))


def signing(hsm: Path) -> str:
    return by("openssl", *SIGN, hsm / "key.pem")


def left(log: Database, home: Path, hsm: Path, command: str, *, timeout: float = 10.0) -> LeftCheckpoint:
    done = leave_checkpoint(settings_of(home, hsm, command, timeout), log, NOW)
    assert done is not None
    return done


def settings_of(home: Path, hsm: Path, command: str, timeout: float = 10.0) -> Settings:
    signer = ExternalSigner(command=command, public_key=hsm / "public.pem")
    return Settings(home=home, witnesses=WitnessPlaces(signer=signer, timeout=timeout))


def test_a_checkpoint_is_signed_by_both_keys_and_a_stranger_verifies_it(
    log: Database, hsm: Path, tmp_path: Path
) -> None:
    done = left(log, tmp_path, hsm, signing(hsm))
    [key] = done.signers
    assert done.troubles == ()
    checkpoint, signatures = read_note(done.note)
    assert [one.name for one in signatures] == ["xmh-XMH", "xmh-XMH-sm2"]
    assert is_signed(checkpoint, signatures, key)
    assert is_signed(checkpoint, signatures, signing_key(tmp_path, "XMH").public)
    assert not is_public_key(key), "a bundle's verifier knows Ed25519 only"
    other = checkpoint.model_copy(update={"size": checkpoint.size + 1})
    assert not is_signed(other, signatures, key)
    (hsm / "body").write_bytes(checkpoint.body().encode())
    (hsm / "signature").write_bytes(signatures[1].data[4:])
    told = openssl(hsm, *SIGN[:-1], "-verify", "public.pem", "-signature", "signature", "body")
    assert b"Verified OK" in told
    assert recorded_checkpoints_differ(log) == []
    assert verify(log).ok


def test_a_signature_somebody_wrote_in_is_named(log: Database, hsm: Path, tmp_path: Path) -> None:
    left(log, tmp_path, hsm, signing(hsm))
    [event] = [e for e in reading.read_all(log) if e.type == CheckpointWitnessed.__name__]
    line = CheckpointWitnessed.model_validate_json(event.payload).note.splitlines()[-1]
    changed = f"{line[:60]}{'A' if line[60] != 'A' else 'B'}{line[61:]}"
    unprotect(log)
    raw(log, f"UPDATE events SET payload = replace(payload, '{line}', '{changed}') WHERE type = 'CheckpointWitnessed'")
    [finding] = recorded_checkpoints_differ(log)
    assert "没有 xmh-XMH-sm2 的有效签名" in finding.message


def test_base64_of_the_signature_is_one_too(log: Database, hsm: Path, tmp_path: Path) -> None:
    armored = by("sh", "-c", f"{signing(hsm)} | base64")
    assert left(log, tmp_path, hsm, armored).troubles == ()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (by("true"), "不是所设公钥的签名"),
        (by("echo", "no signature"), "不是所设公钥的签名"),
        (by("false"), "命令没有成功"),
        (by("/no/such/program"), "命令没有成功"),
        ("'", "命令没有成功"),
        (by(sys.executable, "-c", "import time; time.sleep(9)"), "0.5 秒内没有答复"),
    ],
)
def test_a_signer_that_fails_keeps_nobody_from_the_checkpoint(
    log: Database, hsm: Path, tmp_path: Path, command: str, why: str
) -> None:
    done = left(log, tmp_path, hsm, command, timeout=0.5)
    [trouble] = done.troubles
    assert (done.signers, trouble.startswith("国密签名程序：")) == ((), True)
    assert why in trouble
    [own] = read_note(done.note)[1]
    assert own.name == "xmh-XMH"


def test_a_signer_without_a_program_is_refused_with_the_settings(hsm: Path) -> None:
    """It ended the round with an IndexError, and nobody else got the checkpoint either."""
    with pytest.raises(ValueError, match="应写明签名程序"):
        ExternalSigner(command=" ", public_key=hsm / "public.pem")


def test_a_foreign_key_is_not_believed_and_the_right_one_signs_later(log: Database, hsm: Path, tmp_path: Path) -> None:
    openssl(hsm, "ecparam", "-name", "SM2", "-genkey", "-noout", "-out", "other.pem")
    assert "不是所设公钥的签名" in left(log, tmp_path, hsm, by("openssl", *SIGN, hsm / "other.pem")).troubles[0]
    [found] = checkpoint_trouble(settings_of(tmp_path, hsm, signing(hsm)), NOW + timedelta(days=1))
    assert "没有交到 国密签名程序：" in found.message
    again = ask_again(settings_of(tmp_path, hsm, signing(hsm)), log, NOW + timedelta(minutes=1))
    assert again is not None
    assert (len(again.signers), again.troubles) == (1, ())
    (hsm / "public.pem").write_text((hsm / "key.pem").read_text())
    Asker(log).open("b")
    assert "不是 SM2 公钥" in left(log, tmp_path, hsm, signing(hsm)).troubles[0]
