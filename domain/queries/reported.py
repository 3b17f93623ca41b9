"""What a report says of single points and indicators: read from what was typed, and as a text."""

import re
from collections.abc import Sequence

from domain.facts import MOST_DECIMALS, IndicatorReport, PointReport, decimal

_NUMBER = re.compile(rf"(?P<sign>-?)(?P<whole>\d{{1,12}})(?:\.(?P<rest>\d{{1,{MOST_DECIMALS}}}))?")
_ENDING = re.compile(r"(?:(?P<words>.*\S)[ \u3000]+)?(?P<share>\d{1,3})[ ]?[%％]", re.DOTALL)


def words_of(points: Sequence[PointReport], indicators: Sequence[IndicatorReport]) -> str:
    """The text of a report that speaks of its points only."""
    parts = [f"要点{p.no}：{p.progress}%{f'，{p.text}' if p.text else ''}" for p in points]
    parts += [f"指标{i.no}：{decimal(i.value, i.decimals)}" for i in indicators]
    return "；".join(parts)


def scaled_number(text: str) -> tuple[int, int] | None:
    """An indicator's number in whole units of its last decimal, 6.8 → (68, 1); None when it is none, or too fine."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    return int(f"{match['sign']}{match['whole']}{match['rest'] or ''}"), len(match["rest"] or "")


def ending_share(text: str) -> tuple[str, str | None]:
    """Words and the share they end with, set off by a space: `两台桩机进场 60%`. What says 完成60% says it in words."""
    match = _ENDING.fullmatch(text.strip())
    return (match["words"] or "", match["share"]) if match else (text, None)
