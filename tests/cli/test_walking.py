"""`audit replay --walk` on a real pseudo-terminal: the arrow keys go from event to event."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from domain import commands as c
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import LIAISON, OFFICE, opening

RIGHT, LEFT, DOWN, END, HOME = b"\x1b[C", b"\x1b[D", b"\x1b[B", b"\x1b[F", b"\x1b[H"


class Screen:
    """A terminal with the command in it."""

    def __init__(self, home: Path, *words: str, lines: int = 40) -> None:
        self.fd, theirs = pty.openpty()
        env = {**os.environ, "XMH_HOME": str(home), "XMH_ACTOR": "office", "TERM": "xterm"}
        env |= {"COLUMNS": "100", "LINES": f"{lines}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xmh", *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env
        )
        os.close(theirs)
        self.unread = b""

    def until(self, text: str) -> str:
        """What is shown up to this text; what comes behind it waits for the next call."""
        end, deadline = text.encode(), time.monotonic() + 30
        while end not in self.unread:
            assert time.monotonic() < deadline, self.unread.decode("utf-8", "replace")
            if select.select([self.fd], [], [], 1)[0]:
                self.unread += os.read(self.fd, 65536)
        seen, _, self.unread = self.unread.partition(end)
        return seen.decode("utf-8", "replace")

    def press(self, key: bytes) -> None:
        os.write(self.fd, key)


def test_the_arrow_keys_go_from_event_to_event(xmh: CommandLine, log: Database) -> None:
    act(log, "matter/one", opening("编制竖向规划"), OFFICE, at("2022-03-07"))
    act(log, "matter/one", c.AcceptReceipt(), LIAISON, at("2022-03-07", "15:00"))
    steps = len(xmh.json("audit", "replay", "编制竖向规划", "--step")["steps"])
    screen = Screen(xmh.home, "audit", "replay", "编制竖向规划", "--walk")
    screen.until(f"（1/{steps}）")
    assert "立项" in screen.until("q 退出")
    for key, place in ((RIGHT, 2), (LEFT, 1), (LEFT, 1), (END, steps), (RIGHT, steps), (HOME, 1)):
        screen.press(key)
        screen.until(f"（{place}/{steps}）")
        screen.until("q 退出")
    screen.press(b"q")
    assert screen.process.wait(20) == 0


def test_what_does_not_fit_on_the_screen_is_scrolled(xmh: CommandLine, log: Database) -> None:
    act(log, "matter/one", opening("编制竖向规划"), OFFICE, at("2022-03-07"))
    act(log, "matter/one", c.AcceptReceipt(), LIAISON, at("2022-03-07", "15:00"))
    steps = len(xmh.json("audit", "replay", "编制竖向规划", "--step")["steps"])
    first, _, _ = xmh("audit", "replay", "编制竖向规划", "--step").out.partition("\n   2  ")
    screen = Screen(xmh.home, "audit", "replay", "编制竖向规划", "--walk", lines=8)
    read = screen.until("q 退出")
    assert "下面还有" in read
    while "下面还有" in read.rpartition("（1/")[2]:
        screen.press(DOWN)
        read += screen.until("q 退出")
    assert len(first.splitlines()) > 8
    assert [line for line in first.splitlines() if line.strip()[:20] not in read] == []
    screen.press(DOWN)
    screen.until(f"（2/{steps}）")
    screen.until("q 退出")
    screen.press(LEFT)
    screen.until(f"（1/{steps}）")
    assert "立项" in screen.until("q 退出"), "from its beginning"
    screen.press(b"q")
    assert screen.process.wait(20) == 0


def test_without_a_terminal_it_says_what_else_there_is(xmh: CommandLine, log: Database) -> None:
    act(log, "matter/one", opening("编制竖向规划"), OFFICE, at("2022-03-07"))
    refused = xmh("audit", "replay", "编制竖向规划", "--walk")
    assert (refused.code, "请用 --step" in refused.error) == (2, True)
    assert xmh("audit", "replay", "编制竖向规划", "--walk", "--json").code == 2
