"""The hands of the delivery workflow: tell what is untold, and send what is due on one channel."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio import activity

from activities.channels.opening import ClosedChannel
from activities.channels.port import NoAddressError, NoticeChannel, NotTakenError
from activities.clock import OfficeClock
from activities.log import failed_activity
from activities.webhooks import WebhookDelivery
from domain.base import Frozen
from domain.calendar import WorkCalendar
from domain.envelope import Recorded
from domain.event import UnknownEventError
from domain.ids import OfficeStream, kind_of
from domain.notices.backoff import channel_pause
from domain.notices.delivery import DELIVER, SPREAD, DeliveryQueues, Turn
from domain.notices.digest import Due, Message, batch_id, batch_message, message_batches
from domain.notices.kinds import RETELLERS, TELLERS
from domain.notices.notice import Notice
from domain.notices.overtaken import Since, what_became_of
from domain.notices.people import RecipientDirectory
from domain.notices.routing import Routing
from domain.notices.timing import is_stale_event, next_delivery_try, notice_may_go_out
from domain.notices.webhooks import QUEUE
from domain.office import Directory, Person
from eventlog import notices as kept
from eventlog import reading
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.readmodel import fold_events

logger = structlog.get_logger()

EVENTS_AT_ONCE = 200
NOTICES_AT_ONCE = 500
"""So many are kept in one transaction: commands wait for it, and PostgreSQL ends one that takes too long."""
PEOPLE_AT_ONCE = 100
TURN = timedelta(seconds=15)
"""A turn ends after this: whatever is 特急 by then comes first in the next."""
BEAT = 2.0
"""Seconds between two signs of life."""
DEAD_AFTER = 2
"""Messages in a row that a channel did not take; then the rest waits as well instead of running into the same wall."""
NOBODY_THERE = "收件人已离任或不在名录中，不再发送"


class NoticeActivities:
    """Synchronous, in a thread of the worker's pool. At least once: what was sent and not ticked off is sent again."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, NoticeChannel],
        routing: Routing,
        clock: OfficeClock,
        webhooks: WebhookDelivery | None = None,
    ) -> None:
        """Work on this log, with these channels; and with these addresses, when there are any."""
        self._webhooks = webhooks
        self._clock = clock
        self._database = database
        self._channels = channels
        self._routing = routing

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        """The activities, for the worker to register."""
        return (self.spread, self.deliver)

    # --- telling

    @activity.defn(name=SPREAD, no_thread_cancel_exception=True)
    def spread(self, now: datetime) -> DeliveryQueues:
        """Turn every event nobody was told of into notices; what waits afterwards."""
        now = self._clock.moment(now)
        with _alive(), _log_may_fail():
            after = 0
            while events := kept.untold_events(self._database, after, EVENTS_AT_ONCE):
                self._spread(events, now)
                after = events[-1].position
            queues = kept.waiting_by_channel(self._database)
            if self._webhooks is not None:
                queues += tuple(self._webhooks.queues())
            return DeliveryQueues(
                queues=queues,
                looked_at=now,
                plain=not self._clock.simulated,
                witnessed=reading.height_and_numbers(self._database),
            )

    def _spread(self, events: Sequence[Recorded], now: datetime) -> None:
        house = self._house()
        channels = {p.id: self._routing.channels_of(p) for p in house.people}
        spread, ready = list[Recorded](), list[tuple[Notice, Sequence[str]]]()
        for event, made in self._made(events, now, house):
            spread.append(event)
            ready += [(notice, channels[notice.person]) for notice in made]
            if len(ready) >= NOTICES_AT_ONCE:
                kept.keep_notices(self._database, spread, ready, now)
                spread, ready = [], []
        kept.keep_notices(self._database, spread, ready, now)
        self._reread(kept.waiting_notices(self._database, {event.stream for event in events}), house)

    def _house(self) -> RecipientDirectory:
        everybody = reading.people(self._database, former=True)
        names = {u.id: u.name for u in reading.units(self._database)} | {p.id: p.name for p in everybody}
        directory = reading.load(self._database, self._database.own(OfficeStream.DIRECTORY))
        delegations = directory.state.delegations if directory and isinstance(directory.state, Directory) else {}
        return RecipientDirectory(
            people=tuple(p for p in everybody if p.left_at is None),
            calendar=reading.rulebook(self._database).calendar,
            name=lambda i: names.get(i, i),
            delegations=tuple(delegations.values()),
        )

    def _made(
        self, events: Sequence[Recorded], now: datetime, house: RecipientDirectory
    ) -> Iterable[tuple[Recorded, tuple[Notice, ...]]]:
        """Each event with its notices. One this build cannot read stays untold: a newer worker knows it."""
        by_stream = defaultdict[str, list[Recorded]](list)
        for event in events:
            if kind_of(event.stream) not in TELLERS or is_stale_event(event.recorded_at, now):
                yield event, ()
            else:
                by_stream[event.stream].append(event)
        for stream, wanted in by_stream.items():
            positions, teller = {event.position for event in wanted}, TELLERS[kind_of(stream)]
            try:
                for event, before, after in self._life(stream, wanted[0], wanted[-1].version):
                    if event.position in positions:
                        yield event, teller(event, before, after, house)
            except UnknownEventError as unknown:
                logger.warning("event_untold", stream=stream, error=str(unknown))

    def _life(self, stream: str, first: Recorded, upto: int) -> Iterable[tuple[Recorded, Frozen | None, Frozen]]:
        """Each event of a stream from this one on, with the state before and after it."""
        known = reading.load(self._database, stream, reading.recorded_upto(first.position - 1))
        before: Frozen | None = known.state if known is not None else None
        for event in reading.read_stream(self._database, stream, after=first.version - 1, upto_version=upto):
            after = fold_events(stream, before, [event])
            yield event, before, after
            before = after

    # --- sending

    @activity.defn(name=DELIVER, no_thread_cancel_exception=True)
    def deliver(self, turn: Turn) -> None:
        """Send what is due on the channel, until its time is up or the channel is dead."""
        now = self._clock.moment(turn.now)
        with _alive(), _log_may_fail():
            if turn.channel.startswith(QUEUE):
                if self._webhooks is not None:
                    self._webhooks.deliver(turn.channel, now)
                return
            self._deliver(turn.model_copy(update={"now": now}))

    def _deliver(self, turn: Turn) -> None:
        clock = _Clock(turn.now)
        calendar = reading.rulebook(self._database).calendar
        people = {p.id: p for p in reading.people(self._database)}
        waiting = kept.due_notices(self._database, turn.channel, turn.now, PEOPLE_AT_ONCE)
        going = self._reread(self._sorted_out(turn, calendar, people, waiting), self._house())
        channel = self._channels.get(turn.channel) or ClosedChannel(f"渠道 {turn.channel} 没有配置")
        in_vain = 0
        for group in message_batches(going):
            if clock.elapsed > TURN or _leaving():
                return
            if in_vain >= DEAD_AFTER:
                self._put_off(turn.channel, clock.now)
                return
            letter = batch_message(group)
            if not kept.take_notices(self._database, batch_id(group), group, clock.now):
                return  # this worker was away, and another serves the channel: what is left is his
            trouble = _sent(channel, letter, people[letter.person])
            if trouble is not None:
                in_vain += not isinstance(trouble, NoAddressError)
                self._not_taken(turn.channel, letter, str(trouble), clock.now, calendar)
            else:
                in_vain = 0
                kept.mark_notices_sent(self._database, letter.ids, clock.now)
                logger.info("notice_sent", channel=turn.channel, person=letter.person, id=letter.id, notices=len(group))

    def _sorted_out(
        self, turn: Turn, calendar: WorkCalendar, people: Mapping[str, Person], waiting: Sequence[Due]
    ) -> list[Due]:
        """What may go out now. What became due in downtime waits for office hours; nobody writes to who has left."""
        gone = [n.id for n in waiting if n.person not in people]
        late = [n.id for n in waiting if n.person in people and not notice_may_go_out(n.urgency, turn.now, calendar)]
        kept.give_up_notices(self._database, gone, NOBODY_THERE)
        kept.retry_notices(self._database, late, calendar.next_working(turn.now))
        stay = {*gone, *late}
        return [n for n in waiting if n.id not in stay]

    def _reread(self, waiting: Sequence[Due], house: RecipientDirectory) -> list[Due]:
        """What still stands of what waits, in the words of now; what was overtaken reaches nobody any more."""
        events = reading.events_at(self._database, {n.position for n in waiting})
        standing: dict[str, Frozen | None] = {}
        stay, gone, changed = list[Due](), list[str](), list[tuple[str, str]]()
        for notice in waiting:
            event, retell = events.get(notice.position), RETELLERS.get(kind_of(notice.stream))
            if event is None or retell is None:
                stay.append(notice)
                continue
            if notice.stream not in standing:
                loaded = reading.load(self._database, notice.stream)
                standing[notice.stream] = loaded.state if loaded else None
            state = standing[notice.stream]
            became = what_became_of(event, state) if state is not None else Since.STANDS
            if became is Since.OVERTAKEN:
                gone.append(notice.id)
                continue
            text = retell(event, state, house, asks=became is Since.STANDS) if state is not None else notice.text
            if notice.batch is not None or text == notice.text:
                stay.append(notice)
                continue
            changed.append((notice.id, text))
            stay.append(notice.model_copy(update={"text": text}))
        kept.give_up_notices(self._database, gone, Since.OVERTAKEN.label)
        kept.reword_notices(self._database, changed)
        return stay

    def _not_taken(self, channel: str, letter: Message, reason: str, now: datetime, calendar: WorkCalendar) -> None:
        attempts = kept.find_notice(self._database, letter.ids[0]).attempts
        again = next_delivery_try(letter.urgency, now + channel_pause(attempts), calendar)
        kept.mark_notices_failed(self._database, letter.ids, reason, again)
        logger.warning("notice_not_taken", channel=channel, person=letter.person, id=letter.id, reason=reason)

    def _put_off(self, channel: str, now: datetime) -> None:
        """The longer the channel is dead, the longer it is left alone."""
        rounds = kept.tries_in_vain(self._database, channel) // DEAD_AFTER
        until = now + channel_pause(rounds)
        kept.put_off_channel(self._database, channel, until)
        logger.warning("channel_dead", channel=channel, until=until.isoformat(), rounds=rounds)


