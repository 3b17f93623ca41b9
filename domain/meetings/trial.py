"""Whether a matter allows what a meeting decides on it: tried by the very rule that will bind it.

The log asks when an outcome is recorded and again when the minutes are signed, with meeting and matter in view. What
the same meeting decided on the matter before, and has not arrived there, is taken as done.
"""

from datetime import datetime

from domain.base import Refusal
from domain.envelope import Draft, Recorded, canonical
from domain.evolve import evolve
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.deliveries import outcome_order
from domain.meetings.meeting import DecisionPoint, Meeting
from domain.meetings.terms import Delivery
from domain.rules.context import DecisionContext
from domain.rules.decide import decide

_ON_THE_WAY = (Delivery.WAITING, Delivery.PENDING)


def try_outcome(
    meeting: Meeting, point: DecisionPoint, matter: Matter | None, rulebook: Rulebook, now: datetime
) -> None:
    """Nothing, when the matter takes the outcome as it stands.

    Raises:
        Refusal: what the matter would say.
    """
    standing = matter
    for earlier in meeting.standing_points:
        ahead = earlier.no < point.no and earlier.matter == point.matter and earlier.delivery in _ON_THE_WAY
        if ahead and standing is not None and earlier.new is None:
            standing = _after(standing, meeting, earlier, rulebook, now)
    _decided(standing if point.new is None else None, meeting, point, rulebook, now)


def unfit_points(
    meeting: Meeting, matters: dict[str, Matter], rulebook: Rulebook, now: datetime
) -> tuple[tuple[DecisionPoint, str], ...]:
    """The points that would bind now and that their matters do not allow, with what these say."""
    unfit = []
    for point in meeting.standing_points:
        if point.delivery in _ON_THE_WAY and not point.urgent:
            try:
                try_outcome(meeting, point, matters.get(point.matter or ""), rulebook, now)
            except Refusal as refusal:
                unfit.append((point, refusal.message))
    return tuple(unfit)


def _decided(
    matter: Matter | None, meeting: Meeting, point: DecisionPoint, rulebook: Rulebook, now: datetime
) -> tuple[Draft, ...]:
    order = outcome_order(meeting, point, now)
    return decide(matter, order.command, DecisionContext(rulebook=rulebook, now=now, actor=order.actor))


def _after(matter: Matter, meeting: Meeting, point: DecisionPoint, rulebook: Rulebook, now: datetime) -> Matter:
    """The matter once an earlier outcome has arrived; as it is, when it will not take it."""
    try:
        drafts = _decided(matter, meeting, point, rulebook, now)
    except Refusal:
        return matter
    for n, draft in enumerate(drafts, start=1):
        matter = evolve(matter, _foreseen(matter, draft, point, now, n))
    return matter


def _foreseen(matter: Matter, draft: Draft, point: DecisionPoint, now: datetime, n: int) -> Recorded:
    return Recorded(
        position=0,
        headquarters="",
        stream=matter.stream,
        version=matter.version + 1,
        event_id=f"foreseen-{point.no}-{n}",
        type=draft.type,
        schema_version=draft.schema_version,
        payload=canonical(draft.payload),
        actor=point.decided_by,
        command_id="",
        occurred_at=draft.occurred_at or now,
        recorded_at=now,
        previous_hash=matter.hash,
        hash=matter.hash,
    )
