"""What clients and workflows say to each other: names, payloads, error codes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator

from domain.base import Frozen
from domain.envelope import Recorded
from domain.lights import Lit
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.meetings.terms import MeetingStage
from domain.terms import Light, Stage

SUBMIT, RESYNC, SEEN = "submit", "look_again", "seen"
"""The update, the signal and the query of every stream's workflow, by the names that runs of every build know."""
UNEXPECTED = "unexpected"
FOREIGN = "foreign"
"""A run that is not of the stream it is named after: it ends, and whoever met it tries again."""
NO_STREAM = ""


class Start(Frozen):
    """What starts a stream's workflow: only its stream. The state is in the log, so nothing else can go stale.

    `renew_after` shortens the history before continue-as-new, for tests; Temporal says when otherwise.
    `clock_shift` is what a simulated office adds to Temporal's clock to live in another year. A worker honours both
    only where it was told that its home is a simulated one. `proof` shows that the start came through the gateway.
    """

    model_config = {"extra": "ignore"}
    start_version: int = 1
    stream: str
    renew_after: int | None = None
    clock_shift: timedelta = timedelta(0)
    proof: str = ""

    @model_validator(mode="wrap")
    @classmethod
    def _permissive(cls, payload: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """What is no start becomes one of no stream, so that the run ends instead of failing to begin for ever."""
        try:
            return handler(payload)
        except ValidationError:
            return handler({"stream": NO_STREAM})


class NoticesStart(Frozen):
    """What starts the delivery of notices of a headquarters. What waits is in the log's tables; see `Start`."""

    model_config = {"extra": "ignore"}
    start_version: int = 1
    renew_after: int | None = None
    clock_shift: timedelta = timedelta(0)


class MatterStart(Start):
    """What starts a matter's workflow."""


class MeetingStart(Start):
    """What starts a meeting's workflow."""


class HeadquartersStart(Frozen):
    """What starts the headquarters' rhythm. `clock_shift` as in `Start`."""

    model_config = {"extra": "ignore"}
    start_version: int = 1
    clock_shift: timedelta = timedelta(0)


class Seen(Frozen):
    """Where the workflow of a stream stands: what of the log and of the rulebook it has seen, and what holds it up."""

    version: int
    rulebook: int
    hash: str = ""
    """Of the newest event it has seen; a log that went back and grew again has others under the same versions."""
    refused: str = ""
    """Why the log refuses what the clock owes; empty when it does not."""


class Answered(Frozen):
    """That a command is in the log. `version` is that of the last event it gave, `events` the types of all."""

    stream: str
    version: int
    events: tuple[str, ...] = ()


class Reply(Answered):
    """How the matter stands after a command."""

    matter: str
    stage: Stage
    light: Light
    light_reason: str


class MeetingReply(Answered):
    """How the meeting stands after a command."""

    meeting: str
    stage: MeetingStage
    points: tuple[int, ...] = ()
    """Numbers of the decision points the command gave."""


def matter_reply(matter: Matter, lit: Lit, events: Sequence[Recorded]) -> Reply:
    """The answer to a command that gave these events."""
    return Reply(
        stream=matter.stream,
        matter=matter.number,
        stage=matter.stage,
        version=events[-1].version if events else matter.version,
        light=lit.light,
        light_reason=lit.reason,
        events=tuple(e.type for e in events),
    )


def meeting_reply(meeting: Meeting, events: Sequence[Recorded]) -> MeetingReply:
    """The answer to a command that gave these events."""
    versions = {e.version for e in events}
    return MeetingReply(
        stream=meeting.stream,
        meeting=meeting.number,
        stage=meeting.stage,
        version=events[-1].version if events else meeting.version,
        points=tuple(p.no for p in meeting.points if p.version in versions),
        events=tuple(e.type for e in events),
    )
