"""`xmh org delegate revoke transfer duties post`: who acts for whom, and who answers after whom."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.asking import ReasonOption, confirm_command, need_option, typed_day
from cli.lookup import the_matter, the_unit
from cli.moments import today
from cli.reach import directory_before, gap_lines, gaps_as_json, units_left
from cli.sending import send_orders, task_order
from cli.session import Problem, answer, session
from domain.base import refuse
from domain.commands import ReassignDuty
from domain.envelope import Recorded
from domain.event import Event, decode
from domain.ids import OfficeStream
from domain.incoming.commands import HandOverPaper
from domain.incoming.paper import IncomingPaper
from domain.matter import Matter
from domain.office import (
    Delegation,
    DelegationGranted,
    Directory,
    Person,
    PersonRecorded,
    PersonTransferred,
    PostAssigned,
)
from domain.queries.spoken import said_date
from domain.rules.delegation import grant, revoke_all
from domain.rules.delegation import revoke as revoked
from domain.rules.ending import duties_of
from domain.rules.records import may_record
from domain.sight import Sight
from domain.terms import Duty, Role
from eventlog import reading
from services.accounts import end_sessions

if TYPE_CHECKING:
    from eventlog.reading import PersonOnRecord

PersonArg = Annotated[str, typer.Argument(metavar="P", help="人员编号或姓名")]


def delegate(
    to: Annotated[str | None, typer.Option("--to", metavar="P", help="由谁代办")] = None,
    giver: Annotated[str | None, typer.Option("--from", metavar="P", help="谁的职责（默认本人；督办员可代录）")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="从哪天起（默认今天）")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="到哪天为止（含当天）")] = None,
    matter: Annotated[list[str] | None, typer.Option("--matter", metavar="M", help="只限这些事项，可多次填写")] = None,
    reason: ReasonOption = None,
) -> None:
    """授权代办（AB角）：有期限，可收回，代办的每一步都记为“某代某”。"""
    receiver = session.person(need_option(to, "--to", "由谁代办"))
    owner = session.person(giver).id if giver else session.actor.id
    wanted = Delegation(
        giver=owner,
        receiver=receiver.id,
        since=typed_day(since) if since else today(),
        until=typed_day(need_option(until, "--until", "授权到哪天")),
        matters=tuple(the_matter(m).stream for m in matter or ()),
        reason=need_option(reason, "--reason", "授权理由"),
    )
    if session.command_id is None or reading.find_command(session.database, session.command_id) is None:
        grant(session.directory(), wanted, session.actor, today())
        confirm_command(f"授权{receiver.name}代{_name(owner)}办理，{wanted.since}至{wanted.until}？")
    (stored,) = _decided(
        lambda directory: [grant(directory, wanted, session.actor, today())],
        {"grant": wanted.model_dump(mode="json")},
    )
    given = decode(stored)
    number = given.no if isinstance(given, DelegationGranted) else ""
    answer(
        {"delegation": number, **wanted.model_dump(mode="json")},
        f"{number}：{receiver.name}代{_name(owner)}办理，{said_date(wanted.since)}至{said_date(wanted.until)}；"
        f"代办时加 --for-person {owner}",
    )


def revoke(
    no: Annotated[str, typer.Argument(metavar="NO", help="授权编号，如 授权〔2022〕1号，或末尾的数字")],
    reason: ReasonOption = None,
) -> None:
    """收回授权：立即生效。"""
    known = session.directory()
    numbers = [n for n in known.delegations if no in (n, n.rpartition("〕")[2].removesuffix("号"))]
    if len(numbers) > 1:
        raise Problem(f"“{no}”对应{len(numbers)}个授权，请写全：{'、'.join(numbers)}", "ambiguous")
    number, why = numbers[0] if numbers else no, need_option(reason, "--reason", "收回理由")
    _decided(lambda directory: [revoked(directory, number, session.actor, why)], {"revoke": number, "reason": why})
    answer({"revoked": number}, f"已收回{number}")


def duties(person: PersonArg) -> None:
    """一个人手上未了的职责：责任人、督办员、批示或定时限的领导、呈批和批示件，以及作为联络员的事项。"""
    target = anyone(person)
    rights = session.rights
    known = rights.visible
    held = [(m, duty) for m, duty in held_duties(target.id) if known is None or m.stream in known]
    liaison = rights.among(sole_liaison_of(target), Sight.LISTED)
    posts = held_posts(target.id)
    papers = held_papers(target.id) if rights.whole else []
    document = {
        "person": target.id,
        "posts": posts,
        "duties": [{"matter": m.number, "title": m.title, "duty": d.value} for m, d in held],
        "liaison": [m.number for m in liaison],
        "incoming": [p.number for p in papers],
    }
    lines = [
        f"{target.name}（{target.id}）未了职责{len(held) + len(papers)}项"
        + (f"，任{'、'.join(posts)}" if posts else "")
    ]
    lines += [f"  {m.number}  {d.label}  {m.title}" for m, d in held]
    lines += paper_lines(papers)
    if liaison:
        lines.append(f"  另为联络单位的{len(liaison)}件事项办理：{'、'.join(m.number for m in liaison)}")
    answer(document, "\n".join(lines))


def transfer(
    person: PersonArg,
    to: Annotated[str | None, typer.Option("--to", metavar="UNIT", help="调到哪个单位")] = None,
    successor: Annotated[str | None, typer.Option("--successor", metavar="Q", help="由谁接手未了职责和职务")] = None,
    reason: ReasonOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出要交接什么")] = False,
) -> None:
    """人员调动：未了职责逐件交接给接手人，领导的职责随职务走；有关授权一并收回。"""
    may_record(PersonTransferred, session.actor)
    moving, unit = session.person(person), the_unit(need_option(to, "--to", "调到哪个单位"))
    refuse(unit.id == moving.unit, f"{moving.name}本来就在该单位")
    next_one = session.person(successor) if successor else None
    held = held_duties(moving.id)
    liaison, papers = sole_liaison_of(moving), held_papers(moving.id)
    check_successor(moving, next_one, held, liaison, papers)
    why = reason or f"{moving.name}调任"
    document: dict[str, Any] = {
        "person": moving.id,
        "from": moving.unit,
        "to": unit.id,
        "successor": next_one.id if next_one else None,
        "duties": [{"matter": m.number, "duty": d.value} for m, d in held],
        "liaison": [m.number for m in liaison],
        "incoming": [p.number for p in papers],
        "dry_run": dry_run,
    }
    taken, count = next_one.name if next_one else "", len(held) + len(papers)
    lines = [f"{moving.name}（{moving.id}）调往{_unit_name(unit.id)}，{count}项未了职责交给{taken or '（无）'}"]
    lines += [f"  {m.number}  {d.label}  {m.title}" for m, d in held]
    lines += [f"  {m.number}  联络员  {m.title}" for m in liaison]
    lines += paper_lines(papers)
    if dry_run:
        answer(document, "\n".join([*lines, "以上是预演，没有交接；去掉 --dry-run 即正式办理"]))
        return
    confirm_command(lines[0] + "？")
    before = directory_before()
    if next_one:
        reassign_duties(held, moving.id, next_one.id, why)
        hand_over_papers(papers, moving.id, next_one.id, why)
    _record(_moved(moving, unit.id, next_one.id if next_one else None, why))
    end_sessions(session.database, moving.id, "调动", datetime.now(UTC))
    vacant = units_left(before)
    document |= {"without_liaison": gaps_as_json(vacant)}
    answer(document, "\n".join([*lines, "已交接，已调动", *gap_lines(vacant)]))


def post(
    name: Annotated[str, typer.Argument(metavar="POST", help="职务，如 常务副总指挥")],
    person: Annotated[str | None, typer.Option("--person", metavar="P", help="由谁担任")] = None,
) -> None:
    """登记职务由谁担任：换人时，原任领导批示和定时限的职责随职务转给新任。"""
    may_record(PostAssigned, session.actor)
    holder = session.person(need_option(person, "--person", "由谁担任"))
    before = session.directory().posts.get(name)
    if before == holder.id:
        answer({"post": name, "person": holder.id, "duties": []}, f"{name}本来就由{holder.name}担任")
        return
    held = [(m, d) for m, d in held_duties(before) if d is Duty.LEADER] if before else []
    papers = held_papers(before) if before else []
    if held or papers:
        refuse(holder.role is not Role.LEADER, f"{holder.name}不是领导，不能接手领导批示和时限")
        confirm_command(f"{name}由{_name(before or '')}改为{holder.name}，{len(held) + len(papers)}项职责随之转交？")
        reassign_duties(held, before or "", holder.id, f"{name}由{holder.name}接任")
        hand_over_papers(papers, before or "", holder.id, f"{name}由{holder.name}接任")
    _record([PostAssigned(post=name, person=holder.id)])
    document: dict[str, Any] = {
        "post": name,
        "person": holder.id,
        "duties": [{"matter": m.number, "duty": d.value} for m, d in held],
    }
    document["incoming"] = [p.number for p in papers]
    answer(document, f"{name}由{holder.name}担任，随职务转交{len(held) + len(papers)}项职责")


def check_successor(
    moving: "PersonOnRecord",
    next_one: "PersonOnRecord | None",
    held: Sequence[tuple[Matter, Duty]],
    liaison: Sequence[Matter],
    papers: Sequence[IncomingPaper],
) -> None:
    """Somebody takes over what is left, and may.

    Raises:
        Refusal: `malformed`, nobody or he himself does; `refused`, who would may not.
    """
    wanted = bool(held or held_posts(moving.id) or liaison or papers)
    refuse(
        wanted and next_one is None,
        f"{moving.name}有{len(held) + len(liaison) + len(papers)}项未了职责，请用 --successor 写明由谁接手",
        "malformed",
    )
    if next_one is None:
        return
    refuse(next_one.id == moving.id, "接手人不能是本人", "malformed")
    leads = bool(papers) or any(d is Duty.LEADER for _, d in held)
    refuse(leads and next_one.role is not Role.LEADER, f"{next_one.name}不是领导，不能接手领导批示和时限")
    supervises = any(d is Duty.SUPERVISOR for _, d in held)
    speaks = next_one.unit == moving.unit and next_one.role in (Role.LIAISON, Role.HEAD)
    refuse(bool(liaison) and not speaks, f"{moving.name}是该单位唯一的联络员，接手人须是该单位的联络员或负责人")
    refuse(supervises and next_one.role is not Role.OFFICE, f"{next_one.name}不是督办员，不能接手督办")


def _moved(moving: "PersonOnRecord", unit: str, successor: str | None, why: str) -> list[Event]:
    """The directory's events: delegations end, posts pass on, the entry changes."""
    known = session.directory()
    entry = Person.model_validate({**moving.model_dump(exclude={"left_at"}), "unit": unit})
    posts = held_posts(moving.id)
    return [
        *revoke_all(known, moving.id, why),
        *(PostAssigned(post=name, person=successor) for name in posts if successor),
        PersonTransferred(person=moving.id, from_unit=moving.unit, to_unit=unit, successor=successor),
        PersonRecorded(person=entry),
    ]


