"""`domain.sight` as SQL over the rows of lists: the same answer for all matters at once."""

# ruff: noqa: S608  (only names of columns and numbers stand in the text)

import json
from collections.abc import Iterator, Sequence

from domain.sight import Family, Place, Scope, Sight
from eventlog.database import Transaction
from eventlog.list_rows import list_in

_LEVELS = tuple(Sight)
_FULL, _LISTED = _LEVELS.index(Sight.FULL), _LEVELS.index(Sight.LISTED)
_ABOVE = (
    "WITH RECURSIVE above (stream) AS (SELECT parent FROM matters WHERE stream = ? AND parent IS NOT NULL "
    "UNION SELECT m.parent FROM matters m JOIN above a ON m.stream = a.stream WHERE m.parent IS NOT NULL) "
    "SELECT lead FROM matters WHERE stream IN (SELECT stream FROM above) AND lead IS NOT NULL"
)
_BELOW = (
    "WITH RECURSIVE below (stream) AS (SELECT stream FROM matters WHERE parent = ? "
    "UNION SELECT m.stream FROM matters m JOIN below b ON m.parent = b.stream) "
    "SELECT lead, assist, asked, person FROM matter_rows WHERE stream IN (SELECT stream FROM below)"
)


def family_in(transaction: Transaction, stream: str) -> Family:
    """Whoever leads above a matter, and whoever has a part below it."""
    units, persons = set[str](), set[str]()
    for lead, assist, asked, person in transaction.all(_BELOW, (stream,)):
        units |= {*list_in(assist), *list_in(asked), *([lead] if lead else [])}
        persons |= {person} if person else set()
    return Family(
        leads_above=frozenset(lead for (lead,) in transaction.all(_ABOVE, (stream,))),
        units_below=frozenset(units),
        persons_below=frozenset(persons),
    )


def sights_query(scope: Scope) -> tuple[str, tuple[object, ...]]:
    """A query for stream and level of every matter that is seen at all, and its parameters."""
    tables: list[str] = []
    levels: list[str] = [f"SELECT stream, {_LEVELS.index(scope.least)} AS level FROM matter_rows"]
    parameters: list[object] = []
    given: list[object] = []
    for n, place in enumerate(scope.places):
        for table, values in _tables(n, place):
            tables.append(table)
            parameters += values
        within, streams = _within(place.streams)
        for name, level in ((f"handled{n}", _FULL), (f"led{n}", _FULL), (f"said{n}", _LISTED), (f"above{n}", _LISTED)):
            levels.append(f"SELECT stream, {level} FROM {name}{within}")
            given += streams
    if scope.full:
        within, streams = _within(scope.full)
        levels.append(f"SELECT stream, {_FULL} FROM matter_rows{within}")
        given += streams
    begin = f"WITH RECURSIVE {', '.join(tables)} " if tables else ""
    seen = f"SELECT stream, MAX(level) AS level FROM ({' UNION ALL '.join(levels)}) every GROUP BY stream"
    return f"{begin}SELECT stream, level FROM ({seen}) seen WHERE level > 0", (*parameters, *given)


def _tables(n: int, place: Place) -> Iterator[tuple[str, tuple[object, ...]]]:
    """What somebody's unit handles, what is below what it leads, what it once reported on, what is above its part."""
    (assists, of_assist), (asked, of_asked), (appears, of_appears) = (
        _names(column, place.unit or "") for column in ("assist", "asked", "reported_by")
    )
    yield (
        f"handled{n} (stream, parent) AS (SELECT stream, parent FROM matter_rows "
        f"WHERE lead = ? OR person = ? OR {assists} OR {asked})",
        (place.unit, place.person, *of_assist, *of_asked),
    )
    yield (
        f"led{n} (stream) AS (SELECT stream FROM matter_rows WHERE lead = ? "
        f"UNION SELECT m.stream FROM matter_rows m JOIN led{n} l ON m.parent = l.stream)",
        (place.unit,),
    )
    yield f"said{n} (stream) AS (SELECT stream FROM matter_rows WHERE {appears})", of_appears
    yield (
        f"above{n} (stream) AS (SELECT parent FROM handled{n} WHERE parent IS NOT NULL "
        f"UNION SELECT m.parent FROM matter_rows m JOIN above{n} a ON m.stream = a.stream WHERE m.parent IS NOT NULL)",
        (),
    )


def _names(column: str, unit: str) -> tuple[str, tuple[object, ...]]:
    """Whether a list in a column names a unit, alike on both databases and case by case; an id has no blank in it."""
    quoted = json.dumps(unit, ensure_ascii=False)
    naming = f"replace({column}, ?, '') <> {column}"
    return f"({naming} OR {naming})", (f"[{quoted}", f" {quoted}")


def _within(streams: frozenset[str] | None) -> tuple[str, Sequence[object]]:
    if streams is None:
        return "", ()
    return f" WHERE stream IN ({', '.join('?' * len(streams))})", sorted(streams)


def sights_in(transaction: Transaction, scope: Scope) -> dict[str, Sight]:
    """How much he sees of each matter he sees at all."""
    query, parameters = sights_query(scope)
    return {stream: _LEVELS[level] for stream, level in transaction.all(query, parameters)}
