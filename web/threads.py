"""Threads a request's questions are asked in, so that the loop waits for no reading."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class _Question(NamedTuple):
    """What is asked, and where its answer is waited for."""

    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"
    context: Context
    ask: Callable[[], Any]


class AskingThreads:
    """So many questions are asked at once, whatever loop they come from; what more there are wait their turn.

    An order asks the log three times, and a general pool of threads takes as long to hand a question over and its
    answer back as the log takes to answer: this one puts it in a queue and sets a future, and nothing else.
    """

    def __init__(self, most: int) -> None:
        """No thread is begun before the first question."""
        self._most = most
        self._questions = SimpleQueue[_Question | None]()
        self._begun = 0
        self._guard = threading.Lock()

    async def ask(self, question: Callable[[], T]) -> T:
        """What it answers, or raises. Who is cancelled meanwhile waits no longer; the question is asked to its end."""
        if not self._begun:
            self._begin()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._questions.put(_Question(loop, answer, copy_context(), question))
        return await answer

    def _begin(self) -> None:
        with self._guard:
            while self._begun < self._most:
                self._begun += 1
                threading.Thread(target=self._work, name=f"asking-{self._begun}", daemon=True).start()

    def close(self) -> None:
        """Let the threads end, each after what it is asked; whoever asks after that begins others."""
        with self._guard:
            for _ in range(self._begun):
                self._questions.put(None)
            self._begun = 0

    def _work(self) -> None:
        while (asked := self._questions.get()) is not None:
            _answer(asked)
            del asked  # a question may hold much, and the next may be long in coming


def _answer(asked: _Question) -> None:
    """Ask it here, and hand over in its loop what comes of it."""
    answer, error = None, None
    if not asked.answer.cancelled():
        try:
            answer = asked.context.run(asked.ask)
        except BaseException as raised:  # whoever asked is told, whatever it is
            # A future takes no StopIteration, and whoever waits for it would wait for ever.
            error = RuntimeError(str(raised)) if isinstance(raised, StopIteration) else raised
    try:
        asked.loop.call_soon_threadsafe(_told, asked.answer, answer, error)
    except RuntimeError:  # its loop is closed: nobody waits any more
        return
    finally:
        error = None  # it would hold this frame, which holds it


def _told(waiting: "asyncio.Future[Any]", answer: Any, error: BaseException | None) -> None:
    if waiting.done():  # cancelled meanwhile
        return
    if error is None:
        waiting.set_result(answer)
    else:
        waiting.set_exception(error)
