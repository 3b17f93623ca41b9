"""The reader of sheets: exact places, and every kind of file that must not get in."""

import io
import os
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook

from domain.base import Refusal
from intake.dates import as_date
from intake.sheets import Table, clean, has_table, normal, read_table, split_names

MakeBook = Callable[..., Path]
HEADER = ("序号", "任务", "完成时限")


def read(path: Path) -> Table:
    return read_table(path, "任务清单", ("序号", "任务"), ("完成时限",))


def refusal(path: Path) -> str:
    with pytest.raises(Refusal) as refused:
        read(path)
    assert refused.value.code == "malformed"
    assert "\n" not in refused.value.message
    return refused.value.message


def csv_file(folder: Path, text: str | bytes, name: str = "任务清单.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# What is read


def test_rows_keep_their_place_in_the_file(workbook: MakeBook) -> None:
    table = read(workbook({"任务清单": [(*HEADER, "备注"), (1, "甲"), (), ("2", "乙", date(2022, 6, 30), "急")]}))
    assert [(row.number, row.text("序号"), row.text("任务")) for row in table.rows] == [(2, "1", "甲"), (4, "2", "乙")]
    assert table.rows[1].value("完成时限") == datetime(2022, 6, 30)  # noqa: DTZ001 (a sheet knows no zone)
    assert table.rows[1].letters["完成时限"] == "C"
    assert table.extra == ("备注",)


def test_shared_strings_rich_text_and_chinese_date_formats_are_read(tmp_path: Path) -> None:
    path = tmp_path / "office.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("任务清单")
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, HEADER)
        sheet.write(1, 0, 1)
        sheet.write_rich_string(1, 1, "推进", bold, "专项", "规划")
        sheet.write_datetime(1, 2, datetime(2022, 6, 30), book.add_format({"num_format": 31}))  # noqa: DTZ001
    (row,) = read(path).rows
    assert row.text("任务") == "推进专项规划"
    assert as_date(row.cells["完成时限"]) == date(2022, 6, 30)


def test_dates_counted_from_1904_are_read(workbook: MakeBook) -> None:
    def mac(book: Workbook) -> None:
        book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001

    (row,) = read(workbook({"任务清单": [HEADER, (1, "甲", date(2022, 6, 30))]}, mac)).rows
    assert as_date(row.cells["完成时限"]) == date(2022, 6, 30)


def test_full_width_digits_and_invisible_characters_are_normalised_and_punctuation_is_kept() -> None:
    assert clean("　第１２项：香蜜湖（ＡＢ）\u200b；\n\n 二 ") == "第12项：香蜜湖（AB）；\n二"
    assert normal("区 更新局（筹）") == normal("区更新局(筹)")
    assert split_names("区住建局、区更新局，市水务局;\n市交通局；") == ("区住建局", "区更新局", "市水务局", "市交通局")


def test_csv_with_or_without_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    text = '序号,任务,完成时限\r\n1,"两行\n任务",2022-06-30\r\n'
    for mark in (b"", b"\xef\xbb\xbf"):
        table = read(csv_file(tmp_path, mark + text.encode(), name="随便.csv"))
        assert [(row.number, row.text("任务")) for row in table.rows] == [(2, "两行\n任务")]


def test_a_folder_of_csv_files_holds_tables_by_file_name(tmp_path: Path) -> None:
    csv_file(tmp_path, "序号,任务\n1,甲\n")
    assert read(tmp_path).file == "任务清单.csv"
    assert has_table(tmp_path, "任务清单")
    assert not has_table(tmp_path, "单位")


def test_five_thousand_rows_are_read_in_a_few_seconds(workbook: MakeBook) -> None:
    rows = [(i, f"推进第{i}项", date(2022, 6, 30), *(f"说明{i}-{j}" for j in range(9))) for i in range(5000)]
    path = workbook({"任务清单": [(*HEADER, *(f"说明{j}" for j in range(9))), *rows]})
    start = time.process_time()
    assert len(read(path).rows) == 5000
    assert time.process_time() - start < 6, "a busy machine counts more; rereading each cell would take a minute"


# What is wrong with one cell


