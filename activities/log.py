"""The two ways a workflow reaches the log: append, and load."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.access.terms import OrderFault
from domain.door import Door, same
from domain.ids import kind_of
from domain.log import APPEND, LOAD, LOG_UNREACHABLE, Appended, AppendRequest, Loaded, Loading, LogAnswer, Refused
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.streams import WORKFLOW_OF
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.errors import LogError, LogUnreachable

logger = structlog.get_logger()

_FORGED = {fault.value: fault for fault in OrderFault}


def _untraced(name: str) -> AbstractContextManager[Callable[[str, str | int], None]]:
    del name
    return nullcontext(lambda *_: None)


class LogActivities:
    """Synchronous, each in a thread of the worker's pool with a connection of its own.

    `no_thread_cancel_exception`: the SDK would otherwise raise inside the thread on a time-out and leave a transaction
    open that locks everybody out.
    """

    def __init__(
        self,
        database: Database,
        door: Door,
        *,
        simulated: bool = False,
        answered: Callable[[str], None] = lambda _: None,
        forged: Callable[[OrderFault, str, str], None] = lambda *_: None,
        traced: Callable[[str], AbstractContextManager[Callable[[str, str | int], None]]] = _untraced,
    ) -> None:
        """Work on this database, for what came through this door; in a simulated home starts say which day it is.

        `answered` hears each answer of the log by its name, and `failed`; `forged` of each order that is nobody's: why,
        for which stream, in whose name. `traced` gives a span to what is done within, and what marks it.
        """
        self._traced = traced
        self._forged = forged
        self._answered = answered
        self._database = database
        self._door = door
        self._simulated = simulated

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        """The activities, for the worker to register."""
        return (self.append, self.load)

    @activity.defn(name=APPEND, no_thread_cancel_exception=True)
    def append(self, request: AppendRequest) -> LogAnswer:
        """Ask the log to record what was decided; one line of log per event recorded."""
        self._check_caller(request.stream, request.actor.id)
        try:
            with self._traced("append") as mark:
                answer = append(self._database, request, door=self._door)
                mark("xmh.answer", answer.answer)
                if isinstance(answer, Appended) and answer.events:
                    mark("xmh.events", len(answer.events))
                    mark("xmh.position", answer.events[-1].position)
        except LogError as e:
            self._answered("failed")
            raise failed_activity(e) from e
        self._answered(answer.answer)
        if isinstance(answer, Refused) and answer.code in _FORGED:
            self._forged(_FORGED[answer.code], request.stream, request.actor.id)
        if isinstance(answer, Appended):
            for event in answer.events:
                logger.info(
                    "event_recorded",
                    stream=event.stream,
                    version=event.version,
                    type=event.type,
                    actor=event.actor.id,
                    command_id=event.command_id,
                )
        return LogAnswer(said=answer)

    @activity.defn(name=LOAD, no_thread_cancel_exception=True)
    def load(self, asked: Loading) -> Loaded:
        """The state of a stream as the log has it, the rulebook in force, and what to think of the start."""
        self._check_caller(asked.stream, "")
        proof = self._door.of_start(asked.stream, asked.renew_after, asked.clock_shift)
        proven = same(asked.proof, proof)
        loaded = self._loaded(asked.stream)
        if not proven and loaded.matter is None and loaded.meeting is None:  # runs of an older build have no proof
            self._forged(OrderFault.PAST_THE_DOOR, asked.stream, "")
        return loaded.model_copy(update={"unproven": not proven, "plain": not (proven and self._simulated)})

    def _check_caller(self, stream: str, claimed: str) -> None:
        """Refuse who is not the workflow of the stream itself, running in this very worker.

        Any workflow on any queue can ask for an activity by name; only a local one runs where its workflow's code does.

        Raises:
            ApplicationError: it is somebody else; not to be tried again.
        """
        info = activity.info()
        own = info.is_local and info.workflow_id == stream and info.workflow_type == WORKFLOW_OF.get(kind_of(stream))
        if not own:
            logger.error("foreign_call", stream=stream, workflow=info.workflow_id, type=info.workflow_type)
            self._forged(OrderFault.FOREIGN, stream, claimed)
            raise ApplicationError(f"{stream} is not the caller's", type="foreign_call", non_retryable=True)

    def _loaded(self, stream: str) -> Loaded:
        try:
            loaded = reading.load(self._database, stream)
            rulebook = reading.rulebook(self._database)
        except LogError as e:
            raise failed_activity(e) from e
        if loaded is None:
            return Loaded(rulebook=rulebook)
        match loaded.state:
            case Matter() as matter:
                return Loaded(matter=matter, rulebook=rulebook)
            case Meeting() as meeting:
                return Loaded(meeting=meeting, rulebook=rulebook)
        raise ApplicationError(f"{stream} has no workflow", type="no_workflow", non_retryable=True)


def failed_activity(error: LogError) -> ApplicationError:
    """The log's error as a Temporal activity fails with it: retried, or not."""
    # Only an unreachable log is worth a second try; a wrong schema stays wrong.
    retry = isinstance(error, LogUnreachable)
    return ApplicationError(error.message, type=LOG_UNREACHABLE if retry else error.code, non_retryable=not retry)
