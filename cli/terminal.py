"""What reaches a terminal: no text of the log, a file or a server moves its cursor, colours it or turns it around.

What was typed here is cleaned as it comes in (`domain.bounds`). A log of an earlier build, a sheet that was refused,
another headquarters' words were not, and are shown all the same.
"""

import sys

from domain.bounds import storable, unseen_escaped, visible

_drawn: set[str] = set()
"""The lines of coloured tables of this run: all that may hold escapes."""


def keep_colours(table: str) -> str:
    """A table of cells without escapes, drawn with colours: its lines are shown as they are."""
    _drawn.update(table.split("\n"))
    return table


def plain(text: str) -> str:
    """A text as it may be shown: characters nobody sees, and those that steer a terminal, are gone."""
    if not _drawn:
        return storable(visible(text))
    return "\n".join(line if line in _drawn else storable(visible(line)) for line in text.split("\n"))


def tell(text: str) -> None:
    """Show a text beside the answer, on stderr."""
    sys.stderr.write(f"{plain(text)}\n")


def show(text: str) -> None:
    """Show a text, the answer of this run."""
    sys.stdout.write(f"{plain(text)}\n")


def show_json(text: str) -> None:
    """Show a JSON document: the same to whoever reads it, and nothing else to a terminal."""
    sys.stdout.write(f"{unseen_escaped(text)}\n")
