"""What can be asked of a meeting."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.base import Frozen
from domain.bounds import cleaned
from domain.facts import Attachment, Confidential, UnitRef, Whole, Words
from domain.meetings.meeting import AgendaItem, Attendance, Leave
from domain.meetings.series import Series
from domain.meetings.terms import OfficePart, Outcome, Subject
from domain.order import OrderBase
from domain.terms import ReportChannel


class ConveneMeeting(Frozen):
    """安排会议. `period` is that of the series' rule, when the rule calls for it."""

    do: Literal["convene"] = "convene"
    series: Series
    starts: datetime
    title: Words | None = None
    place: str | None = None
    chair: str | None = None
    secretary: str | None = None
    """Who keeps it; whoever convenes, unless said."""
    period: str | None = None
    reason: Words | None = None
    """Why it is on a day off, or at short notice."""
    emergency: bool = False
    materials_by: datetime | None = None


class MoveMeeting(Frozen):
    """改期."""

    do: Literal["move"] = "move"
    starts: datetime
    reason: Words
    off_day: bool = False
    """It may be on a day off."""


class ReplyToNotice(Frozen):
    """参会回执 of a unit, with 请假 and 代会人. The office may enter it for a unit (`via`)."""

    do: Literal["reply"] = "reply"
    unit: str
    coming: tuple[str, ...] = ()
    leave: tuple[Leave, ...] = ()
    via: ReportChannel | None = None


class HandInMaterial(Frozen):
    """报送汇报材料 for an item of the agenda."""

    do: Literal["material"] = "material"
    key: str
    title: Words
    unit: str
    attachments: Annotated[tuple[Attachment, ...], Field(min_length=1)]


class CancelMeeting(Frozen):
    """取消."""

    do: Literal["cancel_meeting"] = "cancel_meeting"
    reason: Words


class AddItem(Frozen):
    """增列议题."""

    do: Literal["item_add"] = "item_add"
    item: AgendaItem


class DropItem(Frozen):
    """撤下议题."""

    do: Literal["item_drop"] = "item_drop"
    key: str
    title: Words
    reason: Confidential


class OrderItems(Frozen):
    """调整次序: these first, in this order."""

    do: Literal["item_order"] = "item_order"
    order: tuple[str, ...]


class FreezeAgenda(Frozen):
    """确定议题, with the items assembled from the log at a position; by the clock, or early by the secretary."""

    do: Literal["freeze"] = "freeze"
    proposed: tuple[AgendaItem, ...]
    position: Whole


class OpenMeeting(Frozen):
    """召开."""

    do: Literal["open_meeting"] = "open_meeting"
    chair: str | None = None


class RecordAttendance(Frozen):
    """登记出席、列席、请假."""

    do: Literal["attend"] = "attend"
    attendance: Attendance


class DecideItem(Frozen):
    """议定: one outcome of one item. An item may have several."""

    do: Literal["decide"] = "decide"
    item: Whole
    outcome: Outcome
    text: Confidential
    subject: Subject | None = None
    lead: UnitRef | None = None
    assist: tuple[UnitRef, ...] = ()
    due: date | None = None
    matter_point: Whole | None = None
    """The 要点 of the matter whose date moves, and not the matter's own limit."""
    new_title: Words | None = None
    urgent: bool = False


class WithdrawPoint(Frozen):
    """撤回 a point that does not bind yet."""

    do: Literal["withdraw"] = "withdraw"
    point: Whole
    reason: Confidential


class SignMinutes(Frozen):
    """签发纪要."""

    do: Literal["minutes"] = "minutes"
    over: Words | None = None
    """Why they are signed although a matter does not allow an outcome any more."""
    despite: Words | None = None
    """Why they are signed although what they say contradicts the log."""


class SendAgain(Frozen):
    """Send a refused outcome to its matter once more."""

    do: Literal["send_again"] = "send_again"
    point: Whole


class WaiveOutcome(Frozen):
    """Let a refused outcome rest."""

    do: Literal["waive"] = "waive"
    point: Whole
    reason: Confidential


class Delivered(Frozen):
    """What the matter said: its stream, number and version when it took the outcome, else why it did not."""

    stream: str
    matter: str | None = None
    version: Whole = 0
    refused: str | None = None


class NoteDelivery(Frozen):
    """What became of an outcome at its matter. Only the system may say."""

    do: Literal["note_delivery"] = "note_delivery"
    point: Whole
    attempt: Whole
    delivered: Delivered


class ExpireMeeting(Frozen):
    """The clock: what has fallen due. Only the system may ask."""

    do: Literal["expire_meeting"] = "expire_meeting"


class ReprojectMeeting(Frozen):
    """The calendar moved. Only the system may ask."""

    do: Literal["reproject_meeting"] = "reproject_meeting"


class RecordMeeting(Frozen):
    """登记 a meeting held elsewhere or before."""

    do: Literal["record_meeting"] = "record_meeting"
    series: Series
    starts: datetime
    title: Words
    part: OfficePart = OfficePart.ORGANISED
    place: str | None = None
    chair: str | None = None
    summary: Words | None = None


MeetingCommand = Annotated[
    ConveneMeeting
    | MoveMeeting
    | ReplyToNotice
    | HandInMaterial
    | CancelMeeting
    | AddItem
    | DropItem
    | OrderItems
    | FreezeAgenda
    | OpenMeeting
    | RecordAttendance
    | DecideItem
    | WithdrawPoint
    | SignMinutes
    | SendAgain
    | WaiveOutcome
    | NoteDelivery
    | ExpireMeeting
    | ReprojectMeeting
    | RecordMeeting,
    Field(discriminator="do"),
]


class MeetingOrder(OrderBase):
    """A command to a meeting on its way."""

    command: Annotated[MeetingCommand, AfterValidator(cleaned)]
