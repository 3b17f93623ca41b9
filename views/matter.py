"""Everything of one matter: what it is, what is owed, whom it has to do with, and its history in the office's words."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from domain.base import refuse
from domain.calendar import SHANGHAI, local_date
from domain.closing import to_be_weighed
from domain.confidential import opened
from domain.deadlines import owed
from domain.envelope import Recorded
from domain.event import decode, label_of
from domain.events import FeedbackSubmitted
from domain.lights import light
from domain.log import Rulebook
from domain.matter import Indicator, Matter, Point
from domain.offers import offers
from domain.policy import Policy
from domain.queries.telling import Rendering, office_time, tell_event, unit_typed_for
from domain.queries.waiting import whose_move
from domain.sight import Sight
from eventlog import reading
from eventlog.attachments import StoredAttachment, attachments_of
from eventlog.reading import Moment
from views.matters import matter_row
from views.tree import matter_relations
from views.viewer import Viewer

Chapter = Callable[[Sequence[Recorded]], Sequence[Recorded]]
"""Which of a matter's events are told."""


def whole_story(events: Sequence[Recorded]) -> Sequence[Recorded]:
    """All of them."""
    return events


def matter_document(
    viewer: Viewer, stream: str, moment: Moment | None, chapter: Chapter = whole_story
) -> dict[str, Any]:
    """A matter as far as this reader sees it.

    Raises:
        Refusal: `not_found`: he may not know of it, or there was no such matter yet.
    """
    if not viewer.rights.sees(stream):
        return matter_as_listed(viewer, stream, moment)
    state, document = shown_matter(viewer, stream, moment, chapter)
    return document if moment is not None else {**document, "offers": offered(viewer, state)}


def offered(viewer: Viewer, state: Matter) -> list[dict[str, Any]]:
    """What whoever reads may do with the matter now, or why not."""
    return [one.model_dump() for one in offers(state, viewer.reader, viewer.rulebook, viewer.now)]


def matter_as_listed(viewer: Viewer, stream: str, moment: Moment | None) -> dict[str, Any]:
    """What a list has of a matter, and what the reader's own unit once reported on it.

    Raises:
        Refusal: as `matter_document`.
    """
    refuse(not viewer.rights.sees(stream, Sight.LISTED), "没有这个事项", "not_found")
    state, rulebook, at, events = _as_known(viewer, stream, moment)
    rendering = Rendering(name=viewer.units, open=viewer.words_of(state), person=viewer.persons)
    own = [e for e in events if is_own_report(viewer, stream, e)]
    return {
        **matter_row(state, light(state, rulebook, at)),
        "lead_name": viewer.units(state.lead) if state.lead else None,
        "sight": Sight.LISTED.value,
        "timeline": [event_document(e, rendering, viewer.persons) for e in own],
    }


def is_own_report(viewer: Viewer, stream: str, recorded: Recorded) -> bool:
    """Whether it is a report of a unit he reads for, which is his to read for ever (改派)."""
    if recorded.type != FeedbackSubmitted.__name__:
        return False
    event = decode(recorded)
    return isinstance(event, FeedbackSubmitted) and viewer.rights.may_read_report(stream, event.unit)


def _as_known(
    viewer: Viewer, stream: str, moment: Moment | None
) -> tuple[Matter, Rulebook, datetime, Sequence[Recorded]]:
    """A matter as known at a moment, the rulebook of it, and its events."""
    events = reading.read_stream(viewer.database, stream, moment=moment)
    refuse(not events, "那时还没有这个事项", "not_found")
    kept = reading.load(viewer.database, stream, moment)
    if kept is None or kept.version != events[-1].version:
        kept = reading.folded_state(stream, list(events))
    state = kept.state
    assert isinstance(state, Matter)  # noqa: S101  (a stream under matter/)
    rulebook = reading.rulebook(viewer.database, moment.position if moment else None)
    return state, rulebook, moment.as_of if moment else viewer.now, events


def shown_matter(
    viewer: Viewer, stream: str, moment: Moment | None, chapter: Chapter = whole_story
) -> tuple[Matter, dict[str, Any]]:
    """A matter with the words this reader may read, and the document `task show` gives of it.

    Raises:
        Refusal: `not_found`: he does not see all of it, or there was no such matter yet.
    """
    viewer.rights.need(stream)
    state, rulebook, at, events = _as_known(viewer, stream, moment)
    state = opened(state, viewer.words_of(state))
    document = _shown(viewer, state, rulebook, at, events)
    document["timeline"] = _timeline(viewer, state, chapter(events))
    return state, document | matter_relations(viewer, state, rulebook, at, moment)


