"""What a meeting decides on a matter is tried on the matter, inside the append: when recorded, and when it binds."""

from collections.abc import Sequence
from datetime import datetime

from domain.base import Frozen, Refusal
from domain.envelope import Recorded
from domain.event import decode
from domain.matter import Matter
from domain.meetings.events import MinutesIssued, PointDecided
from domain.meetings.meeting import Meeting
from domain.meetings.trial import try_outcome, unfit_points
from eventlog.database import Database, Transaction
from eventlog.reading.rules import rulebook, rulebook_in
from eventlog.reading.states import load
from eventlog.readmodel import parse_state

_STATE = "SELECT state FROM states WHERE stream = ? AND kind = 'matter'"
_TRIED = frozenset(kind.__name__ for kind in (PointDecided, MinutesIssued))


def check_outcomes(transaction: Transaction, recorded: Sequence[Recorded], state: Frozen, now: datetime) -> None:
    """Refuse an outcome its matter does not allow, and minutes with such, unless they say why.

    Raises:
        Refusal: what the matter would say; `unfit` for minutes.
    """
    tried = [decode(e) for e in recorded if e.type in _TRIED]
    if not tried or not isinstance(state, Meeting):
        return
    rules = rulebook_in(transaction)
    for event in tried:
        if isinstance(event, PointDecided):
            point = state.point(event.no)
            if point is not None and (point.matter is not None or point.new is not None):
                matter = _matter(transaction, point.matter) if point.matter else None
                try_outcome(state, point, matter, rules, now)
        elif isinstance(event, MinutesIssued) and event.over is None:
            matters = {m.stream: m for s in state.matters if (m := _matter(transaction, s))}
            unfit = unfit_points(state, matters, rules, now)
            if unfit:
                listed = "；".join(f"第{point.no}项（{why}）" for point, why in unfit)
                raise Refusal(
                    f"有{len(unfit)}项议定事项已不能接受：{listed}；请先撤回，或写明理由仍照签（--over-unfit）", "unfit"
                )


def unfit_outcomes(database: Database, meeting: Meeting, now: datetime) -> tuple[tuple[int, str], ...]:
    """Which points of a meeting their matters do not allow as they are now, with what these say."""
    states = (load(database, stream) for stream in meeting.matters)
    matters = {s.stream: s.state for s in states if s is not None and isinstance(s.state, Matter)}
    return tuple((point.no, why) for point, why in unfit_points(meeting, matters, rulebook(database), now))


def _matter(transaction: Transaction, stream: str) -> Matter | None:
    row = transaction.one(_STATE, (stream,))
    matter = parse_state("matter", row[0]) if row else None
    return matter if isinstance(matter, Matter) else None
