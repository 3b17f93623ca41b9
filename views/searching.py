"""Where words stand: in the names of matters, and in what was recorded of matters and meetings, in their sentence."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.base import refuse
from domain.bounds import seen
from domain.envelope import Recorded
from domain.event import decode, label_of
from domain.facts import is_sealed, openly
from domain.ids import kind_of
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.queries.telling import Rendering, tell_event
from eventlog import reading
from eventlog.words import plain
from views.meetings import may_know_meeting
from views.viewer import Viewer

AROUND = 40
"""Characters of a sentence on either side of what was looked for."""
SHOWN = 50


@dataclass(frozen=True)
class Hit:
    """One place where the words stand."""

    number: str
    title: str
    meeting: bool
    on: datetime
    label: str
    who: str
    before: str
    word: str
    """As it stands there; empty when it stands in a part that is told in other words."""
    after: str


@dataclass(frozen=True)
class Found:
    """What was found."""

    titles: tuple[tuple[str, str], ...]
    """Number and title of the matters that are called so."""
    count: int
    """Of places in records."""
    hits: tuple[Hit, ...]


def search(viewer: Viewer, words: str) -> Found:
    """Where these words stand, as far as this reader reads it, the newest first.

    Raises:
        Refusal: `malformed`: there are none, or too many.
    """
    wanted = words.split()
    refuse(not wanted, "请写要找的字词", "malformed")
    shown = viewer.shown
    last = shown.position if shown else reading.newest_event(viewer.database)[0]
    rows = viewer.rights.rows()
    titles = tuple((r.number, r.title) for r in rows if all(plain(w) in plain(r.title) for w in wanted))
    places = [
        at for at, stream in reading.events_saying(viewer.database, words, last).items() if _reads(viewer, stream)
    ]
    newest = sorted(places, reverse=True)[:SHOWN]
    events = reading.events_at(viewer.database, newest)
    return Found(titles, len(places), tuple(_hits(viewer, [events[at] for at in newest if at in events], wanted)))


def _reads(viewer: Viewer, stream: str) -> bool:
    """Whether he reads all of what is recorded in a stream."""
    if kind_of(stream) == "matter":
        readable = viewer.rights.readable
        return readable is None or stream in readable
    return kind_of(stream) == "meeting" and viewer.rights.whole and may_know_meeting(viewer, stream)


def _hits(viewer: Viewer, events: list[Recorded], words: list[str]) -> Iterator[Hit]:
    rendering = Rendering(name=viewer.units, open=openly, person=viewer.persons)
    for event in events:
        loaded = reading.load(viewer.database, event.stream)
        state = loaded.state if loaded else None
        if not isinstance(state, Matter | Meeting):
            continue
        text = _sentence(tell_event(decode(event), rendering), event.payload, words)
        yield Hit(
            number=state.number,
            title=state.title,
            meeting=isinstance(state, Meeting),
            on=event.occurred_at,
            label=label_of(event.type),
            who=viewer.persons(event.actor.id),
            **_cut(seen(text), words),
        )


def _sentence(text: str, payload: str, words: list[str]) -> str:
    """What is told of an event; where that has none of the words, what was written in it that has one."""

    def says(one: str) -> bool:
        return not is_sealed(one) and any(plain(word) in plain(one) for word in words)

    return text if says(text) else next(filter(says, _texts(json.loads(payload))), text)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)


def _cut(text: str, words: list[str]) -> dict[str, str]:
    """The sentence around the first of the words that stands in it."""
    compared = plain(text)
    places = [(at, word) for word in words if (at := compared.find(plain(word))) >= 0]
    if not places or len(compared) != len(text):
        return {"before": text[: 2 * AROUND], "word": "", "after": "……" if len(text) > 2 * AROUND else ""}
    at, word = min(places)
    end, first = at + len(plain(word)), max(0, at - AROUND)
    more = "……" if end + AROUND < len(text) else ""
    return {
        "before": ("……" if first else "") + text[first:at],
        "word": text[at:end],
        "after": text[end : end + AROUND] + more,
    }
