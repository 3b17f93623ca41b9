"""What a manifest tells a container, held against what the program understands."""

from collections.abc import Iterable, Sequence
from typing import Any

import typer.main

from cli.main import app
from settings import Settings


def options_of(words: Sequence[str]) -> dict[str, str]:
    """A command as the command line itself reads it: option → value.

    Raises:
        AttributeError: there is no such command. Exception: click's own, for an option there is not.
    """
    root: Any = typer.main.get_command(app)
    command, *arguments = root.get_command(None, words[0]), *words[1:]
    while hasattr(command, "commands"):
        command, *arguments = command.get_command(None, arguments[0]), *arguments[1:]
    context = command.make_context(words[0], arguments)
    return {key: str(value) for key, value in context.params.items() if value is not None}


def no_settings(names: Iterable[str]) -> set[str]:
    """Those of the environment that say they are for us and that no setting reads."""
    ours = {name for name in names if name.startswith("XMH_")}
    return {name for name in ours if name.removeprefix("XMH_").lower() not in Settings.model_fields}
