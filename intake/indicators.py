"""指标 as a sheet writes them, a line for each: 新增泊位 ≥300个. What a draft writes is what an import reads."""

import re

from domain.facts import MOST_DECIMALS, NewIndicator
from domain.terms import Per

_LINE = re.compile(
    r"^(?P<name>.*?)[ 　]*(?P<bound>≥|≤|＞=|>=|<=|约|不低于|不少于|不超过|不高于)?[ 　]*"
    r"(?P<value>\d+(?:\.\d+)?)(?:[–—~～-](?P<upper>\d+(?:\.\d+)?))?(?P<unit>[^\d\s]{0,12})$"
)
_CEILINGS = frozenset({"≤", "<=", "不超过", "不高于"})
EXAMPLE = "新增泊位 ≥300个"


def indicators(cell: str, title: str) -> tuple[NewIndicator, ...]:
    """The indicators of a cell; one without a name is called by the task.

    Raises:
        ValueError: a line is no indicator; the message says which and how it is written.
    """
    return tuple(_of_line(line.strip(), title) for line in cell.split("\n") if line.strip())


def _of_line(line: str, title: str) -> NewIndicator:
    match = _LINE.match(line)
    if match is None:
        raise ValueError(f"看不懂指标“{line[:20]}”，请写成 {EXAMPLE} 的样子，一行一项；不是指标的请写进要点")
    values = [value for value in (match["value"], match["upper"]) if value]
    decimals = max(len(value.partition(".")[2]) for value in values)
    if decimals > MOST_DECIMALS:
        raise ValueError(f"指标“{line[:20]}”最多{MOST_DECIMALS}位小数")
    low, *high = (round(float(value) * 10**decimals) for value in values)
    name = match["name"].strip() or title
    if match["bound"] == "约":
        name = f"{name}（约）"
    made = NewIndicator(
        name=name, unit=match["unit"], target=low, decimals=decimals, at_most=match["bound"] in _CEILINGS
    )
    if high and high[0] > low:
        made = made.model_copy(update={"low": low, "target": high[0], "at_most": False, "per": _per(name)})
    return made


def _per(name: str) -> Per | None:
    """每日出土量 is a rate of the day."""
    return next((per for per in Per if f"每{per.label}" in name), None)
