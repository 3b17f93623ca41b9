"""The task list (任务清单): one row is one matter to be opened.

Names of units and people stay as written here; who they are is for the directory to say (`intake.directory.UnitIndex`).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from domain.base import Frozen
from domain.envelope import canonical
from domain.facts import NewIndicator
from domain.periods import PeriodLength, period_named
from domain.terms import MatterClass, Rhythm
from intake.dates import Spoken, as_date, meant
from intake.indicators import indicators
from intake.sheets import CellFault, Row, normal, read_table, split_names

SHEET = "任务清单"
NO, TITLE, POINTS, LEAD, ASSIST, PERSON = "序号", "任务", "要点", "牵头单位", "配合单位", "责任人"
DUE, RHYTHM, CLASS, SOURCE, BASIS, APPROVER = "完成时限", "反馈周期", "类别", "来源", "依据", "批准人"
ANOTHER = "另行立项理由"
"""Why a row is not the open matter of the same title and lead."""
JOIN = "并入事项"
"""The number of the open matter that the row is about: the row becomes one more basis of it (多头交办)."""
SECTION, LEADERS = "章节", "责任领导"
BEGAN, LEDGER = "原立项日期", "原台账"
"""存量: since when, and in which ledger, the matter was supervised before it came here."""
INDICATORS = "指标"
"""What is to be reached, a line for each: 新增泊位 ≥300个."""
REQUIRED = (NO, TITLE, LEAD, DUE, BASIS)
OPTIONAL = (
    *(POINTS, ASSIST, PERSON, RHYTHM, CLASS, SOURCE, APPROVER, ANOTHER, JOIN, SECTION, LEADERS, BEGAN, LEDGER),
    INDICATORS,
)

_RHYTHMS = {
    "日": Rhythm.DAILY,
    "周": Rhythm.WEEKLY,
    "月": Rhythm.MONTHLY,
    "季": Rhythm.QUARTERLY,
    "一次": Rhythm.ONCE,
}
_LOOKS_LIKE_A_DATE = re.compile(r"\d[\d\s\-/.年月日号:]*")


class TaskPoint(Frozen):
    """A 督办要点, and its own date if it has one."""

    text: str
    due: date | None = None


class TaskRow(Frozen):
    """One row of the list. `notes` holds the columns nobody asked for.

    `key` names the matter (see `row_key`) and makes opening it twice one matter.
    """

    row: int
    no: str
    title: str
    points: tuple[TaskPoint, ...]
    lead: str | None
    assist: tuple[str, ...]
    person: str | None
    due: date | None
    """None for what has no end: then there is a `period`."""
    period: PeriodLength | None = None
    """长期, 定期: judged by periods of this length."""
    rhythm: Rhythm
    klass: MatterClass
    source: str | None
    section: str | None = None
    leaders: tuple[str, ...] = ()
    basis: str
    approver: str | None
    another: str | None = None
    join: str | None = None
    began: date | None = None
    ledger: str | None = None
    indicators: tuple[NewIndicator, ...] = ()
    notes: dict[str, str]
    key: str

    @property
    def digest(self) -> str:
        """SHA-256 of all that was read, so that a row imported again is known to be unchanged or not."""
        later = set() if self.period else {"period"}  # what had none was digested before there were any
        return _sha256(self.model_dump(mode="json", exclude={"row", "key", *later}))


class TaskList(Frozen):
    """What a file holds: the rows that can be taken, and every fault of the others."""

    file: str
    sheet: str
    rows: tuple[TaskRow, ...]
    faults: tuple[CellFault, ...]


def read_task_list(
    path: Path, spoken: Spoken | None = None, filled: Mapping[int, Mapping[str, str]] | None = None
) -> TaskList:
    """Read sheet or file `任务清单`. A row with a fault is not among the rows.

    `spoken` understands a limit as people say it (6月30日, 年底); without it only a full date is one. `filled` says by
    row and header what a cell is to say instead of what the file says.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    table = read_table(path, SHEET, REQUIRED, OPTIONAL)
    seen: dict[str, int] = {}
    rows = []
    for row in table.rows:
        row.fill((filled or {}).get(row.number, {}))
        task = _task(row, table.extra, spoken or as_date)
        earlier = seen.setdefault(normal(row.text(NO)), row.number) if row.text(NO) else row.number
        if earlier != row.number:
            row.fault(NO, f"序号 {row.text(NO)} 与第{earlier}行重复")
        if task is not None and not row.faults:
            rows.append(task)
    return TaskList(file=table.file, sheet=table.sheet, rows=tuple(rows), faults=table.faults)


