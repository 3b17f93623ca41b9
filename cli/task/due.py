"""A limit as people say it: a date, or a stretch whose end is meant (年底, 12月底, 一季度末), as in a plan."""

import re
import unicodedata
from datetime import date

from cli.moments import today
from cli.session import session
from domain.base import Refusal
from domain.bounds import plausible
from domain.queries.spoken import spoken_date
from eventlog import reading

_NAMES_A_YEAR = re.compile(r"\d{4}|[今本当明次来去]年|年度|[二〇零○]{3,}")


def due_day(text: str) -> date:
    """The limit somebody typed as a day; one that was not typed as 2022-06-30 is echoed with the answer.

    A stretch means its last working day. Without a year it is the next such from today on.

    Raises:
        Refusal: `malformed`, when no day is meant.
    """
    try:
        day = spoken_date(text, today())
    except Refusal as refusal:
        stretch = _end_of_stretch(unicodedata.normalize("NFKC", text).replace(" ", ""))
        if stretch is None:
            raise refusal from None
        day = plausible(stretch)
    session.understood(text, day)
    return day


def _end_of_stretch(plain: str) -> date | None:
    from intake.draft.fields.limits import Times
    from intake.draft.text import view

    now = today()
    calendar = reading.rulebook(session.database).calendar
    for year in (now.year, now.year + 1):
        times = Times(year, calendar, now)
        readings = times.found(view(plain, 0, len(plain)), labelled=True)
        days = [f.day for f in readings if f.day is not None and f.written == plain]
        if len(days) != 1:
            return None
        if days[0] >= now or _NAMES_A_YEAR.search(plain):
            return days[0]
    return None
