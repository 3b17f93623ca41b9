"""A register of 简报 and 动态 as a sheet: one row is one issue."""

from pathlib import Path

from domain.base import Frozen
from domain.bulletin import PastIssue, Publication
from intake.dates import Spoken, as_date, meant
from intake.sheets import CellFault, Row, read_table
from intake.xlsx import worksheet_names

SERIES, NO, DAY, TITLE = "系列", "期次", "日期", "标题"


class BulletinSheet(Frozen):
    """What a file holds: the issues, and every fault."""

    rows: tuple[PastIssue, ...]
    faults: tuple[CellFault, ...]


def read_bulletins(path: Path, spoken: Spoken | None = None) -> BulletinSheet:
    """Read 系列, 期次, 日期, 标题 from a .csv or the first sheet of an .xlsx.

    `spoken` understands a day as people say it (12月30日); without it only a full date is one.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    is_book = path.suffix.lower() == ".xlsx" and path.is_file()
    name = worksheet_names(path)[0] if is_book else path.stem
    table = read_table(path, name, (SERIES, NO, DAY, TITLE))
    rows = tuple(r for row in table.rows if (r := _row(row, spoken or as_date)) is not None and not row.faults)
    return BulletinSheet(rows=rows, faults=table.faults)


def _row(row: Row, spoken: Spoken) -> PastIssue | None:
    name, title, no = row.required(SERIES), row.required(TITLE), row.required(NO)
    publication = Publication.from_label(name)
    if name and publication is None:
        row.fault(SERIES, f"没有“{name[:20]}”，可填：{'、'.join(p.label for p in Publication)}")
    if no and not (no.isdecimal() and int(no) > 0):
        row.fault(NO, f"“{no[:20]}”不是期次，请填整数")
        return None
    value = row.value(DAY)
    if value is None:
        row.fault(DAY, "日期不能为空")
        return None
    try:
        day = meant(value, spoken)
    except ValueError as error:
        row.fault(DAY, str(error))
        return None
    if publication is None or not title or not no:
        return None
    return PastIssue(publication=publication, no=int(no), issued_on=day, title=title)
