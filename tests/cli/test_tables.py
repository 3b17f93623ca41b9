"""Tables fit a screen: 120 columns in a pipe, broken by word, and nothing of a cell is lost."""

import unicodedata

from cli.tables import WIDEST, table

HEADS = ("编号", "事项", "牵头单位", "时限", "灯")
ROW = (
    "XMH-2022-001",
    "完成深圳国际交流中心一期地基与基础工程（含塔楼区、裙房区全部桩基与承台），同步推进北环大道DN1200管线迁改",
    "市政府投资项目建设管理中心",
    "2022-08-11",
    ("黄:漏报2022年第30周反馈，连续3次；临近办结时限，剩余3个工作日；已升级至分管领导", "yellow"),
)


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_a_wide_table_is_broken_to_fit_and_loses_nothing() -> None:
    lines = table(HEADS, [ROW]).split("\n")
    assert max(map(columns, lines)) <= WIDEST
    assert len(lines) > 2
    kept = "".join("".join(lines).split())
    for piece in ("XMH-2022-001", "2022-08-11", "DN1200"):
        assert piece in kept
    wanted = sorted("".join([*HEADS, *(c if isinstance(c, str) else c[0] for c in ROW)]))
    assert sorted(kept) == wanted, "every character once"


def test_no_line_of_a_cell_begins_with_its_punctuation_and_no_number_is_broken() -> None:
    lines = [line.split("  ") for line in table(HEADS, [ROW]).split("\n")]
    parts = [part.strip() for line in lines for part in line if part.strip()]
    assert [p for p in parts if p[0] in "，。、；：）"] == []
    assert [p for p in parts if p[-1] in "（《“"] == []
    assert any("DN1200" in p for p in parts)


def test_a_narrow_table_is_as_wide_as_what_it_says() -> None:
    assert table(("编号", "灯"), [("1", ("绿", "green"))]) == "编号  灯\n1     绿"
