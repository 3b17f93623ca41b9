"""Which commands end with 1, and that nothing else does: told by the help, the page, and what is run."""

import re

import pytest
from typer import Context

from cli.main import _code
from cli.session import CODES, Exit
from cli.shape import TAKES_TIME
from eventlog.errors import LogDamaged
from tests.fuzz.cases import VERDICTS, leaves
from tests.support.command_line import CommandLine
from tests.support.served import ROOT

PAGE = (ROOT / "docs" / "reference" / "answers.md").read_text(encoding="utf-8")
COMMANDS = leaves()


def helped(path: tuple[str, ...]) -> str:
    command = COMMANDS[path]
    return re.sub(r"\s+", "", command.get_help(Context(command, info_name=path[-1])))


def test_the_help_of_those_and_only_those_says_that_they_end_with_1() -> None:
    assert {path for path in COMMANDS if "退出码为1" in helped(path)} == set(VERDICTS)


def test_no_help_shows_what_the_parser_calls_a_type() -> None:
    """`<list[str]>` and `[0<=x<=100]` tell an office worker nothing."""
    foreign = {path: re.findall(r"<[a-z][^<>]*>|\[[^\]]*<=?x", helped(path)) for path in COMMANDS}
    assert {path: types for path, types in foreign.items() if types} == {}


@pytest.mark.parametrize("words", [(), ("task",), ("incoming",)])
def test_a_group_alone_shows_its_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(list(words)) == Exit.MALFORMED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"用法： {' '.join(('xmh', *words))} [选项] 命令 …\n")
    assert len(err.splitlines()) > 10
    assert _code([*words, "--json"]) == Exit.MALFORMED
    assert "没有写明要办什么" in capsys.readouterr().out


def test_what_is_missing_is_called_as_the_help_calls_it(xmh: CommandLine) -> None:
    refused = xmh("task", "show")
    assert (refused.code, refused.error) == (2, "错误：缺少 M（事项：编号、尾号或名称中的字词），请用 --help 查看用法")
    refused = xmh("webhook", "add", "https://oa.example/in")
    assert (refused.code, "“https://oa.example/in”已作为 PERSON（人员编号或姓名）" in refused.error) == (2, True)


def test_the_page_lists_those_and_only_those() -> None:
    listed = PAGE.partition("| command | in order |")[2].partition("\n\n")[0]
    assert set(re.findall(r"\| `xmh ([a-z ]+)`", listed)) == {" ".join(path) for path in VERDICTS}


def test_no_refusal_ends_with_1_but_a_bug() -> None:
    assert [code for code, ending in CODES.items() if ending == 1] == ["unexpected"]
    sources = {p: p.read_text(encoding="utf-8") for p in (ROOT / "cli").rglob("*.py")}
    ends = {p.relative_to(ROOT).as_posix() for p, text in sources.items() if "Exit.FOUND_WRONG" in text}
    assert ends == {
        *("cli/service/commands.py", "cli/service/keeping.py", "cli/audit.py", "cli/unanswered.py", "cli/simulate.py"),
        *("cli/evidence.py", "cli/preflight.py", "cli/archive.py", "cli/service/upgrade.py"),
    }
    bugs = {p.relative_to(ROOT).as_posix() for p, text in sources.items() if "Exit.UNEXPECTED" in text}
    assert bugs == {"cli/session.py"}


def test_a_damaged_log_is_a_service_that_is_not_there(xmh: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("events.db", "events.db-wal"):
        (xmh.home / file).write_bytes(b"no database " * 1000)
    found = xmh.json("task", "list", code=5)
    assert found["error"]["code"] == LogDamaged("").code


def test_a_hand_that_interrupts_ends_as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.main.get_command", interrupted)
    assert _code(["task", "list"]) == Exit.INTERRUPTED


def test_what_takes_its_time_is_on_the_page() -> None:
    listed = PAGE.partition("What takes as long as it takes")[2]
    taking = {path for path, command in COMMANDS.items() if getattr(command, "takes_time", False)}
    assert ("briefing", "issue") in taking
    assert ("meeting", "decide") not in taking
    told = {word for words in re.findall(r"`([a-z -]+)`", listed) for word in words.split()}
    assert [path for path in taking if path[-1] not in told] == []
    named = {tuple(words.split()) for words in re.findall(r"`xmh ([a-z ]+)`", listed)}
    assert named <= taking
    assert TAKES_TIME.match("cli.task.working:report") is None


def test_an_option_without_its_value_is_said_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(["task", "report", "7", "--text"]) == 2
    assert capsys.readouterr().err == "错误：--text 用法有误：后面须写上内容\n"
