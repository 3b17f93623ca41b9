"""上报 and 下达 between two logs: recorded in one's own first, then carried to the other's, as often as it takes.

The id of every command follows from the stream, so whoever carries it a second time, after a death or beside another,
finds it carried. What is owed is read from the log: the worker looks every few seconds.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from domain.base import Frozen, Refusal, refuse
from domain.calendar import local_date
from domain.envelope import SYSTEM, Actor
from domain.event import Event
from domain.ids import transfer_stream
from domain.transfer import (
    AnswerDelivered,
    AnswerReceived,
    Direction,
    Transfer,
    TransferDelivered,
    TransferReceived,
    TransferSent,
    Words,
    answer_transfer,
    check_words,
)
from eventlog import reading
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.errors import LogError
from services.city import the_city
from services.headquarters import known_headquarters, settings_of
from services.office_records import record_decided, record_office_events

if TYPE_CHECKING:
    from settings import Settings

logger = structlog.get_logger()
LOOK_EVERY = 5.0
Opens = Callable[["Settings"], Database]
"""How the other's log is opened."""


def addressed(settings: "Settings", direction: Direction, to: str | None) -> str:
    """The code of who is to get it: the city what is raised, a headquarters what is handed down.

    Raises:
        Refusal: there is no city; the city raises nothing; only the city hands down; no such headquarters.
    """
    city = the_city(settings)
    refuse(not city.city, "本安装还没有市级指挥部，请先用 xmh headquarters add CODE --name N --city 设立", "no_city")
    mine = settings.headquarters == city.code
    if direction is Direction.UP:
        refuse(mine, "市级指挥部不向自己上报", "forbidden")
        return city.code
    refuse(not mine, f"只有市级指挥部可以下达（--headquarters {city.code}）", "forbidden")
    code = known_headquarters(settings.installation, to or "").code
    refuse(code == city.code, "不能向自己下达", "forbidden")
    return code


def send_transfer(
    database: Database, words: Words, actor: Actor, now: datetime, command_id: str | None = None
) -> Transfer:
    """Record it in the sender's own log; from then on it is owed.

    Raises:
        Refusal: the actor may not; `malformed`, by `check_words`.
        LogError: the log cannot be written.
    """
    name = command_id or uuid4().hex
    if reading.find_command(database, name) is None:
        check_words(words, local_date(now))
    stream = transfer_stream(f"{database.headquarters}:{name}")
    record_office_events(database, stream, [TransferSent(words=words)], actor=actor, command_id=name, now=now)
    return _transfer(database, stream)


def answer_received(
    database: Database, stream: str, text: str, matter: str | None, actor: Actor, now: datetime, command_id: str
) -> Transfer:
    """Record the answer in the receiver's own log; from then on it is owed.

    Raises:
        Refusal: a rule said no.
        LogError: the log cannot be written.
    """

    def decide(state: Frozen | None) -> tuple[Event, ...]:
        return (answer_transfer(state if isinstance(state, Transfer) else None, text, matter),)

    content = {"text": text, "matter": matter}
    record_decided(database, stream, decide, actor=actor, command_id=command_id, now=now, content=content)
    return _transfer(database, stream)


def transfers(database: Database, position: int | None = None) -> tuple[Transfer, ...]:
    """All this log knows of, now or at a position, by day and number."""
    states = (s.state for s in reading.states_of(database, "transfer", position=position))
    return tuple(sorted((t for t in states if isinstance(t, Transfer)), key=lambda t: (t.on, t.no)))


def carry_owed(
    settings: "Settings", database: Database, opens: Opens = open_log, now: datetime | None = None
) -> dict[str, str]:
    """Carry all this log owes the others'; of what could not be, the number and why. It stays owed."""
    failed: dict[str, str] = {}
    for transfer in transfers(database):
        if transfer.owed:
            try:
                carry(settings, database, transfer, opens, now)
            except (Refusal, LogError) as error:
                failed[transfer.no] = error.message
    return failed


def carry(
    settings: "Settings", database: Database, transfer: Transfer, opens: Opens = open_log, now: datetime | None = None
) -> Transfer:
    """Carry what is owed to the other log, then record here that it has it.

    Raises:
        Refusal: there is no such headquarters any more.
        LogError: one of the logs cannot be read or written.
    """
    other = known_headquarters(settings.installation, transfer.other).code
    with opens(settings_of(settings, other)) as theirs:
        if transfer.incoming:
            answer = AnswerReceived(text=transfer.answer or "", matter=transfer.handled_by)
            _once(theirs, transfer, "answer-received", answer, now)
            done: Event = AnswerDelivered()
        else:
            _once(theirs, transfer, "received", TransferReceived(no=transfer.no, words=transfer.words), now)
            done = TransferDelivered(receipt=_transfer(theirs, transfer.stream).receipt or "")
    _once(database, transfer, "answer-delivered" if transfer.incoming else "delivered", done, now)
    return _transfer(database, transfer.stream)


def _once(database: Database, transfer: Transfer, what: str, event: Event, now: datetime | None) -> None:
    """Record it, unless it is recorded: the id follows from the stream and from what it is."""
    command_id = f"{transfer.stream}:{what}"
    if reading.find_command(database, command_id) is None:
        moment = now or datetime.now(UTC)
        record_office_events(database, transfer.stream, [event], actor=SYSTEM, command_id=command_id, now=moment)


def _transfer(database: Database, stream: str) -> Transfer:
    loaded = reading.load(database, stream)
    assert loaded is not None  # noqa: S101  (just recorded)
    assert isinstance(loaded.state, Transfer)  # noqa: S101  (the stream's fold)
    return loaded.state


async def carry_for_ever(settings: "Settings", database: Database) -> None:
    """Look every few seconds what this log owes the others', whatever goes wrong."""
    reported: dict[str, str] = {}
    while True:
        try:
            failed = await asyncio.to_thread(carry_owed, settings, database)
            if failed and failed != reported:
                logger.warning("transfers_owed", failed=failed)
            reported = failed
        except Exception as error:  # the next look may succeed; what is owed stays in the log
            logger.warning("transfers_failed", error=str(error))
        await asyncio.sleep(LOOK_EVERY)
