"""`xmh meeting reply material`: what the units that are called to a meeting do before it."""

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import typed_term
from cli.lookup import the_unit
from cli.meeting.common import MeetingArg, do_for_meeting, proposed_agenda, the_meeting
from cli.meeting.sitting import people_named
from cli.sending import attached_files
from cli.session import Problem, session
from domain.meetings.agenda import arranged_agenda
from domain.meetings.commands import HandInMaterial, ReplyToNotice
from domain.meetings.meeting import Leave
from domain.terms import ReportChannel, Role
from views.meetings import own_people_only

UnitOption = Annotated[str | None, typer.Option("--unit", metavar="U", help="办公室代哪个单位报送；单位自己不填")]


def reply(
    meeting: MeetingArg,
    come: Annotated[
        list[str] | None, typer.Option("--come", metavar="P", help="参会人员，可多次填写或用、分隔")
    ] = None,
    leave: Annotated[
        list[str] | None,
        typer.Option("--leave", metavar="P;reason=TEXT[;substitute=Q]", help="请假人员、事由和代会人，可多次填写"),
    ] = None,
    unit: UnitOption = None,
    via: Annotated[
        str | None, typer.Option("--via", metavar="微信|电话|纸质", help="办公室代填时，是怎样收到的")
    ] = None,
) -> None:
    """参会回执：谁来；谁请假、为什么、由谁代会。再报一次即更新。"""
    target = the_meeting(meeting)
    answers = _unit(unit)
    if session.actor.role is Role.OFFICE and via is None:
        raise Problem("办公室代填回执须写明是怎样收到的（--via 微信、电话、纸质）", "malformed")
    command = ReplyToNotice(
        unit=answers,
        coming=people_named(come, answers),
        leave=tuple(_leave(text, answers) for text in leave or ()),
        via=typed_term(ReportChannel, via, "--via") if via else None,
    )
    if session.actor.role is Role.OFFICE or session.actor.unit == answers:  # the rule refuses who speaks for another
        named = [*command.coming, *(p for x in command.leave for p in (x.person, x.substitute or ""))]
        own_people_only(session.viewer, named, answers)
    do_for_meeting(target, command)


def material(
    meeting: MeetingArg,
    item: Annotated[int | None, typer.Option("--item", metavar="N", help="议题的序号")] = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="材料，可多次填写")] = None,
    unit: UnitOption = None,
) -> None:
    """报送议题的汇报材料；超过时限的记为迟报。"""
    target = the_meeting(meeting)
    if item is None or not attach:
        raise Problem("请写明议题序号（--item）和材料（--attach）", "malformed")
    items = arranged_agenda(target, proposed_agenda(target).items)
    wanted = next((i for i in items if i.no == item), None)
    if wanted is None:
        raise Problem(f"议题里没有第{item}项，请先用 xmh meeting agenda 查看", "not_found")
    by = _unit(unit if unit or not wanted.lead or session.actor.role is not Role.OFFICE else wanted.lead)
    files = attached_files(attach)
    do_for_meeting(target, HandInMaterial(key=wanted.key, title=wanted.title, unit=by, attachments=files))


def _unit(named: str | None) -> str:
    """Whose reply it is: the unit named, else one's own."""
    if named is not None:
        return the_unit(named).id
    if session.actor.role is Role.OFFICE:
        raise Problem("办公室代填须写明是哪个单位（--unit）", "malformed")
    return session.actor.unit or ""


def _leave(text: str, unit: str) -> Leave:
    """A leave from its text: `P;reason=TEXT;substitute=Q`, full-width signs too."""
    person, *parts = text.replace("；", ";").replace("＝", "=").split(";")
    fields = {k.strip(): v.strip() for k, _, v in (part.partition("=") for part in parts)}
    unknown = sorted(set(fields) - {"reason", "substitute"})
    away, instead = people_named([person], unit), people_named([fields.get("substitute", "")], unit)
    if len(away) != 1 or len(instead) > 1 or unknown or not fields.get("reason"):
        raise Problem(f"请假“{text}”应写成 姓名;reason=事由;substitute=代会人，一人一条", "malformed")
    return Leave(person=away[0], reason=fields["reason"], substitute=instead[0] if instead else None)
