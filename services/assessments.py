"""考核, recorded straight into the log: people act, no clock does."""

from datetime import date, datetime

from documents.reports.assessment import frozen_scores
from domain.assessment.assessment import Assessment
from domain.assessment.rules import OpenAssessment, decide_assessment
from domain.base import Frozen
from domain.calendar import end_of_day
from domain.envelope import Actor, Draft
from domain.ids import assessment_stream
from domain.rules.context import DecisionContext
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_drafted


def open_assessment(database: Database, until: date, *, actor: Actor, command_id: str, now: datetime) -> Assessment:
    """Freeze the scores as of a day, from the log as it was known then.

    Raises:
        Refusal: a rule said no, or the log refused the actor.
        LogError: the log cannot be read or written.
    """
    as_of = min(end_of_day(until), now)
    position = reading.position_at(database, as_of)
    policy, scores = frozen_scores(database, until, as_of, position)
    command = OpenAssessment(until=until, position=position, as_of=as_of, policy=policy, scores=scores)
    return record_assessment(database, until, command, actor=actor, command_id=command_id, now=now)


def record_assessment(
    database: Database, until: date, command: Frozen, *, actor: Actor, command_id: str, now: datetime
) -> Assessment:
    """Decide a command on the assessment of a day and record what follows; the assessment afterwards.

    Raises:
        Refusal: a rule said no, or the log refused the actor or the command.
        LogError: the log cannot be written.
    """
    stream = assessment_stream(until)
    context = DecisionContext(rulebook=reading.rulebook(database), now=now, actor=actor)

    def decided(state: Frozen | None) -> tuple[Draft, ...]:
        known = state if isinstance(state, Assessment) else None
        return tuple(event.draft(now) for event in decide_assessment(known, command, context))

    asked = {"command": command.model_dump(mode="json")}
    record_drafted(database, stream, decided, actor=actor, command_id=command_id, now=now, content=asked)
    loaded = reading.load(database, stream)
    assert loaded is not None  # noqa: S101  (the log has just said so)
    assert isinstance(loaded.state, Assessment)  # noqa: S101  (the stream's fold)
    return loaded.state
