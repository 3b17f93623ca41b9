"""A person's role, changed by the 安全管理员: what he was signed in as ends."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from domain.envelope import Actor
from domain.ids import OfficeStream
from domain.notices.reach import WithoutLiaison, left_without_liaison
from domain.office import RoleChanged
from domain.terms import Role
from eventlog import reading
from eventlog.database import Database
from services.accounts import end_sessions, person_in_office
from services.office_records import record_office_events


@dataclass(frozen=True)
class GivenRole:
    """What became of a change of role."""

    before: Role
    left: tuple[WithoutLiaison, ...]
    """The unit it leaves without a 联络员, if it does."""


def give_role(database: Database, person: str, role: Role, actor: Actor, now: datetime) -> GivenRole:
    """Give somebody in office another role. What he owes stays his until the office passes it on.

    Raises:
        Refusal: the actor may not, he is not in office, or it is his role already.
        LogError: the log cannot be written.
    """
    before, people = person_in_office(database, person).role, reading.people(database)
    change = RoleChanged(person=person, before=before, role=role)
    stream, command_id = database.own(OfficeStream.DIRECTORY), f"role:{uuid4().hex}"
    record_office_events(database, stream, [change], actor=actor, command_id=command_id, now=now)
    end_sessions(database, person, "角色变动", now)
    names = {unit.id: unit.name for unit in reading.units(database)}
    left = left_without_liaison(people, reading.people(database), lambda unit: names.get(unit, unit))
    return GivenRole(before, left)
