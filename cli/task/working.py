"""`xmh task report point`."""

import csv
import io
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.session import Problem
from cli.shape import SealingCommand
from cli.task.common import (
    MatterArg,
    TextOption,
    attached,
    do,
    need,
    order,
    send,
    tell_many,
    tell_one,
    term,
    the_matter,
    the_unit,
)
from cli.task.due import due_day
from cli.task.opening import moment, new_point, scaled
from domain.commands import AddPoint, ChangePoint, DropPoint, SubmitFeedback
from domain.facts import IndicatorReport, PointReport
from domain.matter import DONE
from domain.terms import ReportChannel
from sheets.input_file import read_text

MANY = ("matter", "text", "progress", "problem", "next", "points", "key")
_CSV = {"事项": "matter", "进展": "text", "进度": "progress", "问题": "problem", "下步": "next", "要点": "points"}


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
    via: Annotated[str | None, typer.Option("--via", metavar="微信|电话|纸质", help="代录时，反馈是怎样收到的")] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE|-", help="一次录入多件：JSON、JSON 行或 CSV（事项,进展,进度,问题,下步）"),
    ] = None,
) -> None:
    """反馈办理情况：逐个要点写，另写问题、下步和需协调事项。"""
    if source is not None:
        _report_many(source)
        return
    target = the_matter(need(matter, "M", "事项"))
    words = need(text, "--text", "办理情况")
    command = SubmitFeedback(
        text=words,
        progress=progress,
        points=tuple(point_report(p) for p in point or ()),
        indicators=tuple(indicator_report(i) for i in indicator or ()),
        problem=problem,
        next_step=next_step,
        coordination=coordination,
        attachments=attached(attach or ()),
        for_unit=the_unit(for_unit).id if for_unit else None,
        via=term(ReportChannel, via, "--via") if via else None,
        occurred_at=moment(occurred),
    )
    tell_one(send([order(target.stream, command)])[0])


def point_report(text: str) -> PointReport:
    """`N:PROGRESS[:TEXT]`, full-width signs too.

    Raises:
        Problem: the number or the progress is no number (exit 2).
    """
    no, _, rest = text.replace("：", ":").partition(":")
    progress, _, words = rest.partition(":")
    if not (no.strip().isdecimal() and progress.strip().rstrip("%％").isdecimal()):
        raise Problem(f"--point “{text}”应写成 要点序号:进度[:说明]，如 2:60:已完成图审", "malformed")
    return PointReport(no=int(no), progress=int(progress.strip().rstrip("%％")), text=words.strip() or None)


def indicator_report(text: str) -> IndicatorReport:
    """`N:VALUE`, full-width signs too.

    Raises:
        Problem: the number is no whole number, or the value none (exit 2).
    """
    no, _, value = text.replace("：", ":").partition(":")
    number = scaled(value)
    if not no.strip().isdecimal() or number is None:
        raise Problem(f"--indicator “{text}”应写成 指标序号:累计值，如 1:12 或 2:6.5", "malformed")
    return IndicatorReport(no=int(no), value=number[0], decimals=number[1])


def _report_many(source: str) -> None:
    rows = _rows(read_text(Path(source)))
    matters = [the_matter(str(row.get("matter", ""))) for row in rows]
    orders = []
    for n, (row, target) in enumerate(zip(rows, matters, strict=True)):
        points = row.get("points") or ()
        command = SubmitFeedback(
            text=str(row.get("text") or ""),
            progress=_percent(row.get("progress"), n + 1),
            points=tuple(point_report(p) for p in (points.split() if isinstance(points, str) else points)),
            problem=row.get("problem") or None,
            next_step=row.get("next") or None,
        )
        orders.append(order(target.stream, command, nth=n))
    tell_many([m.number for m in matters], send(orders))


def _percent(value: object, row: int) -> int | None:
    """A progress as a file has it: a number, or text with or without a per cent sign."""
    if value in (None, ""):
        return None
    plain = str(value).strip().rstrip("%％")
    if not plain.isdecimal() or int(plain) > DONE:
        raise Problem(f"反馈文件第{row}条的进度“{value}”应为 0 到 100 的整数", "malformed")
    return int(plain)


def _rows(text: str) -> list[dict[str, Any]]:
    """The rows of a JSON list, of JSON lines or of a CSV with Chinese or English headers."""
    stripped = text.strip()
    try:
        if stripped.startswith("["):
            rows: list[dict[str, Any]] = json.loads(stripped)
        elif stripped.startswith("{"):
            rows = [json.loads(part) for part in stripped.splitlines() if part.strip()]
        else:
            rows = [{_CSV.get(k, k): v for k, v in row.items()} for row in csv.DictReader(io.StringIO(stripped))]
    except (json.JSONDecodeError, RecursionError, csv.Error) as e:
        line = e.lineno if isinstance(e, json.JSONDecodeError) else 1
        raise Problem(f"反馈文件第{line}行附近不是有效的 JSON 或 CSV", "malformed") from e
    for n, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Problem(f"反馈文件第{n}条不是一条反馈，请写成 {{...}} 的样子", "malformed")
        unknown = sorted(str(k) for k in set(row) - set(MANY))
        if unknown or not row.get("matter") or not row.get("text"):
            what = f"有不认识的栏目 {'、'.join(unknown)}" if unknown else "缺少“事项”或“进展”"
            raise Problem(f"反馈文件第{n}条{what}", "malformed")
    return rows


point = typer.Typer(
    help="督办要点：增加、调整、取消。", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@point.command("add", cls=SealingCommand)
def add(matter: MatterArg, text: Annotated[str, typer.Argument(metavar="TEXT[;due=DATE]", help="要点内容")]) -> None:
    """增加一个要点。"""
    do(matter, AddPoint(point=new_point(text)))


@point.command("change", cls=SealingCommand)
def change(
    matter: MatterArg,
    no: Annotated[int, typer.Argument(metavar="N", help="要点序号")],
    text: TextOption = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help="新的节点日期")] = None,
) -> None:
    """调整要点的内容或日期；原日期保留。"""
    do(matter, ChangePoint(no=no, text=text, due=due_day(due) if due else None))


@point.command("drop", cls=SealingCommand)
def drop(
    matter: MatterArg,
    no: Annotated[int, typer.Argument(metavar="N", help="要点序号")],
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="取消理由")] = None,
) -> None:
    """取消一个要点；记录保留。"""
    do(matter, DropPoint(no=no, reason=reason))