def _shown(
    viewer: Viewer, state: Matter, rulebook: Rulebook, at: datetime, events: Sequence[Recorded]
) -> dict[str, Any]:
    """Everything of a matter for scripts; its secrets are opened for the reader already."""
    files = viewer.rights.may_read_files(state.stream)
    return {
        **matter_row(state, light(state, rulebook, at)),
        "lead_name": viewer.units(state.lead) if state.lead else None,
        "whose_move": None
        if state.ended
        else whose_move(state, viewer.units(state.lead) if state.lead else "牵头单位"),
        "original_due": state.original_due.isoformat(),
        "rung": state.rung.value,
        "basis": state.basis.model_dump(mode="json"),
        "further_bases": [b.model_dump(mode="json") for b in state.further],
        "carried": list(state.carried),
        "letters": list(state.letters),
        "carries": [c.model_dump(mode="json", exclude={"stream"}) for c in state.carries],
        "followers": list(state.followers),
        "inherited": state.inherited,
        "source": state.source,
        "section": state.section,
        "leaders": list(state.leaders),
        "urgency": state.urgency.value,
        "class": state.klass.value,
        "rhythm": state.rhythm.value,
        "period": state.period.value if state.period else None,
        "running_period": state.running.key if state.running else None,
        "periods": [p.model_dump(mode="json") for p in state.periods],
        "surge": state.surge.model_dump(mode="json") if state.surge else None,
        "counts": {
            "on_time": state.windows.on_time,
            "late": state.windows.late,
            "missed": len(state.windows.missed),
            **state.counts.model_dump(),
        },
        "origin": state.origin.model_dump(mode="json") if state.origin else None,
        "ratings": [x.model_dump(mode="json") for x in state.ratings],
        "climbed": [x.model_dump(mode="json") for x in state.climbed],
        "listed": state.listed,
        "listings": [x.model_dump(mode="json") for x in state.listings],
        "interviews": [x.model_dump(mode="json") for x in state.interviews],
        "cards": [x.model_dump(mode="json") for x in state.cards],
        "closure": _closure(state, rulebook.policy, files=files),
        "returned_reports": [x.model_dump(mode="json") for x in state.returned_reports],
        "inspections": [i.model_dump(mode="json") for i in state.inspections],
        "points": [_point(p) for p in state.points],
        "indicators": [_indicator(i, local_date(at)) for i in state.indicators],
        "deadlines": deadlines_document(state, rulebook, at),
        "files": [attachment_document(one) for one in attachments_of(events)] if files else [],
        "sight": Sight.FULL.value,
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "no": point.no,
        "text": point.text,
        "due": point.due.isoformat() if point.due else None,
        "original_due": point.original_due.isoformat() if point.original_due else None,
        "progress": point.progress,
        "said": point.said,
        "dropped": point.dropped,
        "stage": point.stage,
        "approved": point.approved,
    }


def deadlines_document(state: Matter, rulebook: Rulebook, at: datetime) -> list[dict[str, Any]]:
    """What the clock owes a matter, in order."""
    return [
        {
            "kind": d.kind.value,
            "label": d.kind.label,
            "at": d.at.astimezone(SHANGHAI).isoformat(),
            "provisional": rulebook.calendar.is_provisional(local_date(d.at)),
        }
        for d in sorted(owed(state, rulebook, at), key=lambda d: d.at)
    ]


def _timeline(viewer: Viewer, state: Matter, events: Sequence[Recorded]) -> list[dict[str, Any]]:
    rendering = Rendering(name=viewer.units, open=viewer.words_of(state), person=viewer.persons)
    return [event_document(e, rendering, viewer.persons) for e in events]


def event_document(e: Recorded, rendering: Rendering, persons: Callable[[str], str]) -> dict[str, Any]:
    """One event as scripts read it: a line of a timeline, an entry of the feed."""
    behalf, event = e.actor.on_behalf_of, decode(e)
    return {
        "version": e.version,
        "type": e.type,
        "label": label_of(e.type),
        "text": tell_event(event, rendering),
        "typed_for": unit_typed_for(event, e.actor),
        "actor": e.actor.id,
        "actor_name": persons(e.actor.id),
        "decided_by": behalf.id if behalf else None,
        "paper": behalf.paper if behalf else None,
        "delegation": behalf.delegation if behalf else None,
        "occurred_at": e.occurred_at.astimezone(SHANGHAI).isoformat(),
        "recorded_at": e.recorded_at.astimezone(SHANGHAI).isoformat(),
        "backdated": office_time(e.occurred_at)[:10] != office_time(e.recorded_at)[:10],
    }


def _closure(state: Matter, policy: Policy, *, files: bool) -> dict[str, Any] | None:
    """What is asked of the reviewer, or was closed: with what evidence, over what that was not done, and why."""
    ended, asked = state.closed, state.closure
    if ended is None and asked is None:
        return None
    unfinished = ended.unfinished if ended else asked.unfinished if asked else ()
    why = ended.over_unfinished if ended else asked.over_unfinished if asked else None
    evidence = ended.evidence if ended else asked.evidence if asked else ()
    return {
        "unfinished": list(unfinished),
        "over_unfinished": why,
        "evidence": [a.model_dump() for a in evidence] if files else [],
        "to_be_weighed": [] if ended else list(to_be_weighed(state, evidence, policy)),
    }


def _indicator(indicator: Indicator, on: date) -> dict[str, Any]:
    wanted = indicator.wanted(on)
    shown = {
        "reached": indicator.shown(indicator.value),
        "wanted": indicator.shown(wanted.value) if wanted else None,
        "behind": indicator.behind(on) is not None,
    }
    return {**indicator.model_dump(mode="json"), **shown}


def attachment_document(one: StoredAttachment) -> dict[str, Any]:
    """An attachment of a matter, as scripts read it."""
    shown = one.model_dump(mode="json", exclude={"at", "stream"})
    return {**shown, "at": one.at.astimezone(SHANGHAI).isoformat()}
