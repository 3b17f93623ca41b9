"""What the office's list said on each Friday evening while a year was played, and the log asked of it afterwards."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from domain.calendar import end_of_day
from domain.queries.matter_filter import MatterFilter
from eventlog import reading
from eventlog.database import Database
from eventlog.reading import Moment
from tests.support.office import OFFICE, sqlite
from views.matters import matter_list
from views.viewer import Viewer

FRIDAY = 4
Rows = dict[str, dict[str, Any]]
"""By the matter's number: all that a list says of it, its light and the reason among it."""


@dataclass
class KeptFridays:
    """Told each day as it begins, before anything of it happens: what stands then is what stood the evening before."""

    home: Path
    kept: dict[date, Rows] = field(default_factory=dict)
    _seen: date | None = None

    def __call__(self, day: date) -> None:
        """Keep every Friday since the last day that is over."""
        since = self._seen or day
        for friday in (since + timedelta(days=n) for n in range((day - since).days)):
            if friday.weekday() == FRIDAY:
                with Database(sqlite(self.home)) as log:
                    self.kept[friday] = listed(log, friday, None)
        self._seen = day


def listed(log: Database, day: date, moment: Moment | None) -> Rows:
    """The list on the evening of a day: as the log is now, or as it was at a moment."""
    rows = matter_list(Viewer(log, OFFICE, end_of_day(day)), MatterFilter(), moment)
    return {row["matter"]: row for row in rows}


def differing(one: Rows, other: Rows) -> set[str]:
    """The matters two lists say otherwise of, or only one has."""
    return {no for no in one.keys() | other.keys() if one.get(no) != other.get(no)}


def fridays_not_replayed(log: Database, kept: dict[date, Rows]) -> dict[date, set[str]]:
    """By Friday, the matters of which the log, asked what was known that evening, says otherwise than was said then."""
    unlike = {
        day: differing(rows, listed(log, day, reading.moment_at(log, end_of_day(day)))) for day, rows in kept.items()
    }
    return {day: matters for day, matters in unlike.items() if matters}


def fridays_seen_otherwise(log: Database, days: set[date]) -> dict[date, set[str]]:
    """By Friday, the matters of which what had happened by then is not what was known then."""
    seen = {}
    for day in sorted(days):
        at = end_of_day(day)
        happened, known = reading.happened_by(log, at), reading.moment_at(log, at)
        seen[day] = differing(listed(log, day, happened), listed(log, day, known))
    return {day: matters for day, matters in seen.items() if matters}
