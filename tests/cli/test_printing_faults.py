"""What is wrong with templates, faces, signatures or periods is one line; nothing is issued, no number is used."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.bulletin.drafts import kept_drafts
from documents.formats.press import LAYOUT
from documents.formats.templates import exported_template
from eventlog import reading
from eventlog.database import Database
from services.issuing.bulletins import bulletin_numbers_on_disk
from tests.cli.test_unwritable import played
from tests.documents.printing.test_templates import changed, without
from tests.support.command_line import CommandLine
from tests.support.office import office_today

__all__ = ["played"]
SPAN = ("--from", "2022-01-01", "--to", "2022-03-31")
MARCH = ("--from", "2022-03-01", "--to", "2022-03-31")
DRAFT = ("briefing", "draft", *SPAN)
FORM = ("form", "国际交流中心", "--issue", "--sign", "leader", "--yes")
CIRCULAR = ("paper", "circular", *MARCH, "--issue", "--sign", "leader", "--yes")
YEAR = office_today().year
Spoil = Callable[[Path], str]
"""Breaks one template of a folder; the words that name what is wrong."""


def lost_field(folder: Path) -> str:
    changed(folder, without("期号"))
    return f"模板 {folder / '简报.docx'} 有错误，不能成文：缺少字段 {{{{ 期号 }}}}"


def no_word_file(name: str) -> Spoil:
    def spoil(folder: Path) -> str:
        (folder / name).write_text("不是 .docx", encoding="utf-8")
        return f"模板 {folder / name} 有错误，不能成文"

    return spoil


def recipe(old: str, new: str, said: str) -> Spoil:
    def spoil(folder: Path) -> str:
        text = exported_template(LAYOUT)["简报.toml"].decode()
        assert old in text
        (folder / "简报.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return f"{folder / '简报.toml'}{said}"

    return spoil


def source(name: str, data: bytes, said: str) -> Spoil:
    def spoil(folder: Path) -> str:
        (folder / name).write_bytes(data)
        return f"模板 {folder / name} 有错误，不能成文：{said}"

    return spoil


BROKEN = {
    "a .docx that lost a field": lost_field,
    "a .docx that is none": no_word_file("简报.docx"),
    "a recipe with a slip": recipe('"标识" = ', '"标识" ', " 不是 TOML 文件：第"),
    "a recipe with a part nobody knows": recipe('"总体数字"', '"天气"', "：栏目“要情”的内容没有“天气”，可填：提请研究"),
    "a .pdf's with a slip": source("page.typ", b"#let x = (", "unclosed delimiter"),
    "an .html's with a slip": source("page.html", b"<p>{% if %}</p>", "第1行"),
    "an .html's with a field nobody knows": source("page.html", "{{ page.抬头 }}".encode(), ""),
    "an .html's in another encoding": source("page.html", "标题".encode("gb18030"), "不是 UTF-8 文本"),
}


@pytest.fixture
def own(xmh: CommandLine) -> Path:
    """The office's own templates."""
    folder = xmh.home / "templates"
    folder.mkdir()
    return folder


def nothing_issued(xmh: CommandLine, log: Database) -> None:
    assert bulletin_numbers_on_disk(xmh.home) == {}
    assert {p.name for p in (xmh.home / "documents").glob("*/*.*")} == set()
    assert [reading.stream_head(log, s).version for s in ("bulletin/briefing", f"paper/{YEAR}")] == [0, 0]


# --- templates


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_template_refuses_the_draft_and_the_repaired_one_gets_the_first_number(
    played: Database, xmh: CommandLine, own: Path, spoil: Spoil
) -> None:
    said = spoil(own)
    refused = xmh(*DRAFT)
    assert (refused.code, refused.out) == (3, "")
    assert refused.error.startswith(f"错误：{said}")
    assert xmh.json(*DRAFT, code=3)["error"]["code"] == "template_broken"
    assert kept_drafts(xmh.home) == ()
    nothing_issued(xmh, played)
    shutil.rmtree(own)
    draft = xmh.json(*DRAFT)["draft"]
    assert xmh.json("briefing", "issue", draft, "--sign", "leader")["bulletin"] == f"简报-{YEAR}-01"


