"""The state of one meeting: what is true of it after some version of its stream."""

from datetime import date, datetime
from typing import Annotated

from domain.base import Frozen
from domain.envelope import Actor
from domain.facts import MOST_TITLE, OF_THE_LOG, AtMost, Attachment, OpenReason, Title, UnitRef, Words
from domain.meetings.terms import MEETING_ENDED, AgendaReason, Delivery, MeetingStage, OfficePart, Outcome, Subject

MATTER = "matter/"
"""How the stream of a matter begins."""


class AgendaItem(Frozen):
    """One 议题. `key` is the stream of its matter, or names an item the secretary added without one."""

    key: Annotated[str, AtMost(MOST_TITLE)]
    title: Title
    matter: str | None = None
    """Stream of the matter."""
    number: str | None = None
    """The matter's number, as people read it."""
    lead: str | None = None
    """Who answers for the matter, by unit id, when the item came onto the agenda."""
    text: Annotated[str, OF_THE_LOG] | None = None
    reasons: tuple[AgendaReason, ...] = (AgendaReason.ADDED,)
    no: int = 0
    """Its number on the frozen agenda; 0 before."""
    dropped: str | None = None
    """Why the secretary took it off."""


class NewMatter(Frozen):
    """What 新立项 opens: a matter whose basis is this point of the minutes."""

    title: Words
    due: date
    lead: UnitRef | None = None
    assist: tuple[UnitRef, ...] = ()


class DecisionPoint(Frozen):
    """One 议定事项, and how far it has come on its way to the matter."""

    no: int
    version: int
    """Of the event that decided it."""
    item: int
    outcome: Outcome
    text: Words
    subject: Subject | None = None
    matter: str | None = None
    number: str | None = None
    lead: UnitRef | None = None
    assist: tuple[UnitRef, ...] = ()
    due: date | None = None
    matter_point: int | None = None
    """The 要点 of the matter whose date moves, when not the whole matter's does."""
    new: NewMatter | None = None
    urgent: bool = False
    decided_by: Actor
    """The secretary, on behalf of the chair."""
    delivery: Delivery = Delivery.WAITING
    attempt: int = 0
    reason: str | None = None
    """Why the matter refused, or why the secretary waived it."""
    withdrawn: str | None = None


class Leave(Frozen):
    """请假, and who comes instead (代会人): a person id, or the name of somebody from outside."""

    person: str
    reason: OpenReason
    substitute: str | None = None


class NoticeReply(Frozen):
    """参会回执 of a unit: who comes, and who asks for leave; the newest of a unit counts."""

    unit: str
    coming: tuple[str, ...] = ()
    leave: tuple[Leave, ...] = ()


class Material(Frozen):
    """汇报材料 that were handed in for an item."""

    key: str
    """Of the item."""
    unit: str
    at: datetime
    late: bool
    attachments: tuple[Attachment, ...] = ()


class Minutes(Frozen):
    """纪要: its number, who signed, when."""

    no: str
    signer: str
    on: date
    over: str | None = None
    """Why they were signed although a matter did not allow an outcome any more."""


class Attendance(Frozen):
    """出席、列席、请假: person ids, or names of people from outside."""

    present: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


class Meeting(Frozen):
    """A meeting as of `version`. Dates are Shanghai dates, instants UTC."""

    stream: str
    version: int
    hash: str
    number: str
    series: str
    series_name: str
    title: str
    stage: MeetingStage
    starts: datetime
    place: str | None = None
    part: OfficePart = OfficePart.ORGANISED
    chair: str | None = None
    secretary: str
    ordinal: int | None = None
    """第几次 of its series and year; given when it is held."""
    period: str | None = None
    """The period of the series' rule it was called for."""
    notice_workdays: int = 0
    agenda_workdays: int = 0
    minutes_workdays: int = 0
    called_because: str | None = None
    """Why it is on a day off, or at short notice."""
    off_day: bool = False
    """It is on a day off on purpose: no calendar moves it."""
    emergency: bool = False
    """临时召开: no days of notice, the agenda is fixed at once."""
    materials_by: datetime | None = None
    """Until when 汇报材料 are wanted, when not until the agenda is fixed."""
    replies: tuple[NoticeReply, ...] = ()
    materials: tuple[Material, ...] = ()
    notified: bool = False
    lapsed: bool = False
    minutes_overdue: bool = False
    added: tuple[AgendaItem, ...] = ()
    dropped: dict[str, str] = {}
    """Key of a proposed item → why it does not come onto the agenda."""
    order: tuple[str, ...] = ()
    """Keys in the order the secretary wants them; the rest follow in theirs."""
    items: tuple[AgendaItem, ...] = ()
    """The frozen agenda."""
    attendance: Attendance = Attendance()
    points: tuple[DecisionPoint, ...] = ()
    minutes: Minutes | None = None
    opened_at: datetime | None = None
    cancelled: str | None = None
    summary: str | None = None
    """What a meeting held elsewhere was about."""

    @property
    def settled(self) -> bool:
        """Nothing more is owed: the workflow may end."""
        return self.stage in MEETING_ENDED

    @property
    def name(self) -> str:
        """2022年第3次市级指挥部工作会议; without ordinal before it is held."""
        year = self.number.split("-")[1] if self.number else ""
        return f"{year}年第{self.ordinal}次{self.series_name}" if self.ordinal else self.title

    @property
    def matters(self) -> tuple[str, ...]:
        """Streams of the matters it has to do with: on the agenda, added to it, or dropped from it."""
        keys = (*(item.matter or "" for item in (*self.items, *self.added)), *self.dropped)
        return tuple(dict.fromkeys(key for key in keys if key.startswith(MATTER)))

    def item(self, no: int) -> AgendaItem | None:
        """The item of that number, dropped ones too."""
        return next((i for i in self.items if i.no == no), None)

    def point(self, no: int) -> DecisionPoint | None:
        """The decision point of that number, withdrawn ones too."""
        return next((p for p in self.points if p.no == no), None)

    @property
    def reporting_units(self) -> tuple[str, ...]:
        """The leads of what is on the agenda: who is to answer the notice and to hand in papers."""
        items = self.items or self.added
        return tuple(dict.fromkeys(i.lead for i in items if i.lead and i.dropped is None))

    def reply_of(self, unit: str) -> NoticeReply | None:
        """A unit's 回执."""
        return next((r for r in self.replies if r.unit == unit), None)

    def materials_for(self, key: str) -> tuple[Material, ...]:
        """What was handed in for an item."""
        return tuple(m for m in self.materials if m.key == key)

    @property
    def answered(self) -> Attendance:
        """Who comes and who does not, as the units said."""
        coming = [p for r in self.replies for p in (*r.coming, *(x.substitute for x in r.leave if x.substitute))]
        leave = [x.person for r in self.replies for x in r.leave]
        return Attendance(present=tuple(dict.fromkeys(coming)), leave=tuple(dict.fromkeys(leave)))

    @property
    def standing_points(self) -> tuple[DecisionPoint, ...]:
        """Points that were not withdrawn."""
        return tuple(p for p in self.points if p.withdrawn is None)

    @property
    def pending(self) -> tuple[DecisionPoint, ...]:
        """Outcomes on their way to a matter."""
        return tuple(p for p in self.standing_points if p.delivery is Delivery.PENDING)

    @property
    def outcomes_settled(self) -> bool:
        """Whether every outcome has reached its matter or needs none."""
        open_ways = (Delivery.WAITING, Delivery.PENDING, Delivery.REFUSED)
        return not any(p.delivery in open_ways for p in self.standing_points)
