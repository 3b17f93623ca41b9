"""An address finds the route it would find among all of them."""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from settings import Settings
from tests.support.office import founded, sqlite
from web.app import make_app
from web.routing import RouteIndex
from web.service import WebService

STRANGE = (
    "",
    "/",
    "//",
    "/nothing",
    "/api",
    "/api/",
    "/api/v1/nothing",
    "/static",
    "/static/",
    "/static/a/b.css",
    "/todo/",
)
METHODS = ("GET", "POST", "DELETE")


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[BaseRoute], RouteIndex]]:
    home = tmp_path_factory.mktemp("routes")
    founded(sqlite(home)).close()
    service = WebService(Settings(home=home))
    router = make_app(service).router
    index = router.middleware_stack
    assert isinstance(index, RouteIndex)
    yield router.routes, index
    service.close()


def fitting(routes: list[BaseRoute], path: str, method: str) -> list[tuple[BaseRoute, Match]]:
    """The routes that fit an address, wholly or but for the method, in their order."""
    scope: Scope = {"type": "http", "path": path, "method": method, "root_path": "", "headers": []}
    matches = ((route, route.matches(dict(scope))[0]) for route in routes)
    return [(route, match) for route, match in matches if match is not Match.NONE]


def test_every_address_fits_the_same_routes_in_the_same_order(routes: tuple[list[BaseRoute], RouteIndex]) -> None:
    every, index = routes
    patterns = [str(getattr(route, "path", "")) for route in every]
    # Where anything may stand, something strange, a word that is a pattern's last, and one that is a pattern's first.
    addresses = {
        re.sub(r"\{[^}]*\}", word, pattern) for pattern in patterns for word in ("7", "report", "api", "督办.pdf")
    }
    assert len(addresses) > len(every)
    for path in (*addresses, *STRANGE, *(f"{one}/" for one in addresses), *(f"{one}/more" for one in addresses)):
        for method in METHODS:
            few = index._router_of(path).routes
            assert fitting(few, path, method) == fitting(every, path, method), (method, path)


def test_no_address_is_held_against_many_patterns(routes: tuple[list[BaseRoute], RouteIndex]) -> None:
    every, index = routes
    for path, most in (
        ("/api/v1/matters/7/commands/report", 12),
        ("/matters/7", 40),
        ("/static/style.css", 3),
        ("/", 3),
    ):
        assert len(index._router_of(path).routes) <= most < len(every) / 4, path


def test_what_strangers_ask_for_is_not_kept(routes: tuple[list[BaseRoute], RouteIndex]) -> None:
    _, index = routes
    for no in range(100):
        index._router_of(f"/stranger{no}/matters/{no}x")
    assert len({id(index._router_of(f"/stranger{no}/x{no}")) for no in range(5)}) == 1
