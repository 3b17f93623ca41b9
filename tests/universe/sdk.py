"""One run of a workflow in one worker's cache: what the SDK and its core are to the workflow's code.

`Shim` stands where the product's workflow modules say `workflow`; `Instance` is the loop their code lives on.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio.exceptions import ActivityError, ApplicationError

from tests.universe.world import BASE, SECOND, Loop

Command = tuple[Any, ...]
Outcome = tuple[str, Any]
"""("ok", value) or ("failed", error)."""


class ContinueAsNew(BaseException):
    """The run ends and another begins with this start."""

    def __init__(self, start: Any) -> None:
        self.start = start


class Record:
    """One completed workflow task in a history: what came in, what local activities said, what was commanded."""

    __slots__ = ("commands", "history_length", "inputs", "results", "shape", "started", "suggested")

    def __init__(self, started: int, inputs: Sequence[Command], history_length: int, suggested: bool) -> None:
        self.started, self.inputs = started, inputs
        self.history_length, self.suggested = history_length, suggested
        self.results: list[tuple[int, Outcome, int]] = []
        self.commands: list[Command] = []
        self.shape: list[Command] = []

    def again(self) -> "Record":
        """The same task, to be replayed."""
        return Record(self.started, self.inputs, self.history_length, self.suggested)


class _Timer(asyncio.TimerHandle):
    seq = 0


class _Info:
    def __init__(self, instance: "Instance") -> None:
        self._instance = instance
        self.workflow_id = instance.stream
        self.run_id = instance.run_id

    def get_current_history_length(self) -> int:
        return self._instance.history_length

    def is_continue_as_new_suggested(self) -> bool:
        return self._instance.suggested


class Shim:
    """What the product's workflows use of `temporalio.workflow`."""

    logger = logging.getLogger("universe")

    @staticmethod
    def here() -> "Instance":
        """Whose code asks."""
        loop = asyncio._get_running_loop()
        assert isinstance(loop, Instance)
        return loop

    def now(self) -> Any:
        return BASE + timedelta(microseconds=self.here().clock)

    def info(self) -> _Info:
        return _Info(self.here())

    def patched(self, change: str) -> bool:
        del change  # every history here is of this build
        return True

    async def execute_local_activity(self, name: str, arg: Any, **options: Any) -> Any:
        del options
        return await self.here().local_activity(name, arg)

    async def execute_activity(self, name: str, arg: Any, **options: Any) -> Any:
        del options
        return await self.here().activity(name, arg)

    async def wait_condition(self, fn: Any, *, timeout: timedelta | None = None) -> None:
        here = self.here()
        future = here.create_future()
        here.conditions.append((fn, future))
        await asyncio.wait_for(future, None if timeout is None else timeout.total_seconds())

    async def sleep(self, pause: timedelta) -> None:
        await asyncio.sleep(pause.total_seconds())

    def all_handlers_finished(self) -> bool:
        return self.here().handlers == 0

    def memo_value(self, key: str, default: Any) -> Any:
        return self.here().memo.get(key, default)

    def upsert_memo(self, values: dict[str, Any]) -> None:
        here = self.here()
        here.memo.update(values)
        here.commands.append(("memo", tuple(sorted(values.items()))))

    def continue_as_new(self, start: Any) -> None:
        raise ContinueAsNew(start)


