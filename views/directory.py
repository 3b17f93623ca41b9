"""The directory as scripts read it: units and people, posts and 授权."""

from typing import Any

from domain.calendar import local_date
from domain.office import Delegation
from eventlog import reading
from eventlog.reading import PersonOnRecord
from views.viewer import Viewer, directory_of


def directory_document(viewer: Viewer, unit: str | None = None) -> dict[str, Any]:
    """Units and people as they are now, all or those of one unit; names are for everybody."""
    units, people = reading.units(viewer.database), reading.people(viewer.database)
    given = directory_of(viewer.database)
    return {
        "posts": given.posts,
        "delegations": [{"delegation": no, **d.model_dump(mode="json")} for no, d in given.delegations.items()],
        "units": [u.model_dump(mode="json") for u in units if unit in (None, u.id)],
        "people": [
            with_contacts(viewer, p).model_dump(mode="json", exclude={"left_at"})
            for p in people
            if unit in (None, p.unit)
        ],
    }


def delegations_now(viewer: Viewer) -> list[Delegation]:
    """授权 that hold or are still to come."""
    today = local_date(viewer.now)
    return [d for d in directory_of(viewer.database).delegations.values() if not d.revoked and d.until >= today]


def with_contacts(viewer: Viewer, person: PersonOnRecord) -> PersonOnRecord:
    """手机 and 邮箱 are the office's to see, and one's own."""
    if viewer.rights.of_office or person.id == viewer.actor.id:
        return person
    return person.model_copy(update={"phone": None, "email": None})
