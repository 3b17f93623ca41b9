"""One supervised matter as a workflow: a cache of the log with timers.

Updates: `submit` (every command of people). Signals: `look_again` (the log or the rulebook moved). Queries: `version`.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.base import Refusal
    from domain.commands import ExpireDeadline, Order, Reproject
    from domain.deadlines import next_deadline
    from domain.envelope import SYSTEM, Draft, Recorded
    from domain.evolve import evolve
    from domain.lights import light
    from domain.log import (
        APPEND,
        LOAD,
        LOG_UNREACHABLE,
        Ahead,
        Already,
        AppendAnswer,
        Appended,
        AppendRequest,
        Behind,
        Loaded,
        LogAnswer,
        Refused,
        Rulebook,
    )
    from domain.matter import Matter
    from domain.numbering import numbers_held
    from domain.rules import Office, claims, decide
    from workflows.contract import UNEXPECTED, MatterStart, Reply

ATTEMPTS = RetryPolicy(maximum_attempts=3, initial_interval=timedelta(milliseconds=200))
ONE_TRY = timedelta(seconds=5)
ALL_TRIES = timedelta(seconds=8)
"""A caller has his answer within ten seconds even when the log is down."""
LOG_PAUSE = timedelta(seconds=15)
"""How long the workflow's own events wait for an unreachable log before deciding afresh."""


class _LogUnreachableError(Exception):
    """The log could not be reached in three attempts."""


