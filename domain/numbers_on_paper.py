"""What is printed on a paper, read back as the number of a series of a headquarters."""

import re
import unicodedata

from domain.base import Refusal
from domain.bulletin import Publication
from domain.headquarters import document_mark
from domain.meetings.events import CODE as MEETING
from domain.papers import MARK, spelled
from domain.transfer import Direction

_DASHED = {
    "{code}": "matter",
    MEETING: "meeting",
    **{publication.label: f"bulletin/{publication.value}" for publication in Publication},
}
_BRACKETED = {
    "催": "urge",
    "授权": "delegation",
    "收": "incoming",
    "督查": "onsite",
    "{mark}纪": "minutes",
    "{mark}办督": f"paper/{MARK}督",
    "{mark}办函": f"paper/{MARK}函",
    "{code}收": "transfer-in",
    **{f"{{code}}{way.label}": f"transfer-{way.value}" for way in Direction},
}
"""What stands before the year, and what the series of that year is called."""
_NUMBER = re.compile(r"(.+)(?:-(20\d\d)-|〔(20\d\d)〕)([1-9]\d{0,5})(号?)", re.ASCII)


def number_on_paper(words: str, headquarters: str) -> tuple[str, int]:
    """Series and number of what is printed on a paper of a headquarters: XMH-2026-057, 催〔2026〕12号, 简报-2026-07.

    Raises:
        Refusal: `malformed`, no series of that headquarters gives such a number.
    """
    plain = re.sub(r"([-〕])0+(?=\d)", r"\1", spelled(unicodedata.normalize("NFC", words)))
    match = _NUMBER.fullmatch(plain)
    if match is not None:
        known = _BRACKETED if match[3] else _DASHED
        named = {n.format(code=headquarters, mark=document_mark(headquarters)): s for n, s in known.items()}
        if match[1] in named and bool(match[3]) == bool(match[5]):
            return f"{named[match[1]]}/{match[2] or match[3]}", int(match[4])
    mark = document_mark(headquarters)
    shapes = f"{headquarters}-2026-057、催〔2026〕12号、{mark}办督〔2026〕3号、{mark}纪〔2026〕5号、简报-2026-07"
    raise Refusal(f"“{words}”不是 {headquarters} 的编号，写成 {shapes} 的样子", "malformed")
