"""议定清单: what a meeting decided, a row for each decision, drafted from its minutes or reviewed by a clerk.

The sheet that `draft_sheet` writes is the one `read_minutes` reads; its columns are those of `meeting decide --from`,
with two more that tell where a row came from. 议题 is the number of an item of the agenda, or the title of a new one.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import xlsxwriter

from domain.base import Frozen
from domain.meetings.terms import Outcome, Subject
from intake.dates import as_date
from intake.draft.model import DraftedList, Item
from intake.sheets import CellFault, Row, read_table, split_names
from intake.xlsx import worksheet_names
from sheets.layout import MOST_IN_A_CELL, print_on_a3, row_height

SHEET = "议定清单"
TOPIC, OUTCOME, SUBJECT, TEXT, LEAD, ASSIST = "议题", "结果", "对象", "内容", "牵头单位", "配合单位"
DUE, TITLE, URGENT, DOUBTS, SOURCE = "时限", "新立项名称", "紧急", "提示", "原文"
HEADERS = (TOPIC, OUTCOME, SUBJECT, TEXT, LEAD, ASSIST, DUE, TITLE, URGENT, DOUBTS, SOURCE)
_WIDTHS = (24, 8, 8, 40, 16, 18, 11, 28, 6, 24, 40)
_NO_DOUBT = ("时限暂定", "不是工作日", "周期", "数字“")
"""Warnings about what a meeting does not decide."""
_LEFT_OUT = ("没有列为任务", "没有找到任务", "编号由")
_YES = frozenset({"是", "紧急", "1", "true"})
_MARKERS = "（）()、.．0123456789一二三四五六七八九十 　"


class MinutesRow(Frozen):
    """One decision as written. Names are for the directory to find; `topic` is a number or a title."""

    row: int
    topic: str
    outcome: Outcome
    text: str
    subject: Subject | None = None
    lead: str | None = None
    assist: tuple[str, ...] = ()
    due: date | None = None
    title: str | None = None
    urgent: bool = False


class MinutesList(Frozen):
    """The decisions that can be taken, and every fault of the others."""

    file: str
    rows: tuple[MinutesRow, ...]
    faults: tuple[CellFault, ...]


def is_reviewed(path: Path) -> bool:
    """Whether the file is a 议定清单 and not the text of minutes."""
    return path.suffix.lower() == ".xlsx" and path.is_file() and SHEET in worksheet_names(path)


def read_minutes(path: Path) -> MinutesList:
    """Read the sheet 议定清单.

    Raises:
        Refusal: `not_found` or `malformed`, when the file as a whole cannot be read.
    """
    table = read_table(path, SHEET, (TOPIC, OUTCOME, TEXT), HEADERS[2:3] + HEADERS[4:])
    rows = [made for row in table.rows if (made := _row(row)) is not None and not row.faults]
    return MinutesList(file=table.file, rows=tuple(rows), faults=table.faults)


def _row(row: Row) -> MinutesRow | None:
    topic, text = row.required(TOPIC), row.required(TEXT)
    outcome, subject = Outcome.from_label(row.text(OUTCOME)), Subject.from_label(row.text(SUBJECT))
    if outcome is None:
        row.fault(OUTCOME, f"没有议定结果“{row.text(OUTCOME)[:20]}”，可填：{'、'.join(o.label for o in Outcome)}")
    if row.text(SUBJECT) and subject is None:
        row.fault(SUBJECT, f"没有“{row.text(SUBJECT)[:20]}”这一项，可填：{'、'.join(s.label for s in Subject)}")
    due, limit = None, row.value(DUE)
    if limit is not None:
        try:
            due = as_date(limit)
        except ValueError as error:
            row.fault(DUE, str(error))
    leads = split_names(row.text(LEAD))
    if len(leads) > 1:
        row.fault(LEAD, f"牵头单位只能有一个，现有{len(leads)}个；其余请列入配合单位")
    if outcome is Outcome.NEW_MATTER and not leads:
        row.fault(LEAD, "新立项须写明牵头单位")
    if outcome is Outcome.NEW_MATTER and limit is None:
        row.fault(DUE, "新立项须写明时限")
    if outcome is None:
        return None
    return MinutesRow(
        row=row.number,
        topic=topic,
        outcome=outcome,
        text=text,
        subject=subject,
        lead=leads[0] if leads else None,
        assist=tuple(dict.fromkeys(split_names(row.text(ASSIST)))),
        due=due,
        title=row.text(TITLE) or None,
        urgent=row.text(URGENT).lower() in _YES,
    )


def drafted(made: DraftedList) -> MinutesList:
    """The decisions of minutes as they were drafted: whatever a clerk would have to decide is a fault."""
    rows, faults = [], list(made.faults)
    for number, item in enumerate(made.items, 2):
        doubts = list(_doubts(item))
        faults += [
            CellFault(file=made.file, sheet=SHEET, row=number, column=column, message=message)
            for column, message in doubts
        ]
        if not doubts:
            rows.append(
                MinutesRow(
                    row=number,
                    topic=topic_of(item),
                    outcome=Outcome.NEW_MATTER,
                    text=item.text,
                    lead=item.lead[0].shown,
                    assist=tuple(unit.shown for unit in item.assist),
                    due=item.due,
                    title=item.title,
                )
            )
    overlooked = (warning for warning in made.warnings if any(word in warning for word in _LEFT_OUT))
    faults += [CellFault(file=made.file, sheet=SHEET, row=1, column=DOUBTS, message=doubt) for doubt in overlooked]
    return MinutesList(file=made.file, rows=tuple(rows), faults=tuple(faults))


def _doubts(item: Item) -> Iterator[tuple[str, str]]:
    quoted = f"“{item.title[:20]}”"
    if len(item.lead) != 1:
        yield LEAD, f"{quoted}没有写明由谁牵头" if not item.lead else f"{quoted}列了{len(item.lead)}个牵头单位"
    if item.due is None:
        yield DUE, f"{quoted}没有确定的时限"
    for warning in item.warnings:
        if not warning.startswith(("缺", "牵头待明确")) and not any(word in warning for word in _NO_DOUBT):
            yield DOUBTS, f"{quoted}{warning}"


def topic_of(item: Item) -> str:
    """What the decision is on: its topic, else the heading above it, else what it is called."""
    above = item.section.rpartition(" / ")[2].lstrip(_MARKERS).removeprefix("关于")
    return item.topic or (above if above and "议定" not in above and "如下" not in above else item.title)


def draft_sheet(made: DraftedList, path: Path) -> None:
    """Write the 议定清单 that a clerk reviews; what is missing is coloured.

    Raises:
        OSError: the file cannot be written.
    """
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        base = {"text_wrap": True, "valign": "top", "border": 1, "font_size": 10}
        head = book.add_format({**base, "bold": True, "bg_color": "#D9E2F3"})
        plain, missing = book.add_format(base), book.add_format({**base, "bg_color": "#F8CBAD"})
        day = book.add_format({**base, "num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(SHEET)
        for column, (header, width) in enumerate(zip(HEADERS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, header, head)
        for number, item in enumerate(made.items, 1):
            cells = _cells(item)
            sheet.set_row(number, row_height(cells, _WIDTHS))
            for column, (header, text) in enumerate(zip(HEADERS, cells, strict=True)):
                wanted = header in (LEAD, DUE) and not text
                if header == DUE and item.due is not None:
                    sheet.write_datetime(number, column, item.due, day)
                else:
                    write = sheet.write_string if text else sheet.write_blank
                    write(number, column, text[:MOST_IN_A_CELL], missing if wanted else plain)
        last = len(made.items) + 100
        choices = {OUTCOME: [o.label for o in Outcome], SUBJECT: [s.label for s in Subject], URGENT: ["是"]}
        for header, values in choices.items():
            at = HEADERS.index(header)
            sheet.data_validation(1, at, last, at, {"validate": "list", "source": values})
        sheet.freeze_panes(1, 1)
        print_on_a3(sheet)


def _cells(item: Item) -> list[str]:
    return [
        topic_of(item),
        Outcome.NEW_MATTER.label,
        "",
        item.text,
        "、".join(unit.shown for unit in item.lead),
        "、".join(unit.shown for unit in item.assist),
        item.due.isoformat() if item.due else "",
        item.title,
        "",
        "\n".join(item.warnings),
        item.text,
    ]
