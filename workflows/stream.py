"""The one loop every stream's workflow runs: what is owed now is carried out, for all else it waits."""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from enum import Enum
from typing import Generic, Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.base import Frozen
    from domain.envelope import SYSTEM
    from domain.log import LOG_UNREACHABLE
    from domain.order import OrderBase
    from domain.rules.context import DecisionContext
    from workflows.contract import RESYNC, Answered, Seen, Start
    from workflows.logged import (
        KEEPS_IN_MIND,
        LOG_PAUSE,
        UNREACHABLE,
        ClockFirstError,
        Logged,
        LogUnreachableError,
        must_renew,
    )


CLOCK_FIRST = "the-clock-comes-first"
"""Names the change: before it a command was decided although the clock owed something at that moment."""
CLOCK_BEFORE_RENEWAL = "the-clock-comes-before-renewal"
"""Names the change: before it a run that was about to begin anew let commands pass the clock."""
NOBODY_PASSES = "nobody-passes-a-clock-the-log-failed"
"""Names the change: before it who had waited for the clock passed it when the log failed it, and was recorded where the
log came back a moment later: a report of 17:00:12 in time for the window of 17:00."""
NOBODY_PASSES_A_TRY = "nobody-passes-a-clock-that-tries-again"
"""Names the change: before it who came while the clock tried again waited for that try and no longer, and passed the
clock where the log came back a moment after it."""
REFUSED_NO_MORE = "nothing-owed-is-nothing-refused"
"""Names the change: before it a refusal of the clock was held against a stream that owed nothing any more: `doctor`
named it, and people passed the clock of its next window."""
CLOCK_TRIES_AGAIN = "the-clock-tries-again"
"""Names the change: before it commands passed the clock for as long as it rested from a log that had not answered."""


class Owed(Protocol):
    """A deadline of whatever stream: what is owed, and from when on."""

    @property
    def at(self) -> datetime:
        """From when on it is owed; its timer fires then."""

    @property
    def kind(self) -> Enum:
        """What it is called; part of the id of the command that carries it out."""


S = TypeVar("S", bound=Frozen)
O = TypeVar("O", bound=OrderBase)  # noqa: E741  (an order)
R = TypeVar("R", bound=Answered)
D = TypeVar("D", bound=Owed)


