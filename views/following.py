"""What a page follows, and what of the log's movement its reader may be told: which stream, how far, and no word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.base import Refusal, Term, refuse
from domain.ids import kind_of
from domain.sight import Sight
from eventlog import reading
from eventlog.notices import newest_notice
from eventlog.reading import Movement
from views.meetings import may_know_meeting, the_meeting
from views.viewer import Viewer

OF_RIGHTS = frozenset({"directory", "policy", "account"})
"""Kinds of stream by which somebody's rights may change."""
MOST_TOLD = 50
"""Streams at once: who is told that so many moved looks anew in any case."""


class Following(Term):
    """What a page may follow."""

    MATTER = "matter", "事项"
    MEETING = "meeting", "会议"
    WORK = "work", "待办"
    NOTICES = "notices", "通知"


@dataclass(frozen=True)
class Watch:
    """What one page follows."""

    what: Following
    number: str = ""
    stream: str = ""

    def concerns(self, stream: str) -> bool:
        """Whether it is to be asked about when this stream moved."""
        kind = kind_of(stream)
        if kind in OF_RIGHTS:
            return True
        if self.what in (Following.MATTER, Following.MEETING):
            return stream == self.stream
        return kind in ("matter", "meeting")


def watch_of(viewer: Viewer, asked: str) -> Watch:
    """What an address asks to follow: `work`, `notices`, `matter:XMH-2022-001`, `meeting:HY-2022-001`.

    Raises:
        Refusal: `not_found`: it is none of these, or not his.
    """
    name, _, number = asked.partition(":")
    what = next((one for one in Following if one.value == name), None)
    match what:
        case Following.MATTER:
            matters = reading.find_matters(viewer.database, number, viewer.rights.visible)
            exact = [m for m in matters if m.number == number]
            refuse(not exact, "没有这个事项", "not_found")
            return Watch(what, number, exact[0].stream)
        case Following.MEETING:
            return Watch(what, number, the_meeting(viewer, number).stream)
        case Following.WORK | Following.NOTICES:
            return Watch(what)
    raise Refusal("不能跟踪这一项", "not_found")


def told(viewer: Viewer, watch: Watch, moved: Sequence[Movement], after: int) -> list[dict[str, Any]]:
    """What its reader is told of what moved, each with its newest version.

    Args:
        viewer: the reader, as he is now.
        watch: what his page follows.
        moved: what moved since he was told last.
        after: the position up to which he was told.

    Raises:
        Refusal: `not_found`: it is no longer his to see.
    """
    newest = {one.stream: one.version for one in moved}
    match watch.what:
        case Following.MATTER:
            refuse(not viewer.rights.sees(watch.stream, Sight.LISTED), "没有这个事项", "not_found")
        case Following.MEETING:
            refuse(not may_know_meeting(viewer, watch.stream), "没有这个会议", "not_found")
        case Following.NOTICES:
            at = newest_notice(viewer.database, viewer.reader.person)
            return [{"notices": "", "version": at}] if at > after else []
        case Following.WORK:
            return _of_work(viewer, newest)
    version = newest.get(watch.stream)
    return [] if version is None else [{watch.what.value: watch.number, "version": version}]


def _of_work(viewer: Viewer, newest: dict[str, int]) -> list[dict[str, Any]]:
    """The matters and meetings among what moved that the reader may know of."""
    visible = viewer.rights.visible
    streams = [s for s in newest if kind_of(s) == "matter" and (visible is None or s in visible)]
    listed = reading.listed_matters(viewer.database, streams)
    versions = [{"matter": m.number, "version": newest[m.stream]} for m in listed]
    met = [s for s in newest if kind_of(s) == "meeting" and may_know_meeting(viewer, s)]
    return [*versions, *({"meeting": "", "version": newest[s]} for s in met)][:MOST_TOLD]
