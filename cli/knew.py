"""`xmh audit knew`: by what evidence somebody knew of a matter at a moment."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.asking import MatterArg
from cli.lookup import the_matter
from cli.moments import now, past_instant
from cli.names import person_names, unit_names
from cli.session import Problem, answer, session
from domain.base import refuse
from domain.calendar import SHANGHAI
from domain.envelope import Recorded
from domain.event import decode, label_of
from domain.facts import openly
from domain.ids import OfficeStream
from domain.matter import Matter
from domain.meetings.meeting import Meeting
from domain.office import Directory
from domain.queries import knew as k
from domain.queries.telling import Rendering, office_time, tell_event
from eventlog import reading
from eventlog.notices import list_notices


def knew(
    matter: MatterArg,
    person: Annotated[str, typer.Argument(metavar="P", help="谁：人员编号或姓名")],
    at: Annotated[str | None, typer.Option("--at", metavar="T", help="到哪一天或哪一时刻为止，默认现在")] = None,
) -> None:
    """某人到某时为止凭什么知道某事项：送达的通知、参加的会议、发到的公文、本人办理和决定的；每条都有依据。"""
    refuse(not session.rights.whole, "某人何时知道由办公室、领导或审计员查问", "forbidden")
    instant = past_instant(at) if at is not None else now()
    target, who = the_matter(matter), session.person(person, former=True)
    events = reading.read_stream(session.database, target.stream, moment=reading.moment_at(session.database, instant))
    if not events:
        raise Problem(f"{at} 时还没有这个事项", "not_found")
    known = sorted(_known(who.id, events, instant), key=lambda one: (one.at, one.position))
    missing = k.without_evidence(events, known)
    teller = _Teller(events)
    document = {
        "matter": target.number,
        "person": who.id,
        "at": instant.astimezone(SHANGHAI).isoformat(),
        "known": [teller.document(one) for one in known],
        "without_evidence": [teller.event(version) for version in missing],
    }
    lines = [
        f"{who.name}（{who.id}）到 {office_time(instant)} 为止对 {target.number} {openly(target.title)}：",
        *(teller.line(one) for one in known),
        *([] if known else ["  没有任何依据表明知道"]),
        *([f"  没有依据表明知道第{_in_spans(missing)}条"] if missing and known else []),
        "  当面、电话告知和登录查看不在日志里：没有依据，不等于不知道",
    ]
    answer(document, "\n".join(lines))


def _in_spans(versions: Sequence[int]) -> str:
    """1至150、152至158、160."""
    spans: list[list[int]] = []
    for version in versions:
        if spans and spans[-1][-1] == version - 1:
            spans[-1][1:] = [version]
        else:
            spans.append([version])
    return "、".join("至".join(map(str, span)) for span in spans)


def _known(person: str, events: tuple[Recorded, ...], at: datetime) -> Iterator[k.Knowledge]:
    """All evidence up to a moment."""
    stream, moment = events[0].stream, reading.moment_at(session.database, at)
    papers = [
        event
        for one in reading.states_of(session.database, "paper", position=moment.position)
        for event in reading.read_stream(session.database, one.stream, position=moment.position)
    ]
    rows = [
        *k.known_by_acting(person, events),
        *_by_notices(person, events, papers, moment),
        *_by_meetings(person, events, moment),
        *k.known_by_papers(person, _unit_of(person, moment), stream, papers),
        *_by_instructions(person, events, moment),
    ]
    return (one for one in rows if one.at <= at)


def _by_notices(
    person: str, events: tuple[Recorded, ...], papers: list[Recorded], moment: reading.Moment
) -> Iterator[k.Knowledge]:
    """Notices of the matter's events, and of papers on it, that a channel took by then."""
    own = {event.position: event for event in events}
    issued = {e.position: e for e in papers if getattr(decode(e), "matter", None) == events[0].stream}
    for notice in list_notices(session.database, person=person, moment=moment):
        event = own.get(notice.position) or issued.get(notice.position)
        if event is not None and notice.sent_at is not None:
            yield k.Knowledge(
                how=k.HowKnown.NOTIFIED,
                at=notice.sent_at,
                what=f"{notice.text}（通知 {notice.id}）",
                stream=event.stream,
                version=event.version,
                position=event.position,
                covers=(event.version,) if event.position in own else (),
            )


def _by_meetings(person: str, events: tuple[Recorded, ...], moment: reading.Moment) -> Iterator[k.Knowledge]:
    for one in reading.states_of(session.database, "meeting", position=moment.position):
        if isinstance(one.state, Meeting) and k.concerns(one.state, events[0].stream):
            its = reading.read_stream(session.database, one.stream, position=moment.position)
            yield from k.known_by_meeting(person, events, one.state, its)


def _by_instructions(person: str, events: tuple[Recorded, ...], moment: reading.Moment) -> Iterator[k.Knowledge]:
    state = reading.folded_state(events[0].stream, list(events)).state
    for stream in sorted({ref.stream for ref in state.carries}) if isinstance(state, Matter) else ():
        yield from k.known_by_instructions(
            person, reading.read_stream(session.database, stream, position=moment.position)
        )


def _unit_of(person: str, moment: reading.Moment) -> str | None:
    """The unit he was in at that moment."""
    stream = session.database.own(OfficeStream.DIRECTORY)
    events = reading.read_stream(session.database, stream, position=moment.position)
    directory = reading.folded_state(stream, list(events)).state if events else None
    entry = directory.people.get(person) if isinstance(directory, Directory) else None
    return entry.unit if entry else None


class _Teller:
    """Evidence and events for people and scripts; sealed words stay sealed."""

    def __init__(self, events: tuple[Recorded, ...]) -> None:
        self._events = {event.version: event for event in events}
        self._stream = events[0].stream
        self._rendering = Rendering(name=unit_names(), open=openly, person=person_names())

    def event(self, version: int) -> dict[str, Any]:
        event = self._events[version]
        return {
            "version": version,
            "label": label_of(event.type),
            "text": tell_event(decode(event), self._rendering),
            "recorded_at": event.recorded_at.astimezone(SHANGHAI).isoformat(),
        }

    def document(self, one: k.Knowledge) -> dict[str, Any]:
        return {
            **one.model_dump(mode="json"),
            "label": one.how.label,
            "at": one.at.astimezone(SHANGHAI).isoformat(),
            "what": one.what or self._what(one),
        }

    def line(self, one: k.Knowledge) -> str:
        place = f"第{one.version}条" if one.stream == self._stream else f"{one.stream} 第{one.version}条"
        return f"  {office_time(one.at)}  {one.how.label}  {one.what or self._what(one)}  依据：{place}"

    def _what(self, one: k.Knowledge) -> str:
        event = self._events.get(one.version) if one.stream == self._stream else None
        return f"{label_of(event.type)}  {tell_event(decode(event), self._rendering)}" if event else ""
