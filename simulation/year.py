"""The main job: a whole working year of the office, on real workflows and real timers."""

import asyncio
import hashlib
import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.calendar import at_office, local_date
from domain.envelope import Actor, OnBehalf
from domain.event import Event
from domain.facts import InstructionRef
from domain.ids import OfficeStream, incoming_stream, matter_stream, plan_stream
from domain.matter import Matter
from domain.meetings import commands as mc
from domain.office import DayOverridden, Delegation, Directory, PolicyAdopted
from domain.policy import Policy
from domain.rules.context import DecisionContext
from domain.rules.delegation import grant
from domain.terms import LeaderMark, Stage
from domain.workplan import PlanItem, PlanStage, PlanText, PlanVersioned, WorkPlan, next_version
from eventlog import reading
from eventlog.database import Database
from eventlog.secrets import seal_text
from intake.opening import Opening
from intake.task_list import TaskList
from services.gateway import Gateway
from services.office_records import record_decided, record_office_events
from simulation.above import CityAbove
from simulation.clock import SimulatedClock, Stalled
from simulation.commands import Cast, command_of, open_command
from simulation.habits import Habits
from simulation.meetings import Secretary
from simulation.office_steps import Take, step_of_assessment, step_of_paper, step_on_site
from simulation.scenario import (
    Delegated,
    Incident,
    Opened,
    Override,
    PlannedBriefing,
    PlannedCircular,
    PlannedPaper,
    PlannedPolicy,
    PlannedStep,
    PlannedTransfer,
    PlannedVersion,
    Scenario,
)

if TYPE_CHECKING:
    from simulation.run import Prints

Action = Callable[[], Awaitable[None]]
ALONE = 0
NEW_MATTERS = 1000
"""The lane of what concerns the whole office; the other lanes are matters."""
OPENING_TIME = time(9, 30)
CLOSING_TIME = time(11, 0)
VERSION_TIME = time(15, 30)
PAPER_TIME = time(16, 0)
ISSUING_TIME = time(17, 30)
VALID_FOR = timedelta(days=2)


class _Planned(NamedTuple):
    """An action on the agenda; those of one instant run in the order they were planned."""

    at: datetime
    order: int
    lane: int
    action: Action


async def _one_by_one(actions: list[Action]) -> None:
    for action in actions:
        await action()


@dataclass
class RefusedCommand:
    """A command the scenario meant and a rule refused: shown in the end, for the author of the scenario."""

    at: datetime
    matter: int
    command: str
    message: str


