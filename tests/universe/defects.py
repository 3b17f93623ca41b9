"""Defects planted one at a time. Each must be found, or the simulation is too kind.

They are the rules of `docs/architecture.md` turned round: what a hurried change could make of the protocol.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import activities.log
import activities.meetings
import workflows.logged
import workflows.matter
import workflows.meeting
import workflows.stream
from domain.base import Refusal
from domain.envelope import Draft, Recorded, canonical
from domain.log import Ahead, Already, Appended, Behind, Refused
from eventlog import append as appending
from eventlog import standing
from eventlog.database import Transaction
from eventlog.readmodel import PUT_NUMBER
from eventlog.witness import Witness
from services.gateway import Gateway, Unreachable
from services.healing import Healing
from services.verified import Verified
from tests.universe import sdk
from tests.universe.playing import kind_of_failure, played
from tests.universe.product import current_world
from workflows import logged

Plant = Callable[["Plot"], None]


class Plot:
    """Where a defect is planted, and taken out again."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Let this stand there instead."""
        self._before.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def clear(self) -> None:
        """As it was."""
        while self._before:
            owner, name, value = self._before.pop()
            setattr(owner, name, value)


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The product with this defect."""
    plot = Plot()
    DEFECTS[name](plot)
    try:
        yield
    finally:
        plot.clear()


def hunt(most: int, words: list[str], within: float = 120.0) -> int:
    """Print for each defect the seed that finds it and by which rule; how many were not found."""
    missed = 0
    for name in DEFECTS:
        if words and not any(word in name for word in words):
            continue
        began = time.perf_counter()
        found, tried = None, 0
        for seed in range(1, most + 1):
            tried = seed
            found = found_by(name, seed)
            if found or time.perf_counter() - began > within:
                break
        missed += found is None
        print(f"{name} | {f'seed {tried}' if found else f'not in {tried}'} | {(found or '')[:160]}", flush=True)
    return missed


def found_by(name: str, seed: int) -> str | None:
    """The rule this universe breaks with the defect and not without; None when it does not show."""
    with planted(name):
        try:
            broken = played(seed)[1]
        except Exception as error:
            broken = [f"broke: {error!r}"]
    if broken and kind_of_failure(played(seed)[1]):
        return None  # the product itself fails here: not the defect's doing
    return broken[0] if broken else None


# --- the loop of a command with one rule of it broken


def _executes(change: str) -> Plant:
    async def execute(self: Any, order: Any, *, clock: bool = False) -> Any:
        async with self._lock:
            if not self.loaded:
                await self._load()
            while True:
                drafts, refusal = self._decided(order)
                if change == "refuses from the cache" and refusal is not None:
                    raise refusal
                if change == "answers before the commit" and drafts and self.state and not clock:
                    return _answered_early(self, order, drafts)
                answer = await self._append(order, drafts, refused=refusal is not None, clock=clock)
                said = await _heard(self, change, order, drafts, answer)
                if said is None:
                    continue
                if refusal is not None and isinstance(answer, Appended):
                    raise refusal
                return said

    return lambda plot: plot.put(logged.Logged, "execute", execute)


async def _heard(self: Any, change: str, order: Any, drafts: Any, answer: Any) -> Any:
    """What becomes of the log's answer; None: decide again."""
    match answer:
        case Appended(events=events):
            events = _imagined(self, order, drafts) if change == "folds its own drafts" else events
            self._fold(events)
            return self._reply(events)
        case Behind():
            self._catch_up(answer)
            if change == "takes behind for success":
                return self._reply(_imagined(self, order, drafts))
            if change == "sends its old drafts again":
                again = await self._append(order, drafts)
                if isinstance(again, Appended):
                    self._fold(again.events)
                    return self._reply(again.events)
            return None
        case Already(events=events):
            if change == "takes already for a refusal":
                raise Refusal("again", "duplicate_command")
            if change == "folds what it was told already":
                self._fold(events)
            else:
                await self._see_all()
            return self._reply(events)
        case Ahead():
            if change == "ignores ahead":
                return self._reply(_imagined(self, order, drafts))
            await self._load()
            return None
        case Refused(code=code, message=message):
            raise Refusal(message, code)
    raise AssertionError(answer)


def _answered_early(self: Any, order: Any, drafts: Any) -> Any:
    here = sdk.Shim.here()
    here.handlers += 1

    async def later() -> None:
        try:
            match await self._append(order, drafts):
                case Appended(events=events):
                    self._fold(events)
                case Behind() as behind:
                    self._catch_up(behind)
        except logged.LogUnreachableError:
            pass
        finally:
            here.handlers -= 1

    self._early = here.create_task(later())
    return self._reply(_imagined(self, order, drafts))


