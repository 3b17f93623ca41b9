"""The headquarters' rhythm: every working morning it convenes the meetings that the series' rules call for.

A workflow with calendar-aware timers and no Temporal Schedule: a Schedule knows no make-up working days.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.meetings.deliveries import CONVENE, Convened, Convening
    from workflows.contract import RESYNC, HeadquartersStart

FOR_EVER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10))
ONE_TRY = timedelta(minutes=2)


@workflow.defn(name="Headquarters")
class HeadquartersWorkflow:
    """One look each working morning, for ever."""

    @workflow.init
    def __init__(self, start: HeadquartersStart) -> None:
        """Nothing is known but the clock."""
        self._shift = start.clock_shift
        self._look = False
        self._looked: datetime | None = None

    @workflow.run
    async def run(self, start: HeadquartersStart) -> None:
        """Look, then wait for the next working morning or for somebody who changed a rule."""
        while True:
            try:
                self._look = False
                now = workflow.now() + self._shift
                convened: Convened = await workflow.execute_activity(
                    CONVENE,
                    Convening(now=now),
                    result_type=Convened,
                    start_to_close_timeout=ONE_TRY,
                    retry_policy=FOR_EVER,
                )
                if convened.looked_at is not None:
                    # The worker's home says which day it is, not what this run was started with.
                    self._shift += convened.looked_at - now
                self._looked = workflow.now() + self._shift if convened.looked_at else now
                pause = convened.look_again_at - (workflow.now() + self._shift)
                await workflow.wait_condition(lambda: self._look, timeout=max(pause, timedelta(minutes=1)))
            except TimeoutError:
                pass
            except asyncio.CancelledError:
                # The rhythm ends with the headquarters, not with a cancelled workflow.
                workflow.logger.warning("cancellation_ignored")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)

    @workflow.query
    def looked_at(self) -> datetime | None:
        """The moment of the last look that is over."""
        return self._looked

    @workflow.signal(name=RESYNC)
    def resync(self) -> None:
        """A rule or the calendar has changed."""
        self._look = True
