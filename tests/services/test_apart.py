"""What a stranger made is read in a process of its own: it may refuse, die or hang, and nothing of ours does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from domain.base import Refusal, refuse
from services.apart import done_apart
from tests.support.served import wait_for

ROOT = Path(__file__).parents[2]


def named(path: Path) -> str:
    return path.name


def refused() -> None:
    refuse(True, "工作表太多", "too_large")


def died() -> None:
    os._exit(9)


def test_the_answer_comes_back_or_the_refusal_with_its_code() -> None:
    assert done_apart(named, Path("a") / "清单.xlsx") == "清单.xlsx"
    with pytest.raises(Refusal, match="工作表太多") as told:
        done_apart(refused)
    assert told.value.code == "too_large"


@pytest.mark.parametrize(("work", "args"), [(died, ()), (time.sleep, (60,))])
def test_who_dies_or_hangs_is_ended_and_said_in_one_line(work: object, args: tuple[int, ...]) -> None:
    began = time.monotonic()
    with pytest.raises(Refusal, match="读不完"):
        done_apart(work, *args, seconds=3.0)  # type: ignore[arg-type]
    assert time.monotonic() - began < 10


def test_what_a_reader_leaves_behind_in_its_process_is_not_there_for_the_next() -> None:
    done_apart(os.putenv, "LEFT_BY_A_READER", "x")
    assert done_apart(os.chdir, "/") is None
    assert done_apart(os.getenv, "LEFT_BY_A_READER") is None
    assert done_apart(os.getcwd) != "/"


def test_where_the_first_process_was_ended_the_next_file_is_read_all_the_same() -> None:
    (first,) = {done_apart(os.getppid), done_apart(os.getppid)}
    os.kill(first, signal.SIGKILL)
    assert done_apart(named, Path("清单.xlsx")) == "清单.xlsx"
    assert done_apart(os.getppid) != first


def test_nothing_is_left_of_it_when_the_server_is_killed() -> None:
    served = "from services.apart import done_apart\nimport os, time\n"
    served += "print(done_apart(os.getppid), flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", served], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = psutil.Process(int(server.stdout.readline()))
        server.kill()
    wait_for(lambda: not first.is_running(), 10)
