"""The one name the wheel puts into an environment: the rooms lie inside it, found only by processes of ours.

`domain`, `cli`, `settings` are names others may use too. In a checkout, and in its editable install, the rooms lie
beside this folder and are found as they are.
"""

import gc
import os
import sys
from pathlib import Path
from typing import NoReturn

_HERE = Path(__file__).parent
GARBAGE_AFTER = (20_000, 20, 50)
"""How many new objects a command makes before it looks for garbage; Python's own 700 costs a sixth of `task list`."""


def find_rooms() -> None:
    """Put the rooms of an installed wheel before all else, for this process and those it starts."""
    if (_HERE / "cli").is_dir() and str(_HERE) not in sys.path:
        sys.path.insert(0, str(_HERE))
        inherited = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = f"{_HERE}{os.pathsep}{inherited}" if inherited else str(_HERE)


def run() -> NoReturn:
    """The console script."""
    find_rooms()
    gc.set_threshold(*GARBAGE_AFTER)
    from cli.main import run as command_line  # noqa: PLC0415  (found only now)

    command_line()
