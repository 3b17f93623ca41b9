"""The past a reader asks about: a day or a moment as people say it becomes one position of the log, and is echoed."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from cli.session import Problem, session
from domain.base import Refusal
from domain.calendar import SHANGHAI, OfficeHours, at_office, end_of_day, local_date
from domain.queries.spoken import spoken_moment, spoken_past_date
from eventlog import reading
from eventlog.reading import Moment

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="T", help="某一天结束时，或某一时刻（2022-03-31T17:30）的情况，全部由日志还原"),
]
KnownAtOption = Annotated[
    str | None,
    typer.Option("--known-at", metavar="T", help="当时已记录的情况：其后才补录的不算；--as-of 则算上补录的"),
]


def now() -> datetime:
    """The moment of this run of a `task` command."""
    return datetime.now(UTC)


def today() -> date:
    """The date of this run in Shanghai, whatever the machine's zone."""
    return local_date(now())


def last_such_day(text: str) -> date:
    """A day of the past as people say it: 3月5日, said in February, is last year's; a told year may be to come.

    Raises:
        Refusal: `malformed`, when no day is meant.
    """
    day = spoken_past_date(text, local_date(datetime.now(UTC)))
    session.understood(text, day)
    return day


def past_day(text: str, what: str = "") -> date:
    """A day of the past, as typed: of a month and day without a year the last such day.

    Raises:
        Refusal: `malformed`, when no day is meant.
        Problem: the day has not come (exit 2).
    """
    day, today = last_such_day(text), local_date(datetime.now(UTC))
    if day > today:
        raise Problem(f"{what}{day} 还没有到，请写今天（{today}）或以前的日期", "malformed")
    return day


def began_on(day: date, now: datetime) -> datetime:
    """The moment of what happened on a day: when the office opened; of today before it opens, now."""
    opened = at_office(day, OfficeHours().morning_opens)
    return min(opened, now) if day == local_date(now) else opened


def past_instant(text: str) -> datetime:
    """A moment of the past, as typed; a day means its end, today means now.

    Raises:
        Refusal: `malformed`, when neither is meant.
        Problem: it has not come, or is no moment (exit 2).
    """
    now = datetime.now(UTC)
    plain = text.strip().replace("：", ":")
    if ":" not in plain:
        return min(end_of_day(past_day(text)), now)
    try:
        instant = datetime.fromisoformat(plain)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI)
    except ValueError:
        try:
            instant = at_office(*spoken_moment(plain, local_date(now), past=True))
        except Refusal:
            unreadable = f"看不懂时刻“{text}”，请写成 2022-03-31T17:30 或 2022-03-31"
            raise Problem(unreadable, "malformed") from None
        session.understood(text, instant)
    if instant > now:
        shown = f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        raise Problem(f"{shown} 还没有到，请写现在或以前的时刻", "malformed")
    return instant


def past_moment(text: str) -> datetime:
    """The moment of the past when something began: a day without a clock means nine o'clock.

    Raises:
        Refusal: `malformed`, when no such moment is meant.
    """
    instant = at_office(*spoken_moment(text, local_date(datetime.now(UTC)), past=True))
    session.understood(text, instant)
    return instant


def asked_moment(as_of: str | None, known_at: str | None = None) -> Moment | None:
    """The moment of the past a reader asks about; None when none is asked for.

    `as_of`: what had happened by then, whenever it was typed in. `known_at`: what had been recorded by then. Both: what
    was known at the one moment of what had happened by the other.
    """
    known = None if known_at is None else past_instant(known_at)
    if as_of is not None:
        return reading.happened_by(session.database, past_instant(as_of), known)
    return None if known is None else reading.moment_at(session.database, known)
