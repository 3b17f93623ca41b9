"""`xmh plan import`: a task list becomes matters, each row once. (An edited table goes to `cli/plan/edited.py`.)"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.plan.rows import open_order, send_openings
from cli.reach import gap_lines, gaps_as_json, nobody_to_tell, nobody_would_be_told
from cli.session import Exit, answer, problem_of, session
from cli.sheets import reject_file, say_lines
from cli.task.due import due_day
from domain.base import Refusal
from domain.commands import OpenMatter
from services.reprojection import open_matters
from views.importing import (
    Import,
    fault_document,
    judged_rows,
    opening_line,
    openings_document,
    refuse_circulated,
    rows_not_yet_open,
)

if TYPE_CHECKING:
    from domain.notices.reach import Unreached
    from intake.opening import Opening


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
    from intake.edited.copy import is_edited_table
    from intake.task_list import read_task_list

    if is_edited_table(file):
        from cli.plan.edited import import_edited

        import_edited(file, dry_run=dry_run, keep_going=keep_going)
        return
    listed = read_task_list(file, due_day)
    done = Import()
    standing = {m.number: m for m in open_matters(session.database)} if any(r.join for r in listed.rows) else {}
    new = rows_not_yet_open(session.viewer, listed, done, standing)
    openings = judged_rows(session.viewer, new, standing)
    session.advice += openings.remarks
    done.rejected = [fault_document(f) for f in openings.faults]
    done.commands = openings_document(session.viewer, openings.ready)
    if openings.faults and not keep_going:
        done.commands = []
        lines = [*(f.line for f in openings.faults), f"共{len(openings.faults)}处错误，整份未导入"]
        reject_file(done.document, lines)
    if not dry_run:
        refuse_circulated(session.viewer, listed.rows)
        _open(openings.ready, done)
    if openings.faults and not session.json:
        say_lines([f.line for f in openings.faults])
    without = _without(openings.ready) if dry_run else nobody_to_tell(matters=[o["matter"] for o in done.opened])
    answer(
        {**done.document, "unreached": gaps_as_json(without)}, "\n".join([_told(done, dry_run), *gap_lines(without)])
    )
    if openings.faults:
        raise SystemExit(Exit.MALFORMED)


def _without(ready: "Sequence[Opening]") -> "tuple[Unreached, ...]":
    return nobody_would_be_told((o.row.row, o.command) for o in ready if isinstance(o.command, OpenMatter))


def _open(ready: "Sequence[Opening]", done: Import) -> None:
    """Open row after row, so that the numbers follow the list. Stopped half-way, the same import goes on from there."""
    if not ready:
        return
    orders = [open_order(o) for o in ready]
    for opening, reply in zip(ready, send_openings(orders), strict=True):
        row = opening.row
        if isinstance(reply, Refusal):
            problem = problem_of(reply)
            done.rejected.append({"row": row.row, "column": "", "message": problem.message})
        else:
            done.opened.append({"row": row.row, "matter": reply.matter, "title": row.title, "do": opening.command.do})
    if len(done.opened) < len(ready):
        lines = [f"第{r['row']}行：{r['message']}" for r in done.rejected]
        reject_file(done.document, [*lines, f"已立项{len(done.opened)}件；改正后再次导入，只会办理其余各行"])


def _told(done: Import, dry_run: bool) -> str:
    lines = [*map(opening_line, done.commands)] if dry_run else []
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
