"""A limit as people type it: a date, or a stretch whose end is meant, as in a plan (`intake/limits.py`)."""

from datetime import date

from cli.moments import today
from cli.session import session
from eventlog import reading
from intake.limits import limit_said


def due_day(text: str) -> date:
    """The limit somebody typed as a day; one that was not typed as 2022-06-30 is echoed with the answer.

    Raises:
        Refusal: `malformed`, when no day is meant.
    """
    day = limit_said(text, today(), lambda: reading.rulebook(session.database).calendar)
    session.understood(text, day)
    return day
