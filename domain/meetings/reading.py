"""What a unit reads of a meeting: its own items and points; the office, leaders and the auditor read all."""

from collections.abc import Set

from domain.meetings.meeting import Attendance, DecisionPoint, Meeting


def units_concerned(meeting: Meeting) -> frozenset[str]:
    """The units that have a part in it: an item or a point of it is theirs."""
    items = (i.lead for i in (*meeting.items, *meeting.added) if i.lead)
    return frozenset({*items, *(u for p in meeting.points for u in _units_of(p))})


def part_of_units(meeting: Meeting, units: Set[str]) -> Meeting:
    """The meeting with nothing in it that is of other units alone."""
    items = tuple(i for i in meeting.items if i.lead in units)
    own = {i.no for i in items}
    return meeting.model_copy(
        update={
            "items": items,
            "added": tuple(i for i in meeting.added if i.lead in units),
            "points": tuple(p for p in meeting.points if p.item in own or units & _units_of(p)),
            "replies": tuple(r for r in meeting.replies if r.unit in units),
            "materials": tuple(m for m in meeting.materials if m.unit in units),
            "dropped": {},
            "order": (),
            "attendance": Attendance(),
            "called_because": None,
            "summary": None,
        }
    )


def _units_of(point: DecisionPoint) -> frozenset[str]:
    new = point.new
    leads = (point.lead, *point.assist, *((new.lead, *new.assist) if new else ()))
    return frozenset(ref.id for ref in leads if ref is not None)
