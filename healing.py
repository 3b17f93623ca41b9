"""Healing: what must run by the log is looked for in Temporal, and started or woken. `xmh recover`, and every sweep.

It is the door of `gateway.py` seen from inside: the log says what lives, Temporal is brought to it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from temporalio.client import WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError

from domain.base import Frozen
from eventlog import reading
from eventlog.recovery import advance_numbers
from eventlog.watermark import highest
from gateway import QUERY_WITHIN, SEEN, Gateway, gathered
from workflows.contract import Seen

SECOND_LOOK = 0.5
"""Seconds between two looks at a matter that seems to differ from the log."""
_OF_OURS = "WorkflowType IN ('Matter', 'Meeting')"


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
    behind: tuple[str, ...] = ()
    """Have not seen all the log holds."""
    silent: tuple[str, ...] = ()
    """Do not answer: wedged, or no worker takes them."""
    ahead: tuple[str, ...] = ()
    """Have seen more than the log holds: it was restored from an older copy."""
    refused: tuple[str, ...] = ()
    """The log refuses what their clock owes: they rest and try again, and a person should look."""
    stray: tuple[str, ...] = ()
    """Running although the log does not know them as open."""

    @property
    def level(self) -> bool:
        """Whether nothing had to be healed."""
        return not (self.missing or self.behind or self.silent or self.ahead or self.stray)


@dataclass(frozen=True)
class Healing:
    """Compares Temporal with the log behind one gateway."""

    gateway: Gateway

    async def recover(self, *, dry_run: bool = False, verified: dict[str, int] | None = None) -> Recovery:
        """Start every open matter Temporal does not know, and wake every one that is not where the log is.

        Args:
            dry_run: only look.
            verified: stream → version at which it was found level before; such a one is not asked again, and the
                caller's next turn finds here what this one saw.
        """
        heads = await asyncio.to_thread(self.gateway.open_streams)
        running, _ = await self._known(only_running=True)
        level = {} if verified is None else verified
        asked = [h for h in heads if h.stream in running and level.get(h.stream) != h.version]
        gaps = dict(zip((h.stream for h in asked), await gathered(map(self._gap, asked)), strict=True))
        if verified is not None:
            verified.clear()
            verified.update({h.stream: h.version for h in heads if h.stream in running and not gaps.get(h.stream)})
        found = Recovery(
            open=len(heads),
            missing=tuple(h.stream for h in heads if h.stream not in running),
            behind=tuple(s for s, gap in gaps.items() if gap is Gap.BEHIND),
            silent=tuple(s for s, gap in gaps.items() if gap is Gap.SILENT),
            ahead=tuple(s for s, gap in gaps.items() if gap is Gap.AHEAD),
            refused=tuple(s for s, gap in gaps.items() if gap is Gap.REFUSED),
            stray=tuple(sorted(running - {h.stream for h in heads})),
        )
        if not dry_run:
            await gathered(map(self.gateway.start, found.missing))
            await gathered(map(self._heal_silent, found.silent))
            await gathered(map(self.gateway.wake, (*found.behind, *found.ahead, *found.stray)))
        return found

    async def numbers_known(self) -> dict[str, int]:
        """Series → the highest number any matter in Temporal was ever given; also matters that ended since."""
        return (await self._known(only_running=False))[1]

    async def settle_numbers(self, seen: Mapping[str, int]) -> dict[str, int]:
        """Move every series past the highest number seen anywhere, before a log restored from a copy gives it again.

        Returns:
            The series that had to be moved, and where they stand now: not empty means that the log was restored.

        Raises:
            LogError: the log cannot be written.
        """
        known = highest(seen, await self.numbers_known())
        return await asyncio.to_thread(advance_numbers, self.gateway.database, known)

    async def _known(self, *, only_running: bool) -> tuple[set[str], dict[str, int]]:
        """Streams of the workflows Temporal knows, and the numbers their memos hold."""
        which = f"TaskQueue = '{self.gateway.task_queue}' AND ExecutionStatus "
        which += "= 'Running'" if only_running else "!= 'ContinuedAsNew'"
        streams: set[str] = set()
        numbers: dict[str, int] = {}
        async for found in self.gateway.client.list_workflows(f"{_OF_OURS} AND {which}"):
            streams.add(found.id)
            memo = await found.memo()
            numbers = highest(numbers, {series: n for series, n in memo.items() if isinstance(n, int)})
        return streams, numbers

    async def _heal_silent(self, stream: str) -> None:
        """A matter that does not answer: started again when it is wedged, else told to look at the log."""
        if await self.gateway.unwedge(stream):
            await self.gateway.start(stream)
        else:
            await self.gateway.wake(stream)

    async def _gap(self, head: reading.Head) -> Gap | None:
        """How a running matter stands to the log; None when it is level."""
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
            now = await asyncio.to_thread(reading.head, self.gateway.database, head.stream)
            if seen.version == now.version:
                return Gap.REFUSED if seen.refused else None
            gap = Gap.AHEAD if seen.version > now.version else Gap.BEHIND
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
