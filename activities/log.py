"""The two ways a workflow reaches the log: append, and load."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.log import APPEND, LOAD, LOG_UNREACHABLE, Appended, AppendRequest, Loaded, LogAnswer
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.errors import LogError, LogUnreachable

logger = structlog.get_logger()


class LogActivities:
    """Synchronous, each in a thread of the worker's pool with a connection of its own.

    `no_thread_cancel_exception`: the SDK would otherwise raise inside the thread on a time-out and leave a transaction
    open that locks everybody out.
    """

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        """The activities, for the worker to register."""
        return (self.append, self.load)

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, request: AppendRequest) -> LogAnswer:
        """Ask the log to record what was decided; one line of log per event recorded."""
        try:
            said = append(self._database, request)
        except LogError as e:
            raise failed_activity(e) from e
        if isinstance(said, Appended):
            for event in said.events:
                logger.info(
                    "event_recorded",
                    stream=event.stream,
                    version=event.version,
                    type=event.type,
                    actor=event.actor.id,
                    command_id=event.command_id,
                )
        return LogAnswer(said=said)

    @activity.defn(name=LOAD, no_thread_cancel_exception=True)
    def load(self, stream: str) -> Loaded:
        """The state of a stream as the log has it, and the rulebook in force."""
        try:
            found = reading.load(self._database, stream)
            rulebook = reading.rulebook(self._database)
        except LogError as e:
            raise failed_activity(e) from e
        if found is None:
            return Loaded(rulebook=rulebook)
        match found.state:
            case Matter() as matter:
                return Loaded(matter=matter, rulebook=rulebook)
            case Meeting() as meeting:
                return Loaded(meeting=meeting, rulebook=rulebook)
        raise ApplicationError(f"{stream} has no workflow", type="no_workflow", non_retryable=True)


def failed_activity(error: LogError) -> ApplicationError:
    """The log's trouble as Temporal retries it, or does not."""
    # Only an unreachable log is worth a second try; a wrong schema stays wrong.
    retry = isinstance(error, LogUnreachable)
    return ApplicationError(error.message, type=LOG_UNREACHABLE if retry else error.code, non_retryable=not retry)