def _imagined(self: Any, order: Any, drafts: tuple[Draft, ...]) -> tuple[Recorded, ...]:
    """Events as a cache would imagine them, without asking the log."""
    return tuple(
        Recorded(
            position=0,
            headquarters="XMH",
            stream=self.stream,
            version=self.version + n,
            event_id="",
            type=draft.type,
            schema_version=draft.schema_version,
            payload=canonical(draft.payload | ({draft.number.field: draft.number.render(1)} if draft.number else {})),
            actor=order.actor,
            command_id=order.command_id,
            occurred_at=draft.occurred_at or self.now(),
            recorded_at=self.now(),
            previous_hash="",
            hash="imagined",
        )
        for n, draft in enumerate(drafts, start=1)
    )


# --- the log


def _no_dedupe(plot: Plot) -> None:
    plot.put(appending, "already", lambda *_: None)
    plot.put(appending, "_PUT_COMMAND", appending._PUT_COMMAND.replace("INSERT", "INSERT OR REPLACE"))


def _numbers_taken_early(plot: Plot) -> None:
    real = appending.append

    def append(database: Any, request: Any, **more: Any) -> Any:
        series = [draft.number.series for draft in request.drafts if draft.number]
        said = real(database, request, **more)
        if series and not isinstance(said, Appended):
            with database.writing() as transaction:
                for name in series:
                    row = transaction.one("SELECT last FROM numbers WHERE series = ?", (name,))
                    transaction.run([(PUT_NUMBER, [(name, (row[0] if row else 0) + 1)])])
                transaction.commit()
        return said

    plot.put(activities.log, "append", append)


def _no_head_check(plot: Plot) -> None:
    plot.put(appending, "outdated", lambda *_: None)


def _ahead_by_version_alone(plot: Plot) -> None:
    real = standing.outdated

    def outdated(transaction: Any, request: Any, standing: Any) -> Any:
        if standing.version == request.expected_version:
            request = request.model_copy(update={"expected_hash": standing.hash})
        return real(transaction, request, standing)

    plot.put(appending, "outdated", outdated)


def _row_of_the_command_lost(plot: Plot) -> None:
    real = Transaction.commit

    def commit(self: Any, statements: Any = ()) -> None:
        lost = statements and not current_world().tape.below("planted", 20)
        real(self, [s for s in statements if s[0] != appending._PUT_COMMAND] if lost else statements)

    plot.put(Transaction, "commit", commit)


def _refusals_forgotten(plot: Plot) -> None:
    plot.put(appending, "check_not_refused", lambda *_: None)


def _rulebook_not_compared(plot: Plot) -> None:
    real = standing.outdated

    def outdated(transaction: Any, request: Any, standing: Any) -> Any:
        same = request.model_copy(update={"rulebook_version": standing.rulebook_version})
        return real(transaction, same, standing)

    plot.put(appending, "outdated", outdated)


def _state_not_written(plot: Plot) -> None:
    real = appending._rows_of_state

    def rows(*asked: Any) -> Any:
        return real(*asked) if current_world().tape.below("planted", 20) else []

    plot.put(appending, "_rows_of_state", rows)


# --- the gateway


def _no_look_up(plot: Plot) -> None:
    async def looked_up(self: Any, order: Any, route: Any) -> None:
        return None

    plot.put(Gateway, "_looked_up", looked_up)


def _unclear_is_refused(plot: Plot) -> None:
    real = Gateway._submit

    async def submit(self: Any, order: Any, route: Any) -> Any:
        try:
            return await real(self, order, route)
        except Unreachable as e:
            raise Refusal(e.message, "unreachable") from e

    plot.put(Gateway, "_submit", submit)


def _each_attempt_its_own(plot: Plot) -> None:
    real = Gateway._attempt

    async def attempt(self: Any, order: Any, route: Any, update_id: str, seconds: float) -> Any:
        own = self.door.pass_order(order.model_copy(update={"command_id": update_id}))
        return await real(self, own, route, update_id, seconds)

    plot.put(Gateway, "_attempt", attempt)


def _waits_for_ever(plot: Plot) -> None:
    real = Gateway._attempt

    async def attempt(self: Any, order: Any, route: Any, update_id: str, seconds: float) -> Any:
        return await real(self, order, route, update_id, seconds + 30)

    async def wait_for(what: Any, seconds: float | None) -> Any:
        return await what

    plot.put(Gateway, "_attempt", attempt)
    plot.put(asyncio, "wait_for", wait_for)


# --- the clock


def _timer_trusts_its_cache(plot: Plot) -> None:
    real = logged.Logged._append

    async def append(self: Any, order: Any, drafts: Any = (), **more: Any) -> Any:
        answer = await real(self, order, drafts, **more)
        if more.get("clock") and drafts and isinstance(answer, Behind):
            self._catch_up(answer)
            return await real(self, order, drafts, **more)
        return answer

    plot.put(logged.Logged, "_append", append)


