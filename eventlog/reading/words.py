"""Words in what was recorded of matters: points, reports, problems, decisions, instructions' bases, whatever it is."""

from domain.base import refuse
from eventlog.database import Database, Transaction
from eventlog.reading.events import Moment
from eventlog.stored_time import micros
from eventlog.words import events_with, streams_with

MOST_CHARACTERS = 200
_HAPPENED = "SELECT position FROM events WHERE position > ? AND position <= ? AND occurred_at <= ?"


def streams_saying(database: Database, words: str, moment: Moment) -> frozenset[str]:
    """The matters whose events, of those that belong to a moment, say each of these words; sealed texts say nothing.

    Raises:
        Refusal: `malformed`, when the words are too many to look for.
    """
    refuse(len(words) > MOST_CHARACTERS, f"要找的字词太长（{len(words)}字），最多{MOST_CHARACTERS}字", "malformed")
    wanted = words.split()
    if not wanted:
        return frozenset()
    with database.reading() as transaction:
        streams = frozenset.intersection(*(_streams_with(transaction, word, moment) for word in wanted))
    return frozenset(stream for stream in streams if stream.startswith("matter/"))


def _streams_with(transaction: Transaction, word: str, moment: Moment) -> frozenset[str]:
    """Also of what was recorded after the moment's position and had happened by then."""
    streams = streams_with(transaction, word, moment.position)
    if moment.later <= moment.position:
        return streams
    later = events_with(transaction, word, moment.later)
    happened = {at for (at,) in transaction.all(_HAPPENED, (moment.position, moment.later, micros(moment.as_of)))}
    return streams | {stream for at, stream in later.items() if at in happened}


def events_saying(database: Database, words: str, position: int) -> dict[int, str]:
    """The events of matters and meetings, up to a position, that say each of these words: position → stream.

    Raises:
        Refusal: `malformed`, as `streams_saying`.
    """
    refuse(len(words) > MOST_CHARACTERS, f"要找的字词太长（{len(words)}字），最多{MOST_CHARACTERS}字", "malformed")
    wanted = words.split()
    if not wanted:
        return {}
    with database.reading() as transaction:
        first, *others = [events_with(transaction, word, position) for word in wanted]
    return {at: stream for at, stream in first.items() if all(at in other for other in others)}
