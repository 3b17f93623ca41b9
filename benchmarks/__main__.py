"""`python -m benchmarks`: run them, print the table, write the JSON."""

import argparse
import json
import logging
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.measure import Row, Side, Spread
from benchmarks.scale import QUICK, Scale
from process import leave
from services.service_log import configure_logging

BENCHMARKS = {
    "workflows": "open and report on real workflows",
    "order": "the same order by the API and by the gateway",
    "pages": "pages of a thousand open matters, and what they weigh",
    "browser": "keys, shifts of layout, a long table and two hundred open pages, in Chromium",
    "append": "one durable append",
    "fold": "from events to a state",
    "proof": "the log against a checkpoint, whole and since one, and inclusion proofs",
    "list": "`xmh task list`, from start to end",
    "reads": "a page, a matter, a number, a word, in logs of many matters",
    "city": "nineteen headquarters: the city's roll-up, and one beside eighteen at work",
    "draft": "`xmh plan draft` of a large table",
    "table": "`xmh plan table` of many matters, and its edited copy back",
    "print": "an issue in four formats, and its text from the log",
}
"""Each is a module of this room with `run(scale, folder)`."""
MODULES = {
    "order": "orders",
    "draft": "drafting",
    "fold": "folding",
    "list": "listing",
    "table": "tables",
    "print": "printing",
}


def main() -> NoReturn:
    """Measure what was asked for; exit 0 whatever the figures are."""
    asked = _arguments()
    configure_logging(logging.WARNING)  # the table is all that may stand on standard output
    measured: dict[str, list[Row]] = {}
    began = time.monotonic()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}", flush=True)
    for name in asked.only or BENCHMARKS:
        module = import_module(f"benchmarks.{MODULES.get(name, name)}")
        run: Callable[[Scale, Path], list[Row]] = module.run
        with tempfile.TemporaryDirectory(prefix="xmh-bench-") as folder:
            measured[name] = run(QUICK if asked.quick else Scale(), Path(folder))
        print(f"\n{name}: {BENCHMARKS[name]}\n{_table(measured[name])}", flush=True)
    if asked.json:
        document = {name: [row.document() for row in rows] for name, rows in measured.items()}
        asked.json.write_text(json.dumps({"machine": _machine(), "benchmarks": document}, ensure_ascii=False, indent=2))
    print(f"\nin {time.monotonic() - began:.0f} s; the ratio is product over bare, pair by pair", flush=True)
    leave(0)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="just this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every run of every figure")
    return parser.parse_args()


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()}


def _table(rows: Sequence[Row]) -> str:
    heads = ("", "unit", "bare", "xmh", "ratio", "goal", "")
    lines = [heads, *map(_line, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ).rstrip()


def _line(row: Row) -> tuple[str, ...]:
    met = {None: "", True: "met", False: "missed"}[row.met]
    figures = (_spread(Spread.of(row.runs[side])) for side in Side)
    return (row.name, row.unit, *figures, _spread(row.ratio), str(row.goal or ""), met)


def _spread(spread: Spread) -> str:
    return f"{_short(spread.median)} ({_short(spread.low)}–{_short(spread.high)})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
