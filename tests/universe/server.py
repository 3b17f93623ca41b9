"""A simulated Temporal server: histories, task tokens and time-outs, sticky queues, updates, timers, activities."""

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.service import RPCStatusCode

from tests.universe.sdk import Command, Instance, Outcome, Record
from tests.universe.worker import Worker
from tests.universe.world import MS, SECOND, World

TASK_TIMEOUT = 5 * SECOND
STICKY = 3 * SECOND
"""How long a task waits for the worker that has the run in its cache before it goes to any."""
SILENT_FOR = 4 * SECOND
"""A worker at an ordinary activity that is not heard for so long is given up."""
LONGEST_PAUSE = 10 * SECOND


class Update:
    """One update of a run, as the server remembers it."""

    def __init__(self, uid: str, order: Any) -> None:
        self.uid, self.order = uid, order
        self.state = "admitted"
        self.outcome: Any = None
        self.asking: list[Any] = []


class Run:
    """One run of a workflow, as the server has it."""

    def __init__(self, stream: str, run_id: str, start: Any, memo: dict[str, Any]) -> None:
        self.stream, self.run_id, self.start = stream, run_id, start
        self.memo, self.memo_at_start = dict(memo), dict(memo)
        self.history: list[Record] = []
        self.length = 2
        self.status = "running"
        self.inputs: list[Command] = [("start",)]
        self.updates: dict[str, Update] = {}
        self.token: int | None = None
        self.given = 0
        """How many of the inputs went out with the task under way."""
        self.attempt = 0
        self.scheduled = False
        self.sticky: Worker | None = None
        self.started = 0
        self.timers: set[int] = set()
        self.activities: set[int] = set()

    @property
    def admitted(self) -> list[Update]:
        """Updates no worker has taken up."""
        return [u for u in self.updates.values() if u.state == "admitted"]


