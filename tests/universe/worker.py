"""A worker's process: workflow tasks, a cache of runs, the threads of local activities. It dies and freezes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from temporalio.exceptions import ApplicationError

from tests.universe.sdk import Instance, Outcome, Record
from tests.universe.world import MS, SECOND, Process, World

if TYPE_CHECKING:
    from tests.universe.server import Run, Server

HEARTBEAT = 4 * SECOND
"""After which a task that waits for its local activities reports what it has."""
ONE_TRY, ALL_TRIES, MOST_TRIES = 5 * SECOND, 8 * SECOND, 3
"""The limits `workflows/logged.py` gives its local activities."""
REALLY = 4
"""One in so many replays is played through; the others take a copy at rest that stands on the same history."""
UNREACHABLE = ("failed", ApplicationError("log", type="log_unreachable"))
Hands = dict[str, Callable[[Any], Any]]
"""Name of a local activity → the product's own function."""


class Acting:
    """What the product's activities ask of `temporalio.activity`: who called."""

    caller: "tuple[str, str]" = ("", "")
    """Stream and type of the workflow that calls."""

    @classmethod
    def info(cls) -> Any:
        told = cls()
        told.workflow_id, told.workflow_type = cls.caller  # type: ignore[attr-defined]
        told.is_local = True  # type: ignore[attr-defined]
        return told

    @staticmethod
    def heartbeat() -> None:
        """The simulated server looks whether the process lives."""


class Worker(Process):
    """Runs what the server gives it."""

    def __init__(self, world: World, name: str, server: "Server", workflows: dict[str, type], hands: Hands) -> None:
        super().__init__(world, name)
        self.server, self.workflows, self.hands = server, workflows, hands
        self.cache: dict[str, Instance] = {}

    def crash(self) -> None:
        """It dies with all it had in memory, and is started again."""
        self.world.say(self.name, "dies")
        self.life += 1
        self.alive = False
        self.frozen_until = 0
        for run_id in list(self.cache):
            self.evict(run_id)
        self.world.after(self.world.tape.between(self.name, 200 * MS, 20 * SECOND), self.rise)

    def rise(self) -> None:
        """It lives again."""
        if not self.alive:
            self.world.say(self.name, "is up")
            self.alive = True
            self.server.polls()

    def evict(self, run_id: str) -> None:
        """Forget a run; what is at work for it comes to nothing."""
        found = self.cache.pop(run_id, None)
        if found is not None:
            found.gone = True
            self.server.put_aside(found)

    # --- workflow tasks

    def receive(self, run: "Run", token: int, history: list[Record], record: Record) -> None:
        """One workflow task."""
        if self.world.fault("crash_task", run.stream):
            self.crash()
            return
        instance = self.cache.get(run.run_id)
        if instance is not None and (instance.token is not None or instance.reporting):
            instance.next = (run, token, history, record)  # core keeps it until the task at hand is answered for
            return
        if instance is None or not instance.stands_on(history):
            self.evict(run.run_id)
            instance = self.replayed(run, history)
            if instance is None:
                self.world.after(MS, self.server.failed, run, token, "replay", owner=self)
                return
            self.cache[run.run_id] = instance
        instance.token = token
        instance.begin(record)
        late, instance.late = instance.late, []
        for seq, outcome in late:
            instance.resolve(seq, outcome, self.world.now)
        self.world.after(HEARTBEAT, self._heartbeat, instance, run, token, owner=self)
        self._go_on(instance, run)

    def replayed(self, run: "Run", history: list[Record]) -> Instance | None:
        """The run as its history makes it; None when the code does not follow it any more."""
        aside = self.server.aside.pop(run.run_id, None)
        if aside is not None and aside.stands_on(history) and self.world.tape.below(run.stream, REALLY):
            aside.gone = False
            return aside
        workflow = self.workflows[run.stream.partition("/")[0]]
        instance = Instance(run.run_id, run.stream, run.start, dict(run.memo_at_start), workflow)  # type: ignore[abstract]
        for past in history:
            try:
                instance.begin(past.again())
                for seq, outcome, at in past.results:
                    instance.resolve(seq, outcome, at)
            except KeyError:
                return None
            if instance.shape() != past.shape or instance.fault:
                self.server.diverged.append((run.stream, past.shape, instance.shape(), instance.fault))
                return None
            instance.last = past
        # What was at work when the last task was recorded is begun again.
        instance.to_launch = [item for item in instance.to_launch if item[0] in instance.at_work]
        return instance

    def heard(self, run_id: str, taken: bool, heartbeat: bool) -> None:
        """The server took the completion of a task, or did not."""
        instance = self.cache.get(run_id)
        if instance is None or not instance.reporting:
            return
        instance.reporting = False
        if not taken or (not heartbeat and self.world.fault("evict", instance.stream)):
            self.evict(run_id)
        if instance.next is not None:
            task, instance.next = instance.next, None
            self.receive(*task)

    def _go_on(self, instance: Instance, run: "Run") -> None:
        if instance.gone:
            return
        if instance.fault is not None:
            self.server.faults.append((instance.stream, repr(instance.fault)))
            self.evict(instance.run_id)
            self.world.after(MS, self.server.failed, run, instance.token, "fault", owner=self)
            return
        launch, instance.to_launch = instance.to_launch, []
        for asked in launch:
            _Try(self, instance, run, asked).launch()
        if not instance.at_work and instance.token is not None:
            self._complete(instance, run, heartbeat=False)

    def _complete(self, instance: Instance, run: "Run", *, heartbeat: bool) -> None:
        record, token = instance.record, instance.token
        assert record is not None and token is not None
        record.commands, record.shape = instance.commands, instance.shape()
        instance.token, instance.record, instance.last = None, None, record
        delay = self.world.tape.between(run.stream, 300, 5 * MS)
        if self.world.fault("completion_slow", run.stream):
            delay = self.world.tape.between(run.stream, SECOND, 9 * SECOND)
        instance.reporting = True
        self.world.after(delay, self.server.completed, run, token, self, record, heartbeat)

    def _heartbeat(self, instance: Instance, run: "Run", token: int) -> None:
        if not instance.gone and instance.token == token:
            self._complete(instance, run, heartbeat=True)

    def acted(self, instance: Instance, run: "Run", seq: int, outcome: Outcome) -> None:
        """A local activity came to its end, by answer or by time."""
        if instance.token is None:
            instance.late.append((seq, outcome))
            return
        instance.resolve(seq, outcome, self.world.now)
        self._go_on(instance, run)


