"""Group commit: what waits together is committed together, each with its own answer.

A commit costs a flush of the disk, and the writer's turn is one at a time. So of the threads of a process that ask the
log while another writes, the first whose turn it is takes along whoever waits behind it: it records them one after the
other in one transaction and commits once. Nobody is answered before that commit; if the database refuses it, each is
recorded by itself. There is no thread and no queue of its own to stop: who asks does the work.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar, cast

from eventlog.backend import BUSY_SECONDS
from eventlog.errors import LogBusy, LogUnreachable
from eventlog.patience import time_left

MOST_TOGETHER = 64
LONGEST = 0.5
"""Seconds after which a group takes nobody more along, and each of its members still has most of its own time."""
WAIT = 2 * BUSY_SECONDS

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(eq=False)
class Waiting(Generic[Q, A]):
    """One who asks."""

    question: Q
    alone: bool
    """Whether it is to have a transaction of its own."""
    answer: A | None = None
    error: BaseException | None = None
    done: bool = False
    """Whether the answer holds: until then nobody is told it, whatever becomes of the thread that works on it."""
    woken: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class CommitGroup(Generic[Q, A]):
    """Those of one process who ask the same log."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._guard = threading.Lock()
        self._waiting: deque[Waiting[Q, A]] = deque()
        self._leader: Waiting[Q, A] | None = None

    @property
    def waiting(self) -> int:
        """How many wait for the next group."""
        return len(self._waiting)

    @property
    def at_work(self) -> bool:
        """Whether somebody leads a group."""
        return self._leader is not None

    def ask(self, question: Q, work: Callable[["Taking[Q, A]"], None], *, alone: bool = False) -> A:
        """The answer to a question, given by `work` in this thread or in that of another who asks.

        Args:
            question: what is asked.
            work: answers those it takes, in one transaction; if it raises, none of them is answered yet.
            alone: whether the question must have a transaction of its own.

        Raises:
            LogUnreachable: its turn did not come in time.
        """
        mine: Waiting[Q, A] = Waiting(question, alone)
        try:
            if not self._enter(mine):
                mine.woken.acquire(timeout=time_left(WAIT))
            if self._leader is mine:
                self._lead(work)
        finally:
            # A thread may be called away at any instruction, in here too; a turn nobody hands on would be waited for.
            try:
                self._leave(mine)
            finally:
                self._leave(mine)
        if mine.error is not None:
            raise mine.error
        if not mine.done:  # its turn did not come; or it did, and what becomes of it is not known
            raise LogBusy
        return cast("A", mine.answer)

    def _enter(self, mine: Waiting[Q, A]) -> bool:
        """Wait behind the others; whether there are none, and it leads."""
        with self._guard:
            self._waiting.append(mine)
            if self._leader is None:
                self._leader = mine
            return self._leader is mine

    def _lead(self, work: Callable[["Taking[Q, A]"], None]) -> None:
        """Answer the next group: it begins with who leads it."""
        taking = Taking(self._next)
        try:
            work(taking)
        except Exception as error:
            if len(taking.taken) == 1:
                taking.taken[0].error = error
            else:
                _one_by_one(taking.taken, work)
        else:
            for one in taking.taken:
                one.done = True
        finally:
            for one in taking.taken:
                one.woken.release()

    def _next(self, taken: list[Waiting[Q, A]]) -> Waiting[Q, A] | None:
        """Take whoever comes next along with these; None when they are full, or nobody fits who waits."""
        with self._guard:
            if not self._waiting or len(taken) >= MOST_TOGETHER:
                return None
            if taken and (taken[0].alone or self._waiting[0].alone):
                return None
            taken.append(self._waiting[0])
            return self._waiting.popleft()

    def _leave(self, mine: Waiting[Q, A]) -> None:
        """Wait no more; who led gives the turn to whoever waits first. Twice is no more than once."""
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
            if self._leader is mine:
                self._leader = self._waiting[0] if self._waiting else None
            if self._leader is not None:
                self._leader.woken.release()


class Taking(Generic[Q, A]):
    """A group in the making: whoever asks while it is at work still comes along."""

    def __init__(self, take: Callable[[list[Waiting[Q, A]]], Waiting[Q, A] | None]) -> None:
        """Take with this, which puts whom it takes to those that are taken."""
        self._take = take
        self._until = time.monotonic() + LONGEST
        self.taken: list[Waiting[Q, A]] = []

    def next(self) -> Waiting[Q, A] | None:
        """The next to be answered; None when the group is complete."""
        return None if self.taken and time.monotonic() > self._until else self._take(self.taken)


def _only(one: Waiting[Q, A], taken: list[Waiting[Q, A]]) -> Waiting[Q, A] | None:
    if taken:
        return None
    taken.append(one)
    return one


def _one_by_one(group: Sequence[Waiting[Q, A]], work: Callable[[Taking[Q, A]], None]) -> None:
    """Each by itself, so that nobody suffers from what another brought. If the log is gone it is gone for all."""
    gone: LogUnreachable | None = None
    for one in group:
        if gone is not None:
            one.error = gone
            continue
        try:
            work(Taking(partial(_only, one)))
            one.done = True
        except LogUnreachable as error:
            one.error = gone = error
        except Exception as error:
            one.error = error
