"""Units and people, those who left too."""

import json
from datetime import datetime

from domain.office import Person, Unit
from eventlog.backend import Row
from eventlog.database import Database
from eventlog.spoilt import SPOILT, spoilt_row
from eventlog.stored_time import from_micros

_UNITS = "SELECT id, name, level, supervision, parent, aliases FROM units"
_PEOPLE = "SELECT id, name, unit, role, phone, email, secretary, title, left_at FROM people"


class PersonOnRecord(Person):
    """A person of the directory, also one who left."""

    left_at: datetime | None = None

    @property
    def post(self) -> str:
        """Role and unit, by which a session or a token knows that he was moved: `liaison@gengxin`."""
        return f"{self.role.value}@{self.unit}"


def person(database: Database, person_id: str) -> PersonOnRecord | None:
    """A person of the directory by id, also one who left; None when never recorded."""
    with database.reading() as transaction:
        row = transaction.one(f"{_PEOPLE} WHERE id = ?", (person_id,))
    return _person(row) if row else None


def people(database: Database, *, former: bool = False) -> tuple[PersonOnRecord, ...]:
    """Everybody in the directory by id; with `former` also those who left."""
    with database.reading() as transaction:
        rows = transaction.all(_PEOPLE)
    return tuple(_person(row) for row in sorted(rows, key=lambda row: row[0]) if former or row[-1] is None)


def unit(database: Database, unit_id: str) -> Unit | None:
    """A unit of the directory by id; None when never recorded."""
    with database.reading() as transaction:
        row = transaction.one(f"{_UNITS} WHERE id = ?", (unit_id,))
    return _unit(row) if row else None


def units(database: Database) -> tuple[Unit, ...]:
    """Every unit of the directory, sorted by id."""
    with database.reading() as transaction:
        rows = transaction.all(_UNITS)
    return tuple(_unit(row) for row in sorted(rows, key=lambda row: row[0]))


def _unit(row: Row) -> Unit:
    fields = dict(zip(Unit.model_fields, row, strict=True))
    try:
        return Unit.model_validate({**fields, "aliases": json.loads(fields["aliases"])})
    except SPOILT as error:
        raise spoilt_row("units", row, error) from error


def _person(row: Row) -> PersonOnRecord:
    *entry, left_at = row
    fields = dict(zip(Person.model_fields, entry, strict=True))
    try:
        return PersonOnRecord.model_validate({**fields, "left_at": None if left_at is None else from_micros(left_at)})
    except SPOILT as error:
        raise spoilt_row("people", row, error) from error
