"""The keys what Temporal stores is sealed under: `temporal.key` in the home, a key a line, the newest last.

With a key, whatever is sent is sealed; without one it goes as it is. What was sealed under an earlier line still opens,
so a key is changed by adding one. A new home begins with a key, an older one goes on without until it is given one.
"""

import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from domain.base import Refusal, refuse
from eventlog.durable import alone_at, create_durably, write_durably
from sheets.file_errors import file_error_reason, unwritable_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from settings import Settings

KEY_BYTES = 32
MOST_KEYS = 1000


class PayloadKeys:
    """The ring of a home, read again whenever its file has changed: who runs need not be started again."""

    def __init__(self, place: Path) -> None:
        """Read what is there.

        Raises:
            Refusal: `temporal_key_broken`: it cannot be read, or a line is no key.
        """
        self._place = place
        self._known: dict[str, AESGCM] = {}
        self._as_of = _as_of(place)
        if self._as_of is not None:
            self._known = _read(place)

    @property
    def newest(self) -> "tuple[str, AESGCM] | None":
        """What is sealed under now: the id of a key and the key; None when nothing is sealed."""
        self._look()
        return next(reversed(self._known.items()), None)

    def get(self, key_id: str) -> "AESGCM | None":
        """The key of this id; None when the ring has none: one that is not known yet may have come since."""
        if key_id not in self._known:
            self._look()
        return self._known.get(key_id)

    def __repr__(self) -> str:
        return f"PayloadKeys({str(self._place)!r})"

    def _look(self) -> None:
        """A file that has vanished or broken under who runs takes nothing from him: nothing goes unsealed by that."""
        now = _as_of(self._place)
        if now is None or now == self._as_of:
            return
        try:
            self._known = _read(self._place)
        except Refusal:
            return  # half written, perhaps: looked at again
        self._as_of = now


def payload_keys(settings: "Settings") -> PayloadKeys:
    """The ring of these settings.

    Raises:
        Refusal: `temporal_key_broken`; `temporal_key_missing`, the file that is named is not there.
    """
    named = settings.temporal_key_file
    missing = named is not None and not named.exists()
    refuse(missing, f"没有 Temporal 内容密钥文件 {named}，请检查 XMH_TEMPORAL_KEY_FILE", "temporal_key_missing")
    return PayloadKeys(settings.temporal_key_place)


def begin_payload_keys(settings: "Settings") -> None:
    """The first key of a new home, for its owner's eyes alone.

    Where the door's key comes from elsewhere, several machines share a log: each would make a key the others lack.
    """
    shared = settings.temporal_key_file or settings.door_key_file or settings.door_key
    if not shared and settings.home.is_dir():
        create_durably(settings.temporal_key_place, _line())


def add_payload_key(settings: "Settings") -> str:
    """Add a key, which everything is sealed under from now on; its id.

    Raises:
        Refusal: `temporal_key_broken`: what is there is no ring; it stays.
        Refusal: `unwritable`, `disk_full`: what was there still is.
    """
    place = settings.temporal_key_place
    fresh = _line()
    try:
        with alone_at(place):  # a key another adds meanwhile may be sealed under already
            if not create_durably(place, fresh):
                _read(place)
                write_durably(place, place.read_bytes().rstrip() + b"\n" + fresh)
    except OSError as error:
        raise unwritable_file(place, error) from error
    return payload_key_id(bytes.fromhex(fresh.decode()))


def payload_key_id(key: bytes) -> str:
    """The id of a key: it tells one from another and tells nothing of the key."""
    return hashlib.sha256(b"xmh temporal key" + key).hexdigest()[:16]


def _line() -> bytes:
    return f"{secrets.token_hex(KEY_BYTES)}\n".encode()


def _as_of(place: Path) -> tuple[int, int, int] | None:
    """What tells one state of the file from another; None when there is none to be seen."""
    try:
        stat = place.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _read(place: Path) -> "dict[str, AESGCM]":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        lines = place.read_text(encoding="ascii").split()
        keys = [bytes.fromhex(line) for line in lines]
    except OSError as error:
        message = f"Temporal 内容密钥 {place} 读不出来（{file_error_reason(error)}），请检查该文件和权限"
        raise Refusal(message, "temporal_key_broken") from error
    except ValueError:
        keys = []
    sound = 0 < len(keys) <= MOST_KEYS and all(len(key) == KEY_BYTES for key in keys)
    shape = f"应每行一把，各 {KEY_BYTES * 2} 个十六进制数字"
    refuse(not sound, f"Temporal 内容密钥 {place} 不完整：{shape}；请从别处取回，或移走后换新", "temporal_key_broken")
    return {payload_key_id(key): AESGCM(key) for key in keys}
