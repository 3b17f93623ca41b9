"""Charts as SVG: lights over weeks, on-time rates of units, the line of a matter's life. Written by hand: three shapes.

Each light has a tint and a hatching of its own, so that a black-and-white print says the same. Text is text, in the
fonts of the document around it; every number stands beside its bar.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import ceil

from domain.calendar import next_month
from domain.terms import Light

FONTS = "'仿宋_GB2312','仿宋','FandolFang R','Noto Serif SC','Noto Serif CJK SC','SimSun',serif"
_SHOWN = (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED)
_TINTS = {Light.GREEN: "#5f9e6e", Light.BLUE: "#5b8bc0", Light.YELLOW: "#e0b23c", Light.RED: "#b5392f"}
_HATCHES = {
    Light.GREEN: "",
    Light.BLUE: '<path d="M0 6 L6 0" stroke="#fff" stroke-width="1"/>',
    Light.YELLOW: '<path d="M0 3 H6" stroke="#fff" stroke-width="1"/>',
    Light.RED: '<path d="M0 0 L6 6 M0 6 L6 0" stroke="#fff" stroke-width="1"/>',
}
_INK, _PALE = "#222", "#bbb"
_WIDTH, _ROW, _SIZE = 590, 22, 12
_BAR_ROW, _FITS, _MONTH_NAMED = 17, 15, 44
"""Of a 横道图: how far its rows stand apart, what of a title fits, and what the name of a month or a share takes."""


@dataclass(frozen=True)
class LightsOn:
    """How many matters showed which light on a day."""

    day: date
    counts: dict[Light, int]


@dataclass(frozen=True)
class UnitRate:
    """A bar of the chart: how many matters a unit closed in time, of how many."""

    unit: str
    part: int
    whole: int


@dataclass(frozen=True)
class LifeMoment:
    """Something on the line of a matter's life."""

    day: date
    label: str


@dataclass(frozen=True)
class MatterBar:
    """A row of a 横道图: a matter from opening to limit, how far it is, its light, the days of its points."""

    title: str
    since: date
    due: date
    progress: int
    light: Light
    points: tuple[date, ...] = ()


