"""A limit as people say it, in a cell or typed: a date, or a stretch whose end is meant (年底, 12月底, 一季度末)."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from domain.base import Refusal
from domain.bounds import plausible
from domain.calendar import WorkCalendar
from domain.queries.spoken import spoken_date

_NAMES_A_YEAR = re.compile(r"\d{4}|[今本当明次来去]年|年度|[二〇零○]{3,}")


def limit_said(text: str, today: date, calendar: Callable[[], WorkCalendar]) -> date:
    """The day a limit means. A stretch means its last working day; without a year it is the next such from today on.

    A calendar is asked for only where a stretch is said.

    Raises:
        Refusal: `malformed`, when no day is meant.
    """
    try:
        return spoken_date(text, today)
    except Refusal as refusal:
        stretch = _end_of_stretch(unicodedata.normalize("NFKC", text).replace(" ", ""), today, calendar())
        if stretch is None:
            raise refusal from None
        return plausible(stretch)


def _end_of_stretch(plain: str, today: date, calendar: WorkCalendar) -> date | None:
    from intake.draft.fields.limits import Times  # noqa: PLC0415  (a plain date needs none of the patterns)
    from intake.draft.text import view  # noqa: PLC0415

    for year in (today.year, today.year + 1):
        times = Times(year, calendar, today)
        readings = times.found(view(plain, 0, len(plain)), labelled=True)
        days = [f.day for f in readings if f.day is not None and f.written == plain]
        if len(days) != 1:
            return None
        if days[0] >= today or _NAMES_A_YEAR.search(plain):
            return days[0]
    return None
