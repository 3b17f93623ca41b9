"""SM2 verification agrees with the example of the standard and with OpenSSL."""

import subprocess
from pathlib import Path
from shutil import which

import pytest

from domain.sm2 import BASE, KEY_LENGTH, N, P, is_sm2_key, sm2_verify

KEY = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
MESSAGE = b"message digest"


def der(*numbers: int) -> bytes:
    parts = [n.to_bytes((n.bit_length() + 8) // 8 or 1) for n in numbers]
    body = b"".join(bytes((2, len(part))) + part for part in parts)
    return bytes((0x30, len(body))) + body


def test_the_example_of_the_standard_verifies_and_nothing_else() -> None:
    """GB/T 32918.5, appendix A.2, on the curve it recommends."""
    assert sm2_verify(KEY, MESSAGE, der(R, S))
    assert not sm2_verify(KEY, MESSAGE + b".", der(R, S))
    assert not sm2_verify(KEY, MESSAGE, der(R, S), b"ALICE123@YAHOO.COM")
    assert not sm2_verify(KEY[32:] + KEY[:32], MESSAGE, der(R, S))
    for numbers in ((R + 1, S), (R, S + 1), (S, R), (0, S), (R, 0), (R, N - R), (R + N, S), (R,), (R, S, 1), ()):
        assert not sm2_verify(KEY, MESSAGE, der(*numbers)), numbers


def test_a_signature_is_written_in_one_way() -> None:
    good = der(R, S)
    r, s = R.to_bytes(32), S.to_bytes(32)
    negative = bytes((0x30, 68, 2, 32)) + r + bytes((2, 32)) + s  # without the nought before a first bit that is set
    longer = bytes((0x30, 71, 2, 34, 0, 0)) + r + bytes((2, 33, 0)) + s
    for odd in (good + b"\0", good[:-1], b"", b"\x30", b"\x30\x00", negative, longer, b"\x31" + good[1:], r + s):
        assert not sm2_verify(KEY, MESSAGE, odd)
    for at in range(len(good)):
        changed = bytearray(good)
        changed[at] ^= 1
        assert not sm2_verify(KEY, MESSAGE, bytes(changed)), at


def test_what_is_no_point_is_no_key() -> None:
    base = b"".join(n.to_bytes(32) for n in BASE)
    assert is_sm2_key(base)
    for key in (b"", base[:-1], bytes(KEY_LENGTH), base[:-1] + b"\1", P.to_bytes(32) + base[32:]):
        assert not is_sm2_key(key)
        assert not sm2_verify(key, MESSAGE, der(R, S))


def test_openssl_signs_what_verifies_here(tmp_path: Path) -> None:
    if not has_sm2():
        pytest.skip("no openssl with SM2 on this machine: it plays the signer")
    openssl(tmp_path, "ecparam", "-name", "SM2", "-genkey", "-noout", "-out", "key.pem")
    key = openssl(tmp_path, "pkey", "-in", "key.pem", "-pubout", "-outform", "DER")[-KEY_LENGTH:]
    for length in (0, 1, 55, 64, 1000):  # around the blocks of SM3
        message = bytes(length)
        signature = openssl(tmp_path, *SIGN, "key.pem", data=message)
        assert sm2_verify(key, message, signature)
        assert not sm2_verify(key, message + b"\0", signature)


SIGN = ("dgst", "-sm3", "-sigopt", "distid:1234567812345678", "-sign")


def openssl(folder: Path, *arguments: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, input=data, check=True, capture_output=True).stdout


def has_sm2() -> bool:
    if which("openssl") is None:
        return False
    curves = subprocess.run(["openssl", "ecparam", "-list_curves"], check=False, capture_output=True).stdout
    return b"SM2" in curves
