"""`xmh task inspect ask-back`: what was seen on the spot, and a report that is asked for again."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.answering import tell_one
from cli.asking import ByOption, MatterArg, PaperOption, TextOption, need_option, typed_term
from cli.lookup import acting_for, the_matter
from cli.moments import today
from cli.sending import attached_files, do_for_matter, send_orders, task_order
from cli.session import session
from cli.task.opening import moment
from domain.calendar import SHANGHAI, at_office
from domain.commands import AskBack, InspectMatter
from domain.queries.spoken import spoken_moment
from domain.terms import Finding, ReturnReason
from eventlog import reading


def inspect(
    matter: MatterArg,
    text: TextOption = None,
    finding: Annotated[
        str | None, typer.Option("--finding", metavar="属实|部分属实|不实", help="所报情况是否属实")
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", metavar="FILE", help="照片、记录，可多次填写")
    ] = None,
    inspector: Annotated[
        str | None, typer.Option("--inspector", metavar="NAME", help="由谁核查（第三方、督查组；不写则为录入人本人）")
    ] = None,
    occurred: Annotated[
        str | None, typer.Option("--occurred", metavar="DATE", help="哪天核查的（当天录入不必填写）")
    ] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """现场核查、验收：另记一条，写明所见、是否属实，附照片；不实的按规则计分，并通知单位。"""
    target = the_matter(matter)
    command = InspectMatter(
        text=need_option(text, "--text", "核查情况"),
        finding=typed_term(Finding, finding, "--finding") if finding else None,
        inspector=inspector,
        attachments=attached_files(attach or ()),
        occurred_at=moment(occurred),
    )
    tell_one(send_orders([task_order(target.stream, command, acting_for(by, paper))])[0])


def ask_back(
    matter: MatterArg,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="不清楚|与上期雷同|无依据", help="为什么退回")
    ] = None,
    text: TextOption = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="什么时候之前重新反馈，如 明天12:00；不填按督办规则"),
    ] = None,
) -> None:
    """退回反馈：牵头单位最近一次反馈没有说清，写一句意见退回，反馈期重开到指定时刻；退回的记录保留。"""
    target = the_matter(matter)
    command = AskBack(
        reason=typed_term(ReturnReason, need_option(reason, "--reason", "退回原因"), "--reason"),
        text=need_option(text, "--text", "退回意见"),
        until=_hour(until) if until else None,
    )
    do_for_matter(target.number, command)


def _hour(text: str) -> datetime:
    """The moment meant; a day alone is until the office closes."""
    day, clock = spoken_moment(text, today())
    named = ":" in text.replace("：", ":") or any(word in text for word in "点时午晚")
    hours = reading.rulebook(session.database).calendar.hours
    instant = at_office(day, clock if named else hours.afternoon_closes)
    session.understood(text, instant.astimezone(SHANGHAI).replace(tzinfo=None))
    return instant
