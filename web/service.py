"""What every request is answered from: the log, the door, the settings."""

import asyncio
import logging
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request

from domain.access import events as ev
from domain.base import Refusal, refuse
from domain.calendar import end_of_day, local_date
from domain.envelope import Actor, Via
from domain.readership import ReadKind
from eventlog import reading
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.errors import LogError
from services.minute_counts import MinuteCount, MinuteCounts
from services.readership import note_read
from services.reading_record import record_reading, record_words_read
from services.security_keys import KeyAnswer, KeyPlace, place_of
from services.vouching import service_vouch
from views.viewer import Viewer
from web.following import LogFollower
from web.metrics import WebMetrics
from web.threads import AskingThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from domain.commands import Order
    from domain.meetings.commands import MeetingOrder
    from services.gateway import Gateway
    from services.oidc import IdentityProvider
    from settings import Settings
    from workflows.contract import MeetingReply, Reply

T = TypeVar("T")
BY_PROGRAM = "一览表（接口）"
READERS = 8
"""So many requests read the log at once; what more there are wait their turn."""
PROVING_AT_ONCE = 2
"""Each look at a password takes 64 MiB: a storm of sign-ins waits in line."""
MOST_WAITING = 20
"""For what takes long: fewer than requests are worked on at once, so that nobody's waiting shuts all others out."""
logger = logging.getLogger("xmh.web")
WHAT_IS_SHOWN = ("matter", "meeting", "calendar", "policy")
"""Kinds of stream a past day is made of; who signs in to look at it changes none."""


