"""归档 of signed 纪要: which files were printed of them, from which part of the log.

The meeting's own stream belongs to its workflow, which appends to it at a version it knows; so this stands in a stream
of the year's minutes.
"""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold
from domain.ids import minutes_stream


class MinutesFiled(Event):
    """纪要成文归档. The number was given by the signing; `position` and `as_of` are those of that event."""

    label: ClassVar[str] = "纪要归档"
    number: str
    meeting: str
    """The meeting's stream."""
    about: str
    """The meeting's number."""
    title: str
    position: int
    as_of: datetime
    signer: str
    issued_on: date
    files: dict[str, str] = {}
    """File name → SHA-256."""
    template: str
    template_sha256: str | None = None
    """Of the layout's files."""
    fonts: dict[str, str] = {}
    """Face → SHA-256 of its file: with another face the .pdf is another file."""

    @property
    def year(self) -> int:
        """The year it is numbered in."""
        return self.issued_on.year


class MinutesOfYear(Frozen):
    """The 文号 of a year whose files are recorded, in the order of filing."""

    numbers: tuple[str, ...] = ()


def filing_key(meeting: str, number: str) -> str:
    """The id of the command that files a meeting's minutes: signed 纪要 are filed once."""
    return f"minutes:{meeting}:{number}"


def evolve_minutes(state: MinutesOfYear | None, recorded: LoggedEvent) -> MinutesOfYear:
    """The year's filed minutes after one more event of filing; a 文号 has files once."""
    year = state or MinutesOfYear()
    event = decode(recorded)
    if not isinstance(event, MinutesFiled):
        raise TypeError(f"{type(event).__name__} does not belong to the minutes")
    if event.number in year.numbers or recorded.stream != minutes_stream(event.issued_on.year):
        raise TypeError(f"{event.number} is filed already, or in another year than {recorded.stream}")
    return MinutesOfYear(numbers=(*year.numbers, event.number))


FOLD = Fold(MinutesOfYear, evolve_minutes)
