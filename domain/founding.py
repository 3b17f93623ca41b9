"""What a headquarters is, as its own log says in its first event: its code and name, and whether it is the city's."""

from typing import ClassVar

from domain.base import Frozen, refuse
from domain.bounds import seen
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold
from domain.headquarters import FIRST_HEADQUARTERS

MOST_NAME = 60


class Headquarters(Frozen):
    """One of the 1 + 19. The city's office stands above the others and sees over all of them."""

    code: str
    name: str
    city: bool = False

    @property
    def office(self) -> str:
        """What its office is called."""
        return self.name if self.name.endswith("办公室") else f"{self.name}办公室"


FIRST = Headquarters(code=FIRST_HEADQUARTERS, name="香蜜湖片区建设指挥部")
"""The one an installation begins with; its log, like those of all builds before, does not say so itself."""


class HeadquartersFounded(Event):
    """A headquarters was set up: the first event of its log."""

    label: ClassVar[str] = "设立指挥部"
    code: str
    name: str
    city: bool = False


def headquarters_name(text: str) -> str:
    """The name meant by what was typed.

    Raises:
        Refusal: `malformed`.
    """
    name = " ".join(text.split())
    wrong = not name or len(name) > MOST_NAME or not name.isprintable()
    refuse(wrong, f"指挥部名称“{seen(text)[:40]}”应为一行、不超过 {MOST_NAME} 个字，如 福田片区建设指挥部", "malformed")
    return name


def evolve_headquarters(state: Headquarters | None, recorded: LoggedEvent) -> Headquarters:
    """Fold one event of a headquarters' own stream."""
    del state
    event = decode(recorded)
    if isinstance(event, HeadquartersFounded):
        return Headquarters(code=event.code, name=event.name, city=event.city)
    raise TypeError(f"{type(event).__name__} does not belong to a headquarters")


FOLD = Fold(Headquarters, evolve_headquarters)
