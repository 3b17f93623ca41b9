"""Healing: what must run by the log is looked for in Temporal, and started or woken. `xmh recover`, and every sweep.

It is the door of `services/gateway.py` seen from inside: the log says what lives, Temporal is brought to it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

import structlog
from temporalio.client import WorkflowExecution, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError

from domain.base import Frozen
from eventlog import reading
from eventlog.watermark import highest_numbers
from services.gateway import QUERY_WITHIN, Gateway, gathered_results
from services.restored_numbers import advance_numbers
from services.verified import Verified
from workflows.contract import SEEN, Seen

logger = structlog.get_logger()

SECOND_LOOK = 0.5
"""Seconds between two looks at a matter that seems to differ from the log."""
_OF_OURS = "(WorkflowId STARTS_WITH 'matter/' OR WorkflowId STARTS_WITH 'meeting/')"


class Gap(Enum):
    """How a matter in Temporal differs from the log."""

    BEHIND = "behind"
    AHEAD = "ahead"
    SILENT = "silent"
    """It does not answer: wedged, or no worker takes it."""
    BUSY = "busy"
    """It is at work; the next look will tell."""
    REFUSED = "refused"
    """It is level, and the log refuses what its clock owes: it rests and tries again."""


class Recovery(Frozen):
    """What `recover` found. Streams, in each case."""

    open: int
    """How many matters live, by the log."""
    missing: tuple[str, ...] = ()
    """Open in the log, unknown to Temporal."""
    foreign: tuple[str, ...] = ()
    """A run of somebody else has their name: on another queue, or of another type. They hear nothing."""
    behind: tuple[str, ...] = ()
    """Have not seen all the log or the rulebook holds."""
    silent: tuple[str, ...] = ()
    """Do not answer: wedged, or no worker takes them."""
    ahead: tuple[str, ...] = ()
    """Have seen what the log does not hold: it was restored from an older copy."""
    refused: tuple[str, ...] = ()
    """The log refuses what their clock owes: they rest and try again, and a person should look."""
    stray: tuple[str, ...] = ()
    """Running although the log does not know them as open."""

    @property
    def level(self) -> bool:
        """Whether nothing had to be healed."""
        return not (self.missing or self.foreign or self.behind or self.silent or self.ahead or self.stray)


@dataclass(frozen=True)
class Healing:
    """Compares Temporal with the log behind one gateway."""

    gateway: Gateway

    async def recover(self, *, dry_run: bool = False, verified: Verified | None = None) -> Recovery:
        """Start every open matter Temporal does not know, and wake every one that is not where the log is.

        Args:
            dry_run: only look.
            verified: what was found level before and need not be asked again; keeps what this look finds.
        """
        database = self.gateway.database
        if verified is not None:
            verified.begin()
        heads = await asyncio.to_thread(self.gateway.open_streams)
        rulebook = await asyncio.to_thread(reading.rulebook_version, database)
        runs = {run.id: run async for run in self._runs("ExecutionStatus = 'Running'")}
        known = [h for h in heads if h.stream in runs]
        foreign = {h.stream for h in known if self.gateway.is_foreign(runs[h.stream])}
        own = [h for h in known if h.stream not in foreign]
        asked = [h for h in own if verified is None or not verified.skips(h, rulebook)]
        looks = dict(zip((h.stream for h in asked), await gathered_results(map(self._look, asked)), strict=True))
        if verified is not None:
            believed = {h.stream: verified.level[h.stream] for h in own if h.stream not in looks}
            level = {stream: (look.hash, look.rulebook) for stream, look in looks.items() if isinstance(look, Seen)}
            verified.level = believed | level
        streams = {h.stream for h in heads}
        recovery = Recovery(
            open=len(heads),
            missing=tuple(h.stream for h in heads if h.stream not in runs),
            foreign=tuple(sorted(foreign)),
            behind=tuple(s for s, look in looks.items() if look is Gap.BEHIND),
            silent=tuple(s for s, look in looks.items() if look is Gap.SILENT),
            ahead=tuple(s for s, look in looks.items() if look is Gap.AHEAD),
            refused=tuple(s for s, look in looks.items() if look is Gap.REFUSED),
            stray=tuple(sorted(i for i, run in runs.items() if i not in streams and self._is_on_our_queue(run))),
        )
        if not dry_run:
            await self._heal(recovery)
        return recovery

    async def _heal(self, recovery: Recovery) -> None:
        await gathered_results(map(self.gateway.start, recovery.missing))
        await gathered_results(map(self._heal_deaf, (*recovery.foreign, *recovery.silent)))
        await gathered_results(map(self.gateway.wake, (*recovery.behind, *recovery.ahead)))
        await gathered_results(map(self._heal_stray, recovery.stray))

    async def numbers_known(self) -> dict[str, int]:
        """Series → the highest number Temporal knows of: from its matters, ended ones too, and from the notices."""
        witnessed = await self.gateway.witnessed()
        numbers = dict(witnessed.numbers) if witnessed else {}
        async for run in self._runs("ExecutionStatus != 'ContinuedAsNew'"):
            # Whoever may begin a run may write anything into its memo; so only runs of ours are believed.
            if self.gateway.is_foreign(run):
                continue
            with suppress(KeyError, RuntimeError):  # sealed under a key that is lost
                memo = await run.memo()
                numbers = highest_numbers(numbers, {series: n for series, n in memo.items() if isinstance(n, int)})
        return numbers

    async def settle_numbers(self, seen: Mapping[str, int]) -> dict[str, int]:
        """Move every series past the highest number seen anywhere, before a log restored from a copy gives it again.

        Returns:
            The series that had to be moved, and where they stand now: not empty means that the log was restored.

        Raises:
            LogError: the log cannot be written.
        """
        known = highest_numbers(seen, await self.numbers_known())
        return await asyncio.to_thread(advance_numbers, self.gateway.database, known)

    async def _runs(self, which: str) -> AsyncIterator[WorkflowExecution]:
        """Runs under the name of a stream, on whatever queue and of whatever type."""
        async for execution in self.gateway.client.list_workflows(f"{_OF_OURS} AND {which}"):
            yield execution

    def _is_on_our_queue(self, run: WorkflowExecution) -> bool:
        return run.task_queue == self.gateway.task_queue

    async def _heal_deaf(self, stream: str) -> None:
        """A matter that does not answer: begun again when its run is somebody else's or wedged, else told to look."""
        if await self.gateway.free(stream):
            await self.gateway.start(stream)
        else:
            await self.gateway.wake(stream)

    async def _heal_stray(self, stream: str) -> None:
        """What has ended by the log sees so when it looks; what could not even begin is tried for ever until ended."""
        with suppress(RPCError):
            failing = await self._pending(self.gateway.client.get_workflow_handle(stream)) > 1
            if not await self.gateway.free(stream) and not failing:
                await self.gateway.wake(stream)

    async def _look(self, head: reading.Head) -> Seen | Gap:
        """Where a running matter stands, when it is level with the log; how it is not, otherwise."""
        handle = self.gateway.client.get_workflow_handle(head.stream)
        gap = Gap.BUSY
        for pause in (0.0, SECOND_LOOK):
            # What is being recorded at this moment is not a gap: look twice.
            await asyncio.sleep(pause)
            try:
                pending = await self._pending(handle)
                if pending:
                    gap = Gap.BUSY if pending == 1 else Gap.SILENT
                    continue
                seen = await handle.query(SEEN, result_type=Seen, rpc_timeout=QUERY_WITHIN)
            except (RPCError, WorkflowQueryFailedError):
                return Gap.SILENT
            now = await asyncio.to_thread(reading.stream_head, self.gateway.database, head.stream)
            rulebook = await asyncio.to_thread(reading.rulebook_version, self.gateway.database)
            if (seen.version, seen.rulebook, seen.hash) == (now.version, rulebook, now.hash):
                return Gap.REFUSED if seen.refused else seen
            lost = seen.version > now.version or (seen.version == now.version and seen.hash != now.hash)
            gap = Gap.AHEAD if lost else Gap.BEHIND
        return gap

    @staticmethod
    async def _pending(handle: WorkflowHandle[Any, Any]) -> int:
        """Which attempt at a workflow task is under way; 0 when the matter rests.

        Only a matter that rests may be queried: the SDK answers a query out of the middle of a task at once, and when
        a local activity ends and an update comes in that moment, it writes a history it cannot replay.
        """
        described = (await handle.describe(rpc_timeout=QUERY_WITHIN)).raw_description
        attempt: int = described.pending_workflow_task.attempt
        return max(attempt, 1) if described.HasField("pending_workflow_task") else 0
