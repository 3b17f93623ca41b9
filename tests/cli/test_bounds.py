"""What is typed is bounded and cleaned at the door, and told in one line that stays on its line."""

from itertools import chain
from pathlib import Path

import pytest

from eventlog import reading
from eventlog.database import Database
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import OFFICE, opening

OPEN = ("task", "open", "--basis", "会议", "--lead", "gengxin", "--due", "2099-03-31")


def newest(log: Database) -> int:
    with log.reading() as transaction:
        row = transaction.one("SELECT max(position) FROM events")
    return int(row[0]) if row else 0


@pytest.mark.parametrize("command", [
    ("task", "list"), ("today",), ("task", "show", "1"), ("calendar", "show", "2022"), ("org", "list"),
    ("notice", "list"), ("plan", "table", "-o", "t.xlsx"), ("audit", "verify"),
])  # fmt: skip
def test_a_read_in_the_name_of_nobody_is_refused(xmh: CommandLine, command: tuple[str, ...]) -> None:
    said = xmh(*command, actor="nobody")
    assert (said.code, said.out) == (4, "")
    assert "通讯录里没有编号为 nobody 的人员" in said.error


@pytest.mark.parametrize("command_id", ["short", "含有中文的编号", "x" * 129, "a b c d e f g h"])
def test_a_command_id_of_another_alphabet_is_refused(xmh: CommandLine, command_id: str) -> None:
    said = xmh(*OPEN, "--title", "泵站检修", "--command-id", command_id)
    assert said.code == 2
    assert "8 至 128 位" in said.error


@pytest.mark.usefixtures("service")
def test_what_nobody_sees_is_dropped_at_the_door_and_found_again(xmh: CommandLine, log: Database) -> None:
    opened = xmh.json(*OPEN, "--title", "雨水\u200b管网\u202e改造\x07")
    assert [m.title for m in reading.find_matters(log, opened["matter"])] == ["雨水管网改造"]
    assert opened["matter"] in xmh("ask", "雨水管网").out
    again = xmh(*OPEN, "--title", "雨水管\u2060网改造")
    assert again.code == 3
    assert "重复" in again.error


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(("option", "value", "said"), [
    ("--due", "9999-12-31", "1990–2100"), ("--occurred", "1980-01-01", "1990–2100"),
    ("--title", "\u200b\u200d", "事项名称"), ("--point", "图审;due=2999-01-01", "1990–2100"),
    ("--indicator", "量;unit=方;target=9999999999999999999", "应写成"),
])  # fmt: skip
def test_what_is_out_of_bounds_is_refused_in_one_line(
    xmh: CommandLine, log: Database, option: str, value: str, said: str
) -> None:
    before = newest(log)
    options = {"--title": "泵站检修", "--due": "2099-03-31", "--basis": "会议", "--lead": "gengxin", option: value}
    refused = xmh("task", "open", *chain(*options.items()))
    assert refused.code == 2
    assert said in refused.error
    assert newest(log) == before


def test_an_old_log_with_unseen_characters_is_searched_and_its_table_comes_back_untouched(
    xmh: CommandLine, log: Database
) -> None:
    made = opening("占位")
    dirty = made.model_copy(update={"title": "雨水\u200b管网改造"})
    act(log, "matter/old", dirty, OFFICE, at("2022-03-31"))
    assert "雨水\u200b管网改造" in [m.title for m in reading.find_matters(log, "雨水管网")]
    table = xmh.home / "t.xlsx"
    assert xmh("plan", "table", "-o", table).code == 0
    said = xmh("plan", "import", table, "--dry-run")
    assert said.code == 0, said


def test_an_error_is_one_line_whatever_was_typed(xmh: CommandLine) -> None:
    for typed in ("行一\n行二", "\x1b[2J\x07红", "\u202e反"):
        said = xmh("task", "show", typed)
        assert said.code == 4
        assert "\x1b" not in said.error
        assert "\u202e" not in said.error


def test_an_argument_that_is_no_text_is_refused(xmh: CommandLine) -> None:
    said = xmh("ask", "\udcc4\udce3")
    assert said.code == 2
    assert "不是 UTF-8" in said.error


def test_a_file_that_may_not_be_read_is_told_in_the_office_s_words(
    xmh: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the tests as root may read all; the command of a service runs as a user who may not."""
    (backup := tmp_path / "备份.zip").touch()
    (kept := tmp_path / "master.key").touch()
    monkeypatch.setattr("os.access", lambda path, _: str(path) != str(kept))
    for words, named in ((("drill", backup, "--master-key", kept), "--master-key"), (("org", "import", kept), "FILE")):
        shown = xmh(*words)
        assert (shown.code, named in shown.error, "readable" in shown.error) == (2, True, False), shown.error
        assert f"没有读 {kept} 的权限" in shown.error


def test_an_option_that_takes_no_value_says_so_in_the_office_s_words(xmh: CommandLine) -> None:
    shown = xmh("task", "list", "--json=1")
    assert (shown.code, "后面不写内容" in shown.error) == (2, True), shown.error
