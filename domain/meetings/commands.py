"""What can be asked of a meeting."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.base import Frozen
from domain.bounds import cleaned
from domain.facts import (
    OF_THE_LOG,
    AtMost,
    Attachment,
    Confidential,
    OpenReason,
    Reason,
    Title,
    UnitRef,
    Whole,
    Words,
)
from domain.meetings.meeting import AgendaItem, Attendance, Leave
from domain.meetings.series import Series
from domain.meetings.terms import OfficePart, Outcome, Subject
from domain.order import OrderBase
from domain.terms import ReportChannel

MOST_NAME = 100
MeetingName = Annotated[Words, AtMost(MOST_NAME)]
"""It heads notice, agenda and minutes, and stands in each decision's source."""


class ConveneMeeting(Frozen):
    """安排会议. `period` is that of the series' rule, when the rule calls for it."""

    do: Literal["convene"] = "convene"
    series: Annotated[Series, OF_THE_LOG]
    starts: datetime
    title: MeetingName | None = None
    place: str | None = None
    chair: str | None = None
    secretary: str | None = None
    """Who keeps it; whoever convenes, unless said."""
    period: str | None = None
    reason: OpenReason | None = None
    """Why it is on a day off, or at short notice."""
    emergency: bool = False
    materials_by: datetime | None = None


class MoveMeeting(Frozen):
    """改期."""

    do: Literal["move"] = "move"
    starts: datetime
    reason: OpenReason
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
    key: Annotated[str, OF_THE_LOG]
    title: Annotated[Words, OF_THE_LOG]
    unit: str
    attachments: Annotated[tuple[Attachment, ...], Field(min_length=1)]


class CancelMeeting(Frozen):
    """取消."""

    do: Literal["cancel_meeting"] = "cancel_meeting"
    reason: OpenReason


class AddItem(Frozen):
    """增列议题."""

    do: Literal["item_add"] = "item_add"
    item: AgendaItem


class DropItem(Frozen):
    """撤下议题."""

    do: Literal["item_drop"] = "item_drop"
    key: Annotated[str, OF_THE_LOG]
    title: Annotated[Words, OF_THE_LOG]
    reason: Reason


class OrderItems(Frozen):
    """调整次序: these first, in this order."""

    do: Literal["item_order"] = "item_order"
    order: Annotated[tuple[str, ...], OF_THE_LOG]


class FreezeAgenda(Frozen):
    """确定议题, with the items assembled from the log at a position; by the clock, or early by the secretary."""

    do: Literal["freeze"] = "freeze"
    proposed: Annotated[tuple[AgendaItem, ...], OF_THE_LOG]
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
    new_title: Title | None = None
    urgent: bool = False


class WithdrawPoint(Frozen):
    """撤回 a point that does not bind yet."""

    do: Literal["withdraw"] = "withdraw"
    point: Whole
    reason: Reason


class SignMinutes(Frozen):
    """签发纪要."""

    do: Literal["minutes"] = "minutes"
    over: OpenReason | None = None
    """Why they are signed although a matter does not allow an outcome any more."""
    despite: OpenReason | None = None
    """Why they are signed although what they say contradicts the log."""


class SendAgain(Frozen):
    """Send a refused outcome to its matter once more."""

    do: Literal["send_again"] = "send_again"
    point: Whole


class WaiveOutcome(Frozen):
    """Let a refused outcome rest."""

    do: Literal["waive"] = "waive"
    point: Whole
    reason: Reason


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
    delivered: Annotated[Delivered, OF_THE_LOG]


class ExpireMeeting(Frozen):
    """The clock: what has fallen due. Only the system may ask."""

    do: Literal["expire_meeting"] = "expire_meeting"


class ReprojectMeeting(Frozen):
    """The calendar moved. Only the system may ask."""

    do: Literal["reproject_meeting"] = "reproject_meeting"


class RecordMeeting(Frozen):
    """登记 a meeting held elsewhere or before."""

    do: Literal["record_meeting"] = "record_meeting"
    series: Annotated[Series, OF_THE_LOG]
    starts: datetime
    title: MeetingName
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
