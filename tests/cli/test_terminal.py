"""No text of the log reaches a terminal as anything but text: an earlier build kept whatever was typed."""

import json
import re
import unicodedata

import pytest

from cli.tables import table
from eventlog.database import Database
from tests.cli.test_walking import Screen
from tests.support.command_line import CommandLine
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import OFFICE, opening

TITLE = "编制\x1b[2J\x1b]0;改了标题\x07竖向\u202e规划\x9b31m\u2066红\x7f"
SHOWN = ("编制", "竖向规划", "红")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def steering(text: str) -> set[str]:
    """The characters of a text that are none a person reads, but for line ends and tabs."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t"}


@pytest.fixture
def odd(log: Database) -> Database:
    act(log, "matter/odd", opening(TITLE), OFFICE, at("2022-03-07"))
    return log


@pytest.mark.parametrize(
    "words",
    [
        ("task", "list"),
        ("task", "show", "1"),
        ("audit", "replay", "1"),
        ("audit", "replay", "1", "--step"),
        ("audit", "explain", "1"),
        ("notice", "list"),
        ("today",),
    ],
    ids=" ".join,
)
def test_what_steers_a_terminal_is_not_shown(odd: Database, xmh: CommandLine, words: tuple[str, ...]) -> None:
    answer = xmh(*words)
    assert answer.code == 0
    assert steering(answer.out) | steering(answer.error) == set()
    told = xmh(*words, "--json").out
    assert steering(told) == set()
    json.loads(told)


def test_who_reads_the_json_reads_what_is_in_the_log(odd: Database, xmh: CommandLine) -> None:
    assert [row["title"] for row in xmh.json("task", "list")["matters"]] == [TITLE]


def test_a_cell_of_a_table_makes_no_row() -> None:
    forged = "主机\n2022-03-07 09:00  备份\u2028还原\r\n"
    rows = table(("时间", "经手"), [("2022-03-08", forged), ("2022-03-09", (forged, "red"))]).splitlines()
    assert [row[:10] for row in rows[1:]] == ["2022-03-08", "2022-03-09"]


def test_a_refusal_that_quotes_it_does_not_either(odd: Database, xmh: CommandLine) -> None:
    refused = xmh("task", "show", "编制", "--as-of", "2021-01-01")
    assert (refused.code, steering(refused.error)) == (4, set())


def test_on_a_terminal_the_tables_colours_are_all_there_is(odd: Database, xmh: CommandLine) -> None:
    screen = Screen(xmh.home, "task", "list")
    out = screen.until("红")
    assert "\x1b[" in out, "it is coloured"
    assert steering(COLOUR.sub("", out.replace("\r\n", "\n"))) == set()
    assert screen.process.wait(20) == 0


def test_walking_shows_it_as_text(odd: Database, xmh: CommandLine) -> None:
    screen = Screen(xmh.home, "audit", "replay", "1", "--walk")
    out = screen.until("q 退出")
    assert [words for words in SHOWN if words not in out] == []
    assert steering(out) <= {"\x1b", "\r"}
    assert "\x1b]" not in out
    screen.press(b"q")
    assert screen.process.wait(20) == 0
