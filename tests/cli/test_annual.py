"""`xmh briefing annual`: the sentence of the year's summary, each number with its list."""

import re
import shutil
from pathlib import Path

import pytest

from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.served import Home

EXAMPLE = Path(__file__).parents[2] / "examples" / "xiangmihu-2021"
SENTENCE = (
    "累计召开4次市级指挥部工作会议、6次联席会议、2次专家咨询会，形成7期工作简报、14次工作动态，组织或参加103次专题会议，"
    "召开50次工作例会及办公会，协调市区相关部门召开122次调研座谈会。"
)


@pytest.fixture(scope="module")
def recorded_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the registers of 2021, read once for all. Not to be written to."""
    home = tmp_path_factory.mktemp("ledger") / "home"
    shutil.copytree(founded_home, home)
    for kind, register in (("meeting", "会议台账.csv"), ("briefing", "简报台账.csv")):
        assert Home(home).ok(kind, "record", "--from", EXAMPLE / register)
    return home


@pytest.fixture
def of_2021(recorded_home: Path, home: Path, xmh: CommandLine) -> CommandLine:
    shutil.copytree(recorded_home, home, dirs_exist_ok=True)
    return xmh


def test_the_sentence_of_the_published_summary_comes_out_of_the_ledger(of_2021: CommandLine) -> None:
    assert of_2021.json("briefing", "annual", "--year", "2021")["sentence"] == SENTENCE
    assert SENTENCE in of_2021("briefing", "annual", "--year", "2021").out


def test_every_number_is_the_length_of_its_list(of_2021: CommandLine) -> None:
    document = of_2021.json("briefing", "annual", "--year", "2021")
    figures = {f["label"]: f for f in document["figures"]}
    said = re.findall(r"(\d+)[次期]([^、，。\d]+)", document["sentence"])
    assert [(int(n), label) for n, label in said] == [(len(figures[label]["list"]), label) for _, label in said]
    assert len(said) == 8
    assert {f["count"] for f in figures.values() if f["label"] not in {label for _, label in said}} == {
        83,
        118,
        36,
        62,
    }
    text = document["markdown"]
    for n, figure in enumerate(document["figures"], start=1):
        assert f"### 附表{n}　{figure['label']}（{figure['count']}" in text
        assert all(entry["no"] in text for entry in figure["list"])


def test_one_meeting_more_is_one_more_in_the_sentence(of_2021: CommandLine) -> None:
    of_2021.json("meeting", "record", "--series", "联席会议", "--at", "2021-12-20 15:00", "--title", "用地协调")
    assert "7次联席会议" in of_2021.json("briefing", "annual", "--year", "2021")["sentence"]
    assert of_2021.json("briefing", "annual", "--year", "2020")["sentence"] == ""


def test_it_is_written_as_a_file_in_the_format_of_its_name(of_2021: CommandLine, tmp_path: Path) -> None:
    from docx import Document

    out = tmp_path / "年度统计.docx"
    of_2021.json("briefing", "annual", "--year", "2021", "-o", out)
    written = Document(str(out))
    assert any(SENTENCE in p.text for p in written.paragraphs)
    assert len(written.tables[-1].rows) > 1
    said = of_2021("briefing", "annual", "--year", "2021", "-o", tmp_path / "年度统计.xls")
    assert said.code == 2
    assert "应是 .docx、.pdf、.html 或 .md 文件" in said.error


def test_a_year_to_come_and_a_folder_that_is_not_there_are_one_line(xmh: CommandLine, log: Database) -> None:
    del log
    assert "还没有到" in xmh("briefing", "annual", "--year", "2099").error
    said = xmh("briefing", "annual", "-o", "/没有的目录/年度.md")
    assert said.code == 2
    assert "写不了（没有这个目录或文件）" in said.error


def test_a_unit_gets_its_own_matters_and_a_score_that_adds_up(xmh: CommandLine, log: Database, tmp_path: Path) -> None:
    from tests.documents.quarter import play

    play(log)
    document = xmh.json("briefing", "unit", "区城市更新和土地整备局", "--year", "2022")
    assert document["score"] == sum(line["total"] for line in document["lines"])
    assert all(line["total"] == line["each"] * len(line["matters"]) for line in document["lines"])
    text = document["markdown"]
    assert "协调二期用地收储" in text
    assert "不作排名、不予公布" in text
    assert f"合计{document['score']}分" in text
    out = tmp_path / "单位.pdf"
    assert xmh("briefing", "unit", "gengxin", "--year", "2022", "-o", out).code == 0
    assert out.read_bytes().startswith(b"%PDF")
    assert xmh("briefing", "unit", "没有的单位").code == 4


def test_a_wrong_number_is_told_in_chinese(xmh: CommandLine) -> None:
    said = xmh("briefing", "annual", "--year", "去年")
    assert said.code == 2
    assert said.error.strip() == "错误：--year 填写有误：须是整数"
    assert "--year 填写有误：不能小于 2000" in xmh("briefing", "annual", "--year", "99").error
