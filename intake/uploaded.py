"""A task list or the text of a plan that somebody handed in: its rows as they stand, what is doubted of each, the list.

What is missing in a row may be filled in beside the file: the list is then read as if the cell said so.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.base import Frozen, refuse
from domain.calendar import WorkCalendar
from intake.contacts import is_contact_list
from intake.draft.draft import DraftingContext, draft_file
from intake.draft.sheet import HINTS, write_sheet
from intake.edited.copy import EditedTable, is_edited_table, read_edited_table
from intake.limits import limit_said
from intake.sheets import CellFault, has_table, read_table
from intake.task_list import ASSIST, DUE, LEAD, NO, OPTIONAL, REQUIRED, SHEET, TITLE, TaskList, read_task_list

TABLES = (".xlsx", ".csv")
CONTACTS = "这是通讯录，不是任务清单；单位和人员由管理系统的人在服务器上导入，不在这里立项"
Filled = Mapping[int, Mapping[str, str]]
"""Row → header → what its cell is to say."""


class ListedLine(Frozen):
    """A row as the file has it, sound or not."""

    row: int
    no: str
    title: str
    lead: str
    assist: str
    due: str
    doubts: tuple[str, ...]


class UploadedList(Frozen):
    """What was read of a file: every row, the list of those that are sound, and the faults of the others."""

    lines: tuple[ListedLine, ...]
    listed: TaskList
    warnings: tuple[str, ...] = ()
    faults: tuple[CellFault, ...] = ()
    """Cells of a text's own tables that cannot be read: nothing was drafted of it."""
    workbook: bytes | None = None
    """The list that was drafted of a text, to be reviewed and handed in."""


def read_uploaded(path: Path, office: DraftingContext, today: date, filled: Filled) -> UploadedList:
    """Read a file as a task list; of one that is none, draft it.

    Raises:
        Refusal: `malformed`: it cannot be read as either, or is an edited 一览表.
    """
    refuse(is_edited_table(path), "这是改过的一览表，不是任务清单；请在“一览表”页导回", "malformed")
    if path.suffix.lower() in TABLES and has_table(path, SHEET):
        return _read(path, office, today, filled)
    refuse(path.suffix.lower() in TABLES and is_contact_list(path), CONTACTS, "malformed")
    made = draft_file(path, office)
    if made.faults or not made.items:
        empty = TaskList(file=path.name, sheet=SHEET, rows=(), faults=())
        return UploadedList(lines=(), listed=empty, warnings=made.warnings, faults=made.faults)
    with TemporaryDirectory() as folder:
        drafted = Path(folder) / f"{SHEET}.xlsx"
        write_sheet(made, drafted, [unit.name for unit in office.units])
        read = _read(drafted, office, today, filled)
        return read.model_copy(update={"warnings": made.warnings, "workbook": drafted.read_bytes()})


def read_edited(path: Path, database: str, calendar: WorkCalendar, today: date) -> EditedTable:
    """Read an edited 一览表 of the log of this identity.

    Raises:
        Refusal: as `read_edited_table`, or it is none.
    """
    refuse(not is_edited_table(path), "这不是从“一览表”下载的 Excel", "malformed")
    return read_edited_table(path, database, lambda text: limit_said(text, today, lambda: calendar))


def _read(path: Path, office: DraftingContext, today: date, filled: Filled) -> UploadedList:
    rows = read_table(path, SHEET, REQUIRED, OPTIONAL).rows
    lines = tuple(
        ListedLine(
            row=row.number,
            no=row.text(NO),
            title=row.text(TITLE),
            lead=row.text(LEAD),
            assist=row.text(ASSIST),
            due=row.text(DUE),
            doubts=tuple(filter(None, row.text(HINTS).split("\n"))),
        )
        for row in rows
    )
    listed = read_task_list(path, lambda text: limit_said(text, today, lambda: office.calendar), filled)
    return UploadedList(lines=lines, listed=listed)