def _sent(channel: NoticeChannel, letter: Message, person: Person) -> NotTakenError | None:
    """Why the message was not taken; None when it was."""
    try:
        channel.send(letter, person)
    except NotTakenError as error:
        return error
    except Exception as error:
        # Whatever a channel stumbles over is that message's trouble, or it would stand in the way of all behind it.
        # Not its words, which may hold an address with its password.
        logger.error("channel_broken", person=letter.person, id=letter.id, error=type(error).__name__)  # noqa: TRY400
        return NotTakenError(f"渠道程序出错：{type(error).__name__}")
    return None


class _Clock:
    """The workflow's time, going on while the turn lasts."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._began = time.monotonic()

    @property
    def elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._began)

    @property
    def now(self) -> datetime:
        return self._start + self.elapsed


def _leaving() -> bool:
    """Whether the worker drains: what is on its way is finished, nothing new is begun."""
    return activity.in_activity() and activity.is_worker_shutdown()


@contextmanager
def _log_may_fail() -> Iterator[None]:
    try:
        yield
    except LogError as error:
        raise failed_activity(error) from error


@contextmanager
def _alive() -> Iterator[None]:
    """A beat every few seconds, however long a message takes: so a dead worker is noticed by its silence, and soon."""
    if not activity.in_activity():
        yield
        return
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT):
            activity.heartbeat()

    beating = threading.Thread(target=copy_context().run, args=(beat,), daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        beating.join()
