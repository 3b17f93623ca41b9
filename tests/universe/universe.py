"""A universe of the product: its log, workflows, gateway and healing, under a world that breaks what it can."""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.exceptions import ApplicationError

from activities.log import LogActivities
from activities.meetings import MeetingActivities
from domain.base import Refusal
from domain.calendar import local_date
from domain.commands import Order, SubmitFeedback
from domain.envelope import SYSTEM
from domain.ids import OfficeStream
from domain.log import APPEND, LOAD, AppendRequest
from domain.matter import Matter
from domain.meetings.commands import MeetingOrder
from domain.meetings.deliveries import ASSEMBLE, DELIVER
from domain.office import DayOverridden
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from eventlog import reading
from eventlog.append import append
from eventlog.database import Database
from eventlog.errors import LogError
from eventlog.witness import Witness
from services.gateway import Gateway, Unreachable
from services.healing import Healing
from services.morning_look import look_in_the_morning
from services.office_records import record_office_events
from services.sweep import Sweep
from tests.support.office import DOOR, LIAISON
from tests.universe.client import QUEUE, Client
from tests.universe.people import CLOSING, Wish, Wishes
from tests.universe.product import MemoryBackend, enter, founded_log, installed
from tests.universe.server import Server
from tests.universe.worker import Worker
from tests.universe.world import DAY, HOUR, MINUTE, MS, SECOND, ClientLoop, Tape, World
from workflows.matter import MatterWorkflow
from workflows.meeting import MeetingWorkflow

RATES = {
    "request_lost": 0.1, "request_slow": 0.08, "request_twice": 0.1, "answer_lost": 0.15, "answer_slow": 0.08,
    "rpc_lost": 0.1, "lookup_slow": 0.1, "crash_task": 0.03, "crash_before": 0.04, "crash_after": 0.06,
    "freeze_before": 0.06, "freeze_after": 0.04, "log_fails_before": 0.08, "log_fails_after": 0.08,
    "thread_slow": 0.05, "completion_slow": 0.05, "evict": 0.3, "timer_late": 0.4, "timer_early": 0.3,
}  # fmt: skip
"""Fault → how often it strikes where it may, in a universe whose weather has it."""
STORMS = {"restart": 0.25, "forget": 0.15, "outage": 0.25, "restore": 0.15, "rulebook": 0.25}
"""What happens to everything at once → in what share of universes."""
FLICKERS = 0.3
"""In what share of universes the log is away for moments, again and again."""
BEHIND_A_RULE = 0.3
"""How often it goes there right behind an answer, while a rule that moved becomes known."""
LONG = 10_000
"""No run here has a history so long that it would begin anew."""
VALID = timedelta(minutes=15)


@dataclass
class Said:
    """One attempt of a person, and what he was told."""

    order_id: str
    stream: str
    kind: str
    invoked: int
    done: int = -1
    outcome: str = "unknown"
    code: str = ""
    version: int = 0
    events: tuple[str, ...] = ()
    number: str = ""
    message: str = ""


class _Gateway(Gateway):
    """The product's; neither the headquarters' rhythm nor the delivery of notices is played here."""

    async def keep_services(self) -> None:
        """None to keep."""

    async def wake_rhythm(self) -> None:
        """None to wake."""

    async def witnessed(self) -> None:
        """Only the home is a witness."""


