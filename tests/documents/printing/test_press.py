"""What the press prints says what the page says, in every format and character, and is the same bytes each time."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pdfminer.high_level import extract_text
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from documents.checking.pdf_reading import read_pdf
from documents.formats.fonts import MISSING, FaceRole, Typeface
from documents.formats.press import FORMATS, GB_2, GB_3, GB_4, GB_5, GB_6, GB_7, LAYOUT, Press
from documents.formats.tables import columns_of, lines_of
from documents.formats.templates import load_template
from documents.page import Grid, Items, Layout, Page, Paragraph, Roll, Section
from domain.base import Refusal
from tests.documents.printing.sample import ISSUER, ON, bulletin, form, minutes, news, paper, report

PRESS = Press()
RARE = "堃喆玥珺彧犇芃旻昇翀垚㎡"
HOSTILE = '<script>alert("1")</script> & #eval("1") #{ $x$ [*a*] \\ `r` </p> {{ 7 * 7 }} {% x %} 《甲》'


def saying(text: str) -> Page:
    return bulletin(1).model_copy(update={"sections": (Section(title="甲", blocks=(Paragraph(text=text),)),)})


def words(data: bytes) -> str:
    return "".join(extract_text(io.BytesIO(data)).split())


@pytest.mark.parametrize(
    "page", [bulletin(), paper(), minutes(), bulletin().model_copy(update={"layout": Layout.REPORT})]
)
def test_every_format_says_everything(page: Page) -> None:
    text = words(PRESS.printed(page, "pdf"))
    html = PRESS.printed(page, "html").decode().replace("<wbr>", "")
    for said in (page.masthead, page.issue, page.issuer, page.title, "2022年12月30日", "签发：吴七", "一、总体情况"):
        assert said in text.replace("\u200b", ""), said
        assert said in html, said


def test_the_same_page_is_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys, hashlib, json\n"
        "from documents.formats.press import Press, FORMATS\n"
        "from tests.documents.printing.sample import bulletin\n"
        "p = Press()\n"
        "print(json.dumps({k: hashlib.sha256(p.printed(bulletin(), k)).hexdigest() for k in FORMATS}))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/New_York", "PYTHONPATH": str(Path.cwd())}
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    here = {kind: hashlib.sha256(PRESS.printed(bulletin(), kind)).hexdigest() for kind in FORMATS}
    assert json.loads(other.stdout) == here


def test_no_character_is_ever_blank() -> None:
    page = saying(f"负责人：{RARE}")
    assert list(PRESS.typeface.missing(RARE)) == []
    data = PRESS.printed(page, "pdf")
    assert RARE in words(data)
    assert MISSING not in words(data)
    assert without_glyph(PRESS.typeface, data) == set()


def test_what_a_face_lacks_is_taken_from_the_next(tmp_path: Path) -> None:
    renamed(tmp_path / "fs.otf", "FangSong_GB2312", only="负责人")
    own = Typeface([tmp_path])
    data = Press(own).printed(saying(f"负责人：{RARE}"), "pdf")
    set_in = {g.text: g.font for face in read_pdf(data).faces for g in face.glyphs}
    assert set_in["负"] == "FangSong_GB2312"
    assert {set_in[c] for c in RARE} == {"NotoSerifSC-Regular"}
    assert without_glyph(own, data) == set()


def without_glyph(typeface: Typeface, data: bytes) -> set[str]:
    """Characters set in a face that has none for them: a reader sees an empty box, whatever can be copied out."""
    from fontTools.ttLib import TTFont

    known = {}
    for info in typeface.found.fonts():
        with TTFont(info.path) as font:
            known[font["name"].getDebugName(6)] = frozenset(font.getBestCmap())
    glyphs = [g for face in read_pdf(data).faces for g in face.glyphs if g.text.strip()]
    return {g.text for g in glyphs if any(ord(c) not in known[g.font] for c in g.text)}


def test_what_no_face_has_is_set_as_a_missing_type_and_declared() -> None:
    data = PRESS.printed(saying("完成😀验收"), "pdf")
    assert f"完成{MISSING}验收" in words(data)
    assert "U+1F600" in read_pdf(data).declared
    assert "完成😀验收" in PRESS.printed(saying("完成😀验收"), "html").decode()


def test_each_substitution_is_declared_in_the_file() -> None:
    declared = read_pdf(PRESS.printed(bulletin(), "pdf")).declared
    for role in FaceRole:
        assert f"{role.label}以" in declared
    metadata = PdfReader(io.BytesIO(PRESS.printed(bulletin(), "pdf"))).metadata
    assert metadata is not None
    assert metadata.author == ISSUER
    assert metadata.creation_date is not None
    assert metadata.creation_date.date() == ON


def test_an_offices_own_faces_are_taken_before_any_other(tmp_path: Path) -> None:
    renamed(tmp_path / "fs.otf", "FangSong_GB2312")
    found = Typeface([tmp_path])
    assert found.faces[FaceRole.BODY].choice.family == "FangSong_GB2312"
    assert "仿宋" not in found.substitutions
    assert "小标宋" in found.substitutions
    data = Press(found).printed(bulletin(1), "pdf")
    assert "仿宋以" not in read_pdf(data).declared


def renamed(path: Path, family: str, only: str | None = None) -> None:
    """The wheel's 宋 under another name: what an office's own face is, to the program. `only` is all it has."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from pylopdf_fonts_zh_cn import serif_path

    font = TTFont(serif_path(), lazy=True)
    for record in font["name"].names:
        if record.nameID in (1, 6, 16):
            record.string = family
    if only is not None:
        smaller = Subsetter(Options(layout_features=[], name_IDs=["*"], drop_tables=["GSUB", "GPOS", "BASE"]))
        smaller.populate(text=only)
        smaller.subset(font)
    font.save(path)


