"""What a stranger made is read in a process of its own: it may refuse, die or hang, and nothing of ours does."""

import gc
import os
import signal
import struct
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from domain.base import Refusal, refuse
from services.apart import done_apart
from tests.support.served import wait_for

ROOT = Path(__file__).parents[2]


def ends_amid_its_answer() -> None:
    (there,) = (one for one in gc.get_objects() if isinstance(one, Connection) and one.writable)
    os.write(there.fileno(), struct.pack("!i", 1000) + b"x")
    os._exit(1)


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


@pytest.mark.parametrize(("work", "args"), [(died, ()), (ends_amid_its_answer, ()), (time.sleep, (60,))])
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
    wait_for(lambda: done_apart(os.getppid) not in (first, os.getpid()))  # forked again, and not begun anew each time


def test_where_the_first_process_was_stopped_the_next_file_is_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A SIGSTOP by hand, a debugger, a cgroup that was frozen: it lives, and answers nobody."""
    first = done_apart(os.getppid)
    os.kill(first, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr("services.apart.FORKED_WITHIN", 2.0)
        assert done_apart(named, Path("清单.xlsx")) == "清单.xlsx"
    wait_for(lambda: done_apart(os.getppid) not in (first, os.getpid()))


def stops_who_forked() -> str:
    os.kill(os.getppid(), signal.SIGSTOP)
    return "read"


def test_where_it_is_stopped_while_a_file_is_read_the_answer_comes_all_the_same() -> None:
    assert done_apart(stops_who_forked) == "read"
    assert done_apart(named, Path("清单.xlsx")) == "清单.xlsx"


def test_nothing_of_it_is_left_among_temporary_files_once_the_process_left(tmp_path: Path) -> None:
    served = "from services.apart import done_apart\nfrom process import leave\nprint(done_apart(len, 'ab'))\nleave(0)"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", served], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"2\n", b"")
    assert list(tmp_path.iterdir()) == []


def test_where_temporary_files_are_cleared_away_files_are_read_all_the_same() -> None:
    served = "from services.apart import done_apart\nfrom multiprocessing.util import get_temp_dir\nimport shutil\n"
    served += (
        "done_apart(len, 'ab')\nshutil.rmtree(get_temp_dir())\nprint(done_apart(len, 'abc'), done_apart(len, 'abcd'))"
    )
    answered = subprocess.run([sys.executable, "-c", served], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answered.stdout == "3 4\n", answered.stderr


def test_nothing_is_left_of_it_when_the_server_is_killed_and_a_reader_hangs() -> None:
    served = "from services.apart import done_apart\nimport os, time\n"
    served += "print(done_apart(os.getppid), flush=True)\ndone_apart(time.sleep, 300, seconds=4)"
    with subprocess.Popen([sys.executable, "-c", served], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = psutil.Process(int(server.stdout.readline()))
        wait_for(lambda: len(first.children()) == 1, 3)
        (reader,) = first.children()
        server.kill()
    wait_for(lambda: not reader.is_running() and not first.is_running(), 10)