@dataclass
class Universe:
    """One integer's worth of office life. `muted` faults and wishes outside `kept` are left out, to make it small."""

    seed: int
    size: int = 52
    days: int = 12
    muted: frozenset[str] = frozenset()
    kept: frozenset[str] | None = None
    script: tuple[Wish, ...] = ()
    """Instead of what people of this seed want; then the weather is clear."""
    traced: bool = False
    said: list[Said] = field(default_factory=list)
    restored_at: list[int] = field(default_factory=list)
    outages: int = 0
    gaps: Any = None
    digest: str = ""

    @property
    def events(self) -> int:
        """How many are in its log."""
        return int(self.backend.raw.execute("SELECT count(*) FROM events").fetchone()[0])

    def run(self) -> "Universe":
        """Play it to its end."""
        with _led_into_it(), tempfile.TemporaryDirectory(prefix="universe-") as folder:
            self._furnish(Path(folder))
            last = self._follow() if self.script else self._fill()
            self.world.at(last, self._be_calm)
            for pause in (1, 2, 3, 6, 9):
                self.world.at(last + pause * MINUTE, self._sweep_of, self.server.workers[pause % 2])
            end = last + self._luck.randint(3, 30) * HOUR
            self.world.run(end)
            self._spawn(self._look(), "look")
            self.world.run(end + 5 * SECOND)
        self.tape.note(self.world.now, self.world.steps, self.tape.drawn)
        self.tape.note(self.backend.raw.execute("SELECT hash FROM events ORDER BY position").fetchall())
        self.digest = self.tape.digest
        return self

    def _furnish(self, home: Path) -> None:
        self.tape = Tape(self.seed, self.muted)
        content = founded_log()
        self.world = world = World(self.tape, traced=self.traced)
        enter(world)
        self._luck = luck = random.Random(f"weather/{self.seed}")
        world.rates = {n: rate * luck.choice((0.3, 1, 2)) for n, rate in RATES.items() if luck.random() < 0.4}
        self.home = home
        self.database = Database("sqlite:////memory", witness=Witness(home))
        self.database.backend = self.backend = MemoryBackend(content)
        # A worker of another cluster has another home: its witness has seen nothing of what was lost here.
        self.elsewhere = Database("sqlite:////memory")
        self.elsewhere.backend = self.backend
        self.server = server = Server(world, LONG if self.script else luck.choice((40, 90, LONG)))
        hands = LogActivities(self.database, DOOR)
        workflows: dict[str, type] = {"matter": MatterWorkflow, "meeting": MeetingWorkflow}
        doing: dict[str, Any] = {APPEND: hands.append, LOAD: hands.load}
        server.workers = [Worker(world, f"worker-{n}", server, workflows, doing) for n in range(2)]
        server.carry, server.log_away = self._carry, self._away
        self._flickering = False
        self.loop = ClientLoop(world)  # type: ignore[abstract]
        client: Any = Client(world, server, self.loop)
        self.gateway = _Gateway(
            client, self.database, QUEUE, DOOR, None if self.script else luck.choice((None, None, 60))
        )
        self.healing = Healing(self.gateway)
        self._begun: list[asyncio.Task[Any]] = []
        self.sweeps: dict[tuple[str, int], Sweep] = {}
        """Each life of a worker has one, and what it remembers dies with it."""
        clock: Any = None
        self.meetings = MeetingActivities(
            self.database, self.gateway.carry, self.gateway.convene, clock, look_in_the_morning
        )

    def _follow(self) -> int:
        self.world.rates = {}
        self.wanted = list(self.script)
        for wish in self.wanted:
            self.world.at(wish.at, self._begin, wish)
        return self.wanted[-1].at + MINUTE

    def _fill(self) -> int:
        """Wishes, strikes, sweeps and storms; when the last of them is over."""
        world, luck = self.world, self._luck
        wishes = Wishes(self.seed, self.size, self.days)
        self.bursts = wishes.bursts
        self.wanted = [w for w in wishes.all if self.kept is None or w.order_id in self.kept]
        for wish in self.wanted:
            world.at(wish.at, self._begin, wish)
        for n, burst in enumerate(self.bursts):
            for worker in self.server.workers:
                if luck.random() < 0.35:
                    world.at(burst + luck.randint(0, 25_000) * MS, self._strike, worker, luck.random() < 0.5, n)
            for minute in (1, 2, 3):
                when = burst + minute * MINUTE + luck.randint(0, 30) * SECOND
                world.at(when, self._sweep_of, self.server.workers[minute % 2])
            world.at(burst - 1, self._ease, 1.0)
            world.at(burst + 3 * MINUTE, self._ease, 0.15)
        self._from_beyond()
        self._flickers(wishes.all)
        for storm, share in STORMS.items():
            if luck.random() < share:
                # The rules of the last days are those that show in the end.
                crowded = self.bursts[-2:] if storm == "rulebook" else self.bursts
                at = luck.choice(crowded) + luck.randint(0, 30_000) * MS
                world.at(at, getattr(self, f"_{storm}"), luck.randint(0, 20_000) * MS)
        return max(self.bursts) + 4 * MINUTE

    def _from_beyond(self) -> None:
        """A worker of another cluster, of which no history here tells, writes past the workflows."""
        luck = self._luck
        if luck.random() >= 0.4:
            return
        for burst in self.bursts[1:]:
            closing = burst // DAY * DAY + CLOSING
            for n in range(3):
                near = closing if abs(burst - closing) < 10 * SECOND else burst
                if luck.random() < 0.5:
                    self.world.at(near - luck.randint(500, 9000) * MS, self._beyond, f"matter/u{n}")

    def _flickers(self, wishes: list[Wish]) -> None:
        """The log is away for moments: where windows close, until just behind a report that comes late, and elsewhere.

        It fails the clock then, and is back for who came behind it. Once a rule has moved it goes away right behind its
        answers, so that what somebody has just learnt he cannot act on. Its luck is its own, so that universes without
        it are as they were.
        """
        luck = random.Random(f"flicker/{self.seed}")
        self._flickering = luck.random() < FLICKERS
        if not self._flickering:
            return
        for n, burst in enumerate(self.bursts):
            closing = burst // DAY * DAY + CLOSING
            late = [w.at for w in wishes if closing <= w.at < closing + 12 * SECOND and w.command.do == "report"]
            if late:
                begins, ends = closing - luck.randint(0, 500) * MS, luck.choice(late) + luck.randint(500, 1400) * MS
            else:
                begins = burst + luck.randint(0, 25_000) * MS
                ends = begins + luck.randint(500, 3500) * MS
            self.world.at(begins, self._flicker, ends - begins, f"{n}")

    def _spawn(self, what: Any, name: str) -> None:
        self._begun.append(self.loop.create_task(what, name=name))
        self.loop.drain()

    def _begin(self, wish: Wish) -> None:
        self._spawn(self._person(wish), wish.order_id)

    def _sweep_of(self, worker: Worker) -> None:
        """A worker that lives looks at everything, as each does every minute."""
        if worker.alive and worker.frozen_until <= self.world.now:
            sweep = self.sweeps.setdefault((worker.name, worker.life), Sweep(self.gateway, lambda: self.home))
            self._spawn(self._swept(sweep), worker.name)

    async def _swept(self, sweep: Sweep) -> None:
        # As `Sweep.for_ever` does it: whatever it is, the next look may succeed.
        try:
            await sweep.once()
        except Exception as error:
            self.world.say("sweep broken", repr(error))

    # --- people and services

    async def _person(self, wish: Wish) -> None:
        world = self.world
        for pause in (*wish.retries, None):
            said = Said(wish.order_id, wish.stream, wish.command.do, world.now)
            self.said.append(said)
            world.say("person asks", wish.order_id, wish.command.do, wish.stream)
            await self._asked(wish, said)
            said.done = world.now
            self.tape.note(said.order_id, said.outcome, said.version, said.code, said.done)
            world.say("person told", wish.order_id, said.outcome, said.version, said.code)
            # Some ask again although they were answered: a page sent twice, a script run twice.
            if pause is None or (said.outcome != "unknown" and self.tape.below(wish.order_id, 8)):
                return
            await asyncio.sleep(pause / SECOND)

    async def _asked(self, wish: Wish, said: Said) -> None:
        """Each call is valid from its own moment, as on the command line."""
        kind = MeetingOrder if wish.stream.startswith("meeting/") else Order
        order: Any = kind(
            command_id=wish.order_id,
            stream=wish.stream,
            actor=wish.actor,
            command=wish.command,
            valid_until=self.world.moment + VALID,
        )
        try:
            reply = await (self.gateway.convene(order) if kind is MeetingOrder else self.gateway.submit(order))
        except Refusal as refusal:
            said.outcome, said.code, said.message = "refused", refusal.code, refusal.message
        except Unreachable:
            said.outcome = "unknown"
        else:
            said.outcome, said.version, said.events = "ok", reply.version, reply.events
            said.number = str(getattr(reply, "matter", "") or getattr(reply, "meeting", ""))

    def _carry(self, stream: str, name: str, arg: Any, told: Any) -> None:
        """An ordinary activity, on the loop of a worker's process."""
        self._spawn(self._carried(name, arg, told), f"{stream}/{name}")

    async def _carried(self, name: str, arg: Any, told: Any) -> None:
        try:
            if name == ASSEMBLE:
                told(("ok", await asyncio.to_thread(self.meetings.assemble, arg)))
            else:
                assert name == DELIVER
                told(("ok", await self.meetings.deliver(arg)))
        except ApplicationError as error:
            told(("failed", error))
        except Unreachable as error:
            told(("failed", ApplicationError(error.message)))

    async def _look(self) -> None:
        self.gaps = await self.healing.recover(dry_run=True)

    # --- weather

    def _strike(self, worker: Worker, dies: bool, n: int) -> None:
        if self.world.calm or not worker.alive or not self._hits("strike", f"{worker.name}/{n}"):
            return
        if dies:
            worker.crash()
        else:
            worker.freeze(self.tape.between(worker.name, SECOND, 60 * SECOND))

    def _hits(self, name: str, place: str = "all") -> bool:
        """It comes for certain, unless it is muted or all is calm."""
        return not self.world.calm and self.tape.fault(name, place, 1.0, self.world.now)

    def _beyond(self, stream: str) -> None:
        found = reading.load(self.database, stream)
        if found is None or not isinstance(found.state, Matter) or not self._hits("beyond", stream):
            return
        rulebook, now = reading.rulebook(self.database), self.world.moment
        try:
            drafts = decide(
                found.state, SubmitFeedback(text="另处办理", progress=50), DecisionContext(rulebook, now, LIAISON)
            )
            said = append(
                self.elsewhere,
                AppendRequest(
                    stream=stream,
                    expected_version=found.version,
                    expected_hash=found.hash,
                    rulebook_version=rulebook.version,
                    command_id=f"beyond-{self.world.now}",
                    actor=LIAISON,
                    now=now,
                    drafts=drafts,
                ),
            )
        except (Refusal, LogError):
            return
        self.world.say("written past the workflow:", stream, type(said).__name__)

    def _restart(self, _: int) -> None:
        if self._hits("restart"):
            self.server.restart()

    def _forget(self, _: int) -> None:
        if self._hits("forget"):
            self.server.forget()

    def _outage(self, duration: int) -> None:
        if self._hits("outage"):
            self._away(duration)

    def _flicker(self, duration: int, n: str) -> None:
        if self._hits("flicker", n):
            self._away(duration)

    def _away(self, duration: int) -> None:
        self.world.say("log away for", duration / SECOND)
        self.backend.locked_until = self.world.now + duration
        self.outages += 1

    def _restore(self, later: int) -> None:
        if self._hits("restore"):
            self.world.say("log copied")
            copy = bytes(self.backend.raw.serialize())
            self.world.after(later + SECOND, self._put_back, copy)

    def _put_back(self, copy: bytes) -> None:
        self.world.say("log put back from its copy")
        self.backend.raw.deserialize(copy)
        self.restored_at.append(self.world.now)
        for minute in range(1, 11):
            self.world.after(minute * MINUTE, self._sweep_of, self.server.workers[minute % 2])
        # A worker of another cluster goes on from the copy: the same versions, other events.
        for stream in ("matter/u0", "matter/u1") if self.tape.below("restore", 2) else ():
            for _ in range(self.tape.between("restore", 1, 3)):
                self.world.after(self.tape.between("restore", 1, 240) * SECOND, self._beyond, stream)

    def _rulebook(self, _: int) -> None:
        if not self._hits("rulebook"):
            return
        day = local_date(self.world.moment) + timedelta(days=self.tape.between("rulebook", 0, 3))
        self.world.say("calendar moves", day)
        workday = not reading.rulebook(self.database).calendar.is_workday(day)
        event = DayOverridden(day=day, workday=workday, reason="台风")
        stream = self.database.own(OfficeStream.CALENDAR)
        told = f"day-{self.world.now}"
        try:
            record_office_events(self.database, stream, [event], actor=SYSTEM, command_id=told, now=self.world.moment)
        except (Refusal, LogError):
            return
        if self._flickering:
            self.world.rates["log_goes_away"] = BEHIND_A_RULE
            self.world.after(2 * MINUTE, lambda: self.world.rates.update(log_goes_away=0.0))
        if self.tape.below("rulebook", 3):
            self._spawn(self._tell(), "tell")

    async def _tell(self) -> None:
        try:
            await self.gateway.wake_open_matters()
        except Exception as error:
            self.world.say("not told", repr(error))

    def _ease(self, rate: float) -> None:
        self.world.ease = rate

    def _be_calm(self) -> None:
        self.world.say("calm")
        self.world.calm = True
        self.backend.locked_until = -1
        for worker in self.server.workers:
            worker.frozen_until = min(worker.frozen_until, self.world.now + SECOND)
            worker.rise()


@contextmanager
def _led_into_it() -> Iterator[None]:
    """While a universe is played, the product's clock, chance and Temporal are its own."""
    stand_ins = installed()
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in stand_ins]
    for owner, name, stand_in in stand_ins:
        setattr(owner, name, stand_in)
    try:
        yield
    finally:
        for owner, name, original in before:
            setattr(owner, name, original)
