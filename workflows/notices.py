"""The delivery of notices, one workflow per headquarters: matters never wait for it, and it never waits for a channel.

Signals: `look` (the log holds something nobody was told of, or somebody wants a try). All that is to be sent is in the
log's tables; this is only the clock. When nothing is due it rests on one timer, or on none.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.exceptions import TimeoutError as TemporalTimeout

with workflow.unsafe.imports_passed_through():
    from domain.log import WITNESSED, Witnessed
    from domain.notices.delivery import DELIVER, SPREAD, DeliveryQueues, Turn
    from workflows.contract import NoticesStart

PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""An unreachable log is waited for."""
ONE_TRY = RetryPolicy(maximum_attempts=1)
"""What was not sent is due again: the tables know better than a retry what is left."""
TURN = timedelta(minutes=3)
SILENCE = timedelta(seconds=10)
"""A worker that says nothing for so long is dead; it says something every two seconds."""
AFTER_TROUBLE = timedelta(seconds=30)
WITNESSES = "the-delivery-is-a-witness"


@workflow.defn(name="Notices")
class NoticesWorkflow:
    """Looks what waits, and serves each channel on its own."""

    @workflow.init
    def __init__(self, start: NoticesStart) -> None:
        """Know nothing: the tables do."""
        self._shift = start.clock_shift
        self._renew_after: int | None = None
        self._start = start
        self._moved = 0
        self._served: dict[str, asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, start: NoticesStart) -> None:
        """For ever: tell, serve what is due, rest until something else is."""
        while not self._must_renew():
            seen = self._moved
            standing = await self._spread()
            resting = [q for q in standing.queues if q.channel not in self._served]
            for queue in resting:
                if queue.next_at <= self._now():
                    self._served[queue.channel] = asyncio.create_task(self._serve(queue.channel))
            await self._rest(seen, min((q.next_at for q in resting if q.channel not in self._served), default=None))
        # What is on its way is let arrive; a channel takes a turn at most.
        await workflow.wait_condition(lambda: not self._served)
        workflow.continue_as_new(start)

    @workflow.signal
    def look(self) -> None:
        """Something new may be there."""
        self._moved += 1

    async def _spread(self) -> DeliveryQueues:
        asked = self._now()
        standing: DeliveryQueues = await workflow.execute_activity(
            SPREAD,
            asked,
            result_type=DeliveryQueues,
            start_to_close_timeout=TURN,
            heartbeat_timeout=SILENCE,
            retry_policy=PATIENT,
        )
        if standing.looked_at is not None:
            # The worker's home says which day it is, not what this run was started with.
            self._shift += standing.looked_at - asked
        self._renew_after = None if standing.plain else self._start.renew_after
        if standing.witnessed is not None and workflow.patched(WITNESSES):
            self._witness(standing.witnessed)
        return standing

    @staticmethod
    def _witness(now: Witnessed) -> None:
        """Keep in Temporal how far the log reached, and every number given: an older copy of the log knows neither."""
        before = workflow.memo_value(WITNESSED, None, type_hint=Witnessed)
        known = now if before is None else now.after(before)
        if known != before:
            workflow.upsert_memo({WITNESSED: known})

    async def _serve(self, channel: str) -> None:
        """One turn of one channel. The others do not wait for it."""
        try:
            await workflow.execute_activity(
                DELIVER,
                Turn(channel=channel, now=self._now()),
                start_to_close_timeout=TURN,
                heartbeat_timeout=SILENCE,
                retry_policy=ONE_TRY,
            )
        except ActivityError as error:
            workflow.logger.warning("turn_failed", extra={"channel": channel, "error": str(error.cause)})
            if not isinstance(error.cause, TemporalTimeout):  # a worker died: the next one goes on at once
                await workflow.sleep(AFTER_TROUBLE)
        finally:
            del self._served[channel]
            self._moved += 1

    async def _rest(self, seen: int, until: datetime | None) -> None:
        try:
            await workflow.wait_condition(
                lambda: self._moved != seen or self._must_renew(),
                timeout=None if until is None else until - self._now(),
            )
        except TimeoutError:
            return

    def _now(self) -> datetime:
        return workflow.now() + self._shift

    def _must_renew(self) -> bool:
        info = workflow.info()
        if self._renew_after is not None and info.get_current_history_length() > self._renew_after:
            return True
        return info.is_continue_as_new_suggested()
