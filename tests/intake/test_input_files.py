"""A file somebody named: asked what it is, read once, decoded alike everywhere, within a budget of time and memory."""

import os
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from documents.checking.report import check_layout
from domain.base import Refusal
from domain.calendar import WorkCalendar
from intake.draft.draft import DraftingContext, draft_file
from intake.holidays import read_holidays
from intake.policy_file import read_policy
from intake.sheets import read_table
from sheets.budget import reading_budget
from sheets.input_file import read_file, read_text, text_of

TEXT = "河道清淤，已完成一半\n下步：继续\n"
ROOT = Path(__file__).parents[2]
READERS: tuple[Callable[[Path], object], ...] = (
    read_file,
    read_text,
    read_policy,
    check_layout,
    read_holidays,
    lambda path: read_table(path, "表", ("a",)),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"])
def test_a_text_reads_the_same_in_every_encoding_offices_write(encoding: str) -> None:
    data = ("事项,进度 50%\n" + TEXT).encode(encoding)
    assert text_of(data, "表.csv") == "事项,进度 50%\n" + TEXT


def test_damaged_utf8_is_told_with_its_line_and_not_read_as_another_encoding() -> None:
    data = (TEXT * 20).encode() + b"\xe6\xb2"
    with pytest.raises(Refusal, match="第41行有损坏的字符"):
        text_of(data, "表.csv")


@pytest.mark.parametrize("data", [bytes(range(256)) * 16, b"PK\x03\x04" + bytes(200), b"\x89PNG\r\n\x1a\n\x00\xff\xfe"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match="不是文本文件"):
        text_of(data, "图.csv")


def test_characters_nobody_sees_are_dropped_from_every_text() -> None:
    assert (
        text_of(("\ufeff雨水\u200b管\u202e网\x07\r\n改造\v二期" + "工程" * 30).encode(), "表.csv")
        == "雨水管网\n改造\n二期" + "工程" * 30
    )


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_every_reader_of_text_takes_the_same_encodings(tmp_path: Path, encoding: str) -> None:
    table, plan, notice = (tmp_path / name for name in ("任务.csv", "计划.txt", "安排.json"))
    table.write_bytes("序号,任务\n1,河道清淤\n".encode(encoding))
    assert read_table(table, "任务", ("序号", "任务")).rows[0].text("任务") == "河道清淤"
    plan.write_bytes("一、推进河道清淤工程。责任单位：区水务局\n".encode(encoding))
    assert "河道清淤" in draft_file(plan, DraftingContext(calendar=WorkCalendar(), year=2026)).text
    notice.write_bytes('{"year": 2027, "off": ["2027-01-01"], "source": "国办发明电〔2026〕1号"}'.encode(encoding))
    assert read_holidays(notice).sheet is not None


def no_files(folder: Path) -> list[Path]:
    os.mkfifo(folder / "fifo.csv")
    (folder / "real.csv").write_text("a,b\n1,2\n")
    (folder / "link.csv").symlink_to(folder / "real.csv")
    with (folder / "huge.csv").open("wb") as huge:
        huge.truncate(3 * 1024 * 1024 * 1024)
    return [folder / "fifo.csv", folder / "link.csv", folder / "huge.csv", Path("/dev/zero"), folder]


def test_what_is_no_file_is_refused_at_once_by_every_reader(tmp_path: Path) -> None:
    for path in no_files(tmp_path):
        began = time.monotonic()
        for read in READERS:
            with pytest.raises(Refusal) as refusal:
                read(path)
            assert refusal.value.code == "malformed"
            assert "\n" not in refusal.value.message
        assert time.monotonic() - began < 5, path


# --- budgets


def bomb(path: Path, content: bytes) -> Path:
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    stream = StreamObject()
    stream._data = zlib.compress(content, 9)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    page[NameObject("/Contents")] = writer._add_object(stream)
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject()})
    writer.write(path)
    return path


READ = """
import resource, sys
from pathlib import Path
from domain.base import Refusal
from domain.calendar import WorkCalendar
import sheets.budget
path = Path(sys.argv[1])
sheets.budget.SECONDS = 3.0
try:
    if sys.argv[2] == "check":
        from documents.checking.report import check_layout
        check_layout(path)
    elif sys.argv[2] == "draft":
        from intake.draft.draft import DraftingContext, draft_file
        draft_file(path, DraftingContext(calendar=WorkCalendar(), year=2026))
    else:
        from intake.policy_file import read_policy
        read_policy(path)
except Refusal as refusal:
    print(refusal.message)
from tests.support.memory import peak
print(resource.getrusage(resource.RUSAGE_SELF).ru_utime, peak())
"""


def tried(path: Path, how: str) -> tuple[str, float, int]:
    """What a process of its own says, how much of the processor it took, and how much memory (MiB)."""
    command = [sys.executable, "-c", READ, str(path), how]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    assert done.stderr == ""
    *said, measured = done.stdout.strip().split("\n")
    seconds, memory = measured.split()
    return "".join(said), float(seconds), int(memory)


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize(("name", "content", "how", "part"), [
    pytest.param("dates.txt", lambda: "6月30日前，".encode() * 150_000, "draft", "单位和时限", marks=pytest.mark.chaos),
    ("heads.txt", lambda: "".join(f"{n}.推进第{n}项工作\n" for n in range(100_000)).encode(), "draft", "文字|标题"),
    ("deep.toml", lambda: b"a." * 120_000 + b"b=1", "policy", "键超过16层"),
    ("lists.toml", lambda: b"a=" + b"[" * 200_000, "policy", "TOML"),
])  # fmt: skip
def test_a_text_that_is_too_much_says_which_part(
    tmp_path: Path, name: str, content: Callable[[], bytes], how: str, part: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    said, seconds, memory = tried(path, how)
    assert re.search(part, said), said  # a quick machine comes further in the same seconds
    assert (seconds < 9, memory < 500) == (True, True), (seconds, memory)


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    "content", [lambda: b"0 " * 125_000_000, lambda: b"BT (a) Tj ET " * 8_000_000], ids=["memory", "time"]
)
@pytest.mark.parametrize("how", ["check", "draft"])
def test_a_page_that_unpacks_to_too_much_is_refused(tmp_path: Path, content: Callable[[], bytes], how: str) -> None:
    said, seconds, memory = tried(bomb(tmp_path / "bomb.pdf", content()), how)
    assert "页面" in said
    assert (seconds < 9, memory < 500) == (True, True), (seconds, memory)


def test_a_budget_ends_even_a_reader_that_swallows_every_exception() -> None:
    def stubborn() -> None:
        while True:
            with suppress(Exception):  # as libraries do
                sum(range(100_000))

    with pytest.raises(Refusal, match=r"附件 读了0\.3秒还没有读完：图层"), reading_budget("附件", "图层", seconds=0.3):
        stubborn()


def test_a_budget_that_is_over_stops_nobody() -> None:
    with reading_budget("表", "行", seconds=0.2):
        pass
    assert sum(range(20_000_000)) > 0
