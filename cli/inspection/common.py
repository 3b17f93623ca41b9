"""What the `inspection` commands share: which inspection is meant, who may see it, and recording."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.moments import now
from cli.sending import sealed_under
from cli.session import Problem, answer, session
from domain.base import Frozen
from domain.confidential import opened
from domain.envelope import Actor
from domain.facts import is_sealed, openly
from domain.onsite.events import OnSitePlan
from domain.onsite.inspection import OnSite, OnSiteFinding
from domain.onsite.rules import onsite_shortfalls
from domain.rules.context import DecisionContext
from eventlog import reading
from services import today as duties

InspectionArg = Annotated[
    str, typer.Argument(metavar="ID", help="督查编号（督查〔2022〕3号）、尾号（3）或名称中的字词")
]
NoArg = Annotated[int, typer.Argument(metavar="N", help="第几项")]
MOST_NAMED = 8


def inspections() -> list[OnSite]:
    """Every inspection, by number."""
    return duties.inspections(session.database)


def the_inspection(words: str) -> OnSite:
    """The one inspection meant, of those whoever runs this may see.

    Raises:
        Problem: none (exit 4), or several fit (exit 2, with the candidates).
    """
    seen = [i for i in inspections() if may_see(i)]
    plain = words.strip()
    matching = [i for i in seen if i.number == plain]
    matching = matching or [i for i in seen if plain.isdigit() and i.number.endswith(f"〕{int(plain)}号")]
    if not matching and plain and not plain.isdigit():
        matching = [i for i in seen if plain in i.number or plain in _title(i)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise Problem(f"没有找到督查“{words}”，请用 xmh inspection list 查看编号", "not_found")
    shown = "；".join(f"{i.number} {_title(i)}" for i in matching[:MOST_NAMED])
    candidates = [{"inspection": i.number, "title": _title(i)} for i in matching]
    raise Problem(f"“{words}”对应{len(matching)}次督查，请写明编号：{shown}", "ambiguous", candidates=candidates)


def _title(inspection: OnSite) -> str:
    plan = plan_for_reader(inspection)
    return plan.title if plan else inspection.title


def plan_for_reader(inspection: OnSite) -> OnSitePlan | None:
    """The plan as whoever runs this may see it: a sealed one is the office's, its leaders' and its team's."""
    return duties.plan_for_reader(session.viewer, inspection)


def may_see(inspection: OnSite) -> bool:
    """The office, leaders and the auditor see every inspection; a unit those at it, a member those he is sent to."""
    if session.rights.whole:
        return True
    plan = plan_for_reader(inspection)
    if plan is None:
        return False
    visited = bool(session.rights.units & set(plan.units)) and inspection.held_on is not None
    return visited or duties.on_team(session.viewer, inspection, plan)


def findings_for_reader(inspection: OnSite) -> tuple[OnSiteFinding, ...]:
    """A unit sees what was found at it; the team and the office see all, each in the words he may read."""
    words = words_of(inspection)
    everything = session.rights.whole or duties.on_team(session.viewer, inspection, inspection.plan)
    seen = (f for f in inspection.findings if everything or f.unit in session.rights.units)
    return tuple(opened(f, partial(words, f.unit)) for f in seen)


def words_of(inspection: OnSite) -> Callable[[str | None, str], str]:
    """How this reader sees words of an inspection on a unit, or on the whole: what is sealed these people read."""
    from eventlog.secrets import readable_text

    team = duties.on_team(session.viewer, inspection, inspection.plan)

    def seen(unit: str | None, text: str) -> str:
        if not is_sealed(text):
            return text
        allowed = session.rights.of_office or team or unit in session.rights.units
        return readable_text(session.database, inspection.stream, text) if allowed else openly(text)

    return seen


def record(stream: str, command: Frozen, actor: Actor | None = None) -> OnSite:
    """Record one command; the inspection afterwards.

    Raises:
        Refusal: a rule said no.
    """
    from services.inspections import approved_plan, record_onsite

    who, moment = actor or session.actor, now()
    plain = sealed_under(stream, command, approved_plan(session.database, stream, command))
    command_id = session.command_id or uuid4().hex
    done = record_onsite(session.database, stream, plain, actor=who, command_id=command_id, now=moment)
    context = DecisionContext(rulebook=reading.rulebook(session.database), now=moment, actor=who)
    session.advice += [one.message for one in onsite_shortfalls(plain, context) if not one.required]
    return done


def tell(inspection: OnSite, line: str) -> None:
    """Answer with the inspection and what was done, in one line."""
    document: dict[str, Any] = {
        "inspection": inspection.number,
        "stage": inspection.stage.value,
        "version": inspection.version,
        "changed": [line],
    }
    plan = plan_for_reader(inspection)
    answer(document, f"{inspection.number}  {plan.title if plan else inspection.title}  {line}")


def plan_document(inspection: OnSite) -> dict[str, Any]:
    """An inspection as scripts read it, without its findings."""
    plan = plan_for_reader(inspection)
    open_ = {f.no for f in findings_for_reader(inspection)} & {f.no for f in inspection.open_problems}
    return {
        "inspection": inspection.number,
        "title": plan.title if plan else inspection.title,
        "stage": inspection.stage.value,
        "covert": inspection.covert,
        "approver": inspection.approver,
        "leader": plan.leader if plan else None,
        "members": list(plan.members) if plan else [],
        "experts": list(plan.experts) if plan else [],
        "recused": [*(plan.recused if plan else ()), *inspection.recused],
        "units": list(plan.units) if plan else [],
        "matters": [m.number for m in plan.matters] if plan else [],
        "on": plan.on.isoformat() if plan else None,
        "until": plan.until.isoformat() if plan else None,
        "held_on": inspection.held_on.isoformat() if inspection.held_on else None,
        "over_frequency": plan.over_frequency if plan else None,
        "findings": len(findings_for_reader(inspection)),
        "problems": sum(f.problem is not None for f in findings_for_reader(inspection)),
        "open_problems": len(open_),
        "reported_on": inspection.reported_on.isoformat() if inspection.reported_on else None,
    }
