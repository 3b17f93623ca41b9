"""批示件: registering an incoming paper, and what is done with it. It has no timers, so no workflow."""

import unicodedata
from datetime import datetime

from domain.base import Frozen
from domain.envelope import Actor
from domain.event import Event
from domain.ids import incoming_stream
from domain.incoming.commands import RegisterPaper
from domain.incoming.paper import IncomingPaper
from domain.incoming.rules import decide_incoming
from domain.papers import spelled
from domain.rules.context import DecisionContext
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_decided


def registration_stream(database: Database, command: RegisterPaper) -> str:
    """The stream a paper is registered in: known by who sent it under which 字号, so that it is registered once.

    Without a 字号 it is known by title and day. What was 作废 may be registered anew.
    """
    known = _known_by(command.sender, command.sender_no, command.title, command.received_on.isoformat())
    void = sum(
        p.void is not None and _known_by(p.sender, p.sender_no, p.title, p.received_on.isoformat()) == known
        for p in reading.incoming_papers(database)
    )
    return incoming_stream(f"{known}|{void}")


def act_on_paper(
    database: Database, stream: str, command: Frozen, *, actor: Actor, command_id: str, now: datetime
) -> IncomingPaper:
    """Record what a command leads to on an incoming paper, and answer with the paper.

    Raises:
        Refusal: a rule said no, or the log refused the actor.
        LogError: the log cannot be written.
    """

    def decide(state: Frozen | None) -> tuple[Event, ...]:
        paper = state if isinstance(state, IncomingPaper) else None
        context = DecisionContext(rulebook=reading.rulebook(database), now=now, actor=actor)
        return decide_incoming(paper, command, context)

    content = {"command": command.model_dump(mode="json"), "actor": actor.model_dump(mode="json")}
    record_decided(database, stream, decide, actor=actor, command_id=command_id, now=now, content=content)
    paper = reading.paper_of(database, stream)
    assert paper is not None  # noqa: S101  (the log has just said so)
    return paper


def _known_by(sender: str, sender_no: str | None, title: str, day: str) -> str:
    identity = spelled(sender_no) if sender_no else f"{title}|{day}"
    return "".join(unicodedata.normalize("NFKC", f"{sender}|{identity}").split())