def test_a_folder_of_fonts_that_is_not_there_is_one_line() -> None:
    with pytest.raises(Refusal, match="字体目录 /没有 不存在") as refused:
        Press(Typeface([Path("/没有")])).printed(bulletin(1), "pdf")
    assert refused.value.code == "fonts_missing"


def test_text_is_never_source_nor_markup() -> None:
    page = saying(HOSTILE).model_copy(update={"title": HOSTILE, "masthead": "甲<b>乙", "addressee": HOSTILE})
    assert "".join(HOSTILE.split()) in words(PRESS.printed(page, "pdf"))
    html = PRESS.printed(page, "html").decode().replace("<wbr>", "")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "{{ 7 * 7 }}" in html


def test_the_html_needs_nothing_beside_it() -> None:
    html = PRESS.printed(bulletin(), "html").decode()
    for word in ("http://", "https://", "src=", "<link", "url(", "@import"):
        assert word not in html
    assert "@media print" in html


def test_a_long_text_and_a_long_name_are_set() -> None:
    page = saying("一" * 40_000).model_copy(
        update={"masthead": "香蜜湖" * 20, "issuer": "市重点区域开发建设总指挥部" * 4}
    )
    data = PRESS.printed(page, "pdf")
    assert words(data).count("一") >= 40_000
    assert len(PdfReader(io.BytesIO(data)).pages) > 60
    assert PRESS.printed(page, "docx")


def test_a_table_goes_on_over_pages_with_its_head() -> None:
    data = PRESS.printed(bulletin(400), "pdf")
    faces = read_pdf(data).faces
    heads = sum("事项牵头单位办结时限逾期" in "".join(g.text for g in face.glyphs) for face in faces)
    assert heads > 1


def test_an_item_has_its_number_and_a_paper_its_seal_place() -> None:
    page = paper(1).model_copy(update={"sections": (Section(title="甲", blocks=(Items(items=("乙", "12月20日丙")),)),)})
    said = words(PRESS.printed(page, "pdf"))
    assert "1.乙" in said
    assert "2.12月20日丙" in said
    assert "区建筑工务署：" in said


