"""What clients and workflows say to each other: names, payloads, error codes."""

from datetime import timedelta

from domain.base import Frozen
from domain.terms import Light, Stage

TASK_QUEUE = "xmh"
UNEXPECTED = "unexpected"


class MatterStart(Frozen):
    """What starts a matter's workflow: only its stream. The state is in the log, so nothing else can go stale.

    `renew_after` shortens the history before continue-as-new, for tests; Temporal says when otherwise.
    `clock_shift` is what a simulated office adds to Temporal's clock to live in another year; zero in a real one.
    """

    model_config = {"extra": "ignore"}
    start_version: int = 1
    stream: str
    renew_after: int | None = None
    clock_shift: timedelta = timedelta(0)


class NoticesStart(Frozen):
    """What starts the delivery of notices of a headquarters. What waits is in the log's tables; see `MatterStart`."""

    model_config = {"extra": "ignore"}
    start_version: int = 1
    renew_after: int | None = None
    clock_shift: timedelta = timedelta(0)


class Reply(Frozen):
    """How the matter stands after a command. `version` is that of the last event the command gave."""

    stream: str
    matter: str
    stage: Stage
    version: int
    light: Light
    light_reason: str
    events: tuple[str, ...] = ()
