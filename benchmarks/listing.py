"""`xmh task list` from the start of the process to its end, beside a bare Python that prints as many rows."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks import logs
from benchmarks.measure import Clock, Goal, Row, Side, turns
from benchmarks.scale import Scale

FAST_ENOUGH = Goal(0.4, at_most=True, ratio=False)
XMH = [sys.executable, "-c", "from cli.main import run; run()", "task", "list"]
BARE = "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute('SELECT * FROM matters'): print(*row)"


def run(scale: Scale, folder: Path) -> list[Row]:
    """A thousand matters."""
    home = folder / "home"
    with logs.made(home, lambda log: logs.reported(log, scale.listed, logs.MONDAY)):
        pass
    commands = {Side.BARE: [sys.executable, "-c", BARE, str(home / "events.db")], Side.XMH: XMH}
    # Byte-compiled modules are what an installed command has.
    env = {k: v for k, v in os.environ.items() if not k.startswith("XMH_") and k != "PYTHONDONTWRITEBYTECODE"}
    env["XMH_HOME"] = str(home)
    row = Row(f"list {scale.listed:,} matters, start included", "s", FAST_ENOUGH)
    for command in commands.values():
        _listed(command, env, scale.listed)
    for pair in turns(scale.rounds):
        for side in pair:
            clock = Clock()
            clock.time(lambda command=commands[side]: _listed(command, env, scale.listed))  # type: ignore[misc]
            row.add(side, clock.seconds)
    return [row]


def _listed(command: list[str], env: dict[str, str], matters: int) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    if len(done.stdout.splitlines()) < matters:
        raise RuntimeError(f"only {len(done.stdout.splitlines())} lines")