def reassign_duties(held: Sequence[tuple[Matter, Duty]], person: str, successor: str, why: str) -> None:
    """Every duty is an event of its matter; the first that fails stops, and what is done stays done."""
    orders = [
        task_order(m.stream, ReassignDuty(duty=d, from_person=person, to_person=successor, reason=why), nth=n)
        for n, (m, d) in enumerate(held, start=1)
    ]
    for reply in send_orders(orders) if orders else ():
        if isinstance(reply, Exception):
            raise reply


def hand_over_papers(papers: Sequence[IncomingPaper], person: str, successor: str, why: str) -> None:
    """What incoming papers owe to a leader, they owe to his successor."""
    from cli.incoming.common import send

    for nth, paper in enumerate(papers, start=1):
        send(paper.stream, HandOverPaper(from_person=person, to_person=successor, reason=why), nth=nth)


def held_papers(person: str) -> list[IncomingPaper]:
    """Incoming papers that wait for a leader to read them, or to hear what became of his word."""
    return [p for p in reading.incoming_papers(session.database) if p.holds(person)]


def paper_lines(papers: Sequence[IncomingPaper]) -> list[str]:
    """Such papers, one a line."""
    return [f"  {p.number}  呈批和批示  {p.title}" for p in papers]


def held_posts(person: str) -> list[str]:
    """The posts (职务) a person holds."""
    return [post for post, holder in session.directory().posts.items() if holder == person]


