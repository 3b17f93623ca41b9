"""Matters and meetings by what people call them: a number, its tail, words of the title."""

import unicodedata
from collections.abc import Collection, Container, Iterable, Sequence
from datetime import date, datetime

from domain.base import Frozen, Refusal
from domain.bounds import visible
from domain.calendar import local_date
from domain.ids import OfficeStream
from domain.meetings.meeting import Meeting
from domain.meetings.series import SeriesBook
from domain.meetings.terms import MeetingStage
from domain.numbering import year_and_tail
from domain.terms import Stage
from eventlog.backend import Row
from eventlog.database import Database, Transaction
from eventlog.reading.events import Moment, newest_event
from eventlog.reading.states import load, states_of
from eventlog.reading.words import MOST_CHARACTERS
from eventlog.spoilt import SPOILT, spoilt_row
from eventlog.stored_time import from_micros
from eventlog.words import plain, streams_with

_MATTERS = "SELECT stream, number, title, stage, lead, due FROM matters"
_WRITTEN_OUT = f"{_MATTERS} WHERE number IN (?, ?, ?) OR stream IN (?, ?, ?)"
"""A number is of capital letters and a stream of small ones: what is written out is found by its index."""
_BY_NUMBER = f"{_MATTERS} WHERE number = ?"
_BY_TAIL = f"{_MATTERS} WHERE tail = ?"
_OF_NEWEST_YEAR = f"{_MATTERS} ORDER BY year DESC LIMIT 1"
_MOST_DIGITS = 15
_ANY_POSITION = 2**62
_AT_ONCE = 500
_MEETINGS = "SELECT stream, number, series, title, stage, starts, ordinal, version FROM meetings"


class ListedMatter(Frozen):
    """What a matter is found and listed by."""

    stream: str
    number: str
    title: str
    stage: Stage
    lead: str | None
    due: date | None


class ListedMeeting(Frozen):
    """What a meeting is found and listed by."""

    stream: str
    number: str
    series: str
    title: str
    stage: MeetingStage
    starts: datetime
    ordinal: int | None
    version: int


def matter_of_number(database: Database, number: str) -> ListedMatter | None:
    """The matter of exactly this number; None when there is none."""
    with database.reading() as transaction:
        row = transaction.one(_BY_NUMBER, (number,))
    return None if row is None else _matter(row)


def find_matters(database: Database, words: str, seen: Container[str] | None = None) -> tuple[ListedMatter, ...]:
    """The matters meant by a number (`XMH-2022-007`), its tail (`7`), a stream, or words of the title.

    The first of these that fits anything decides; several matters come back when the words fit several. What is not
    among the streams in `seen` is as if it were not there.

    Raises:
        Refusal: `ambiguous`, when only an earlier year has a matter of that tail: whoever types 7 means this year's.
    """
    return find_each(database, [words], seen)[0]


def find_each(
    database: Database, many: Sequence[str], seen: Container[str] | None = None
) -> list[tuple[ListedMatter, ...]]:
    """For each of these words the matters meant, as `find_matters`.

    Raises:
        Refusal: as `find_matters`.
    """
    with database.reading() as transaction:
        return [_by_number(_found(transaction, words, seen)) for words in many]


def _found(transaction: Transaction, words: str, seen: Container[str] | None) -> list[Row]:
    def known(rows: list[Row]) -> list[Row]:
        return rows if seen is None else [row for row in rows if row[0] in seen]

    wanted = plain(words).strip()
    if not wanted or len(wanted) > MOST_CHARACTERS:
        return []
    rows = known(transaction.all(_WRITTEN_OUT, (wanted, wanted.upper(), words.strip()) * 2))
    if not rows and wanted.isdecimal() and len(wanted) <= _MOST_DIGITS:
        rows = _of_this_year(transaction, known(transaction.all(_BY_TAIL, (int(wanted),))), wanted)
    return rows or known(_entitled(transaction, wanted.split()))


def _entitled(transaction: Transaction, words: list[str]) -> list[Row]:
    """By words of the title, which an event once said."""
    streams = sorted(frozenset.intersection(*(streams_with(transaction, word, _ANY_POSITION) for word in words)))
    rows: list[Row] = []
    for first in range(0, len(streams), _AT_ONCE):
        some = streams[first : first + _AT_ONCE]
        rows += transaction.all(f"{_MATTERS} WHERE stream IN ({', '.join('?' * len(some))})", some)
    return [row for row in rows if all(word in plain(row[2]) for word in words)]


