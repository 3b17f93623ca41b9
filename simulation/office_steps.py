"""On-site inspections, incoming papers and 考核 of the simulated year: steps of a scenario as the office's commands."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.assessment.rules import AdjustScore, AnswerAppeal, RaiseAppeal, SettleAssessment, UseResult
from domain.base import Frozen, Refusal
from domain.envelope import Actor
from domain.ids import incoming_stream, onsite_stream
from domain.incoming import commands as ic
from domain.onsite.commands import OnSiteCommand
from eventlog.database import Database
from eventlog.secrets import seal_text
from services.assessments import open_assessment, record_assessment
from services.incoming_papers import act_on_paper
from services.inspections import record_onsite, seal_plan
from simulation.scenario import PlannedStep

_ON_SITE: TypeAdapter[Any] = TypeAdapter(OnSiteCommand)
_INCOMING: dict[str, type[Frozen]] = {
    "register": ic.RegisterPaper,
    "propose": ic.ProposeHandling,
    "submit": ic.SubmitToLeaders,
    "instruct": ic.Instruct,
    "seen": ic.MarkSeen,
    "progress": ic.ReportToLeader,
    "extend": ic.ExtendInstruction,
    "finish": ic.FinishInstruction,
    "mark": ic.MarkFinished,
    "file": ic.FilePaper,
}
_ASSESSMENT: dict[str, type[Frozen]] = {
    "adjust": AdjustScore,
    "appeal": RaiseAppeal,
    "answer": AnswerAppeal,
    "settle": SettleAssessment,
    "use": UseResult,
}
Take = Callable[[Database, PlannedStep, Actor, datetime], None]


def step_on_site(database: Database, step: PlannedStep, actor: Actor, now: datetime) -> None:
    """One step of an on-site inspection (督查组).

    Raises:
        Refusal: `malformed`, the step's fields make no command; or a rule said no.
    """
    stream, fields = onsite_stream(step.key), dict(step.fields)
    covert = fields.pop("covert", False)
    command = _made(lambda: _ON_SITE.validate_python({"do": step.do, **fields}), step)
    if covert:
        command = command.model_copy(update={"sealed_plan": seal_plan(database, stream, command.plan)})
    record_onsite(database, stream, command, actor=actor, command_id=_id(step), now=now)


def step_of_assessment(database: Database, step: PlannedStep, actor: Actor, now: datetime) -> None:
    """One step of a 考核, whose key is the day until which it reckons.

    Raises:
        Refusal: `malformed`, the step's fields make no command; or a rule said no.
    """
    until = date.fromisoformat(step.key)
    if step.do == "open":
        open_assessment(database, until, actor=actor, command_id=_id(step), now=now)
        return
    command = _made(lambda: _ASSESSMENT[step.do].model_validate(step.fields), step)
    record_assessment(database, until, command, actor=actor, command_id=_id(step), now=now)


def step_of_paper(database: Database, step: PlannedStep, actor: Actor, now: datetime) -> None:
    """One step of an incoming paper (批示件); a leader's words are sealed.

    Raises:
        Refusal: `malformed`, the step's fields make no command; or a rule said no.
    """
    stream, fields = incoming_stream(step.key), dict(step.fields)
    if "on_day" in fields:
        fields["on"] = fields.pop("on_day")
    if step.do in ("instruct", "mark") and "text" in fields:
        fields["text"] = seal_text(database, stream, fields["text"])
    command = _made(lambda: _INCOMING[step.do].model_validate(fields), step)
    act_on_paper(database, stream, command, actor=actor, command_id=_id(step), now=now)


def _id(step: PlannedStep) -> str:
    return f"simulate:{step.key}:{step.on}:{step.at}:{step.do}"


def _made(make: Callable[[], Any], step: PlannedStep) -> Any:
    try:
        return make()
    except (ValidationError, KeyError) as e:
        raise Refusal(f"情景 {step.on} {step.key} {step.do}：{e}", "malformed") from e
