"""`xmh plan schedule` and `plan templates`: 倒排工期 of a matter, and its nodes as points with dates."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.answering import tell_many
from cli.asking import MatterArg, need_option, typed_day
from cli.lookup import the_matter
from cli.moments import today
from cli.sending import send_orders, task_order
from cli.session import Problem, answer, session
from cli.tables import table
from domain.commands import AddPoint, ChangePoint
from domain.facts import NewPoint
from domain.matter import Matter
from domain.schedule import Planned, Schedule
from eventlog import reading

if TYPE_CHECKING:
    from collections.abc import Sequence


def templates() -> None:
    """现成的节点模板：节点、工期和前置。"""
    from intake.node_template import ready_templates

    ready = list(ready_templates())
    lines = []
    for one in ready:
        names = {n.id: n.name for n in one.nodes}
        rows = [
            (n.id, n.name, str(n.days), "、".join(names[b] for b in n.after) or "—", n.source or "—") for n in one.nodes
        ]
        lines.append(table(("节点", "名称", "工作日", "前置", "依据"), rows, title=f"{one.name}：{one.about}"))
    answer({"templates": [t.model_dump(mode="json") for t in ready]}, "\n\n".join(lines))


def schedule(
    matter: MatterArg,
    template: Annotated[
        str | None, typer.Option("--template", metavar="T", help="节点模板：一书两证、房建开工，或 .toml 文件")
    ] = None,
    finish: Annotated[str | None, typer.Option("--finish", metavar="DATE", help="须在哪天完成")] = None,
    node: Annotated[
        str | None, typer.Option("--node", metavar="N", help="这一天完成的是哪个节点，如 开工；默认最后一个")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--today", metavar="DATE", help="从哪天起算有没有余地（默认今天）")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="N", help="只排到哪个节点为止（含它的前置）；不写则为全部节点")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="把倒排出的节点列为事项的要点")] = False,
) -> None:
    """倒排工期：由完成日期按工作日历倒推各节点最迟何时开始，哪些已经来不及，各有多少余地。"""
    from domain.schedule import schedule as worked_backward
    from domain.schedule import up_to
    from intake.node_template import find_template

    target = the_matter(matter)
    chosen = find_template(need_option(template, "--template", "节点模板"))
    start = typed_day(since) if since else today()
    wanted = _day(need_option(finish, "--finish", "完成日期"), start)
    rulebook = reading.rulebook(session.database)
    made = worked_backward(chosen, wanted, rulebook.calendar, start, node)
    if until is not None:
        made = up_to(made, until)
    if apply:
        _apply(target.stream, made)
        return
    document = {"matter": target.number, **_document(made)}
    answer(document, "" if session.json else f"{target.number}  {target.title}\n{_told(made)}")


def _day(text: str, start: date) -> date:
    from domain.queries.spoken import spoken_date

    return spoken_date(text, start)


def _apply(stream: str, made: Schedule) -> None:
    """Each node a point under its name; a point of that name gets the date. A second time nothing changes."""
    loaded = reading.load(session.database, stream)
    assert loaded is not None  # noqa: S101  (it was found just now)
    matter = loaded.state
    assert isinstance(matter, Matter)  # noqa: S101  (a stream under matter/)
    last = max(n.finish for n in made.nodes)
    if last > matter.due:
        over = reading.rulebook(session.database).calendar.workdays_between(matter.due, last)
        raise Problem(
            f"节点最晚到 {last}，超过办结时限 {matter.due} {over}个工作日；请改完成日期，或先 xmh task extend 申请延期",
            "refused",
        )
    commands = [c for n in made.nodes if (c := _command(matter, n)) is not None]
    if not commands:
        answer([], f"{matter.number} 的要点与倒排结果一致，没有变化")
        return
    tell_many([matter.number] * len(commands), _in_turn(stream, commands))


def _command(matter: Matter, planned: Planned) -> AddPoint | ChangePoint | None:
    name = planned.node.name
    known = next((p for p in matter.points if p.text == name and not p.dropped), None)
    if known is None:
        return AddPoint(point=NewPoint(text=name, due=planned.finish))
    return ChangePoint(no=known.no, due=planned.finish) if known.due != planned.finish else None


def _in_turn(stream: str, commands: "Sequence[AddPoint | ChangePoint]") -> list[Any]:
    """One after the other, so that the points stand in the order of the nodes."""
    return [send_orders([task_order(stream, command, nth=n)])[0] for n, command in enumerate(commands, start=1)]


def _document(made: Schedule) -> dict[str, Any]:
    return {
        "template": made.template,
        "target": made.target,
        "finish": made.finish.isoformat(),
        "today": made.today.isoformat(),
        "feasible": made.feasible,
        "missing_workdays": made.missing,
        "nodes": [
            {
                "id": n.node.id,
                "name": n.node.name,
                "workdays": n.node.days,
                "start": n.start.isoformat(),
                "finish": n.finish.isoformat(),
                "slack": n.slack,
                "late": n.late,
                "critical": n.critical,
                "provisional": n.provisional,
            }
            for n in made.nodes
        ],
    }


def _told(made: Schedule) -> str:
    rows = [
        (
            n.node.name,
            str(n.node.days),
            f"{n.start}{'（暂定）' if n.provisional else ''}",
            f"{n.finish}",
            "—" if n.slack is None else str(n.slack),
            _remark(n),
        )
        for n in made.nodes
    ]
    aim = next(n.node.name for n in made.nodes if n.node.id == made.target)
    verdict = (
        f"从 {made.today} 起可以如期完成"
        if made.feasible
        else f"从 {made.today} 起按此工期来不及，差{made.missing}个工作日；须压缩关键节点的工期或推迟完成日期"
    )
    headers = ("节点", "工作日", "最迟开始", "最迟完成", "余地", "提示")
    return table(headers, rows, title=f"{made.template}：{aim}须于 {made.finish} 完成；{verdict}")


def _remark(planned: Planned) -> str:
    if planned.slack is None:
        return "在目标节点之后，按最早开始排"
    remarks = ["关键"] if planned.critical else []
    if planned.late:
        remarks.append("最迟开始日已过")
    return "，".join(remarks)