class WebService:
    """The log of one headquarters and the door to its workflows. The door opens with the first command."""

    def __init__(self, settings: "Settings") -> None:
        """Nothing is opened before it is asked."""
        self.settings = settings
        self.database: Database = open_log(settings)
        self.database.vouch = service_vouch(settings.home, Via.WEB)
        self._gateway: Gateway | None = None
        self._address: str | None = None
        self._opening = asyncio.Lock()
        self.refusals = MinuteCounts[tuple[str, str]]()
        """By person and address."""
        self.live = LogFollower(self)
        self.metrics = WebMetrics(self)
        self._threads = AskingThreads(READERS)
        self.proving = asyncio.Semaphore(PROVING_AT_ONCE)
        self._long_work, self._waiting = asyncio.Lock(), 0
        self.identity = _identity_of(settings)
        self._noted: tuple[date, set[tuple[str, str]]] = (date.min, set())
        """What is on record of this day already: who, of which matter or what."""

    @property
    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC)

    @property
    def day(self) -> date | None:
        """The past day that is shown, when nothing can be done."""
        return self.settings.web.day

    @property
    def shown_at(self) -> datetime:
        """The moment whose state of affairs is shown."""
        return self.now if self.day is None else end_of_day(self.day)

    @property
    def keys_at(self) -> KeyPlace | None:
        """Where security keys are used; None where `[web] address` is none they take."""
        return place_of(self.settings.web.address or "")

    def key_answer(self, text: str) -> KeyAnswer | None:
        """What a form brings of a security key; None when it brings nothing.

        Raises:
            Refusal: the door's key is not there.
        """
        return KeyAnswer(text, self.keys_at, self.settings.door) if text else None

    def viewer(self, actor: Actor) -> Viewer:
        """The log as this person sees it, on the day that is shown."""
        moment = None
        if self.day is not None:
            moment = reading.happened_by(self.database, self.shown_at)
            if not reading.moved_since(self.database, WHAT_IS_SHOWN, moment.position):
                moment = None  # nothing happened since: what stands is what stood
        return Viewer(self.database, actor, self.shown_at, moment, partial(self._note_words, actor.id))

    def _note_words(self, person: str, stream: str) -> None:
        """Put on record, once a day, that somebody is shown a matter's sealed words; without the record he is not."""
        known = self._noted_today()
        if (person, stream) in known:
            return
        record_words_read(self.database, person, stream, self.now)
        known.add((person, stream))

    def _noted_today(self) -> set[tuple[str, str]]:
        today = local_date(self.now)
        if self._noted[0] != today:
            self._noted = (today, set())
        return self._noted[1]

    def note_table_taken(self, person: str, count: int) -> None:
        """Put on record, once a day, that a program takes 一览表 of all units: it is asked for no fresh proof."""
        known, key = self._noted_today(), (person, BY_PROGRAM)
        if key not in known:
            self.note_export(person, BY_PROGRAM, count)
            known.add(key)

    def note_export(self, person: str, name: str, count: int = 1) -> None:
        """Put on record that a file of so many matters is made for somebody."""
        minute = self.now.replace(second=0, microsecond=0)
        event = ev.Exported(person=person, name=name, count=count, minute=minute)
        record_reading(self.database, event, self.now)

    def note_read(self, kind: ReadKind, keys: "Iterable[str]", person: str) -> None:
        """Put on record that somebody opened what he was sent. What cannot be recorded now is still unread."""
        try:
            note_read(self.database, kind, keys, person, self.now)
        except LogError as error:
            self.warn(f"not recorded as read: {error}")

    def record_refusals(self, now: datetime | None) -> None:
        """Put on record what was refused in the minutes that are over by now, or all of it.

        Raises:
            LogError: the log cannot be written; what is not in it is tried again.
        """
        self.refusals.record(now, self._record_refusal)

    def _record_refusal(self, counted: MinuteCount[tuple[str, str]]) -> None:
        person, address = counted.key
        minute, count = counted.minute, counted.count
        event = ev.ReadRefused(person=person, address=address, minute=minute, count=count, sought=counted.first)
        record_reading(self.database, event, self.now)

    async def ask(self, question: "Callable[..., T]", *args: Any, **kwargs: Any) -> T:
        """Ask the log in a thread: no request waits for another's reading."""
        return await self._threads.ask(partial(question, *args, **kwargs))

    async def ask_long(self, question: "Callable[..., T]", *args: Any, **kwargs: Any) -> T:
        """The same of what may take long, one at a time: who waits for it holds no thread a page is read in.

        Raises:
            Refusal: `too_many` wait already; or the question's own.
        """
        refuse(self._waiting > MOST_WAITING, "等着读文件、体检的太多，请稍候再试", "too_many")
        self._waiting += 1
        try:
            async with self._long_work:
                return await self.ask(question, *args, **kwargs)
        finally:
            self._waiting -= 1

    async def gateway(self) -> "Gateway":
        """The gateway, connected; anew when the service was started again elsewhere.

        Raises:
            Refusal: `unreachable`: no service runs on this home.
            Unreachable: it does not answer.
            Refusal: `read_only`: a past day is shown.
        """
        from services.gateway import Gateway
        from services.temporal_client import connect

        refuse(self.day is not None, f"这里只供查看 {self.day} 的情况，不能办理", "read_only")
        address = self.settings.address
        if address is None:
            raise Refusal("督办服务没有运行，请在服务器上运行 xmh up --detach", "unreachable")
        async with self._opening:
            if self._gateway is None or address != self._address:
                client = await connect(self.settings)
                gateway = Gateway(client, self.database, self.settings.task_queue, self.settings.door)
                await gateway.check_queue()
                self._gateway, self._address = gateway, address
            return self._gateway

    async def submit(self, order: "Order") -> "Reply":
        """Hand an order for a matter to the door; what comes of it is counted.

        Raises:
            Refusal: it is not taken. Unreachable: no answer.
        """
        with self.metrics.command():
            return await (await self.gateway()).submit(order)

    async def convene(self, order: "MeetingOrder") -> "MeetingReply":
        """The same for a meeting."""
        with self.metrics.command():
            return await (await self.gateway()).convene(order)

    def warn(self, what: str) -> None:
        """Note for who runs the server what went wrong beside a request that was answered."""
        logger.warning(what)

    def close(self) -> None:
        """Let go of the log."""
        self._threads.close()
        self.database.close()


def service_of(request: Request) -> WebService:
    """What the application answers from that this request came to."""
    service: WebService = request.app.state.service
    return service


def _identity_of(settings: "Settings") -> "IdentityProvider | None":
    """Who else vouches for people; the library for it is loaded only where there is one."""
    if settings.web.oidc is None:
        return None
    from services.oidc import IdentityProvider

    return IdentityProvider(settings.web.oidc)
