"""The secretary of the simulated office: holds the meetings the rules convene, and has their minutes signed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, time

from domain.calendar import at_office, local_date
from domain.envelope import Actor, OnBehalf
from domain.meetings import commands as c
from domain.meetings.meeting import AgendaItem, Attendance, Meeting
from domain.meetings.terms import AgendaReason, Delivery, MeetingStage, Outcome, Subject
from domain.terms import Stage
from simulation.clock import SimulatedClock
from simulation.commands import Cast
from simulation.scenario import Decided, Scenario
from simulation.scenario import PlannedMeeting as Told

SIGNING_TIME = time(11, 0)
MOST_WEEKLY = 3
"""So many items a weekly meeting decides on: what is red, or waits for somebody."""
UNFIT = "会后事项已有变化，纪要照会议议定签发"
PRESSING = {
    AgendaReason.COORDINATION: "被请求单位本周内答复协调请求",
    AgendaReason.RED: "牵头单位本周内报送补救措施和新的节点安排",
}

Send = Callable[[str, c.MeetingCommand, Actor], Awaitable[None]]
Plan = Callable[[datetime, Callable[[], Awaitable[None]]], None]


@dataclass
class Secretary:
    """Holds meetings. `send` sends a command, `at` plans an action, `file` prints minutes."""

    scenario: Scenario
    cast: Cast
    clock: SimulatedClock
    streams: dict[int, str]
    send: Send
    at: Plan
    file: Callable[[Meeting, Actor], None]
    planned: set[str] = field(default_factory=set)

    def plan(self) -> None:
        """Plan every meeting that is convened and not yet planned."""
        for meeting in self.clock.meetings():
            key = f"{meeting.stream}/{meeting.starts}"
            if key not in self.planned:
                self.planned.add(key)
                self.at(meeting.starts, lambda stream=meeting.stream: self._hold(stream))  # type: ignore[misc]

    async def _hold(self, stream: str) -> None:
        meeting = self.clock.meeting(stream)
        if meeting.stage is not MeetingStage.FROZEN:
            return
        script = self._told(meeting)
        chair = script.by if script else meeting.chair or "office"
        await self.send(stream, c.OpenMeeting(chair=chair), self.cast.actor("office"))
        there = self._there(stream, script)
        await self.send(stream, c.RecordAttendance(attendance=there), self.cast.actor("office"))
        await (self._decide_as_told(stream, script) if script else self._decide_weekly(stream))
        day = self.clock.rulebook().calendar.add_workdays(local_date(meeting.starts), 1)
        self.at(at_office(day, SIGNING_TIME), lambda: self._sign(stream))

    def _there(self, stream: str, script: Told | None) -> Attendance:
        """Who came as the scenario says; else the chair and who answers for an item."""
        if script and (script.present or script.leave):
            return Attendance(present=script.present, leave=script.leave)
        meeting = self.clock.meeting(stream)
        leads = dict.fromkeys(item.lead for item in meeting.items if item.lead and item.dropped is None)
        people = (meeting.chair or "office", *(self.cast.liaison(lead).id for lead in leads))
        return Attendance(present=tuple(dict.fromkeys(people)))

    def _told(self, meeting: Meeting) -> Told | None:
        if meeting.series != "monthly":
            return None
        month = f"{local_date(meeting.starts):%Y-%m}"
        return next((t for t in self.scenario.meeting if t.month == month), None)

    async def _decide_as_told(self, stream: str, script: Told) -> None:
        for decided in script.decisions:
            no = await self._item(stream, decided.matter)
            await self.send(stream, self._command(no, decided), self._chair(stream))

    async def _item(self, stream: str, matter: int) -> int:
        """The item of a matter; one that is not on the agenda is brought up as a 临时议题."""
        wanted = self.streams[matter]
        chosen = next((i for i in self.clock.meeting(stream).items if i.matter == wanted), None)
        if chosen is None:
            m = self.clock.matter(wanted)
            assert m is not None  # noqa: S101  (opened at the beginning of the year)
            item = AgendaItem(key=wanted, title=m.title, matter=wanted, number=m.number, lead=m.lead)
            await self.send(stream, c.AddItem(item=item), self.cast.actor("office"))
            chosen = self.clock.meeting(stream).items[-1]
        return chosen.no

    def _command(self, no: int, decided: Decided) -> c.DecideItem:
        outcome = Outcome.from_label(decided.outcome) if decided.outcome else None
        return c.DecideItem(
            item=no,
            outcome=outcome or (Outcome.LIMITED if decided.due else Outcome.CONTINUED),
            text=decided.text,
            subject=Subject.from_label(decided.of) if decided.of else None,
            lead=self.cast.unit(decided.lead) if decided.lead else None,
            assist=tuple(self.cast.unit(u) for u in decided.assist),
            due=decided.due,
            new_title=decided.title,
            urgent=decided.urgent,
        )

    async def _decide_weekly(self, stream: str) -> None:
        items = [i for i in self.clock.meeting(stream).items if self._goes_on(i)]
        for item in [i for i in items if set(i.reasons) & PRESSING.keys()][:MOST_WEEKLY]:
            text = next(words for reason, words in PRESSING.items() if reason in item.reasons)
            command = c.DecideItem(item=item.no, outcome=Outcome.CONTINUED, text=text)
            await self.send(stream, command, self._chair(stream))

    def _goes_on(self, item: AgendaItem) -> bool:
        """Whether the item's matter can still be decided on: some end between the agenda and the meeting."""
        matter = self.clock.matter(item.matter) if item.matter else None
        return matter is not None and not matter.ended and matter.stage is not Stage.SUSPENDED

    async def _sign(self, stream: str) -> None:
        over = UNFIT if await self.clock.unfit(stream) else None
        await self.send(stream, c.SignMinutes(over=over), self._chair(stream))
        meeting = self.clock.meeting(stream)
        if meeting.minutes is not None:
            self.file(meeting, self.cast.actor("office"))
        day = self.clock.rulebook().calendar.add_workdays(local_date(meeting.starts), 2)
        self.at(at_office(day, SIGNING_TIME), lambda: self._settle(stream))

    async def _settle(self, stream: str) -> None:
        """What a matter did not take, because it had ended meanwhile, is put down with the reason."""
        for point in self.clock.meeting(stream).points:
            if point.delivery is Delivery.REFUSED:
                waived = c.WaiveOutcome(point=point.no, reason="议定印发前事项已办结，不再落实")
                await self.send(stream, waived, self.cast.actor("office"))

    def _chair(self, stream: str) -> Actor:
        """The office enters what the chair decides."""
        chair = self.clock.meeting(stream).chair or "office"
        if chair == "office":
            return self.cast.actor("office")
        person = self.cast.actor(chair)
        return self.cast.actor("office", OnBehalf(id=person.id, role=person.role, unit=person.unit))
