"""Meetings: their list, and one with its words as the reader may see them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from domain.calendar import SHANGHAI
from domain.facts import openly
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.meetings.reading import part_of_units, units_concerned
from domain.meetings.secrets import readable_meeting
from eventlog import reading
from views.viewer import Viewer


def meeting_row(meeting: reading.ListedMeeting) -> dict[str, Any]:
    """A meeting as `meeting list` gives it."""
    return {
        "meeting": meeting.number,
        "series": meeting.series,
        "ordinal": meeting.ordinal,
        "title": meeting.title,
        "starts": meeting.starts.astimezone(SHANGHAI).isoformat(),
        "stage": meeting.stage.value,
    }


def meeting_document(target: Meeting) -> dict[str, Any]:
    """A meeting as `meeting show` gives it, its secret words opened for the reader already."""
    return {
        **target.model_dump(mode="json", exclude={"points", "hash", "starts"}),
        "meeting": target.number,
        "name": target.name,
        "starts": target.starts.astimezone(SHANGHAI).isoformat(),
        "points": [{**p.model_dump(mode="json", exclude={"decided_by"}), "matter": p.number} for p in target.points],
    }


def may_know_meeting(viewer: Viewer, stream: str) -> bool:
    """Whether he may know of a meeting: a unit of one it is called to, or that decided on what is its."""
    if viewer.rights.whole:
        return True
    loaded = reading.load(viewer.database, stream)
    meeting = loaded.state if loaded else None
    return isinstance(meeting, Meeting) and bool(units_concerned(meeting) & viewer.rights.units)


def meeting_for(viewer: Viewer, meeting: Meeting) -> Meeting:
    """The meeting with its secret words as this reader may see them, for a unit its part of it."""
    if not viewer.rights.whole:
        meeting = part_of_units(meeting, viewer.rights.units)

    @cache
    def reader(stream: str) -> Callable[[str], str]:
        loaded = reading.load(viewer.database, stream)
        return viewer.words_of(loaded.state) if loaded and isinstance(loaded.state, Matter) else openly

    return readable_meeting(meeting, lambda stream, text: reader(stream)(text))
