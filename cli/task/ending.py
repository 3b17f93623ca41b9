"""`xmh task close review reopen cancel object objection correct`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import (
    ByOption,
    MatterArg,
    OverOption,
    PaperOption,
    ReasonOption,
    TextOption,
    UnfinishedOption,
    confirm_command,
    need_option,
    typed_term,
)
from cli.lookup import acting_for, the_matter
from cli.sending import attached_files, do_for_matter
from cli.session import Problem, session
from cli.task.due import due_day
from domain.commands import (
    CancelMatter,
    CorrectEvent,
    DecideObjection,
    DeclareRecusal,
    MarkClosure,
    RaiseObjection,
    ReopenMatter,
    RequestClosure,
    ReviewClosure,
)
from domain.terms import LeaderMark, ObjectionOutcome

RecuseOption = Annotated[bool, typer.Option("--recuse", help="声明回避：本人不审核、不复核这个事项")]


def close(
    matter: MatterArg,
    text: TextOption = None,
    evidence: Annotated[
        list[Path] | None, typer.Option("--evidence", metavar="FILE", help="证明材料，可多次填写")
    ] = None,
    over_open_children: OverOption = None,
    over_unfinished: UnfinishedOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """办结申请：由牵头单位提出，附证明材料；尚有未完成的须说明理由。长期、定期事项由领导决定结束（--by）。"""
    target = the_matter(matter)
    words = need_option(text, "--text", "办结情况")
    command = RequestClosure(
        text=words,
        evidence=attached_files(evidence or ()),
        over_open_children=over_open_children,
        over_unfinished=over_unfinished,
    )
    do_for_matter(target.number, command, acting_for(by, paper))


def review(
    matter: MatterArg,
    approve: Annotated[bool, typer.Option("--approve", help="审核通过")] = False,
    send_back: Annotated[bool, typer.Option("--return", help="退回重办")] = False,
    recuse: RecuseOption = False,
    text: TextOption = None,
    mark: Annotated[
        str | None, typer.Option("--mark", metavar="圈阅|同意|继续办理", help="原批示领导的意见（配 --by）")
    ] = None,
    over_open_children: OverOption = None,
    over_unfinished: UnfinishedOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """审核办结申请；有领导批示的，再录入原批示领导的意见（--by P --mark）。"""
    if [approve, send_back, recuse, mark is not None].count(True) != 1:
        raise Problem("请写明 --approve、--return、--mark 或 --recuse（四者取一）", "malformed")
    target = the_matter(matter)
    if recuse:
        do_for_matter(
            target.number, DeclareRecusal(reason=need_option(text, "--text", "回避理由")), acting_for(by, paper)
        )
        return
    if mark is not None:
        confirm_command(f"录入领导对 {target.number} 的意见“{mark}”？")
        words = text or None
        command = MarkClosure(
            mark=typed_term(LeaderMark, mark, "--mark"),
            text=words,
            over_open_children=over_open_children,
            over_unfinished=over_unfinished,
        )
        do_for_matter(target.number, command, acting_for(by, paper))
        return
    confirm_command(f"{'同意' if approve else '退回'} {target.number} 的办结申请？")
    reviewed = ReviewClosure(
        approve=approve, text=text, over_open_children=over_open_children, over_unfinished=over_unfinished
    )
    do_for_matter(target.number, reviewed, acting_for(by, paper))


def reopen(
    matter: MatterArg,
    reason: ReasonOption = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="新时限（原时限已过时必填）")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """重开已销号或已撤销的事项。"""
    command = ReopenMatter(reason=need_option(reason, "--reason", "重开理由"), due=due_day(due) if due else None)
    do_for_matter(matter, command, acting_for(by, paper))


def cancel(
    matter: MatterArg,
    reason: ReasonOption = None,
    over_open_children: OverOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """撤销立项。"""
    why = need_option(reason, "--reason", "撤销理由")
    confirm_command(f"撤销 {the_matter(matter).number}？")
    do_for_matter(matter, CancelMatter(reason=why, over_open_children=over_open_children), acting_for(by, paper))


def object_(matter: MatterArg, text: TextOption = None) -> None:
    """提出异议：结论作出之日起30日内（督查工作条例第十七条）。"""
    do_for_matter(matter, RaiseObjection(text=need_option(text, "--text", "异议内容")))


def objection(
    matter: MatterArg,
    uphold: Annotated[bool, typer.Option("--uphold", help="异议成立，重新办理")] = False,
    change: Annotated[bool, typer.Option("--change", help="变更结论，不再办理")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="维持原结论")] = False,
    recuse: RecuseOption = False,
    text: TextOption = None,
    due: Annotated[
        str | None, typer.Option("--due", metavar="DATE", help="异议成立而原时限已过时，重新办理的时限")
    ] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """复核异议：30日内，由没有参与原结论的人作出（督查工作条例第十七条）。"""
    chosen = {
        ObjectionOutcome.UPHELD: uphold,
        ObjectionOutcome.CHANGED: change,
        ObjectionOutcome.REJECTED: reject,
    }
    if [*chosen.values(), recuse].count(True) != 1:
        raise Problem("请写明 --uphold、--change、--reject 或 --recuse（四者取一）", "malformed")
    words = need_option(text, "--text", "回避理由" if recuse else "复核意见")
    if recuse:
        do_for_matter(matter, DeclareRecusal(reason=words), acting_for(by, paper))
        return
    outcome = next(o for o, given in chosen.items() if given)
    confirm_command(f"对 {the_matter(matter).number} 的异议作出复核决定“{outcome.label}”？")
    do_for_matter(
        matter, DecideObjection(outcome=outcome, text=words, due=due_day(due) if due else None), acting_for(by, paper)
    )


def correct(
    matter: MatterArg,
    event: Annotated[int, typer.Option("--event", metavar="N", help="更正第几条记录（见 xmh task show）")],
    text: TextOption = None,
    field: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="更正的内容，如 title=…，可多次填写")
    ] = None,
) -> None:
    """更正：另记一条，原记录保留。"""
    fields = {}
    for pair in field or ():
        name, mark, value = pair.replace("＝", "=").partition("=")
        if not mark or not value.strip():
            raise Problem(f"--set “{pair}”应写成 字段=内容", "malformed")
        fields[name.strip()] = value.strip()
    if session.secret and "title" in fields:
        raise Problem("事项名称列在各种清单和通知里，不能加密；请更正为不涉密的名称，不加 --secret", "malformed")
    do_for_matter(matter, CorrectEvent(version=event, text=need_option(text, "--text", "更正说明"), fields=fields))
