"""What a matter says of another is checked inside the append's transaction, with both in view under its lock."""

from collections.abc import Sequence

from domain import events as ev
from domain.base import Frozen
from domain.envelope import Recorded
from domain.event import decode
from domain.incoming.events import CompletionReported
from domain.incoming.paper import IncomingPaper
from domain.incoming.rules import may_be_reported_done, may_carry
from domain.matter import Matter
from domain.relations import may_be_merged, may_wait
from domain.terms import ENDED
from eventlog.database import Transaction
from eventlog.event_rows import RELATING
from eventlog.reading.incoming import CARRYING
from eventlog.reading.states import state_of, states_in

_OPEN_PARTS = "SELECT number FROM matters WHERE parent = ? AND stage NOT IN (?, ?) ORDER BY number"
_NEXT = """r.holds = 1 AND (r.kind = 'merged' OR (r.kind = 'waits' AND NOT EXISTS (
  SELECT 1 FROM relations x WHERE x.stream = r.stream AND x.kind = 'merged' AND x.holds = 1)))"""
"""What a matter waits for; one that is merged waits for nothing, but goes on as the other."""
_WAY = f"""
WITH RECURSIVE way (stream, path) AS (
  SELECT target, number FROM relations r JOIN matters m ON m.stream = r.stream
  WHERE r.stream = ? AND r.target <> ? AND {_NEXT}
  UNION
  SELECT r.target, way.path || '→' || m.number FROM relations r JOIN way ON r.stream = way.stream
  JOIN matters m ON m.stream = r.stream WHERE {_NEXT} AND length(way.path) < 4000
)
SELECT path FROM way WHERE stream = ? ORDER BY length(path) LIMIT 1
"""  # noqa: S608  (column names are constants)
"""From one matter on, what it waits for, until it is another; a first step may be left out."""


def check_relations(transaction: Transaction, recorded: Sequence[Recorded], state: Frozen) -> None:
    """Refuse a merge, a predecessor, an instruction carried or reported done, that the other side does not allow.

    Raises:
        Refusal: `not_found`, `ended`, `open_children`, `open_matters`, `circle`, `refused`.
    """
    if isinstance(state, IncomingPaper):
        for event in (decode(e) for e in recorded if e.type == CompletionReported.__name__):
            if isinstance(event, CompletionReported) and (one := state.instruction(event.instruction)):
                may_be_reported_done(event, one.whose, _carrying(transaction, state, one.no))
        return
    if not isinstance(state, Matter):
        return
    for event in (decode(e) for e in recorded if e.type in RELATING):
        match event:
            case ev.MatterMerged(into=into):
                parts = transaction.all(_OPEN_PARTS, (state.stream, *sorted(stage.value for stage in ENDED)))
                way = _way(transaction, into.stream, state.stream, without=state.stream)
                may_be_merged(state, event, _matter(transaction, into.stream), [number for (number,) in parts], way)
            case ev.PredecessorSet(earlier=earlier):
                way = _way(transaction, earlier.stream, state.stream)
                may_wait(event, _matter(transaction, earlier.stream), state.number, [*way, state.number] if way else [])
            case ev.InstructionRecorded(paper=paper, leader=leader) if paper is not None:
                may_carry(_paper(transaction, paper.stream), paper, leader)


def _way(transaction: Transaction, first: str, last: str, without: str = "") -> list[str]:
    """The numbers of what waits, from `first` on, until what `last` is waited for; none when it is not."""
    row = transaction.one(_WAY, (first, without, last))
    return row[0].split("→") if row else []


def _paper(transaction: Transaction, stream: str) -> IncomingPaper | None:
    known = state_of(transaction, stream)
    return known.state if known is not None and isinstance(known.state, IncomingPaper) else None


def _carrying(transaction: Transaction, paper: IncomingPaper, no: int) -> list[Matter]:
    """The matters that carry out an instruction."""
    states = states_in(transaction, CARRYING, (paper.ref(no).key,))
    return [s.state for s in states if isinstance(s.state, Matter)]


def _matter(transaction: Transaction, stream: str) -> Matter | None:
    known = state_of(transaction, stream)
    return known.state if known is not None and isinstance(known.state, Matter) else None
