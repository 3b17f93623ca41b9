"""A register of meetings as a sheet: one row is one meeting that was held."""

from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path

from domain.base import Frozen, Refusal
from domain.calendar import at_office
from domain.meetings.commands import RecordMeeting
from domain.meetings.series import Series, SeriesBook
from domain.meetings.terms import OfficePart
from domain.queries.spoken import spoken_moment
from intake.sheets import CellFault, Row, read_table
from intake.xlsx import worksheet_names

SERIES, AT, TITLE, PART, PLACE, SUMMARY = "系列", "时间", "名称", "组织或参加", "地点", "摘要"
_NINE = time(9)


class MeetingSheet(Frozen):
    """What a file holds: the meetings, and every fault."""

    commands: list[RecordMeeting]
    faults: tuple[CellFault, ...]


def read_meetings(path: Path, series: Iterable[Series]) -> MeetingSheet:
    """Read 系列, 时间, 名称 and perhaps 组织或参加, 地点, 摘要 from a .csv or the first sheet of an .xlsx.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    is_book = path.suffix.lower() == ".xlsx" and path.is_file()
    name = worksheet_names(path)[0] if is_book else path.stem
    table = read_table(path, name, (SERIES, AT, TITLE), (PART, PLACE, SUMMARY))
    book = SeriesBook(series=tuple(series))
    commands = [c for row in table.rows if (c := _command(row, book)) is not None and not row.faults]
    commands.sort(key=lambda c: (c.starts, c.series.id, c.title))
    return MeetingSheet(commands=commands, faults=table.faults)


def _command(row: Row, book: SeriesBook) -> RecordMeeting | None:
    name, title = row.required(SERIES), row.required(TITLE)
    units = book.find(name) if name else ()
    if name and len(units) != 1:
        row.fault(SERIES, f"没有会议系列“{name[:20]}”，可填：{'、'.join(s.name for s in book.series)}")
    starts = _starts(row)
    part = OfficePart.from_label(row.text(PART)) if row.text(PART) else OfficePart.ORGANISED
    if part is None:
        row.fault(PART, f"没有“{row.text(PART)[:20]}”这一项，可填：组织、参加")
    if len(units) != 1 or starts is None or part is None or not title:
        return None
    return RecordMeeting(
        series=units[0],
        starts=starts,
        title=title,
        part=part,
        place=row.text(PLACE) or None,
        summary=row.text(SUMMARY) or None,
    )


def _starts(row: Row) -> datetime | None:
    value = row.value(AT)
    match value:
        case datetime():
            return at_office(value.date(), value.time() if value.time() != time() else _NINE)
        case date():
            return at_office(value, _NINE)
        case None:
            row.fault(AT, "时间不能为空")
            return None
    try:
        return at_office(*spoken_moment(row.text(AT), date.min))
    except (Refusal, OverflowError):
        row.fault(AT, f"看不懂时间“{row.text(AT)[:20]}”，请写成 2021-11-10 15:00")
        return None
