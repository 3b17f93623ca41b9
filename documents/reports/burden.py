"""The burden meter: what each unit was asked for, by month, counted from the log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from documents.ledger import Ledger
from domain.office import Unit
from domain.queries.burden import Ask, Asked, asked_in_inspection, asked_in_matter, asked_in_meeting


@dataclass(frozen=True)
class BurdenLine:
    """A line of the 减负 report: what one unit was asked for in the period, in the order it was asked."""

    unit: str
    name: str
    asked: tuple[Asked, ...]

    def counts(self, month: str | None = None) -> dict[Ask, int]:
        """How often the unit was asked for each, in a month (2022-03) or in all: the columns of its line."""
        counted = Counter(a.ask for a in self.asked if month in (None, _month_of(a.on)))
        return {ask: counted[ask] for ask in Ask}

    @property
    def months(self) -> list[str]:
        """The months in which it was asked for something."""
        return sorted({_month_of(a.on) for a in self.asked})


def _month_of(day: date) -> str:
    """2022-03."""
    return f"{day:%Y-%m}"


def burden_report(ledger: Ledger, units: Iterable[Unit], since: date, until: date) -> tuple[BurdenLine, ...]:
    """The burden of units asked for anything from `since` to `until`, both included, in the order of the directory."""
    by_unit: dict[str, list[Asked]] = {}
    for asked in _everything(ledger):
        if since <= asked.on <= until:
            by_unit.setdefault(asked.unit, []).append(asked)
    ordered = [unit.id for unit in units if unit.id in by_unit]
    unknown = sorted(by_unit.keys() - set(ordered))
    return tuple(
        BurdenLine(unit, ledger.unit(unit), tuple(sorted(by_unit[unit], key=lambda a: a.on)))
        for unit in (*ordered, *unknown)
    )


def _everything(ledger: Ledger) -> Iterator[Asked]:
    """What matters asked, and whose time meetings and inspections took."""
    for file in ledger.matters:
        yield from asked_in_matter((happening.recorded for happening in file.events), file.matter)
    for meeting in ledger.meetings:
        yield from asked_in_meeting(meeting)
    for inspection in ledger.inspections:
        yield from asked_in_inspection(inspection)
