"""How an outcome reaches its matter: one command, named by meeting, point and attempt, so that it counts once."""

from datetime import datetime, timedelta

from domain import commands as c
from domain.base import Frozen
from domain.envelope import Actor, OnBehalf
from domain.facts import MOST_LINE, MOST_TITLE, Basis, shortened
from domain.ids import matter_stream
from domain.meetings.meeting import DecisionPoint, Meeting
from domain.terms import BasisKind, MatterKind

DELIVER = "deliver_outcome"
ASSEMBLE = "assemble_agenda"
"""The two activities a meeting's workflow has besides the log's."""
CONVENE = "convene_by_rule"
"""What the headquarters' rhythm does every working morning."""
VALID_FOR = timedelta(days=30)


class Convening(Frozen):
    """Look which meetings the series' rules call for, as of when."""

    now: datetime


class Convened(Frozen):
    """When it was looked, and when to look again."""

    look_again_at: datetime
    looked_at: datetime | None = None


class Assembling(Frozen):
    """Which meeting's agenda to assemble, as of when."""

    stream: str
    now: datetime


def outcome_order(meeting: Meeting, point: DecisionPoint, now: datetime) -> c.Order:
    """The command that carries a meeting's outcome to its matter, named so that it counts once."""
    return c.Order(
        command_id=f"{meeting.stream}#{point.no}.{point.attempt}",
        stream=_stream(meeting, point),
        actor=_decider(meeting, point),
        command=_command(meeting, point),
        valid_until=now + VALID_FOR,
    )


def _stream(meeting: Meeting, point: DecisionPoint) -> str:
    return point.matter or matter_stream(f"{meeting.stream}#{point.no}")


def _decider(meeting: Meeting, point: DecisionPoint) -> Actor:
    """The chair decides, the secretary enters it; the paper is the minutes, or the meeting before they are signed."""
    actor = point.decided_by
    if actor.on_behalf_of is None:
        return actor
    return actor.model_copy(update={"on_behalf_of": _with_paper(actor.on_behalf_of, decision_source(meeting, point))})


def _with_paper(behalf: OnBehalf, paper: str) -> OnBehalf:
    return behalf.model_copy(update={"paper": paper})


def decision_source(meeting: Meeting, point: DecisionPoint) -> str:
    """The 文号 a matter's decision cites, 香指纪〔2022〕3号第2项; an urgent point cites its meeting."""
    if point.urgent or meeting.minutes is None:
        place = f"（{meeting.number}）第{point.no}项"
        return shortened(meeting.name, MOST_LINE - len(place)) + place
    return f"{meeting.minutes.no}第{point.no}项"


def _command(meeting: Meeting, point: DecisionPoint) -> c.OpenMatter | c.RecordDecision:
    if point.new is not None:
        return c.OpenMatter(
            title=point.new.title,
            basis=Basis(
                kind=BasisKind.MINUTES,
                text=f"{shortened(meeting.name, MOST_TITLE - 2)}议定",
                no=decision_source(meeting, point),
                approver=meeting.chair,
            ),
            due=point.new.due,
            kind=MatterKind.ROUTINE,
            source=shortened(meeting.series_name, MOST_TITLE),
            lead=point.new.lead,
            assist=point.new.assist,
        )
    return c.RecordDecision(
        meeting=shortened(meeting.name, MOST_TITLE),
        text=point.text,
        due=point.due,
        outcome=point.outcome,
        subject=point.subject,
        lead=point.lead,
        assist=point.assist or None,
        minutes=meeting.number,
        point=point.no,
        matter_point=point.matter_point,
    )
