"""What the `meeting` commands share: which meeting and series are meant, and sending."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.moments import now, today
from cli.sending import the_gateway
from cli.session import Problem, answer, session
from domain.calendar import at_office, local_date
from domain.envelope import Actor
from domain.meetings.agenda import Assembled
from domain.meetings.commands import MeetingCommand, MeetingOrder
from domain.meetings.meeting import Meeting
from domain.meetings.series import Series
from domain.queries.spoken import spoken_moment
from eventlog import reading
from views.meetings import may_know_meeting

if TYPE_CHECKING:
    from documents.meetings.calling import DirectoryNames
    from workflows.contract import MeetingReply

MeetingArg = Annotated[str, typer.Argument(metavar="ID", help="会议编号（HY-2022-031）、尾号（31）或会议名称中的字词")]


MOST_NAMED = 8
"""So many candidates an error names; the rest are in its document."""


def the_meeting(words: str) -> Meeting:
    """The one meeting a `meeting` command means, by number, tail or words of its name.

    Raises:
        Problem: none (exit 4), or several fit (exit 2, with the candidates).
    """
    listed = reading.find_meetings(session.database, words)
    if len(listed) > 1:
        first = "；".join(f"{m.number} {m.title}（{local_date(m.starts)}）" for m in listed[:MOST_NAMED])
        shown = f"{first}{'……' if len(listed) > MOST_NAMED else ''}"
        candidates = [{"meeting": m.number, "title": m.title} for m in listed]
        raise Problem(f"“{words}”对应{len(listed)}次会议，请写明编号：{shown}", "ambiguous", candidates=candidates)
    state = reading.load(session.database, listed[0].stream) if listed else None
    if state is None or not isinstance(state.state, Meeting):
        raise Problem(f"没有找到会议“{words}”，请用 xmh meeting list 查看编号", "not_found")
    return state.state


def the_meeting_to_read(words: str) -> Meeting:
    """The one meeting meant, where it is shown: what is not the reader's is as if it were not there.

    Raises:
        Problem: as `the_meeting`.
    """
    return readable(the_meeting(words), words)


def readable(meeting: Meeting, words: str) -> Meeting:
    """A meeting that is to be shown.

    Raises:
        Problem: it is not the reader's (exit 4).
    """
    if not may_know_meeting(session.viewer, meeting.stream):
        raise Problem(f"没有找到会议“{words}”，请用 xmh meeting list 查看编号", "not_found")
    return meeting


def the_series(name: str) -> Series:
    """The series meant by id, name or alias.

    Raises:
        Problem: none (exit 4), or several (exit 2).
    """
    book = reading.series_book(session.database)
    series = book.find(name)
    if not series:
        known = "、".join(s.name for s in book.series)
        raise Problem(f"没有会议系列“{name}”，现有：{known}；新设请用 xmh meeting series", "not_found")
    if len(series) > 1:
        shown = "、".join(s.name for s in series)
        raise Problem(f"“{name}”对应多个会议系列：{shown}，请写全称", "ambiguous")
    return series[0]


def directory_names() -> "DirectoryNames":
    """Names of units and people for a meeting's answer, as the directory has them now, those who left too."""
    from documents.meetings.calling import DirectoryNames

    return DirectoryNames.of(reading.units(session.database), reading.people(session.database, former=True))


def proposed_agenda(meeting: Meeting) -> Assembled:
    """The items the log proposes for a meeting's agenda now; a fixed agenda needs no proposals."""
    if meeting.items:
        return Assembled()
    from activities.agenda import assembled_agenda

    return assembled_agenda(session.database, meeting.stream)


def typed_moment(text: str) -> datetime:
    """The instant a `meeting` command means, as people say it."""
    instant = at_office(*spoken_moment(text, today()))
    session.understood(text, instant)
    return instant


def meeting_order(
    meeting: Meeting | str, command: MeetingCommand, actor: Actor | None = None, nth: int = 0
) -> MeetingOrder:
    """The order for a meeting, its secret words sealed; `nth` keeps ids apart when one run sends several.

    Args:
        meeting: as it stands, or the stream of one that is only being convened.
        command: what is asked of it.
        actor: who asks; whoever runs this, unless given.
        nth: which of several.

    Raises:
        Refusal: the words are to be secret, and are about no matter whose key could seal them (exit 2).
    """
    from services.orders import meeting_order as ordered

    base = session.command_id or uuid4().hex
    return ordered(
        session.database,
        meeting,
        command,
        actor=actor or session.actor,
        command_id=f"{base}-{nth}" if nth else base,
        now=now(),
        secret=session.secret,
    )


def meeting_for_reader(meeting: Meeting) -> Meeting:
    """The meeting with its secret words as whoever runs this may see them. No paper is made of it."""
    from views.meetings import meeting_for

    return meeting_for(session.viewer, meeting)


def send_meeting_commands(*orders: MeetingOrder) -> "list[MeetingReply]":
    """Send meeting commands one after another; the first refusal ends the run.

    Raises:
        Refusal, Unreachable, Problem: as the gateway.
    """
    return asyncio.run(_convene(orders))


async def _convene(orders: tuple[MeetingOrder, ...]) -> "list[MeetingReply]":
    gateway = await the_gateway()
    return [await gateway.convene(order) for order in orders]


def do_for_meeting(meeting: Meeting, command: MeetingCommand, actor: Actor | None = None) -> None:
    """Send one command to one meeting and show the answer."""
    (reply,) = send_meeting_commands(meeting_order(meeting, command, actor))
    answer(meeting_answer_document(reply), meeting_answer_line(reply))


def meeting_answer_document(reply: "MeetingReply") -> dict[str, Any]:
    """A meeting's answer to a command, as scripts read it (`--json`)."""
    return {
        "meeting": reply.meeting,
        "stage": reply.stage.value,
        "version": reply.version,
        **({"points": list(reply.points)} if reply.points else {}),
    }


def meeting_answer_line(reply: "MeetingReply") -> str:
    """A meeting's answer to a command, as people read it."""
    from domain.event import label_of

    done = "、".join(dict.fromkeys(label_of(e) for e in reply.events)) or "没有变化"
    points = f"（第{'、'.join(map(str, reply.points))}项）" if reply.points else ""
    return f"{reply.meeting}  {done}{points}  →  {reply.stage.label}"
