"""Wherever the thread that leads a group is called away, nobody is told what does not hold, and the group goes on."""

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from eventlog import group
from eventlog.errors import LogUnreachable
from eventlog.group import CommitGroup, Taking
from eventlog.patience import lift_answer_limit, set_answer_limit

LINES = Path(group.__file__).read_text().splitlines()
MOST_LINES = 300


class CalledAwayError(BaseException):
    """Raised into the thread from outside."""


@dataclass
class Recorder:
    """Records what is asked, all of a group or none of it; a group of several it may refuse."""

    refuses: bool
    recorded: list[str] = field(default_factory=list)

    def work(self, taking: Taking[str, str]) -> None:
        asked: list[str] = []
        while (one := taking.next()) is not None:
            asked.append(one.question)
            one.answer = f"recorded {one.question}"
        if self.refuses and len(asked) > 1:
            raise ValueError("a constraint")
        self.recorded += asked


class CallsAway:
    """Raises at the n-th line of the group's code. Not between a lock and its block: there Python itself never does."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        del arg
        if frame.f_code.co_filename != group.__file__:
            return None
        if event == "line" and not LINES[frame.f_lineno - 1].strip().startswith(("with ", "try:")):
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise CalledAwayError
        return self


@pytest.fixture(autouse=True)
def brief() -> Iterator[None]:
    """Whoever is woken by nobody finds out soon."""
    set_answer_limit(0.1)
    yield
    lift_answer_limit()


def asked_behind(asking: CommitGroup[str, str], recorder: Recorder, away: CallsAway) -> dict[str, object]:
    """The answers to three who wait while another is at work; the first of them will lead, and is called away."""
    told: dict[str, object] = {}
    gate = threading.Event()

    def hold(taking: Taking[str, str]) -> None:
        taking.next()
        gate.wait()

    def ask(name: str) -> None:
        if name == "a":
            sys.settrace(away)
        try:
            told[name] = asking.ask(name, recorder.work)
        except BaseException as error:  # it is the answer
            told[name] = error
        finally:
            sys.settrace(None)

    threads = [threading.Thread(target=lambda: asking.ask("", hold, alone=True))]
    threads += [threading.Thread(target=ask, args=(name,)) for name in "abc"]
    for before, one in enumerate(threads):
        one.start()
        give_up = time.monotonic() + 5
        # Whoever was called away before it waited is answered, and waits no more.
        while not asking.at_work or asking.waiting + len(told) < before:
            assert time.monotonic() < give_up, "nobody waits"
            time.sleep(0.0002)
    gate.set()
    for one in threads:
        one.join()
    return told


@pytest.mark.parametrize("refuses", [False, True], ids=["together", "one by one"])
def test_wherever_the_leader_is_called_away_nobody_is_told_what_is_not_recorded(refuses: bool) -> None:
    for nth in range(1, MOST_LINES):
        asking: CommitGroup[str, str] = CommitGroup()
        recorder, away = Recorder(refuses), CallsAway(nth)
        told = asked_behind(asking, recorder, away)
        for name in "bc":
            answer = told[name]
            recorded = answer == f"recorded {name}" and name in recorder.recorded
            assert recorded or isinstance(answer, LogUnreachable), (nth, name, answer)
        assert asking.ask("after", recorder.work) == "recorded after", nth
        if away.left > 0:  # it got through
            assert recorder.recorded == ["a", "b", "c", "after"]
            return
    pytest.fail("the leader never got through")
