"""What is said besides a matter's answer when it was opened or handed over: its limit, and whom no notice reaches."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domain.base import Frozen
from domain.commands import AssignMatter, MatterCommand, OpenMatter
from domain.envelope import Actor
from domain.event import decode
from domain.log import Rulebook
from domain.matter import Matter
from domain.notices.routing import Routing
from domain.queries.reopening import opening_differences
from domain.rules.context import DecisionContext
from domain.rules.practice import CONCERNED, shortfalls
from eventlog import reading
from eventlog.database import Database
from services.today import nobody_to_tell
from views.viewer import unit_names

if TYPE_CHECKING:
    from datetime import datetime

    from workflows.contract import Reply


def advice_on(
    database: Database,
    stream: str,
    command: MatterCommand,
    actor: Actor,
    now: "datetime",
    *,
    command_id: str = "",
    rulebook: Rulebook | None = None,
) -> tuple[str | None, list[str]]:
    """What good practice would have had of a command, and of which matter; what the policy requires the rule says.

    One that was carried out and is sent again is told what it was told. Who has the rulebook at hand gives it.
    """
    if not isinstance(command, CONCERNED) and actor.on_behalf_of is None:
        return None, []
    done = reading.find_command(database, command_id) if command_id else None
    loaded = reading.load(database, stream, reading.recorded_upto(done[0].position - 1) if done else None)
    matter = loaded.state if loaded is not None and isinstance(loaded.state, Matter) else None
    context = DecisionContext(rulebook=rulebook or reading.rulebook(database), now=now, actor=actor)
    lacking = shortfalls(matter, command, context)
    return matter.number if matter else None, [one.message for one in lacking if not one.required]


def handed_document(database: Database, routing: Routing, reply: "Reply", command: Frozen) -> dict[str, Any]:
    """What scripts are told besides; nothing of a command that hands nothing over."""
    if not isinstance(command, OpenMatter | AssignMatter):
        return {}
    gaps = nobody_to_tell(database, routing, frozenset({reply.matter}))
    unreached = {"unreached": [one.model_dump(mode="json") for one in gaps]}
    if isinstance(command, AssignMatter):
        return unreached
    loaded = reading.load(database, reply.stream)
    assert loaded is not None  # noqa: S101  (it was opened just now)
    matter = loaded.state
    assert isinstance(matter, Matter)  # noqa: S101  (a stream under matter/)
    limit = {"due": matter.due.isoformat(), "due_rule": matter.due_rule.rule if matter.due_rule else None}
    return {**limit, "notes": list(reopening_differences(database, reply, command)), **unreached}


def reopening_differences(database: Database, reply: "Reply", command: OpenMatter) -> Sequence[str]:
    """What a repeated 立项 says otherwise of a matter opened before, so that nobody takes it for done."""
    if reply.events:
        return ()
    events = [decode(e) for e in reading.read_stream(database, reply.stream)]
    differing = opening_differences(events, command, unit_names(database))
    change = "时限用 xmh task extend 或会议议定，牵头单位用 assign，要点用 point"
    return (*differing, f"{reply.matter} 早已立项，以上各处未作改动；要改：{change}") if differing else ()
