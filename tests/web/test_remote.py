"""`XMH_SERVER`: the command line on another machine's log; the same JSON, lines and exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.main import _code
from domain.base import Refusal
from services.remote import RemoteServer
from tests.support.command_line import CommandLine, forget_session
from tests.web.conftest import Served
from tests.web.test_commands import OPENING, post

Run = Callable[..., Any]


@pytest.fixture
def remote(working: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as the owner of a token, with no home of its own."""

    def run(
        person: str,
        *words: str,
        code: int = 0,
        token: str | None = None,
        server: str | None = None,
        text: bool = False,
    ) -> Any:
        for name in ("XMH_ACTOR", "XMH_TEMPORAL_ADDRESS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("XMH_HOME", str(tmp_path / "nothing"))
        monkeypatch.setenv("XMH_SERVER", server or working.address)
        monkeypatch.setenv("XMH_TOKEN", working.token(person) if token is None else token)
        forget_session()
        capsys.readouterr()
        ended = _code([*words, *(() if text else ("--json",))])
        forget_session()
        for name in ("XMH_SERVER", "XMH_TOKEN"):
            monkeypatch.delenv(name)
        out = capsys.readouterr().out
        assert ended == code, out
        return out if text else json.loads(out)

    return run


def test_a_matter_is_handled_and_read_from_elsewhere(
    working: Served, remote: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    no = post(working.client("office"), "/matters", {**OPENING, "title": "完成管线迁改"}).json()["matter"]
    accepted = remote("li", "task", "accept", "管线迁改")
    assert (accepted["matter"], accepted["stage"], "events" in accepted) == (no, "in_progress", False)
    remote("office", "task", "follow", no)
    words = ("task", "report", no, "--text", "完成三百米", "--progress", "30", "--command-id", "remote-1")
    reported, again = remote("li", *words), remote("li", *words)
    assert reported == again
    xmh = CommandLine(working.home, capsys)
    assert remote("office", "task", "list") == xmh.json("task", "list")
    assert remote("office", "task", "show", no) == xmh.json("task", "show", no)
    assert remote("li", "task", "list", "--mine", "--stage", "办理中")["matters"][0]["matter"] == no
    said = remote("office", "today", text=True)
    assert [title for title in ("待我办理（0）", "我的关注（1）", "会议（0）") if title not in said] == []
    assert [m["matter"] for m in remote("office", "today")["waiting_for"]] == [
        m["matter"] for m in xmh.json("today")["waiting_for"]
    ]


def test_what_goes_wrong_ends_as_it_does_at_home(working: Served, remote: Run) -> None:
    no = post(working.client("office"), "/matters", {**OPENING, "title": "另一件急事"}).json()["matter"]
    assert remote("zhao", "task", "accept", no, code=3)["error"]["code"] == "forbidden"
    assert remote("li", "task", "show", "没有这件", code=4)["error"]["code"] == "not_found"
    assert remote("li", "task", "list", "--stage", "没有", code=2)["error"]["code"] == "malformed"
    assert remote("li", "task", "list", token="xmhp_wrong", code=6)["error"]["code"] == "unauthenticated"
    assert remote("li", "task", "list", token="", code=6)["error"]["code"] == "unauthenticated"
    assert "--as" in remote("li", "task", "list", "--as", "office", code=2)["error"]["message"]
    assert remote("li", "calendar", "show", "2026", code=2)["error"]["code"] == "needs_machine"
    for words in (
        ("status",),
        ("doctor",),
        ("backup", "x.zip"),
        ("restore", "x.zip"),
        ("drill", "x.zip"),
        ("down",),
        ("recover",),
        ("migrate",),
    ):
        assert remote("li", *words, code=2)["error"]["code"] == "needs_machine", words
    assert remote("li", "task", "list", "--tree", code=2)["error"]["code"] == "needs_machine"
    assert remote("li", "task", "list", server="http://127.0.0.1:9", code=5)["error"]["code"] == "unreachable"
    clear = remote("li", "task", "list", server="http://xmh.example", code=2)["error"]
    assert "https://" in clear["message"]


def test_the_token_goes_nowhere_else_and_a_slip_is_named(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    token = served.token("office")
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert RemoteServer(served.address, f"{token}\r\n").read("/me")["person"] == "office", "past every proxy"
    for address in ("https://[::1", "https://", "ftp://xmh.example", "https://me:word@xmh.example", "xmh.example"):
        with pytest.raises(Refusal, match="XMH_SERVER 须以 https://") as told:
            RemoteServer(address, token)
        assert "word" not in told.value.message
    for slip in (token[:-1], "令牌", f"{token[:20]} {token[20:]}", "Bearer"):
        with pytest.raises(Refusal, match="XMH_TOKEN 不是完整的令牌"):
            RemoteServer("https://xmh.example", slip)
