"""A matter's replay on the screen, one event at a time, walked with the arrow keys; what does not fit is scrolled."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from domain.base import refuse
from domain.bounds import seen, visible

_BACK = frozenset({b"\x1b[D", b"\x1bOD", b"h", b"\x7f"})
_ON = frozenset({b"\x1b[C", b"\x1bOC", b"l", b"\r", b"\n"})
_UP = frozenset({b"\x1b[A", b"\x1bOA", b"k", b"\x1b[5~"})
_DOWN = frozenset({b"\x1b[B", b"\x1bOB", b"j", b"\x1b[6~", b" "})
_FIRST = frozenset({b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"g"})
_LAST = frozenset({b"\x1b[F", b"\x1bOF", b"\x1b[4~", b"G"})
_LEAVE = frozenset({b"q", b"Q", b"\x03", b"\x04", b"\x1b", b""})
_HELP = "← → 逐条  ↑ ↓ 翻看  Home End 首尾  q 退出"
_AROUND = 4
"""Lines of the screen that are not the page's: title and help, each with an empty one."""
_REST_OF_A_KEY = 0.05
"""Seconds in which what follows an Esc belongs to it."""


@dataclass(frozen=True)
class _View:
    """What is on the screen: which page, and its first line there."""

    at: int = 0
    top: int = 0


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
    console, view = Console(highlight=False), _View()
    with _key_by_key(sys.stdin.fileno()), console.screen():
        while True:
            lines = _lines(console, pages[view.at])
            room = max(1, console.height - _AROUND)
            view = _View(view.at, max(0, min(view.top, len(lines) - room)))
            _show(console, f"{seen(title)}  （{view.at + 1}/{len(pages)}）", lines[view.top :], room)
            key = _key(sys.stdin.fileno())
            if key in _LEAVE:
                return
            view = _moved(key, view, len(pages) - 1, room, len(lines))


def _moved(key: bytes, view: _View, last: int, room: int, lines: int) -> _View:
    """After a key; down at the end of a page is on, and up at its beginning is back."""
    if key in _DOWN and view.top + room < lines:
        return _View(view.at, view.top + room)
    if key in _UP and view.top > 0:
        return _View(view.at, view.top - room)
    if key in _BACK | _UP:
        return _View(max(0, view.at - 1))
    if key in _ON | _DOWN:
        return _View(min(last, view.at + 1))
    return _View() if key in _FIRST else _View(last) if key in _LAST else view


def _lines(console: Console, page: Sequence[str]) -> list[Text]:
    """A page as it stands on a screen so wide."""
    return [part for line in page for part in Text(visible(line)).wrap(console, console.width)]


def _show(console: Console, title: str, lines: Sequence[Text], room: int) -> None:
    """The lines there is room for; of how many more there are below, the help says."""
    console.clear()
    console.print(Text(title, style="bold", no_wrap=True, overflow="ellipsis"))
    console.print()
    for line in lines[:room]:
        console.print(line)
    console.print()
    more = f"下面还有{len(lines) - room}行  " if len(lines) > room else ""
    console.print(Text(more + _HELP, style="dim", no_wrap=True, overflow="crop"), end="")


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
