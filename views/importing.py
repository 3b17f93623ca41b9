"""The rows of a list on their way to the log: which are open already, and what the others would do. Nothing is sent."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from domain.base import Term, refuse
from domain.commands import AddBasis
from domain.duplicates import OpenTitle
from domain.event import decode
from domain.events import MatterAssigned, MatterOpened
from domain.ids import matter_stream
from domain.matter import Matter
from domain.queries.similar import OpenTitles
from domain.rules.context import DecisionContext
from domain.workplan import PlanItem, PlanStage, WorkPlan
from eventlog import reading
from eventlog.duplicates import open_titles
from intake.directory import UnitIndex
from intake.edited.copy import EditedTable
from intake.opening import Opening, Openings, openings
from intake.sheets import CellFault
from intake.task_list import TaskList, TaskRow
from intake.uploaded import ListedLine, UploadedList
from sheets.table import SHEET
from views.viewer import Viewer


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
        """What `--json` answers of an import."""
        return dict(vars(self))


def judged_rows(viewer: Viewer, listed: TaskList, standing: Mapping[str, Matter] | None = None) -> Openings:
    """What every row of a list would open or join, and what is against it; `standing` are open matters by number."""
    context = DecisionContext(rulebook=viewer.rulebook, now=viewer.now, actor=viewer.actor)
    units, people = reading.units(viewer.database), reading.people(viewer.database)
    return openings(listed, units, people, context, _open_titles(viewer), standing)


def _open_titles(viewer: Viewer) -> dict[tuple[str, str | None], OpenTitle]:
    """The open matters whoever asks may know of; that another is opened twice, the append sees."""
    known, visible = open_titles(viewer.database), viewer.rights.visible
    return {key: one for key, one in known.items() if visible is None or one.stream in visible}


# --- what is already open


def rows_not_yet_open(
    viewer: Viewer, listed: TaskList, done: Import, standing: Mapping[str, Matter] | None = None
) -> TaskList:
    """The rows of a list to be opened. A row opened before is left alone, and said to differ when it does."""
    rows, index = [], UnitIndex(reading.units(viewer.database))
    for row in listed.rows:
        joined = (standing or {}).get(row.join or "")
        if joined is not None and row.basis in {b.text for b in joined.bases}:
            done.unchanged.append({"row": row.row, "matter": joined.number, "title": joined.title})
            continue
        events = reading.read_stream(viewer.database, matter_stream(row.key), upto_version=2)
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
    event = decode(events[0]) if events else None
    return event if isinstance(event, MatterOpened) else None


def _assigned(events: Sequence[Any]) -> MatterAssigned | None:
    """交办 by the command that opened it: what the list had said then."""
    if len(events) < 2 or events[1].command_id != events[0].command_id:  # noqa: PLR2004  (opened, assigned)
        return None
    event = decode(events[1])
    return event if isinstance(event, MatterAssigned) else None


def _differing(row: TaskRow, opened: MatterOpened, assigned: MatterAssigned | None, index: UnitIndex) -> Iterator[str]:
    """The columns in which the list no longer says what the matter was opened with."""
    if (row.due, row.period) != (None if opened.period else opened.due, opened.period):
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
    if row.indicators != opened.indicators:
        yield "指标"


def _ids(index: UnitIndex, names: Iterable[str]) -> list[str]:
    return [people[0].id if len(people := index.find(name)) == 1 else name for name in names]


# --- telling


def fault_document(fault: CellFault) -> dict[str, Any]:
    """A rejected cell of a list, as `--json` names it."""
    return {"row": fault.row, "column": fault.column, "message": fault.message}


def openings_document(viewer: Viewer, ready: Sequence[Opening]) -> list[dict[str, Any]]:
    """What the rows would open or join, for scripts; each with the open matters it may be about."""
    names = {u.id: u.name for u in reading.units(viewer.database)}
    near = OpenTitles(_open_titles(viewer).values()) if ready else OpenTitles(())
    return [_command(opening, names, near) for opening in ready]


def _command(opening: Opening, names: dict[str, str], open_now: OpenTitles) -> dict[str, Any]:
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
        "due": row.due.isoformat() if row.due else None,
        **({"period": row.period.label} if row.period else {}),
        "indicators": [i.bound for i in command.indicators],
        "began": row.began.isoformat() if row.began else None,
        "near": [
            {"matter": n.matter.number, "title": n.matter.title, "score": n.score, "shared": n.shared} for n in near
        ],
    }


def opening_line(c: dict[str, Any]) -> str:
    """One row's entry of `openings_document`, for people."""
    if c["do"] == "basis_add":
        return f"第{c['row']}行  并入 {c['matter']}  增加依据：{c['basis']}"
    since = f"  存量，{c['began']}立项" if c["began"] else ""
    near = "".join(
        f"\n        可能与未办结的 {n['matter']}“{n['title']}”是同一事项，同一事项请在“并入事项”一栏填写编号"
        for n in c["near"]
    )
    lead, limit = c["lead"] or "待明确", c["due"] or c["period"]
    return f"第{c['row']}行  立项“{c['title']}”  牵头：{lead}  时限 {limit}{since}{near}"


