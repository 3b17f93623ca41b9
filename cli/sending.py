"""Orders to matters: sealed, with their attachments, sent through the gateway within the time of an answer."""

import asyncio
import os
from collections.abc import Awaitable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cli.answering import tell_document, tell_documents, tell_many, tell_one
from cli.lookup import the_matter
from cli.moments import now
from cli.session import Problem, session
from domain.base import Frozen, Refusal
from domain.bounds import seen
from domain.commands import MatterCommand, Order
from domain.envelope import Actor
from domain.facts import Attachment
from eventlog import reading
from eventlog.patience import answer_deadline, lift_answer_limit, time_left

if TYPE_CHECKING:
    from typing import TypeVar

    from services.gateway import Gateway

    F = TypeVar("F", bound=Frozen)

    R = TypeVar("R")

MOST_IN_TIME = 50
"""So many commands at once are answered within the time of one."""
WAKE_WITHIN = 8.5
"""Seconds to tell a workflow that it may look: what is recorded is found without that too."""


def attached_files(paths: Sequence[Path]) -> tuple[Attachment, ...]:
    """Copies of attached files in the store, named by their hash; the log only holds name, hash and size."""
    return tuple(map(_attached, paths))


def _attached(path: Path) -> Attachment:
    from intake.attached_file import MOST_BYTES
    from services.attaching import take_in
    from sheets.input_file import opened_file

    # A name written in another encoding than UTF-8 is kept as it reads.
    name = seen(os.fsencode(path.name).decode("gb18030", "replace")) if not path.name.isprintable() else path.name
    with opened_file(path, MOST_BYTES) as file:
        if session.remote is not None:
            return Attachment.model_validate(session.remote.upload(file, name))
        return take_in(session.settings, file, name)


def task_order(
    stream: str, command: MatterCommand, actor: Actor | None = None, occurred_at: datetime | None = None, nth: int = 0
) -> Order:
    """The order of a `task` command, its secret words sealed. `nth` keeps ids apart when one run sends several."""
    base, actor = session.command_id or uuid4().hex, actor or session.actor
    _advise(stream, command, actor)
    from services.orders import matter_order

    return matter_order(
        session.database,
        stream,
        command,
        actor=actor,
        command_id=f"{base}-{nth}" if nth else base,
        now=now(),
        occurred_at=occurred_at,
        secret=session.secret,
    )


def _advise(stream: str, command: MatterCommand, actor: Actor) -> None:
    """Keep for the answer what good practice would have had of the command."""
    from services.handed_over import advice_on

    number, advice = advice_on(session.database, stream, command, actor, now())
    session.advice += advice
    if number is not None and advice:
        session.advised.setdefault(number, []).extend(advice)


def sealed_under(stream: str, command: "F", held: "Frozen | None" = None) -> "F":
    """Under which stream's key a command's words are sealed: a leader's always, others with `--secret`."""
    from services import orders

    return orders.sealed_under(session.database, stream, command, secret=session.secret, held=held)


def send_orders(orders: Sequence[Order]) -> list[Any]:
    """Submit orders through the gateway; an answer or the exception for each, in order. Very many take their time."""
    if len(orders) > MOST_IN_TIME:
        lift_answer_limit()
    return asyncio.run(_send(orders))


async def _send(orders: Sequence[Order]) -> list[Any]:
    gateway = await the_gateway()
    return await gateway.submit_all(orders)


async def told_in_time(telling: "Awaitable[R]", within: float = WAKE_WITHIN) -> "R":
    """What a reading beside the answer tells in time; it keeps nobody waiting.

    Raises:
        TimeoutError: it was not told in time.
    """
    return await asyncio.wait_for(telling, time_left(within))


async def the_gateway() -> "Gateway":
    """The gateway to the matters' workflows, connected.

    Raises:
        Problem: no service runs on this home (exit 5).
        Unreachable: it does not answer.
    """
    from services.gateway import Gateway
    from services.temporal_client import connect
    from services.tracing import begin_tracing

    settings = session.settings
    if settings.address is None:
        raise Problem(f"督办服务没有运行（数据目录 {settings.home}），请先运行 xmh up --detach", "unreachable")
    begin_tracing(settings, "xmh")
    client = await connect(settings)
    gateway = Gateway(client, session.database, settings.task_queue, settings.door, answer_by=answer_deadline())
    await gateway.check_queue()
    return gateway


def do_for_matter(
    words: str, command: MatterCommand, actor: Actor | None = None, occurred_at: datetime | None = None
) -> None:
    """Send one command to one matter and show its answer."""
    do_for(the_matter(words), command, actor, occurred_at)


def do_for(
    target: reading.ListedMatter,
    command: MatterCommand,
    actor: Actor | None = None,
    occurred_at: datetime | None = None,
) -> None:
    """Send one command to this matter and show its answer."""
    if session.remote is None:
        tell_one(send_orders([task_order(target.stream, command, actor, occurred_at)])[0])
        return
    tell_document(asked_of_server(target.number, command, occurred_at))


def asked_of_server(
    number: str | None, command: MatterCommand, occurred_at: datetime | None = None, nth: int = 0
) -> dict[str, Any]:
    """What a server answers to a command on a matter, or to one that opens it.

    Raises:
        Refusal: a rule said no. Unreachable: no answer; the command may still be carried out under its id.
    """
    if session.remote is None:
        raise Problem("没有设 XMH_SERVER", "malformed")
    beside = {"occurred_at": occurred_at.isoformat()} if occurred_at else {}
    base = session.command_id or uuid4().hex
    shown = session.remote.command(number, command, f"{base}-{nth}" if nth else base, secret=session.secret, **beside)
    session.advice += shown.pop("advice", [])
    return shown


def do_for_matters(words: Sequence[str], command: MatterCommand, actor: Actor | None = None) -> None:
    """Send the same command to several matters and show their answers; the first refusal decides the exit code."""
    if len(words) == 1:
        do_for_matter(words[0], command, actor)
        return
    matters = [the_matter(w) for w in words]
    if session.remote is not None:
        tell_documents([m.number for m in matters], [_tried(m.number, command, n) for n, m in enumerate(matters)])
        return
    orders = [task_order(m.stream, command, actor, nth=n) for n, m in enumerate(matters)]
    tell_many([m.number for m in matters], send_orders(orders))


def _tried(number: str, command: MatterCommand, nth: int) -> "dict[str, Any] | Exception":
    """What a server answers to one of several; what goes wrong with it keeps the others from nothing."""
    from services.unreachable import Unreachable

    try:
        return asked_of_server(number, command, nth=nth)
    except (Refusal, Unreachable) as error:
        return error