@pytest.mark.parametrize(("name", "kind"), [("page.typ", "pdf"), ("page.html", "html"), ("简报.docx", "docx")])
def test_a_broken_layout_is_one_line(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("#let x = {{ ( {% for %}", encoding="utf-8")
    with pytest.raises(Refusal, match=f"模板 {tmp_path}/{name} 有错误") as refused:
        Press(template=load_template(LAYOUT, tmp_path)).printed(bulletin(1), kind)
    assert refused.value.code == "template_broken"
    assert "\n" not in refused.value.message


def test_a_layout_this_build_has_not_is_one_line() -> None:
    with pytest.raises(Refusal, match="本版本没有"):
        load_template("gb-0")
    with pytest.raises(Refusal, match="本版本没有"):
        load_template("../../..")


PRINTED = {
    GB_2: {
        "md": "013d1eb0e33ca863",
        "html": "6f2f36e3d2983991",
        "docx": "cd3c7053eeb26401",
        "pdf": "5fa0372e5defb232",
    },
    GB_3: {
        "md": "013d1eb0e33ca863",
        "html": "ac62f3c6e90648ed",
        "docx": "cd3c7053eeb26401",
        "pdf": "5fa0372e5defb232",
    },
    GB_4: {
        "md": "013d1eb0e33ca863",
        "docx": "09cd2ad677b6b154",
        "pdf": "b879533b9d822779",
        "html": "25d1680dcba05777",
    },
    GB_5: {
        "md": "013d1eb0e33ca863",
        "docx": "09cd2ad677b6b154",
        "pdf": "69e11ce5dcb018ad",
        "html": "0041dc4476596d94",
    },
    GB_6: {
        "md": "013d1eb0e33ca863",
        "docx": "7acc86eb955e024a",
        "pdf": "69e11ce5dcb018ad",
        "html": "982b61ceb1eea9d2",
    },
    GB_7: {
        "md": "013d1eb0e33ca863",
        "docx": "7e1345c6fec6742b",
        "pdf": "69e11ce5dcb018ad",
        "html": "982b61ceb1eea9d2",
    },
    LAYOUT: {
        "md": "013d1eb0e33ca863",
        "docx": "7e1345c6fec6742b",
        "pdf": "69e11ce5dcb018ad",
        "html": "982b61ceb1eea9d2",
    },
}
"""What this layout makes of the sample; a change here changes what was issued under the layout's name."""


@pytest.mark.parametrize("kind", FORMATS)
def test_a_changed_layout_gets_a_new_name(kind: str) -> None:
    """Fails when wording or geometry moves: give the layout a new name (LAYOUT, TEMPLATE), then these hashes."""
    assert LAYOUT == "gb-8"
    assert unpacked_hash(PRESS, kind) == PRINTED[LAYOUT][kind]


@pytest.mark.parametrize("layout", [GB_2, GB_3, GB_4, GB_5, GB_6, GB_7])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_layout_of_before_prints_as_it_did(kind: str, layout: str) -> None:
    assert unpacked_hash(Press(template=load_template(layout)), kind) == PRINTED[layout][kind]


def unpacked_hash(press: Press, kind: str) -> str:
    data = press.printed(bulletin(3), kind)
    if kind == "docx":  # packed by the zlib of this machine
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    return hashlib.sha256(data).hexdigest()[:16]


@pytest.mark.parametrize("page", [paper(5), paper(12), minutes(7), minutes(14), bulletin(200)])
def test_a_signature_never_stands_on_a_face_of_its_own(page: Page) -> None:
    said = "".join(g.text for g in read_pdf(PRESS.printed(page, "pdf")).faces[-1].glyphs)
    assert not said.startswith(("签发", ISSUER)), said


@pytest.mark.parametrize("matters", [*range(36, 40), *range(47, 50)])
def test_the_imprint_never_stands_on_a_face_of_its_own_below_text(matters: int) -> None:
    told = tuple(Paragraph(text="主体施工至五层，钢材供应紧张，施工单位正在组织材料进场。") for _ in range(matters))
    page = bulletin(1).model_copy(update={"sections": (Section(title="甲", blocks=told),)})
    said = "".join(g.text for g in read_pdf(PRESS.printed(page, "pdf")).faces[-1].glyphs)
    assert not said.startswith("报："), said


@pytest.mark.parametrize("rows", [4, 6])
@pytest.mark.parametrize("matters", [2, 3, 4, 5, 13, 14, 15])
def test_a_text_that_ends_with_a_table_sends_its_last_rows_with_the_signature(matters: int, rows: int) -> None:
    """A face with a note, who signed and 版记 would hold no text (7.3.5.4)."""
    told = tuple(Paragraph(text="主体施工至五层，钢材供应紧张，施工单位正在组织材料进场。") for _ in range(matters))
    listed = tuple((f"推进第{n}号地块主体施工", "区建筑工务署", "3月25日", "12个工作日") for n in range(rows))
    grid = Grid(headers=("事项", "牵头单位", "办结时限", "逾期"), rows=listed)
    page = bulletin(1).model_copy(update={"sections": (Section(title="甲", blocks=(*told, grid)),)})
    said = "".join(g.text for g in read_pdf(PRESS.printed(page, "pdf")).faces[-1].glyphs)
    assert f"推进第{rows - 1}号地块" in said


@pytest.mark.parametrize("rows", [*range(22, 31), 54, 57, 60])
def test_the_imprint_never_stands_on_a_face_of_its_own_below_a_list(rows: int) -> None:
    listed = tuple((f"推进第{n}号地块主体施工", "区建筑工务署", "3月25日", "12个工作日") for n in range(rows))
    grid = Grid(headers=("事项", "牵头单位", "办结时限", "逾期"), rows=listed)
    page = bulletin(1).model_copy(update={"appendices": (Section(title="附表1　甲", blocks=(grid,)),)})
    said = "".join(g.text for g in read_pdf(PRESS.printed(page, "pdf")).faces[-1].glyphs)
    assert not said.startswith("报："), said


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        # 20 characters if a figure were half of one; the open faces set it wider, and 况 stood alone on a line.
        ("区城市更新和土地整备局2022年督办事项情况", ["区城市更新和土地整备局", "2022年督办事项情况"]),
        ("区香蜜湖片区建设发展事务中心2022年督办事项情况", ["区香蜜湖片区建设发展事务中心", "2022年督办事项情况"]),
        ("2022年12月1日至12月30日督办工作情况", ["2022年12月1日至12月30日督办工作情况"]),
    ],
)
def test_a_title_breaks_where_its_sense_does_and_never_before_its_last_character(title: str, lines: list[str]) -> None:
    page = bulletin(3).model_copy(
        update={"layout": Layout.REPORT, "title": title, "names": (title[: title.index("2022")],)}
    )
    set_so = extract_text(io.BytesIO(PRESS.printed(page, "pdf"))).splitlines()
    assert [line.strip() for line in set_so if line.strip() in lines] == lines


