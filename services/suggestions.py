"""意见建议, recorded straight into the log: people act, no clock does."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from domain.base import Frozen, Refusal
from domain.bounds import cleaned, within_bounds
from domain.envelope import Actor
from domain.event import Event
from domain.ids import suggestion_stream
from domain.suggestions import AnswerSuggestion, MakeSuggestion, Suggestion, answer_suggestion, make_suggestion
from eventlog import reading
from eventlog.database import Database
from services.office_records import record_decided
from views.suggestions import suggestion_states

C = TypeVar("C", bound=Frozen)


def record_suggestion(
    database: Database, command: MakeSuggestion, *, actor: Actor, command_id: str, now: datetime
) -> Suggestion:
    """提出意见建议, for the actor's unit; sent again under its id it is the same one.

    Raises:
        Refusal: who makes it is of no unit, or may not. LogError: the log cannot be written.
    """
    if actor.unit is None:
        raise Refusal("没有所属单位，不能提出意见建议", "forbidden")
    person, unit = actor.id, actor.unit

    def decide(state: Suggestion | None) -> Iterator[Event]:
        return make_suggestion(state, _plain(command), person, unit)

    return _recorded(database, suggestion_stream(command_id), command, decide, actor, command_id, now)


def record_answer(
    database: Database, number: str, command: AnswerSuggestion, *, actor: Actor, command_id: str, now: datetime
) -> Suggestion:
    """答复, by the office or a leader.

    Raises:
        Refusal: there is none of that number, or the actor may not. LogError: the log cannot be written.
    """
    stream = next((s for s, one in suggestion_states(database) if one.number == number.strip()), None)
    if stream is None:
        raise Refusal(f"没有编号为 {number[:40]} 的意见建议，请用 xmh suggestion list 查看", "not_found")

    def decide(state: Suggestion | None) -> Iterator[Event]:
        return answer_suggestion(state, _plain(command))

    return _recorded(database, stream, command, decide, actor, command_id, now)


def _plain(command: C) -> C:
    tidy = cleaned(command)
    within_bounds(tidy)
    return tidy


def _recorded(
    database: Database,
    stream: str,
    command: Frozen,
    decide: Callable[[Suggestion | None], Iterator[Event]],
    actor: Actor,
    command_id: str,
    now: datetime,
) -> Suggestion:
    def of_state(state: Frozen | None) -> Iterator[Event]:
        return decide(state if isinstance(state, Suggestion) else None)

    content = {"command": command.model_dump(mode="json"), "actor": actor.model_dump(mode="json")}
    record_decided(database, stream, of_state, actor=actor, command_id=command_id, now=now, content=content)
    loaded = reading.load(database, stream)
    assert loaded is not None  # noqa: S101  (it was recorded just now)
    assert isinstance(loaded.state, Suggestion)  # noqa: S101  (a stream under suggestion/)
    return loaded.state
