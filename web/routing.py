"""Which route an address is meant for, found among a few and not among all."""

from copy import copy

from fastapi import APIRouter
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send


class RouteIndex:
    """Hands an address to those routes whose first and last word it has, in their order.

    A router holds every route's pattern against the address until one fits: with two hundred of them a page took
    longer to be found than some take to be asked. What fits is the same, and so is what is said where nothing does.
    """

    def __init__(self, router: APIRouter) -> None:
        """Of a router, which may be given more routes afterwards."""
        self._whole = router
        self._index()

    def _index(self) -> None:
        self._worded = [(*_words_of(route), route) for route in self._whole.routes]
        self._first, self._last = ({words[at] for words in self._worded} for at in (0, 1))
        self._few: dict[tuple[str | None, str | None], APIRouter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the whole router would."""
        if len(self._worded) != len(self._whole.routes):
            self._index()
        indexed = scope["type"] == "http" and not scope.get("root_path")
        router = self._router_of(scope["path"]) if indexed else self._whole
        await router.app(scope, receive, send)

    def _router_of(self, path: str) -> APIRouter:
        """A router of the routes an address can be meant for; an unknown word stands for any other."""
        first, last = _ends(path)
        words = (first if first in self._first else None, last if last in self._last else None)
        router = self._few.get(words)
        if router is None:
            router = self._few[words] = copy(self._whole)
            router.routes = [
                one for *own, one in self._worded if all(a in (None, b) for a, b in zip(own, words, strict=True))
            ]
        return router


def _words_of(route: BaseRoute) -> tuple[str | None, str | None]:
    """The first and the last word of a route's pattern; None where any may stand."""
    pattern = getattr(route, "path", None)
    if not isinstance(pattern, str):
        return None, None
    first, last = (None if "{" in word else word for word in _ends(pattern))
    return first, None if isinstance(route, Mount) else last


def _ends(path: str) -> tuple[str, str]:
    words = path.removeprefix("/").split("/")
    return words[0], words[-1]