@dataclass
class SimulatedYear:
    """Plays the scenario: people act at their instants, and between them the product's own clock runs."""

    scenario: Scenario
    cast: Cast
    openings: dict[int, Opening]
    gateway: Gateway
    database: Database
    clock: SimulatedClock
    listed: TaskList
    above: CityAbove | None
    prints: "Prints"
    progress: Callable[[date], None]
    refused: list[RefusedCommand] = field(default_factory=list)
    briefings: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing is planned yet."""
        self._habits = Habits(self.scenario)
        self._now = at_office(self.scenario.year.opens, OPENING_TIME)
        self._agenda: list[_Planned] = []
        self._order = count()
        self._streams: dict[int, str] = {no: o.stream for no, o in self.openings.items()}
        self._planned: set[tuple[int, str]] = set()
        self._told_to_close = {i.matter for i in self.scenario.incident if i.do == "close"}
        self._sent: Counter[int] = Counter()
        self._secretary = Secretary(
            scenario=self.scenario,
            cast=self.cast,
            clock=self.clock,
            streams=self._streams,
            send=self._convene,
            at=lambda instant, action: self._when(instant, ALONE, action),
            file=lambda meeting, actor: self.prints.minutes(self.database, meeting, actor, self._now),
            keep=self.prints.keep,
        )

    # --- the year

    async def play(self) -> None:
        """From the day the list is imported to the last day."""
        await self._open_all()
        await self.clock.start_rhythm()
        self._plan_scenario()
        end = at_office(self.scenario.year.ends, time(18, 0))
        while True:
            self._plan_habits()
            self._secretary.plan()
            instant = self._next_instant()
            if instant is None or instant > end:
                break
            self.progress(local_date(instant))
            self._now = max(self._now, instant)
            await self.clock.step_to(instant)
            while self._agenda and self._agenda[0].at <= instant:
                await self._act_together(instant)
                await self.clock.settle(instant)
        await self.clock.step_to(end)

    async def _act_together(self, instant: datetime) -> None:
        """What falls on one instant: each matter's actions in order, different matters side by side."""
        lanes: dict[int, list[Action]] = {}
        while self._agenda and self._agenda[0].at <= instant:
            if self._agenda[0].lane == ALONE and lanes:
                break
            item = heapq.heappop(self._agenda)
            lanes.setdefault(item.lane, []).append(item.action)
            if item.lane == ALONE:
                break
        await asyncio.gather(*(_one_by_one(actions) for actions in lanes.values()))

    async def _open_all(self) -> None:
        await self.clock.step_to(at_office(self.scenario.year.opens, OPENING_TIME))
        for no, opening in self.openings.items():
            await self._submit(no, opening.command, self.cast.actor("office"))

    def _next_instant(self) -> datetime | None:
        """The next thing people do or the clock owes."""
        people = [self._agenda[0].at] if self._agenda else []
        return min([*self.clock.owed().values(), *people], default=None)

    # --- what the scenario says

    def _plan_scenario(self) -> None:
        for incident in self.scenario.incident:
            self._at(incident.on, incident.at, incident.matter, partial(self._happen, incident))
        for opened in self.scenario.open:
            self._streams[opened.no] = matter_stream(_key_of(self.scenario, opened))
            self._at(opened.on, opened.at, opened.no, partial(self._open, opened))
        self._secretary.plan_scripts()
        self._plan_steps(step_on_site, self.scenario.onsite)
        self._plan_steps(step_of_paper, self.scenario.incoming)
        self._plan_steps(step_of_assessment, self.scenario.assess)
        for transfer in self.scenario.transfer:
            self._at(transfer.on, transfer.at, ALONE, partial(self._transfer, transfer))
            if transfer.answer is not None:
                self._at(transfer.answer.on, transfer.answer.at, ALONE, partial(self._answer, transfer))
        for version in self.scenario.version:
            self._at(version.on, VERSION_TIME, ALONE, partial(self._version, version))
        for paper in self.scenario.paper:
            self._at(paper.on, PAPER_TIME, ALONE, partial(self._paper, paper))
        for circular in self.scenario.circular:
            self._at(circular.on, PAPER_TIME, ALONE, partial(self._circular, circular))
        for policy in self.scenario.policy:
            self._at(policy.on, policy.at, ALONE, partial(self._adopt_policy, policy))
        for override in self.scenario.override:
            self._at(override.on, time(15, 0), ALONE, partial(self._override, override))
        for delegated in self.scenario.delegation:
            self._at(delegated.on, time(16, 0), ALONE, partial(self._delegate, delegated))
        for briefing in self.scenario.briefing:
            self._at(briefing.on, ISSUING_TIME, ALONE, partial(self._issue, briefing))

    def _plan_steps(self, take: Take, steps: Iterable[PlannedStep]) -> None:
        for step in steps:
            self._at(step.on, step.at, ALONE, partial(self._step, take, step))

    def _at(self, day: date, clock: time, lane: int, action: Action) -> None:
        self._when(at_office(day, clock), lane, action)

    def _when(self, instant: datetime, lane: int, action: Action) -> None:
        heapq.heappush(self._agenda, _Planned(instant, next(self._order), lane, action))

    async def _happen(self, incident: Incident) -> None:
        matter = self._matter(incident.matter)
        stream = self._streams[incident.matter]
        command = command_of(incident, self.cast, lambda text: seal_text(self.database, stream, text), self._matter)
        actor = self.cast.who(incident, matter)
        if isinstance(command, c.RequestClosure) and command.over_unfinished is None and matter.period is None:
            await self._submit(incident.matter, self._habits.last_report(matter), actor)
        await self._submit(incident.matter, command, actor)

    async def _override(self, override: Override) -> None:
        event = DayOverridden(day=override.day, workday=override.workday, reason=override.reason)
        await self._rule(OfficeStream.CALENDAR, event, self.cast.actor("office"), f"override:{override.day}")

    async def _adopt_policy(self, planned: PlannedPolicy) -> None:
        """Another policy, by a leader's decision."""
        leader = self.cast.actor(planned.by)
        behalf = OnBehalf(id=leader.id, role=leader.role, unit=leader.unit, paper=planned.paper)
        policy = self.clock.rulebook().policy.model_dump(mode="json") | {"version": planned.version} | planned.changes
        event = PolicyAdopted(policy=Policy.model_validate(policy))
        await self._rule(OfficeStream.POLICY, event, self.cast.actor("office", behalf), f"policy:{planned.version}")

    async def _rule(self, kind: OfficeStream, event: Event, actor: Actor, command_id: str) -> None:
        """Record what the deadlines of open matters follow from, and let them follow."""
        stream = self.database.own(kind)
        record_office_events(self.database, stream, [event], actor=actor, command_id=command_id, now=self._now)
        self.clock.look_at_rulebook()
        await self.gateway.wake_open_matters()
        await self.clock.finished(m.stream for m in self.clock.matters() if not m.ended)

    async def _delegate(self, delegated: Delegated) -> None:
        delegation = Delegation(**delegated.model_dump(exclude={"on"}))
        actor = self.cast.actor("office")
        record_office_events(
            self.database,
            self.database.own(OfficeStream.DIRECTORY),
            [grant(self._directory(), delegation, actor, local_date(self._now))],
            actor=actor,
            command_id=f"delegation:{delegated.giver}:{delegated.since}",
            now=self._now,
        )

    def _directory(self) -> Directory:
        loaded = reading.load(self.database, self.database.own(OfficeStream.DIRECTORY))
        return loaded.state if loaded and isinstance(loaded.state, Directory) else Directory()

    async def _issue(self, briefing: PlannedBriefing) -> None:
        self.briefings.append(self.prints.briefing(self.database, briefing, self._now))

    async def _paper(self, paper: PlannedPaper) -> None:
        stream = self._streams[paper.matter] if paper.matter is not None else None
        try:
            self.prints.paper(self.database, stream, paper, self._now)
        except Refusal as e:
            self.refused.append(RefusedCommand(self._now, paper.matter or ALONE, paper.kind, e.message))

    async def _circular(self, circular: PlannedCircular) -> None:
        try:
            self.prints.circular(self.database, circular, self._now)
        except Refusal as e:
            self.refused.append(RefusedCommand(self._now, ALONE, "通报", e.message))

    async def _open(self, opened: Opened) -> None:
        leader = self.cast.actor(opened.by)
        behalf = OnBehalf(id=leader.id, role=leader.role, unit=leader.unit, paper=opened.basis_no)
        stream = self._streams[opened.no]
        paper = reading.paper_of(self.database, incoming_stream(opened.carries)) if opened.carries else None
        ref = InstructionRef(stream=paper.stream, number=paper.number, no=1) if paper else None
        whole = self._matter(opened.part_of) if opened.part_of is not None else None
        command = open_command(opened, self.cast, lambda text: seal_text(self.database, stream, text), ref, whole)
        await self._submit(opened.no, command, self.cast.actor("office", behalf))

    async def _step(self, take: Take, step: PlannedStep) -> None:
        """A step of an inspection or of an incoming paper: no clock waits for it, so it goes into the log at once."""
        try:
            take(self.database, step, self._decided(step), self._now)
        except Refusal as e:
            self.refused.append(RefusedCommand(self._now, ALONE, f"{step.key} {step.do}", e.message))

    async def _transfer(self, planned: PlannedTransfer) -> None:
        """上报 or 下达, in both logs at once."""
        try:
            if self.above is not None:
                self.above.send(self.database, planned, self._number(planned.matter), self._decided(planned), self._now)
        except Refusal as e:
            self.refused.append(RefusedCommand(self._now, planned.matter or ALONE, planned.direction, e.message))

    async def _answer(self, planned: PlannedTransfer) -> None:
        assert planned.answer is not None  # noqa: S101  (planned with one)
        handled_by = self._number(planned.answer.matter)
        try:
            if self.above is not None:
                self.above.answer(self.database, planned, handled_by, self.cast.actor("office"), self._now)
        except Refusal as e:
            self.refused.append(RefusedCommand(self._now, planned.matter or ALONE, "回复", e.message))

    def _number(self, no: int | None) -> str | None:
        return None if no is None else self._matter(no).number

    def _decided(self, step: PlannedStep | PlannedTransfer) -> Actor:
        """Who types it, for the leader who decided when the scenario names one."""
        if step.by is None:
            return self.cast.actor(step.as_)
        leader = self.cast.actor(step.by)
        return self.cast.actor(step.as_, OnBehalf(id=leader.id, role=leader.role, unit=leader.unit, paper=step.paper))

    async def _version(self, planned: PlannedVersion) -> None:
        """A version of the work plan, with the limits it changes and the matters it brings."""
        rows = [
            PlanItem(
                key=row.key,
                no=row.no,
                title=row.title,
                lead=row.lead,
                due=planned.due.get(row.no, row.due),
                digest=f"{row.digest}/{planned.due.get(row.no, row.due)}",
            )
            for row in self.listed.rows
        ]
        rows += [
            PlanItem(key=_key_of(self.scenario, o), no=str(o.no), title=o.title, lead=o.lead, due=o.due, digest=o.title)
            for o in self.scenario.open
            if o.no in planned.added and o.due is not None
        ]
        text = PlanText(
            plan=planned.plan,
            stage=PlanStage.from_label(planned.stage) or PlanStage.ISSUED,
            file=f"{planned.plan}.xlsx",
            sha256=hashlib.sha256("".join(row.digest for row in rows).encode()).hexdigest(),
            document_no=planned.no,
            reason=planned.reason,
            items=tuple(rows),
        )
        leader = self.cast.actor(planned.by)
        actor = self.cast.actor("office", OnBehalf(id=leader.id, role=leader.role, unit=leader.unit, paper=planned.no))

        def decide(state: Frozen | None) -> list[PlanVersioned]:
            context = DecisionContext(rulebook=self.clock.rulebook(), now=self._now, actor=actor)
            made = next_version(state if isinstance(state, WorkPlan) else None, text, context)
            return [made] if made else []

        record_decided(
            self.database,
            plan_stream(planned.plan),
            decide,
            actor=actor,
            command_id=f"plan:{planned.on}:{planned.stage}",
            now=self._now,
            content={"text": text.model_dump(mode="json")},
        )

    # --- what people do of themselves

    def _plan_habits(self) -> None:
        self._adopt()
        matters = {m.stream: m for m in self.clock.matters() if not m.ended}
        for no, stream in self._streams.items():
            matter = matters.get(stream)
            if matter is None:
                continue
            self._plan_receipt(no, matter)
            self._plan_report(no, matter)
            self._plan_closing(no, matter)

    def _adopt(self) -> None:
        """Matters that meetings opened during the year behave like the others, under numbers of their own."""
        known = set(self._streams.values())
        for matter in self.clock.matters():
            if matter.stream not in known:
                self._streams[NEW_MATTERS + len(known)] = matter.stream
                known.add(matter.stream)

    def _plan_receipt(self, no: int, matter: Matter) -> None:
        if matter.stage is not Stage.ASSIGNED or not self._first(no, f"receipt/{matter.assigned_at}"):
            return
        at = self._habits.signs_at(no, matter, self.clock.rulebook().calendar)
        declines = [i for i in self.scenario.incident if i.matter == no and i.do == "decline"]
        if at and not any(matter.assigned_at and at_office(i.on, i.at) > matter.assigned_at for i in declines):
            self._when(at, no, partial(self._sign, no))

    async def _sign(self, no: int) -> None:
        matter = self._matter(no)
        if matter.stage is Stage.ASSIGNED and matter.lead:
            await self._submit(no, c.AcceptReceipt(), self.cast.liaison(matter.lead))

    def _plan_report(self, no: int, matter: Matter) -> None:
        window = matter.window
        if window is None or not self._first(no, f"window/{window.key}/{window.opens}"):
            return
        at = self._habits.reports_at(no, matter, window, self.clock.rulebook().calendar)
        if at is not None:
            self._when(at, no, partial(self._report, no, window.key))

    async def _report(self, no: int, key: str) -> None:
        matter = self._matter(no)
        if matter.stage is Stage.IN_PROGRESS and matter.lead:
            today = local_date(self._now)
            feedback = self._habits.feedback(no, matter, today, self.clock.rulebook().calendar, key)
            await self._submit(no, feedback, self.cast.liaison(matter.lead))

    def _plan_closing(self, no: int, matter: Matter) -> None:
        if (
            no in self._told_to_close
            or no in self.scenario.closing.open_at_year_end
            or matter.stage is not Stage.IN_PROGRESS
        ):
            return
        if self._first(no, f"closing/{matter.due}/{matter.counts.returns}"):
            last = max((i.on for i in self.scenario.incident if i.matter == no), default=None)
            day = self._habits.closes_on(no, matter, last, self.clock.rulebook().calendar)
            self._at(day, CLOSING_TIME, no, partial(self._ask_to_close, no, matter.due))

    async def _ask_to_close(self, no: int, due: date) -> None:
        matter = self._matter(no)
        if matter.stage is not Stage.IN_PROGRESS or matter.due != due or not matter.lead:
            return  # the limit moved meanwhile: another day is planned
        liaison = self.cast.liaison(matter.lead)
        await self._submit(no, self._habits.last_report(matter), liaison)
        await self._submit(no, c.RequestClosure(text=self._habits.asks(matter)), liaison)
        today = local_date(self._now)
        calendar = self.clock.rulebook().calendar
        reviewed = calendar.add_workdays(today, self._habits.reviews_after(no, today))
        self._at(reviewed, CLOSING_TIME, no, partial(self._review, no))

    async def _review(self, no: int) -> None:
        if self._matter(no).stage is not Stage.CLOSING:
            return
        given = self._directory().delegations
        reviewer = self.cast.standing_in(self.scenario.closing.reviewer, given, local_date(self._now))
        words = self._habits.checked(no, self._matter(no))
        await self._submit(no, c.ReviewClosure(approve=True, text=words), reviewer)
        self._report_to_leader(no)

    def _report_to_leader(self, no: int) -> None:
        """报原批示领导: on the next working day whose turn it is says his word."""
        for leader in self._matter(no).to_mark[:1]:
            day = self.clock.rulebook().calendar.add_workdays(local_date(self._now), 1)
            self._at(day, CLOSING_TIME, no, partial(self._mark, no, leader))

    async def _mark(self, no: int, leader: str) -> None:
        mark = LeaderMark.from_label(self.scenario.closing.mark) or LeaderMark.SEEN
        await self._submit(no, c.MarkClosure(mark=mark), self.cast.actor(leader))
        self._report_to_leader(no)

    # --- sending

    def _first(self, no: int, what: str) -> bool:
        """Whether this is planned for the first time."""
        if (no, what) in self._planned:
            return False
        self._planned.add((no, what))
        return True

    def _matter(self, no: int) -> Matter:
        matter = self.clock.matter(self._streams[no])
        if matter is None:
            raise Stalled(f"第{no}项没有立项")
        return matter

    async def _convene(self, stream: str, command: mc.MeetingCommand, actor: Actor) -> None:
        self._sent[ALONE] += 1
        order = mc.MeetingOrder(
            command_id=str(uuid5(NAMESPACE_URL, f"{self.scenario.year.seed}/meetings/{self._sent[ALONE]}")),
            stream=stream,
            actor=actor,
            command=command,
            valid_until=self._now + VALID_FOR,
        )
        try:
            await self.gateway.convene(order)
        except Refusal as e:
            self.refused.append(RefusedCommand(self._now, ALONE, command.do, e.message))
        await self.clock.settle(self._now)

    async def _submit(self, no: int, command: Any, actor: Actor) -> None:
        self._sent[no] += 1
        seed = f"{self.scenario.year.seed}/{no}/{self._sent[no]}"
        order = c.Order(
            command_id=str(uuid5(NAMESPACE_URL, seed)),
            stream=self._streams[no],
            actor=actor,
            command=command,
            valid_until=self._now + VALID_FOR,
        )
        try:
            await self.gateway.submit(order)
        except Refusal as e:
            self.refused.append(RefusedCommand(self._now, no, command.do, e.message))


def _key_of(scenario: Scenario, opened: Opened) -> str:
    """By which a matter opened during the year is known, to its plan too."""
    return f"{scenario.year.seed}/open/{opened.no}"
