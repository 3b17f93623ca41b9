"""A file or a folder somebody names that cannot be written: one line, before anything is numbered or kept."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from documents.bulletin.drafts import kept_drafts
from eventlog import reading
from eventlog.database import Database
from services.issuing.bulletins import bulletin_numbers_on_disk
from tests.cli.test_meeting_papers import Today, today
from tests.documents.quarter import play
from tests.support.command_line import CommandLine
from tests.support.office import office_today

__all__ = ["today"]
SPAN = ("--from", "2022-01-01", "--to", "2022-03-31")
MARCH = ("--from", "2022-03-01", "--to", "2022-03-31")
FILES = {
    "draft": ("briefing", "draft", *SPAN),
    "annual": ("briefing", "annual", "--year", "2022"),
    "unit": ("briefing", "unit", "gengxin", "--year", "2022"),
    "form": ("form", "国际交流中心"),
    "form --issue": ("form", "国际交流中心", "--issue", "--sign", "leader", "--yes"),
    "circular": ("paper", "circular", *MARCH),
    "circular --issue": ("paper", "circular", *MARCH, "--issue", "--sign", "leader", "--yes"),
    "pack": ("meeting", "pack", "--week", "2022-W10"),
    "table": ("plan", "table", "--as-of", "2022-03-31"),
}
Place = Callable[[Path, str], Path]


def below_a_file(folder: Path, name: str) -> Path:
    (folder / "一份文件").write_text("占着", encoding="utf-8")
    return folder / "一份文件" / name


def in_no_folder(folder: Path, name: str) -> Path:
    return folder / "没有这个目录" / name


def a_folder(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def too_long(folder: Path, name: str) -> Path:
    return folder / ("长" * 200 + name)


PLACES: Mapping[Place, str] = {
    below_a_file: "路径中有一段不是目录",
    in_no_folder: "没有这个目录或文件",
    a_folder: "这是一个目录",
    too_long: "文件名太长",
}


@pytest.fixture
def played(log: Database) -> Database:
    play(log)
    return log


@pytest.mark.parametrize("words", FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_written_is_told_before_anything_is_issued_or_kept(
    played: Database, xmh: CommandLine, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = reading.read_all(played)[-1].position
    for place, why in PLACES.items():
        out = place(tmp_path, "件.xlsx" if words[0] == "plan" else "件.docx")
        said = xmh(*words, "-o", out)
        assert (said.code, said.out) == (2, "")
        assert said.error == f"错误：{out} 写不了（{why}），请换一个位置，或关闭正打开它的程序"
    assert reading.read_all(played)[-1].position == before
    assert (kept_drafts(xmh.home), bulletin_numbers_on_disk(xmh.home)) == ((), {})


def test_after_the_line_the_same_paper_gets_the_number_it_would_have_had(
    played: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    del played
    refused = xmh.json(*FILES["form --issue"], "-o", in_no_folder(tmp_path, "督办单.docx"), code=2)
    assert refused["error"]["code"] == "unwritable"
    done = xmh.json(*FILES["form --issue"], "-o", tmp_path / "督办单.docx")
    assert done["number"].endswith("〕1号")


def test_looking_whether_a_file_can_be_written_leaves_what_is_there(
    played: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    del played
    there, new = tmp_path / "旧.docx", tmp_path / "新.docx"
    there.write_bytes(b"PK old")
    for out in (there, new):
        assert xmh("briefing", "draft", "--from", "2022-04-01", "--to", "2022-03-01", "-o", out).code == 2
    assert there.read_bytes() == b"PK old"
    assert not new.exists()


@pytest.mark.parametrize(
    ("words", "name", "wanted"),
    [
        (FILES["draft"], "草稿.pdf", ".docx"),
        (FILES["form --issue"], "督办单.wps", ".docx、.pdf、.html 或 .md"),
        (FILES["table"], "表.csv", ".xlsx 或 .docx"),
    ],
)
def test_an_ending_nothing_is_written_in_names_those_there_are(
    played: Database, xmh: CommandLine, tmp_path: Path, words: tuple[str, ...], name: str, wanted: str
) -> None:
    said = xmh(*words, "-o", tmp_path / name)
    assert (said.code, said.error) == (2, f"错误：{tmp_path / name} 应是 {wanted} 文件")
    assert reading.stream_head(played, f"paper/{office_today().year}").version == 0


def test_places_that_cannot_be_made_are_told_by_rebuild_and_by_what_exports(
    played: Database, xmh: CommandLine, tmp_path: Path
) -> None:
    del played
    issued = xmh.json("briefing", "issue", xmh.json(*FILES["draft"])["draft"], "--sign", "leader")["bulletin"]
    place = below_a_file(tmp_path, "目录")
    for words in (
        ("briefing", "rebuild", issued, "--out", place),
        ("briefing", "templates", "--export", place),
        ("policy", "export", "-o", place),
    ):
        said = xmh(*words)
        assert (said.code, said.out) == (2, "")
        assert said.error == f"错误：{place} 写不了（路径中有一段不是目录），请换一个位置，或关闭正打开它的程序"


def test_papers_of_a_meeting_that_cannot_be_written_are_told_before_minutes_are_signed(
    today: Today, tmp_path: Path
) -> None:
    today.sit()
    out = in_no_folder(tmp_path, "件.docx")
    for words in (("notice",), ("agenda",), ("minutes",), ("minutes", "--sign", "leader", "--yes")):
        said = today.xmh("meeting", words[0], today.no, *words[1:], "-o", out)
        assert (said.code, said.out) == (2, "")
        assert said.error == f"错误：{out} 写不了（没有这个目录或文件），请换一个位置，或关闭正打开它的程序"
    assert today.minutes()["minutes"] is None
    assert today.minutes("--sign", "leader", "--yes")["minutes"].endswith("〕1号")