class StreamWorkflow(ABC, Generic[S, O, R, D]):
    """One stream, from its first event until nothing is owed any more. The log decides; this waits.

    A kind of stream says what it owes next and how that is carried out. It defines `run` and `submit` itself: Temporal
    reads their types off the class.
    """

    def __init__(self, log: Logged[S, O, R]) -> None:
        """Run the stream of this cache."""
        self._log = log
        log.owes = self._clock_owes
        self._hindered = False
        """The loop cannot carry out what is owed: the log does not answer, or it waits for the handlers."""
        self._rests = False
        """It does so because the log did not answer."""
        self._woken = False
        """Somebody came while it rested: what is owed is tried again before him."""

    # --- what a kind of stream says

    @abstractmethod
    def _reprojection(self) -> O:
        """The command that computes the open deadlines again after the rulebook moved."""

    @abstractmethod
    def _deadline(self, state: S) -> D | None:
        """What is owed next; None when the stream waits for people only."""

    @abstractmethod
    async def _expire(self, deadline: D) -> None:
        """Carry out what is owed now."""

    def _set_out(self, state: S) -> None:
        """Begin what runs beside the loop."""

    def _may_renew(self) -> bool:
        """Whether nothing runs that a new run would lose."""
        return workflow.all_handlers_finished()

    # --- messages

    @workflow.signal(name=RESYNC)
    def resync(self) -> None:
        """The log or the rulebook may have moved without this workflow."""
        self._log.resync()

    @workflow.query
    def version(self) -> int:
        """The version of the stream this workflow has seen."""
        return self._log.version

    @workflow.query
    def seen(self) -> Seen:
        """Where this workflow stands, for healing and `doctor`."""
        return self._log.seen

    async def _answer(self, order: O) -> R:
        """Carry out one command of a person, after what the clock owed before him.

        Where nothing ran for a while, a command that starts the stream again would be decided on yesterday's state: a
        report of Saturday in time for the window of Friday.
        """
        if self._rests and workflow.patched(CLOCK_TRIES_AGAIN):
            self._woken, self._hindered = True, False
        while True:
            if workflow.patched(CLOCK_FIRST):
                await workflow.wait_condition(self._clock_is_even)
                if self._rests and self._clock_owes() and workflow.patched(NOBODY_PASSES):
                    raise ApplicationError(UNREACHABLE, type=LOG_UNREACHABLE, non_retryable=True)
            try:
                return await self._log.update(order)
            except ClockFirstError:
                continue

    def _clock_is_even(self) -> bool:
        """Whether nothing is owed at this moment, or it cannot be had."""
        log = self._log
        if self._hindered or log.refused:
            return True
        if log.state is None or log.settled:
            return log.loaded
        return not self._clock_owes()

    def _clock_owes(self) -> bool:
        """Whether something is owed at this moment, by what this run has seen."""
        log = self._log
        deadline = None if log.state is None or log.settled else self._deadline(log.state)
        return deadline is not None and deadline.at <= log.now()

    # --- the loop

    async def _live(self, start: Start) -> None:
        """Wait for the next deadline or message until nothing will ever be owed again."""
        self._log.check_identity()
        while True:
            try:
                if await self._turn():
                    self._log.check_proven()
                    return
                self._hindered = False
            except LogUnreachableError:
                workflow.logger.warning("log_unreachable", extra={"stream": start.stream})
                self._hindered = True
                await self._rest_from_log()
                if workflow.patched(NOBODY_PASSES_A_TRY):
                    self._hindered = False  # whoever comes from now on waits for this try
            except asyncio.CancelledError:
                # A matter ends by 销号 or 撤销, a meeting by its minutes or by 取消, not by a cancelled workflow.
                workflow.logger.warning("cancellation_ignored", extra={"stream": start.stream})
            if must_renew(self._log.renew_after) and await self._is_free_to_renew():
                workflow.continue_as_new(start)

    async def _is_free_to_renew(self) -> bool:
        """Whether a new run may begin: when nobody is being answered. False: the clock owes something before that."""
        if workflow.patched(CLOCK_BEFORE_RENEWAL):
            # Whoever waits to be answered waits for the clock, and the new run would not know him.
            await workflow.wait_condition(lambda: self._may_renew() or not self._clock_is_even())
            return self._may_renew()
        self._hindered = True
        await workflow.wait_condition(self._may_renew)
        return True

    async def _turn(self) -> bool:
        """One thing owed, or one wait. True when nothing will ever be owed again."""
        log = self._log
        if not log.loaded or log.stale:
            await log.synchronise()
        if log.state is None or log.settled:
            self._hindered = True  # whoever opens it is answered first, and whoever comes with him does not wait for us
            await workflow.wait_condition(workflow.all_handlers_finished)
            return log.settled
        if log.reproject:
            await self._reproject()
        self._set_out(log.state)
        deadline = self._deadline(log.state)
        if deadline is not None and deadline.at <= log.now():
            await self._expire(deadline)
        else:
            if log.refused and not log.reproject and workflow.patched(REFUSED_NO_MORE):
                log.refused = ""
            await self._wait_until(deadline.at if deadline else None)
        return False

    async def _reproject(self) -> None:
        """Only what moves a deadline is sent; what the log refuses is tried again."""
        log, order = self._log, self._reprojection()
        log.reproject = False
        if log.decide(order, DecisionContext(rulebook=log.rulebook, now=log.now(), actor=SYSTEM)):
            try:
                refused = not await log.execute_due(order, "reproject")
            except LogUnreachableError:
                # Nobody would notice: the rulebook it has seen is the newest.
                log.reproject = log.reproject or workflow.patched(KEEPS_IN_MIND)
                raise
            log.reproject = log.reproject or refused

    async def _wait_until(self, instant: datetime | None) -> None:
        seen = self._log.moved
        try:
            await workflow.wait_condition(
                lambda: self._log.moved != seen or must_renew(self._log.renew_after),
                timeout=None if instant is None else instant - self._log.now(),
            )
        except TimeoutError:
            return

    async def _rest_from_log(self) -> None:
        """Until the log is tried again: after a while, or before whoever comes meanwhile is answered."""
        self._rests, self._woken = True, False
        try:
            await workflow.wait_condition(lambda: self._woken, timeout=LOG_PAUSE)
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            return
        finally:
            self._rests = False

    async def _rest(self, pause: timedelta) -> None:
        try:
            await workflow.sleep(pause)
        except asyncio.CancelledError:
            return

    def _due_id(self, what: str) -> str:
        """The id of a command of the clock. It names what it stands on, so a second timer finds it done."""
        return f"{self._log.stream}@{self._log.version}+{self._log.rulebook.version}:{what}"