def test_a_formula_is_a_fault_of_its_cell(workbook: MakeBook) -> None:
    table = read(workbook({"任务清单": [HEADER, (1, "甲", "=TODAY()+30"), ("=ROW()", "乙")]}))
    assert [(f.row, f.letter, f.column) for f in table.faults] == [(2, "C", "完成时限"), (3, "A", "序号")]
    assert table.faults[0].line == (
        "来件.xlsx〔任务清单〕第2行C列“完成时限”：是公式 =TODAY()+30，请改填结果（复制后“粘贴为数值”）"
    )


def test_a_formula_in_a_csv_is_a_fault_too(tmp_path: Path) -> None:
    table = read(csv_file(tmp_path, "序号,任务\n1,\"=cmd|' /C calc'!A0\"\n"))
    assert [fault.column for fault in table.faults] == ["任务"]


def test_an_error_value_is_a_fault_of_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "错误.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("任务清单")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, (1, "甲"))
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    (fault,) = read(path).faults
    assert (fault.row, fault.letter) == (2, "C")


def test_merged_cells_in_the_data_name_their_range_for_every_row(workbook: MakeBook) -> None:
    def merge(book: Workbook) -> None:
        book["任务清单"].merge_cells("B3:B4")

    table = read(workbook({"任务清单": [HEADER, (1, "甲"), (2, "乙"), (3, None), (4, "丁")]}, merge))
    assert [(fault.row, fault.column) for fault in table.faults] == [(3, "任务"), (4, "任务")]
    assert all("B3:B4" in fault.message for fault in table.faults)


def test_content_without_a_header_is_not_lost_silently(workbook: MakeBook) -> None:
    (fault,) = read(workbook({"任务清单": [HEADER, (1, "甲", None, None, "多出的话")]})).faults
    assert (fault.letter, fault.column) == ("E", "E")
    assert "没有表头" in fault.line


# What is wrong with the header


def test_a_missing_header_is_named_together_with_what_was_found(workbook: MakeBook) -> None:
    message = refusal(workbook({"任务清单": [("编号", "任务"), (1, "甲")]}))
    assert message == "来件.xlsx〔任务清单〕缺少列：序号；现有列：编号、任务"


def test_a_slip_in_an_optional_header_does_not_pass_as_a_note(workbook: MakeBook) -> None:
    assert "没有“完成时限”列，而有“完成时限要求”列" in refusal(
        workbook({"任务清单": [("序号", "任务", "完成时限要求")]})
    )


def test_a_merged_header_is_refused_with_its_range(workbook: MakeBook) -> None:
    def title(book: Workbook) -> None:
        book["任务清单"].merge_cells("A1:C1")

    message = refusal(workbook({"任务清单": [("2022年任务清单",), HEADER, (1, "甲")]}, title))
    assert "A1:C1" in message


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "空表"),
        ([(), HEADER, (1, "甲")], "第1行是空的"),
        ([("序号", "任务", "任务")], "表头“任务”重复（C1）"),
        ([("序号", "=A1")], "表头 B1 是公式"),
    ],
)
def test_a_header_that_cannot_be_trusted_is_refused(
    workbook: MakeBook, rows: list[tuple[object, ...]], words: str
) -> None:
    assert words in refusal(workbook({"任务清单": rows}))


def test_a_workbook_without_the_sheet_says_which_it_has(workbook: MakeBook) -> None:
    assert "没有工作表“任务清单”，现有：Sheet1、旧表" in refusal(workbook({"Sheet1": [HEADER], "旧表": []}))


# What is wrong with the file


def test_a_zip_bomb_is_refused_before_it_is_unpacked(workbook: MakeBook, repack: MakeBook) -> None:
    bomb = repack(workbook({"任务清单": [HEADER]}), {"xl/worksheets/sheet1.xml": b" " * (60 * 1024 * 1024)})
    assert bomb.stat().st_size < 200_000
    start = time.process_time()
    assert "压缩炸弹" in refusal(bomb)
    assert time.process_time() - start < 0.5


