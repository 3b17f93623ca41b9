"""`xmh task extend extension suspend resume`."""

from typing import Annotated

import typer

from cli.asking import ByOption, MatterArg, MattersArg, PaperOption, ReasonOption, need_option, typed_term
from cli.lookup import acting_for
from cli.sending import do_for_matter, do_for_matters
from cli.session import Problem
from cli.task.due import due_day
from domain.commands import AnswerExtension, RequestExtension, ResumeMatter, SuspendMatter
from domain.terms import SuspensionReason


def extend(
    matter: MatterArg,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="申请延到哪天")] = None,
    reason: ReasonOption = None,
    point: Annotated[int | None, typer.Option("--point", metavar="N", help="只延第几个要点的节点")] = None,
) -> None:
    """申请延期：须在办结时限之前提出，写明理由和确切的新时限。"""
    command = RequestExtension(
        to=due_day(need_option(to, "--to", "延期到哪天")),
        reason=need_option(reason, "--reason", "延期理由"),
        point=point,
    )
    do_for_matter(matter, command)


def extension(
    matter: MatterArg,
    grant: Annotated[bool, typer.Option("--grant", help="同意")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="不同意")] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="同意延到另一天")] = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """批复延期：谁定的时限由谁批。"""
    if grant == refuse:
        raise Problem("请写明 --grant（同意）或 --refuse（不同意）", "malformed")
    command = AnswerExtension(grant=grant, to=due_day(to) if to else None, reason=reason)
    do_for_matter(matter, command, acting_for(by, paper))


def suspend(
    matter: MatterArg,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason", metavar="TEXT", help="不可抗力、待上级批复、待前置条件、政策调整、涉诉涉访；可加“：说明”"
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="暂缓到哪天（到期自动恢复）")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """暂缓：只限列明的理由，停表至指定日期。"""
    head, _, note = need_option(reason, "--reason", "暂缓理由").replace(":", "：").partition("：")
    command = SuspendMatter(
        reason=typed_term(SuspensionReason, head, "--reason"),
        note=note.strip() or None,
        until=due_day(need_option(until, "--until", "暂缓到哪天")),
    )
    do_for_matter(matter, command, acting_for(by, paper))


def resume(matters: MattersArg, by: ByOption = None, paper: PaperOption = None) -> None:
    """恢复暂缓的事项：暂缓的工作日补回时限。"""
    do_for_matters(matters, ResumeMatter(), acting_for(by, paper))
