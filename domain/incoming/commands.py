"""What can be asked of an incoming paper; `rules` decides what becomes of it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.base import Frozen
from domain.facts import Attachment, Confidential, LeadersWords, Line, OpenReason, Reason, Title, Whole
from domain.incoming.terms import Secrecy
from domain.terms import LeaderMark, MatterClass, Urgency


class RegisterPaper(Frozen):
    """收文登记."""

    do: Literal["register"] = "register"
    sender: Line
    """来文单位."""
    sender_no: Line | None = None
    """来文字号."""
    title: Title
    received_on: date
    secrecy: Secrecy = Secrecy.NONE
    urgency: Urgency = Urgency.NORMAL
    summary: Confidential | None = None
    attachments: tuple[Attachment, ...] = ()


class ProposeHandling(Frozen):
    """拟办意见."""

    do: Literal["propose"] = "propose"
    text: Confidential


class SubmitToLeaders(Frozen):
    """呈批: to these leaders, in this order; they replace who has not read it yet."""

    do: Literal["submit"] = "submit"
    leaders: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    reason: Reason | None = None


class Instruct(Frozen):
    """批示: the leader's words, and by when; without a day the policy's."""

    do: Literal["instruct"] = "instruct"
    leader: str
    text: LeadersWords
    on: date
    due: date | None = None
    urgency: Urgency | None = None
    """None: as urgent as the paper."""
    klass: MatterClass = MatterClass.ORDINARY


class MarkSeen(Frozen):
    """圈阅: read, nothing instructed."""

    do: Literal["seen"] = "seen"
    leader: str
    on: date


class ReportToLeader(Frozen):
    """每月报一次: how far an instruction is."""

    do: Literal["progress"] = "progress"
    instruction: Whole
    text: Confidential


class ExtendInstruction(Frozen):
    """批示延期, by whose it is."""

    do: Literal["extend"] = "extend"
    instruction: Whole
    leader: str
    to: date
    reason: OpenReason


class FinishInstruction(Frozen):
    """报结: done, to whom it came from. `seen_at` are the matters at whose 销号 he has already said so."""

    do: Literal["finish"] = "finish"
    instruction: Whole
    text: Confidential
    seen_at: tuple[str, ...] = ()
    """Numbers of matters."""


class MarkFinished(Frozen):
    """原批示领导's word: 圈阅 and 同意 end it, 继续办理 sends it back, with a limit of its own when he sets one."""

    do: Literal["mark"] = "mark"
    instruction: Whole
    leader: str
    mark: LeaderMark
    text: LeadersWords | None = None
    due: date | None = None


class HandOverPaper(Frozen):
    """批示交接: what waited for a leader waits for his successor."""

    do: Literal["hand_over"] = "hand_over"
    from_person: str
    to_person: str
    reason: OpenReason


class FilePaper(Frozen):
    """归档."""

    do: Literal["file"] = "file"
    text: Confidential | None = None


class VoidPaper(Frozen):
    """收文作废: entered by mistake. The number stays used."""

    do: Literal["void"] = "void"
    reason: OpenReason
