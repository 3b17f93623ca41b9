"""`xmh task urge coordinate escalate instruct decide`."""

from typing import Annotated

import typer

from cli.answering import tell_many
from cli.asking import ByOption, MatterArg, PaperOption, ReasonOption, TextOption, confirm_command, need_option
from cli.lookup import acting_for, the_matter, the_unit
from cli.sending import do_for_matter, do_for_matters, send_orders, task_order
from cli.session import Problem, answer, session
from cli.task.due import due_day
from domain.commands import (
    AnswerCoordination,
    EscalateMatter,
    IssueUrge,
    RecordDecision,
    RecordInstruction,
    RequestCoordination,
)
from eventlog import reading


def urge(
    matters: Annotated[list[str] | None, typer.Argument(metavar="M…", help="要催办的事项")] = None,
    unreported: Annotated[bool, typer.Option("--unreported", help="催办所有漏报的事项")] = False,
    text: TextOption = None,
) -> None:
    """催办；冷却期内不能重复催办。"""
    if unreported == bool(matters):
        raise Problem("请写明要催办的事项，或用 --unreported 催办所有漏报事项（二者取一）", "malformed")
    command = IssueUrge(reason=text)
    if not unreported:
        confirm_command(f"催办{len(matters or ())}件事项？")
        do_for_matters(matters or (), command)
        return
    silent = [m for m in session.rights.among(reading.list_rows(session.database)) if m.missed_in_row and not m.ended]
    if not silent:
        answer([], "没有漏报的事项，无需催办")
        return
    confirm_command(f"催办全部{len(silent)}件漏报事项？")
    orders = [task_order(m.stream, command, nth=n) for n, m in enumerate(silent)]
    tell_many([m.number for m in silent], send_orders(orders))


def coordinate(
    matter: MatterArg,
    unit: Annotated[str | None, typer.Option("--with", metavar="UNIT", help="请求哪个单位协调")] = None,
    text: TextOption = None,
    reply: Annotated[str | None, typer.Option("--answer", metavar="TEXT", help="答复协调请求")] = None,
    no: Annotated[int | None, typer.Option("--no", metavar="N", help="答复第几项请求（有多项时）")] = None,
    letter: Annotated[str | None, typer.Option("--letter", metavar="文号", help="函复的，写来函文号")] = None,
) -> None:
    """请求单位协调（--with --text），或答复协调请求（--answer）。"""
    target = the_matter(matter)
    if (reply is None) == (unit is None):
        raise Problem("请求协调用 --with 单位 --text 内容；答复用 --answer 内容（二者取一）", "malformed")
    if letter is not None and reply is None:
        raise Problem("--letter 须与 --answer 一起使用", "malformed")
    if reply is not None:
        do_for_matter(target.number, AnswerCoordination(text=reply, no=no, letter=letter))
        return
    words = need_option(text, "--text", "请求协调的内容")
    do_for_matter(target.number, RequestCoordination(unit=the_unit(unit or ""), text=words))


def escalate(matter: MatterArg, reason: ReasonOption = None) -> None:
    """升级一级：承办人 → 单位负责人 → 指挥部办公室 → 分管领导 → 指挥部会议。"""
    why = need_option(reason, "--reason", "升级理由")
    confirm_command(f"把 {the_matter(matter).number} 升级一级？")
    do_for_matter(matter, EscalateMatter(reason=why))


def instruct(
    matter: MatterArg,
    by: Annotated[str | None, typer.Option("--by", metavar="P", help="批示领导")] = None,
    text: TextOption = None,
    paper: PaperOption = None,
) -> None:
    """录入领导批示：原文加密保存，办结须报该领导审阅。"""
    leader = session.person(need_option(by, "--by", "批示领导"))
    target = the_matter(matter)
    words = need_option(text, "--text", "批示内容")
    do_for_matter(target.number, RecordInstruction(leader=leader.id, text=words), acting_for(leader.id, paper))


def decide(
    matter: MatterArg,
    meeting: Annotated[str | None, typer.Option("--meeting", metavar="TEXT", help="哪次会议")] = None,
    text: TextOption = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="会议确定的新时限")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """录入会议议定（--by 主持领导 --paper 纪要文号）。"""
    command = RecordDecision(
        meeting=need_option(meeting, "--meeting", "会议"),
        text=need_option(text, "--text", "议定内容"),
        due=due_day(due) if due else None,
    )
    do_for_matter(matter, command, acting_for(by, paper))
