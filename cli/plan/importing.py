"""`xmh plan import`: a task list becomes matters, each row once. (An edited table goes to `cli/plan/edited.py`.)"""

import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.session import Exit, Problem, answer, problem_of, session
from cli.sheets import reject, say
from cli.task.common import now, order
from domain.base import Refusal
from domain.commands import AddBasis
from domain.events import MatterAssigned, MatterOpened
from domain.rules import Office
from domain.similar import OpenTitles
from domain.streams import matter_stream
from eventlog import reading
from eventlog.duplicates import open_titles
from eventlog.reprojection import open_matters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from domain.commands import Order
    from domain.matter import Matter
    from plans.directory import UnitIndex
    from plans.opening import Opening, Openings
    from plans.sheets import CellFault
    from plans.task_list import TaskList, TaskRow
    from workflows.contract import Reply


@dataclass
class Import:
    """What an import did, or would do."""

    opened: list[dict[str, Any]] = field(default_factory=list)
    unchanged: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def document(self) -> dict[str, Any]:
        """For scripts."""
        return dict(vars(self))


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="任务清单：含工作表“任务清单”的 .xlsx，或 .csv；或 plan table 导出后改过的一览表"
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，说明将要做什么")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="有错的行跳过，其余照常立项（仍以退出码 2 提示有错）")
    ] = False,
) -> None:
    """导入任务清单，或改过的一览表：逐行立项、逐处办理，重复导入不会重复办理；有一处错误就整份不导入。"""
    from plans.edited.copy import is_edited_table
    from plans.task_list import read_task_list

    if is_edited_table(file):
        from cli.plan.edited import import_edited

        import_edited(file, dry_run=dry_run, keep_going=keep_going)
        return
    listed = read_task_list(file)
    done = Import()
    standing = {m.number: m for m in open_matters(session.database)} if any(r.join for r in listed.rows) else {}
    new = not_yet_open(listed, done, standing)
    found = judged(new, standing)
    done.rejected = [fault_document(f) for f in found.faults]
    done.commands = openings_document(found.ready)
    if found.faults and not keep_going:
        done.commands = []
        lines = [*(f.line for f in found.faults), f"共{len(found.faults)}处错误，整份未导入"]
        reject(done.document, lines)
    if not dry_run:
        _refuse_draft(listed)
        _open(found.ready, done)
    if found.faults and not session.json:
        say([f.line for f in found.faults])
    answer(done.document, _told(done, dry_run))
    if found.faults:
        raise SystemExit(Exit.MALFORMED)


def _refuse_draft(listed: "TaskList") -> None:
    from cli.plan.versions import circulated_only

    plan = circulated_only(listed.rows)
    if plan is not None:
        said = f"这是“{plan}”的征求意见稿，还没有印发，不能立项；印发后请先用 xmh plan version --stage 印发 登记"
        raise Problem(said, "refused", Exit.REFUSED)


def judged(listed: "TaskList", standing: "Mapping[str, Matter] | None" = None) -> "Openings":
    """What every row would open or join, and what stands against it; `standing` are the open matters by number."""
    from plans.opening import openings

    office = Office(rulebook=reading.rulebook(session.database), now=now(), actor=session.actor)
    units, people = reading.units(session.database), reading.people(session.database)
    return openings(listed, units, people, office, open_titles(session.database), standing)


# --- what is already open


def not_yet_open(listed: "TaskList", done: Import, standing: "Mapping[str, Matter] | None" = None) -> "TaskList":
    """The rows to be opened. A row opened before is left alone, and said to differ when it does."""
    from plans.directory import UnitIndex

    rows, index = [], UnitIndex(reading.units(session.database))
    for row in listed.rows:
        joined = (standing or {}).get(row.join or "")
        if joined is not None and row.basis in {b.text for b in joined.bases}:
            done.unchanged.append({"row": row.row, "matter": joined.number, "title": joined.title})
            continue
        events = reading.read_stream(session.database, matter_stream(row.key), upto_version=2)
        opened = _opened(events)
        if opened is None:
            rows.append(row)
            continue
        known = {"row": row.row, "matter": opened.number, "title": opened.title}
        differing = list(_differing(row, opened, _assigned(events), index))
        if differing:
            done.conflicts.append({**known, "columns": differing})
        else:
            done.unchanged.append(known)
    return listed.model_copy(update={"rows": tuple(rows)})


def _opened(events: Sequence[Any]) -> MatterOpened | None:
    from domain.event import decode

    event = decode(events[0]) if events else None
    return event if isinstance(event, MatterOpened) else None


def _assigned(events: Sequence[Any]) -> MatterAssigned | None:
    """交办 by the command that opened it: what the list had said then."""
    from domain.event import decode

    if len(events) < 2 or events[1].command_id != events[0].command_id:  # noqa: PLR2004  (opened, assigned)
        return None
    event = decode(events[1])
    return event if isinstance(event, MatterAssigned) else None


def _differing(
    row: "TaskRow", opened: MatterOpened, assigned: MatterAssigned | None, index: "UnitIndex"
) -> Iterator[str]:
    """The columns in which the list no longer says what the matter was opened with."""
    if row.due != opened.due:
        yield "完成时限"
    if [(p.text, p.due) for p in row.points] != [(p.text, p.due) for p in opened.points]:
        yield "要点"
    if _ids(index, (row.lead,) if row.lead else ()) != ([assigned.lead] if assigned else []):
        yield "牵头单位"
    if _ids(index, row.assist) != list(opened.assist):
        yield "配合单位"
    if row.rhythm is not opened.rhythm:
        yield "反馈周期"
    if row.klass is not opened.klass:
        yield "类别"


