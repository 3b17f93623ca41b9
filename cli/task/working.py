"""`xmh task report point`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import MatterArg, TextOption, need_option, typed_term
from cli.lookup import the_matter, the_unit
from cli.sending import attached_files, do_for, do_for_matter
from cli.session import Problem, session
from cli.shape import MatterFirst, SealingCommand
from cli.task.due import due_day
from cli.task.opening import moment, new_point
from cli.task.points import indicator_report, point_report
from domain.commands import AddPoint, ChangePoint, DropPoint, ReviewPoint, SubmitFeedback
from domain.queries.reported import words_of
from domain.terms import ReportChannel


def report(
    matter: Annotated[str | None, typer.Argument(metavar="M", help="事项：编号、尾号或名称中的字词")] = None,
    progress: Annotated[int | None, typer.Option("--progress", min=0, max=100, help="总体进度 0–100")] = None,
    text: TextOption = None,
    point: Annotated[
        list[str] | None, typer.Option("--point", metavar="N:PROGRESS[:TEXT]", help="按要点反馈，可多次填写")
    ] = None,
    indicator: Annotated[
        list[str] | None, typer.Option("--indicator", metavar="N:VALUE", help="指标累计值，可多次填写")
    ] = None,
    problem: Annotated[str | None, typer.Option("--problem", metavar="TEXT", help="存在问题")] = None,
    next_step: Annotated[str | None, typer.Option("--next", metavar="TEXT", help="下步安排")] = None,
    coordination: Annotated[str | None, typer.Option("--need", metavar="TEXT", help="需协调事项")] = None,
    occurred: Annotated[
        str | None, typer.Option("--occurred", metavar="DATE", help="实际反馈时间（按时收到、补录时填写，须附凭据）")
    ] = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="附件，可多次填写")] = None,
    for_unit: Annotated[str | None, typer.Option("--for", metavar="UNIT", help="代哪个单位录入（仅办公室）")] = None,
    via: Annotated[
        str | None, typer.Option("--via", metavar="微信|电话|纸质|来函", help="代录时，反馈是怎样收到的")
    ] = None,
    letter: Annotated[
        str | None, typer.Option("--letter", metavar="文号", help="来函文号：商请单位函复的（即 --via 来函）")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE|-",
            help="一次录入多件：JSON、JSON 行或 CSV（事项,进展,进度,问题,下步,需协调,要点,指标,收到方式）；"
            "同一份重复录入不重复记",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="配 --from：只核对每条将怎样，不录入")] = False,
) -> None:
    """反馈办理情况：逐个要点写，另写问题、下步和需协调事项。"""
    if source is not None:
        session.need_machine()
        from cli.task.many import report_many

        report_many(source, dry_run=dry_run)
        return
    if dry_run:
        raise Problem("--dry-run 须与 --from 一起使用", "malformed")
    target = the_matter(need_option(matter, "M", "事项"))
    points = tuple(point_report(p) for p in point or ())
    indicators = tuple(indicator_report(i) for i in indicator or ())
    command = SubmitFeedback(
        text=words_of(points, indicators)
        if text is None and (points or indicators)
        else need_option(text, "--text", "办理情况"),
        progress=progress,
        points=points,
        indicators=indicators,
        problem=problem,
        next_step=next_step,
        coordination=coordination,
        attachments=attached_files(attach or ()),
        for_unit=the_unit(for_unit).id if for_unit else None,
        via=typed_term(ReportChannel, via, "--via") if via else ReportChannel.LETTER if letter else None,
        letter=letter,
        occurred_at=moment(occurred),
    )
    do_for(target, command)


point = typer.Typer(
    cls=MatterFirst,
    help="督办要点：增加、调整、取消；阶段目标的审核。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@point.command("add", cls=SealingCommand)
def add(matter: MatterArg, text: Annotated[str, typer.Argument(metavar="TEXT[;due=DATE]", help="要点内容")]) -> None:
    """增加一个要点。"""
    do_for_matter(matter, AddPoint(point=new_point(text)))


@point.command("change", cls=SealingCommand)
def change(
    matter: MatterArg,
    no: Annotated[int, typer.Argument(metavar="N", help="要点序号")],
    text: TextOption = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="新的节点日期")] = None,
) -> None:
    """调整要点的内容或日期；原日期保留。"""
    do_for_matter(matter, ChangePoint(no=no, text=text, due=due_day(due) if due else None))


@point.command("drop", cls=SealingCommand)
def drop(
    matter: MatterArg,
    no: Annotated[int, typer.Argument(metavar="N", help="要点序号")],
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="取消理由")] = None,
) -> None:
    """取消一个要点；记录保留。"""
    do_for_matter(matter, DropPoint(no=no, reason=reason))


@point.command("review", cls=SealingCommand)
def review(
    matter: MatterArg,
    no: Annotated[int, typer.Argument(metavar="N", help="要点序号（阶段目标）")],
    approve: Annotated[bool, typer.Option("--approve", help="阶段目标已达到")] = False,
    send_back: Annotated[bool, typer.Option("--return", help="没有达到，退回")] = False,
    text: TextOption = None,
) -> None:
    """审核阶段目标：单位反馈完成后单独审核，反馈的人不能自己审核。"""
    if approve == send_back:
        raise Problem("请写明 --approve（达到）或 --return（退回）之一", "malformed")
    do_for_matter(matter, ReviewPoint(no=no, approve=approve, text=text))
