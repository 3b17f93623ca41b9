"""How many matters showed which light at the end of each week: each is folded once, and looked at every Friday."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from documents.charts import LightsOn, UnitRate, lights_over_weeks, on_time_by_unit
from documents.figures import Period
from documents.ledger import MatterFile
from documents.page import Figure
from documents.wording import short_date
from domain.calendar import end_of_day
from domain.evolve import evolve
from domain.lights import light
from domain.log import Rulebook
from domain.matter import Matter
from domain.terms import Light

_FRIDAY = 4
_SHOWN = (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED)


def weekly_lights(period: Period) -> tuple[LightsOn, ...]:
    """The lights of what was alive at the end of each Friday of the period."""
    first = period.since + timedelta(days=(_FRIDAY - period.since.weekday()) % 7)
    fridays = [first + timedelta(weeks=n) for n in range(((period.until - first).days // 7) + 1)]
    counts: list[Counter[Light]] = [Counter() for _ in fridays]
    ends = [end_of_day(day) for day in fridays]
    for file in period.ledger.matters:
        for n, lit in _seen(file, ends, period.ledger.rulebook):
            counts[n][lit] += 1
    return tuple(
        LightsOn(day=day, counts={kind: found[kind] for kind in _SHOWN})
        for day, found in zip(fridays, counts, strict=True)
    )


def _seen(file: MatterFile, ends: list[datetime], rulebook: Rulebook) -> Iterator[tuple[int, Light]]:
    """The matter's light at each of the moments it was there and alive."""
    state: Matter | None = None
    events = iter(file.events)
    told = next(events, None)
    for n, end in enumerate(ends):
        while told is not None and told.recorded.recorded_at <= end:
            state = evolve(state, told.recorded)
            told = next(events, None)
        if state is not None and not state.ended:
            yield n, light(state, rulebook, end).light


def lights_figure(period: Period, title: str) -> Figure | None:
    """The weeks as a chart; None when there is less than two weeks to compare."""
    weeks = weekly_lights(period)
    lit = [w for w in weeks if sum(w.counts.values())]
    if len(lit) < 2:  # noqa: PLR2004  (one bar compares nothing)
        return None
    worst = max(lit, key=lambda w: w.counts[Light.RED])
    reds = worst.counts[Light.RED]
    said = f"红灯最多的一周为{short_date(worst.day)}，{reds}件" if reds else "各周均无红灯"
    last = lit[-1]
    ended = "、".join(f"{kind.label}灯{last.counts[kind]}件" for kind in _SHOWN if last.counts[kind])
    return Figure(title=title, said=f"{said}；{short_date(last.day)}{ended}", svg=lights_over_weeks(weeks, title))


def rates_figure(rates: list[UnitRate], title: str) -> Figure | None:
    """Units beside each other, in the order of the directory."""
    judged = [r for r in rates if r.whole]
    if not judged:
        return None
    part, whole = sum(r.part for r in judged), sum(r.whole for r in judged)
    said = f"{len(judged)}个单位共办结{whole}件，其中按期{part}件"
    return Figure(title=title, said=said, svg=on_time_by_unit(judged, title))
