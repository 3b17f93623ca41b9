"""What `calendar publish`, `override` and `policy adopt` share: every open matter records what moves, at once."""

import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cli.sending import told_in_time
from cli.session import session
from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.envelope import Actor
from domain.event import Event
from domain.queries.spoken import said_date
from domain.queries.telling import deadline_in_words, office_time
from eventlog import reading
from eventlog.patience import time_left as left_of

if TYPE_CHECKING:
    from services.reprojection import MovedDeadline, Reminder

PATIENCE = 120.0
"""Seconds for all open matters to record what moves; the rest follow by themselves."""
LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Moved:
    """What a changed rulebook did to the open matters."""

    woken: int | None
    """How many matters were told; None when no service runs."""
    recorded: tuple["MovedDeadline", ...]
    reminders: tuple["Reminder", ...]
    unfinished: int = 0

    @property
    def document(self) -> dict[str, Any]:
        """What `--json` answers: the matters woken, and each deadline that moved."""
        return {
            "woken": self.woken,
            "moved": [
                {
                    "matter": m.matter,
                    "what": m.what,
                    "before": _iso(m.before),
                    "after": _iso(m.after),
                    "reason": m.reason,
                }
                for m in self.recorded
            ],
            "near_due": [
                {"matter": r.matter, "before": r.before.isoformat(), "after": r.after.isoformat()}
                for r in self.reminders
            ],
            "unfinished": self.unfinished,
        }

    @property
    def told(self) -> str:
        """For people: every move on a line."""
        if self.woken is None:
            return "督办服务没有运行，未办结事项的时限将在 xmh up 启动后重算"
        lines = [f"已通知{self.woken}件未办结事项，{len(self.recorded)}个时限随之变动"]
        lines += move_lines(self.recorded)
        lines += [f"  {r.matter}  临期提醒  {said_date(r.before)} → {said_date(r.after)}" for r in self.reminders]
        if self.unfinished:
            lines.append(f"另有{self.unfinished}件尚未重算完毕，将由督办服务接着办（xmh doctor 可查）")
        return "\n".join(lines)


def move_lines(moves: Iterable["MovedDeadline"]) -> list[str]:
    """One line for each deadline a changed calendar or policy moved."""
    return [
        f"  {m.matter}  {deadline_in_words(m.what)}  {_said(m.before)} → {_said(m.after)}  {m.reason}" for m in moves
    ]


def record_and_move(stream: str, *events: Event, actor: Actor | None = None) -> Moved:
    """Write into the calendar's or policy's stream, and wait until every open matter recorded what deadlines move."""
    from services.office_records import record_office_events
    from services.reprojection import deadline_moves_since, moved_reminders, open_matters

    before, known = reading.rulebook(session.database), open_matters(session.database)
    record_office_events(
        session.database,
        stream,
        events,
        actor=actor or session.actor,
        command_id=session.command_id or uuid4().hex,
        now=datetime.now(UTC),
    )
    woken = _wake()
    if woken is None:
        return Moved(None, (), ())
    unfinished = _wait()
    recorded = deadline_moves_since(session.database, before.version)
    moved = moved_reminders(known, before, open_matters(session.database), reading.rulebook(session.database))
    return Moved(woken, recorded, moved, unfinished)


def _wait() -> int:
    """Until no open matter has anything left to record; how many still have when patience ends."""
    from rich.console import Console
    from rich.progress import Progress

    from services.reprojection import pending_reprojections

    give_up = time.monotonic() + left_of(PATIENCE)
    left: Sequence[str] = pending_reprojections(session.database, datetime.now(UTC))
    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty(), transient=True) as bar:
        task, looked = bar.add_task("重算时限", total=len(left)), 0.0
        while left and time.monotonic() < give_up:
            # The workers need the machine more than this looking on does.
            time.sleep(max(LOOK_EVERY, 2 * looked))
            began = time.monotonic()
            left = pending_reprojections(session.database, datetime.now(UTC))
            looked = time.monotonic() - began
            bar.update(task, completed=(bar.tasks[0].total or 0) - len(left))
    return len(left)


def _wake() -> int | None:
    """Tell the open matters that the rulebook moved; None when nobody is there to be told."""
    if session.settings.address is None:
        return None
    from temporalio.service import RPCError

    from services.gateway import Unreachable

    try:
        return asyncio.run(told_in_time(_woken(), PATIENCE))
    except TimeoutError:
        return 0
    except (Unreachable, RPCError, Refusal):
        return None


async def _woken() -> int:
    from services.gateway import Gateway
    from services.temporal_client import connect

    settings = session.settings
    client = await connect(settings, within=timedelta(seconds=2))
    return await Gateway(client, session.database, settings.task_queue, settings.door).wake_open_matters()


def _iso(value: datetime | date) -> str:
    return value.astimezone(SHANGHAI).isoformat() if isinstance(value, datetime) else value.isoformat()


def _said(value: datetime | date) -> str:
    return office_time(value) if isinstance(value, datetime) else said_date(value)