def lights_chart(weeks: Sequence[LightsOn], title: str) -> str:
    """The chart of lights over weeks: stacked bars as SVG, told apart in print by hatching."""
    tall, top, bottom, left = 200, 46, 30, 40
    most = max((sum(w.counts.get(x, 0) for x in _SHOWN) for w in weeks), default=0) or 1
    step = (_WIDTH - left - 10) / max(len(weeks), 1)
    parts = [*_legend(left, 30), *_scale(left, top, tall, most)]
    for n, week in enumerate(weeks):
        x, y = left + n * step + step * 0.15, float(top + tall)
        for kind in _SHOWN:
            count = week.counts.get(kind, 0)
            high = count / most * tall
            y -= high
            if count:
                parts += _counted_bar(x, y, step * 0.7, high, kind, count)
        if n % max(1, len(weeks) // 12) == 0:
            parts.append(_text(x + step * 0.35, top + tall + 16, f"{week.day.month}.{week.day.day}", anchor="middle"))
    return _svg(top + tall + bottom, title, parts)


def on_time_chart(rates: Sequence[UnitRate], title: str) -> str:
    """The chart of units' on-time rates as SVG: one bar a unit, in the order given, with both numbers."""
    left, top = 210, 30
    room = _WIDTH - left - 90
    parts = []
    for n, rate in enumerate(rates):
        y = top + n * _ROW
        share = rate.part / rate.whole if rate.whole else 0
        parts += [
            _text(left - 8, y + 13, rate.unit, anchor="end"),
            f'<rect x="{left}" y="{y + 2}" width="{room}" height="14" fill="none" stroke="{_PALE}"/>',
            f'<rect x="{left}" y="{y + 2}" width="{_number(room * share)}" height="14" fill="#555"/>',
            _text(left + room + 6, y + 13, f"{rate.part}/{rate.whole}" if rate.whole else "—"),
        ]
    return _svg(top + len(rates) * _ROW + 10, title, parts)


def life_chart(moments: Sequence[LifeMoment], since: date, until: date, title: str) -> str:
    """The chart of a matter's life as SVG, from its opening to its end: what happened when."""
    left, top = 20, 40
    span = max((until - since).days, 1)
    line = top + 10
    parts = [f'<path d="M{left} {line} H{_WIDTH - left}" stroke="{_INK}" stroke-width="1.5"/>']
    for n, moment in enumerate(moments):
        x = left + (moment.day - since).days / span * (_WIDTH - 2 * left)
        y = line + 24 + n % 4 * 18
        anchor = "end" if x > _WIDTH * 0.8 else "start"  # the last ones would run out of the picture
        parts += [
            f'<circle cx="{_number(x)}" cy="{line}" r="3.5" fill="{_INK}"/>',
            f'<path d="M{_number(x)} {line} V{y - 10}" stroke="{_PALE}"/>',
            _text(x, y, f"{moment.day.month}月{moment.day.day}日{moment.label}", anchor=anchor),
        ]
    return _svg(line + 24 + 4 * 18, title, parts)


def bars_chart(bars: Sequence[MatterBar], on: date, title: str) -> str:
    """横道图 as SVG: a bar a matter over months, filled as far as it is, its points as lozenges, a line for the day."""
    days = [on, *(day for b in bars for day in (b.since, b.due, *b.points))]
    first, last = min(days).replace(day=1), next_month(max(days))
    left, top, room = 196, 46, _WIDTH - 196 - _MONTH_NAMED
    bottom = top + len(bars) * _BAR_ROW

    def x(day: date) -> float:
        return left + (day - first).days / (last - first).days * room

    parts = [*_months(first, last, x, top, bottom)]
    for n, bar in enumerate(bars):
        y = top + n * _BAR_ROW
        start, end = x(bar.since), max(x(bar.due), x(bar.since) + 2)
        done = (end - start) * bar.progress / 100
        points = (f"M{_number(x(day))} {y + 4} l4 4 l-4 4 l-4 -4 z" for day in bar.points)
        name = bar.title if len(bar.title) <= _FITS else f"{bar.title[: _FITS - 1]}…"
        box, tint = f'x="{_number(start)}" y="{y + 3}" height="10"', _TINTS.get(bar.light, _PALE)
        parts += [
            _text(left - 6, y + 12, name, anchor="end"),
            f'<rect {box} width="{_number(end - start)}" fill="#fff" stroke="{tint}"/>',
            f'<rect {box} width="{_number(done)}" fill="{tint}"/>',
            *([f'<rect {box} width="{_number(done)}" fill="url(#{bar.light.value})"/>'] if bar.light in _SHOWN else []),
            *(f'<path d="{point}" fill="{_INK}"/>' for point in points),
            _text(end + 6, y + 12, f"{bar.progress}%"),
        ]
    now = _number(x(on))
    parts.append(f'<path d="M{now} {top - 4} V{bottom}" stroke="{_TINTS[Light.RED]}" stroke-width="1.2"/>')
    return _svg(bottom + 8, title, parts)


def _months(first: date, last: date, x: Callable[[date], float], top: float, bottom: float) -> Iterator[str]:
    """A thin line where each month begins, and its number where there is room for one."""
    starts = [first]
    while (following := next_month(starts[-1])) < last:
        starts.append(following)
    every = max(1, ceil(_MONTH_NAMED / (x(starts[1]) - x(first)))) if len(starts) > 1 else 1
    year = 0
    for n, day in enumerate(starts):
        at = _number(x(day))
        yield f'<path d="M{at} {top} V{bottom}" stroke="{_PALE}" stroke-width="0.6"/>'
        if n % every == 0:
            yield _text(x(day) + 2, top - 8, f"{day.month}月" if day.year == year else f"{day.year}.{day.month}")
            year = day.year


def _legend(x: float, y: float) -> Iterator[str]:
    for n, kind in enumerate(_SHOWN):
        yield _bar(x + n * 70, y - 11, 14, 12, kind)
        yield _text(x + n * 70 + 18, y, f"{kind.label}灯")


def _scale(left: float, top: float, tall: float, most: int) -> Iterator[str]:
    for count in sorted({0, most // 2, most}):  # half a matter is none
        y = top + tall * (1 - count / most)
        yield f'<path d="M{left} {_number(y)} H{_WIDTH - 10}" stroke="{_PALE}" stroke-width="0.6"/>'
        yield _text(left - 6, y + 4, str(count), anchor="end")


def _counted_bar(x: float, y: float, wide: float, high: float, kind: Light, count: int) -> Iterator[str]:
    """With its number, where there is room for one; on white, or the hatching would eat it."""
    yield _bar(x, y, wide, high, kind)
    room = _SIZE * 0.62 * len(str(count)) + 2
    if high >= _SIZE and wide >= room:
        middle, foot = x + wide / 2, y + high / 2 + _SIZE * 0.36
        yield (
            f'<rect x="{_number(middle - room / 2)}" y="{_number(foot - _SIZE * 0.82)}" width="{_number(room)}" '
            f'height="{_SIZE}" fill="#fff"/>'
        )
        yield _text(middle, foot, str(count), anchor="middle")


def _bar(x: float, y: float, wide: float, high: float, kind: Light) -> str:
    box = f'x="{_number(x)}" y="{_number(y)}" width="{_number(wide)}" height="{_number(high)}"'
    return (
        f'<rect {box} fill="{_TINTS[kind]}"/><rect {box} fill="url(#{kind.value})" stroke="{_INK}" stroke-width="0.5"/>'
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}">{escape(words)}</text>'


def _number(value: float) -> str:
    """Two decimals at most: the same picture is the same bytes."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _svg(high: float, title: str, parts: Iterable[str]) -> str:
    hatches = "".join(
        f'<pattern id="{kind.value}" width="6" height="6" patternUnits="userSpaceOnUse">{_HATCHES[kind]}</pattern>'
        for kind in _SHOWN
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_number(high)}" width="{_WIDTH}" '
        f'height="{_number(high)}" font-family="{FONTS}" font-size="{_SIZE}" fill="{_INK}" role="img">'
        f"<title>{escape(title)}</title><defs>{hatches}</defs>{''.join(parts)}"
        f'<text x="{_WIDTH / 2:g}" y="14" text-anchor="middle" font-size="{_SIZE + 1}">{escape(title)}</text></svg>\n'
    )
