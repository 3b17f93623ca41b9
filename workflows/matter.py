"""One supervised matter as a workflow: a cache of the log with timers.

Updates: `submit` (every command of people). Signals: `look_again` (the log or the rulebook moved).
Queries: `version`, `seen`.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.commands import ExpireDeadline, Order, Reproject
    from domain.deadlines import next_deadline
    from domain.envelope import SYSTEM, Draft, Recorded
    from domain.evolve import evolve
    from domain.lights import light
    from domain.log import Claims, Loaded
    from domain.matter import Matter
    from domain.numbering import numbers_held
    from domain.rules import Office, claims, decide
    from workflows.contract import MatterStart, Reply, Seen, matter_reply
    from workflows.logged import LOG_PAUSE, Logged, LogUnreachableError, must_renew


class LoggedMatter(Logged[Matter, Order, Reply]):
    """The stream of one matter."""

    kind = "matter"

    def evolve(self, state: Matter | None, recorded: Recorded) -> Matter:
        """By the table of events."""
        return evolve(state, recorded)

    def decide(self, order: Order, office: Office) -> tuple[Draft, ...]:
        """By the office's rule book."""
        return decide(self.state, order.command, office)

    def claims(self, order: Order) -> Claims:
        """The units the command names."""
        return claims(order.command)

    def of(self, loaded: Loaded) -> Matter | None:
        """The matter."""
        return loaded.matter

    def numbers(self, state: Matter) -> dict[str, int]:
        """The matter's own number, and that of its last 催办单."""
        return numbers_held(state)

    def answer(self, state: Matter, events: Sequence[Recorded]) -> Reply:
        """How the matter stands, with its light."""
        return matter_reply(state, light(state, self.rulebook, self.now()), events)


@workflow.defn(name="Matter")
class MatterWorkflow:
    """One matter, from 立项 to 销号. The log decides; this waits."""

    @workflow.init
    def __init__(self, start: MatterStart) -> None:
        """Know the stream; everything else is loaded from the log."""
        self._log = LoggedMatter(start)

    @workflow.run
    async def run(self, start: MatterStart) -> None:
        """Wait for the next deadline or message until the matter has ended."""
        self._log.check_identity()
        while True:
            try:
                if await self._turn():
                    self._log.check_proven()
                    return
            except LogUnreachableError:
                workflow.logger.warning("log_unreachable", extra={"stream": start.stream})
                await self._rest(LOG_PAUSE)
            except asyncio.CancelledError:
                # A matter ends by 销号 or 撤销, not by a cancelled workflow.
                workflow.logger.warning("cancellation_ignored", extra={"stream": start.stream})
            if must_renew(self._log.renew_after):
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(start)

    @workflow.update
    async def submit(self, order: Order) -> Reply:
        """Carry out one command; the reply comes after the commit."""
        return await self._log.update(order)

    @workflow.signal
    def look_again(self) -> None:
        """The log or the rulebook may have moved without this workflow."""
        self._log.look_again()

    @workflow.query
    def version(self) -> int:
        """The version of the stream this workflow has seen."""
        return self._log.version

    @workflow.query
    def seen(self) -> Seen:
        """Where this workflow stands, for healing and `doctor`."""
        return self._log.seen

    async def _turn(self) -> bool:
        """One thing owed, or one wait. True when nothing will ever be owed again."""
        log = self._log
        if not log.loaded or log.stale:
            await log.synchronise()
        if log.state is None or log.state.at_rest:
            await workflow.wait_condition(workflow.all_handlers_finished)
            return log.state is None or log.state.at_rest
        if log.reproject:
            log.reproject = False
            if decide(log.state, Reproject(), Office(rulebook=log.rulebook, now=log.now(), actor=SYSTEM)):
                refused = not await self._own(Reproject(), "reproject")
                log.reproject = log.reproject or refused
        deadline = next_deadline(log.state, log.rulebook, log.now())
        if deadline is not None and deadline.at <= log.now():
            await self._own(ExpireDeadline(), deadline.kind.value)
        else:
            await self._wait_until(deadline.at if deadline else None)
        return False

    async def _wait_until(self, instant: datetime | None) -> None:
        seen = self._log.moved
        try:
            await workflow.wait_condition(
                lambda: self._log.moved != seen or must_renew(self._log.renew_after),
                timeout=None if instant is None else instant - self._log.now(),
            )
        except TimeoutError:
            return

    async def _rest(self, pause: timedelta) -> None:
        try:
            await workflow.sleep(pause)
        except asyncio.CancelledError:
            return

    async def _own(self, command: ExpireDeadline | Reproject, what: str) -> bool:
        """A command of the clock. Its id names the version it stands on, so a second timer finds it done."""
        log = self._log
        order = Order(
            command_id=f"{log.stream}@{log.version}+{log.rulebook.version}:{what}",
            stream=log.stream,
            actor=SYSTEM,
            command=command,
            valid_until=log.now() + LOG_PAUSE,
        )
        return await log.own(order, what)