class Server:
    """Its word is law only about its own histories."""

    def __init__(self, world: World, suggest_after: int) -> None:
        self.world = world
        self.suggest_after = suggest_after
        self.current: dict[str, Run] = {}
        self.runs: list[Run] = []
        self.workers: list[Worker] = []
        self.carry: Any = None
        """Who carries out ordinary activities: (name, argument, told) → None."""
        self.log_away: Any = None
        """Who lets the log be away: for so many microseconds."""
        self.committed: dict[str, int] = {}
        """Hash of an event → when it really came into the log."""
        self.diverged: list[Any] = []
        self.faults: list[Any] = []
        self.dropped: list[str] = []
        """Streams of runs that began anew over updates they had taken up and not answered."""
        self.namespace_data: dict[str, str] = {}
        self.aside: dict[str, Instance] = {}
        """Run → a copy that was at rest when its worker forgot it: what a replay would make, without the work."""
        self._idle: list[Run] = []
        self._tokens = 0

    def put_aside(self, instance: Instance) -> None:
        """Keep it when it is at rest."""
        if not (instance.at_work or instance.token is not None or instance.reporting or instance.fault):
            self.aside[instance.run_id] = instance

    def note(self, outcome: Outcome, now: int) -> None:
        """What an append said, for who checks afterwards when each event was really there."""
        said = getattr(outcome[1], "said", None)
        for event in getattr(said, "events", ()) if type(said).__name__ == "Appended" else ():
            self.committed.setdefault(event.hash, now)

    # --- starting and closing

    def open(self, stream: str, start: Any, memo: dict[str, Any] | None = None) -> Run:
        """The run of a stream; begun when there is none."""
        run = self.running(stream)
        if run is not None:
            return run
        run = Run(stream, f"run-{len(self.runs)}", start, memo or {})
        self.runs.append(run)
        self.current[stream] = run
        self.schedule(run)
        return run

    def running(self, stream: str) -> Run | None:
        """The run under way, if there is one."""
        run = self.current.get(stream)
        return run if run is not None and run.status == "running" else None

    def close(self, run: Run, status: str) -> None:
        """End it; who waits for an update of it hears that it ended."""
        run.status = status
        for update in run.updates.values():
            if update.state == "accepted":
                if status == "continued":
                    self.dropped.append(run.stream)
                gone = ApplicationError("gone", type="AcceptedUpdateCompletedWorkflow", non_retryable=True)
                self.answer(update, ("failed", gone))
            elif update.state == "admitted":
                self.answer(update, ("rpc", RPCStatusCode.NOT_FOUND))

    def forget(self) -> None:
        """The cluster is lost with everything in it."""
        self.world.say("temporal loses everything")
        for run in self.current.values():
            run.status, run.token = "lost", None
            for update in run.updates.values():
                self.answer(update, ("rpc", RPCStatusCode.UNAVAILABLE))
        self.current = {}
        for worker in self.workers:
            for run_id in list(worker.cache):
                if self.world.tape.below("server", 2):
                    worker.evict(run_id)

    def restart(self) -> None:
        """Histories stay; what was only in memory is gone."""
        self.world.say("temporal restarts")
        for run in self.current.values():
            for uid, update in list(run.updates.items()):
                if update.state == "admitted":
                    del run.updates[uid]
                asking, update.asking = update.asking, []
                for ask in asking:
                    ask(("rpc", RPCStatusCode.UNAVAILABLE))

    # --- workflow tasks

    def schedule(self, run: Run, delay: int = 0) -> None:
        """A task for the run, unless one is on its way."""
        if run.status == "running" and run.token is None and not run.scheduled:
            run.scheduled = True
            self.world.after(delay + self.world.tape.between(run.stream, 300, 4 * MS), self._dispatch, run)

    def polls(self) -> None:
        """A worker came back and asks for work."""
        idle, self._idle = self._idle, []
        for run in idle:
            self.schedule(run)

    def _dispatch(self, run: Run) -> None:
        run.scheduled = False
        if run.status != "running" or run.token is not None:
            return
        world, worker = self.world, run.sticky
        if worker is not None and (
            not worker.alive or (worker.frozen_until > world.now and world.tape.below(run.stream, 2))
        ):
            run.sticky, run.scheduled = None, True
            world.after(STICKY, self._dispatch, run)
            return
        worker = worker or self._any_worker(run)
        if worker is None:
            return
        self._tokens += 1
        run.token, run.attempt, run.started = self._tokens, run.attempt + 1, max(run.started, world.now)
        run.given = len(run.inputs)
        inputs = [*run.inputs, *(("update", u.uid, u.order) for u in run.admitted)]
        run.length += 3 + len(inputs)
        record = Record(run.started, inputs, run.length, run.length > self.suggest_after)
        world.after(TASK_TIMEOUT, self._time_out, run, run.token)
        delay = world.tape.between(run.stream, 300, 4 * MS)
        world.after(delay, worker.receive, run, run.token, list(run.history), record, owner=worker)

    def _any_worker(self, run: Run) -> Worker | None:
        """A worker that polls; a frozen one had a poll outstanding now and then. Otherwise the task waits."""
        world = self.world
        polling = [
            w for w in self.workers if w.alive and (w.frozen_until <= world.now or not world.tape.below(run.stream, 4))
        ]
        if polling:
            return polling[world.tape.below(run.stream, len(polling))]
        if any(w.alive for w in self.workers):
            run.scheduled = True
            world.after(SECOND, self._dispatch, run)
        else:
            self._idle.append(run)
        return None

    def _time_out(self, run: Run, token: int) -> None:
        if run.token == token:
            self.world.say(run.stream, "task times out")
            run.token, run.sticky = None, None
            self.schedule(run)

    def failed(self, run: Run, token: int | None, why: str) -> None:
        """A worker gave a task back."""
        if run.token == token and run.status == "running":
            self.world.say(run.stream, "task fails:", why)
            run.token, run.sticky = None, None
            self.schedule(run, min(SECOND * 2**run.attempt, LONGEST_PAUSE))

    def completed(self, run: Run, token: int, worker: Worker, record: Record, heartbeat: bool) -> None:
        """A worker completed a task: taken when it is the task under way and nothing came in that would be lost."""
        if run.token != token or run.status != "running":
            self.world.say(worker.name, "told a stale completion of", run.stream)
            self.world.after(MS, worker.heard, run.run_id, False, heartbeat, owner=worker)
            return
        closing = [c for c in record.commands if c[0] in ("done", "again")]
        if closing and len(run.inputs) > run.given:  # UnhandledCommand
            self.world.after(MS, worker.heard, run.run_id, False, heartbeat, owner=worker)
            run.token, run.sticky = None, None
            self.schedule(run)
            return
        run.inputs = run.inputs[run.given :]
        run.history.append(record)
        run.length += len(record.commands) + len(record.results)
        run.token, run.attempt, run.sticky = None, 0, worker
        for command in record.commands:
            self._carry_out(run, command, record.started)
        for command in closing:
            self._end(run, command)
        self.world.after(MS, worker.heard, run.run_id, not closing, heartbeat, owner=worker)
        if not closing and (heartbeat or run.inputs or run.admitted):
            self.schedule(run)

    def _carry_out(self, run: Run, command: Command, started: int) -> None:
        match command:
            case ("timer", seq, delay):
                run.timers.add(seq)
                self.world.at(started + delay + self._off_by(run), self._fire, run, seq)
            case ("cancel", seq):
                run.timers.discard(seq)
            case ("memo", values):
                run.memo.update(values)
            case ("accepted", uid):
                # One forgotten by a restart is remembered by the worker.
                update = run.updates.setdefault(uid, Update(uid, None))
                update.state = "accepted"
            case ("completed", uid, outcome):
                self.answer(run.updates[uid], outcome)
            case ("activity", seq, name, arg):
                run.activities.add(seq)
                self._give(run, seq, name, arg, 1)

    def _off_by(self, run: Run) -> int:
        if self.world.fault("timer_late", run.stream):
            return self.world.tape.between(run.stream, 0, 40 * SECOND)
        if self.world.fault("timer_early", run.stream):
            return -self.world.tape.between(run.stream, 1, 300 * MS)
        return 0

    def _end(self, run: Run, command: Command) -> None:
        if command[0] == "again":
            waiting = len(run.admitted)
            self.close(run, "continued")
            following = self.open(run.stream, command[1], run.memo)
            self.world.say(run.stream, "continues as", following.run_id, waiting)
        else:
            self.world.say(run.stream, "completes")
            self.close(run, "completed")

    def _fire(self, run: Run, seq: int) -> None:
        if seq in run.timers and run.status == "running":
            run.timers.discard(seq)
            run.inputs.append(("timer", seq))
            self.schedule(run)

    # --- ordinary activities

    def _give(self, run: Run, seq: int, name: str, arg: Any, attempt: int) -> None:
        """To any worker that lives; again, for ever, when it dies or fails."""
        world = self.world
        if run.status != "running" or seq not in run.activities:
            return
        alive = [w for w in self.workers if w.alive]
        again = min(SECOND * 2 ** min(attempt - 1, 4), LONGEST_PAUSE)
        if not alive:
            world.after(again, self._give, run, seq, name, arg, attempt)
            return
        worker = alive[world.tape.below(run.stream, len(alive))]
        life = worker.life

        def told(outcome: Outcome) -> None:
            if worker.life != life or run.status != "running" or seq not in run.activities:
                return
            if outcome[0] == "failed" and not outcome[1].non_retryable:
                world.after(again, self._give, run, seq, name, arg, attempt + 1)
                return
            run.activities.discard(seq)
            run.inputs.append(("activity", seq, outcome))
            self.schedule(run)

        def look() -> None:
            if worker.life != life:
                self._give(run, seq, name, arg, attempt + 1)
            elif seq in run.activities and run.status == "running":
                world.after(SILENT_FOR, look)

        world.after(world.tape.between(run.stream, 300, 4 * MS), self.carry, run.stream, name, arg, told, owner=worker)
        world.after(SILENT_FOR, look)

    # --- updates, signals, queries

    def answer(self, update: Update, outcome: Any) -> None:
        """Whoever waits for the update hears it; it is remembered."""
        if update.state == "completed":
            return
        update.state, update.outcome = "completed", outcome
        asking, update.asking = update.asking, []
        for ask in asking:
            ask(outcome)

    def update_with_start(self, stream: str, start: Any, uid: str, order: Any, ask: Any) -> None:
        """Update-with-start: one update id counts once per run."""
        run = self.open(stream, start)
        update = run.updates.get(uid)
        if update is None:
            update = run.updates[uid] = Update(uid, order)
            self.schedule(run)
        if update.state == "completed":
            ask(update.outcome)
        else:
            update.asking.append(ask)

    def signal(self, stream: str, name: str) -> bool:
        """Whether there was a run to hear it."""
        run = self.running(stream)
        if run is None:
            return False
        run.inputs.append(("signal", name))
        self.schedule(run)
        return True

    def query(self, stream: str, name: str) -> Any:
        """What a worker's copy of the run says; None when nobody answers."""
        run = self.current.get(stream)
        able = [w for w in self.workers if w.alive and w.frozen_until <= self.world.now]
        if run is None or not able:
            return None
        worker = run.sticky if run.sticky in able else able[0]
        instance = worker.cache.get(run.run_id)
        if instance is None or not instance.stands_on(run.history):
            fresh = worker.replayed(run, run.history)
            if fresh is not None and instance is None:
                worker.cache[run.run_id] = fresh
            instance = fresh
        return None if instance is None or instance.object is None else getattr(instance.object, name)()
