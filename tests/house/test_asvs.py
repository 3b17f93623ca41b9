"""`docs/asvs.md`: every requirement of level 2 has a test that exists, or a reason; the page counts itself right."""

import ast
import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import pytest

from tests.support.served import ROOT

PAGE = ROOT / "docs" / "asvs.md"
SECTIONS = {
    **{"1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2"},
    **{"2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1"},
    **{"3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2"},
    **{"4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4"},
    **{"5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3"},
    **{"6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4"},
    **{"7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2"},
    **{"8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1", "9.1": "1-3", "9.2": "1-4"},
    **{"10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3"},
    **{"11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1"},
    **{"12.1": "1-3", "12.2": "1-2", "12.3": "1-4"},
    **{"13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5"},
    **{"14.1": "1-2", "14.2": "1-4", "14.3": "1-3", "15.1": "1-3", "15.2": "1-3", "15.3": "1-7"},
    **{"16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3"},
    **{"17.1": "1", "17.2": "1-4", "17.3": "1-2"},
}
"""The sections of ASVS 5.0.0, and which of their requirements are of levels 1 and 2."""
ALL = 253
STATES = {"met", "n/a", "deviates", "open"}


class Line(NamedTuple):
    """A requirement as the page has it."""

    no: str
    about: str
    state: str
    why: str


def lines_of(page: str) -> list[Line]:
    """The requirements of a page, in order."""
    rows = re.findall(r"^\| (V[\d.]+) \| (.+?) \| (.+?) \| (.+) \|$", page, re.M)
    return [Line(*row) for row in rows]


def wanted() -> list[str]:
    numbers = []
    for section, span in SECTIONS.items():
        first, _, last = span.partition("-")
        numbers += [f"V{section}.{n}" for n in range(int(first), int(last or first) + 1)]
    return numbers


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests of a file; none when it is not there."""
    place = ROOT / file
    if not place.is_file():
        return frozenset()
    module = ast.parse(place.read_text(encoding="utf-8"))
    functions = (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(f.name for f in functions if f.name.startswith("test_"))


def faults(lines: list[Line]) -> list[str]:
    """What is wrong with lines: a state nobody knows, a test or page that is not there, no reason."""
    wrong = [f"{one.no}: {one.state}" for one in lines if one.state not in STATES]
    for one in lines:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", one.why)
        wrong += [f"{one.no}: {file}::{test}" for file, test in named if test not in named_in(file)]
        pages = re.findall(r"`([\w./-]+\.(?:md|json|html)|(?!tests/)[\w/]+\.py)`", one.why)
        wrong += [f"{one.no}: {page}" for page in pages if not (ROOT / page).exists()]
        if not named and len(one.why) < len("no SAML"):
            wrong.append(f"{one.no}: neither test nor reason")
    return wrong


def test_every_requirement_has_a_test_that_exists_or_a_reason() -> None:
    page = PAGE.read_text(encoding="utf-8")
    lines = lines_of(page)
    assert len(wanted()) == ALL
    assert [one.no for one in lines] == wanted()
    assert faults(lines) == []
    counted = dict(re.findall(r"^\| (met|n/a|deviates|open) \| .+? \| (\d+) \|$", page, re.M))
    assert {state: int(n) for state, n in counted.items()} == dict(Counter(one.state for one in lines))


@pytest.mark.parametrize(
    "line",
    [
        Line(
            "V1.1.1",
            "x",
            "done",
            "`tests/house/test_asvs.py::test_every_requirement_has_a_test_that_exists_or_a_reason`",
        ),
        Line("V1.1.1", "x", "met", "`tests/house/test_asvs.py::test_nobody_wrote`"),
        Line("V1.1.1", "x", "met", "`tests/house/test_nowhere.py::test_nothing`"),
        Line("V1.1.1", "x", "met", "`docs/nowhere.md`"),
        Line("V1.1.1", "x", "open", ""),
    ],
)
def test_a_line_that_claims_what_is_not_there_is_found(line: Line) -> None:
    assert faults([line])
