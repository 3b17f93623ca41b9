"""A whole and its parts see each other inside the append's transaction, under the writer's lock.

So of one who opens a part and one who closes the whole at the same moment, the later meets what the earlier did.
"""

from collections.abc import Sequence

from domain.base import Frozen
from domain.breakdown import ENDINGS, Kin, may_be_part, may_end
from domain.envelope import Recorded
from domain.event import decode
from domain.matter import Matter
from eventlog.backend import Row
from eventlog.database import Transaction

_ENDINGS = frozenset(kind.__name__ for kind in ENDINGS)
_KIN = "SELECT number, title, stage, due FROM matters"


def check_breakdown(transaction: Transaction, recorded: Sequence[Recorded], state: Frozen) -> None:
    """Refuse what a matter owes its whole, or its parts; what the clock does of itself is never refused.

    Raises:
        Refusal: `beyond_parent`, `open_children`, `ended`, `not_found`.
    """
    if not isinstance(state, Matter):
        return
    events = [decode(event) for event in recorded if state.part_of is not None or event.type in _ENDINGS]
    if state.part_of is not None:
        row = transaction.one(f"{_KIN} WHERE stream = ?", (state.part_of.stream,))
        may_be_part(state, _kin(row) if row else None, events)
    if any(isinstance(event, ENDINGS) for event in events):
        rows = transaction.all(f"{_KIN} WHERE parent = ? ORDER BY number", (state.stream,))
        may_end(state.number, [_kin(row) for row in rows], events)


def _kin(row: Row) -> Kin:
    return Kin.model_validate(dict(zip(Kin.model_fields, row, strict=True)))
