"""The rows of a list sent, one after the other. For a task list and an edited table."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.sending import task_order, the_gateway
from cli.session import Problem, session
from domain.base import Refusal
from views.importing import import_command_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.commands import Order
    from intake.opening import Opening
    from workflows.contract import Reply


def open_order(opening: "Opening") -> "Order":
    """The order that opens a matter of a list's row, named by the row's content: sent twice it is one command."""
    sent = task_order(opening.stream, opening.command, occurred_at=opening.occurred_at)
    return sent.model_copy(update={"command_id": import_command_id(opening)})


def send_openings(orders: "Sequence[Order]") -> "list[Reply | Refusal]":
    """The answers to the rows' orders, sent one after the other, so that numbers follow the list.

    Raises:
        Problem: no service runs, or it falls silent (exit 5).
    """
    if session.settings.address is None:
        raise Problem(
            f"督办服务没有运行（数据目录 {session.settings.home}），请先运行 xmh up --detach；只核对可用 --dry-run",
            "unreachable",
        )
    with _progress(len(orders)) as step:
        return asyncio.run(_send(orders, step))


async def _send(orders: "Sequence[Order]", step: "Callable[[], None]") -> "list[Reply | Refusal]":
    from services.gateway import Unreachable

    gateway = await the_gateway()
    replies: list[Reply | Refusal] = []
    for one in orders:
        try:
            replies.append(await gateway.submit(one))
        except Refusal as refusal:
            replies.append(refusal)
        except Unreachable as silence:
            unanswered = f"{silence.message}；已答复{len(replies)}行，服务恢复后再次导入同一文件即可，已立项的不会重复"
            raise Problem(unanswered, "unreachable") from silence
        step()
    return replies


@contextmanager
def _progress(total: int) -> "Iterator[Callable[[], None]]":
    """A bar on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("立项", total=total)
        yield lambda: bar.advance(task)
