"""Two hands at one log, interleaved wherever they can be: before each transaction of the one the other does its work.

Nothing finer is needed. Every writer takes the log's one lock with its first statement, so what he does in a
transaction is one step for all other writers; what a reader asks outside of one is a transaction each time.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from eventlog.database import Database, Transaction


@contextmanager
def let_in(log: Database, before: int, other: Callable[[], object]) -> Iterator[Callable[[], bool]]:
    """Somebody else does his work before so manieth a transaction of this log's; whether it came to that."""
    begun = 0

    def counted(begin: Callable[..., AbstractContextManager[Transaction]]) -> Callable[..., Any]:
        def transaction(**how: Any) -> AbstractContextManager[Transaction]:
            nonlocal begun
            begun += 1
            if begun == before:
                other()
            return begin(**how)

        return transaction

    ways = {"reading": counted(log.reading), "writing": counted(log.writing)}
    for name, way in ways.items():
        setattr(log, name, way)
    try:
        yield lambda: begun >= before
    finally:
        for name in ways:
            delattr(log, name)


def interleavings(log: Database, one: Callable[[], object], other: Callable[[], object]) -> Iterator[int]:
    """Let the one work again and again, the other coming in one transaction later each time; yield after each."""
    for before in range(1, 1000):
        with let_in(log, before, other) as came_in:
            one()
        if not came_in():
            assert before > 1, "nothing was asked of the log"
            return
        yield before