@workflow.defn(name="Matter")
class MatterWorkflow:
    """One matter, from 立项 to 销号. The log decides; this waits."""

    @workflow.init
    def __init__(self, start: MatterStart) -> None:
        """Know the stream; everything else is loaded from the log."""
        self._stream = start.stream
        self._renew_after = start.renew_after
        self._shift = start.clock_shift
        self._matter: Matter | None = None
        self._rulebook = Rulebook()
        self._lock = asyncio.Lock()
        self._loaded = False
        self._moved = 0
        self._stale = False
        self._reproject = False

    @workflow.run
    async def run(self, start: MatterStart) -> None:
        """Wait for the next deadline or message until the matter has ended."""
        while True:
            try:
                if await self._turn():
                    return
            except _LogUnreachableError:
                workflow.logger.warning("log_unreachable", extra={"stream": self._stream})
                await self._rest(LOG_PAUSE)
            except asyncio.CancelledError:
                # A matter ends by 销号 or 撤销, not by a cancelled workflow.
                workflow.logger.warning("cancellation_ignored", extra={"stream": self._stream})
            if self._must_renew():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(start)

    @workflow.update
    async def submit(self, order: Order) -> Reply:
        """Carry out one command; the reply comes after the commit."""
        try:
            return await self._execute(order)
        except _LogUnreachableError as e:
            raise ApplicationError(str(e), type=LOG_UNREACHABLE, non_retryable=True) from e
        except Refusal as e:
            raise ApplicationError(e.message, type=e.code, non_retryable=True) from e
        except (ValueError, TypeError, KeyError, AttributeError, LookupError) as e:
            # A bare exception would wedge the matter for everybody; a failed update is one person's trouble.
            workflow.logger.exception("update_failed", extra={"stream": self._stream})
            raise ApplicationError(f"内部错误：{type(e).__name__}", type=UNEXPECTED, non_retryable=True) from e

    @workflow.signal
    def look_again(self) -> None:
        """The log or the rulebook may have moved without this workflow."""
        self._stale = True
        self._moved += 1

    @workflow.query
    def version(self) -> int:
        """The version of the stream this workflow has seen."""
        return self._matter.version if self._matter else 0

    # --- the loop

    async def _turn(self) -> bool:
        """One thing owed, or one wait. True when nothing will ever be owed again."""
        if not self._loaded or self._stale:
            await self._synchronise()
        if self._matter is None or self._matter.at_rest:
            await workflow.wait_condition(workflow.all_handlers_finished)
            return self._matter is None or self._matter.at_rest
        if self._reproject:
            self._reproject = False
            office = Office(rulebook=self._rulebook, now=self._now(), actor=SYSTEM)
            if decide(self._matter, Reproject(), office):
                await self._own(Reproject(), "reproject")
        deadline = next_deadline(self._matter, self._rulebook, self._now())
        if deadline is not None and deadline.at <= self._now():
            await self._own(ExpireDeadline(), deadline.kind.value)
        else:
            await self._wait_until(deadline.at if deadline else None)
        return False

    async def _wait_until(self, instant: datetime | None) -> None:
        seen = self._moved
        try:
            await workflow.wait_condition(
                lambda: self._moved != seen or self._must_renew(),
                timeout=None if instant is None else instant - self._now(),
            )
        except TimeoutError:
            return

    async def _rest(self, pause: timedelta) -> None:
        try:
            await workflow.sleep(pause)
        except asyncio.CancelledError:
            return

    def _now(self) -> datetime:
        return workflow.now() + self._shift

    def _must_renew(self) -> bool:
        info = workflow.info()
        if self._renew_after is not None and info.get_current_history_length() > self._renew_after:
            return True
        return info.is_continue_as_new_suggested()

    async def _own(self, command: ExpireDeadline | Reproject, what: str) -> None:
        """A command of the clock. Its id names the version it stands on, so a second timer finds it done."""
        version = self._matter.version if self._matter else 0
        order = Order(
            command_id=f"{self._stream}@{version}+{self._rulebook.version}:{what}",
            stream=self._stream,
            actor=SYSTEM,
            command=command,
            valid_until=self._now() + LOG_PAUSE,
        )
        try:
            await self._execute(order)
        except Refusal as e:
            # Somebody was faster: what was owed is no longer owed.
            workflow.logger.info("no_longer_owed", extra={"stream": self._stream, "what": what, "code": e.code})

    # --- one way in

    async def _execute(self, order: Order) -> Reply:
        async with self._lock:
            if not self._loaded:
                await self._load()
            while True:
                drafts, refusal = self._decide(order)
                answer = await self._append(order, drafts)
                match answer:
                    case Appended(events=events):
                        self._fold(events)
                        if refusal is not None:
                            raise refusal
                        return self._reply(events)
                    case Behind():
                        self._catch_up(answer)
                    case Already(events=events):
                        await self._see_all()
                        return self._reply(events)
                    case Ahead(version=version):
                        workflow.logger.error("log_restored", extra={"stream": self._stream, "log": version})
                        await self._load()
                    case Refused(code=code, message=message):
                        raise Refusal(message, code)

    def _decide(self, order: Order) -> tuple[tuple[Draft, ...], Refusal | None]:
        """The drafts, or the refusal to be confirmed: an empty append shows whether this cache is behind."""
        now = self._now()
        if now > order.valid_until:
            return (), Refusal("这条命令已过有效期，请重新提交", "expired")
        office = Office(rulebook=self._rulebook, now=now, actor=order.actor, occurred_at=order.occurred_at)
        try:
            return decide(self._matter, order.command, office), None
        except Refusal as refusal:
            return (), refusal

    async def _append(self, order: Order | None, drafts: tuple[Draft, ...]) -> AppendAnswer:
        request = AppendRequest(
            stream=self._stream,
            expected_version=self._matter.version if self._matter else 0,
            expected_hash=self._matter.hash if self._matter else "",
            rulebook_version=self._rulebook.version,
            command_id=order.command_id if order else "",
            request_hash=order.content_hash() if order else "",
            actor=order.actor if order else SYSTEM,
            units=claims(order.command) if order else (),
            now=self._now(),
            drafts=drafts,
        )
        try:
            answer: LogAnswer = await workflow.execute_local_activity(
                APPEND,
                request,
                result_type=LogAnswer,
                start_to_close_timeout=ONE_TRY,
                schedule_to_close_timeout=ALL_TRIES,
                local_retry_threshold=ALL_TRIES,
                retry_policy=ATTEMPTS,
            )
        except ActivityError as e:
            raise _unreachable(e) from e
        return answer.said

    async def _load(self) -> None:
        try:
            loaded = await workflow.execute_local_activity(
                LOAD,
                self._stream,
                result_type=Loaded,
                start_to_close_timeout=ONE_TRY,
                schedule_to_close_timeout=ALL_TRIES,
                local_retry_threshold=ALL_TRIES,
                retry_policy=ATTEMPTS,
            )
        except ActivityError as e:
            raise _unreachable(e) from e
        self._matter, self._rulebook = loaded.matter, loaded.rulebook
        self._loaded, self._reproject = True, True
        self._moved += 1
        self._keep_numbers()

    async def _synchronise(self) -> None:
        async with self._lock:
            self._stale = False
            if self._loaded:
                await self._see_all()
            else:
                await self._load()

    async def _see_all(self) -> None:
        """Fold whatever the log has beyond this cache."""
        while True:
            match await self._append(None, ()):
                case Behind() as answer:
                    self._catch_up(answer)
                case Ahead():
                    await self._load()
                case _:
                    return

    def _catch_up(self, answer: Behind) -> None:
        self._fold(answer.events)
        if answer.rulebook is not None:
            self._rulebook, self._reproject = answer.rulebook, True
            self._moved += 1

    def _fold(self, events: tuple[Recorded, ...]) -> None:
        for event in events:
            self._matter = evolve(self._matter, event)
            self._moved += 1
        self._keep_numbers()

    def _keep_numbers(self) -> None:
        """Numbers given to papers are kept in Temporal too: a log restored from a copy may not give them again."""
        held = numbers_held(self._matter) if self._matter else {}
        higher = {series: n for series, n in held.items() if n > workflow.memo_value(series, 0)}
        if higher:
            workflow.upsert_memo(higher)

    def _reply(self, events: tuple[Recorded, ...]) -> Reply:
        matter = self._matter
        if matter is None:
            raise Refusal("没有这个督办事项", "not_found")
        lit = light(matter, self._rulebook, self._now())
        return Reply(
            stream=self._stream,
            matter=matter.number,
            stage=matter.stage,
            version=events[-1].version if events else matter.version,
            light=lit.light,
            light_reason=lit.reason,
            events=tuple(e.type for e in events),
        )


def _unreachable(error: ActivityError) -> _LogUnreachableError:
    cause = error.cause
    message = cause.message if isinstance(cause, ApplicationError) else ""
    return _LogUnreachableError(message or "事件日志暂时无法写入")
