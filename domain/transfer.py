"""上报 and 下达: what a headquarters raises to the city, and what the city hands down, as one stream in both logs.

Each log says what was done in it and names the other's number. What one owes the other stands in its own log until the
other's has it, so whoever dies in between leaves something that is still owed.
"""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen, Term, refuse
from domain.calendar import local_date
from domain.envelope import LoggedEvent, NumberSeries
from domain.event import Event, decode
from domain.facts import MOST_TITLE, TEXT_BYTES
from domain.fold import Fold


class Direction(Term):
    """Which way it goes."""

    UP = "up", "上报"
    DOWN = "down", "下达"


class Words(Frozen):
    """What is said, the same in both logs."""

    direction: Direction
    sender: str
    receiver: str
    """Codes of the two headquarters."""
    title: str
    text: str
    matter: str | None = None
    """The sender's matter it is about, by number."""
    due: date | None = None


def check_words(words: Words, today: date) -> None:
    """Refuse what the other could not file or answer.

    Raises:
        Refusal: `malformed`, when the title is no line, a text too long, or the day to answer by is past.
    """
    refuse(
        "\n" in words.title.strip() or len(words.title) > MOST_TITLE, f"标题应为一行、不超过{MOST_TITLE}字", "malformed"
    )
    check_text(words.text, "内容")
    refuse(words.due is not None and words.due < today, f"时限 {words.due} 已过，请写今天或以后的日期", "malformed")


def check_text(text: str, what: str) -> None:
    """Refuse a text that is longer than the log takes.

    Raises:
        Refusal: `malformed`.
    """
    refuse(len(text.encode()) > TEXT_BYTES, f"{what}超过 {TEXT_BYTES // 1024} KiB，请只写要点", "malformed")


class TransferSent(Event):
    """上报 or 下达, in the sender's log. It is owed to the receiver's until `TransferDelivered`."""

    label: ClassVar[str] = "上报、下达"
    no: str = ""
    words: Words

    def series(self, at: datetime) -> NumberSeries:
        """FT上报〔2026〕1号: gapless per year."""
        way, year = self.words.direction, local_date(at).year
        template = f"{{headquarters}}{way.label}〔{year}〕{{n}}号"
        return NumberSeries(series=f"transfer-{way.value}/{year}", field="no", template=template)


class TransferReceived(Event):
    """It came in, in the receiver's log, under a number of his own."""

    label: ClassVar[str] = "收到上报、下达"
    receipt: str = ""
    no: str
    """The sender's number."""
    words: Words

    def series(self, at: datetime) -> NumberSeries:
        """SZ收〔2026〕1号: gapless per year."""
        year = local_date(at).year
        template = f"{{headquarters}}收〔{year}〕{{n}}号"
        return NumberSeries(series=f"transfer-in/{year}", field="receipt", template=template)


class TransferDelivered(Event):
    """The receiver's log has it, in the sender's log."""

    label: ClassVar[str] = "对方已收"
    receipt: str


class TransferAnswered(Event):
    """回复, in the receiver's log. It is owed to the sender's until `AnswerDelivered`."""

    label: ClassVar[str] = "回复上报、下达"
    text: str
    matter: str | None = None
    """The receiver's matter it is handled by, by number."""


class AnswerReceived(Event):
    """The answer came back, in the sender's log."""

    label: ClassVar[str] = "收到回复"
    text: str
    matter: str | None = None


class AnswerDelivered(Event):
    """The sender's log has the answer, in the receiver's log."""

    label: ClassVar[str] = "回复已送达"


class Transfer(Frozen):
    """What a log knows of a 上报 or 下达."""

    stream: str
    words: Words
    no: str
    """The sender's number."""
    on: date
    incoming: bool
    receipt: str | None = None
    """The receiver's number."""
    answer: str | None = None
    handled_by: str | None = None
    """The receiver's matter."""
    answer_delivered: bool = False

    @property
    def owed(self) -> bool:
        """Whether this log still owes the other one something."""
        if self.incoming:
            return self.answer is not None and not self.answer_delivered
        return self.receipt is None

    @property
    def other(self) -> str:
        """The code of the other headquarters."""
        return self.words.sender if self.incoming else self.words.receiver

    @property
    def settled(self) -> bool:
        """Answered, and both logs have the answer."""
        return self.answer is not None and not self.owed


def answer_transfer(transfer: Transfer | None, text: str, matter: str | None) -> TransferAnswered:
    """回复: by who received it, once.

    Raises:
        Refusal: it is one's own, or is answered already.
    """
    refuse(transfer is None, "没有这一份上报或下达", "not_found")
    assert transfer is not None  # noqa: S101  (refused above)
    refuse(not transfer.incoming, f"{transfer.no} 是本指挥部发出的，由对方回复", "forbidden")
    refuse(transfer.answer is not None, f"{transfer.receipt} 已经回复过", "answered")
    check_text(text, "回复")
    return TransferAnswered(text=text, matter=matter)


def evolve_transfer(state: Transfer | None, recorded: LoggedEvent) -> Transfer:
    """Fold one event of a 上报 or 下达."""
    event, on = decode(recorded), local_date(recorded.occurred_at)
    match event:
        case TransferSent(no=no, words=words):
            return Transfer(stream=recorded.stream, words=words, no=no, on=on, incoming=False)
        case TransferReceived(no=no, words=words, receipt=receipt):
            return Transfer(stream=recorded.stream, words=words, no=no, on=on, incoming=True, receipt=receipt)
        case TransferDelivered(receipt=receipt) if state is not None:
            return state.model_copy(update={"receipt": receipt})
        case TransferAnswered(text=text, matter=matter) | AnswerReceived(text=text, matter=matter) if state is not None:
            return state.model_copy(update={"answer": text, "handled_by": matter})
        case AnswerDelivered() if state is not None:
            return state.model_copy(update={"answer_delivered": True})
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a transfer")


FOLD = Fold(Transfer, evolve_transfer)
