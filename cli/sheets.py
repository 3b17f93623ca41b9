"""What the commands that read sheets share: how a rejected file is told."""

from collections.abc import Sequence
from typing import Any, NoReturn

from cli.session import Exit, answer, session
from cli.terminal import tell

MOST_LINES = 50


def reject_file(document: dict[str, Any], lines: Sequence[str]) -> NoReturn:
    """End with exit 2 for a rejected sheet: every fault on a line of its own, or the document with `rejected` in it."""
    if session.json:
        answer(document, "")
    else:
        say_lines(lines)
    raise SystemExit(Exit.MALFORMED)


def say_lines(lines: Sequence[str]) -> None:
    """Show a rejected sheet's lines on stderr; of very many the first and the last."""
    left = len(lines) - MOST_LINES
    shown = lines if left <= 1 else [*lines[: MOST_LINES - 1], f"……另有{left}行，用 --json 可看全部", lines[-1]]
    tell("\n".join(shown))
