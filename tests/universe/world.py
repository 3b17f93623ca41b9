"""One universe's clock and luck, and event loops that obey them. One thread."""

import asyncio
import hashlib
import heapq
import random
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

MS, SECOND, MINUTE, HOUR, DAY = 1_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
"""In microseconds, the unit of every time in here."""
BASE = datetime(2022, 3, 7, 2, 0, tzinfo=UTC)
"""Monday 10:00 in the office: microsecond 0 of every universe."""
MOST_STEPS = 20_000
MOST_TURNS = 50_000


class EndlessError(Exception):
    """Something spins."""


class Tape:
    """Every choice of a universe, drawn from one integer and noted in a digest.

    Draws belong to a place (a stream, a person): leaving one thing out leaves the draws of all others as they were,
    which is what makes a failure small. `muted` are the faults left out, by name.
    """

    def __init__(self, seed: int, muted: frozenset[str] = frozenset()) -> None:
        self.seed = seed
        self.muted = muted
        self.faults: list[tuple[str, int]] = []
        """Name and time of each fault that struck."""
        self.drawn = 0
        self._digest = hashlib.blake2b(digest_size=8)
        self._luck: dict[str, random.Random] = {}
        self._struck: Counter[str] = Counter()

    @property
    def digest(self) -> str:
        """Names all that was drawn and noted so far."""
        return self._digest.hexdigest()

    def note(self, *said: object) -> None:
        """Let the digest know what came of it."""
        self._digest.update(repr(said).encode())

    def luck(self, place: str) -> random.Random:
        """The draws of a place."""
        found = self._luck.get(place)
        if found is None:
            found = self._luck[place] = random.Random(f"{self.seed}/{place}")
        return found

    def below(self, place: str, most: int) -> int:
        """A whole number from 0 to below `most`."""
        self.drawn += 1
        value = int(self.luck(place).random() * most)
        self._digest.update(value.to_bytes(8, "big"))
        return value

    def between(self, place: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(place, high - low + 1)

    def fault(self, name: str, place: str, chance: float, now: int) -> bool:
        """Whether a fault strikes here. Each has a name of its own, by which it can be muted."""
        if chance <= 0.0:
            return False
        self.drawn += 1
        if self.luck(f"{name}/{place}").random() >= chance:
            return False
        self._struck[f"{name}/{place}"] += 1
        full = f"{name}/{place}/{self._struck[f'{name}/{place}']}"
        if full in self.muted:
            return False
        self.faults.append((full, now))
        self._digest.update(f"{full}@{now}".encode())
        return True


class Process:
    """What dies and freezes. What was begun in one life does not come about in the next."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.life, self.frozen_until, self.alive = 1, 0, True

    def freeze(self, duration: int) -> None:
        """It stands still: what would happen in it happens later."""
        self.world.say(self.name, "freezes for", duration / SECOND)
        self.frozen_until = self.world.now + duration


class World:
    """The clock and everything that will happen."""

    def __init__(self, tape: Tape, *, traced: bool = False) -> None:
        self.tape = tape
        self.now = 0
        self.steps = 0
        self.calm = False
        """In the end no more faults strike, and everything must come to rest."""
        self.ease = 1.0
        """Between the hours when people work the weather is fairer; else a universe is mostly time-outs."""
        self.rates: dict[str, float] = {}
        self.trace: list[str] | None = [] if traced else None
        self._coming: list[tuple[int, int, tuple[Process, int] | None, Callable[..., None], tuple[Any, ...]]] = []
        self._n = 0

    def fault(self, name: str, place: str) -> bool:
        """Whether a fault of this universe's weather strikes here and now."""
        return not self.calm and self.tape.fault(name, place, self.rates.get(name, 0.0) * self.ease, self.now)

    def say(self, *words: object) -> None:
        """For who reads a trace."""
        if self.trace is not None:
            self.trace.append(f"{self.moment:%m-%d %H:%M:%S.%f} " + " ".join(map(str, words)))

    @property
    def moment(self) -> datetime:
        """The virtual clock."""
        return self.moment_at(self.now)

    def moment_at(self, now: int) -> datetime:
        """What it shows then."""
        return BASE + timedelta(microseconds=now)

    def at(self, when: int, do: Callable[..., None], *args: Any, owner: Process | None = None) -> None:
        """Do it then; in a process it does not happen once that has died, and later while it is frozen."""
        self._n += 1
        life = (owner, owner.life) if owner is not None else None
        heapq.heappush(self._coming, (max(when, self.now), self._n, life, do, args))

    def after(self, delay: int, do: Callable[..., None], *args: Any, owner: Process | None = None) -> None:
        """The same, counted from now."""
        self.at(self.now + delay, do, *args, owner=owner)

    def run(self, until: int) -> None:
        """Let everything happen up to then.

        Raises:
            EndlessError: it does not come to rest.
        """
        coming = self._coming
        while coming and coming[0][0] <= until:
            when, n, life, do, args = heapq.heappop(coming)
            if life is not None:
                owner, born = life
                if owner.life != born:
                    continue
                if owner.frozen_until > when:
                    heapq.heappush(coming, (owner.frozen_until, n, life, do, args))
                    continue
            self.now = when
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise EndlessError("the universe does not come to rest")
            do(*args)
        self.now = max(self.now, until)


class Loop(asyncio.AbstractEventLoop):
    """What asyncio's futures, tasks and locks need of a loop, and not a thread more."""

    def __init__(self) -> None:
        self.ready: deque[asyncio.Handle] = deque()
        self.unheard: list[Any] = []
        """What nobody caught."""

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> "asyncio.Task[Any]":
        return asyncio.Task(coro, loop=self, name=name or "task", context=context)

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        handle = asyncio.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_exception_handler(self, context: Any) -> None:
        self.unheard.append(context)

    default_exception_handler = call_exception_handler

    def drain(self) -> None:
        """Run what is ready until nothing is.

        Raises:
            EndlessError: it never ends.
        """
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            turns = 0
            while self.ready:
                handle = self.ready.popleft()
                turns += 1
                if turns > MOST_TURNS:
                    raise EndlessError("a loop spins")
                if not handle.cancelled():
                    handle._run()
        finally:
            asyncio._set_running_loop(before)


class ClientLoop(Loop):
    """The loop of the processes of clients: their sleeps and threads are events of the world."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def time(self) -> float:
        return self.world.now / SECOND

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> "asyncio.Task[Any]":
        """Named after who began it, so that its draws are his."""
        begun_by = asyncio.current_task(self)
        return super().create_task(coro, name=name or (begun_by.get_name() if begun_by else None), context=context)

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]
        handle = asyncio.TimerHandle(self.time() + delay, callback, args, self, context)
        self.world.after(max(int(delay * SECOND), 0), self._due, handle)
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]
        return self.call_later(when - self.time(), callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """The world skips it when its time comes."""

    def _due(self, handle: asyncio.TimerHandle) -> None:
        if not handle.cancelled():
            self.ready.append(handle)
            self.drain()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        del executor
        future = self.create_future()
        task = asyncio.current_task(self)
        place = f"thread/{task.get_name() if task else ''}"
        slow = self.world.fault("lookup_slow", place)
        pause = self.world.tape.between(place, 200, 3 * MS) + (2 * SECOND if slow else 0)
        self.world.after(pause, self._work, future, func, args)
        return future

    def _work(self, future: "asyncio.Future[Any]", func: Any, args: tuple[Any, ...]) -> None:
        try:
            value = func(*args)
        except Exception as error:
            self.settle(future, error=error)
        else:
            self.settle(future, value)

    def settle(self, future: "asyncio.Future[Any]", value: Any = None, error: BaseException | None = None) -> None:
        """Let whoever waits know."""
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)
        self.drain()
