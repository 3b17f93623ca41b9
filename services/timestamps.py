"""Time stamps of a third party (RFC 3161): that a checkpoint was there at a moment, said by who has no part in it."""

import hashlib
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.tsp import PKIStatus

from domain.base import Refusal, refuse
from domain.witnessing import WitnessPlaces
from services.asked_elsewhere import post_elsewhere
from sheets.input_file import read_file

QUERY = "application/timestamp-query"
MOST_ROOTS = 256 * 1024
_STRANGE = "时间戳的证书不在所信的根证书之下"
_GRANTED = (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS)


class BelievedStamp(NamedTuple):
    """A stamp as it was answered, and the root certificates it was believed by, as PEM: None where none are set."""

    token: bytes
    roots: str | None


def ask_timestamp(places: WitnessPlaces, body: bytes) -> BelievedStamp:
    """The stamp of the server of the settings on these bytes, looked at first.

    Raises:
        Refusal: `witness`: it gives none, or one that is not for these bytes, or not its own.
        Unreachable: it does not answer.
    """
    assert places.timestamps is not None  # noqa: S101  (only then it is asked)
    asked = TimestampRequestBuilder().data(body).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    request = asked.build()
    answer = post_elsewhere(places.timestamps, request.as_bytes(), QUERY, places.timeout)
    stamp = _decoded(answer.body)
    refuse(stamp.status not in _GRANTED, f"时间戳服务器没有给时间戳（{stamp.status}）", "witness")
    refuse(stamp.tst_info.nonce != request.nonce, "时间戳不是对这次请求的答复", "witness")
    if places.timestamp_roots is None:
        check_timestamp(answer.body, body, None)
        return BelievedStamp(answer.body, None)
    return BelievedStamp(answer.body, _believed_by(answer.body, body, read_file(places.timestamp_roots, MOST_ROOTS)))


def _believed_by(token: bytes, body: bytes, pem: bytes) -> str:
    """Of the roots somebody trusts, the one a stamp hangs from: small enough to be kept with it.

    Raises:
        Refusal: `witness`: it hangs from none.
    """
    with suppress(ValueError):
        for root in x509.load_pem_x509_certificates(pem):
            one = root.public_bytes(Encoding.PEM).decode()
            with suppress(Refusal):
                check_timestamp(token, body, one)
                return one
    raise Refusal(f"{_STRANGE}，请核对 timestamp_roots", "witness")


def check_timestamp(token: bytes, body: bytes, roots: str | None) -> datetime:
    """When these bytes were stamped. Whose stamp it is, is looked at only by roots that are given (PEM).

    The certificates have to have been valid at the moment of the stamp, not now: stamps outlive them.

    Raises:
        Refusal: `witness`: it is no stamp on these bytes, or none by a certificate under the roots.
    """
    stamp = _decoded(token)
    refuse(stamp.status not in _GRANTED, "时间戳里没有时间", "witness")
    imprint = stamp.tst_info.message_imprint.message
    refuse(imprint != hashlib.sha256(body).digest(), "时间戳不是这个检查点的", "witness")
    if roots is not None:
        try:
            verifier = VerifierBuilder(roots=x509.load_pem_x509_certificates(roots.encode())).build()
            verifier.verify_message(stamp, body)
        except (VerificationError, ValueError) as error:
            raise Refusal(_STRANGE, "witness") from error
    return stamp.tst_info.gen_time


def _decoded(token: bytes) -> TimeStampResponse:
    try:
        stamp = decode_timestamp_response(token)
        if stamp.status in _GRANTED:
            _ = stamp.tst_info  # granted, it may still hold none
    except ValueError as error:
        raise Refusal("时间戳服务器的答复不是时间戳，请核对地址", "witness") from error
    return stamp
