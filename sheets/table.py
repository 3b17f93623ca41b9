"""《任务清单一览表》 as a sheet that comes back: its columns, what stands in those a person may edit, and its key.

The room that writes the table and the room that reads an edited copy must mean the same by a cell. What a cell says of
a matter is therefore computed here, once; the key holds a fingerprint of it as it was written.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from domain.base import Frozen, Term, refuse
from domain.bounds import visible
from domain.calendar import local_date
from domain.facts import WITHHELD, is_sealed
from domain.matter import Matter
from domain.terms import progress_said
from sheets.layout import MOST_IN_A_CELL

SHEET = "任务清单一览表"
KEY_SHEET = "回传校验"
"""Very hidden: no menu of a spreadsheet program shows it."""
KEY_FORMAT = "xmh-table-1"
NO_CHAPTER = "其他事项"
"""The heading over matters without a source."""
CUT_SHORT = "……（内容过长，以下从略）"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What no document may hold."""


class Column(Term):
    """A column of the table, with its header."""

    NO = "no", "序号"
    TITLE = "title", "任务"
    POINTS = "points", "要点"
    LEAD = "lead", "牵头"
    ASSIST = "assist", "配合"
    PERSON = "person", "责任人"
    DUE = "due", "时限"
    DATES = "dates", "节点"
    PROGRESS = "progress", "进展"
    LIGHT = "light", "灯"
    PROBLEM = "problem", "问题"
    NEXT = "next", "下步"
    NUMBER = "number", "编号"
    REASON = "reason", "理由或依据"


KEYED = (
    Column.TITLE,
    Column.POINTS,
    Column.LEAD,
    Column.ASSIST,
    Column.PERSON,
    Column.DUE,
    Column.DATES,
    Column.PROGRESS,
    Column.LIGHT,
    Column.PROBLEM,
    Column.NEXT,
)
"""The columns the key knows. 序号 may be renumbered, 编号 names the row, 理由或依据 is for whoever edits."""


@dataclass(frozen=True)
class SheetNames:
    """What units and people are called; an unknown id stands for itself."""

    units: Mapping[str, str]
    people: Mapping[str, str]

    def unit(self, unit_id: str) -> str:
        """The full name of the unit with this id."""
        return self.units.get(unit_id, unit_id)

    def person(self, person_id: str) -> str:
        """The name of the person with this id."""
        return self.people.get(person_id, person_id)


# --- what stands in a cell


def table_cells(matter: Matter, names: SheetNames, lit: str) -> dict[Column, str]:
    """The texts of the keyed columns of 《任务清单一览表》, as they are written; `lit` is what stands under 灯."""
    feedback = matter.last_feedback
    open_points = [p for p in matter.points if not p.dropped]
    return {
        Column.TITLE: _printable(matter.title),
        Column.POINTS: _printable("\n".join(f"{p.no}. {p.text}" for p in open_points)),
        Column.LEAD: names.unit(matter.lead) if matter.lead else "",
        Column.ASSIST: "、".join(map(names.unit, matter.assist)),
        Column.PERSON: names.person(matter.person) if matter.person else "",
        Column.DUE: matter.due.isoformat(),
        Column.DATES: "\n".join(
            f"{p.no}. {p.due.isoformat()}{_stands(p.progress)}" for p in open_points if p.due is not None
        ),
        Column.PROGRESS: _progress(matter),
        Column.LIGHT: lit,
        Column.PROBLEM: _printable(feedback.problem or "") if feedback else "",
        Column.NEXT: _printable(feedback.next_step or "") if feedback else "",
    }


def _progress(matter: Matter) -> str:
    feedback = matter.last_feedback
    if matter.ended or feedback is None:
        return progress_said(matter.stage, matter.progress)
    on = local_date(feedback.at)
    return _printable(f"{matter.progress}%（{on.month}月{on.day}日反馈）\n", feedback.text)


def _stands(progress: int) -> str:
    if progress == 0:
        return ""
    return "（已完成）" if progress == 100 else f"（{progress}%）"  # noqa: PLR2004  (percent)


def _printable(*parts: str) -> str:
    text = "".join(WITHHELD if is_sealed(part) else CONTROL.sub("", part) for part in parts)
    return text if len(text) <= MOST_IN_A_CELL else text[:MOST_IN_A_CELL] + CUT_SHORT


# --- what a cell means


_SAID_WHEN = re.compile(r"^(\d{1,3}%)\([^()\n]*反馈\)")
_HOW_FAR = re.compile(r"\([^()\n]*\)$", re.MULTILINE)


def plain_cell(column: Column, text: str) -> str:
    """What of a cell's text counts as its content: not width, blanks or empty lines, nor remarks the table added."""
    lines = (" ".join(line.split()) for line in unicodedata.normalize("NFKC", visible(text)).split("\n"))
    folded = "\n".join(line for line in lines if line)
    if column is Column.PROGRESS:
        return _SAID_WHEN.sub(r"\1", folded)
    return _HOW_FAR.sub("", folded) if column is Column.DATES else folded


@lru_cache(maxsize=1024)  # most cells of a long table are empty, or name one of a few units or days
def cell_fingerprint(column: Column, text: str) -> str:
    """A short hash of what a cell of the table says."""
    return hashlib.sha256(plain_cell(column, text).encode()).hexdigest()[:16]


# --- the key


class RowKey(Frozen):
    """What the hidden sheet says: of which log and of which moment of it the table is, and what it said."""

    database: str
    position: int
    rows: dict[str, tuple[str, ...]]
    """Number of the matter → fingerprints of the keyed columns, in their order."""

    def lines(self) -> list[tuple[str, str]]:
        """As it is written: name and value, the last line over all before it."""
        written = [
            (KEY_FORMAT, ""),
            ("database", self.database),
            ("position", str(self.position)),
            *((number, " ".join(prints)) for number, prints in self.rows.items()),
        ]
        return [*written, ("sum", _sum(written))]

    @classmethod
    def of(cls, lines: list[tuple[str, str]]) -> "RowKey":
        """The key of its lines.

        Raises:
            Refusal: `malformed`, when it is not as it was written.
        """
        sound = len(lines) > 3 and lines[0][0] == KEY_FORMAT and lines[-1] == ("sum", _sum(lines[:-1]))  # noqa: PLR2004
        refuse(not sound, f"隐藏工作表“{KEY_SHEET}”被改动过，无法核对；请重新导出一览表后再修改", "malformed")
        (_, database), (_, position), *rows = lines[1:-1]
        return cls(
            database=database,
            position=int(position),
            rows={number: tuple(prints.split()) for number, prints in rows},
        )

    def written(self, number: str, column: Column) -> str:
        """The fingerprint of a cell as it was written."""
        return self.rows[number][KEYED.index(column)]


def _sum(lines: list[tuple[str, str]]) -> str:
    return hashlib.sha256("\n".join(f"{name}\t{value}" for name, value in lines).encode()).hexdigest()


def row_fingerprints(texts: Mapping[Column, str]) -> tuple[str, ...]:
    """The fingerprints of the keyed columns of a table's row."""
    return tuple(cell_fingerprint(column, texts[column]) for column in KEYED)
