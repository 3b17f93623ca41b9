"""What people asked for and may not see, counted by the minute, so that who tries numbers stands in the record once.

A flood is one event for an account, an address and a minute; counts of a process that is killed are lost for a minute.
"""

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.access.events import ReadRefused
from domain.bounds import seen

if TYPE_CHECKING:
    from web.service import WebService

LONGEST_SOUGHT = 120
REFUSED = (403, 404)


class ReadRefusals:
    """Counts of the minutes that are not on record yet."""

    def __init__(self) -> None:
        """Nobody was refused yet."""
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str, datetime], tuple[int, str]] = {}

    def note(self, person: str, address: str, sought: str, now: datetime) -> None:
        """One more."""
        key = (person, address, now.replace(second=0, microsecond=0))
        with self._lock:
            count, first = self._counts.get(key, (0, seen(sought)[:LONGEST_SOUGHT]))
            self._counts[key] = (count + 1, first)

    def taken(self, now: datetime | None) -> Iterable[ReadRefused]:
        """What is to be recorded: the minutes that are over by now, or all; they are not counted here any more."""
        minute = now.replace(second=0, microsecond=0) if now else None
        with self._lock:
            over = {key: counted for key, counted in self._counts.items() if minute is None or key[2] < minute}
            self._counts = {key: counted for key, counted in self._counts.items() if key not in over}
        return [
            ReadRefused(person=person, address=address, minute=at, count=count, sought=sought)
            for (person, address, at), (count, sought) in over.items()
        ]

    def give_back(self, event: ReadRefused) -> None:
        """It could not be recorded; it is tried again later."""
        key = (event.person, event.address, event.minute)
        with self._lock:
            count, _ = self._counts.get(key, (0, ""))
            self._counts[key] = (count + event.count, event.sought)


class RefusalsNoted:
    """Each answer that says to somebody signed in that there is nothing of his is counted."""

    def __init__(self, app: ASGIApp, service: "WebService") -> None:
        """Wrap the application."""
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the answer as it begins."""

        async def looked_at(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                self._note(scope)
            await send(message)

        await self.app(scope, receive, looked_at)

    def _note(self, scope: Scope) -> None:
        state, client = scope.get("state", {}), scope.get("client")
        caller = state.get("caller")
        person = caller.actor.id if caller is not None else state.get("person")
        if person is not None:
            self.service.refusals.note(person, client[0] if client else "", scope["path"], self.service.now)