def test_a_draft_of_before_drafts_named_their_templates_is_not_issued_by_a_broken_one(
    played: Database, xmh: CommandLine, own: Path
) -> None:
    draft = xmh.json(*DRAFT)["draft"]
    file = xmh.home / "drafts" / f"{draft}.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**told, "template_sha256": None}), encoding="utf-8")
    said = lost_field(own)
    refused = xmh("briefing", "issue", draft, "--sign", "leader")
    assert (refused.code, said in refused.error) == (3, True)
    nothing_issued(xmh, played)
    (own / "简报.docx").unlink()
    assert xmh.json("briefing", "issue", draft, "--sign", "leader")["no"] == 1


def test_a_draft_is_issued_by_the_templates_it_was_drafted_by_and_by_no_others(
    played: Database, xmh: CommandLine, own: Path
) -> None:
    (own / "page.html").write_bytes(exported_template(LAYOUT)["page.html"] + "<!-- 本单位 -->".encode())
    first, second = xmh.json(*DRAFT)["draft"], xmh.json(*DRAFT)["draft"]
    source("page.html", b"{% if %}", "")(own)
    done = xmh.json("briefing", "issue", first, "--sign", "leader")
    assert "<!-- 本单位 -->" in Path(done["files"]["html"]).read_text(encoding="utf-8")
    shutil.rmtree(xmh.home / "documents" / "模板")
    for words in (("issue", second, "--sign", "leader"), ("show", second)):
        refused = xmh("briefing", *words)
        assert (refused.code, refused.out) == (3, "")
        assert refused.error.startswith(f"错误：草稿 {second} 所用的模板不在了（应在 {xmh.home / 'documents' / '模板'}")
    assert reading.stream_head(played, "bulletin/briefing").version == 1


def test_a_rebuild_whose_templates_are_gone_is_one_line_and_the_others_are_rebuilt(
    played: Database, xmh: CommandLine, own: Path
) -> None:
    del played
    usual = xmh.json("briefing", "issue", xmh.json(*DRAFT)["draft"], "--sign", "leader")["bulletin"]
    (own / "page.html").write_bytes(exported_template(LAYOUT)["page.html"] + "<!-- 本单位 -->".encode())
    ours = xmh.json("briefing", "issue", xmh.json(*DRAFT)["draft"], "--sign", "leader")["bulletin"]
    shutil.rmtree(own)
    shutil.rmtree(xmh.home / "documents" / "模板")
    refused = xmh("briefing", "rebuild", ours)
    assert (refused.code, refused.out) == (3, "")
    assert refused.error.startswith(f"错误：{ours} 所用的模板不在了")
    every = xmh("briefing", "rebuild", "--all")
    assert (every.code, every.err) == (3, "")
    assert f"✓ {usual}　逐字节一致" in every.out
    assert f"✗ {ours}　不一致\n    {ours} 所用的模板不在了" in every.out
    assert every.out.endswith("共核对2件成文，1件不一致\n")


@pytest.mark.parametrize("words", [FORM, CIRCULAR], ids=["form", "circular"])
def test_a_paper_whose_template_is_broken_takes_no_number(
    played: Database, xmh: CommandLine, own: Path, words: tuple[str, ...]
) -> None:
    del played
    if words is CIRCULAR:
        assert xmh("paper", "approve", *MARCH, "--by", "leader", "--paper", "香指办阅〔2022〕9号").code == 0
    said = no_word_file("公文.docx")(own)
    refused = xmh(*words)
    assert (refused.code, refused.out) == (3, "")
    assert refused.error.startswith(f"错误：{said}")
    assert xmh.json("paper", "list")["papers"] == []
    assert not list((xmh.home / "documents").glob("督办公文/*"))
    (own / "公文.docx").unlink()
    assert xmh.json(*words)["number"] == f"香指办督〔{YEAR}〕1号"


