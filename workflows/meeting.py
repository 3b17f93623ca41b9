"""One meeting as a workflow: its notice, its agenda, its minutes, and every outcome on its way to its matter."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

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
    from domain.meetings.deadlines import MeetingDeadline, MeetingDeadlineKind, next_meeting_deadline
    from domain.meetings.deliveries import ASSEMBLE, DELIVER, Assembling, outcome_order
    from domain.meetings.evolve import evolve_meeting
    from domain.meetings.meeting import DecisionPoint, Meeting
    from domain.meetings.numbers import meeting_numbers_held
    from domain.meetings.rules import decide_meeting, meeting_claims
    from domain.rules.context import DecisionContext
    from workflows.contract import MeetingReply, MeetingStart, meeting_reply
    from workflows.logged import LOG_PAUSE, Logged, LogUnreachableError
    from workflows.stream import StreamWorkflow

FOR_EVER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
ONE_DELIVERY = timedelta(seconds=20)
SILENT_FOR = timedelta(seconds=4)
"""A worker that carried an outcome and says nothing for so long is dead."""


class LoggedMeeting(Logged[Meeting, MeetingOrder, MeetingReply]):
    """What `Logged` asks of a meeting: how it folds, decides and answers."""

    kind = "meeting"

    def evolve(self, state: Meeting | None, recorded: Recorded) -> Meeting:
        """By the table of events."""
        return evolve_meeting(state, recorded)

    def decide(self, order: MeetingOrder, context: DecisionContext) -> tuple[Draft, ...]:
        """By the rules of meetings."""
        return decide_meeting(self.state, order.command, context)

    def claims(self, order: MeetingOrder) -> Claims:
        """Units a decision names, who is to chair, and the slot a meeting takes."""
        return meeting_claims(self.state, order.command, order.actor)

    def of(self, loaded: Loaded) -> Meeting | None:
        """None until it is convened: its run may start before its first event."""
        return loaded.meeting

    def numbers(self, state: Meeting) -> dict[str, int]:
        """Its number, its ordinal, and that of its minutes."""
        return meeting_numbers_held(state)

    def answer(self, state: Meeting, events: Sequence[Recorded]) -> MeetingReply:
        """Number and stage after the command, and the decision points it gave."""
        return meeting_reply(state, events)


@workflow.defn(name="Meeting")
class MeetingWorkflow(StreamWorkflow[Meeting, MeetingOrder, MeetingReply, MeetingDeadline]):
    """One meeting, from its notice to the last outcome; beside the loop it carries outcomes to their matters."""

    @workflow.init
    def __init__(self, start: MeetingStart) -> None:
        """Know the stream; everything else is loaded from the log."""
        super().__init__(LoggedMeeting(start))
        self._carrying: dict[tuple[int, int], asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, start: MeetingStart) -> None:
        """Until the minutes are signed and every outcome has reached its matter."""
        await self._live(start)

    @workflow.update
    async def submit(self, order: MeetingOrder) -> MeetingReply:
        """Carry out one command; the reply comes after the commit."""
        return await self._answer(order)

    def _reprojection(self) -> MeetingOrder:
        return self._order(ReprojectMeeting(), self._due_id("reproject"))

    def _deadline(self, state: Meeting) -> MeetingDeadline | None:
        return next_meeting_deadline(state, self._log.rulebook.calendar)

    async def _expire(self, deadline: MeetingDeadline) -> None:
        if deadline.kind is MeetingDeadlineKind.AGENDA:
            await self._freeze()
        else:
            await self._execute_due(ExpireMeeting(), deadline.kind.value)

    def _set_out(self, state: Meeting) -> None:
        """With every outcome that is owed and not yet on its way; none waits for another."""
        for point in state.pending:
            key = (point.no, point.attempt)
            if key not in self._carrying:
                self._carrying[key] = asyncio.create_task(self._deliver(state, point, key))

    def _may_renew(self) -> bool:
        return workflow.all_handlers_finished() and not self._carrying

    async def _freeze(self) -> None:
        """确定议题, with what the log proposes at this moment."""
        log = self._log
        assembled: Assembled = await workflow.execute_activity(
            ASSEMBLE,
            Assembling(stream=log.stream, now=log.now()),
            result_type=Assembled,
            start_to_close_timeout=ONE_DELIVERY,
            retry_policy=FOR_EVER,
        )
        await self._execute_due(FreezeAgenda(proposed=assembled.items, position=assembled.position), "freeze")

    async def _deliver(self, meeting: Meeting, point: DecisionPoint, key: tuple[int, int]) -> None:
        try:
            delivered: Delivered = await workflow.execute_activity(
                DELIVER,
                outcome_order(meeting, point, self._log.now()),
                result_type=Delivered,
                start_to_close_timeout=ONE_DELIVERY,
                heartbeat_timeout=SILENT_FOR,
                retry_policy=FOR_EVER,
            )
            what = f"delivery:{point.no}.{point.attempt}"
            noted = NoteDelivery(point=point.no, attempt=point.attempt, delivered=delivered)
            await self._log.execute_due(self._order(noted, f"{self._log.stream}:{what}"), what)
        except (ActivityError, LogUnreachableError):
            # The matter has it or will have it: the next turn asks again, under the same command id.
            workflow.logger.warning("delivery_postponed", extra={"stream": self._log.stream, "point": point.no})
            await self._rest(LOG_PAUSE)
        finally:
            self._carrying.pop(key, None)
            self._log.moved += 1

    async def _execute_due(self, command: MeetingCommand, what: str) -> None:
        await self._log.execute_due(self._order(command, self._due_id(what)), what)

    def _order(self, command: MeetingCommand, command_id: str) -> MeetingOrder:
        return MeetingOrder(
            command_id=command_id,
            stream=self._log.stream,
            actor=SYSTEM,
            command=command,
            valid_until=self._log.now() + LOG_PAUSE,
        )
