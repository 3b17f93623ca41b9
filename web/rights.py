"""Which matter is meant by whoever asks over HTTP, of those he may know of (`views/rights.py`)."""

from domain.base import Refusal
from domain.bounds import seen
from domain.sight import Sight
from eventlog import reading
from eventlog.reading import ListedMatter
from views.viewer import Viewer


def matter_to_read(viewer: Viewer, no: str, least: Sight = Sight.FULL) -> ListedMatter:
    """The matter of that number, if he sees so much of it.

    Raises:
        Refusal: `not_found`: there is none, or it is not his to see; numbers can be guessed, so these are told alike.
    """
    known = reading.find_matters(viewer.database, no, viewer.rights.visible)
    found = [m for m in known if m.number == no.strip().upper()]
    if not found:
        raise Refusal(f"没有编号为 {seen(no)[:40]} 的事项", "not_found")
    if least > Sight.LISTED:
        viewer.rights.need(found[0].stream, found[0].number)
    return found[0]
