"""`plan draft` of a table of thousands of rows, beside a bare openpyxl that reads every cell of it.

Each side runs in a process of its own, so that its memory is its own. A second row writes the sheet to review, beside a
bare XlsxWriter that writes as many cells.
"""

import random
from pathlib import Path

import xlsxwriter

from benchmarks.measure import Goal, Row, Side, apart, turns
from benchmarks.scale import Scale

FAST_ENOUGH = Goal(10, at_most=True, ratio=False)
SMALL_ENOUGH = Goal(300, at_most=True, ratio=False)
HEAD = ("序号", "重点工作", "全年目标任务", "责任领导", "牵头单位", "配合单位", "完成时限", "推进情况")

DRAFT = """
from pathlib import Path
from domain.calendar import WorkCalendar
from services.calendar_seed import seed_years
from intake.draft.draft import DraftingContext, draft_file
made = draft_file(Path(sys.argv[1]), DraftingContext(WorkCalendar(years=seed_years(2022, 2022)), 2022))
assert len(made.items) == int(sys.argv[2]), len(made.items)
"""
WRITE = """
from intake.draft.sheet import write_sheet
write_sheet(made, Path(sys.argv[3]))
"""
BARE_READ = """
from openpyxl import load_workbook
rows = [[cell.value for cell in row] for row in load_workbook(sys.argv[1]).worksheets[0].iter_rows()]
assert len(rows) > int(sys.argv[2])
"""
BARE_WRITE = """
import xlsxwriter
with xlsxwriter.Workbook(sys.argv[3]) as book:
    sheet = book.add_worksheet()
    for n, row in enumerate(rows):
        for column in range(18):
            sheet.write(n, column, row[column % len(row)])
"""


def run(scale: Scale, folder: Path) -> list[Row]:
    """A table of the office's size and beyond: 5,000 tasks."""
    source, target = folder / "任务表.xlsx", folder / "待审.xlsx"
    _write_table(source, scale.drafted)
    drafted = Row(f"draft {scale.drafted:,} rows", "s", FAST_ENOUGH)
    memory = Row(f"draft {scale.drafted:,} rows, memory", "MB", SMALL_ENOUGH)
    written = Row(f"draft {scale.drafted:,} rows and write the sheet", "s")
    works = {
        Side.XMH: (DRAFT, DRAFT + WRITE),
        Side.BARE: (BARE_READ, BARE_READ + BARE_WRITE),
    }
    for pair in turns(min(scale.rounds, 3)):
        for side in pair:
            read, both = (apart(work, source, scale.drafted, target) for work in works[side])
            drafted.add(side, read.seconds)
            memory.add(side, read.mb)
            written.add(side, both.seconds)
    return [drafted, memory, written]


def _write_table(path: Path, rows: int) -> None:
    """A task list with a merged title, dates in several ways, and units that repeat."""
    chance = random.Random(rows)
    units = [f"区第{n}建设局" for n in range(40)]
    dates = ("6月底前", "2022年12月底", "2022-09-30", "三季度", "年内", "持续推进")
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("任务分解表")
        sheet.merge_range(0, 0, 0, len(HEAD) - 1, "2022年重点工作任务分解表")
        sheet.write_row(1, 0, HEAD)
        for n in range(1, rows + 1):
            lead, first, second = chance.sample(units, 3)
            task = f"推进第{n}号地块市政道路及配套管网建设，完成{chance.randint(2, 90)}公里"
            goal = f"完成投资{chance.randint(1, 50)}亿元，建成学校{chance.randint(1, 9)}所以上"
            cells = (n, task, goal, "周明远", lead, f"{first}、{second}", chance.choice(dates), "按序时进度推进")
            sheet.write_row(n + 1, 0, cells)
