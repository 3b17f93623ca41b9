"""What a matter says of another is checked inside the append's transaction, with both in view under its lock."""

from collections.abc import Sequence

from domain import events as ev
from domain.base import Frozen
from domain.envelope import Recorded
from domain.event import decode
from domain.matter import Matter
from domain.relations import may_be_merged, may_wait
from domain.terms import ENDED
from eventlog.database import Transaction
from eventlog.readmodel import RELATING, parse_state

_STATE = "SELECT state FROM states WHERE stream = ? AND kind = 'matter'"
_OPEN_PARTS = "SELECT number FROM matters WHERE parent = ? AND stage NOT IN (?, ?) ORDER BY number"
_WAY = """
WITH RECURSIVE way (stream, path) AS (
  SELECT target, number FROM relations r JOIN matters m ON m.stream = r.stream
  WHERE r.stream = ? AND r.kind = 'waits' AND r.holds = 1
  UNION
  SELECT r.target, way.path || '→' || m.number FROM relations r JOIN way ON r.stream = way.stream
  JOIN matters m ON m.stream = r.stream WHERE r.kind = 'waits' AND r.holds = 1 AND length(way.path) < 4000
)
SELECT path FROM way WHERE stream = ? ORDER BY length(path) LIMIT 1
"""
"""From the earlier matter on, what it waits for, until it is the one that is to wait."""


def check_relations(transaction: Transaction, recorded: Sequence[Recorded], state: Frozen) -> None:
    """Refuse a merge or a predecessor the other matter does not allow.

    Raises:
        Refusal: `not_found`, `ended`, `open_children`, `circle`, `refused`.
    """
    if not isinstance(state, Matter):
        return
    for event in (decode(e) for e in recorded if e.type in RELATING):
        match event:
            case ev.MatterMerged(into=into):
                parts = transaction.all(_OPEN_PARTS, (state.stream, *sorted(stage.value for stage in ENDED)))
                may_be_merged(state, event, _matter(transaction, into.stream), [number for (number,) in parts])
            case ev.PredecessorSet(earlier=earlier):
                way = transaction.one(_WAY, (earlier.stream, state.stream))
                waits = [*way[0].split("→"), state.number] if way else []
                may_wait(event, _matter(transaction, earlier.stream), state.number, waits)


def _matter(transaction: Transaction, stream: str) -> Matter | None:
    row = transaction.one(_STATE, (stream,))
    matter = parse_state("matter", row[0]) if row else None
    return matter if isinstance(matter, Matter) else None