def _ids_of_the_clock_are_fresh(plot: Plot) -> None:
    real = logged.Logged._append

    async def append(self: Any, order: Any, drafts: Any = (), **more: Any) -> Any:
        if more.get("clock"):
            here = sdk.Shim.here()
            order = order.model_copy(update={"command_id": f"{order.command_id}/{here.run_id}/{here.clock}"})
        answer = await real(self, order, drafts, **more)
        if more.get("clock") and drafts and isinstance(answer, Behind):
            self._catch_up(answer)
            return await real(self, order, drafts, **more)
        return answer

    plot.put(logged.Logged, "_append", append)


def _people_come_before_the_clock(plot: Plot) -> None:
    plot.put(workflows.stream.StreamWorkflow, "_clock_is_even", lambda self: True)


def _hears_nothing(plot: Plot) -> None:
    async def wait_until(self: Any, instant: Any) -> None:
        if instant is None:
            await sdk.Shim().wait_condition(lambda: False)
        await asyncio.sleep((instant - self._log.now()).total_seconds())

    plot.put(workflows.stream.StreamWorkflow, "_wait_until", wait_until)


def _no_reprojection(plot: Plot) -> None:
    async def reproject(self: Any) -> None:
        self._log.reproject = False

    plot.put(workflows.stream.StreamWorkflow, "_reproject", reproject)


def _without(*changes: str) -> Plant:
    """As before some changes of the workflows."""
    return lambda plot: plot.put(sdk.Shim, "patched", lambda self, asked: asked not in changes)


# --- runs


def _no_lock(plot: Plot) -> None:
    class Open:
        async def __aenter__(self) -> None:
            return None

        async def __aexit__(self, *_: object) -> None:
            return None

        def locked(self) -> bool:
            return False

    real = logged.Logged.__init__

    def init(self: Any, start: Any) -> None:
        real(self, start)
        self._lock = Open()

    plot.put(logged.Logged, "__init__", init)


def _renews_over_handlers(plot: Plot) -> None:
    plot.put(sdk.Shim, "all_handlers_finished", lambda self: True)


def _reads_a_clock_of_its_own(plot: Plot) -> None:
    """Not deterministic: what it decides depends on the machine, and a replay goes another way."""
    real = logged.Logged._decided

    def decided(self: Any, order: Any) -> Any:
        return ((), Refusal("no", "chance")) if current_world().steps % 7 == 0 else real(self, order)

    async def reproject(self: Any) -> None:
        self._log.reproject = False
        if current_world().steps % 2:
            await asyncio.sleep(1)

    plot.put(logged.Logged, "_decided", decided)
    plot.put(workflows.stream.StreamWorkflow, "_reproject", reproject)


# --- healing


def _heals_nothing(plot: Plot) -> None:
    async def heal(self: Any, recovery: Any) -> None:
        return None

    plot.put(Healing, "_heal", heal)


def _numbers_not_settled(plot: Plot) -> None:
    async def settle(self: Any, seen: Any) -> dict[str, int]:
        return {}

    plot.put(Healing, "settle_numbers", settle)


def _no_witness(plot: Plot) -> None:
    plot.put(Witness, "height", lambda self, log: None)
    plot.put(Witness, "saw", lambda self, log, height, numbers: True)


def _believes_for_ever(plot: Plot) -> None:
    plot.put(Verified, "skips", lambda self, head, rulebook: head.stream in self.level)


# --- rules


def _refuses_for_nothing(plot: Plot) -> None:
    real = workflows.matter.LoggedMatter.decide

    def decide(self: Any, order: Any, context: Any) -> Any:
        if order.command_id.endswith("7"):
            raise Refusal("没有理由")
        return real(self, order, context)

    plot.put(workflows.matter.LoggedMatter, "decide", decide)


def _rules_are_asked_of_nothing(plot: Plot) -> None:
    real = workflows.matter.LoggedMatter.decide

    def decide(self: Any, order: Any, context: Any) -> Any:
        return real(self, order.model_copy(update={"command": None}), context)

    plot.put(workflows.matter.LoggedMatter, "decide", decide)


# --- meetings


def _delivers_under_fresh_ids(plot: Plot) -> None:
    hands = activities.meetings.MeetingActivities
    real = hands.deliver
    tries: Counter[str] = Counter()

    async def deliver(self: Any, order: Any) -> Any:
        tries[order.command_id] += 1
        return await real(
            self, order.model_copy(update={"command_id": f"{order.command_id}+{tries[order.command_id]}"})
        )

    plot.put(hands, "deliver", deliver)
    plot.put(hands, "_check_owed", lambda *_: None)


