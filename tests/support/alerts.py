"""Whether a rule of `deploy/prometheus/alerts.yml` holds of what was read, as Prometheus says; `for` left aside."""

import re
from collections.abc import Sequence
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

Figure = tuple[str, dict[str, str], float]
"""Name, labels, value."""
RULES = yaml.safe_load((Path(__file__).parents[2] / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))[
    "groups"
][0]["rules"]
BY_NAME = {rule["alert"]: rule for rule in RULES}
_CONDITION = re.compile(r"(rate\()?(\w+)(?:\{(\w+)(=~?)\"([^\"]*)\"\})?(?:\[\w+\]\))? (==|>|<) (-?\d+)")
_COMPARE = {"==": float.__eq__, ">": float.__gt__, "<": float.__lt__}


def figures_in(exposition: str) -> list[Figure]:
    """What `/metrics` says."""
    return [
        (sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    ]


def is_raised(alert: str, now: Sequence[Figure], before: Sequence[Figure] = ()) -> bool:
    """Whether the rule holds; a rate is the growth since the figures of `before`, from nothing where there are none."""
    return any(_holds(match, now, before) for match in _CONDITION.finditer(BY_NAME[alert]["expr"]))


def _holds(match: re.Match[str], now: Sequence[Figure], before: Sequence[Figure]) -> bool:
    rate, name, label, how, value, op, than = match.groups(default="")

    def fits(figure: Figure) -> bool:
        said = figure[1].get(label, "")
        return figure[0] == name and (not label or (bool(re.fullmatch(value, said)) if how == "=~" else said == value))

    earlier = {(n, *sorted(labels.items())): v for n, labels, v in before} if rate else {}
    return any(
        _COMPARE[op](float(v - earlier.get((n, *sorted(labels.items())), 0.0)), float(than))
        for n, labels, v in filter(fits, now)
    )
