"""What meetings have done for them: convened by rule, agendas assembled from the log, outcomes carried to matters."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.agenda import assembled_agenda
from activities.clock import OfficeClock
from domain.base import Refusal
from domain.calendar import WorkCalendar, at_office, local_date
from domain.commands import Order
from domain.envelope import SYSTEM
from domain.ids import meeting_stream
from domain.log import LOG_UNREACHABLE
from domain.meetings.agenda import Assembled
from domain.meetings.commands import ConveneMeeting, Delivered, MeetingOrder
from domain.meetings.deliveries import ASSEMBLE, CONVENE, DELIVER, Assembling, Convened, Convening, outcome_order
from domain.meetings.meeting import Meeting
from domain.meetings.series import Series, meetings_called_for
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError

logger = structlog.get_logger()

HORIZON = timedelta(days=40)
"""How far ahead meetings are convened by rule: the next month's is always on the calendar."""
BEAT = 1.0
Submit = Callable[[Order], Awaitable[Delivered]]
Send = Callable[[MeetingOrder], Awaitable[object]]
"""How orders leave: the gateway's ways, handed in by whoever runs the worker."""
Look = Callable[[Database, datetime], None]
"""What else is done each working morning, of records without a workflow."""


class MeetingActivities:
    """The hands of a meeting's workflow."""

    def __init__(self, database: Database, submit: Submit, send: Send, clock: OfficeClock, look: Look) -> None:
        """Read this log, send orders to matters and to meetings these ways, and look so at the rest each morning."""
        self._look = look
        self._clock = clock
        self._database = database
        self._submit = submit
        self._send = send

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        """The activities, for the worker to register."""
        return (self.assemble, self.deliver, self.convene)

    @activity.defn(name=ASSEMBLE, no_thread_cancel_exception=True)
    def assemble(self, asked: Assembling) -> Assembled:
        """What the log proposes for a meeting's agenda now."""
        try:
            return assembled_agenda(self._database, asked.stream)
        except LogError as e:
            raise ApplicationError(e.message, type=LOG_UNREACHABLE) from e

    @activity.defn(name=DELIVER)
    async def deliver(self, order: Order) -> Delivered:
        """Carry one outcome to its matter; tried until the matter answers, for the log lets it count only once.

        Anybody who reaches Temporal's port can ask for this activity, and orders leave here with a proof: so only what
        the log itself says is owed leaves.
        """
        await asyncio.to_thread(self._check_owed, order)
        beating = asyncio.create_task(_beat())
        try:
            return await self._submit(order)
        except Refusal as refusal:
            return Delivered(stream=order.stream, refused=refusal.message)
        finally:
            beating.cancel()

    def _check_owed(self, order: Order) -> None:
        stream = order.command_id.partition("#")[0]
        try:
            loaded = reading.load(self._database, stream)
        except LogError as e:
            raise ApplicationError(e.message, type=LOG_UNREACHABLE) from e
        meeting = loaded.state if loaded is not None else None
        pending = meeting.pending if isinstance(meeting, Meeting) else ()
        owed = [outcome_order(meeting, point, order.valid_until) for point in pending if isinstance(meeting, Meeting)]
        if (order.command_id, order.content_hash()) not in {(o.command_id, o.content_hash()) for o in owed}:
            logger.error("foreign_call", activity=DELIVER, command_id=order.command_id, stream=order.stream)
            raise ApplicationError(f"{order.command_id} is not owed", type="foreign_call", non_retryable=True)

    @activity.defn(name=CONVENE)
    async def convene(self, asked: Convening) -> Convened:
        """Convene what the rules call for in the next weeks and nobody has convened yet; each period once.

        On a working day it also looks at what no workflow waits for (`Look`).
        """
        now = self._clock.moment(asked.now)
        orders, again = await asyncio.to_thread(self._called_for, now)
        for order in orders:
            try:
                await self._send(order)
            except Refusal as refusal:
                # A person took the slot, or the day has passed: nothing is lost, the register shows it.
                logger.info("not_convened", stream=order.stream, reason=refusal.message)
        return Convened(look_again_at=again, looked_at=now)

    def _called_for(self, now: datetime) -> tuple[list[MeetingOrder], datetime]:
        try:
            calendar = reading.rulebook(self._database).calendar
            series = reading.series_book(self._database).series
            known = reading.meeting_streams(self._database)
            if calendar.is_workday(local_date(now)):
                self._look(self._database, now)
        except LogError as e:
            raise ApplicationError(e.message, type=LOG_UNREACHABLE) from e
        orders = [o for s in series for o in _orders_by_rule(s, now, calendar) if o.stream not in known]
        return orders, calendar.opens(calendar.add_workdays(local_date(now), 1))


async def _beat() -> None:
    """Show the server that this worker lives, so that another takes over soon when it does not."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT)


def _orders_by_rule(series: Series, now: datetime, calendar: WorkCalendar) -> Iterator[MeetingOrder]:
    """The meetings a series' rule calls for within the horizon, each under an id that follows from its period."""
    if series.rule is None:
        return
    first = local_date(now) + timedelta(days=1)
    for occurrence in meetings_called_for(series.rule, first, first + HORIZON, calendar):
        key = f"{series.id}/{occurrence.period}"
        command = ConveneMeeting(
            series=series,
            starts=at_office(occurrence.day, occurrence.at),
            place=series.place,
            chair=series.chair,
            secretary=series.secretary,
            period=occurrence.period,
        )
        yield MeetingOrder(
            command_id=f"rule:{key}",
            stream=meeting_stream(key),
            actor=SYSTEM,
            command=command,
            valid_until=now + timedelta(days=1),
        )
