"""A fingerprint of the log, short enough to be printed: how many events it had, and the beginning of their root.

It stands in the 版记 of a 简报: whoever keeps the paper can have the log held against it years later. Twenty figures of
the root are 80 bits: whoever rewrites the log and wants this fingerprint again must try as many times as nobody can.
"""

import re
import unicodedata

from domain.base import Frozen, Refusal
from domain.bounds import seen

FIGURES = 20
_GROUP = 4
_SHAPE = re.compile(rf"([1-9]\d{{0,11}}) ([0-9A-F]{{{FIGURES}}})")
_LABEL = re.compile(r"\s*日志指纹\s*:?")
_BETWEEN = re.compile(r"[\s\-‐-―−]+")


class Fingerprint(Frozen):
    """What was printed."""

    size: int
    """Events of the log."""
    root: str
    """The first twenty hexadecimal figures of the root of the tree over them (RFC 6962), in capitals."""

    def __str__(self) -> str:
        """5193-3F2A-9C41-77D0-B2E8-1C3D."""
        groups = (self.root[i : i + _GROUP] for i in range(0, FIGURES, _GROUP))
        return "-".join((str(self.size), *groups))

    def fits(self, root: bytes) -> bool:
        """Whether a log of that size with this root is the one that was meant."""
        return root.hex().upper().startswith(self.root)


def fingerprint_of(size: int, root: bytes) -> Fingerprint:
    """The fingerprint of a log of that size."""
    return Fingerprint(size=size, root=root.hex().upper()[:FIGURES])


def read_fingerprint(text: str) -> Fingerprint:
    """What somebody read off a paper: in letters of either width, the groups parted by whatever stroke or space.

    Raises:
        Refusal: `malformed`.
    """
    narrow = _LABEL.sub("", unicodedata.normalize("NFKC", text), count=1)
    size, _, root = _BETWEEN.sub(" ", narrow.strip().upper()).partition(" ")
    shape = _SHAPE.fullmatch(f"{size} {root.replace(' ', '')}")
    if shape is None:
        line = f"“{seen(text)[:60]}”不是日志指纹，请照版记抄写，如 5193-3F2A-9C41-77D0-B2E8-1C3D"
        raise Refusal(line, "malformed")
    return Fingerprint(size=int(shape[1]), root=shape[2])
