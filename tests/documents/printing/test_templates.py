"""Templates an office changes: what it may change, what it may not lose, and that an issue keeps the one it had."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.styles.style import ParagraphStyle

from documents.filing.shelf import SHELF, press_of_template, shelve_template
from documents.formats.docx import REQUIRED
from documents.formats.press import LAYOUT, Press
from documents.formats.templates import exported_template, load_template
from documents.formats.word_styles import Style
from documents.formats.word_templates import word_templates as drawn
from documents.page import Layout
from documents.sections.trial import try_templates
from domain.base import Refusal
from tests.documents.printing.sample import bulletin


def changed(folder: Path, change: Callable[[Docx], None], name: str = "简报.docx") -> Press:
    """A press whose office changed one of the templates."""
    document = Document(io.BytesIO(exported_template(LAYOUT)[name]))
    change(document)
    folder.mkdir(exist_ok=True)
    document.save(str(folder / name))
    return Press(template=load_template(LAYOUT, folder))


def without(field: str) -> Callable[[Docx], None]:
    def change(document: Docx) -> None:
        for line in list(document.element.body.iter(qn("w:t"))):
            if field in (line.text or ""):
                line.text = line.text.replace(f"{{{{ {field} }}}}", "").replace(f"{{{{p {field} }}}}", "")
                line.text = line.text.replace(f"if {field}", "if True").replace(f"or {field}", "")
                line.text = line.text.replace(f"in {field}", "in ()")

    return change


def before(text: str) -> Callable[[Docx], None]:
    """Puts a line before everything else."""

    def change(document: Docx) -> None:
        document.paragraphs[0].insert_paragraph_before(text)

    return change


def test_the_programs_own_templates_are_those_the_standard_draws() -> None:
    kept = {name: data for name, data in exported_template(LAYOUT).items() if name.endswith(".docx")}
    assert {name: words(data) for name, data in kept.items()} == {name: words(data) for name, data in drawn().items()}


def words(data: bytes) -> list[str]:
    """What a file holds, whoever packed it."""
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name).decode() for name in archive.namelist()]


def test_what_an_office_changes_in_word_is_printed(tmp_path: Path) -> None:
    def change(document: Docx) -> None:
        style = document.styles[Style.TEXT]
        assert isinstance(style, ParagraphStyle)
        style.font.size = Pt(14)
        document.paragraphs[0].insert_paragraph_before("深圳市福田区")

    lines = Document(io.BytesIO(changed(tmp_path, change).printed(bulletin(2), "docx"))).paragraphs
    assert lines[0].text == "深圳市福田区"
    body = next(p for p in lines if p.text.startswith("今年以来"))
    style = body.style
    assert isinstance(style, ParagraphStyle)
    assert style.font.size == Pt(14)


def test_a_word_processor_may_give_styles_other_ids(tmp_path: Path) -> None:
    """As WPS does: it numbers them."""

    def change(document: Docx) -> None:
        ids = {s.style_id: f"a{n}" for n, s in enumerate(document.styles)}
        for element in document.element.iter(qn("w:pStyle")):
            element.set(qn("w:val"), ids[element.get(qn("w:val"))])
        for element in document.styles.element.iter(qn("w:basedOn"), qn("w:next"), qn("w:link")):
            element.set(qn("w:val"), ids.get(element.get(qn("w:val")), "a0"))
        for style in document.styles:
            style.element.set(qn("w:styleId"), ids[style.style_id])

    lines = Document(io.BytesIO(changed(tmp_path, change).printed(bulletin(2), "docx"))).paragraphs
    heading = next(p for p in lines if p.text == "一、总体情况")
    assert heading.style is not None
    assert heading.style.name == "Heading 1"


@pytest.mark.parametrize("field", REQUIRED[Layout.BULLETIN])
def test_a_lost_field_is_one_line_that_names_it(field: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=rf"缺少字段 \{{\{{ {field} \}}\}}") as refused:
        changed(tmp_path, without(field)).printed(bulletin(1), "docx")
    assert refused.value.code == "template_broken"
    assert str(tmp_path) in refused.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ 报头", "简报.docx 有错误"),
        ("{{ 抬头 }}", "不认识的字段 抬头"),
        ("{% for 行 in 报送 %}", "简报.docx 有错误"),
        ("{{ 报头.__class__.__mro__ }}", "简报.docx 有错误"),
    ],
)
def test_a_wrong_field_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    press = changed(tmp_path, before(text))
    with pytest.raises(Refusal, match=said) as refused:
        press.printed(bulletin(1), "docx")
    assert refused.value.code == "template_broken"
    assert "\n" not in refused.value.message


def test_a_field_that_is_asked_for_and_not_printed_is_one_line(tmp_path: Path) -> None:
    def change(document: Docx) -> None:
        line = next(p for p in document.paragraphs if p.text == "{{ 期号 }}")
        line.runs[0].text = "{% if 期号 == '第8期' %}{{ 期号 }}{% endif %}"

    with pytest.raises(Refusal, match="没有印出 期号"):
        changed(tmp_path, change).printed(bulletin(1), "docx")


def test_a_style_that_was_deleted_is_one_line(tmp_path: Path) -> None:
    def change(document: Docx) -> None:
        document.styles[Style.CELL_HEAD].delete()

    with pytest.raises(Refusal, match="缺少样式“表头”"):
        changed(tmp_path, change).printed(bulletin(1), "docx")


def test_a_trial_names_every_broken_file(tmp_path: Path) -> None:
    press = changed(tmp_path, without("期号"))
    (tmp_path / "page.typ").write_text("#let x = (", encoding="utf-8")
    (tmp_path / "page.html").write_text("{% for %}", encoding="utf-8")
    (tmp_path / "纪要.docx").write_bytes(b"PK")
    (tmp_path / "简报.toml").write_text("标识 = 内部", encoding="utf-8")
    (tmp_path / "~$简报.docx").write_bytes(b"a lock of Word")
    found = {t.file: t for t in try_templates(press)}
    broken = {"简报.docx", "page.typ", "page.html", "纪要.docx", "简报.toml"}
    assert {name for name, t in found.items() if t.fault} == broken
    assert {name for name, t in found.items() if t.own} == broken


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"模板目录 .* 不存在") as refused:
        Press(template=load_template(LAYOUT, tmp_path / "没有")).printed(bulletin(1), "html")
    assert refused.value.code == "template_gone"


# --- the shelf


def test_an_issue_finds_the_template_it_was_printed_by(tmp_path: Path) -> None:
    then = changed(tmp_path / "own", without("不存在"))
    shelve_template(tmp_path, then.template)
    first = then.printed(bulletin(1), "docx")
    now = changed(tmp_path / "own", before("改了"))
    assert now.template.sha256 != then.template.sha256
    again = press_of_template(tmp_path, now, then.template.sha256, "简报-2022-07")
    assert again.printed(bulletin(1), "docx") == first
    assert press_of_template(tmp_path, now, None, "简报-2022-07").template is now.template
    assert press_of_template(tmp_path, now, Press().template.sha256, "简报-2022-07").printed(bulletin(1), "docx")


def test_a_template_that_is_gone_or_touched_is_one_line(tmp_path: Path) -> None:
    then = changed(tmp_path / "own", before("旧"))
    with pytest.raises(Refusal, match="简报-2022-07 所用的模板不在了") as refused:
        press_of_template(tmp_path, Press(), then.template.sha256, "简报-2022-07")
    assert refused.value.code == "template_gone"
    shelve_template(tmp_path, then.template)
    place = next((tmp_path / "documents" / SHELF).iterdir())
    (place / "page.html").write_text("改了", encoding="utf-8")
    with pytest.raises(Refusal, match="所用的模板已被改动"):
        press_of_template(tmp_path, Press(), then.template.sha256, "简报-2022-07")
