"""On-site inspections and incoming papers of the simulated year: steps of the scenario as the office's own commands."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.base import Frozen, Refusal
from domain.envelope import Actor
from domain.ids import incoming_stream, onsite_stream
from domain.incoming import commands as ic
from domain.onsite.commands import OnSiteCommand
from eventlog.database import Database
from eventlog.secrets import seal_text
from services.incoming_papers import act_on_paper
from services.inspections import record_onsite
from simulation.scenario import PlannedStep

_ON_SITE: TypeAdapter[Any] = TypeAdapter(OnSiteCommand)
_INCOMING: dict[str, type[Frozen]] = {
    "register": ic.RegisterPaper,
    "propose": ic.ProposeHandling,
    "submit": ic.SubmitToLeaders,
    "instruct": ic.Instruct,
    "seen": ic.MarkSeen,
    "progress": ic.ReportToLeader,
    "finish": ic.FinishInstruction,
    "mark": ic.MarkFinished,
    "file": ic.FilePaper,
}
Take = Callable[[Database, PlannedStep, Actor, datetime], None]


def step_on_site(database: Database, step: PlannedStep, actor: Actor, now: datetime) -> None:
    """One step of an on-site inspection (督查组).

    Raises:
        Refusal: `malformed`, the step's fields make no command; or a rule said no.
    """
    command = _made(lambda: _ON_SITE.validate_python({"do": step.do, **step.fields}), step)
    record_onsite(database, onsite_stream(step.key), command, actor=actor, command_id=_id(step), now=now)


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
