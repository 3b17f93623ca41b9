"""The secretary of the simulated office: holds the meetings the rules convene, and has their minutes signed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random

from domain.calendar import SHANGHAI, at_office, local_date
from domain.envelope import Actor, OnBehalf
from domain.facts import Attachment, is_sealed
from domain.ids import meeting_stream
from domain.matter import Matter
from domain.meetings import commands as c
from domain.meetings.meeting import AgendaItem, Attendance, Meeting
from domain.meetings.terms import AgendaReason, Delivery, MeetingStage, Outcome, Subject
from domain.terms import Stage
from simulation.clock import SimulatedClock
from simulation.commands import Cast
from simulation.scenario import CalledMeeting, Decided, HandedIn, Replied, Scenario
from simulation.scenario import PlannedMeeting as Told

SIGNING_TIME = time(11, 0)
MOST_BROUGHT = 2
"""So many matters near their dates the secretary brings up where nothing else is on the agenda."""
MOST_WEEKLY = 3
"""So many items a weekly meeting decides on: what is red, or waits for somebody."""
NOT_ABOUT = "与本次会议主题无关，由例会跟进"
UNFIT = "会后事项已有变化，纪要照会议议定签发"
PRESSING = (AgendaReason.COORDINATION, AgendaReason.RED)
"""What a weekly meeting decides on."""
REMEDIES = (
    "由{lead}主要负责人牵头，{day}前报送“{point}”赶工安排，逐日列明工作量",
    "{lead}{day}前把“{point}”剩余工作分解到周、责任到人，下次例会逐项核对",
    "{lead}组织有关单位现场办公，{day}前提出“{point}”的补救措施，办公室跟进",
    "“{point}”不再顺延，{lead}增加人员和班次，{day}前书面报告赶工情况",
    "办公室约谈{lead}分管负责人，{day}前就“{point}”滞后原因和补救时限作出说明",
)
ANSWERS = (
    "{unit}{day}前就“{asked}”书面答复，办公室当天转{lead}",
    "“{asked}”一事由{unit}{day}前派人到现场，与{lead}当面商定",
    "请{unit}分管负责人过问“{asked}”，{day}前给出明确意见",
)
NUDGES = (
    "{lead}按节点推进“{point}”，需要协调的{day}前报办公室",
    "听取{lead}汇报，“{point}”进度可控，{day}前把剩余工作列出清单",
    "“{point}”临近节点，{lead}{day}前报完成情况",
)
ENDINGS = (
    "要点均已完成，{lead}{day}前备齐证明材料，提出办结申请",
    "{lead}{day}前完成资料归档并申请办结，办公室及时审核",
)
NO_ITEMS = ("本周没有需上会研究的事项，例会不召开，各单位按期反馈", "无红灯、无待协调事项，例会改为书面通报")
ABSENT = 0.12
"""How often whoever need not chair is on leave."""

Send = Callable[[str, c.MeetingCommand, Actor], Awaitable[None]]
Plan = Callable[[datetime, Callable[[], Awaitable[None]]], None]


@dataclass
class Secretary:
    """Holds meetings. `send` sends a command, `at` plans an action, `file` prints minutes, `keep` keeps a file."""

    scenario: Scenario
    cast: Cast
    clock: SimulatedClock
    streams: dict[int, str]
    send: Send
    at: Plan
    file: Callable[[Meeting, Actor], None]
    keep: Callable[[str, str], Attachment]
    planned: set[str] = field(default_factory=set)

    def plan_scripts(self) -> None:
        """Plan what is told of meetings before they are held: convening, 回执, 汇报材料."""
        for script in self.scenario.meeting:
            if script.convene is not None:
                self._on(script.convene, partial(self._convene, script, script.convene))
            for reply in script.replies:
                self._on(reply, partial(self._reply, script, reply))
            for material in script.materials:
                self._on(material, partial(self._hand_in, script, material))

    def _on(self, planned: CalledMeeting | Replied | HandedIn, action: Callable[[], Awaitable[None]]) -> None:
        self.at(at_office(planned.on, planned.at), action)

    async def _convene(self, script: Told, planned: CalledMeeting) -> None:
        """Convene a meeting no rule calls for, with what it is about."""
        stream = self._stream_of(planned)
        command = c.ConveneMeeting(
            series=self.clock.series(planned.series),
            starts=planned.starts.replace(tzinfo=SHANGHAI),
            title=planned.title,
            place=planned.place,
            chair=script.by,
            reason=planned.reason,
            emergency=planned.emergency,
            materials_by=planned.materials_by.replace(tzinfo=SHANGHAI) if planned.materials_by else None,
        )
        await self.send(stream, command, self.cast.actor("office"))
        for no in dict.fromkeys(decided.matter for decided in script.decisions):
            if (matter := self.clock.matter(self.streams[no])) is not None:
                await self._brought_up(stream, matter)

    def _stream_of(self, convened: CalledMeeting) -> str:
        return meeting_stream(f"{self.scenario.year.seed}/{convened.starts}")

    def _meeting_of(self, script: Told) -> str:
        """The stream of the meeting a script is of; one of a month is convened by its rule."""
        if script.convene is not None:
            return self._stream_of(script.convene)
        return next(m.stream for m in self.clock.meetings() if self._told(m) is script)

    async def _reply(self, script: Told, reply: Replied) -> None:
        command = c.ReplyToNotice(unit=reply.unit, coming=reply.coming, leave=reply.leave)
        await self.send(self._meeting_of(script), command, self.cast.liaison(reply.unit))

    async def _hand_in(self, script: Told, planned: HandedIn) -> None:
        matter = self.clock.matter(self.streams[planned.matter])
        assert matter is not None  # noqa: S101  (opened long before)
        file = self.keep(planned.name, planned.text)
        command = c.HandInMaterial(key=matter.stream, title=matter.title, unit=planned.unit, attachments=(file,))
        await self.send(self._meeting_of(script), command, self.cast.liaison(planned.unit))

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
        empty = script is None and not any(item.dropped is None for item in meeting.items)
        brought = self._near(local_date(meeting.starts)) if empty else ()
        if empty and not brought:
            reason = self._lots(stream).choice(NO_ITEMS)
            await self.send(stream, c.CancelMeeting(reason=reason), self.cast.actor("office"))
            return
        if script is not None and script.convene is not None:
            await self._keep_to(meeting, script)
        chair = script.by if script else meeting.chair or "office"
        await self.send(stream, c.OpenMeeting(chair=chair), self.cast.actor("office"))
        for matter in brought:
            await self._brought_up(stream, matter)
        there = self._there(stream, script)
        await self.send(stream, c.RecordAttendance(attendance=there), self.cast.actor("office"))
        await (self._decide_as_told(stream, script) if script else self._decide_weekly(stream))
        day = self.clock.rulebook().calendar.add_workdays(local_date(meeting.starts), 1)
        self.at(at_office(day, SIGNING_TIME), lambda: self._sign(stream))

    async def _keep_to(self, meeting: Meeting, script: Told) -> None:
        """Take off the agenda what a meeting convened for something is not about."""
        about = {self.streams[decided.matter] for decided in script.decisions}
        for item in meeting.items:
            if item.matter not in about and item.dropped is None:
                dropped = c.DropItem(key=item.key, title=item.title, reason=NOT_ABOUT)
                await self.send(meeting.stream, dropped, self.cast.actor("office"))

    def _lots(self, stream: str, purpose: str = "") -> Random:
        return Random(f"{self.scenario.year.seed}/meeting/{self.clock.meeting(stream).starts}/{purpose}")

    def _there(self, stream: str, script: Told | None) -> Attendance:
        """Who came as the scenario says; else who leads or answers for an item, by the rank of the meeting.

        A meeting a leader chairs is one of leaders and heads; for a head on leave the liaison comes.
        """
        if script and (script.present or script.leave):
            return Attendance(present=script.present, leave=script.leave)
        meeting = self.clock.meeting(stream)
        return _as_replied(self._drawn(stream, meeting), meeting, self.cast)

    def _drawn(self, stream: str, meeting: Meeting) -> Attendance:
        lots = self._lots(stream, "there")
        leads = list(dict.fromkeys(item.lead for item in meeting.items if item.lead and item.dropped is None))
        chair = meeting.chair or "office"
        if chair not in self.cast.leaders:
            return Attendance(present=tuple(dict.fromkeys((chair, *(self.cast.liaison(u).id for u in leads)))))
        leave = [p for p in self.cast.leaders if p != chair and lots.random() < ABSENT]
        present = [chair, *(p for p in self.cast.leaders if p not in (chair, *leave))]
        for unit in leads:
            head = self.cast.head(unit).id
            if lots.random() < ABSENT and head != self.cast.liaison(unit).id:
                leave.append(head)
                head = self.cast.liaison(unit).id
            present.append(head)
        observers = tuple(p for p in self.cast.office if p not in present)
        return Attendance(present=tuple(dict.fromkeys(present)), observers=observers, leave=tuple(leave))

    def _near(self, day: date) -> tuple[Matter, ...]:
        """The matters whose next point is due soonest, within a fortnight."""
        last = day + timedelta(days=14)
        near = [
            (point.due, matter)
            for matter in self.clock.matters()
            if matter.stage is Stage.IN_PROGRESS
            for point in matter.points
            if point.open and point.due is not None and point.due <= last
        ]
        ordered = sorted(near, key=lambda one: (one[0], one[1].number))
        return tuple({matter.stream: matter for _, matter in ordered}.values())[:MOST_BROUGHT]

    def _told(self, meeting: Meeting) -> Told | None:
        month = f"{local_date(meeting.starts):%Y-%m}" if meeting.series == "monthly" else None
        return next((t for t in self.scenario.meeting if self._is_of(t, meeting, month)), None)

    def _is_of(self, script: Told, meeting: Meeting, month: str | None) -> bool:
        if script.convene is not None:
            return meeting.stream == self._stream_of(script.convene)
        return month is not None and script.month == month

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
            await self._brought_up(stream, m)
            chosen = self.clock.meeting(stream).items[-1]
        return chosen.no

    async def _brought_up(self, stream: str, matter: Matter) -> None:
        """A 临时议题."""
        item = AgendaItem(
            key=matter.stream, title=matter.title, matter=matter.stream, number=matter.number, lead=matter.lead
        )
        await self.send(stream, c.AddItem(item=item), self.cast.actor("office"))

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
            matter_point=decided.point,
            new_title=decided.title,
            urgent=decided.urgent,
        )

    async def _decide_weekly(self, stream: str) -> None:
        items = [i for i in self.clock.meeting(stream).items if i.dropped is None and self._goes_on(i)]
        pressing = [i for i in items if set(i.reasons) & set(PRESSING)][:MOST_WEEKLY]
        for item in pressing or items[:1]:
            matter = self.clock.matter(item.matter) if item.matter else None
            if matter is None:
                continue
            command = c.DecideItem(item=item.no, outcome=Outcome.CONTINUED, text=self._pressed(stream, item, matter))
            await self.send(stream, command, self._chair(stream))

    def _goes_on(self, item: AgendaItem) -> bool:
        """Whether the item's matter can still be decided on: some end between the agenda and the meeting."""
        matter = self.clock.matter(item.matter) if item.matter else None
        return matter is not None and not matter.ended and matter.stage is not Stage.SUSPENDED

    def _pressed(self, stream: str, item: AgendaItem, matter: Matter) -> str:
        """Who does what until when about a matter that is red, or waits for an answer."""
        lots, calendar = self._lots(stream, item.key), self.clock.rulebook().calendar
        day = calendar.add_workdays(local_date(self.clock.meeting(stream).starts), lots.randint(2, 4))
        values = {"lead": self.cast.name(matter.lead) if matter.lead else "办公室", "day": f"{day.month}月{day.day}日"}
        asked = next((c for c in reversed(matter.coordinations) if c.answered_at is None), None)
        if AgendaReason.COORDINATION in item.reasons and asked is not None and not is_sealed(asked.text):
            what = asked.text.removeprefix("请").rstrip("。")
            return lots.choice(ANSWERS).format(unit=self.cast.name(asked.unit), asked=what, **values)
        point = next((p.text for p in matter.points if p.open and not is_sealed(p.text)), None)
        if point is None:
            return lots.choice(ENDINGS).format(**values)
        words = REMEDIES if set(item.reasons) & set(PRESSING) else NUDGES
        return lots.choice(words).format(point=point, **values)

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


def _as_replied(drawn: Attendance, meeting: Meeting, cast: Cast) -> Attendance:
    """As the units said in their 回执 (`attend --as-replied`); who said nothing came as drawn."""
    units = {reply.unit for reply in meeting.replies}

    def silent(people: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(p for p in people if cast.unit_of(p) not in units)

    answered = meeting.answered
    return Attendance(
        present=(*silent(drawn.present), *answered.present),
        observers=silent(drawn.observers),
        leave=(*silent(drawn.leave), *answered.leave),
    )
