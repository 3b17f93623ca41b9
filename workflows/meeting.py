"""One meeting as a workflow: its notice, its agenda, its minutes, and every outcome on its way to its matter.

Updates: `submit` (every command of people). Signals: `look_again` (the log or the rulebook moved).
Queries: `version`, `seen`.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.envelope import SYSTEM, Draft, Recorded
    from domain.log import Claims, Loaded
    from domain.meetings.agenda import Assembled
    from domain.meetings.commands import (
        Delivered,
        ExpireMeeting,
        FreezeAgenda,
        MeetingCommand,
        MeetingOrder,
        NoteDelivery,
        ReprojectMeeting,
    )
    from domain.meetings.deadlines import MeetingDeadlineKind, next_meeting_deadline
    from domain.meetings.deliveries import ASSEMBLE, DELIVER, Assembling, outcome_order
    from domain.meetings.evolve import evolve_meeting
    from domain.meetings.meeting import DecisionPoint, Meeting
    from domain.meetings.numbers import meeting_numbers_held
    from domain.meetings.rules import decide_meeting, meeting_claims
    from domain.rules.office import Office
    from workflows.contract import MeetingReply, MeetingStart, Seen, meeting_reply
    from workflows.logged import LOG_PAUSE, Logged, LogUnreachableError, must_renew

FOR_EVER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
ONE_DELIVERY = timedelta(seconds=20)
SILENT_FOR = timedelta(seconds=4)
"""A worker that carried an outcome and says nothing for so long is dead."""


class LoggedMeeting(Logged[Meeting, MeetingOrder, MeetingReply]):
    """The stream of one meeting."""

    kind = "meeting"

    def evolve(self, state: Meeting | None, recorded: Recorded) -> Meeting:
        """By the table of events."""
        return evolve_meeting(state, recorded)

    def decide(self, order: MeetingOrder, office: Office) -> tuple[Draft, ...]:
        """By the rules of meetings."""
        return decide_meeting(self.state, order.command, office)

    def claims(self, order: MeetingOrder) -> Claims:
        """Units a decision names, and the slot a meeting takes."""
        return meeting_claims(self.state, order.command)

    def of(self, loaded: Loaded) -> Meeting | None:
        """The meeting."""
        return loaded.meeting

    def numbers(self, state: Meeting) -> dict[str, int]:
        """Its number, its ordinal, and that of its minutes."""
        return meeting_numbers_held(state)

    def answer(self, state: Meeting, events: Sequence[Recorded]) -> MeetingReply:
        """How the meeting stands."""
        return meeting_reply(state, events)


@workflow.defn(name="Meeting")
class MeetingWorkflow:
    """One meeting, from its notice to the last outcome. The log decides; this waits and carries."""

    @workflow.init
    def __init__(self, start: MeetingStart) -> None:
        """Know the stream; everything else is loaded from the log."""
        self._log = LoggedMeeting(start)
        self._carrying: dict[tuple[int, int], asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, start: MeetingStart) -> None:
        """Wait for the next deadline, message or delivery until the meeting has ended."""
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
                # A meeting ends by its minutes or by 取消, not by a cancelled workflow.
                workflow.logger.warning("cancellation_ignored", extra={"stream": start.stream})
            if must_renew(self._log.renew_after):
                await workflow.wait_condition(lambda: workflow.all_handlers_finished() and not self._carrying)
                workflow.continue_as_new(start)

    @workflow.update
    async def submit(self, order: MeetingOrder) -> MeetingReply:
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

    # --- the loop

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
            if decide_meeting(log.state, ReprojectMeeting(), Office(log.rulebook, log.now(), SYSTEM)):
                refused = not await self._own(ReprojectMeeting(), "reproject")
                log.reproject = log.reproject or refused
        self._carry(log.state)
        deadline = next_meeting_deadline(log.state, log.rulebook.calendar)
        if deadline is None or deadline.at > log.now():
            await self._wait_until(deadline.at if deadline else None)
        elif deadline.kind is MeetingDeadlineKind.AGENDA:
            await self._freeze()
        else:
            await self._own(ExpireMeeting(), deadline.kind.value)
        return False

    async def _freeze(self) -> None:
        """确定议题, with what the log proposes at this moment."""
        log = self._log
        found: Assembled = await workflow.execute_activity(
            ASSEMBLE,
            Assembling(stream=log.stream, now=log.now()),
            result_type=Assembled,
            start_to_close_timeout=ONE_DELIVERY,
            retry_policy=FOR_EVER,
        )
        await self._own(FreezeAgenda(proposed=found.items, position=found.position), "freeze")

    def _carry(self, meeting: Meeting) -> None:
        """Set out with every outcome that is owed and not yet on its way; none waits for another."""
        for point in meeting.pending:
            key = (point.no, point.attempt)
            if key not in self._carrying:
                self._carrying[key] = asyncio.create_task(self._deliver(meeting, point, key))

    async def _deliver(self, meeting: Meeting, point: DecisionPoint, key: tuple[int, int]) -> None:
        try:
            said: Delivered = await workflow.execute_activity(
                DELIVER,
                outcome_order(meeting, point, self._log.now()),
                result_type=Delivered,
                start_to_close_timeout=ONE_DELIVERY,
                heartbeat_timeout=SILENT_FOR,
                retry_policy=FOR_EVER,
            )
            noted = NoteDelivery(point=point.no, attempt=point.attempt, delivered=said)
            await self._own(noted, f"delivery:{point.no}.{point.attempt}")
        except (ActivityError, LogUnreachableError):
            # The matter has it or will have it: the next turn asks again, under the same command id.
            workflow.logger.warning("delivery_postponed", extra={"stream": self._log.stream, "point": point.no})
            await self._rest(LOG_PAUSE)
        finally:
            self._carrying.pop(key, None)
            self._log.moved += 1

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

    async def _own(self, command: MeetingCommand, what: str) -> bool:
        """A command of the clock. Its id names what it stands on, so that a second one finds it done."""
        log = self._log
        base = "" if isinstance(command, NoteDelivery) else f"@{log.version}+{log.rulebook.version}"
        order = MeetingOrder(
            command_id=f"{log.stream}{base}:{what}",
            stream=log.stream,
            actor=SYSTEM,
            command=command,
            valid_until=log.now() + LOG_PAUSE,
        )
        return await log.own(order, what)
