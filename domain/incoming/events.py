"""Everything that can have happened to an incoming paper."""

from datetime import date, datetime
from typing import ClassVar

from domain.calendar import local_date
from domain.envelope import NumberSeries
from domain.event import Event
from domain.facts import Attachment, SealedWords, Words
from domain.incoming.terms import PaperReminder, Secrecy
from domain.policy import DueRule
from domain.terms import LeaderMark, Urgency


class PaperReceived(Event):
    """收文登记. The number is allocated by the transaction that records it."""

    label: ClassVar[str] = "收文登记"
    number: str = ""
    sender: Words
    sender_no: str | None = None
    title: Words
    received_on: date
    secrecy: Secrecy
    urgency: Urgency
    summary: Words | None = None
    attachments: tuple[Attachment, ...] = ()

    def series(self, at: datetime) -> NumberSeries:
        """收〔2022〕7号: gapless per year."""
        year = local_date(at).year
        return NumberSeries(series=f"incoming/{year}", field="number", template=f"收〔{year}〕{{n}}号")


class HandlingProposed(Event):
    """拟办: what the office proposes to the leaders."""

    label: ClassVar[str] = "拟办"
    text: Words


class PaperSubmitted(Event):
    """呈批: who reads it from now on, in order."""

    label: ClassVar[str] = "呈批"
    leaders: tuple[str, ...]
    reason: Words | None = None


class LeaderInstructed(Event):
    """批示, with its limit: set by the leader, or by the rule of the policy. The words are ciphertext."""

    label: ClassVar[str] = "批示"
    no: int
    leader: str
    text: SealedWords
    on: date
    due: date
    due_rule: DueRule | None = None
    report_months: int
    """每几个月报一次 until done; 0 asks for none."""


class PaperSeen(Event):
    """圈阅: the leader has read it. That is no instruction."""

    label: ClassVar[str] = "圈阅"
    leader: str
    on: date


class LeaderInformed(Event):
    """进展报告 on an instruction, to the leader."""

    label: ClassVar[str] = "报告进展"
    instruction: int
    text: Words


class InstructionExtended(Event):
    """The leader puts off the limit of his 批示; the first limit is kept."""

    label: ClassVar[str] = "批示延期"
    instruction: int
    leader: str
    to: date
    reason: Words


class InstructionReminded(Event):
    """A limit of an instruction, or the next report to its leader, comes near or has passed."""

    label: ClassVar[str] = "批示提醒"
    instruction: int
    of: PaperReminder
    day: date
    """The limit, or the day of the report."""


class CompletionReported(Event):
    """报结. With `seen_at` he has said so at the 销号 of every matter that carried it, and nothing is left to mark."""

    label: ClassVar[str] = "报结"
    instruction: int
    text: Words
    seen_at: tuple[str, ...] = ()


class CompletionMarked(Event):
    """原批示领导's word on 报结."""

    label: ClassVar[str] = "批示领导审阅"
    instruction: int
    leader: str
    mark: LeaderMark
    text: SealedWords | None = None
    due: date | None = None


class PaperHandedOver(Event):
    """批示交接: his turn to read, and his open instructions, are the successor's from now on."""

    label: ClassVar[str] = "批示交接"
    from_person: str
    to_person: str
    reason: Words


class PaperFiled(Event):
    """归档: nothing more is to be done with it."""

    label: ClassVar[str] = "收文归档"
    text: Words | None = None


class RegistrationVoided(Event):
    """收文作废."""

    label: ClassVar[str] = "收文作废"
    reason: Words
