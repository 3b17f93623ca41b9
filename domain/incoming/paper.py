"""The state of one incoming paper, and what is owed on it on a day."""

from collections.abc import Iterator
from datetime import date

from domain.base import Frozen
from domain.calendar import WorkCalendar, months_later
from domain.facts import Attachment, InstructionRef, Words
from domain.incoming.terms import PaperReminder, PaperStage, Secrecy
from domain.policy import DueRule
from domain.terms import LeaderMark, Urgency


class Reminded(Frozen):
    """The office was reminded of this, once."""

    of: PaperReminder
    day: date


class Instruction(Frozen):
    """One leader's 批示, and how far it is. Its words are ciphertext."""

    no: int
    version: int
    leader: str
    text: Words
    on: date
    due: date
    due_rule: DueRule | None = None
    """How the limit was computed, when the leader set no day."""
    original: date | None = None
    """The limit as first set, when it was put off since."""
    reminded: tuple[Reminded, ...] = ()
    report_months: int = 0
    informed: tuple[date, ...] = ()
    """The days the leader was told how far it is."""
    reported_on: date | None = None
    """报结, while the leader's word is awaited and after."""
    mark: LeaderMark | None = None
    returned: int = 0
    """How often he had it go on."""
    done_on: date | None = None
    successor: str | None = None
    """Who answers for it after the leader, when his office was handed over."""

    @property
    def whose(self) -> str:
        """The leader it is reported to, and whose word ends it: who instructed, or his successor."""
        return self.successor or self.leader

    @property
    def open(self) -> bool:
        """Still to be done, or to be seen by who instructed."""
        return self.done_on is None

    def limit(self, calendar: WorkCalendar) -> date:
        """By when, by the calendar as it is."""
        return self.due_rule.due(calendar) if self.due_rule else self.due

    @property
    def report_due(self) -> date | None:
        """When the leader is next to be told how far it is; None when nothing is owed."""
        if not self.report_months or self.reported_on is not None or not self.open:
            return None
        return months_later(max((self.on, *self.informed)), self.report_months)


class SeenMark(Frozen):
    """A 圈阅."""

    leader: str
    on: date


class IncomingPaper(Frozen):
    """An incoming paper as of `version`."""

    stream: str
    version: int
    hash: str
    number: str
    sender: Words
    sender_no: str | None = None
    title: Words
    received_on: date
    registered_on: date
    secrecy: Secrecy
    urgency: Urgency
    summary: str | None = None
    attachments: tuple[Attachment, ...] = ()
    proposals: tuple[str, ...] = ()
    """拟办意见; the last one stands."""
    route: tuple[str, ...] = ()
    """Everybody it was submitted to, in order of the first time."""
    waiting: tuple[str, ...] = ()
    """Leaders who have not read it yet, in order."""
    instructions: tuple[Instruction, ...] = ()
    seen: tuple[SeenMark, ...] = ()
    filed_on: date | None = None
    void: str | None = None

    @property
    def settled(self) -> bool:
        """Nothing more is to be done with it. What is instructed after 归档 takes it up again until that is done."""
        return self.void is not None or (self.filed_on is not None and not any(i.open for i in self.instructions))

    def holds(self, person: str) -> bool:
        """Whether it waits for this leader, to be read or to hear what became of his word."""
        mine = any(i.open and i.whose == person for i in self.instructions)
        return not self.settled and (mine or person in self.waiting)

    @property
    def stage(self) -> PaperStage:
        """Where it stands. Somebody may still have to read it while an instruction is being carried out."""
        if self.void is not None:
            return PaperStage.VOID
        if self.settled:
            return PaperStage.FILED
        if self.waiting:
            return PaperStage.SUBMITTED
        if self.instructions:
            return PaperStage.HANDLING if any(i.open for i in self.instructions) else PaperStage.DONE
        if self.seen:
            return PaperStage.READ
        return PaperStage.PROPOSED if self.proposals else PaperStage.REGISTERED

    def instruction(self, no: int) -> Instruction | None:
        """The instruction of that number."""
        return next((i for i in self.instructions if i.no == no), None)

    def ref(self, no: int) -> InstructionRef:
        """How a matter names an instruction it carries."""
        return InstructionRef(stream=self.stream, number=self.number, no=no)


class PaperTask(Frozen):
    """One thing to be done with a paper: by whom (a leader, or the office when None), what, by when, and how late."""

    what: str
    leader: str | None = None
    instruction: int | None = None
    due: date | None = None
    late: bool = False


def owed_on_paper(
    paper: IncomingPaper, day: date, calendar: WorkCalendar, carried: frozenset[int]
) -> Iterator[PaperTask]:
    """What waits on a paper on a day. `carried` are the numbers of the instructions that matters carry."""
    match paper.stage:
        case PaperStage.REGISTERED:
            yield PaperTask(what="拟办")
        case PaperStage.PROPOSED:
            yield PaperTask(what="呈批")
        case PaperStage.SUBMITTED:
            yield PaperTask(what="批示或圈阅", leader=paper.waiting[0])
        case PaperStage.READ | PaperStage.DONE:
            yield PaperTask(what="归档")
    if paper.settled:
        return
    for one in paper.instructions:
        yield from _owed_on_instruction(one, day, calendar, handed=one.no in carried)


def _owed_on_instruction(one: Instruction, day: date, calendar: WorkCalendar, *, handed: bool) -> Iterator[PaperTask]:
    if not one.open:
        return
    limit = one.limit(calendar)
    if one.reported_on is not None:
        yield PaperTask(what=f"审阅第{one.no}条批示的报结", leader=one.whose, instruction=one.no)
        return
    late = f"，已逾期{calendar.workdays_between(limit, day)}个工作日" if limit < day else ""
    what = "办结并报结" if handed else "交办，或办完报结"
    yield PaperTask(what=f"第{one.no}条批示{what}（{limit}前{late}）", instruction=one.no, due=limit, late=limit < day)
    report = one.report_due
    if report is not None and calendar.workdays_between(day, report) <= SOON_WORKDAYS:
        words = f"向批示领导报告第{one.no}条批示的进展（{report}前{'，已逾期' if report < day else ''}）"
        yield PaperTask(what=words, instruction=one.no, due=report, late=report < day)


SOON_WORKDAYS = 5
"""So long before its day a report to a leader is asked for."""
