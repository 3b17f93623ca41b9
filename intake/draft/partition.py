"""The partition of a text: every character belongs to a region, so that nothing is lost unseen."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from intake.draft.model import Region, TextPart
from intake.draft.text import Span, View, view

_BLANK, _LOST = "空白", "未归类"


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch and what it is; `item` is the place of its item."""

    seen: View
    part: TextPart
    why: str = ""
    item: int = -1


def partition(text: str, claims: Iterable[Claim]) -> tuple[dict[int, list[Span]], tuple[Region, ...]]:
    """The regions of a text, and the spans of each item. The first claim to a character has it.

    Blanks and marks go with what stands before them on their line. What nobody claims is a region of its own: there
    should be none, and a test looks for it.
    """
    kinds = list[tuple[TextPart, str, int]]()
    owner = array("i", [-1]) * len(text)
    for claim in claims:
        kinds.append((claim.part, claim.why, claim.item))
        for place in claim.seen.at:
            if owner[place] < 0:
                owner[place] = len(kinds) - 1
    kinds.extend([(TextPart.SKIPPED, _BLANK, -1), (TextPart.SKIPPED, _LOST, -1)])
    _give_away(text, owner, blank=len(kinds) - 2, lost=len(kinds) - 1)
    return _regions(text, owner, kinds)


def _give_away(text: str, owner: "array[int]", *, blank: int, lost: int) -> None:
    before = blank
    for place, char in enumerate(text):
        if owner[place] >= 0:
            before = owner[place]
        elif char == "*" or not view(char, 0, 1):
            owner[place] = before
            before = blank if char == "\n" else before
        else:
            owner[place] = lost


def _regions(
    text: str, owner: "array[int]", kinds: list[tuple[TextPart, str, int]]
) -> tuple[dict[int, list[Span]], tuple[Region, ...]]:
    spans: dict[int, list[Span]] = {}
    regions: list[Region] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place < len(text) and kinds[owner[place]] == kinds[owner[start]]:
            continue
        part, why, item = kinds[owner[start]]
        regions.append(Region(part=part, span=Span(start, place), why=why))
        if item >= 0:
            spans.setdefault(item, []).append(Span(start, place))
        start = place
    return spans, tuple(_merged(regions)) if text else ()


def _merged(regions: list[Region]) -> Iterator[Region]:
    """Neighbours of one kind as one, but for items, each of which stays itself."""
    last: Region | None = None
    for region in regions:
        alike = last is not None and region.part is last.part and region.why == last.why
        if last is not None and alike and region.part is not TextPart.ITEM:
            last = Region(part=last.part, span=Span(last.span.start, region.span.end), why=last.why)
            continue
        if last is not None:
            yield last
        last = region
    if last is not None:
        yield last
