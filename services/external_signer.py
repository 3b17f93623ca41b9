"""A key of the office that lies elsewhere signs checkpoints too: a program is given the bytes and answers a signature.

For who has to show SM2 (商用密码): the key stays in an HSM, a signing server or a card, and none of their libraries is
ours. What comes back is verified before it is believed.
"""

import base64
import re
from contextlib import suppress

from domain.base import Refusal, refuse
from domain.checkpoint import LogCheckpoint, Signature
from domain.sm2 import KEY_LENGTH, is_sm2_key, sm2_verify
from domain.witnessing import ExternalSigner
from eventlog.outside_program import OutsideProgramError, TooSlowError, asked_outside
from services.checkpoint_keys import SM2, key_id, public_key_line
from sheets.input_file import read_file

SIGNER_PARTY = "国密签名程序"
MOST_PEM = 16 * 1024
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----")
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
"""What stands before the point in an SM2 public key (RFC 5480 with the curve of GB/T 32918, uncompressed)."""


def sign_outside(
    signer: ExternalSigner, checkpoint: LogCheckpoint, headquarters: str, timeout: float
) -> tuple[Signature, str]:
    """The signature of the key that lies elsewhere, and its public key in one line.

    Raises:
        Refusal: `signer`: the program fails, or answers no signature of that key.
    """
    key, name = _public_key(signer), f"xmh-{headquarters}-sm2"
    body = checkpoint.body().encode()
    try:
        written = asked_outside(signer.command, body, timeout)
    except TooSlowError as error:
        raise Refusal(f"{timeout:g} 秒内没有答复", "signer") from error
    except OutsideProgramError as error:
        raise Refusal("命令没有成功，请检查设置 [witnesses.signer] 的 command", "signer") from error
    for answer in _readings(written):
        if sm2_verify(key, body, answer):
            return Signature(name=name, data=key_id(name, SM2 + key) + answer), public_key_line(name, key, SM2)
    raise Refusal("答复不是所设公钥的签名（SM2、SM3、用户标识 1234567812345678，DER 或其 BASE64）", "signer")


def _readings(answer: bytes) -> list[bytes]:
    readings = [answer]
    with suppress(ValueError):
        readings.append(base64.b64decode(b"".join(answer.split()), validate=True))
    return readings


def _public_key(signer: ExternalSigner) -> bytes:
    """The 64 bytes of the key in its file."""
    match = _PEM.search(read_file(signer.public_key, MOST_PEM).decode("ascii", "replace"))
    key = b""
    with suppress(ValueError):
        der = base64.b64decode("".join(match[1].split()), validate=True) if match else b""
        key = der.removeprefix(_SPKI) if len(der) == len(_SPKI) + KEY_LENGTH else b""
    refuse(not is_sm2_key(key), f"{signer.public_key} 不是 SM2 公钥（PEM）", "signer")
    return key
