"""How many matters showed which light at the end of each week of a period, by what was known then."""

from collections import Counter

from documents.charts import LightsOn, UnitRate, lights_chart, on_time_chart
from documents.figures import Period
from documents.page import Figure
from documents.wording import short_date
from domain.calendar import local_date
from domain.lights import light
from domain.terms import Light

_SHOWN = (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED)


def weekly_lights(period: Period) -> tuple[LightsOn, ...]:
    """The lights of live matters at the end of each Friday of the period, by week."""
    weeks = []
    for position, end, _ in period.weeks:
        rulebook = period.ledger.rulebooks[position]
        states = (file.thens.get(position) for file in period.ledger.matters)
        counts = Counter(light(m, rulebook, end).light for m in states if m is not None and not m.ended)
        weeks.append(LightsOn(day=local_date(end), counts={kind: counts[kind] for kind in _SHOWN}))
    return tuple(weeks)


def lit_weeks_figure(period: Period, title: str) -> Figure | None:
    """The weeks' lights as a chart; None when there is less than two weeks to compare."""
    weeks = weekly_lights(period)
    lit = [w for w in weeks if sum(w.counts.values())]
    if len(lit) < 2:  # noqa: PLR2004  (one bar compares nothing)
        return None
    worst = max(lit, key=lambda w: w.counts[Light.RED])
    reds = worst.counts[Light.RED]
    worst_week = f"红灯最多的一周为{short_date(worst.day)}，{reds}件" if reds else "各周均无红灯"
    last = lit[-1]
    ended = "、".join(f"{kind.label}灯{last.counts[kind]}件" for kind in _SHOWN if last.counts[kind])
    return Figure(title=title, said=f"{worst_week}；{short_date(last.day)}{ended}", svg=lights_chart(weeks, title))


def rates_figure(rates: list[UnitRate], title: str) -> Figure | None:
    """The on-time rates of units as a chart, in the order of the directory."""
    judged = [r for r in rates if r.whole]
    if not judged:
        return None
    part, whole = sum(r.part for r in judged), sum(r.whole for r in judged)
    caption = f"{len(judged)}个单位应办结{whole}件，其中按期办结{part}件"
    return Figure(title=title, said=caption, svg=on_time_chart(judged, title))
