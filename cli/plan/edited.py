"""`xmh plan import` of an edited 一览表: each change is a command with an actor, or it is said why it is none."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.plan.rows import open_order, send_openings
from cli.reach import gap_lines, gaps_as_json, nobody_to_tell, nobody_would_be_told
from cli.sending import task_order
from cli.session import Exit, answer, problem_of, session
from cli.sheets import reject_file, say_lines
from cli.task.due import due_day
from domain.base import Refusal
from domain.commands import AssignMatter, OpenMatter
from eventlog import reading
from views.importing import (
    Import,
    fault_document,
    judged_rows,
    opening_line,
    openings_document,
    rows_not_yet_open,
)
from views.table_edits import compared_table, readable_matters

if TYPE_CHECKING:
    from domain.commands import Order
    from domain.notices.reach import Unreached
    from intake.edited.copy import EditedTable
    from intake.edited.edits import Conflict, Edit, Edits
    from intake.opening import Opening, Openings
    from intake.sheets import CellFault

_COLUMNS = {"牵头单位": "牵头", "配合单位": "配合", "完成时限": "时限", "依据": "理由或依据"}


def import_edited(file: Path, *, dry_run: bool, keep_going: bool) -> None:
    """Compare, judge, tell; and, unless it is a dry run, send."""
    from intake.edited.copy import read_edited_table

    table = read_edited_table(file, reading.log_identity(session.database), due_day)
    viewer = session.viewer
    compared = compared_table(viewer, table, readable_matters(viewer))
    edited, already, ready, refused = compared.edits, compared.already, compared.ready, compared.refused
    done = Import()
    opening = _openings(table, done)
    faults = [*edited.faults, *opening.faults]
    _document(done, edited, ready, opening)
    done.rejected = [fault_document(f) for f in sorted((*faults, *refused), key=lambda f: f.row)]
    extra = _extra(edited, already, table)
    code = _code(faults, refused)
    if code and not keep_going:
        _refused(done, extra, [*faults, *refused], code, dry_run=dry_run)
    if not dry_run:
        extra["applied"] = _applied(ready, opening.ready, done)
    if code and not session.json:
        say_lines([f.line for f in (*faults, *refused)])
    without = _without(ready, opening.ready) if dry_run else nobody_to_tell(matters=_handed(extra["applied"]))
    text = "\n".join([_told(done, extra, dry_run=dry_run), *gap_lines(without)])
    answer({**done.document, **extra, "unreached": gaps_as_json(without)}, text)
    if code or (not dry_run and len(extra["applied"]) < len(ready) + len(opening.ready)):
        raise SystemExit(code or Exit.REFUSED)


def _without(ready: "Sequence[Edit]", openings: "Sequence[Opening]") -> "tuple[Unreached, ...]":
    """Who could not be told of what would be opened or assigned."""
    orders = [(e.row.row, e.command) for e in ready] + [(o.row.row, o.command) for o in openings]
    return nobody_would_be_told((row, c) for row, c in orders if isinstance(c, OpenMatter | AssignMatter))


def _handed(applied: "Sequence[dict[str, Any]]") -> list[str]:
    return [one["matter"] for one in applied if one["do"] in ("open", "assign")]


def _openings(table: "EditedTable", done: Import) -> "Openings":
    from intake.task_list import TaskList
    from sheets.table import SHEET

    listed = TaskList(file=table.file, sheet=SHEET, rows=table.new, faults=())
    openings = judged_rows(session.viewer, rows_not_yet_open(session.viewer, listed, done))
    # A task list calls its columns by longer names; the fault is named as the sheet in hand has it.
    faults = tuple(f.model_copy(update={"column": _COLUMNS.get(f.column, f.column)}) for f in openings.faults)
    return replace(openings, faults=faults)


def _code(faults: "Sequence[CellFault]", refused: "Sequence[CellFault]") -> int:
    """Malformed is 2; when only rules say no, 3."""
    if faults:
        return Exit.MALFORMED
    return Exit.REFUSED if refused else Exit.DONE


# --- sending


def _applied(ready: "Sequence[Edit]", openings: "Sequence[Opening]", done: Import) -> list[dict[str, Any]]:
    """Row after row; what a rule refuses meanwhile is told with its row. Stopped half-way, the same import goes on."""
    orders: list[Order] = [_order(edit) for edit in ready]
    orders += [open_order(opening) for opening in openings]
    if not orders:
        return []
    rows = [edit.row.row for edit in ready] + [opening.row.row for opening in openings]
    columns = [edit.column.label for edit in ready] + [""] * len(openings)
    applied = []
    for row, column, one, reply in zip(rows, columns, orders, send_openings(orders), strict=True):
        if isinstance(reply, Refusal):
            done.rejected.append({"row": row, "column": column, "message": problem_of(reply).message})
            continue
        applied.append({"row": row, "matter": reply.matter, "do": one.command.do})
        if one.command.do == "open":
            done.opened.append({"row": row, "matter": reply.matter, "title": one.command.title})
    return applied


def _order(edit: "Edit") -> "Order":
    return task_order(edit.matter.stream, edit.command).model_copy(update={"command_id": edit.command_id})


# --- telling


def _document(done: Import, edits: "Edits", ready: "Sequence[Edit]", opening: "Openings") -> None:
    done.commands = [
        {
            "row": e.row.row,
            "matter": e.matter.number,
            "column": e.column.label,
            "do": e.command.do,
            "text": e.what,
            "command_id": e.command_id,
        }
        for e in ready
    ] + openings_document(session.viewer, opening.ready)
    done.conflicts += [_conflict(c) for c in edits.conflicts]
    done.unchanged += [{"row": r.row, "matter": r.number} for r in edits.unchanged]


def _conflict(conflict: "Conflict") -> dict[str, Any]:
    return {
        "row": conflict.row.row,
        "matter": conflict.row.number,
        "title": conflict.title,
        "columns": [conflict.column.label],
        "in_copy": conflict.in_copy,
        "in_log": conflict.in_log,
    }


def _extra(edits: "Edits", already: "Sequence[Edit]", table: "EditedTable") -> dict[str, Any]:
    return {
        "position": table.key.position,
        "already": [{"row": e.row.row, "matter": e.matter.number, "do": e.command.do} for e in already],
        "moved": [{"matter": number, "columns": [c.label for c in columns]} for number, columns in edits.moved],
        "missing": list(table.missing),
        "applied": [],
    }


def _refused(done: Import, extra: dict[str, Any], faults: "Sequence[CellFault]", code: int, *, dry_run: bool) -> None:
    """All or nothing: a dry run still shows what would have been done."""
    lines = [*(f.line for f in faults), f"共{len(faults)}处不能办理，整份未导入"]
    if dry_run:
        lines = [*_listed(done, extra, dry_run=True), *lines]
    else:
        done.commands = []
    if code == Exit.MALFORMED:
        reject_file({**done.document, **extra}, lines)
    if session.json:
        answer({**done.document, **extra}, "")
    else:
        say_lines(lines)
    raise SystemExit(code)


def _listed(done: Import, extra: dict[str, Any], *, dry_run: bool) -> list[str]:
    lines = []
    if dry_run:
        for c in done.commands:
            if c["do"] == "open":
                lines.append(opening_line(c))
            else:
                lines.append(f"第{c['row']}行“{c['column']}”  {c['matter']}  {c['text']}")
    lines += [f"第{o['row']}行  {o['matter']}  已立项  {o['title']}" for o in done.opened]
    for c in done.conflicts:
        shown = f"；表中“{_short(c['in_copy'])}”，现为“{_short(c['in_log'])}”" if "in_copy" in c else ""
        lines.append(
            f"第{c['row']}行“{'、'.join(c['columns'])}”  {c['matter']}  冲突：导出以后已另有改动，未覆盖{shown}"
        )
    if extra["moved"]:
        lines.append(f"导出以后另有{len(extra['moved'])}件有新的进展或变动，表中未改这些内容，不受影响")
    if extra["missing"]:
        lines.append(f"表中删去了{len(extra['missing'])}行（{'、'.join(extra['missing'][:5])}），不作任何改动")
    return lines


def _short(text: str, most: int = 30) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"


def _told(done: Import, extra: dict[str, Any], *, dry_run: bool) -> str:
    what = f"将办理{len(done.commands)}处" if dry_run else f"已办理{len(extra['applied'])}处"
    again = f"，此前已办{len(extra['already'])}处" if extra["already"] else ""
    lines = _listed(done, extra, dry_run=dry_run)
    lines += [f"第{r['row']}行{r['column']}：{r['message']}" for r in done.rejected if not dry_run]
    counted = f"未变{len(done.unchanged)}行，冲突{len(done.conflicts)}处，不能办理{len(done.rejected)}处"
    lines.append(f"{what}{again}，{counted}")
    if dry_run:
        lines.append("以上是试导入，没有办理；去掉 --dry-run 即正式导入")
    return "\n".join(lines)
