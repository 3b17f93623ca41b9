"""Commands as subprocesses: none crashes at its exit, each ends with the code the contract names."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from process import NO_ANSWER
from tests.support.served import Answer, Home, home_in

CRASHES = ("Traceback", "Aborted", "Fatal Python error", "Segmentation fault", "panicked")
BASIS = ("--basis", "2022年工作计划", "--basis-kind", "任务清单")
COMMANDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("task", "open", "--title", "推进主体施工", "--due", "2027-06-30", *BASIS, "--lead", "gengxin")),
    (0, ("task", "accept", "{new}", "--as", "li")),
    (0, ("task", "report", "{new}", "--text", "主体施工至三层", "--progress", "30", "--as", "li")),
    (3, ("task", "accept", "{new}", "--as", "li")),
    (3, ("task", "report", "{new}", "--text", "代报", "--as", "zhao")),
    (0, ("task", "rhythm", "{new}", "daily")),
    (2, ("task", "rhythm", "{new}", "有空时")),
    (2, ("task", "report", "{new}", "--progress", "120", "--text", "已超额", "--as", "li")),
    (4, ("task", "show", "XMH-2026-999")),
    (4, ("task", "accept", "{new}", "--as", "nobody")),
    (0, ("task", "list")),
    (0, ("task", "show", "{new}")),
    (0, ("today",)),
    (0, ("audit", "verify")),
    (0, ("audit", "replay", "{new}")),
    (2, ("task", "open", "--title", "没有依据", "--due", "2027-06-30")),
    (0, ("status",)),
    (0, ("org", "list")),
    (0, ("task", "cancel", "{new}", "--reason", "试验结束")),
    (3, ("task", "urge", "{new}")),
)
EVERY_CODE = 9
"""So many of them end with every code there is."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path) as found:
        found.up()
        yield found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("runs", [EVERY_CODE, pytest.param(100, marks=pytest.mark.chaos)])
def test_commands_end_as_they_should_and_so_do_a_hundred(home: Home, runs: int) -> None:
    newest = ""
    for n, (code, words) in enumerate(itertools.islice(itertools.cycle(COMMANDS), runs)):
        answer = _answered(home, *(word.format(new=newest) for word in words))
        assert (n, answer.code) == (n, code), (words, answer)
        _ended_well(answer)
        if words[:2] == ("task", "open") and code == 0:
            newest = answer.json["matter"]


def _answered(home: Home, *words: str) -> Answer:
    """The answer; who has none in time, on a machine that does other things, asks once more under the same id."""
    answer = home.xmh(*words, "--json")
    if answer.code != NO_ANSWER:
        return answer
    _ended_well(answer)
    return home.xmh(*words, "--json", "--command-id", answer.json["error"]["command_id"])


def _ended_well(answer: Answer) -> None:
    assert not any(crash in answer.err for crash in CRASHES), answer.err
    assert ("error" in answer.json) == (answer.code != 0)
