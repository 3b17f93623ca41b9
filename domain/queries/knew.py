"""谁何时知道: by what evidence somebody knew of a matter. What he was told by mouth, or looked at, is in no log."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from domain.base import Frozen, Term
from domain.envelope import Recorded
from domain.event import decode
from domain.events import DecisionRecorded
from domain.incoming import events as incoming
from domain.meetings.events import AttendanceRecorded
from domain.meetings.meeting import Meeting
from domain.papers import PaperIssued


class HowKnown(Term):
    """By what somebody came to know."""

    ACTED = "acted", "本人办理"
    DECIDED = "decided", "本人决定"
    NOTIFIED = "notified", "通知送达"
    ATTENDED = "attended", "参加会议"
    SIGNED = "signed", "签发公文"
    DISTRIBUTED = "distributed", "公文发至其单位"
    INSTRUCTED = "instructed", "在来文上批示"
    SEEN = "seen", "圈阅来文"


class Knowledge(Frozen):
    """One piece of evidence: how and when, the event that shows it, and which of the matter's events it tells of."""

    how: HowKnown
    at: datetime
    what: str
    """The notice's text, the paper's number, the meeting; empty where the event itself tells it."""
    stream: str
    version: int
    position: int
    covers: tuple[int, ...] = ()
    """Versions of the matter."""


def known_by_acting(person: str, events: Iterable[Recorded]) -> Iterator[Knowledge]:
    """What he did himself, or decided and had typed for him (代录): he knew when he did."""
    for event in events:
        behalf = event.actor.on_behalf_of
        if event.actor.id == person:
            yield _of(HowKnown.ACTED, event, event.recorded_at, "", (event.version,))
        elif behalf is not None and behalf.id == person and behalf.delegation is None:
            yield _of(HowKnown.DECIDED, event, event.occurred_at, "", (event.version,))


def known_by_meeting(
    person: str, matter: Sequence[Recorded], meeting: Meeting, events: Iterable[Recorded]
) -> Iterator[Knowledge]:
    """That he was at a meeting that had the matter on its agenda, and what it decided on it."""
    listed = next((e for e in reversed(list(events)) if e.type == AttendanceRecorded.__name__), None)
    if listed is None or person not in (*meeting.attendance.present, *meeting.attendance.observers):
        return
    covers = tuple(e.version for e in matter if _decided_at(e, meeting.number))
    yield _of(
        HowKnown.ATTENDED, listed, meeting.opened_at or meeting.starts, f"{meeting.number} {meeting.name}", covers
    )


def concerns(meeting: Meeting, stream: str) -> bool:
    """Whether a meeting had a matter on its agenda, or decided on it."""
    return stream in {*(item.matter for item in meeting.items), *(point.matter for point in meeting.points)}


def _decided_at(event: Recorded, number: str) -> bool:
    decoded = decode(event)
    return isinstance(decoded, DecisionRecorded) and (decoded.minutes or "").startswith(number)


def known_by_papers(person: str, unit: str | None, stream: str, events: Iterable[Recorded]) -> Iterator[Knowledge]:
    """Papers on the matter: whom they were sent to is a unit; who signed one has read it."""
    for event in events:
        decoded = decode(event)
        if not isinstance(decoded, PaperIssued) or decoded.matter != stream:
            continue
        what = f"{decoded.number} {decoded.kind.label}"
        if decoded.signer == person:
            yield _of(HowKnown.SIGNED, event, event.recorded_at, what)
        elif unit is not None and unit in decoded.distributed:
            yield _of(HowKnown.DISTRIBUTED, event, event.recorded_at, what)


def known_by_instructions(person: str, events: Iterable[Recorded]) -> Iterator[Knowledge]:
    """An incoming paper the matter carries out: who wrote on it, and who marked that he has seen it."""
    for event in events:
        match decode(event):
            case incoming.LeaderInstructed(leader=leader) if leader == person:
                yield _of(HowKnown.INSTRUCTED, event, event.occurred_at, "")
            case incoming.PaperSeen(leader=leader) if leader == person:
                yield _of(HowKnown.SEEN, event, event.occurred_at, "")


def without_evidence(events: Iterable[Recorded], known: Iterable[Knowledge]) -> tuple[int, ...]:
    """The versions of a matter nothing shows he knew of. That is no proof that he did not."""
    covered = {version for one in known for version in one.covers}
    return tuple(e.version for e in events if e.version not in covered)


def _of(how: HowKnown, event: Recorded, at: datetime, what: str, covers: tuple[int, ...] = ()) -> Knowledge:
    return Knowledge(
        how=how,
        at=at,
        what=what,
        stream=event.stream,
        version=event.version,
        position=event.position,
        covers=covers,
    )