def row_key(no: str, title: str, source: str | None, basis: str) -> str:
    """SHA-256 of what makes a row this matter and no other: 序号, 任务, 来源 and 依据.

    Units, dates and points are left out on purpose: they are what a later edition of the same list changes, and a
    changed date must meet the matter already opened instead of opening a second one. 序号 is in because a list may
    order the same task twice (two phases, two units). Width, case and blanks do not matter.
    """
    return _sha256([normal(part) for part in (no, title, source or "", basis)])


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _task(row: Row, extra: Sequence[str], spoken: Spoken) -> TaskRow | None:
    """The row as a task, or None with its faults recorded in it."""
    no, title, basis = row.required(NO), row.required(TITLE), _basis(row)
    period = period_named(row.text(DUE))
    due = None if period else _date(row, spoken)
    began = _began(row)
    points = _points(row, due, spoken)
    lead, assist = _units(row)
    rhythm = _rhythm(row)
    klass = _class(row)
    wanted = _indicators(row, title)
    if row.faults:
        return None
    title = " ".join(title.split("\n"))
    source = row.text(SOURCE) or None
    return TaskRow(
        row=row.number,
        no=no,
        title=title,
        points=points,
        lead=lead,
        assist=assist,
        person=row.text(PERSON) or None,
        due=due,
        period=period,
        rhythm=rhythm,
        klass=klass,
        source=source,
        section=row.text(SECTION) or None,
        leaders=tuple(dict.fromkeys(split_names(row.text(LEADERS)))),
        basis=basis,
        approver=row.text(APPROVER) or None,
        another=row.text(ANOTHER) or None,
        join=row.text(JOIN) or None,
        began=began,
        ledger=row.text(LEDGER) or ("原有台账" if began else None),
        indicators=wanted,
        notes={header: text for header in extra if (text := row.text(header))},
        key=row_key(no, title, source, basis),
    )


def _basis(row: Row) -> str:
    text = row.text(BASIS)
    if not text:
        row.fault(BASIS, "缺少立项依据，须写明会议纪要、领导批示、任务清单或文件及其文号")
    return text


def _date(row: Row, spoken: Spoken) -> date | None:
    value = row.value(DUE)
    if value is None:
        row.fault(DUE, "缺少完成时限，请写成 2022-06-30 的样子；没有终点的写“长期”或“每月”“每季”")
        return None
    try:
        return meant(value, spoken)
    except ValueError as error:
        row.fault(DUE, str(error))
        return None


def _began(row: Row) -> date | None:
    value = row.value(BEGAN)
    if value is None:
        if row.text(LEDGER):
            row.fault(BEGAN, "存量事项须写明原立项日期")
        return None
    try:
        return as_date(value)
    except ValueError as error:
        row.fault(BEGAN, str(error))
        return None


def _points(row: Row, due: date | None, spoken: Spoken) -> tuple[TaskPoint, ...]:
    points = []
    for no, line in enumerate(row.text(POINTS).split("\n"), 1):
        if not line:
            continue
        try:
            point = _point(line, spoken)
        except ValueError as error:
            row.fault(POINTS, f"第{no}条要点：{error}")
            continue
        if due is not None and point.due is not None and point.due > due:
            row.fault(POINTS, f"第{no}条要点的时限 {point.due} 晚于完成时限 {due}")
        points.append(point)
    return tuple(points)


def _point(line: str, spoken: Spoken) -> TaskPoint:
    """`要点;2022-06-30`. What follows the last semicolon is a date only if it looks like one."""
    text, mark, last = line.replace("；", ";").rpartition(";")
    text, last = line[: len(text)].strip(), last.strip()
    if not mark or not _LOOKS_LIKE_A_DATE.fullmatch(last):
        return TaskPoint(text=line)
    if not text:
        raise ValueError("只有日期，没有内容")
    return TaskPoint(text=text, due=meant(last, spoken))


def _indicators(row: Row, title: str) -> tuple[NewIndicator, ...]:
    try:
        return indicators(row.text(INDICATORS), title)
    except ValueError as error:
        row.fault(INDICATORS, str(error))
        return ()


def _units(row: Row) -> tuple[str | None, tuple[str, ...]]:
    leads = split_names(row.text(LEAD))
    if len(leads) > 1:
        row.fault(LEAD, f"牵头单位只能有一个，现有{len(leads)}个；其余请列入配合单位")
    assist = tuple(dict.fromkeys(split_names(row.text(ASSIST))))
    if leads and normal(leads[0]) in {normal(name) for name in assist}:
        row.fault(ASSIST, f"{leads[0]}已是牵头单位，不能同时配合")
    return (leads[0] if leads else None), assist


def _rhythm(row: Row) -> Rhythm:
    text = row.text(RHYTHM)
    rhythm = _RHYTHMS.get(text) or Rhythm.from_label(text)
    if text and rhythm is None:
        row.fault(RHYTHM, f"没有反馈周期“{text[:20]}”，可填：{'、'.join(_RHYTHMS)}")
    return rhythm or Rhythm.WEEKLY


def _class(row: Row) -> MatterClass:
    text = row.text(CLASS)
    klass = MatterClass.from_label(text)
    if text and klass is None:
        row.fault(CLASS, f"没有类别“{text[:20]}”，可填：{'、'.join(member.label for member in MatterClass)}")
    return klass or MatterClass.ORDINARY
