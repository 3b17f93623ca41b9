"""What a meeting decides on a matter is tried on the matter, inside the append: when recorded, and when it binds."""

from collections.abc import Sequence
from datetime import datetime

from domain.base import Frozen, Refusal, refuse
from domain.envelope import Actor, Recorded
from domain.event import decode
from domain.matter import Matter
from domain.meetings.events import MaterialHandedIn, MinutesIssued, PointDecided
from domain.meetings.meeting import Meeting
from domain.meetings.trial import try_outcome, unfit_points
from domain.terms import IN_UNIT
from eventlog.database import Database, Transaction
from eventlog.reading.rules import rulebook, rulebook_in
from eventlog.reading.states import load, state_of

_TRIED = frozenset(kind.__name__ for kind in (PointDecided, MinutesIssued, MaterialHandedIn))


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
        if isinstance(event, MaterialHandedIn):
            _of_the_lead(transaction, event, recorded[0].actor, state)
        elif isinstance(event, PointDecided):
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


def _of_the_lead(transaction: Transaction, handed: MaterialHandedIn, actor: Actor, meeting: Meeting) -> None:
    """材料 for what the log will propose: before the agenda is fixed, only the matter says whose it is."""
    fixed = any(i.key == handed.key for i in (*meeting.items, *meeting.added))
    if fixed or actor.role not in IN_UNIT:
        return
    matter = _matter(transaction, handed.key)
    refuse(matter is None, f"没有事项“{handed.title}”", "not_found")
    foreign = matter is not None and matter.lead != handed.unit
    refuse(foreign, f"“{handed.title}”不由本单位汇报", "forbidden")


def unfit_outcomes(database: Database, meeting: Meeting, now: datetime) -> tuple[tuple[int, str], ...]:
    """Which points of a meeting their matters do not allow as they are now, with what these say."""
    states = (load(database, stream) for stream in meeting.matters)
    matters = {s.stream: s.state for s in states if s is not None and isinstance(s.state, Matter)}
    return tuple((point.no, why) for point, why in unfit_points(meeting, matters, rulebook(database), now))


def _matter(transaction: Transaction, stream: str) -> Matter | None:
    known = state_of(transaction, stream)
    return known.state if known is not None and isinstance(known.state, Matter) else None