def held_duties(person: str) -> list[tuple[Matter, Duty]]:
    """What a person answers for on matters that are not at rest."""
    return [(m, duty) for m in _matters() for duty in duties_of(m, person)]


def _matters() -> list[Matter]:
    states = (s.state for s in reading.matter_states(session.database))
    return sorted((m for m in states if isinstance(m, Matter)), key=lambda m: m.number)


def sole_liaison_of(person: "PersonOnRecord") -> list[Matter]:
    """Matters of the unit that he alone, as its only liaison, reports on."""
    if person.role is not Role.LIAISON:
        return []
    others = [p for p in reading.people(session.database) if (p.unit, p.role) == (person.unit, Role.LIAISON)]
    if len(others) > 1:
        return []
    return [m for m in _matters() if not m.ended and m.lead == person.unit]


def anyone(name: str) -> "PersonOnRecord":
    """Also somebody who left: his duties may still wait."""
    active = [p for p in reading.people(session.database) if name in (p.id, p.name)]
    return session.person(name, former=not active)


def _name(person_id: str) -> str:
    person = reading.person(session.database, person_id)
    return person.name if person else person_id


def _unit_name(unit_id: str) -> str:
    unit = reading.unit(session.database, unit_id)
    return unit.name if unit else unit_id


def _decided(decide: Callable[[Directory], list[Event]], content: dict[str, Any]) -> tuple[Recorded, ...]:
    """What a rule makes of the directory as it is when it is recorded."""
    from services.office_records import record_decided

    return record_decided(
        session.database,
        session.database.own(OfficeStream.DIRECTORY),
        lambda state: decide(state if isinstance(state, Directory) else Directory()),
        actor=session.actor,
        command_id=session.command_id or uuid4().hex,
        now=datetime.now(UTC),
        content={**content, "actor": session.actor.model_dump(mode="json")},
    )


def _record(events: Sequence[Event]) -> None:
    from services.office_records import record_office_events

    record_office_events(
        session.database,
        session.database.own(OfficeStream.DIRECTORY),
        events,
        actor=session.actor,
        command_id=session.command_id or uuid4().hex,
        now=datetime.now(UTC),
    )