def import_command_id(opening: Opening) -> str:
    """The id of the command that opens a matter of a list's row, by the row's content: sent twice it is one command."""
    return f"import:{opening.row.key[:24]}:{opening.row.digest[:16]}"


# --- a plan that is only being circulated


def plan_item(row: TaskRow) -> PlanItem:
    """A row as the versions of a plan keep it."""
    return PlanItem(key=row.key, no=row.no, title=row.title, lead=row.lead, due=row.due, digest=row.digest)


def refuse_circulated(viewer: Viewer, rows: Sequence[TaskRow]) -> None:
    """Refuse the newest 征求意见稿 of a plan: nothing is opened by a draft.

    Raises:
        Refusal.
    """
    items = tuple(map(plan_item, rows))
    for loaded in reading.states_of(viewer.database, "plan"):
        plan = cast("WorkPlan", loaded.state)
        circulated = plan.stage is PlanStage.CIRCULATED and plan.items == items
        not_issued = (
            f"这是“{plan.plan}”的征求意见稿，还没有印发，不能立项；印发后请先用 xmh plan version --stage 印发 登记"
        )
        refuse(circulated, not_issued)


# --- a list handed in on a page


class RowVerdict(Term):
    """What becomes of a row."""

    WILL = "will", "将立项"
    JOINS = "joins", "将并入"
    OPEN = "open", "已立项"
    DIFFERS = "differs", "有出入"
    CANNOT = "cannot", "不能"
    LEFT_OUT = "left_out", "不立项"


@dataclass(frozen=True)
class JudgedRow:
    """A row of an uploaded list, and what becomes of it."""

    line: ListedLine
    verdict: RowVerdict
    words: str = ""
    matter: str = ""
    """The number of the matter it is, or joins."""
    near: tuple[dict[str, Any], ...] = ()
    """Open matters it may be about."""


@dataclass(frozen=True)
class JudgedRows:
    """All rows, and what can be opened."""

    rows: tuple[JudgedRow, ...]
    ready: tuple[Opening, ...]
    remarks: tuple[str, ...]

    def count(self, verdict: RowVerdict) -> int:
        """How many rows of this verdict there are."""
        return sum(row.verdict is verdict for row in self.rows)


def judged_new_rows(viewer: Viewer, table: EditedTable) -> JudgedRows:
    """What the rows would open that somebody added to a copy of 一览表."""
    lines = tuple(
        ListedLine(
            row=row.row,
            no=row.no,
            title=row.title,
            lead=row.lead or "",
            assist="、".join(row.assist),
            due=row.due.isoformat() if row.due else "",
            doubts=(),
        )
        for row in table.new
    )
    listed = TaskList(file=table.file, sheet=SHEET, rows=table.new, faults=())
    return judged_upload(viewer, UploadedList(lines=lines, listed=listed), (), {})


def judged_upload(
    viewer: Viewer, upload: UploadedList, left_out: Container[int], standing: Mapping[str, Matter]
) -> JudgedRows:
    """What each row of an uploaded list would do; `standing` are the open matters who looks may know of, by number."""
    kept = tuple(row for row in upload.listed.rows if row.row not in left_out)
    listed = upload.listed.model_copy(update={"rows": kept})
    done = Import()
    made = judged_rows(viewer, rows_not_yet_open(viewer, listed, done, standing), standing)
    commands = {c["row"]: c for c in openings_document(viewer, made.ready)}
    known = {u["row"]: u for u in done.unchanged}
    differing = {c["row"]: c for c in done.conflicts}
    faults: dict[int, list[str]] = {}
    for fault in made.faults:
        faults.setdefault(fault.row, []).append(f"{fault.column}：{fault.message}")

    def judged(line: ListedLine) -> JudgedRow:
        row = line.row
        if row in left_out:
            return JudgedRow(line, RowVerdict.LEFT_OUT)
        if row in known:
            return JudgedRow(line, RowVerdict.OPEN, matter=known[row]["matter"])
        if row in differing:
            columns = "、".join(differing[row]["columns"])
            return JudgedRow(line, RowVerdict.DIFFERS, f"{columns}与立项时不同，未作改动", differing[row]["matter"])
        command = commands.get(row)
        if row in faults or command is None:
            return JudgedRow(line, RowVerdict.CANNOT, "；".join(faults.get(row, ())))
        if command["do"] == "basis_add":
            return JudgedRow(line, RowVerdict.JOINS, f"增加依据：{command['basis']}", command["matter"])
        return JudgedRow(line, RowVerdict.WILL, near=tuple(command["near"]))

    return JudgedRows(tuple(map(judged, upload.lines)), made.ready, made.remarks)
