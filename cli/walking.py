"""A matter's replay on the screen, one event at a time, walked with the arrow keys."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from domain.base import refuse
from domain.bounds import seen, visible

_BACK = frozenset({b"\x1b[D", b"\x1b[A", b"\x1bOD", b"\x1bOA", b"k", b"h", b"\x7f"})
_ON = frozenset({b"\x1b[C", b"\x1b[B", b"\x1bOC", b"\x1bOB", b"j", b"l", b" ", b"\r", b"\n"})
_FIRST = frozenset({b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"g"})
_LAST = frozenset({b"\x1b[F", b"\x1bOF", b"\x1b[4~", b"G"})
_LEAVE = frozenset({b"q", b"Q", b"\x03", b"\x04", b"\x1b", b""})
_HELP = "← → 逐条  Home End 首尾  q 退出"
_REST_OF_A_KEY = 0.05
"""Seconds in which what follows an Esc belongs to it."""


def walk(title: str, pages: Sequence[Sequence[str]]) -> None:
    """Show one page after another as the keys say, beginning with the first, until somebody leaves.

    Args:
        title: stands above each.
        pages: the lines of each, at least one page.

    Raises:
        Refusal: `malformed`: it is no terminal.
    """
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    refuse(not terminal, "--walk 要在终端里用；要存成文件或交给程序，请用 --step", "malformed")
    console, at = Console(highlight=False), 0
    with _key_by_key(sys.stdin.fileno()), console.screen():
        while True:
            _show(console, title, pages, at)
            key = _key(sys.stdin.fileno())
            if key in _LEAVE:
                return
            at = _moved(key, at, len(pages) - 1)


def _moved(key: bytes, at: int, last: int) -> int:
    if key in _BACK:
        return max(0, at - 1)
    if key in _ON:
        return min(last, at + 1)
    return 0 if key in _FIRST else last if key in _LAST else at


def _show(console: Console, title: str, pages: Sequence[Sequence[str]], at: int) -> None:
    console.clear()
    console.print(Text(f"{seen(title)}  （{at + 1}/{len(pages)}）", style="bold"))
    console.print()
    for line in pages[at]:
        console.print(Text(visible(line)))
    console.print()
    console.print(Text(_HELP, style="dim"))


@contextmanager
def _key_by_key(terminal: int) -> Iterator[None]:
    """Keys come as they are pressed and are not shown; afterwards everything is as it was."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _key(terminal: int) -> bytes:
    """One key; those of several bytes whole."""
    key = os.read(terminal, 1)
    while key[:1] == b"\x1b" and select.select([terminal], [], [], _REST_OF_A_KEY)[0]:
        key += os.read(terminal, 1)
        if len(key) > len(b"\x1b[") and (key[-1:].isalpha() or key[-1:] == b"~"):
            break
    return key
