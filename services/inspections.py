"""On-site inspections (督查组), recorded straight into the log: people act, no clock does, so no workflow waits.

What is owed by a day (整改) is computed when somebody looks, as lights are: `domain.onsite.queries`.
"""

from collections import defaultdict
from datetime import datetime

from domain.base import Frozen
from domain.envelope import Actor, Draft
from domain.facts import MatterRef
from domain.ids import OfficeStream
from domain.matter import Matter
from domain.office import Directory
from domain.onsite.commands import HoldOnSite, PlanOnSite, RecordFinding, ReplanOnSite
from domain.onsite.events import OnSitePlan
from domain.onsite.inspection import OnSite
from domain.onsite.rules import OnSiteContext, decide_onsite
from domain.onsite.terms import OnSiteStage
from domain.rules.context import DecisionContext, drafted
from eventlog import reading
from eventlog.database import Database
from eventlog.secrets import Unreadable, seal_text, unseal_text
from services.office_records import record_drafted


def record_onsite(
    database: Database, stream: str, command: Frozen, *, actor: Actor, command_id: str, now: datetime
) -> OnSite:
    """Decide a command on the inspection of that stream and record what follows; the inspection afterwards.

    Raises:
        Refusal: a rule said no, or the log refused the actor or the command.
        LogError: the log cannot be written.
    """
    context = _context(database, stream, command, actor, now)
    asked = command.model_dump(mode="json")
    if getattr(command, "sealed_plan", None) is not None:
        del asked["plan"]  # what is sealed leaves nothing in the clear, not even its digest

    def decided(state: Frozen | None) -> tuple[Draft, ...]:
        known = state if isinstance(state, OnSite) else None
        if isinstance(command, HoldOnSite) and known is not None:
            known = known.model_copy(update={"plan": known_plan(database, known)})  # what is held is what was approved
        return tuple(drafted(event, context.office) for event in decide_onsite(known, command, context))

    record_drafted(database, stream, decided, actor=actor, command_id=command_id, now=now, content={"command": asked})
    loaded = reading.load(database, stream)
    assert loaded is not None  # noqa: S101  (the log has just said so)
    assert isinstance(loaded.state, OnSite)  # noqa: S101  (the stream's fold)
    return loaded.state


def seal_plan(database: Database, stream: str, plan: OnSitePlan) -> str:
    """The plan of a 暗访 as ciphertext under the inspection's own key."""
    return seal_text(database, stream, plan.model_dump_json())


def known_plan(database: Database, inspection: OnSite) -> OnSitePlan | None:
    """The plan, opened when it is sealed; None when its key is not here."""
    if inspection.plan is not None or inspection.sealed_plan is None:
        return inspection.plan
    text = unseal_text(database, inspection.stream, inspection.sealed_plan)
    return None if isinstance(text, Unreadable) else OnSitePlan.model_validate_json(text)


def _context(database: Database, stream: str, command: Frozen, actor: Actor, now: datetime) -> OnSiteContext:
    directory = reading.load(database, database.own(OfficeStream.DIRECTORY))
    state = directory.state if directory and isinstance(directory.state, Directory) else Directory()
    year = command.plan.on.year if isinstance(command, PlanOnSite | ReplanOnSite) else None
    office = DecisionContext(rulebook=reading.rulebook(database), now=now, actor=actor)
    visits = _visits(database, stream, year) if year else {}
    approved = approved_plan(database, stream, command)
    handling = _handling(database, command)
    return OnSiteContext(office=office, directory=state, visits=visits, handling=handling, approved=approved)


def approved_plan(database: Database, stream: str, command: Frozen) -> OnSitePlan | None:
    """The plan a command changes, as it was approved; None when it changes none, or its key is not here."""
    loaded = reading.load(database, stream) if isinstance(command, ReplanOnSite) else None
    return known_plan(database, loaded.state) if loaded and isinstance(loaded.state, OnSite) else None


def _handling(database: Database, command: Frozen) -> dict[str, tuple[str, ...]]:
    """Stream of each matter a command names → the units that handle it."""
    named: tuple[MatterRef | None, ...] = ()
    if isinstance(command, PlanOnSite | ReplanOnSite):
        named = command.plan.matters
    elif isinstance(command, RecordFinding):
        named = (command.matter,)
    matters = {m.stream: reading.load(database, m.stream) for m in named if m is not None}
    return {s: tuple(x.state.units) for s, x in matters.items() if x is not None and isinstance(x.state, Matter)}


def _visits(database: Database, stream: str, year: int) -> dict[str, tuple[str, ...]]:
    """Unit → the other inspections of the year at it. A 暗访 that is still sealed counts too: the office plans it."""
    visits: defaultdict[str, list[str]] = defaultdict(list)
    for state in reading.states_of(database, "onsite"):
        other = state.state
        if not isinstance(other, OnSite) or other.stream == stream or other.stage is OnSiteStage.CANCELLED:
            continue
        plan = known_plan(database, other)
        for unit in plan.units if plan and plan.on.year == year else ():
            visits[unit].append(other.number)
    return {unit: tuple(numbers) for unit, numbers in visits.items()}


def check_onsite(database: Database, stream: str, command: Frozen, actor: Actor, now: datetime) -> None:
    """Ask the rules alone, before something else is done that belongs to the command.

    Raises:
        Refusal: a rule says no.
    """
    loaded = reading.load(database, stream)
    state = loaded.state if loaded and isinstance(loaded.state, OnSite) else None
    for _ in decide_onsite(state, command, _context(database, stream, command, actor, now)):
        pass
