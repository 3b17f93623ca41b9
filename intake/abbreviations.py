"""Abbreviated names of units: 区发改局 is 区发展和改革局, when no other unit of the directory could be meant.

The rule works both ways, for an abbreviated directory and a full name in a document alike: an abbreviation keeps the
level it begins with and the kind it ends with, and its characters stand in the full name in the same order.
"""

import re
from collections.abc import Iterable, Iterator

from domain.office import Unit

_KINDS = (
    ("街道办事处", "街道"),
    ("委员会", "委"),
    ("办公室", "办"),
    ("办事处", "办"),
    ("有限责任公司", "公司"),
    ("股份有限公司", "公司"),
    ("有限公司", "公司"),
)
_LEAST = 3
_LEVELS = "省市区县州旗镇乡"
_PLACE = re.compile(rf"^[一-鿿]{{2,3}}(?=[{_LEVELS}][一-鿿]{{2}})")


def abbreviates(short: str, full: str) -> bool:
    """Whether `short` may stand for `full`: 区住建局 for 区住房和建设局, not 区住建局 for 市住房和建设局."""
    short, full = _plain(short), _plain(full)
    if len(short) < _LEAST or len(short) >= len(full) or short[0] != full[0] or short[-1] != full[-1]:
        return False
    letters = iter(full)
    return all(letter in letters for letter in short)


def _plain(name: str) -> str:
    """The name with its kind in the short form."""
    for full, short in _KINDS:
        if name.endswith(full):
            return name.removesuffix(full) + short
    return name


def candidates(written: str, units: Iterable[tuple[str, Unit]]) -> Iterator[Unit]:
    """The units whose name (or an alias) and the written name abbreviate one another.

    A place before the level (福田区发改局) is part of the name: 罗湖区发改局 is no 区发展和改革局 of ours.
    """
    without_place = _PLACE.sub("", written)
    for name, unit in units:
        if _PLACE.match(name) or without_place == written:
            fits = abbreviates(written, name) or abbreviates(name, written) or _plain(name) == _plain(written)
        else:
            fits = False
        if fits:
            yield unit
