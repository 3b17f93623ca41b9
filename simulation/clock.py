"""The time-skipping server's clock, stepped from one known instant to the next with a barrier after each step.

A skip can outrun the workers: a workflow task still in flight then times out in virtual time and the run hangs. So
after every step the log must hold whatever the clock owed, and every matter it concerned must have finished its task.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from temporalio.testing import WorkflowEnvironment

from domain.calendar import local_date
from domain.deadlines import next_deadline
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.deadlines import next_meeting_deadline
from domain.meetings.meeting import Meeting
from domain.meetings.series import Series
from eventlog import reading
from eventlog.database import Database
from eventlog.outcomes import unfit_outcomes
from services.gateway import Gateway
from workflows.contract import SEEN, Seen
from workflows.headquarters import HeadquartersWorkflow

_RHYTHM = "rhythm"
"""Stands for the headquarters' rhythm among the streams whose clock owes something."""
PATIENCE = 60
"""Real seconds a step may take before something is wrong."""
AT_ONCE = 8


class Stalled(Exception):  # noqa: N818  (says what happened)
    """The office did not get done what the clock owed."""


class SimulatedClock:
    """Virtual time. `shift` turns Temporal's clock into the simulated office's."""

    def __init__(self, environment: WorkflowEnvironment, database: Database, gateway: Gateway) -> None:
        """Step this server, watching this log."""
        self._environment = environment
        self._database = database
        self._gateway = gateway
        self._rulebook = reading.rulebook(database)
        self._seen = 0
        self._newest = 0
        self._matters: dict[str, Matter] = {}
        self._meetings: dict[str, Meeting] = {}
        self._live: set[str] = set()
        self._owed: dict[str, datetime | None] = {}
        self._all_owed: dict[str, datetime] | None = None
        """`_owed` without what owes nothing, until something moves."""
        self._rhythm: datetime | None = None

    def matters(self) -> list[Matter]:
        """Every matter as the log has it, by number."""
        self._look()
        return sorted(self._matters.values(), key=lambda m: m.number)

    def meetings(self) -> list[Meeting]:
        """Every meeting that is not over, in the order they begin; a ledger may hold hundreds that are."""
        self._look()
        return sorted(self._living(), key=lambda m: (m.starts, m.number))

    def _living(self) -> list[Meeting]:
        return [self._meetings[stream] for stream in self._live]

    def _look(self) -> None:
        """Read what moved since the last look, and nothing else; while nothing is recorded, not even that is asked."""
        newest, _ = reading.newest_event(self._database)
        if newest == self._newest:
            return
        self._newest = newest
        self._all_owed = None
        moved = [f for kind in ("matter", "meeting") for f in reading.states_since(self._database, kind, self._seen)]
        for loaded in moved:
            match loaded.state:
                case Matter() as matter:
                    self._matters[loaded.stream] = matter
                case Meeting() as meeting:
                    self._meetings[loaded.stream] = meeting
                    (self._live.discard if meeting.settled else self._live.add)(loaded.stream)
            self._owed.pop(loaded.stream, None)
            self._seen = max(self._seen, loaded.position)

    def matter(self, stream: str) -> Matter | None:
        """The matter of a stream; None before it is opened."""
        self._look()
        return self._matters.get(stream)

    def meeting(self, stream: str) -> Meeting:
        """The meeting as the log has it now."""
        self._look()
        return self._meetings[stream]

    def series(self, name: str) -> Series:
        """A series of meetings, by its name."""
        return reading.series_book(self._database).find(name)[0]

    async def unfit(self, stream: str) -> bool:
        """Whether a matter does not allow any more what the meeting decided on it."""
        return bool(unfit_outcomes(self._database, self.meeting(stream), await self.now()))

    async def start_rhythm(self) -> None:
        """Let the headquarters' rhythm begin, and keep pace with it from now on."""
        began = await self.now()
        await self._gateway.start_rhythm()
        await self._keep_pace(began)

    def rulebook(self) -> Rulebook:
        """Calendar and policy as last read; `look_at_rulebook` reads them again."""
        return self._rulebook

    def look_at_rulebook(self) -> None:
        """Read the rulebook again, after it was changed."""
        self._rulebook = reading.rulebook(self._database)
        self._owed.clear()
        self._all_owed = None

    def owed(self) -> dict[str, datetime]:
        """When the clock next owes something, by stream."""
        self._look()
        if self._all_owed is None:
            self._all_owed = self._what_is_owed()
        return self._all_owed if self._rhythm is None else {**self._all_owed, _RHYTHM: self._next_morning()}

    def _what_is_owed(self) -> dict[str, datetime]:
        for matter in self._matters.values():
            if matter.stream not in self._owed:
                deadline = next_deadline(matter, self._rulebook, matter.opened_at)
                self._owed[matter.stream] = deadline.at if deadline else None
        for meeting in self._living():
            if meeting.stream not in self._owed:
                self._owed[meeting.stream] = self._owed_by(meeting)
        return {stream: at for stream, at in self._owed.items() if at is not None}

    def _owed_by(self, meeting: Meeting) -> datetime | None:
        """An outcome on its way is owed at once."""
        if meeting.pending:
            return meeting.starts
        deadline = next_meeting_deadline(meeting, self._rulebook.calendar)
        return deadline.at if deadline else None

    def _next_morning(self) -> datetime:
        """When the rhythm looks again: the opening of the next working day after its last look."""
        assert self._rhythm is not None  # noqa: S101  (asked for only once it has begun)
        calendar = self._rulebook.calendar
        return calendar.opens(calendar.add_workdays(local_date(self._rhythm), 1))

    async def now(self) -> datetime:
        """The office's moment."""
        return await self._environment.get_current_time() + self._gateway.clock_shift

    async def step_to(self, instant: datetime) -> None:
        """Let the clock stand at `instant` (or later, if it already does) and everything owed by then be recorded."""
        ahead = instant - await self.now()
        if ahead > timedelta(0):
            await self._environment.sleep(ahead)
        await self.settle(instant)

    async def settle(self, instant: datetime) -> None:
        """Wait until every workflow has done what it owes at this instant: no day begins before the last one ended."""
        give_up = asyncio.get_running_loop().time() + PATIENCE
        if self._rhythm is not None and self._next_morning() <= instant:
            await self._keep_pace(self._next_morning())
        concerned: set[str] = set()
        while behind := self._behind(instant):
            concerned |= behind
            if asyncio.get_running_loop().time() > give_up:
                raise Stalled(f"{instant:%Y-%m-%d %H:%M} 起 {PATIENCE} 秒内没有办完：{'、'.join(sorted(behind))}")
            await asyncio.sleep(0.01)
        await self.finished(concerned)

    async def _keep_pace(self, instant: datetime) -> None:
        """Wait until the rhythm has looked at this morning."""
        handle = self._gateway.client.get_workflow_handle(self._gateway.rhythm_id)
        give_up = asyncio.get_running_loop().time() + PATIENCE
        while (looked := await handle.query(HeadquartersWorkflow.looked_at)) is None or looked < instant:
            if asyncio.get_running_loop().time() > give_up:
                raise Stalled(f"{instant:%Y-%m-%d %H:%M} 的例行安排没有办完")
            await asyncio.sleep(0.01)
        self._rhythm = looked

    def _behind(self, instant: datetime) -> set[str]:
        owed = self.owed().items()
        return {stream for stream, at in owed if at <= instant and stream != _RHYTHM}

    async def finished(self, streams: Iterable[str]) -> None:
        """A query waits for the workflow task before it: when it answers with the log's version, the task is done."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(stream: str) -> None:
            async with gate:
                handle = self._gateway.client.get_workflow_handle(stream)
                wanted = reading.stream_head(self._database, stream).version
                while (await handle.query(SEEN, result_type=Seen)).version < wanted:  # noqa: ASYNC110  (another process)
                    await asyncio.sleep(0.01)

        await asyncio.gather(*(one(stream) for stream in sorted(streams)))
