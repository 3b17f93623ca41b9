"""Text, secret text above all, can come on standard input instead of standing among the processes."""

import io
import sys

import pytest

from tests.support.command_line import CommandLine

OPEN = ("task", "open", "--title", "泵站检修", "--basis", "领导批示", "--due", "2099-03-31", "--lead", "gengxin")


def given(patch: pytest.MonkeyPatch, data: bytes) -> None:
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


@pytest.mark.usefixtures("service")
def test_an_instruction_and_a_report_are_read_from_standard_input(
    xmh: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, "抓紧落实，每周报我\n".encode("gb18030"))
    xmh.json(*OPEN, "--instruction", "-", "--by", "leader", "--paper", "香指办阅〔2022〕3号")
    assert "抓紧落实，每周报我" in xmh("task", "show", "1").out
    xmh.json("task", "accept", "1", actor="li")
    given(monkeypatch, "图审\u200b完成".encode())
    xmh.json("task", "report", "1", "--text", "-", "--secret", actor="li")
    assert "图审完成" in xmh("task", "show", "1").out


def test_standard_input_without_text_is_told_so(xmh: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b"  \n")
    said = xmh("task", "object", "1", "--text", "-")
    assert said.code in (2, 4)
    given(monkeypatch, bytes(range(256)))
    assert xmh("task", "open", "--title", "-").code == 2