def structure(data: bytes) -> list[str]:
    """The kinds of the .pdf's parts, as a screen reader meets them."""
    kinds: list[str] = []

    def walk(part: Any) -> None:
        part = part.get_object()
        if isinstance(part, ArrayObject):
            for one in part:
                walk(one)
        elif isinstance(part, DictionaryObject):
            kinds.extend([str(part["/S"])] if "/S" in part else [])
            walk(part.get("/K", ArrayObject()))

    walk(PdfReader(io.BytesIO(data)).root_object["/StructTreeRoot"])
    return kinds


def test_who_hears_a_pdf_hears_its_title_its_headings_and_the_heads_of_its_tables() -> None:
    """By PDF/A-2a and PDF/UA-1, of which the typesetter refuses what either forbids; a title is no paragraph."""
    page = bulletin().model_copy(update={"appendices": (Section(title="附表1", blocks=bulletin().sections[2].blocks),)})
    kinds = structure(PRESS.printed(page, "pdf"))
    assert kinds.count("/Title") == 1
    assert kinds.index("/Title") < kinds.index("/H1") < kinds.index("/H2")
    assert kinds.count("/H1") == 4, "three sections and the appendix; no level is left out"
    assert kinds.count("/TH") == 8 + 2 * 3, "of columns, and of rows"
    assert {"/H3", "/H4"}.isdisjoint(kinds)


def test_a_pdf_says_which_archive_and_access_standards_it_follows() -> None:
    packed: Any = PdfReader(io.BytesIO(PRESS.printed(news(), "pdf"))).root_object["/Metadata"]
    meta = packed.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in meta
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in meta
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta


