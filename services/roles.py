"""A person's role, changed by the 安全管理员: what he was signed in as ends."""

from datetime import datetime
from uuid import uuid4

from domain.envelope import Actor
from domain.ids import OfficeStream
from domain.office import RoleChanged
from domain.terms import Role
from eventlog.database import Database
from services.accounts import end_sessions, person_in_office
from services.office_records import record_office_events


def give_role(database: Database, person: str, role: Role, actor: Actor, now: datetime) -> Role:
    """Give somebody in office another role; the one he had. What he owes stays his until the office passes it on.

    Raises:
        Refusal: the actor may not, he is not in office, or it is his role already.
        LogError: the log cannot be written.
    """
    before = person_in_office(database, person).role
    change = RoleChanged(person=person, before=before, role=role)
    stream, command_id = database.own(OfficeStream.DIRECTORY), f"role:{uuid4().hex}"
    record_office_events(database, stream, [change], actor=actor, command_id=command_id, now=now)
    end_sessions(database, person, "角色变动", now)
    return before