def _ids(index: "UnitIndex", names: Iterable[str]) -> list[str]:
    return [found[0].id if len(found := index.find(name)) == 1 else name for name in names]


# --- opening


def _open(ready: "Sequence[Opening]", done: Import) -> None:
    """Open row after row, so that the numbers follow the list. Stopped half-way, the same import goes on from there."""
    if not ready:
        return
    orders = [open_order(o) for o in ready]
    for opening, reply in zip(ready, sent(orders), strict=True):
        row = opening.row
        if isinstance(reply, Refusal):
            problem = problem_of(reply)
            done.rejected.append({"row": row.row, "column": "", "message": problem.message})
        else:
            done.opened.append({"row": row.row, "matter": reply.matter, "title": row.title, "do": opening.command.do})
    if len(done.opened) < len(ready):
        lines = [f"第{r['row']}行：{r['message']}" for r in done.rejected]
        reject(done.document, [*lines, f"已立项{len(done.opened)}件；改正后再次导入，只会办理其余各行"])


def open_order(opening: "Opening") -> "Order":
    """Named by the row and what it says: the same row sent twice is one command."""
    sent = order(opening.stream, opening.command, occurred_at=opening.occurred_at)
    return sent.model_copy(update={"command_id": f"import:{opening.row.key[:24]}:{opening.row.digest[:16]}"})


def sent(orders: "Sequence[Order]") -> "list[Reply | Refusal]":
    """The answers, in order: one after the other, so that numbers follow the list.

    Raises:
        Problem: no service runs, or it falls silent (exit 5).
    """
    if session.settings.address is None:
        raise Problem(
            f"督办服务没有运行（数据目录 {session.settings.home}），请先运行 xmh up --detach；只核对可用 --dry-run",
            "unreachable",
        )
    with _progress(len(orders)) as step:
        return asyncio.run(_send(orders, step))


async def _send(orders: "Sequence[Order]", step: "Callable[[], None]") -> "list[Reply | Refusal]":
    from gateway import Gateway, Unreachable, connect

    settings = session.settings
    client = await connect(settings.address or "", settings.temporal_namespace)
    gateway = Gateway(client, session.database, settings.task_queue)
    replies: list[Reply | Refusal] = []
    for one in orders:
        try:
            replies.append(await gateway.submit(one))
        except Refusal as refusal:
            replies.append(refusal)
        except Unreachable as silence:
            said = f"{silence.message}；已答复{len(replies)}行，服务恢复后再次导入同一文件即可，已立项的不会重复"
            raise Problem(said, "unreachable") from silence
        step()
    return replies


@contextmanager
def _progress(total: int) -> "Iterator[Callable[[], None]]":
    """A bar on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("立项", total=total)
        yield lambda: bar.advance(task)


# --- telling


def fault_document(fault: "CellFault") -> dict[str, Any]:
    """A fault for scripts."""
    return {"row": fault.row, "column": fault.column, "message": fault.message}


def openings_document(ready: "Sequence[Opening]") -> list[dict[str, Any]]:
    """What would be opened or joined, for scripts; each with the open matters it may be about."""
    names = {u.id: u.name for u in reading.units(session.database)}
    near = OpenTitles(open_titles(session.database).values()) if ready else OpenTitles(())
    return [_command(opening, names, near) for opening in ready]


def _command(opening: "Opening", names: dict[str, str], open_now: OpenTitles) -> dict[str, Any]:
    command, row = opening.command, opening.row
    common = {"row": row.row, "do": command.do, "title": row.title}
    if isinstance(command, AddBasis):
        matter = opening.matter.number if opening.matter else None
        return {**common, "matter": matter, "basis": str(command.basis)}
    lead = command.lead
    near = open_now.near(row.title, lead.id if lead else None)
    return {
        **common,
        "lead": names.get(lead.id, lead.id) if lead else None,
        "due": row.due.isoformat(),
        "began": row.began.isoformat() if row.began else None,
        "near": [
            {"matter": n.matter.number, "title": n.matter.title, "score": n.score, "shared": n.shared} for n in near
        ],
    }


def command_line(c: dict[str, Any]) -> str:
    """The same in a line."""
    if c["do"] == "basis_add":
        return f"第{c['row']}行  并入 {c['matter']}  增加依据：{c['basis']}"
    since = f"  存量，{c['began']}立项" if c["began"] else ""
    near = "".join(
        f"\n        可能与未办结的 {n['matter']}“{n['title']}”是同一事项，同一事项请在“并入事项”一栏填写编号"
        for n in c["near"]
    )
    return f"第{c['row']}行  立项“{c['title']}”  牵头：{c['lead'] or '待明确'}  时限 {c['due']}{since}{near}"


def _told(done: Import, dry_run: bool) -> str:
    lines = [*map(command_line, done.commands)] if dry_run else []
    lines += [f"第{o['row']}行  {o['matter']}  {o['title']}" for o in done.opened]
    lines += [
        f"第{c['row']}行  {c['matter']} 已立项，清单中的{'、'.join(c['columns'])}与立项时不同，未作改动；"
        "请用 xmh task extend、assign、point 等命令办理"
        for c in done.conflicts
    ]
    rows = done.commands if dry_run else done.opened
    joined = sum(row["do"] == "basis_add" for row in rows)
    what = f"{'将' if dry_run else '已'}立项{len(rows) - joined}件{f'，并入{joined}件' if joined else ''}"
    lines.append(f"{what}，未变{len(done.unchanged)}件，有出入{len(done.conflicts)}件，有错{len(done.rejected)}处")
    if dry_run:
        lines.append("以上是试导入，没有立项；去掉 --dry-run 即正式导入")
    return "\n".join(lines)
