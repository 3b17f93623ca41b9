"""A paper on one matter before it is worded: the matter as its reader is told of it, and what comes of the wording."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from documents.ledger import Ledger, MatterFile
from documents.page import Block, Imprint, Layout, Page, Section, attached_titles
from documents.wording import day_in, quoted_title
from domain import events as ev
from domain.calendar import local_date
from domain.event import Event
from domain.incoming.terms import Secrecy
from domain.lights import light
from domain.matter import Matter
from domain.onsite.inspection import OnSite
from domain.papers import PaperKind
from domain.terms import Light, OrderColour, Urgency

E = TypeVar("E", bound=Event)
UNNUMBERED, UNSIGNED = "（未编号）", "（未签发）"
REPLY_WORKDAYS = 5
"""Working days within which a 问题处理通知单 wants its answer."""
SECRECY = "注：领导批示为工作秘密，不得擅自扩散。"
_COLOURS = {Light.BLUE: OrderColour.BLUE, Light.YELLOW: OrderColour.YELLOW, Light.RED: OrderColour.RED}
Written = tuple[str, tuple[Block, ...]]
"""A paper's title and what it says."""


@dataclass(frozen=True)
class PaperCase:
    """One matter as a paper looks at it. `you` is how its reader is addressed."""

    ledger: Ledger
    file: MatterFile
    letter: bool
    """Whether it is asked by 函."""
    ordering: bool = False
    """Whether a 函 is worded like an order, as it was before `paper-6`."""
    late: bool = False
    """Whether a 督办单 may ask for its first report after the limit, as it did before `paper-7`."""

    @property
    def matter(self) -> Matter:
        """The matter the paper is on."""
        return self.file.matter

    @property
    def you(self) -> str:
        """How the reader of the paper is addressed."""
        return "贵单位" if self.letter else "你单位"

    @property
    def year(self) -> int:
        """The year whose dates need no year."""
        return local_date(self.ledger.as_of).year

    @property
    def what(self) -> str:
        """“推进国际交流中心建设”（XMH-2022-007）."""
        return f"{quoted_title(self.matter)}（{self.matter.number}）"

    @property
    def colour(self) -> OrderColour | None:
        """Of a 催办单: the colour it was urged with, else that of the light."""
        urge = self.last(ev.UrgeIssued)
        if urge is None:
            return None
        given = urge.colour is not None and urge.colour is not OrderColour.PLAIN
        lit = light(self.matter, self.ledger.rulebook, self.ledger.as_of).light
        return urge.colour if given else _COLOURS.get(lit)

    @property
    def marking(self) -> str | None:
        """密级 (never that of a state secret, which does not come in here) and 紧急程度, one a line."""
        carried = {ref.stream for ref in self.matter.carries}
        secrecy = {p.secrecy for p in self.ledger.incoming if p.stream in carried} - {Secrecy.NONE}
        if self.all(ev.InstructionRecorded):
            secrecy.add(Secrecy.WORK)
        strictest = Secrecy.WORK if Secrecy.WORK in secrecy else next(iter(secrecy), None)
        urgent = self.matter.urgency if self.matter.urgency is not Urgency.NORMAL else None
        return "\n".join(term.label for term in (strictest, urgent) if term is not None) or None

    def unit(self, unit: str | None) -> str:
        """A unit's full name."""
        return self.ledger.unit(unit)

    def day(self, day: date) -> str:
        """A date, with its year when it is another."""
        return day_in(day, self.year)

    def last(self, kind: type[E]) -> E | None:
        """The newest event of the kind."""
        return next((t.event for t in reversed(self.file.events) if isinstance(t.event, kind)), None)

    @property
    def urged_at(self) -> datetime:
        """When it was urged last.

        Raises:
            StopIteration: it never was.
        """
        return next(t.recorded.occurred_at for t in reversed(self.file.events) if isinstance(t.event, ev.UrgeIssued))

    def answer(self) -> ev.ExtensionGranted | ev.ExtensionRefused | None:
        """The newest answer to a request for 延期."""
        answers = (ev.ExtensionGranted, ev.ExtensionRefused)
        return next((t.event for t in reversed(self.file.events) if isinstance(t.event, answers)), None)

    def all(self, kind: type[E]) -> list[E]:
        """Every event of the kind, the oldest first."""
        return [t.event for t in self.file.events if isinstance(t.event, kind)]


@dataclass(frozen=True)
class PaperText:
    """A computed paper, without number or signer yet."""

    kind: PaperKind
    letter: bool
    matter: Matter | None
    """None in a 通报, which is on the matters of a period, and in what is on an inspection."""
    title: str
    addressees: tuple[str, ...]
    """主送: unit ids."""
    sections: tuple[Section, ...]
    ledger: Ledger
    appendices: tuple[Section, ...] = ()
    since: date | None = None
    until: date | None = None
    copied: tuple[str, ...] = ()
    """抄送: unit ids."""
    form: bool = False
    """Whether it is a form on one face, whose table says what a title would."""
    former: bool = False
    """Whether it is worded and set as before: with who signed below the date."""
    marking: str | None = None
    """密级 and 紧急程度, one a line."""
    colour: str | None = None
    """Of a 三色 paper."""
    inspection: OnSite | None = None
    upward: bool = False
    """Whether it goes up to the headquarters, and so bears a 签发人 (GB/T 9704 7.2.6)."""
    attaches: bool = False
    """Whether 附件说明 names its lists."""

    def page(self, number: str = UNNUMBERED, signer: str | None = None, on: date | None = None) -> Page:
        """As it is printed under a 文号."""
        office = self.ledger.office
        headquarters = office.removesuffix("办公室") if self.upward else None
        signed = self.ledger.person(signer) if signer else None
        return Page(
            layout=Layout.LETTER if self.letter else Layout.PAPER,
            masthead=office if self.letter else f"{office}{self.kind.label}",
            issue=number,
            issuer=office,
            on=on or local_date(self.ledger.as_of),
            title=self.title,
            names=self.ledger.names_in(self.title, of=self.matter),
            addressee="、".join(map(self.ledger.unit, self.addressees)) or headquarters,
            sections=self.sections,
            appendices=self.appendices,
            attached=attached_titles(self.appendices) if self.attaches else (),
            signatory=(signed or UNSIGNED) if self.upward else None,
            signer=signed if self.former else None,
            imprint=Imprint(copied=tuple(map(self.ledger.unit, self.copied))),
            form=self.form and not self.letter,
            marking=self.marking,
            colour=self.colour,
        )
