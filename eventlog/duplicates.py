"""A matter that is open already is not opened again: looked at inside the transaction, under the writer's lock.

So of two who open the same matter at once, under whatever keys and by whatever entrance, one is refused.
"""

# ruff: noqa: S608  (only placeholders are put in)

from collections.abc import Sequence
from typing import cast

from domain.base import Frozen
from domain.duplicates import OpenTitle, duplicate, title_key
from domain.envelope import Recorded
from domain.event import decode
from domain.events import MatterOpened
from domain.matter import Matter
from domain.terms import ENDED
from eventlog.database import Database, Transaction

_ENDED = tuple(sorted(stage.value for stage in ENDED))
_OPEN = (
    "SELECT stream, number, title, lead, title_key, parent FROM matters "
    f"WHERE stage NOT IN ({', '.join('?' * len(_ENDED))})"
)


def check_duplicate(transaction: Transaction, events: Sequence[Recorded], state: Frozen) -> None:
    """Refuse a 立项 whose title and lead are those of an open matter, unless it says why it is another one.

    Parts of two different matters (施工图设计 of either hall) may have one title.

    Raises:
        Refusal: `duplicate`, naming the open matter.
    """
    opened = decode(events[0]) if events[0].version == 1 and isinstance(state, Matter) else None
    if not isinstance(opened, MatterOpened) or opened.duplicate_reason:
        return
    lead = cast("Matter", state).lead
    rows = transaction.all(f"{_OPEN} AND title_key = ? ORDER BY number", (*_ENDED, title_key(opened.title)))
    parent = opened.part_of.stream if opened.part_of else None
    for stream, number, title, other_lead, _, other_parent in rows:
        if other_lead == lead and (parent is None or other_parent in (None, parent)):
            raise duplicate(opened.title, OpenTitle(stream=stream, number=number, title=title, lead=lead))


def open_titles(database: Database) -> dict[tuple[str, str | None], OpenTitle]:
    """The open matters by key of the title and lead, to see a duplicate 立项 before asking the append."""
    with database.reading() as transaction:
        rows = transaction.all(f"{_OPEN} ORDER BY number DESC", _ENDED)
    return {(key, lead): OpenTitle(stream=s, number=n, title=t, lead=lead) for s, n, t, lead, key, _ in rows}
