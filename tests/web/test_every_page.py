"""Every page of the console's own table of routes, as one who may open it sees it: at a desk, on a phone and at 200 %.

Judged by every rule of axe in both themes, and photographed where `XMH_SCREENS` names a folder. A page that stands
there only when somebody did something (a file handed in, a draft to sign) is judged by the test of that.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_sight_matrix import lived, numbers_of
from tests.support.browsing import Browsing, accessible
from tests.web.conftest import Served, served_home
from tests.web.test_sight_of_pages import PAGES

if TYPE_CHECKING:
    from playwright.async_api import Browser

__all__ = ["lived"]

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
OF_THEIR_OWN = {"/import/{sha256}", "/bulletins/{draft}", "/bulletins/{draft}/sign", "/wall", "/matters/{no}/do/{do}"}
"""Judged by the tests of importing, of the bulletin's editor, the wall and the leader's phone: none is due here."""
FILES = (".pdf", ".xlsx", ".{kind}", "/content", "/files/{place}", "/papers/file", "/papers/readers", "/view")
MAY_OPEN = {"/admin": "root", "/ops": "root", "/audit": "audit", "/feedback": "li"}
"""Beginning of a route → who may open it; all else, the office."""
LOOKED_AT = [route for route in PAGES if not route.endswith(FILES) and route not in OF_THEIR_OWN]


@pytest.fixture(scope="module")
def home_of_all_kinds(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served_home(lived, tmp_path_factory.mktemp("every"), lambda _: None)


@pytest.mark.parametrize("route", LOOKED_AT)
async def test_axe_finds_nothing_grave_on_it(chromium: "Browser", home_of_all_kinds: Served, route: str) -> None:
    people = Browsing(chromium, home_of_all_kinds.log, home_of_all_kinds.address)
    person = next((who for begins, who in MAY_OPEN.items() if route.startswith(begins)), "office")
    page = await people.person(person)
    number = numbers_of(home_of_all_kinds.home)["own"]
    opened = 0
    for n, address in enumerate(PAGES[route], 1):
        answer = await page.goto(address.format(no=number, mark="主体施工"))
        assert answer is not None
        if answer.status == 200:
            await accessible(page, f"{route.strip('/').replace('/', '·') or '待办'} {n}", by_every_rule=True)
            opened += 1
    assert opened, f"{person} opens {route}"
    await people.close()