DEFECTS: dict[str, Plant] = {
    "a refusal is not confirmed by an empty append": _executes("refuses from the cache"),
    "a refusal is not remembered": _refusals_forgotten,
    "behind is taken for success": _executes("takes behind for success"),
    "behind: caught up, but the old drafts are sent again": _executes("sends its old drafts again"),
    "own drafts are folded instead of what was stored": _executes("folds its own drafts"),
    "answered before the commit": _executes("answers before the commit"),
    "ahead is ignored": _executes("ignores ahead"),
    "ahead is told by version, not by hash": _ahead_by_version_alone,
    "already is told as a refusal": _executes("takes already for a refusal"),
    "already: events folded without what lies between": _executes("folds what it was told already"),
    "only update ids deduplicate": _no_dedupe,
    "each attempt has a command id of its own": _each_attempt_its_own,
    "the command's row is lost now and then": _row_of_the_command_lost,
    "numbers are taken before the head check": _numbers_taken_early,
    "no head check in the append": _no_head_check,
    "the rulebook is not compared": _rulebook_not_compared,
    "the state is not written now and then": _state_not_written,
    "no look-up after an unclear answer": _no_look_up,
    "an unclear answer is told as a refusal": _unclear_is_refused,
    "the caller waits for ever": _waits_for_ever,
    "a timer acts on its cache when behind": _timer_trusts_its_cache,
    "the clock's ids are fresh and it does not look again": _ids_of_the_clock_are_fresh,
    "people come before what the clock owed": _people_come_before_the_clock,
    "a run about to begin anew lets people pass the clock": _without(workflows.stream.CLOCK_BEFORE_RENEWAL),
    "a clock that rests from the log lets people pass": _without(
        workflows.stream.CLOCK_TRIES_AGAIN, workflows.stream.NOBODY_PASSES
    ),
    "who waited for the clock passes it when the log fails it": _without(workflows.stream.NOBODY_PASSES),
    "what the log failed is forgotten": _without(workflows.logged.KEEPS_IN_MIND),
    "who is behind catches up and passes the clock": _without(workflows.logged.CLOCK_AFTER_CATCHING_UP),
    "who waited behind another passes the clock": _without(workflows.logged.CLOCK_AFTER_WAITING),
    "a waiting matter hears nothing": _hears_nothing,
    "deadlines do not follow the rulebook": _no_reprojection,
    "no lock around a command": _no_lock,
    "continue-as-new drops handlers at work": _renews_over_handlers,
    "the workflow asks the machine": _reads_a_clock_of_its_own,
    "nothing is healed": _heals_nothing,
    "numbers of a restored log are given again": _numbers_not_settled,
    "the home does not witness what its log holds": _no_witness,
    "what was level once is believed for ever": _believes_for_ever,
    "an outcome is delivered under a fresh id each time": _delivers_under_fresh_ids,
    "somebody is refused by no rule": _refuses_for_nothing,
    "the rules are asked of no command": _rules_are_asked_of_nothing,
}
"""What was done to the product → how."""

FOUND_BY = {
    "a refusal is not confirmed by an empty append": 3,
    "a refusal is not remembered": 51,
    "behind is taken for success": 3,
    "behind: caught up, but the old drafts are sent again": 4,
    "own drafts are folded instead of what was stored": 1,
    "answered before the commit": 1,
    "ahead is ignored": 69,
    "ahead is told by version, not by hash": 51,
    "already is told as a refusal": 1,
    "already: events folded without what lies between": 3,
    "only update ids deduplicate": 1,
    "each attempt has a command id of its own": 1,
    "the command's row is lost now and then": 5,
    "numbers are taken before the head check": 1,
    "no head check in the append": 2,
    "the rulebook is not compared": 4,
    "the state is not written now and then": 4,
    "no look-up after an unclear answer": 11,
    "an unclear answer is told as a refusal": 1,
    "the caller waits for ever": 1,
    "a timer acts on its cache when behind": 4,
    "the clock's ids are fresh and it does not look again": 4,
    "people come before what the clock owed": 3,
    "a run about to begin anew lets people pass the clock": 7,
    "a clock that rests from the log lets people pass": 41,
    "who waited for the clock passes it when the log fails it": 121,
    "what the log failed is forgotten": 205,
    "who is behind catches up and passes the clock": 891515568,
    "who waited behind another passes the clock": 30304,
    "a waiting matter hears nothing": 4,
    "deadlines do not follow the rulebook": 8,
    "no lock around a command": 10,
    "continue-as-new drops handlers at work": 7,
    "the workflow asks the machine": 1,
    "nothing is healed": 4,
    "numbers of a restored log are given again": 16,
    "the home does not witness what its log holds": 174,
    "what was level once is believed for ever": 86,
    "an outcome is delivered under a fresh id each time": 15,
    "somebody is refused by no rule": 7,
    "the rules are asked of no command": 1,
}
"""Defect → the first seed that finds it (`python -m tests.universe hunt` looks for others)."""
