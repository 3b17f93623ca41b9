"""Tables of a PDF whose file has their lines: cell by cell, over pages, merged, with the text around them."""

import sys
from pathlib import Path

import pytest
import typst

from domain.calendar import WorkCalendar
from intake.draft.draft import DraftingContext, draft_file
from intake.draft.model import DraftedList
from intake.draft.readers import pdf
from services.calendar_seed import seed_years

OFFICE = DraftingContext(WorkCalendar(years=seed_years(2026, 2026)), 2026)
HEADER = "[序号], [工作任务], [责任单位], [完成时限],"


def printed(tmp_path: Path, body: str) -> Path:
    """A page as an office program prints it."""
    fonts = [str(path) for place in sys.path for path in Path(place).glob("pylopdf_fonts_zh_cn")]
    source, target = tmp_path / "清单.typ", tmp_path / "2026年任务清单.pdf"
    source.write_text(f'#set page(paper: "a5", margin: 2cm, numbering: "— 1 —")\n#set text(size: 10pt)\n{body}')
    typst.compile(str(source), output=str(target), font_paths=fonts)
    return target


def read(tmp_path: Path, body: str) -> DraftedList:
    return draft_file(printed(tmp_path, body), OFFICE)


def rows(made: DraftedList) -> list[tuple[str, list[str], str]]:
    return [(item.title, [unit.shown for unit in item.lead], str(item.due)) for item in made.items]


def table(*cells: str, header: str = HEADER) -> str:
    return f"#table(columns: (1cm, 4cm, 3cm, 2cm), {header} {', '.join(cells)})\n"


def test_cells_stay_apart_though_their_lines_are_broken(tmp_path: Path) -> None:
    """As text alone, 责任单位 ran into the task and the second line of a cell into its neighbour."""
    made = read(
        tmp_path,
        "2026年重点任务清单\n\n现将任务分解如下：\n\n"
        + table(
            *(
                "[1]",
                "[推进滨河路地块收储，土地整备3.5公顷以上]",
                "[区更新局（牵头）、东湖街道]",
                "[2026年9月30日]",
            ),
            *("[2]", "[建设公共停车设施]", "[区交通局]", "[6月底前]"),
        )
        + "\n请各单位抓好落实。\n",
    )
    assert rows(made) == [
        ("推进滨河路地块收储，土地整备3.5公顷以上", ["区更新局"], "2026-09-30"),
        ("建设公共停车设施", ["区交通局"], "2026-06-30"),
    ]
    assert [unit.shown for unit in made.items[0].assist] == ["东湖街道"]
    assert [(t.value, t.unit) for t in made.items[0].targets] == [("3.5", "公顷")]
    assert "请各单位抓好落实。" in made.text


def test_a_table_goes_on_over_pages(tmp_path: Path) -> None:
    cells = [
        part
        for n in range(1, 41)
        for part in (f"[{n}]", f"[建设第{n}号口袋公园并对外开放]", "[区城管局]", "[11月底前]")
    ]
    made = read(tmp_path, table(*cells))
    assert [item.label for item in made.items] == [str(n) for n in range(1, 41)]
    assert {tuple(unit.shown for unit in item.lead) for item in made.items} == {("区城管局",)}


def test_merged_cells_hold_for_the_rows_they_reach_over(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        table(
            *("[1]", "[改造农贸市场]", "table.cell(rowspan: 2)[区市场监管局]", "[6月底前]"),
            *("[2]", "[开展食品抽检]", "[9月底前]"),
            *("table.cell(colspan: 4)[二、城市建设]",),
            *("[3]", "[打通断头路]", "[区交通局]", "[年底前]"),
        ),
    )
    assert rows(made) == [
        ("改造农贸市场", ["区市场监管局"], "2026-06-30"),
        ("开展食品抽检", ["区市场监管局"], "2026-09-30"),
        ("打通断头路", ["区交通局"], "2026-12-31"),
    ]
    assert made.items[2].section.endswith("二、城市建设")


def test_tables_there_is_no_time_for_are_read_as_text_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = printed(tmp_path, (table("[1]", "[建设公园]", "[区城管局]", "[6月底前]") + "#pagebreak()\n") * 3)
    monkeypatch.setattr(pdf, "_SECONDS_FOR_TABLES", -1)
    made = draft_file(file, OFFICE)
    assert "表格太多，第1页起的表格按文字读出，单元格可能错位，请核对或拆分后再读" in made.warnings
