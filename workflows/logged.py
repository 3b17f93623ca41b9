"""What a workflow of ours is at heart: a cache of one stream, one lock, one way in. The log decides."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.base import Frozen, Refusal, refuse
    from domain.bounds import named
    from domain.door import UNPROVEN
    from domain.envelope import SYSTEM, Draft, Recorded
    from domain.ids import kind_of
    from domain.log import (
        APPEND,
        LOAD,
        LOG_UNREACHABLE,
        Ahead,
        Already,
        AppendAnswer,
        Appended,
        AppendRequest,
        Behind,
        Claims,
        Loaded,
        Loading,
        LogAnswer,
        Refused,
        Rulebook,
    )
    from domain.order import OrderBase
    from domain.rules.context import DecisionContext
    from domain.terms import Role
    from workflows.contract import FOREIGN, NO_STREAM, UNEXPECTED, Answered, Seen, Start

ATTEMPTS = RetryPolicy(maximum_attempts=3, initial_interval=timedelta(milliseconds=200))
ONE_TRY = timedelta(seconds=5)
ALL_TRIES = timedelta(seconds=8)
"""A caller has his answer within ten seconds even when the log is down."""
CLOCK_RESTS = "clock-rests"
"""Names the change: before it a refused command of the clock was tried again at once, for ever."""
CLOCK_ANEW = "clock-anew"
"""Names the change: before it a command of the clock kept its id when the log had gone back under it."""
LONGEST_REST = timedelta(hours=1)
CLOCK_AFTER_CATCHING_UP = "the-clock-comes-first-after-catching-up"
"""Names the change: before it a run that learnt of a window only from the log let a command pass the clock."""
CLOCK_AFTER_WAITING = "the-clock-comes-first-after-waiting"
"""Names the change: before it who had waited behind another command was decided without a look at the clock."""
KEEPS_IN_MIND = "keeps-in-mind-what-the-log-failed"
"""Names the change: before it what was to be looked at, or computed again, while the log was down was forgotten."""
FAILS_AS_IT_IS = "a-local-activity-fails-as-it-is"
"""Names the change: before it only a log that did not answer in time was taken for unreachable. One that failed at once
came as the activity's own error, for a local activity's is not wrapped, and ended the run until it was healed."""
UNREACHABLE = "事件日志暂时无法写入"
LOG_PAUSE = timedelta(seconds=15)
"""How long the workflow's own events wait for an unreachable log before deciding afresh."""

S = TypeVar("S", bound=Frozen)
O = TypeVar("O", bound=OrderBase)  # noqa: E741  (an order)
R = TypeVar("R", bound=Answered)


class LogUnreachableError(Exception):
    """The log could not be reached in three attempts, or cannot be used as it is."""

    def __init__(self, message: str, code: str = LOG_UNREACHABLE) -> None:
        """Say why, and under which code whoever asked is told."""
        super().__init__(message)
        self.code = code


class ClockFirstError(Exception):
    """By what has just been learnt of the stream the clock owes something: it comes before this command."""


