"""The contract between whoever decides and the log: one request, five answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from domain.access.proof import OrderProof
from domain.base import Frozen
from domain.calendar import WorkCalendar
from domain.envelope import Actor, Draft, Recorded
from domain.lifting import lifted_matter
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.policy import Policy
from domain.terms import Supervision

APPEND = "append"
LOAD = "load"
"""The two activities a workflow reaches the log by."""
LOG_UNREACHABLE = "log_unreachable"
"""Nothing is known to be recorded; the same command may be sent again under its id."""

WITNESSED = "witnessed"
"""Memo of the delivery of notices: what it has seen of the log. It survives a log that is put back from a copy."""

BEHIND_EVENTS = 200
BEHIND_BYTES = 512 * 1024


class Witnessed(Frozen):
    """How far somebody has seen a log reach, and which numbers were given from it."""

    log: str
    """Hash of its first event."""
    position: int
    hash: str
    numbers: dict[str, int] = {}
    """Series → the last number given."""

    def after(self, earlier: "Witnessed") -> "Witnessed":
        """What is to be remembered: no number is ever forgotten, and a log that lags behind them is not believed."""
        if earlier.log != self.log:
            return self
        lags = any(self.numbers.get(series, 0) < n for series, n in earlier.numbers.items())
        numbers = {s: max(earlier.numbers.get(s, 0), self.numbers.get(s, 0)) for s in earlier.numbers | self.numbers}
        return (earlier if lags else self).model_copy(update={"numbers": numbers})


class Rulebook(Frozen):
    """The calendar and policy a decision stands on; `version` is the position of the newest event in either."""

    version: int = 0
    calendar: WorkCalendar = WorkCalendar()
    policy: Policy = Policy()
    because: str = ""
    """What moved it last, for whoever asks why a deadline moved."""


class UnitClaim(Frozen):
    """What a command claims of a unit; the append checks it against the directory."""

    id: str
    supervision: Supervision


class SlotClaim(Frozen):
    """A meeting claims its series' place at an instant: no two meetings of a series are at once."""

    series: str
    starts: datetime


class Claims(Frozen):
    """What a command claims of the world outside its stream."""

    units: tuple[UnitClaim, ...] = ()
    people: tuple[str, ...] = ()
    """Ids of those who are to answer for something: they are in the directory, and in office."""
    slots: tuple[SlotClaim, ...] = ()


class AppendRequest(Frozen):
    """Append these drafts if the stream still stands at this version and hash and the rulebook has not moved.

    Without drafts it is a question: am I up to date, and is this command already in the log?
    With an empty `command_id` only the first half is asked.

    `clock` says that it is the workflow's own command: its size is nobody's fault and never refused, or a matter that
    is full could not even miss a report. `valid_until` is that of a person's command, and None for the clock's own.
    `proof` and `signed` are the order's, and only the clock needs none.
    `refused` says that the rules refuse it, which this empty append is to confirm: if nothing is missing the log notes
    it, and the refusal is final.
    """

    stream: str
    expected_version: int
    expected_hash: str
    rulebook_version: int
    command_id: str
    request_hash: str = ""
    actor: Actor
    units: tuple[UnitClaim, ...] = ()
    people: tuple[str, ...] = ()
    slots: tuple[SlotClaim, ...] = ()
    now: datetime
    clock: bool = False
    valid_until: datetime | None = None
    proof: str = ""
    signed: OrderProof | None = None
    refused: bool = False
    drafts: tuple[Draft, ...] = ()


class Appended(Frozen):
    """The events as stored, numbers filled in; none when the request carried none and nothing was missing."""

    answer: Literal["appended"] = "appended"
    events: tuple[Recorded, ...] = ()


class Behind(Frozen):
    """What the asker has not seen: at most 200 events or 512 KiB at once, or a newer rulebook, or both."""

    answer: Literal["behind"] = "behind"
    events: tuple[Recorded, ...] = ()
    rulebook: Rulebook | None = None


class Already(Frozen):
    """This command id is in the log: the events it gave then."""

    answer: Literal["already"] = "already"
    events: tuple[Recorded, ...]


class Ahead(Frozen):
    """The log is shorter than the asker's state, or another history: a restored copy. Nothing is written."""

    answer: Literal["ahead"] = "ahead"
    version: int


class Refused(Frozen):
    """The actor is not what he claims, the unit is not, or the command id carries other content."""

    answer: Literal["refused"] = "refused"
    code: str
    message: str


AppendAnswer = Annotated[Appended | Behind | Already | Ahead | Refused, Field(discriminator="answer")]


class LogAnswer(Frozen):
    """What the log said to an append."""

    said: AppendAnswer


class Loading(Frozen):
    """Load a stream for a workflow that was started with this."""

    stream: str
    renew_after: int | None = None
    clock_shift: timedelta = timedelta(0)
    proof: str = ""


class Loaded(Frozen):
    """The state of a stream and the rulebook, as the log has them; which state follows from the kind of stream."""

    matter: Matter | None = None
    meeting: Meeting | None = None
    rulebook: Rulebook
    unproven: bool = False
    """What started the workflow carries no proof that it came through the gateway."""
    plain: bool = False
    """The home is a real one: the clock is the world's, whatever the start says, and histories are as long as usual."""

    @field_validator("matter", mode="before")
    @classmethod
    def _lift(cls, stored: Any) -> Any:
        return lifted_matter(stored) if isinstance(stored, Mapping) and "missed_in_row" in stored else stored