def table_of(data: bytes) -> dict[str, int]:
    """Kinds of cells by what they are the head of."""
    kinds: dict[str, int] = {}

    def walk(part: Any) -> None:
        part = part.get_object()
        if isinstance(part, ArrayObject):
            for one in part:
                walk(one)
        elif isinstance(part, DictionaryObject):
            if part.get("/S") in ("/TH", "/TD"):
                about = [a.get_object() for a in part.get("/A", ArrayObject())]
                scope = next((str(a["/Scope"]) for a in about if "/Scope" in a), "")
                kinds[f"{part['/S']}{scope}"] = kinds.get(f"{part['/S']}{scope}", 0) + 1
                assert not any(a.get("/Headers") for a in about), "read with those alone, not with the row's"
            walk(part.get("/K", ArrayObject()))

    walk(PdfReader(io.BytesIO(data), strict=True).root_object["/StructTreeRoot"])
    return kinds


def test_a_row_is_heard_with_its_head_in_every_format() -> None:
    """Of a table the first cell of each row; of a form every label."""
    page = bulletin(8)
    assert table_of(PRESS.printed(page, "pdf")) == {"/TH/Column": 4, "/TH/Row": 2, "/TD": 6}
    assert table_of(PRESS.printed(form(), "pdf")) == {"/TH/Row": 7, "/TD": 7}
    assert PRESS.printed(page, "html").decode().count('<th scope="row"') == 2
    assert b'w:firstColumn="1"' in zipfile.ZipFile(io.BytesIO(PRESS.printed(page, "docx"))).read("word/document.xml")


def test_a_pdf_with_heads_of_rows_is_whole() -> None:
    """Its objects begin where its table says, and everything else is what the typesetter wrote."""
    page = bulletin(60)
    data = PRESS.printed(page, "pdf")
    begins = re.findall(rb"(\d{10}) 00000 n", data[data.rindex(b"xref\n0 ") :])
    assert all(data[int(at) :].startswith(b"%d 0 obj" % n) for n, at in enumerate(begins, 1))
    assert int(data.rsplit(b"startxref\n", 1)[1].split()[0]) == data.rindex(b"xref\n0 ")
    assert words(data) == words(Press(template=load_template(GB_5)).printed(page, "pdf"))


@pytest.mark.parametrize("decided", [*range(2, 6), *range(13, 17)])
def test_no_face_of_minutes_holds_only_who_was_there(decided: int) -> None:
    """As it did by gb-5 where three or fourteen lines were decided."""
    told = tuple(Paragraph(text="主体施工至五层，钢材供应紧张，施工单位正在组织材料进场。") for _ in range(decided))
    there = (
        Roll(label="出席", names="、".join(["区建筑工务署李四", "市水务局王五"] * 9)),
        Roll(label="记录", names="赵六"),
    )
    sections = (Section(title="议定事项", blocks=told), Section(title="参会人员", blocks=there))
    page = minutes(1).model_copy(update={"signer": None, "sections": sections})
    for face in read_pdf(PRESS.printed(page, "pdf")).faces[1:]:
        said = "".join(g.text for g in face.glyphs)
        assert not said.startswith(("二、参会人员", "出席：", "记录：", ISSUER)), said


@pytest.mark.parametrize("listed", [12, 15])
@pytest.mark.parametrize("ending", ["本次未议。", "见附件2", "no more"])
def test_of_a_long_last_paragraph_only_its_last_lines_go_over_with_who_was_there(listed: int, ending: str) -> None:
    """Whole it left half a face blank before it, and with a long list of names 版记 on a face of its own."""
    waiting = "".join(f"“推动第{n}号地块2022年开工，完成基坑支护和土石方”" for n in range(listed))
    told = (
        *(Paragraph(text="主体施工至五层，钢材供应紧张。") for _ in range(8)),
        Paragraph(text=f"议题{waiting}{ending}"),
    )
    there = (
        Roll(label="出席", names="、".join(["区建筑工务署李四", "市水务局王五"] * 12)),
        Roll(label="记录", names="赵六"),
    )
    sections = (Section(title="议定事项", blocks=told), Section(title="参会人员", blocks=there))
    data = PRESS.printed(minutes(1).model_copy(update={"signer": None, "sections": sections}), "pdf")
    faces = read_pdf(data).faces
    before, last = ("".join(g.text for g in face.glyphs) for face in faces[-2:])
    assert waiting in re.sub(r"—\d—", "", words(data)), "nothing is lost or said twice where it is parted"
    assert 28 < last.index("二、参会人员") <= 2 * 28 + 2, "two lines of it stand before the names"
    assert "议题" in before, "the rest of it stands where there was room"


