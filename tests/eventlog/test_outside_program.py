"""A program the settings name: what it answers, and what it may not take with it."""

import shlex
import sys
import time
from pathlib import Path

import pytest

from eventlog.outside_program import MOST_ANSWER, OutsideProgramError, TooSlowError, asked_outside
from tests.support.processes import is_alive


def python(text: str) -> str:
    return shlex.join([sys.executable, "-c", text])


def test_it_is_given_bytes_and_answers_bytes() -> None:
    echo = python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])")
    assert asked_outside(echo, bytes(range(256)), 10) == bytes(range(256))[::-1]
    assert asked_outside(python("print(7)"), b"x" * MOST_ANSWER, 10) == b"7\n", "it need not read"


@pytest.mark.parametrize(
    "command",
    [" ", "no-such-program-here", "/", "'", python("raise SystemExit(3)"), python("while True: print('y' * 4000)")],
)
def test_what_gives_no_answer_is_one_error(command: str) -> None:
    began = time.monotonic()
    with pytest.raises(OutsideProgramError):
        asked_outside(command, b"", 30)
    assert time.monotonic() - began < 15, "who writes without end is stopped by how much, not by how long"


@pytest.mark.parametrize("text", ["import time; time.sleep(60)", "import os, time; os.close(1); time.sleep(60)"])
def test_what_is_slow_ends_with_all_it_began(tmp_path: Path, text: str) -> None:
    note = tmp_path / "child"
    child = f"import subprocess; open({str(note)!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid)); {text}"
    with pytest.raises(TooSlowError):
        asked_outside(python(child), b"", 2)
    pid, until = int(note.read_text()), time.monotonic() + 5
    while is_alive(pid):
        assert time.monotonic() < until, "a grandchild lives on"
        time.sleep(0.05)
