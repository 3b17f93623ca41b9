"""Files nobody can draft from: one line each that says what, where, and what to do."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from domain.base import Refusal
from intake.draft.draft import draft_file
from intake.draft.readers import read_source
from tests.intake.draft.pdf import write_pdf
from tests.intake.draft.scoring import CORPUS, office

WORD = CORPUS / "改革台账.docx"
HEAD = ["序号", "工作任务", "责任单位", "完成时限"]


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as caught:
        draft_file(path, office())
    assert caught.value.code == ("not_found" if "找不到" in caught.value.message else "malformed")
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "无.txt").startswith("找不到文件")


def test_a_file_of_200_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "大.txt"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)
    assert refused(path) == "大.txt 超过 20 MB，请拆分或压缩后再用"


@pytest.mark.parametrize("name", ["旧.doc", "旧.xls", "稿.wps"])
def test_an_old_format_is_to_be_saved_anew(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    assert refused(path) == f"{name} 的格式读不了，请另存为 .docx 或 .xlsx 后再读"


def test_an_encrypted_word_file(tmp_path: Path) -> None:
    path = tmp_path / "密.docx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"))
    assert refused(path) == "密.docx 已加密，请取消打开密码后再导入"


def test_a_word_file_with_macros(tmp_path: Path, repack: Callable[..., Path]) -> None:
    assert "含有宏" in refused(repack(WORD, {"word/vbaProject.bin": b"x"}, "宏.docx"))
    macro = tmp_path / "宏.docm"
    macro.write_bytes(WORD.read_bytes())
    assert "含有宏" in refused(macro)


def test_a_word_file_with_entities(repack: Callable[..., Path]) -> None:
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa">]><w:document xmlns:w="w"><w:body>&a;</w:body></w:document>'
    assert "实体声明" in refused(repack(WORD, {"word/document.xml": bomb}, "实体.docx"))


def test_a_zip_bomb_in_word_clothes(tmp_path: Path) -> None:
    path = tmp_path / "弹.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (60 * 2**20))
    assert "疑似压缩炸弹" in refused(path)


def test_a_word_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "坏.docx"
    path.write_bytes(b"PK\x03\x04 nothing")
    assert refused(path) == "坏.docx 不是完好的 .docx 文件，请用 Word 或 WPS 打开后重新另存"


def test_a_scanned_pdf_says_so(tmp_path: Path) -> None:
    assert "是扫描件" in refused(write_pdf(tmp_path / "扫描.pdf", [""]))


def test_a_pdf_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "坏.pdf"
    path.write_bytes(b"%PDF-1.7 broken")
    assert refused(path) == "坏.pdf 不是完好的 PDF 文件，请重新导出后再读"


def test_an_encrypted_pdf(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(write_pdf(tmp_path / "明.pdf", ["一、推进项目"])))
    writer.encrypt("秘密")
    path = tmp_path / "密.pdf"
    writer.write(path)
    assert refused(path) == "密.pdf 已加密，请取消打开密码后再读"


def test_a_text_that_is_binary_or_empty(tmp_path: Path) -> None:
    binary, empty = tmp_path / "二进制.txt", tmp_path / "空.txt"
    binary.write_bytes(bytes(range(32)) * 20)
    empty.write_text("  \n")
    assert "不是文本文件" in refused(binary)
    assert refused(empty) == "空.txt 没有文字"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "计划.txt"
    path.write_bytes("一、推进龘项目建设。".encode(encoding))
    assert read_source(path).text == "一、推进龘项目建设。"


# Tables


def book(path: Path, *rows: Sequence[object]) -> Path:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "任务"
    for row in rows:
        sheet.append(list(row))
    workbook.save(path)
    return path


def test_a_workbook_without_a_known_header(tmp_path: Path) -> None:
    path = book(tmp_path / "表.xlsx", ["甲", "乙"], ["推进项目", "区住建局"])
    assert refused(path) == (
        "表.xlsx 〔任务〕第1行起没有认出表头（工作表：任务）：表头须有“工作任务”之类的列和责任单位、时限等列"
    )


def test_a_formula_is_named_by_sheet_row_and_column(tmp_path: Path) -> None:
    path = book(tmp_path / "表.xlsx", HEAD, [1, "推进项目", "=A1", "6月底"])
    made = draft_file(path, office())
    assert [fault.line for fault in made.faults] == [
        "表.xlsx〔任务〕第2行C列“责任单位”：是公式 =A1，请改填结果（复制后“粘贴为数值”）"
    ]


def test_a_computed_number_column_is_no_fault(tmp_path: Path) -> None:
    path = book(tmp_path / "表.xlsx", HEAD, ["=ROW()-1", "推进项目", "区住建局", "6月底"])
    made = draft_file(path, office())
    assert made.faults == ()
    assert [item.title for item in made.items] == ["推进项目"]


def test_dates_of_three_ways_in_one_column_are_read_or_doubted(tmp_path: Path) -> None:
    from datetime import date

    path = book(
        tmp_path / "表.xlsx",
        HEAD,
        [1, "推进甲项目", "区住建局", date(2022, 6, 30)],
        [2, "推进乙项目", "区住建局", 44742],
        [3, "推进丙项目", "区住建局", "2022.6.30"],
        [4, "推进丁项目", "区住建局", "1/6/2022"],
    )
    made = draft_file(path, office())
    assert [item.due for item in made.items] == [date(2022, 6, 30)] * 3 + [None]
    assert made.items[3].warnings == ("时限“1/6/2022”没有确定的日期",)
    assert made.items[3].place == "〔任务〕第5行"