class Logged(ABC, Generic[S, O, R]):
    """One stream as this workflow has seen it. A kind of stream says how it decides, folds and answers."""

    kind: ClassVar[str]
    """The kind of its streams."""

    def __init__(self, start: Start | None) -> None:
        """Know the stream; everything else is loaded from the log. A start of nothing is one of no stream."""
        start = start or Start(stream=NO_STREAM)
        self.stream = start.stream
        self.renew_after: int | None = None
        self.owes: Callable[[], bool] = lambda: False
        """Whether the clock owes something at this moment, by what this cache has seen."""
        self.unproven = False
        """What started this run does not show that it came through the gateway."""
        self._start = start
        self.state: S | None = None
        self.rulebook = Rulebook()
        self.loaded = False
        self.moved = 0
        """Counts what this cache has learnt, so that whoever waits looks again."""
        self.stale = False
        self.reproject = False
        """The rulebook moved: the open deadlines are to be computed again."""
        self.refused = ""
        """Why the log refuses what the clock owes; empty when it does not."""
        self._refusals = 0
        self._shift = start.clock_shift
        self._lock = asyncio.Lock()

    # --- what a kind of stream says

    @abstractmethod
    def evolve(self, state: S | None, recorded: Recorded) -> S:
        """The state after one recorded event."""

    @abstractmethod
    def decide(self, order: O, context: DecisionContext) -> tuple[Draft, ...]:
        """The events a command leads to.

        Raises:
            Refusal: a rule says no.
        """

    @abstractmethod
    def claims(self, order: O) -> Claims:
        """What the command claims of the world outside its stream, for the append to check."""

    @abstractmethod
    def of(self, loaded: Loaded) -> S | None:
        """This kind's state of what was loaded."""

    @abstractmethod
    def answer(self, state: S, events: Sequence[Recorded]) -> R:
        """The reply to whoever sent the command."""

    def numbers(self, state: S) -> dict[str, int]:
        """Series → the newest number given to a paper of this stream."""
        del state
        return {}

    # --- what workflows use

    def check_identity(self) -> None:
        """The run is of the stream it is named after.

        Raises:
            ApplicationError: it is not; the run ends.
        """
        if workflow.info().workflow_id != self.stream or kind_of(self.stream) != self.kind:
            raise ApplicationError("流程的编号与它所办的事项不符", type=FOREIGN, non_retryable=True)

    def check_proven(self) -> None:
        """A start without a proof may only run what is already in the log.

        Raises:
            ApplicationError: it would run something else; the run ends.
        """
        if self.unproven and self.state is None:
            raise ApplicationError(UNPROVEN, type=FOREIGN, non_retryable=True)

    @property
    def version(self) -> int:
        """The version of the stream this cache has seen."""
        return 0 if self.state is None else int(getattr(self.state, "version", 0))

    @property
    def _hash(self) -> str:
        return str(getattr(self.state, "hash", ""))

    @property
    def settled(self) -> bool:
        """Whether nothing will ever be owed again; of a stream the log does not know nothing is."""
        return self.state is None or bool(getattr(self.state, "settled", False))

    @property
    def seen(self) -> Seen:
        """Where this cache stands."""
        return Seen(version=self.version, rulebook=self.rulebook.version, hash=self._hash, refused=self.refused)

    def now(self) -> datetime:
        """The office's moment."""
        return workflow.now() + self._shift

    def resync(self) -> None:
        """The log or the rulebook may have moved without this workflow."""
        self.stale = True
        self.moved += 1

    async def update(self, order: O) -> R:
        """Carry out one command of a person; what goes wrong fails the update and never the workflow."""
        self.check_identity()
        try:
            refuse(order.stream != self.stream, "命令不是给这个事项的，未作任何改动", "malformed")
            return await self.execute(order)
        except LogUnreachableError as e:
            raise ApplicationError(str(e), type=e.code, non_retryable=True) from e
        except Refusal as e:
            raise ApplicationError(e.message, type=e.code, non_retryable=True) from e
        except (ValueError, TypeError, KeyError, AttributeError, LookupError) as e:
            # A bare exception would wedge the stream for everybody; a failed update is one person's trouble.
            workflow.logger.exception("update_failed", extra={"stream": self.stream})
            raise ApplicationError(f"内部错误：{type(e).__name__}", type=UNEXPECTED, non_retryable=True) from e

    async def execute_due(self, order: O, what: str) -> bool:
        """Carry out a command of the clock; False when it was refused and nothing had moved.

        When something moved meanwhile, somebody was faster and nothing is owed any more. Otherwise the same would be
        refused again at once: the stream rests, longer each time, hears commands all the while, and `doctor` names it.
        """
        seen, fields = self.moved, {"stream": self.stream, "what": what}
        try:
            await self.execute(order, clock=True)
        except Refusal as e:
            if self.moved != seen:
                workflow.logger.info("no_longer_owed", extra={**fields, "code": e.code})
                return True
            workflow.logger.error("clock_refused", extra={**fields, "code": e.code, "reason": e.message})
            self.refused = e.message
            if not workflow.patched(CLOCK_RESTS):
                return True
            pause = min(LOG_PAUSE * 2 ** min(self._refusals, 10), LONGEST_REST)
            self._refusals += 1
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self.moved != seen, timeout=pause)
            return False
        self.refused, self._refusals = "", 0
        return True

    async def execute(self, order: O, *, clock: bool = False) -> R:
        """One command, one lock: decide, append, fold what was stored; again for as long as the log says `behind`.

        Raises:
            Refusal: a rule or the log said no; nothing is recorded.
            LogUnreachableError: the log did not answer in time.
        """
        waited = self._lock.locked()
        async with self._lock:
            # What he waited behind may have learnt of a window, or a window may have closed meanwhile.
            if waited and not clock and not self.refused and self.owes() and workflow.patched(CLOCK_AFTER_WAITING):
                raise ClockFirstError
            if not self.loaded:
                await self._load()
            while True:
                drafts, refusal = self._decided(order)
                answer = await self._append(order, drafts, refused=refusal is not None, clock=clock)
                match answer:
                    case Appended(events=events):
                        self._fold(events)
                        if refusal is not None:
                            raise refusal
                        return self._reply(events)
                    case Behind():
                        self._catch_up(answer)
                        if not clock and self.owes() and workflow.patched(CLOCK_AFTER_CATCHING_UP):
                            raise ClockFirstError
                    case Already(events=events):
                        await self._see_all()
                        return self._reply(events)
                    case Ahead(version=version):
                        workflow.logger.error("log_restored", extra={"stream": self.stream, "log": version})
                        await self._load()
                        if clock and workflow.patched(CLOCK_ANEW):
                            # Its id names the version it stood on; used below that, it would be met again there.
                            raise Refusal("日志回到了较早的状态，时钟所欠须重新计算", "log_restored")
                    case Refused(code=code, message=message):
                        raise Refusal(message, code)

    async def synchronise(self) -> None:
        """See whatever the log has beyond this cache."""
        async with self._lock:
            self.stale = False
            try:
                await (self._see_all() if self.loaded else self._load())
            except LogUnreachableError:
                self.stale = self.stale or workflow.patched(KEEPS_IN_MIND)
                raise

    # --- the protocol

    def _decided(self, order: O) -> tuple[tuple[Draft, ...], Refusal | None]:
        """The drafts, or the refusal to be confirmed: an empty append shows whether this cache is behind."""
        now = self.now()
        if now > order.valid_until:
            return (), Refusal("这条命令已过有效期，请重新提交", "expired")
        context = DecisionContext(rulebook=self.rulebook, now=now, actor=order.actor, occurred_at=order.occurred_at)
        try:
            if order.actor.role is not Role.SYSTEM:
                named(order.command_id)
            return self.decide(order, context), None
        except Refusal as refusal:
            return (), refusal

    async def _append(
        self, order: O | None, drafts: tuple[Draft, ...] = (), *, refused: bool = False, clock: bool = False
    ) -> AppendAnswer:
        claims = self.claims(order) if order else Claims()
        request = AppendRequest(
            stream=self.stream,
            expected_version=self.version,
            expected_hash=self._hash,
            rulebook_version=self.rulebook.version,
            command_id=order.command_id if order else "",
            request_hash=order.content_hash() if order else "",
            actor=order.actor if order else SYSTEM,
            units=claims.units,
            people=claims.people,
            slots=claims.slots,
            now=self.now(),
            clock=clock,
            valid_until=order.valid_until if order and not clock else None,
            proof=order.proof if order else "",
            signed=order.signed if order else None,
            refused=refused,
            drafts=drafts,
        )
        try:
            answer: LogAnswer = await workflow.execute_local_activity(
                APPEND,
                request,
                result_type=LogAnswer,
                start_to_close_timeout=ONE_TRY,
                schedule_to_close_timeout=ALL_TRIES,
                local_retry_threshold=ALL_TRIES,
                retry_policy=ATTEMPTS,
            )
        except (ActivityError, ApplicationError) as e:
            if _fails_as_before(e):
                raise
            raise _unreachable(e) from e
        return answer.said

    async def _load(self) -> None:
        try:
            loaded = await workflow.execute_local_activity(
                LOAD,
                Loading(
                    stream=self.stream,
                    renew_after=self._start.renew_after,
                    clock_shift=self._start.clock_shift,
                    proof=self._start.proof,
                ),
                result_type=Loaded,
                start_to_close_timeout=ONE_TRY,
                schedule_to_close_timeout=ALL_TRIES,
                local_retry_threshold=ALL_TRIES,
                retry_policy=ATTEMPTS,
            )
        except (ActivityError, ApplicationError) as e:
            if _fails_as_before(e):
                raise
            raise _unreachable(e) from e
        self.state, self.rulebook, self.unproven = self.of(loaded), loaded.rulebook, loaded.unproven
        if loaded.plain:
            self._shift = timedelta(0)
        else:
            self.renew_after = self._start.renew_after
        self.loaded, self.reproject = True, True
        self.moved += 1
        self._keep_numbers()

    async def _see_all(self) -> None:
        """Fold whatever the log has beyond this cache."""
        while True:
            match await self._append(None):
                case Behind() as answer:
                    self._catch_up(answer)
                case Ahead():
                    await self._load()
                case _:
                    return

    def _catch_up(self, answer: Behind) -> None:
        self._fold(answer.events)
        if answer.rulebook is not None:
            self.rulebook, self.reproject = answer.rulebook, True
            self.moved += 1

    def _fold(self, events: tuple[Recorded, ...]) -> None:
        for event in events:
            self.state = self.evolve(self.state, event)
            self.moved += 1
        self._keep_numbers()

    def _keep_numbers(self) -> None:
        """Numbers given to papers are kept in Temporal too: a log restored from a copy may not give them again."""
        held = self.numbers(self.state) if self.state is not None else {}
        higher = {series: n for series, n in held.items() if n > workflow.memo_value(series, 0)}
        if higher:
            workflow.upsert_memo(higher)

    def _reply(self, events: tuple[Recorded, ...]) -> R:
        if self.state is None:
            raise Refusal("日志里没有这条记录", "not_found")
        return self.answer(self.state, events)


def _fails_as_before(error: ActivityError | ApplicationError) -> bool:
    return isinstance(error, ApplicationError) and not workflow.patched(FAILS_AS_IT_IS)


def _unreachable(error: ActivityError | ApplicationError) -> LogUnreachableError:
    """What a local activity failed with is raised as it is; one that ran out of time is wrapped."""
    if isinstance(error, ActivityError):
        return LogUnreachableError(UNREACHABLE)  # whatever came of it: nobody may be told that it was refused
    return LogUnreachableError(error.message or UNREACHABLE, error.type or LOG_UNREACHABLE)


def must_renew(renew_after: int | None) -> bool:
    """Whether the history is long enough to begin a new run."""
    info = workflow.info()
    if renew_after is not None and info.get_current_history_length() > renew_after:
        return True
    return info.is_continue_as_new_suggested()