def _of_this_year(transaction: Transaction, rows: list[Row], wanted: str) -> list[Row]:
    """Those whose number ends so, if one is of the newest year."""
    if rows:
        newest = transaction.all(_OF_NEWEST_YEAR)
        _of_newest_year([row[1] for row in rows], [row[1] for row in newest], wanted)
    return rows


def listed_matters(database: Database, streams: Collection[str]) -> tuple[ListedMatter, ...]:
    """The matters of these streams, by number; however many there are, they are read once."""
    with database.reading() as transaction:
        return _by_number(row for row in transaction.all(_MATTERS) if row[0] in streams)


def streams_with_parts(database: Database, stream: str) -> tuple[str, ...]:
    """The streams of a matter and of all its parts, and of their parts; a part stays where it was opened."""
    with database.reading() as transaction:
        rows = transaction.all(
            "WITH RECURSIVE family (stream) AS (SELECT stream FROM matters WHERE stream = ? "
            "UNION SELECT m.stream FROM matters m JOIN family f ON m.parent = f.stream) SELECT stream FROM family",
            (stream,),
        )
    return tuple(sorted(row[0] for row in rows))


def meetings(database: Database, year: int | None = None) -> tuple[ListedMeeting, ...]:
    """The meetings in the log, all or those of a year, in the order they begin."""
    with database.reading() as transaction:
        rows = transaction.all(f"{_MEETINGS} ORDER BY starts, number")
    listed = (_meeting(row) for row in rows)
    return tuple(m for m in listed if year is None or local_date(m.starts).year == year)


def meetings_at(database: Database, moment: Moment) -> tuple[ListedMeeting | Meeting, ...]:
    """The meetings there were at a moment, as they stood then, in the order they begin."""
    if newest_event(database)[0] <= moment.position:
        return meetings(database)
    states = (one.state for one in states_of(database, "meeting", moment=moment))
    return tuple(sorted((m for m in states if isinstance(m, Meeting)), key=lambda m: (m.starts, m.number)))


def meeting_streams(database: Database) -> frozenset[str]:
    """The streams of all meetings there have ever been."""
    with database.reading() as transaction:
        return frozenset(stream for (stream,) in transaction.all("SELECT stream FROM meetings"))


def find_meetings(database: Database, words: str) -> tuple[ListedMeeting, ...]:
    """The meetings meant by a number (`HY-2022-031`), its tail (`31`, of the newest year), or the title.

    Raises:
        Refusal: `ambiguous`, when only an earlier year has a meeting of that tail.
    """
    everything = meetings(database)
    wanted = _plain(words)
    exact = tuple(m for m in everything if wanted in (_plain(m.number), _plain(m.stream)))
    if exact or not wanted:
        return exact
    if wanted.isdecimal():
        tails = [m for m in everything if year_and_tail(m.number)[1] == int(wanted)]
        if tails:
            _of_newest_year([m.number for m in tails], [m.number for m in everything], wanted)
        return tuple(tails[-1:])
    return tuple(m for m in everything if all(word in _plain(m.title) for word in wanted.split()))


def series_book(database: Database) -> SeriesBook:
    """Which series of meetings there are and their rules; an empty book before any is recorded."""
    loaded = load(database, database.own(OfficeStream.SERIES))
    return loaded.state if loaded and isinstance(loaded.state, SeriesBook) else SeriesBook()


def _of_newest_year(fitting: list[str], numbers: list[str], tail: str) -> None:
    """A tail means the newest year there is: with none of that year nothing is guessed."""
    newest = max(year_and_tail(number)[0] for number in numbers)
    if max(year_and_tail(number)[0] for number in fitting) < newest:
        shown = "、".join(sorted(fitting))
        raise Refusal(f"{newest}年没有第{tail}号，以前年度有 {shown}；请写明完整编号", "ambiguous")


def _plain(text: str) -> str:
    """Full width, case, blanks and characters nobody sees do not matter."""
    return unicodedata.normalize("NFKC", visible(text)).casefold().strip()


def _by_number(rows: Iterable[Row]) -> tuple[ListedMatter, ...]:
    return tuple(sorted(map(_matter, rows), key=lambda m: m.number))


def _matter(row: Row) -> ListedMatter:
    try:
        return ListedMatter.model_validate(dict(zip(ListedMatter.model_fields, row, strict=True)))
    except SPOILT as error:
        raise spoilt_row("matters", row, error) from error


def _meeting(row: Row) -> ListedMeeting:
    fields = dict(zip(ListedMeeting.model_fields, row, strict=True))
    try:
        return ListedMeeting.model_validate({**fields, "starts": from_micros(fields["starts"])})
    except SPOILT as error:
        raise spoilt_row("meetings", row, error) from error
