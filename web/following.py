"""Sees that the log moved, for every page that follows it: one look twice a second, however many pages there are.

Whose session ended, or whose rights changed, is told nothing more: both are asked again with each event, and whenever
nothing was to be told for a while.
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from domain.base import Refusal
from eventlog import reading
from eventlog.errors import LogError
from eventlog.reading import Movement
from services.signing_in import signed_in
from views.event_feed import FeedPage
from views.following import Following, Watch, told
from views.viewer import actor_of

if TYPE_CHECKING:
    from web.service import WebService

RETRY = "retry: 2000\n\n"
LOOK_EVERY = 0.5
"""Seconds between two looks at the log, while somebody follows it."""
COMMENT_EVERY = 20.0
"""Seconds after which a line says that the stream lives, and rights are asked again."""
NOTICES_EVERY = 2.0
"""Notices are written by the worker after what they are about: they are looked for by themselves."""
MOST_OF_ACCOUNT, MOST_STREAMS = 8, 200
REMEMBERED = 1000
"""So much of what moved last is kept in memory."""


class LogFollower:
    """Sees that the log moved, for every page that follows it."""

    def __init__(self, service: "WebService") -> None:
        """Nobody follows yet."""
        self.service = service
        self.streams = Counter[str]()
        self.ended = False
        self._newest = 0
        self._recent = deque[Movement](maxlen=REMEMBERED)
        self._moved = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def has_room(self, person: str) -> bool:
        """Whether another stream may be opened for this person."""
        return self.streams[person] < MOST_OF_ACCOUNT and self.streams.total() < MOST_STREAMS

    @property
    def open(self) -> int:
        """How many streams are open."""
        return self.streams.total()

    def behind(self, position: int) -> int:
        """How many events up to this position they were not told of; none where nobody follows."""
        return max(position - self._newest, 0) if self.open else 0

    async def events(self, person: str, cookie: str, watch: Watch, after: int) -> AsyncIterator[str]:
        """The lines of one page's stream, until its reader may see no more, leaves, or the server ends.

        None where others took the last room since it was asked for: the browser asks again, and is told so.
        """
        if not self.has_room(person):
            return
        async with self._counted(person):
            yield RETRY
            async for line in self._lines(cookie, watch, after):
                yield line

    async def feed(self, person: str, page: Callable[[str], FeedPage | None], cursor: str) -> AsyncIterator[str]:
        """The events after a cursor as they are recorded, each with the cursor that goes on after it.

        Args:
            person: who reads.
            page: what follows a cursor, as the reader is by then; None when he may read no more.
            cursor: where he stands.
        """
        if not self.has_room(person):
            return
        async with self._counted(person):
            yield RETRY
            while not self.ended:
                newest = self._newest
                try:
                    given = await self.service.ask(page, cursor)
                except LogError:  # away: it is asked again
                    await asyncio.sleep(LOOK_EVERY)
                    continue
                except Refusal:  # the log is another one: who comes again is told so
                    return
                if given is None:
                    return
                cursor = given.cursor
                lines = "".join(
                    f"id: {one['cursor']}\ndata: {json.dumps(one, ensure_ascii=False)}\n\n" for one in given.events
                )
                yield f"{lines}id: {cursor}\n:\n\n"  # whoever is cut here need not look again at what was not his
                if not given.more:
                    await self._wait(newest, COMMENT_EVERY)

    async def beats(self, person: str, holds: Callable[[], bool]) -> AsyncIterator[str]:
        """A line whenever the log moved, with nothing of what moved, as long as who looks may look."""
        if not self.has_room(person):
            return
        async with self._counted(person):
            yield RETRY
            known = self._newest
            while not self.ended:
                await self._wait(known, COMMENT_EVERY)
                if not await self.service.ask(holds):
                    return
                yield f"id: {self._newest}\ndata: {{}}\n\n" if self._newest > known else ":\n\n"
                known = self._newest

    @asynccontextmanager
    async def _counted(self, person: str) -> AsyncIterator[None]:
        self.streams[person] += 1
        try:
            await self._look_on()
            yield
        finally:
            self.streams[person] -= 1

    async def _lines(self, cookie: str, watch: Watch, after: int) -> AsyncIterator[str]:
        clock = asyncio.get_running_loop().time
        patience = NOTICES_EVERY if watch.what is Following.NOTICES else COMMENT_EVERY
        of_notices, asked = watch.what is Following.NOTICES, clock()
        noticed, after = (after, self._newest) if of_notices else (0, after)
        while not self.ended:
            newest = self._newest
            with suppress(LogError):  # away: it is asked again
                moved = await self._since(after)
                mine = [one for one in moved if watch.concerns(one.stream)]
                if mine or clock() - asked >= patience:
                    messages = await self.service.ask(self._told, cookie, watch, mine, noticed)
                    if messages is None:
                        return
                    asked = clock()
                    noticed = messages[0]["version"] if of_notices and messages else noticed
                    position = noticed if of_notices else moved[-1].position if moved else after
                    yield "".join(f"id: {position}\ndata: {json.dumps(one)}\n\n" for one in messages) or ":\n\n"
                after = moved[-1].position if moved else after
            await self._wait(newest, patience)

    def _told(self, cookie: str, watch: Watch, moved: Sequence[Movement], after: int) -> list[dict[str, Any]] | None:
        """What the reader is told, as he is now; None when it is no longer his, or he is no longer here."""
        session = signed_in(self.service.database, cookie, self.service.now, used=False)
        if session is None:
            return None
        viewer = self.service.viewer(actor_of(session[1]))
        try:
            return told(viewer, watch, moved, after)
        except Refusal:
            return None

    async def _since(self, after: int) -> Sequence[Movement]:
        """What moved since a position: as a rule it is remembered."""
        if self._newest <= after:
            return ()
        if self._recent and self._recent[0].position <= after + 1:
            return [one for one in self._recent if one.position > after]
        return await self.service.ask(reading.movements_since, self.service.database, after, REMEMBERED)

    async def _wait(self, known: int, seconds: float) -> None:
        """Until the log moved beyond what was known before it was asked, or so long."""
        if self._newest > known:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), seconds)

    async def _look_on(self) -> None:
        """Begin to look at the log, unless somebody does."""
        if self._looking is None or self._looking.done():
            self._newest, _ = await self.service.ask(reading.newest_event, self.service.database)
            self._recent.clear()
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self.streams.total() and not self.ended:
            with suppress(LogError):
                moved = await self.service.ask(reading.movements_since, self.service.database, self._newest, REMEMBERED)
                if moved:
                    self._recent.extend(moved)
                    self._newest = moved[-1].position
                    self._wake()
            await asyncio.sleep(LOOK_EVERY)

    def _wake(self) -> None:
        woken, self._moved = self._moved, asyncio.Event()
        woken.set()

    def end(self) -> None:
        """The server ends: every stream does."""
        self.ended = True
        self._wake()
