"""What a page may weigh: few bytes of script and style, few requests, all to the own host."""

import gzip
import re
from pathlib import Path

import httpx

from tests.web.conftest import Served
from tests.web.test_signing_in import cookie_of, enrolled, enter

STATIC = Path(__file__).parents[2] / "web" / "static"
MOST_SCRIPT, MOST_STYLE, MOST_REQUESTS, MOST_WORKLIST = 8 * 1024, 10 * 1024, 5, 60 * 1024


SCRIPTS = (
    ("desk.js", "live.js", "room.js", "keys.js"),
    ("desk.js", "table.js"),
    ("wall.js",),
    ("desk.js", "sparse.js"),
)
"""What a page may ask for at most: one that is told when the log moves, one whose cells are edited, a wall screen,
a long list."""


def packed(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def test_script_and_style_are_small_and_nothing_else_is_fetched() -> None:
    assert {name for page in SCRIPTS for name in page} == {file.name for file in STATIC.glob("*.js")}
    assert all(0 < packed(*page) <= MOST_SCRIPT for page in SCRIPTS)
    assert 0 < packed(*(file.name for file in STATIC.glob("*.css"))) <= MOST_STYLE
    assert {file.suffix for file in STATIC.rglob("*") if file.is_file()} <= {".js", ".css"}, "no faces, no pictures"


def test_a_first_view_asks_little_and_only_the_own_host(served: Served) -> None:
    cookie = cookie_of(enter(served, "li", enrolled(served, "li")))
    page: httpx.Response = served.client().get("/", headers=cookie)
    asked = re.findall(r'(?:src|href)="([^"]+\.(?:js|css)[^"]*)"', page.text)
    assert 1 + len(asked) <= MOST_REQUESTS
    assert all(address.startswith("/static/") for address in asked)
    assert len(page.content) <= MOST_WORKLIST
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|javascript:", page.text), "nothing in line"
