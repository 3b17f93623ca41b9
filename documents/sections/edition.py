"""What an issue is written from, and how long lists and tables are kept out of its text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from documents.figures import Entry, Period
from documents.formats.press import GB_2, GB_3, GB_4, LAYOUT
from documents.page import Block, Grid, Items, Paragraph, Section, Subheading, section
from documents.sections.recipe import Limits, SectionPart
from documents.wording import clean_text
from domain.calendar import local_date
from domain.events import DecisionRecorded
from domain.matter import Matter
from domain.terms import Light

Piece = Block | Section
"""A part says blocks; a section among them is an appendix to the issue."""
TABLE = "《任务清单一览表》"


@dataclass(frozen=True)
class Edition:
    """The period, from how many on something is told otherwise, and what else the issue says."""

    period: Period
    limits: Limits
    parts: frozenset[SectionPart] = frozenset()
    whole: int = 0
    """The limit of an issue's text (`told`), where an appendix asks with limits of its own."""
    layout: str = LAYOUT
    """What was issued in a layout of before is printed again with the faults its wording had."""
    annexed: frozenset[SectionPart] = frozenset()
    """What stands whole in its 附表."""
    says_why: bool = True
    """Whether it says over what a closed matter ended, and why."""
    bare_pictures: bool = True
    """Whether nothing is printed of what a camera wrote into a picture."""

    @property
    def told(self) -> int:
        """So many matters the text tells one by one."""
        return self.whole or self.limits.reported

    @property
    def former(self) -> bool:
        """Whether it is in the oldest wording."""
        return self.layout == GB_2

    @property
    def bounded(self) -> bool:
        """Whether its text stays as long as it is however many matters there are; up to gb-4 it grew with them."""
        return self.layout not in (GB_2, GB_3, GB_4)

    def listed_in(self, part: SectionPart) -> str:
        """Where the rest of a list is: an office may name other 附表; up to gb-4 the text said 附表 all the same."""
        return "附表" if part in self.annexed or not self.bounded else TABLE

    def led(self, matter: Matter) -> str:
        """区教育局牵头."""
        return f"{self.period.ledger.unit(matter.lead)}牵头" if matter.lead else "待明确牵头单位"

    def held(self, event: DecisionRecorded, recorded_on: date) -> tuple[date, str]:
        """The day and the name of the meeting that decided: the outcome reaches its matter a day or more later."""
        name = clean_text(event.meeting)
        if self.former:
            return recorded_on, name
        meeting = next((m for m in self.period.ledger.meetings if m.number and m.number == event.minutes), None)
        return (local_date(meeting.starts), clean_text(meeting.name)) if meeting else (recorded_on, name)

    def red_before(self) -> Mapping[str, Entry]:
        """What was red at the last issue, or, when there is none, as the period began; by stream."""
        before = self.period.before
        entries = before.entries() if before else ()
        return {e.matter.stream: e for e in entries if e.lit.light is Light.RED}


Writer = Callable[[Edition], Iterable[Piece]]
Writers = Mapping[SectionPart, Writer]


def assembled_sections(
    chapters: Iterable[tuple[str, Iterable[Piece]]],
) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """An issue's sections by title, and the appendices their pieces refer to."""
    sections: list[Section] = []
    appendices: list[Section] = []
    for title, pieces in chapters:
        composed = list(pieces)
        sections.append(section(title, tuple(p for p in composed if not isinstance(p, Section))))
        appendices += [p for p in composed if isinstance(p, Section)]
    return tuple(sections), tuple(appendices)


def listed_items(edition: Edition, heading: str, name: str, items: Sequence[str], measure: str = "件") -> list[Piece]:
    """A heading with its items, kept short in an issue's text."""
    return [Subheading(text=heading), *shortened_list(edition, name, items, measure)] if items else []


def shortened_list(edition: Edition, name: str, items: Sequence[str], measure: str = "件") -> list[Piece]:
    """The items of a list in an issue; beyond the limit the first of them, and all in an appendix of that name."""
    if not items:
        return []
    shown = tuple(items[: edition.limits.listed])
    return [
        Items(items=shown),
        *_further(edition, name, len(items), len(shown), measure, Items(items=tuple(items))),
    ]


def listed_table(edition: Edition, heading: str, name: str, grid: Grid, measure: str = "件") -> list[Piece]:
    """A heading with a table, kept short in an issue's text as lists are."""
    if not grid.rows:
        return []
    shown = grid.model_copy(update={"rows": grid.rows[: edition.limits.rows]})
    return [
        Subheading(text=heading),
        shown,
        *_further(edition, name, len(grid.rows), len(shown.rows), measure, grid),
    ]


def _further(edition: Edition, name: str, every: int, shown: int, measure: str, whole: Block) -> list[Piece]:
    if every == shown:
        return []
    rest = f"以上列出{shown}{measure}，另有{every - shown}{measure}"
    if every > edition.limits.appended:
        return [Paragraph(text=f"{rest}，详见{TABLE}。")]
    title = f"附表　{name}（{every}{measure}）"
    return [Paragraph(text=f"{rest}，见文后附表“{name}”。"), Section(title=title, blocks=(whole,))]
