"""The log in its order, as far as one reader may see it: what a program that follows it is given page by page.

Positions have no gaps and follow the commits, so a cursor is the last position that was looked at, whether it was shown
or not: nothing is skipped and nothing comes twice. What may be seen is asked as it is now; what becomes somebody's to
see later is in the matter itself, not in the feed again.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from domain.base import Refusal, refuse
from domain.bounds import seen
from domain.calendar import SHANGHAI
from domain.envelope import Recorded
from domain.event import UnknownEventError, label_of
from domain.facts import is_sealed, openly
from domain.ids import kind_of
from domain.matter import Matter
from domain.meetings import events as m
from domain.queries.telling import Rendering
from eventlog import reading
from eventlog.reading import Movement
from views.matter import event_document, is_own_report
from views.meetings import may_know_meeting
from views.viewer import Viewer

SCANNED = 1000
"""So many positions are looked at for a page, however few of them are shown."""
HASH_SHOWN = 8
_CURSOR = re.compile(rf"([0-9]{{1,15}})(?:\.([0-9a-f]{{{HASH_SHOWN}}}))?")
OF_WHOLE_MEETING = frozenset(
    kind.__name__
    for kind in (
        m.MeetingConvened,
        m.MeetingMoved,
        m.MeetingCancelled,
        m.MeetingNotified,
        m.MeetingOpened,
        m.MinutesIssued,
        m.MeetingClosed,
    )
)
"""What a unit that is called to a meeting is told of it; whatever else happens there may be about other units."""


class FeedPage(NamedTuple):
    """A part of the log as its reader sees it."""

    events: list[dict[str, Any]]
    cursor: str
    """Where to go on."""
    more: bool
    """Whether there is more already."""


def feed_page(viewer: Viewer, after: str, limit: int, *, thin: bool = False) -> FeedPage:
    """What follows a cursor: at most `limit` events, of matters and meetings.

    Args:
        viewer: who reads, as he is now.
        after: a cursor that was given out, or a position; 0 is the beginning.
        limit: of the events that are shown.
        thin: without a word of any, only what moved and how far.

    Raises:
        Refusal: `malformed`: it is no cursor. `cursor_stale`: the log is not the one it was given out for any more.
    """
    position = _position_of(viewer, after)
    upto = reading.newest_event(viewer.database)[0] if viewer.shown is None else viewer.shown.position
    scanned = [x for x in reading.movements_since(viewer.database, position, SCANNED) if x.position <= upto]
    teller = _Teller(viewer, scanned, thin)
    shown, last = list[dict[str, Any]](), position
    for event in _read(viewer, [x for x in scanned if teller.may_concern(x.stream)]):
        document = teller.told(event)
        if document is None:
            continue
        shown.append(document)
        last = event.position
        if len(shown) == limit:
            break
    else:
        last = scanned[-1].position if scanned else position
    return FeedPage(shown, cursor_at(viewer, last), last < upto)


def cursor_at(viewer: Viewer, position: int) -> str:
    """A position with what tells another history of the log from this one: `1024.3f9a0c11`; 0 at the beginning."""
    digest = reading.hash_at(viewer.database, position)
    return f"{position}.{digest[-HASH_SHOWN:]}" if digest else str(position)


def _position_of(viewer: Viewer, cursor: str) -> int:
    match = _CURSOR.fullmatch(cursor.strip())
    if match is None:
        raise Refusal(f"看不懂位置“{seen(cursor)[:40]}”，请写上一页给出的 cursor，从头开始写 0", "malformed")
    position, digest = int(match[1]), match[2]
    there = reading.hash_at(viewer.database, position) if position else ""
    stale = position > 0 and (not there or (digest is not None and not there.endswith(digest)))
    refuse(stale, f"日志已恢复到较早的备份，位置 {seen(cursor)[:40]} 不再有效，请从 0 起重新取", "cursor_stale")
    return position


def _read(viewer: Viewer, wanted: Sequence[Movement]) -> Sequence[Recorded]:
    events = reading.events_at(viewer.database, [x.position for x in wanted])
    return [events[x.position] for x in wanted if x.position in events]


@dataclass(frozen=True)
class _Teller:
    """What one reader is told of some events; who he is is asked once for all of them."""

    viewer: Viewer
    scanned: Sequence[Movement]
    thin: bool

    @cached_property
    def matters(self) -> dict[str, str]:
        """The matters among them that he may know of, by stream: their numbers."""
        visible = self.viewer.rights.visible
        streams = {x.stream for x in self.scanned if kind_of(x.stream) == "matter"}
        wanted = streams if visible is None else streams & visible
        return {x.stream: x.number for x in reading.listed_matters(self.viewer.database, wanted)} if wanted else {}

    @cached_property
    def meetings(self) -> dict[str, str]:
        """The meetings among them that he may know of."""
        streams = {x.stream for x in self.scanned if kind_of(x.stream) == "meeting"}
        known = reading.meetings(self.viewer.database) if streams else ()
        return {x.stream: x.number for x in known if x.stream in streams and may_know_meeting(self.viewer, x.stream)}

    @cached_property
    def _openers(self) -> dict[str, Callable[[str], str]]:
        return {}

    def may_concern(self, stream: str) -> bool:
        """Whether an event of this stream may be told to him at all."""
        return stream in self.matters or stream in self.meetings

    def told(self, event: Recorded) -> dict[str, Any] | None:
        """The event as he sees it; None when it is not his to see."""
        if event.stream in self.meetings:
            whole = self.viewer.rights.whole
            if not whole and event.type not in OF_WHOLE_MEETING:
                return None
            return self._document(event, "meeting", self.meetings[event.stream], openly, words=whole)
        readable = self.viewer.rights.readable
        if (
            readable is not None
            and event.stream not in readable
            and not is_own_report(self.viewer, event.stream, event)
        ):
            return None
        return self._document(event, "matter", self.matters[event.stream], self._opener(event.stream), words=True)

    def _document(
        self, event: Recorded, key: str, number: str, opener: Callable[[str], str], *, words: bool
    ) -> dict[str, Any]:
        cursor = f"{event.position}.{event.hash[-HASH_SHOWN:]}"
        head = {"position": event.position, "cursor": cursor, "event": event.event_id, key: number}
        thin = {
            "version": event.version,
            "type": event.type,
            "label": label_of(event.type),
            "recorded_at": event.recorded_at.astimezone(SHANGHAI).isoformat(),
        }
        if self.thin:
            return head | thin
        rendering = Rendering(name=self.viewer.units, open=opener, person=self.viewer.persons)
        try:
            document = event_document(event, rendering, self.viewer.persons)
        except UnknownEventError:  # of a newer build; it is told that it happened
            document = thin | {"text": ""}
        return head | (document if words else {**document, "text": ""})

    def _opener(self, stream: str) -> Callable[[str], str]:
        """How he sees a matter's texts; the matter is looked at only where one is sealed."""

        def opened(text: str) -> str:
            if not is_sealed(text):
                return text
            if stream not in self._openers:
                loaded = reading.load(self.viewer.database, stream)
                state = loaded.state if loaded else None
                self._openers[stream] = self.viewer.words_of(state) if isinstance(state, Matter) else openly
            return self._openers[stream](text)

        return opened
