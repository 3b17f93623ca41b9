"""Gapless series as the log shows them: which number each event took, and whether it was the next one."""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from domain.envelope import LoggedEvent
from domain.event import Event, decode, known_types
from domain.ids import OfficeStream, kind_of
from domain.numbering import NumbersAdvanced

_LOOK_AHEAD = 10_000
_NUMBERS = OfficeStream.NUMBERS.value


@lru_cache(maxsize=1024)
def _counts(event_type: str) -> bool:
    """Whether such an event takes a number, or moves a series on."""
    known = known_types().get(event_type)
    return known is not None and (known.series is not Event.series or known is NumbersAdvanced)


@dataclass
class SeriesCount:
    """Counts the numbers given, event by event in the order of `position`."""

    last: dict[str, int] = field(default_factory=dict)

    def take(self, event: LoggedEvent) -> str | None:
        """Count one event; what is wrong with its number, in Chinese, or None."""
        if not _counts(event.type):
            return None  # nearly all
        if kind_of(event.stream) == _NUMBERS:
            moved = decode(event)
            if isinstance(moved, NumbersAdvanced):
                self.last[moved.name] = max(moved.past, self.last.get(moved.name, 0))
            return None
        decoded = decode(event)
        series = decoded.series(event.occurred_at)
        if series is None:
            return None

        def render(n: int) -> str:
            return series.render(n, event.headquarters)

        number, due = getattr(decoded, series.field, None), self.last.get(series.series, 0) + 1
        expected = render(due)
        if number == expected:
            self.last[series.series] = due
            return None
        for n in chain(range(due + 1, due + _LOOK_AHEAD), range(1, due)):
            if number == render(n):
                self.last[series.series] = max(n, due - 1)
                return f"编号 {number} 不是 {series.series} 的下一个（应为 {expected}）"
        self.last[series.series] = due
        return f"编号 {number} 不属于 {series.series}（应为 {expected}）"
