"""`python -m benchmarks.curves docs/curves.svg`: how reading grows with the log, drawn with its floors.

Each curve is the median of some calls in logs of 1,000, 10,000 and 100,000 matters (made by `benchmarks.reads`), or of
matters that live ever longer; the broken line of its colour is the bare SQL of the same rows in the same file. What is
flat does not grow with the log.
"""

import argparse
import math
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from pathlib import Path

from benchmarks import logs, reads
from benchmarks.measure import Side, percentile
from eventlog import reading
from eventlog.database import Database
from eventlog.reading.states import _parsed, _state_in
from tests.support.office import sqlite

SIZES = (1000, 10_000, 100_000)
LENGTHS, MATTERS = (20, 60, 180), 100
CALLS, WHOLE_CALLS = 60, 5
_THERE = "SELECT r.* FROM streams s JOIN matter_rows r ON r.stream = s.stream WHERE s.first <= ?"
_COLOURS = ("#b5312c", "#20639b", "#3c8d2f", "#8a5a00", "#6b3fa0")
_WIDE, _HIGH, _EDGE, _GAP = 430, 300, 60, 90


@dataclass
class Curve:
    """Microseconds by the number of matters, of the product and of its floor."""

    name: str
    points: dict[Side, dict[int, float]] = field(default_factory=lambda: {Side.XMH: {}, Side.BARE: {}})


def by_matters(sizes: Sequence[int], folder: Path) -> tuple[list[Curve], list[Curve]]:
    """One row of anything, µs a call; and the whole list as of a day after which little was recorded, µs a matter."""
    ones: dict[str, Curve] = {}
    whole = Curve("the list as of a day lately")
    made = min(1000, *sizes)
    for size in sizes:
        home = folder / str(size)
        logs.made(home, lambda log: logs.reported(log, made, logs.MONDAY)).close()
        with closing(sqlite3.connect(home / "events.db")) as raw:
            reads.multiply(raw, size // made)
            with Database(sqlite(home)) as log:
                for name, sides in reads._calls(log, raw, size).items():
                    curve = ones.setdefault(name, Curve(name))
                    for side, call in sides.items():
                        curve.points[side][size] = _median(call, CALLS)
                ((newest,),) = raw.execute("SELECT max(position) FROM matter_rows").fetchall()
                _whole_list(log, raw, size, newest - made // 10, whole)
    return list(ones.values()), [whole]


def by_events(lengths: Sequence[int], folder: Path) -> list[Curve]:
    """The list as of a day by which a tenth of the log was recorded: every matter has moved since."""
    curve = Curve("the list as of a day long past")
    for length in lengths:
        home = folder / f"long-{length}"
        with logs.made(home, lambda log, length=length: logs.reported_on(log, MATTERS, length)) as log:  # type: ignore[misc]
            position = reading.newest_event(log)[0] // 10 + 5 * MATTERS
            with closing(sqlite3.connect(home / "events.db")) as raw:
                _whole_list(log, raw, length, position, curve)
    return [curve]


def _whole_list(log: Database, raw: sqlite3.Connection, at: int, position: int, curve: Curve) -> None:
    moment = reading.Moment(position, logs.MONDAY + timedelta(days=1))
    (there,) = raw.execute(f"SELECT count(*) FROM ({_THERE})", (position,)).fetchone()

    def listed() -> object:
        _parsed.cache_clear()  # as a command does that is started anew
        _state_in.cache_clear()
        return reading.past_list_rows(log, moment)

    def bare() -> object:
        return raw.execute(_THERE, (position,)).fetchall()

    curve.points[Side.XMH][at] = _median(listed, WHOLE_CALLS) / there
    curve.points[Side.BARE][at] = _median(bare, WHOLE_CALLS) / there


def _median(call: Callable[[], object], calls: int) -> float:
    """µs of one core: the database works in this process, and what else the machine does is not counted."""
    spent = []
    call()
    for _ in range(calls):
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return percentile(spent, 50) * 1e6


def drawn(panels: Mapping[str, Sequence[Curve]], said: str) -> str:
    """The panels side by side as SVG."""
    width = len(panels) * (_WIDE + _GAP) + _EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HIGH + 190}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
    ]
    for n, (title, curves) in enumerate(panels.items()):
        parts += _panel(title, curves, _EDGE + n * (_WIDE + _GAP))
    parts.append(f'<text x="{_EDGE}" y="{_HIGH + 178}" fill="#555">{escape(said)}</text></svg>')
    return "\n".join(parts)


def _panel(title: str, curves: Sequence[Curve], left: int) -> list[str]:
    values = [v for curve in curves for points in curve.points.values() for v in points.values()]
    sizes = sorted({size for curve in curves for size in curve.points[Side.XMH]})
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def x(size: int) -> float:
        return left + (math.log10(size / sizes[0])) / max(math.log10(sizes[-1] / sizes[0]), 1e-9) * _WIDE

    def y(value: float) -> float:
        return 40 + _HIGH - (math.log10(value) - low) / (high - low) * _HIGH

    parts = [f'<text x="{left}" y="22" font-size="14" font-weight="bold">{escape(title)}</text>']
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path d="M{left} {at:.1f}H{left + _WIDE}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    parts += [f'<text x="{x(s):.1f}" y="{_HIGH + 58}" text-anchor="middle">{s:,}</text>' for s in sizes]
    for n, curve in enumerate(curves):
        colour = _COLOURS[n % len(_COLOURS)]
        for side, dash in ((Side.XMH, ""), (Side.BARE, ' stroke-dasharray="5 4"')):
            points = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in sorted(curve.points[side].items()))
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        label = f'<text x="{left}" y="{_HIGH + 80 + n * 17}" fill="{colour}">{escape(curve.name)}</text>'
        parts.append(label)
    return parts


def main() -> None:
    """Measure and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=__doc__)
    parser.add_argument("file", type=Path, help="the drawing")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="matters in the logs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xmh-curves-") as folder:
        ones, lately = by_matters(asked.sizes, Path(folder))
        past = by_events(LENGTHS, Path(folder))
    load = f"SQLite, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    panels = {
        "µs of one core a call, by matters in the log": ones,
        "µs of one core a matter, by matters in the log": lately,
        "µs of one core a matter, by events of each": past,
    }
    said = f"Solid: xmh; broken: the bare SQL of the same rows. {load}"
    asked.file.write_text(drawn(panels, said), encoding="utf-8")
    for curve in (*ones, *lately, *past):
        figures = "; ".join(
            f"{size:,}: {curve.points[Side.XMH][size]:,.1f} µs, {curve.points[Side.XMH][size] / value:.1f} × bare"
            for size, value in sorted(curve.points[Side.BARE].items())
        )
        print(f"{curve.name}: {figures}")


if __name__ == "__main__":
    main()
