"""`plan table` of thousands of matters beside a bare XlsxWriter pass, and its dry-run import beside a bare openpyxl.

Each side runs in a process of its own, so that its memory is its own. The bare side writes the same cells of the same
sheets, without formats, heights or marks; what the product reads from the log is the product's own cost.
"""

import json
import shutil
from pathlib import Path

from openpyxl import load_workbook

from benchmarks import logs
from benchmarks.measure import Cost, Goal, Row, Side, apart, turns
from benchmarks.scale import Scale
from domain.calendar import local_date

TABLE_GOAL = Goal(5, at_most=True, ratio=False)
IMPORT_GOAL = Goal(10, at_most=True, ratio=False)
SMALL_ENOUGH = Goal(300, at_most=True, ratio=False)

TABLE = """
from datetime import date
from documents.table.rows import task_table
from documents.table.workbook import table_workbook
from domain.calendar import end_of_day
from eventlog.database import Database
day = date.fromisoformat(sys.argv[4])
table = task_table(Database(sys.argv[1]), end_of_day(day), date.fromordinal(day.toordinal() - 7))
assert len(table.rows) == int(sys.argv[2]), len(table.rows)
Path(sys.argv[3]).write_bytes(table_workbook(table))
"""
BARE_WRITE = """
import xlsxwriter
sheets = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
with xlsxwriter.Workbook(sys.argv[3], {"constant_memory": True}) as book:
    for rows in sheets:
        sheet = book.add_worksheet()
        for n, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(n, column, value)
"""
IMPORT = """
from cli.main import _code
from cli.session import session
session.json = True
assert _code(["plan", "import", sys.argv[3], "--dry-run", "--json"]) == 0
sys.stdout.write("\\n")
"""
BARE_READ = """
from openpyxl import load_workbook
rows = [[cell.value for cell in row] for row in load_workbook(sys.argv[3]).worksheets[0].iter_rows()]
assert len(rows) > int(sys.argv[2])
"""


def run(scale: Scale, folder: Path) -> list[Row]:
    """As many rows as the largest list, each matter with two reports, and one row in ten edited."""
    home, out, cells = folder / "home", folder / "一览表.xlsx", folder / "cells.json"
    with logs.made(home, lambda log: logs.reported(log, scale.tabled, logs.MONDAY)) as log:
        url = log.url
    n = f"{scale.tabled:,} rows"
    written, memory = Row(f"table {n}", "s", TABLE_GOAL), Row(f"table {n}, memory", "MB", SMALL_ENOUGH)
    read, read_memory = Row(f"import {n}, dry run", "s", IMPORT_GOAL), Row(f"import {n}, memory", "MB", SMALL_ENOUGH)
    _measured(TABLE, url, scale.tabled, out, home)
    _keep_cells(out, cells)
    edited = folder / "改过.xlsx"
    _edit(out, edited)
    for pair in turns(min(scale.rounds, 3)):
        for side in pair:
            if side is Side.XMH:
                table = _measured(TABLE, url, scale.tabled, out, home)
                back = _measured(IMPORT, url, scale.tabled, edited, home)
            else:
                table = _measured(BARE_WRITE, str(cells), scale.tabled, folder / "bare.xlsx", home)
                back = _measured(BARE_READ, url, scale.tabled, edited, home)
            written.add(side, table.seconds)
            memory.add(side, table.mb)
            read.add(side, back.seconds)
            read_memory.add(side, back.mb)
    return [written, memory, read, read_memory]


def _measured(work: str, source: str, rows: int, target: Path, home: Path) -> Cost:
    return apart(work, source, rows, target, local_date(logs.MONDAY).isoformat(), home=home)


def _keep_cells(path: Path, target: Path) -> None:
    """Every cell of every sheet, for the bare side to write again."""
    book = load_workbook(path, read_only=True)
    sheets = [[[_plain(value) for value in row] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    target.write_text(json.dumps(sheets, ensure_ascii=False), encoding="utf-8")


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int | float | str) else str(value)


def _edit(path: Path, target: Path) -> None:
    """Another progress in every tenth row, as somebody at a spreadsheet would write it."""
    shutil.copy(path, target)
    book = load_workbook(target)
    page = book.worksheets[0]
    for row in range(5, page.max_row + 1, 10):
        page.cell(row, 9).value = "88%\n已按节点完成阶段任务"
    book.save(target)