class _Try:
    """One local activity with its tries. A thread that ran out of time goes on all the same, as threads do."""

    def __init__(self, worker: Worker, instance: Instance, run: "Run", asked: tuple[int, str, Any]) -> None:
        self.worker, self.instance, self.run = worker, instance, run
        self.seq, self.name, self.arg = asked
        self.first = worker.world.now
        self.attempt = 1
        self.world = worker.world
        self.place = run.stream

    def launch(self) -> None:
        """A thread of the worker's pool takes it up."""
        tape, world, attempt = self.world.tape, self.world, self.attempt
        delay = tape.between(self.place, 200, 4 * MS)
        if world.fault("thread_slow", self.place):
            delay = tape.between(self.place, SECOND, 9 * SECOND)
            left = min(ONE_TRY, self.first + ALL_TRIES - world.now)
            if delay > left:
                late: Outcome = ("failed", ApplicationError("timeout", type="timeout"))
                world.after(left, self._ended, attempt, late, owner=self.worker)
        world.after(delay, self._act, attempt, False, owner=self.worker)

    def _act(self, attempt: int, woken: bool) -> None:
        world, tape = self.world, self.world.tape
        if not woken and world.fault("freeze_before", self.place):
            self.worker.freeze(tape.between(self.place, 2 * SECOND, 90 * SECOND))
            world.after(0, self._act, attempt, True, owner=self.worker)
            return
        if world.fault("crash_before", self.place):
            self.worker.crash()
            return
        outcome: Outcome = UNREACHABLE
        if not world.fault("log_fails_before", self.place):
            outcome = self._done()
            if world.fault("log_goes_away", self.place):
                self.worker.server.log_away(tape.between(self.place, 500 * MS, 2 * SECOND))
            if world.fault("crash_after", self.place):
                self.worker.crash()
                return
            if world.fault("log_fails_after", self.place):
                outcome = UNREACHABLE
            if world.fault("freeze_after", self.place):
                self.worker.freeze(tape.between(self.place, 2 * SECOND, 90 * SECOND))
        world.after(tape.between(self.place, 50, MS), self._ended, attempt, outcome, owner=self.worker)

    def _done(self) -> Outcome:
        Acting.caller = (self.run.stream, self.run.stream.partition("/")[0].capitalize())
        try:
            outcome: Outcome = ("ok", self.worker.hands[self.name](self.arg))
        except ApplicationError as error:
            outcome = ("failed", error)
        if self.world.trace is not None:
            self.world.say(self.worker.name, self.name, self.seq, _told(self.arg, outcome))
        self.worker.server.note(outcome, self.world.now)
        return outcome

    def _ended(self, attempt: int, outcome: Outcome) -> None:
        instance, key = self.instance, (self.seq, attempt)
        if instance.gone or self.seq not in instance.at_work or key in instance.done:
            return
        instance.done.add(key)
        if outcome[0] == "failed" and not outcome[1].non_retryable and attempt < MOST_TRIES:
            pause = 200 * MS * 2 ** (attempt - 1)
            if self.world.now + pause < self.first + ALL_TRIES:
                self.attempt = attempt + 1
                self.world.after(pause, self.launch, owner=self.worker)
                return
        self.worker.acted(instance, self.run, self.seq, outcome)


def _told(arg: Any, outcome: Outcome) -> str:
    if not hasattr(arg, "drafts"):
        return str(arg.stream)
    said = getattr(outcome[1], "said", outcome[1])
    return f"{arg.stream}@{arg.expected_version} {arg.command_id} {len(arg.drafts)} -> {type(said).__name__}"
