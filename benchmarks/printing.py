"""Issues of a 简报 in all four formats, beside a bare typst and a bare docxtpl that set the same text and nothing else.

And the text of one, computed from the log of thousands of matters, beside a bare pass that reads and decodes each row.
"""

from pathlib import Path

from benchmarks import logs
from benchmarks.measure import Goal, Row, Side, apart, turns
from benchmarks.scale import Scale

ORDINARY = 35
"""Matters in an issue."""
FAST_ENOUGH = Goal(5, at_most=True, ratio=False)

PAGES = """
from datetime import date
from documents.page import Grid, Imprint, Items, Layout, Page, Paragraph, Section
issues, matters = int(sys.argv[1]), int(sys.argv[2])
told = "主体施工至五层，钢材供应紧张，施工单位正在组织材料进场，相关单位须加快办理有关手续并按周反馈进展情况。"
items = [f"“推进第{n}号地块主体施工”（区建筑工务署牵头，进度{n % 100}%）：{told}" for n in range(matters)]
rows = [(f"推进第{n}号地块主体施工", "区建筑工务署", "3月25日", "12个工作日") for n in range(matters // 7)]
head = ("事项", "牵头单位", "办结时限", "逾期")
"""
XMH = (
    PAGES
    + """
from documents.formats.press import FORMATS, Press
press = Press()
for no in range(1, issues + 1):
    page = Page(
        layout=Layout.BULLETIN, marking="内部资料", masthead="工作简报", issue=f"第{no}期", issuer="指挥部办公室",
        on=date(2022, 12, 30), title="督办工作情况",
        sections=(
            Section(title="总体情况", blocks=(Paragraph(text=told), Items(items=tuple(items)))),
            Section(title="存在问题", blocks=(Grid(headers=head, rows=tuple(rows)),)),
        ),
        imprint=Imprint(below=("区建筑工务署",)),
    )
    assert all(press.named(page, "简报").values())
"""
)
BARE = (
    PAGES
    + """
import io
from docx import Document
from docxtpl import DocxTemplate
from pylopdf_fonts_zh_cn import serif_path
from typst import Compiler, Fonts
drawn = Document()
for line in ("{{ told }}", "{%p for i in items %}", "{{ i }}", "{%p endfor %}"):
    drawn.add_paragraph(line)
table = drawn.add_table(rows=4, cols=4)
cells = [f"{{{{ r[{n}] }}}}" for n in range(4)]
for row, texts in enumerate((head, ("{%tr for r in rows %}",), cells, ("{%tr endfor %}",))):
    for n, text in enumerate(texts):
        table.cell(row, n).text = text
packed = io.BytesIO()
drawn.save(packed)
source = b'''#let d = json(bytes(sys.inputs.d))
#set text(font: "Noto Serif SC", size: 16pt)
#d.told
#for i in d.items { par(i) }
#table(columns: 4, ..d.head, ..d.rows.flatten())'''
compiler = Compiler(
    font_paths=Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(serif_path().parent)])
)
for no in range(1, issues + 1):
    data = json.dumps({"told": f"{no}{told}", "items": items, "head": head, "rows": rows})
    assert compiler.compile(source, format="pdf", sys_inputs={"d": data})
    word = DocxTemplate(io.BytesIO(packed.getvalue()))
    word.render({"told": f"{no}{told}", "items": items, "rows": rows}, autoescape=True)
    word.save(io.BytesIO())
"""
)
COMPOSE = """
from datetime import date
from documents.bulletin.briefing import compose_briefing
from domain.bulletin import Publication
from domain.calendar import end_of_day
from eventlog.database import Database
until = date(2022, 3, 31)
found = compose_briefing(Database(sys.argv[1]), Publication.BRIEFING, date(2022, 3, 1), until, as_of=end_of_day(until))
assert f"{sys.argv[2]}件" in str(found.sections)
"""
BARE_READ = """
import sqlite3
rows = sqlite3.connect(sys.argv[1].removeprefix("sqlite:///")).execute("SELECT * FROM events ORDER BY position")
assert sum(bool(json.loads(row[7])) for row in rows) > int(sys.argv[2])
"""


def run(scale: Scale, folder: Path) -> list[Row]:
    """Many ordinary issues, and one that is larger than any office's; memory is that of the whole program."""
    return [*_printed(scale), *_computed(scale, folder)]


def _computed(scale: Scale, folder: Path) -> list[Row]:
    with logs.made(folder, lambda log: logs.reported(log, scale.matters_printed, logs.MONDAY)) as log:
        url = log.url
    name = f"the text of {scale.matters_printed:,} matters"
    seconds, memory = Row(name, "s", FAST_ENOUGH), Row(f"{name}, memory", "MB")
    for pair in turns(min(scale.rounds, 3)):
        for side in pair:
            cost = apart({Side.XMH: COMPOSE, Side.BARE: BARE_READ}[side], url, scale.matters_printed)
            seconds.add(side, cost.seconds)
            memory.add(side, cost.mb)
    return [seconds, memory]


def _printed(scale: Scale) -> list[Row]:
    figures = []
    for issues, matters in ((scale.issues, ORDINARY), (1, scale.matters_printed)):
        name = f"{issues} of {matters:,} matters"
        seconds, memory = Row(name, "s", FAST_ENOUGH), Row(f"{name}, memory", "MB")
        for pair in turns(min(scale.rounds, 3)):
            for side in pair:
                cost = apart({Side.XMH: XMH, Side.BARE: BARE}[side], issues, matters)
                seconds.add(side, cost.seconds)
                memory.add(side, cost.mb)
        figures += [seconds, memory]
    return figures
