"""SM2 signatures with SM3 (GB/T 32918, the identity of GB/T 35276), verification only: everything here is public.

Whoever signs has an HSM or a signing server; whoever verifies should need no library for it. What is verified is a
handful of checkpoints, a few milliseconds each.
"""

import hashlib
from collections.abc import Iterator

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
BASE = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
IDENTITY = b"1234567812345678"
"""Whose signature it is, where nobody agreed on another name (GB/T 35276, section 10)."""
KEY_LENGTH = 64
"""x and y, without the mark of an uncompressed point."""
_INTEGER, _SEQUENCE, _LONGEST = 0x02, 0x30, 70
_Jacobian = tuple[int, int, int]
"""x / z², y / z³; z = 0 is the point at infinity."""
_NOWHERE: _Jacobian = (1, 1, 0)


def is_sm2_key(key: bytes) -> bool:
    """Whether 64 bytes are a point of the curve."""
    if len(key) != KEY_LENGTH:
        return False
    x, y = int.from_bytes(key[:32]), int.from_bytes(key[32:])
    return x < P and y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def sm2_verify(key: bytes, message: bytes, signature: bytes, identity: bytes = IDENTITY) -> bool:
    """Whether a signature (DER) is the key's (64 bytes) over the message."""
    try:
        r, s = _integers(signature)
    except ValueError:
        return False
    if not is_sm2_key(key) or not (0 < r < N and 0 < s < N) or (r + s) % N == 0:
        return False
    e = int.from_bytes(_sm3(_sm3(_whose(key, identity)) + message))
    public = (int.from_bytes(key[:32]), int.from_bytes(key[32:]), 1)
    x, _, z = _sum(_times(s, (*BASE, 1)), _times((r + s) % N, public))
    return z != 0 and (e + x * pow(z * z, -1, P) % P) % N == r


def _whose(key: bytes, identity: bytes) -> bytes:
    """What stands before the message: the signer's name, the curve, the key."""
    curve = b"".join(n.to_bytes(32) for n in (A, B, *BASE))
    return (8 * len(identity)).to_bytes(2) + identity + curve + key


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def _integers(signature: bytes) -> tuple[int, int]:
    """The two numbers of a signature in DER, written in the one way there is.

    Raises:
        ValueError: it is none.
    """
    inner = len(signature) - 2
    if not 0 <= inner <= _LONGEST or signature[:2] != bytes((_SEQUENCE, inner)):
        raise ValueError("no signature")
    r, s = _parts(signature[2:])
    return r, s


def _parts(data: bytes) -> Iterator[int]:
    while data:
        kind, length, *_ = data
        number = data[2 : 2 + length]
        plain = number[:1] < b"\x80" and (number[:1] > b"\x00" or number[1:2] >= b"\x80")
        if kind != _INTEGER or len(number) != length or not plain:
            raise ValueError("no positive number, or not written in the shortest way")
        yield int.from_bytes(number)
        data = data[2 + length :]


def _doubled(p: _Jacobian) -> _Jacobian:
    x, y, z = p
    square, m = y * y % P, 3 * (x - z * z) * (x + z * z) % P  # a = -3
    s = 4 * x * square % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * square * square) % P, 2 * y * z % P


def _sum(p: _Jacobian, q: _Jacobian) -> _Jacobian:
    if not p[2] or not q[2]:
        return q if not p[2] else p
    z1, z2 = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2, s1, s2 = p[0] * z2 % P, q[0] * z1 % P, p[1] * z2 * q[2] % P, q[1] * z1 * p[2] % P
    if u1 == u2:
        return _doubled(p) if s1 == s2 else _NOWHERE
    h, r = u2 - u1, s2 - s1
    h2 = h * h % P
    x3 = (r * r - h2 * h - 2 * u1 * h2) % P
    return x3, (r * (u1 * h2 - x3) - s1 * h2 * h) % P, h * p[2] * q[2] % P


def _times(n: int, p: _Jacobian) -> _Jacobian:
    total = _NOWHERE
    for bit in bin(n)[2:]:
        total = _doubled(total)
        if bit == "1":
            total = _sum(total, p)
    return total