def test_doctor_and_templates_say_whose_templates_there_are_and_name_the_broken_ones(
    log: Database, xmh: CommandLine, own: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del log

    def doctor(kind: str, code: str) -> dict[str, str]:
        [found] = [f for f in xmh.json("doctor", code=1)[kind] if f["code"] == code]
        return dict(found)

    own.rmdir()
    assert doctor("notices", "templates")["message"] == "成文用自带的模板"
    assert xmh("briefing", "templates", "--export", own).code == 0
    for file in ("动态.docx", "函.docx", "报告.docx", "公文.docx", "纪要.docx", "page.html"):
        (own / file).unlink()
    assert doctor("notices", "templates")["message"] == "本单位的模板3个，均可用：page.typ、简报.docx、简报.toml"
    assert xmh("briefing", "templates").code == 0
    faults = [lost_field(own), BROKEN["a recipe with a slip"](own), BROKEN["a .pdf's with a slip"](own)]
    broken = doctor("problems", "template_broken")
    assert all(fault in broken["message"] for fault in faults)
    assert "移走改用自带的" in broken["remedy"]
    told = xmh("briefing", "templates")
    assert (told.code, [fault in told.out for fault in faults]) == (3, [True] * 3)
    monkeypatch.setenv("XMH_TEMPLATES", str(tmp_path / "没有"))
    assert "模板目录" in doctor("problems", "template_gone")["message"]
    monkeypatch.setenv("XMH_FONTS", str(tmp_path / "没有"))
    monkeypatch.delenv("XMH_TEMPLATES")
    assert "字体目录" in doctor("problems", "fonts_missing")["message"]


# --- folders


@pytest.mark.parametrize(
    ("setting", "what"),
    [("XMH_FONTS", "字体目录 {} 不存在"), ("XMH_TEMPLATES", "模板目录 {} 不存在")],
)
def test_a_folder_that_is_not_there_is_named_by_whatever_prints(
    played: Database, xmh: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, what: str
) -> None:
    gone, out = tmp_path / "没有", tmp_path / "件.pdf"
    draft = xmh.json(*DRAFT)["draft"]
    monkeypatch.setenv(setting, str(gone))
    for words in (
        DRAFT,
        ("briefing", "issue", draft, "--sign", "leader"),
        FORM,
        ("form", "国际交流中心", "-o", out),
        ("briefing", "annual", "--year", "2022", "-o", out),
        ("briefing", "templates"),
    ):
        refused = xmh(*words)
        assert (refused.code, refused.out) == (3, "")
        assert refused.error.startswith(f"错误：{what.format(gone)}，请检查 xmh.toml 的 [")
        assert not out.exists()
    nothing_issued(xmh, played)
    assert [d.id for d in kept_drafts(xmh.home)] == [draft]


# --- signatures


@pytest.mark.parametrize("who", ["li", "head", "office-2", "audit", "孙四"])
def test_who_is_no_leader_signs_neither_issue_nor_paper(played: Database, xmh: CommandLine, who: str) -> None:
    draft = xmh.json("briefing", "draft", "--series", "动态", *SPAN)["draft"]
    for words, what in (
        (("briefing", "issue", draft, "--sign", who), "动态须由领导签发"),
        (("form", "国际交流中心", "--issue", "--sign", who, "--yes"), "督办单须由领导签发"),
        (("form", "国际交流中心", "--kind", "交办通知单", "--issue", "--sign", who, "--yes"), "交办通知单须由领导签发"),
        (("paper", "circular", *MARCH, "--issue", "--sign", who, "--yes"), "通报须由领导签发"),
    ):
        refused = xmh(*words)
        assert (refused.code, refused.error) == (3, f"错误：{what}，请用 --sign 写明签发领导")
    nothing_issued(xmh, played)


def test_a_person_nobody_knows_signs_nothing_and_a_void_wants_a_leader(played: Database, xmh: CommandLine) -> None:
    draft = xmh.json(*DRAFT)["draft"]
    for words in (("briefing", "issue", draft), ("form", "国际交流中心", "--issue", "--yes")):
        refused = xmh(*words, "--sign", "没有此人")
        assert (refused.code, refused.error) == (4, "错误：通讯录里没有“没有此人”，请用 xmh org list 查看人员编号")
    nothing_issued(xmh, played)
    number = xmh.json(*FORM)["number"]
    refused = xmh("paper", "void", number, "--reason", "主送有误", "--by", "li", "--yes")
    assert (refused.code, refused.error) == (3, "错误：作废公文须由领导决定，请用 --by 写明是哪位领导")
    assert xmh.json("paper", "list")["papers"][0]["void"] is None


@pytest.mark.parametrize("who", ["li", "head", "audit"])
def test_nobody_but_the_office_types_a_leaders_signature(played: Database, xmh: CommandLine, who: str) -> None:
    draft = xmh.json(*DRAFT)["draft"]
    for words in (("briefing", "issue", draft, "--sign", "leader"), FORM, CIRCULAR):
        refused = xmh(*words, actor=who)
        assert (refused.code, refused.error) == (3, "错误：只有办公室督办员可以代录领导签发")
    nothing_issued(xmh, played)


# --- periods


def test_a_period_with_nothing_in_it_says_so_in_every_section(played: Database, xmh: CommandLine) -> None:
    nothing = ("--from", "2020-01-01", "--to", "2020-01-31")
    said = xmh("briefing", "draft", *nothing)
    assert said.code == 0
    empty = said.out.count("\n暂无。\n") + said.out.count("\n本期没有")
    assert empty == said.out.count("\n### ") == 2
    others: tuple[tuple[str, ...], ...] = (
        ("briefing", "draft", "--series", "动态", *nothing),
        ("meeting", "pack", "--week", "2020-W10"),
        ("briefing", "annual", "--year", "2020"),
        ("briefing", "unit", "gengxin", "--year", "2020"),
    )
    for words in others:
        said = xmh(*words)
        assert (said.code, "暂无。" in said.out) == (0, True)
    assert "## 区城市更新和土地整备局2020年督办事项情况" in said.out
    refused = xmh("paper", "circular", *nothing)
    assert (refused.code, "没有可通报的情况" in refused.error) == (3, True)
    del played


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("briefing", "draft", "--from", "2022-03-31", "--to", "2022-03-01"), "起始日期 2022年3月31日 晚于截止日期"),
        (("briefing", "draft", "--to", "2099-01-01"), "截止日期 2099-01-01 还没有到"),
        (("briefing", "draft", "--from", "2022-02-30"), "没有“2022-02-30”这一天"),
        (("paper", "circular", "--from", "2022-03-31", "--to", "2022-03-01"), "起始日期 2022-03-31 晚于截止日期"),
        (("paper", "circular", "--from", "2022-03-01", "--to", "2099-01-01"), "截止日期最晚为昨天"),
        (("briefing", "annual", "--year", "2099"), "2099年还没有到"),
        (("briefing", "unit", "gengxin", "--year", "2099"), "2099年还没有到"),
        (("plan", "table", "--as-of", "2099-01-01", "-o", "表.xlsx"), "还没有到"),
        (("meeting", "pack", "--week", "2022-W60"), "没有“2022-W60”这一周"),
    ],
)
def test_a_period_that_cannot_be_is_one_line(
    played: Database, xmh: CommandLine, words: tuple[str, ...], said: str
) -> None:
    refused = xmh(*words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.error
    assert kept_drafts(xmh.home) == ()
    nothing_issued(xmh, played)