@pytest.mark.parametrize("listed", range(12, 32))
def test_rows_that_go_over_with_the_imprint_have_their_heads(listed: int) -> None:
    """Where the last two fall on a face of their own as well as where more do."""
    heads = ("事项", "牵头单位", "办结时限", "亮灯", "情况")
    rows = tuple(
        ("推进国际交流中心一期主体施工及周边道路", "区城市更新和土地整备局", "4月6日", "红", f"逾期{n}个工作日")
        for n in range(listed)
    )
    page = bulletin(3).model_copy(
        update={"appendices": (Section(title="附表1　红灯事项", blocks=(Grid(headers=heads, rows=rows),)),)}
    )
    faces = ["".join(g.text for g in face.glyphs) for face in read_pdf(PRESS.printed(page, "pdf")).faces]
    listing = [face for face in faces if "个工作日" in face and "红" in face]
    assert sum(face.count("逾期") for face in listing) >= listed
    assert all(face.count("".join(heads)) == 1 for face in listing), listing


@pytest.mark.parametrize("number", ["督查〔2022〕3号", "督查〔2022〕13号", "督查〔2022〕113号", "XMH-2022-0113"])
def test_a_number_is_not_broken_where_words_can_be(number: str) -> None:
    heads = ("编号", "名称", "日期", "对象", "发现", "问题", "销号")
    units = "区香蜜湖片区建设发展事务中心，区城市更新和土地整备局"
    grid = Grid(headers=heads, rows=((number, "企业服务专项督查", "2022年11月9日", units, "2", "1", "1"),))
    columns = columns_of(grid, PRESS.template)
    assert [lines_of((cell,), (column,)) for cell, column in zip(grid.rows[0], columns, strict=True)][::2] == [1] * 4
    assert sum(column.share for column in columns) <= 1.001


def test_a_number_is_not_broken_where_there_is_room_for_what_each_column_needs() -> None:
    row = ("香蜜湖督〔2022〕113号", "推进国际交流中心一期主体施工及周边道路" * 4, "区城市更新和土地整备局")
    columns = columns_of(Grid(headers=("文号", "事项", "牵头单位"), rows=(row,)), PRESS.template)
    assert lines_of(row[:1], columns[:1]) == 1


def test_the_number_of_a_matter_stands_clear_of_the_edges_of_its_cell() -> None:
    """In the widest of our faces, whose capitals are nearly a character wide."""
    rows = tuple(
        (f"XMH-2022-03{n}", "引入市场化运营主体，形成片区运营遴选方案", "12月16日", "按期办结") for n in range(6)
    )
    section = Section(title="牵头事项", blocks=(Grid(headers=("编号", "事项", "办结时限", "情况"), rows=rows),))
    [face] = read_pdf(PRESS.printed(report().model_copy(update={"sections": (section,)}), "pdf")).faces
    edge = min(rule.x for rule in face.rules)
    assert [g.x - edge > 0.8 for g in face.glyphs if g.text == "X"] == [True] * len(rows)


def test_beside_titles_of_200_characters_a_short_cell_takes_two_lines_at_most() -> None:
    title = "推进国际交流中心一期主体施工及周边市政道路地下管线综合管廊配套工程建设" * 6
    rows = tuple((title[:200], "区建筑工务署", "3月25日", "红灯", "逾期12个工作日") for _ in range(12))
    grid = Grid(headers=("事项", "牵头单位", "办结时限", "亮灯", "情况"), rows=rows)
    columns = columns_of(grid, PRESS.template)
    assert [lines_of((cell,), (column,)) for cell, column in zip(rows[0], columns, strict=True)][1:] == [1, 1, 1, 1]
    assert sum(column.share for column in columns) <= 1.001
    page = bulletin(3).model_copy(update={"appendices": (Section(title="附表1　甲", blocks=(grid,)),)})
    said = words(PRESS.printed(page, "pdf"))
    assert said.count("推进国际交流中心一期主体施工") >= 12