def test_an_archive_that_unpacks_beyond_200_mb_is_refused(workbook: MakeBook, repack: MakeBook) -> None:
    filler = bytes(range(256)) * 4096 * 9
    parts = {f"xl/media/{i}.bin": filler for i in range(23)}
    assert "压缩炸弹" in refusal(repack(workbook({"任务清单": [HEADER]}), parts))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_way_to_pack_that_unpacks_to_any_size_at_once_is_refused(tmp_path: Path, method: int) -> None:
    odd = tmp_path / "任务清单.xlsx"
    with zipfile.ZipFile(odd, "w", method) as archive:
        archive.writestr("[Content_Types].xml", b" " * 1000)
    data = odd.read_bytes().replace(b"\x5d\x00\x00", b"\xff\xff\xff", 1)  # LZMA's properties, spoilt
    odd.write_bytes(data)
    assert "压缩方法" in refusal(odd)


def test_a_part_that_says_it_is_small_takes_little(tmp_path: Path) -> None:
    odd = tmp_path / "任务清单.xlsx"
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", bytes(64 * 2**20))
    data = odd.read_bytes()
    place = data.rindex(b"PK\x01\x02")
    odd.write_bytes(data[: place + 24] + (10).to_bytes(4, "little") + data[place + 28 :])
    tracemalloc.start()
    try:
        assert refusal(odd)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


def test_an_archive_of_very_many_parts_is_refused(workbook: MakeBook, repack: MakeBook) -> None:
    assert "压缩炸弹" in refusal(repack(workbook({"任务清单": [HEADER]}), {f"x/{i}": b"" for i in range(2001)}))


def test_a_file_over_20_mb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "大.xlsx"
    with path.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    assert "超过 20 MB" in refusal(path)
    assert "超过 20 MB" in refusal(path.rename(tmp_path / "大.csv"))


def test_macros_are_refused_by_suffix_by_content_and_by_declaration(workbook: MakeBook, repack: MakeBook) -> None:
    plain = workbook({"任务清单": [HEADER]})
    with zipfile.ZipFile(plain) as archive:
        types = archive.read("[Content_Types].xml")
    declared = types.replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main")
    assert "含有宏" in refusal(repack(plain, {}, name="清单.xlsm"))
    assert "含有宏" in refusal(repack(plain, {"xl/vbaProject.bin": b"x"}, name="藏.xlsx"))
    assert "含有宏" in refusal(repack(plain, {"[Content_Types].xml": declared}, name="声明.xlsx"))


def test_encrypted_and_old_files_are_refused_for_what_they_are(tmp_path: Path) -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1024)
    encrypted = csv_file(tmp_path, ole + "EncryptedPackage".encode("utf-16-le"), name="密.xlsx")
    assert "已加密" in refusal(encrypted)
    assert "旧版 .xls" in refusal(csv_file(tmp_path, ole, name="旧.xls"))


BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]>
<sst><si><t>&lol2;</t></si></sst>"""
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'


@pytest.mark.parametrize(
    ("part", "content"),
    [("xl/workbook.xml", BILLION_LAUGHS), ("xl/worksheets/sheet1.xml", EXTERNAL), ("xl/styles.xml", BILLION_LAUGHS)],
)
def test_xml_entities_are_refused_in_every_part(
    workbook: MakeBook, repack: MakeBook, part: str, content: bytes
) -> None:
    assert "XML 实体" in refusal(repack(workbook({"任务清单": [HEADER]}), {part: content}))


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/workbook.xml": None},
        {"xl/worksheets/sheet1.xml": None},
        {"_rels/.rels": None},
        {"[Content_Types].xml": None},
        {"xl/workbook.xml": b"<workbook><sheets>"},
        {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row r='1'><c r='A1' t='s'><v>9</v></c></row>"},
        {"xl/worksheets/sheet1.xml": b"<worksheet><row r='x'/></worksheet>"},
    ],
)
def test_a_broken_workbook_is_refused_in_one_line(
    workbook: MakeBook, repack: MakeBook, parts: dict[str, bytes | None]
) -> None:
    assert "不是完好的 .xlsx 文件" in refusal(repack(workbook({"任务清单": [HEADER]}), parts))


def test_a_file_cut_short_or_of_another_kind_is_refused(workbook: MakeBook, tmp_path: Path) -> None:
    whole = workbook({"任务清单": [HEADER]}).read_bytes()
    assert "不是完好的" in refusal(csv_file(tmp_path, whole[:2000], name="半.xlsx"))
    assert "不是完好的" in refusal(csv_file(tmp_path, "序号,任务\n", name="假.xlsx"))
    assert "只能读 .xlsx" in refusal(csv_file(tmp_path, "x", name="计划.docx"))


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    assert "超过 20000 行" in refusal(csv_file(tmp_path, "序号,任务\n" + "1,甲\n" * 20_001))
    path = tmp_path / "多.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("任务清单")
        for number in range(20_002):
            sheet.write_row(number, 0, ("序号", "任务"))
    assert "超过 20000 行" in refusal(path)


def test_a_sheet_of_endless_empty_cells_is_refused(
    workbook: MakeBook, repack: MakeBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.xlsx.MAX_CELLS", 20_000)
    filler = os.urandom(2 * 1024 * 1024).hex().encode()
    sheet = b"<worksheet><!--" + filler + b"--><sheetData><row>" + b"<c/>" * 20_001 + b"</row></sheetData></worksheet>"
    assert "单元格超过 100 万个" in refusal(
        repack(workbook({"任务清单": [HEADER]}), {"xl/worksheets/sheet1.xml": sheet})
    )


def test_a_csv_as_excel_writes_it_is_read(tmp_path: Path) -> None:
    message = refusal(csv_file(tmp_path, "编号,名称\n1,甲\n".encode("gb18030")))
    assert "现有列：编号、名称" in message


def test_a_csv_that_is_damaged_names_the_line(tmp_path: Path) -> None:
    message = refusal(csv_file(tmp_path, ("编号,名称\n" + "1,河道清淤工程\n" * 9).encode() + b"\xe6\xb2,"))
    assert "第11行有损坏的字符" in message


def test_a_csv_with_an_open_quote_or_binary_content_is_refused(tmp_path: Path) -> None:
    assert "引号不成对" in refusal(csv_file(tmp_path, '序号,任务\n1,"甲\n'))
    assert "不是文本文件" in refusal(csv_file(tmp_path, "序号,任务\n1,\0\n"))


def test_a_missing_file_or_table_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="找不到文件") as refused:
        read(tmp_path / "没有.xlsx")
    assert refused.value.code == "not_found"
    csv_file(tmp_path, "x\n", name="别的.csv")
    assert "没有 任务清单.csv，现有：别的.csv" in refusal(tmp_path)


def test_cells_written_without_references_are_read_in_order(workbook: MakeBook, repack: MakeBook) -> None:
    sheet = io.StringIO()
    sheet.write('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
    for cells in (HEADER, ("1", "甲", "2022-06-30")):
        sheet.write("<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in cells) + "</row>")
    sheet.write("</sheetData></worksheet>")
    path = repack(workbook({"任务清单": [HEADER]}), {"xl/worksheets/sheet1.xml": sheet.getvalue().encode()})
    (row,) = read(path).rows
    assert (row.number, row.text("任务"), row.text("完成时限")) == (2, "甲", "2022-06-30")


# Dates


@pytest.mark.parametrize(
    "value",
    [
        *("2022-06-30", "2022-6-30", "2022/6/30", "2022.6.30", "2022年6月30日", "20220630", " ２０２２－０６－３０ "),
        *("2022-06-30 00:00:00", "2022 年 6 月 30 日"),
        *(date(2022, 6, 30), datetime(2022, 6, 30), 44742),  # noqa: DTZ001
    ],
)
def test_a_date_that_can_mean_one_day_only_is_taken(value: str | int | date) -> None:
    assert as_date(value) == date(2022, 6, 30)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *(
            (text, "不是明确的日期")
            for text in ("6/30/2022", "30-06-2022", "22-06-30", "6月30日", "2022年6月", "6月底")
        ),
        *((text, "不是明确的日期") for text in ("2022-06/30", "尽快", "44742", "长期" * 30, "2022-06-30至2022-07-30")),
        ("2022-02-29", "这一天不存在"),
        ("2022年13月1日", "这一天不存在"),
        ("1922-06-30", "年份不在"),
        (datetime(1900, 1, 5), "年份不在"),  # noqa: DTZ001
        (datetime(2022, 6, 30, 18), "带有时刻"),  # noqa: DTZ001
        (44742.5, "不是明确的日期"),
        (30, "不是明确的日期"),
        (True, "不是明确的日期"),
    ],
)
def test_a_date_that_is_ambiguous_or_impossible_is_refused(value: str | float | datetime, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        as_date(value)
    assert "2022-06-30" in str(refused.value)
    assert len(str(refused.value)) < 80
