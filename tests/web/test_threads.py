"""Questions are asked in threads of their own, and whoever asks has the answer in his loop."""

import asyncio
import threading
from contextvars import ContextVar
from functools import partial

import pytest

from web.threads import AskingThreads


def test_what_is_asked_is_asked_elsewhere_with_what_the_caller_knows() -> None:
    known, threads = ContextVar("known", default=""), AskingThreads(2)
    known.set("of the caller")

    async def asked() -> tuple[str, str]:
        return await threads.ask(lambda: (known.get(), threading.current_thread().name))

    seen, thread = asyncio.run(asked())
    assert (seen, thread.startswith("asking-")) == ("of the caller", True)
    # Another loop may ask the same threads.
    assert asyncio.run(asked())[0] == "of the caller"
    threads.close()


@pytest.mark.parametrize(("raised", "comes"), [(KeyError("a"), KeyError), (StopIteration("b"), RuntimeError)])
def test_what_a_question_raises_reaches_who_asked(raised: Exception, comes: type[Exception]) -> None:
    threads = AskingThreads(1)

    def question() -> None:
        raise raised

    async def asked() -> int:
        with pytest.raises(comes):
            await asyncio.wait_for(threads.ask(question), 5)
        return await threads.ask(lambda: 7)  # the thread goes on

    assert asyncio.run(asked()) == 7
    threads.close()


def test_so_many_are_asked_at_once_and_no_more() -> None:
    threads, at_once, guard = AskingThreads(3), list[int](), threading.Lock()
    working = 0
    all_there = threading.Barrier(3)

    def question() -> None:
        nonlocal working
        with guard:
            working += 1
            at_once.append(working)
        all_there.wait(5)
        with guard:
            working -= 1

    async def asked() -> None:
        await asyncio.wait_for(asyncio.gather(*(threads.ask(question) for _ in range(9))), 10)

    asyncio.run(asked())
    assert max(at_once) == 3
    threads.close()


def test_who_is_cancelled_waits_no_longer_and_what_nobody_waits_for_is_not_asked() -> None:
    threads, begun, let_go, done = AskingThreads(1), threading.Event(), threading.Event(), list[str]()

    def takes_long() -> None:
        begun.set()
        let_go.wait(5)
        done.append("begun")

    async def asked() -> None:
        first = asyncio.create_task(threads.ask(takes_long))
        second = asyncio.create_task(threads.ask(partial(done.append, "not begun")))
        await asyncio.to_thread(begun.wait, 5)
        for task in (first, second):
            task.cancel()
        assert [type(one) for one in await asyncio.gather(first, second, return_exceptions=True)] == [
            asyncio.CancelledError
        ] * 2
        let_go.set()
        assert await asyncio.wait_for(threads.ask(lambda: "next"), 5) == "next"

    asyncio.run(asked())
    assert done == ["begun"]
    threads.close()


def test_a_loop_that_is_gone_leaves_the_threads_for_the_next() -> None:
    threads, let_go, begun = AskingThreads(1), threading.Event(), threading.Event()

    def takes_long() -> None:
        begun.set()
        let_go.wait(5)

    async def leaves() -> None:
        asking = asyncio.create_task(threads.ask(takes_long))
        await asyncio.to_thread(begun.wait, 5)
        assert not asking.done()

    asyncio.run(leaves())
    let_go.set()
    assert asyncio.run(asyncio.wait_for(threads.ask(lambda: "next"), 5)) == "next"
    threads.close()


def test_closed_threads_end() -> None:
    threads, before = AskingThreads(2), set(threading.enumerate())
    asyncio.run(threads.ask(lambda: None))
    begun = set(threading.enumerate()) - before
    assert len(begun) == 2
    threads.close()
    for thread in begun:
        thread.join(5)
        assert not thread.is_alive()
