"""What whoever asks over HTTP may see: `domain.sight`, asked once per request."""

from domain.base import Refusal, refuse
from domain.bounds import seen
from domain.sight import Scope, Sight, scope
from eventlog import reading
from eventlog.reading import ListedMatter
from views.viewer import Viewer


def scope_of(viewer: Viewer) -> Scope:
    """What he may see of all matters."""
    return scope(viewer.reader, viewer.rulebook.policy.openness)


def visible_streams(viewer: Viewer) -> frozenset[str] | None:
    """The matters he sees at all; None when he sees something of any."""
    may = scope_of(viewer)
    return None if may.least > Sight.NONE else frozenset(reading.sights(viewer.database, may))


def matter_to_read(viewer: Viewer, no: str, least: Sight = Sight.FULL) -> ListedMatter:
    """The matter of that number, if he sees so much of it.

    Raises:
        Refusal: `not_found`: there is none, or it is not his to see; numbers can be guessed, so these are told alike.
    """
    found = [m for m in reading.find_matters(viewer.database, no) if m.number == no.strip().upper()]
    sight = reading.sight_of(viewer.database, scope_of(viewer), found[0].stream) if found else Sight.NONE
    if sight is Sight.NONE:
        raise Refusal(f"没有编号为 {seen(no)[:40]} 的事项", "not_found")
    refuse(sight < least, f"{found[0].number} 不由本单位办理，只能看一览", "not_found")
    return found[0]