class Instance(Loop):
    """The workflow object of one run and the loop it lives on."""

    def __init__(self, run_id: str, stream: str, start: Any, memo: dict[str, Any], workflow: type) -> None:
        super().__init__()
        self.run_id, self.stream, self.start, self.memo = run_id, stream, start, memo
        self.clock, self.history_length, self.suggested = 0, 0, False
        self.conditions: list[tuple[Any, asyncio.Future[Any]]] = []
        self.timers: dict[int, asyncio.TimerHandle] = {}
        self.at_work: dict[int, asyncio.Future[Any]] = {}
        """Local activities, by number."""
        self.far: dict[int, asyncio.Future[Any]] = {}
        """Ordinary ones: the server knows of them."""
        self.to_launch: list[tuple[int, str, Any]] = []
        self.commands: list[Command] = []
        self.handlers = 0
        self.record: Record | None = None
        self.last: Record | None = None
        """The newest task of the history this cache stands on."""
        self.fault: BaseException | None = None
        self.object: Any = None
        self._workflow = workflow
        self._seq = 0
        self._main: asyncio.Task[None] | None = None
        self._handling: list[asyncio.Task[None]] = []
        # How it stands with its worker.
        self.token: int | None = None
        self.reporting = False
        self.next: tuple[Any, ...] | None = None
        self.late: list[tuple[int, Outcome]] = []
        self.done: set[tuple[int, int]] = set()
        self.gone = False

    # --- the loop, as the workflow's code sees it

    def time(self) -> float:
        return self.clock / SECOND

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]
        self._seq += 1
        handle = _Timer(self.time() + delay, callback, args, self, context)
        handle.seq = self._seq
        self.timers[self._seq] = handle
        self.commands.append(("timer", self._seq, round(delay * SECOND)))
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]
        return self.call_later(when - self.time(), callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: Any) -> None:
        if self.timers.pop(handle.seq, None) is not None:
            self.commands.append(("cancel", handle.seq))

    async def local_activity(self, name: str, arg: Any) -> Any:
        self._seq += 1
        self.commands.append(("local", self._seq, name))
        self.to_launch.append((self._seq, name, arg))
        future = self.at_work[self._seq] = self.create_future()
        return await future

    async def activity(self, name: str, arg: Any) -> Any:
        self._seq += 1
        self.commands.append(("activity", self._seq, name, arg))
        future = self.far[self._seq] = self.create_future()
        return await future

    # --- what core tells it

    def begin(self, record: Record) -> None:
        """Start on one workflow task: signals and updates first, as core orders them, then the rest."""
        self.record, self.commands = record, []
        self.clock = max(self.clock, record.started)
        self.history_length, self.suggested = record.history_length, record.suggested
        if self.object is None:
            self.object = self._within(lambda: self._workflow(self.start))
        messages = [i for i in record.inputs if i[0] in ("signal", "update")]
        others = [i for i in record.inputs if i[0] not in ("signal", "update")]
        for inputs in (messages, others):
            if inputs:
                for given in inputs:
                    self._apply(given)
                self._turn()

    def resolve(self, seq: int, outcome: Outcome, at: int) -> None:
        """A local activity ended."""
        assert self.record is not None
        self.record.results.append((seq, outcome, at))
        self.clock = max(self.clock, at)
        _settle(self.at_work.pop(seq), outcome, local=True)
        self._turn()

    def stands_on(self, history: Sequence[Record]) -> bool:
        """Whether this cache is of exactly that history."""
        return self.last is (history[-1] if history else None) and self.fault is None

    def shape(self) -> list[Command]:
        """The commands of this task, as a replay must give them again."""
        return [c[:2] for c in self.commands]

    def _apply(self, given: Command) -> None:
        match given:
            case ("start",):
                self._main = self.create_task(self._run())
            case ("signal", name):
                getattr(self.object, name)()
            case ("update", uid, order):
                self.commands.append(("accepted", uid))
                self.handlers += 1
                self._handling.append(self.create_task(self._handle(uid, order)))
            case ("timer", seq):
                handle = self.timers.pop(seq, None)
                if handle is not None:
                    self.ready.append(handle)
            case ("activity", seq, outcome):
                future = self.far.pop(seq, None)
                if future is not None:
                    _settle(future, outcome)

    def _turn(self) -> None:
        """Run what is ready, look at the conditions, until nothing moves."""
        self.drain()
        moved = True
        while moved:
            moved = False
            waiting = []
            for fn, future in self.conditions:
                if future.done():
                    continue
                if self._within(fn):
                    future.set_result(True)
                    moved = True
                else:
                    waiting.append((fn, future))
            self.conditions[:] = waiting
            if self.ready:
                moved = True
                self.drain()

    def _within(self, fn: Any) -> Any:
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            return fn()
        finally:
            asyncio._set_running_loop(before)

    async def _run(self) -> None:
        try:
            await self.object.run(self.start)
            self.commands.append(("done",))
        except ContinueAsNew as again:
            self.commands.append(("again", again.start))
        except BaseException as error:
            self.fault = error

    async def _handle(self, uid: str, order: Any) -> None:
        try:
            outcome: Outcome = ("ok", await self.object.submit(order))
        except ApplicationError as error:
            outcome = ("failed", error)
        except BaseException as error:
            self.fault = error
            return
        finally:
            self.handlers -= 1
        self.commands.append(("completed", uid, outcome))


def _settle(future: "asyncio.Future[Any]", outcome: Outcome, *, local: bool = False) -> None:
    """End an activity; what a local one failed with is raised as it is, unless it ran out of time."""
    if future.done():
        return
    if outcome[0] == "ok":
        future.set_result(outcome[1])
        return
    if local and outcome[1].type != "timeout":
        future.set_exception(outcome[1])
        return
    error = ActivityError(
        "activity",
        scheduled_event_id=0,
        started_event_id=0,
        identity="",
        activity_type="",
        activity_id="",
        retry_state=None,
    )
    error.__cause__ = outcome[1]
    future.set_exception(error)
