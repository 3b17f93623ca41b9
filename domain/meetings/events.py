"""Everything that can have happened to a meeting, in the past tense."""

from datetime import date, datetime
from typing import ClassVar

from domain.calendar import local_date
from domain.envelope import NumberSeries
from domain.event import Event
from domain.facts import Attachment, UnitRef, Words
from domain.meetings.meeting import AgendaItem, Attendance, Leave, NewMatter
from domain.meetings.terms import OfficePart, Outcome, Subject
from domain.terms import ReportChannel

CODE = "HY"
"""会议: what a meeting's number begins with."""


class MeetingConvened(Event):
    """会议安排. The number is allocated by the transaction that records this; the ordinal only when it is held."""

    label: ClassVar[str] = "安排会议"
    number: str = ""
    series_id: str
    series_name: str
    title: Words
    starts: datetime
    place: str | None = None
    chair: str | None = None
    secretary: str
    period: str | None = None
    notice_workdays: int
    agenda_workdays: int
    minutes_workdays: int
    reason: Words | None = None
    """Why it is on a day off, or at short notice."""
    off_day: bool = False
    emergency: bool = False
    materials_by: datetime | None = None

    def series(self, at: datetime) -> NumberSeries:
        """HY-2022-031: gapless per year of the meeting's date."""
        del at
        return _meeting_number(local_date(self.starts).year)


class MeetingMoved(Event):
    """改期, by the secretary or because the calendar made its day a day off."""

    label: ClassVar[str] = "会议改期"
    starts: datetime
    reason: Words
    automatic: bool = False
    off_day: bool = False


class NoticeAnswered(Event):
    """参会回执 of a unit."""

    label: ClassVar[str] = "参会回执"
    unit: str
    coming: tuple[str, ...] = ()
    leave: tuple[Leave, ...] = ()
    via: ReportChannel | None = None


class MaterialHandedIn(Event):
    """汇报材料 for an item."""

    label: ClassVar[str] = "报送汇报材料"
    key: str
    title: Words
    unit: str
    attachments: tuple[Attachment, ...]
    late: bool = False


class MeetingCancelled(Event):
    """取消会议."""

    label: ClassVar[str] = "取消会议"
    reason: Words


class MeetingNotified(Event):
    """会议通知 is out."""

    label: ClassVar[str] = "发出会议通知"


class AgendaItemAdded(Event):
    """The secretary put an item on the agenda."""

    label: ClassVar[str] = "增列议题"
    item: AgendaItem


class AgendaItemDropped(Event):
    """The secretary took an item off, with a reason."""

    label: ClassVar[str] = "撤下议题"
    key: str
    title: str
    reason: Words


class AgendaOrdered(Event):
    """The secretary put the items into order."""

    label: ClassVar[str] = "调整议题次序"
    order: tuple[str, ...]


class AgendaFrozen(Event):
    """议题确定. `position` says from which part of the log the agenda was assembled."""

    label: ClassVar[str] = "确定议题"
    items: tuple[AgendaItem, ...]
    position: int


class MeetingOpened(Event):
    """会议召开. The ordinal is allocated here, so that a cancelled meeting takes none."""

    label: ClassVar[str] = "召开会议"
    ordinal: str = ""
    series_id: str
    year: int
    chair: str | None = None

    def series(self, at: datetime) -> NumberSeries:
        """第几次: gapless per series and year."""
        del at
        return NumberSeries(series=f"meeting-ordinal/{self.series_id}/{self.year}", field="ordinal", template="{n}")


class AttendanceRecorded(Event):
    """出席、列席、请假."""

    label: ClassVar[str] = "登记出席"
    attendance: Attendance


class PointDecided(Event):
    """议定."""

    label: ClassVar[str] = "议定"
    no: int
    item: int
    outcome: Outcome
    text: Words
    subject: Subject | None = None
    lead: UnitRef | None = None
    assist: tuple[UnitRef, ...] = ()
    due: date | None = None
    matter_point: int | None = None
    new: NewMatter | None = None
    urgent: bool = False


class PointWithdrawn(Event):
    """A point that does not bind yet was taken back."""

    label: ClassVar[str] = "撤回议定"
    no: int
    reason: Words


class MinutesIssued(Event):
    """纪要签发: from now on the outcomes bind. The number is allocated by the recording transaction."""

    label: ClassVar[str] = "签发纪要"
    no: str = ""
    signer: str
    over: Words | None = None
    """Why, although a matter did not allow an outcome any more."""
    despite: Words | None = None
    """Why, although what they say contradicts the log."""

    def series(self, at: datetime) -> NumberSeries:
        """香指纪〔2022〕3号: gapless per year."""
        return minutes_number(local_date(at).year)


class OutcomeDelivered(Event):
    """An outcome reached its matter: the stream, number and version there."""

    label: ClassVar[str] = "议定落实到事项"
    point: int
    attempt: int
    stream: str
    matter: str
    version: int


class OutcomeRefused(Event):
    """The matter refused an outcome, and why."""

    label: ClassVar[str] = "事项未接受议定"
    point: int
    attempt: int
    reason: Words


class OutcomeSentAgain(Event):
    """The secretary sends a refused outcome once more."""

    label: ClassVar[str] = "再次落实议定"
    point: int


class OutcomeWaived(Event):
    """The secretary lets a refused outcome rest, with a reason."""

    label: ClassVar[str] = "议定不再落实"
    point: int
    reason: Words


class MeetingLapsed(Event):
    """The day passed and the meeting was not opened."""

    label: ClassVar[str] = "会议逾期未开"


class MinutesOverdue(Event):
    """纪要 were owed and are not signed."""

    label: ClassVar[str] = "纪要逾期未签发"
    due: date


class MeetingClosed(Event):
    """会议办结: minutes signed, every outcome with its matter."""

    label: ClassVar[str] = "会议办结"


class MeetingRecorded(Event):
    """A meeting held elsewhere or before, entered for the ledger. Its ordinal comes with `MeetingOpened`."""

    label: ClassVar[str] = "登记会议"
    number: str = ""
    series_id: str
    series_name: str
    title: Words
    starts: datetime
    part: OfficePart = OfficePart.ORGANISED
    place: str | None = None
    secretary: str
    summary: str | None = None

    def series(self, at: datetime) -> NumberSeries:
        """HY-2021-031: gapless per year of the meeting's date."""
        del at
        return _meeting_number(local_date(self.starts).year)


def _meeting_number(year: int) -> NumberSeries:
    """HY-2022-031: gapless per year."""
    return NumberSeries(series=f"meeting/{year}", field="number", template=f"{CODE}-{year}-{{n:03d}}")


def minutes_number(year: int) -> NumberSeries:
    """The 文号 of a meeting's minutes, 香指纪〔2022〕3号: gapless per year."""
    return NumberSeries(series=f"minutes/{year}", field="no", template=f"{{mark}}纪〔{year}〕{{n}}号")
