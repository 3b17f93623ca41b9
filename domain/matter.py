"""The state of one 督办事项: what is true of it after some version of its stream."""

from datetime import date, datetime

from domain.base import Frozen, of_checked_values
from domain.envelope import Actor
from domain.facts import (
    Attachment,
    Basis,
    Checkpoint,
    InstructionRef,
    MatterRef,
    NewIndicator,
    Origin,
    Pace,
    PartOf,
    Words,
)
from domain.periods import JudgedPeriod, PeriodLength, RunningPeriod
from domain.policy import DueRule
from domain.terms import (
    ENDED,
    Card,
    Finding,
    KeyFlag,
    MatterClass,
    MatterKind,
    OrderColour,
    ReturnReason,
    Rhythm,
    Rung,
    Satisfaction,
    Stage,
    SuspensionReason,
    Urgency,
)
from domain.window_ledger import ReportWindow, WindowLedger

DONE = 100
"""Progress is in percent."""


class Point(Frozen):
    """One 督办要点. The original date is kept when the date moves."""

    no: int
    text: Words
    due: date | None
    original_due: date | None
    progress: int = 0
    said: str | None = None
    reported_at: datetime | None = None
    done_on: date | None = None
    dropped: bool = False
    stage: bool = False
    """阶段目标, reached only when the office has reviewed it."""
    authors: tuple[str, ...] = ()
    """Of a stage: who reported it last, and who typed it."""
    approved: bool | None = None
    """What the review said of what was reported last; None while there was none."""
    verdict: str | None = None

    @property
    def open(self) -> bool:
        """Still to be done."""
        return not self.dropped and (self.progress < DONE or (self.stage and self.approved is not True))

    @property
    def waits_for_review(self) -> bool:
        """The lead says that the stage is reached, and nobody has reviewed it."""
        return self.stage and not self.dropped and self.progress >= DONE and self.approved is None


class Indicator(NewIndicator):
    """An indicator and the value last reported."""

    no: int
    value: int = 0
    reported_at: datetime | None = None
    """When the value was so, by whoever reported it."""
    out_since: date | None = None
    """From when on the values reported were outside the range, or below the rate, without a break."""

    @property
    def out(self) -> bool:
        """Whether what is to hold at every report (a range, a rate) did not at the last one."""
        return self.out_since is not None

    @property
    def always(self) -> bool:
        """Whether it is to hold at every report, and not in the end."""
        return self.low is not None or self.per is not None

    @property
    def reached(self) -> bool:
        """Whether the value is what was to be reached in the end."""
        if self.low is not None:
            return self.low <= self.value <= self.target
        return self.value <= self.target if self.at_most else self.value >= self.target

    def short_of(self, checkpoint: Checkpoint) -> bool:
        """Whether the value is not yet, or no longer, what the checkpoint wants."""
        return self.value > checkpoint.value if self.at_most else self.value < checkpoint.value

    def wanted(self, day: date) -> Checkpoint | None:
        """序时进度: the newest checkpoint before `day`; None while none has passed."""
        return max((c for c in self.checkpoints if c.on < day), key=lambda c: c.on, default=None)

    def behind(self, day: date) -> Checkpoint | None:
        """The newest checkpoint before `day` that was not reached; None when the indicator is on schedule (达序)."""
        newest = self.wanted(day)
        return newest if newest is not None and self.short_of(newest) else None


class Surge(Frozen):
    """一日一调度·一日一反馈·一日一落实: a campaign put the matter on a daily pace until a day, that day included."""

    campaign: str
    until: date
    every_day: bool = False


class Coordination(Frozen):
    """An open or answered 请求协调."""

    no: int
    unit: str
    text: str
    asked_at: datetime
    answer_due: datetime
    workdays: int | None = None
    """The working days the policy gave for the answer when it was asked."""
    given_back: int = 0
    """Working days a suspension gave back to the answer."""
    answer: str | None = None
    answered_at: datetime | None = None


@of_checked_values
class Climbed(Frozen):
    """A rung the matter was carried up to, when and why."""

    rung: Rung
    on: date
    reason: str


class Listing(Frozen):
    """One line of the 挂牌 register: how it was listed, when it may come off, and how it came off."""

    on: date
    by: str
    """The meeting, or 领导决定."""
    reason: str | None = None
    exit_when: str | None = None
    """摘牌条件."""
    left_on: date | None = None
    left_by: str | None = None
    left_reason: str | None = None
    met: bool | None = None
    """Whether 摘牌条件 was met; None where nobody said."""


class Interview(Frozen):
    """A 约谈."""

    on: date
    unit: str
    people: tuple[str, ...]
    interviewer: str
    text: str


class Rating(Frozen):
    """What somebody who raised the matter said of its answer, and on which conclusion he said it."""

    by: str
    satisfaction: Satisfaction
    on: date
    text: str | None = None


class CardGiven(Frozen):
    """A 黄牌 or 红牌, and whether it was taken back."""

    no: int
    card: Card
    unit: str
    on: date
    reason: str
    claim: str
    withdrawn: str | None = None


class Suspension(Frozen):
    """One line of the suspension ledger; `workdays` is what resuming gave back."""

    reason: SuspensionReason
    start: date
    until: date
    resumed: date | None = None
    workdays: int = 0


class Extension(Frozen):
    """The open extension request."""

    to: date
    reason: str
    asked_by: str
    point: int | None = None


class Closure(Frozen):
    """The open closure request. `at` stops the clock: what was asked in time is in time."""

    at: datetime
    authors: tuple[str, ...]
    """Who asked and who typed it: neither may review it."""
    text: str
    evidence: tuple[Attachment, ...] = ()
    endorsed: bool = False
    endorsers: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    """Of several leaders who instructed, those who have said that it may end."""
    over_open_children: str | None = None
    """Why the whole is to end although parts of it are open."""
    unfinished: tuple[str, ...] = ()
    """What is not finished, in the office's words."""
    over_unfinished: str | None = None
    """Why it is to end all the same."""


class Inspection(Frozen):
    """A 现场核查, and whose report it is about."""

    version: int
    on: date
    authors: tuple[str, ...]
    inspector: str | None
    unit: str
    finding: Finding | None
    text: str


class Objection(Frozen):
    """The open objection to how the matter ended."""

    unit: str
    text: str
    raised_on: date
    decide_by: date


class Closed(Frozen):
    """销号: the day, whose conclusion it was, how late, and what was left unfinished."""

    on: date
    authors: tuple[str, ...] = ()
    """Who wrote, reviewed or decided the conclusion: none of them decides on an objection to it."""
    overdue_workdays: int = 0
    overdue_workdays_original: int = 0
    evidence: tuple[Attachment, ...] = ()
    """What was put forward to show it."""
    unfinished: tuple[str, ...] = ()
    """What was not finished then, in the office's words."""
    over_unfinished: str | None = None
    """Why it ended all the same."""
    marked_by: tuple[str, ...] = ()
    """The instructing leaders whose word ended it."""


@of_checked_values
class Feedback(Frozen):
    """The last word of the lead, for tables and 简报: last by when it was so, not by when it was entered."""

    at: datetime
    version: int = 0
    """Of the event it was said in."""
    unit: str
    authors: tuple[str, ...] = ()
    """Who said it and who typed it."""
    text: str
    progress: int | None = None
    """What it said of the whole."""
    problem: str | None = None
    next_step: str | None = None
    coordination: str | None = None


class ReturnedReport(Frozen):
    """A report the office returned. The mark stays when it was given again."""

    report: int
    unit: str
    reason: ReturnReason
    text: str
    on: date
    until: datetime


class Counts(Frozen):
    """How often the office pressed; what was reported and missed, the windows tell."""

    urges: int = 0
    escalations: int = 0
    returns: int = 0


@of_checked_values
class Matter(Frozen):
    """A supervised matter as of `version`. Dates are Shanghai dates, instants are UTC."""

    stream: str
    version: int
    hash: str
    number: str
    title: str
    kind: MatterKind
    klass: MatterClass
    flags: tuple[KeyFlag, ...]
    urgency: Urgency
    rhythm: Rhythm
    basis: Basis
    further: tuple[Basis, ...] = ()
    """The decisions that came upon it later (多头交办、结转)."""
    carried: tuple[int, ...] = ()
    """The years into whose lists it was 结转."""
    inherited: str | None = None
    """存量: where it was supervised before it came here."""
    part_of: PartOf | None = None
    """任务分解: the matter it is a part of. What its own parts are, only the log as a whole knows."""
    merged_into: MatterRef | None = None
    """合并: the matter under which the same thing goes on; this one is ended."""
    predecessors: tuple[MatterRef, ...] = ()
    """前置事项: what it waits for."""
    followers: tuple[str, ...] = ()
    """关注: persons who keep an eye on it."""
    source: str | None
    section: str | None = None
    """章节 of the plan it stands in."""
    leaders: tuple[str, ...] = ()
    """责任领导 and 分管领导, in order."""
    stage: Stage
    lead: str | None = None
    lead_named_by_leader: bool = False
    by_letter: bool = False
    """商请: the lead is asked by 函, and may not be ordered (条例 art. 5)."""
    letters: tuple[str, ...] = ()
    """来函文号 of the answers that came by letter."""
    assist: tuple[str, ...] = ()
    person: str | None = None
    supervisor: str

    opened_at: datetime
    due: date
    original_due: date
    due_set_by: Actor
    """Who set the limit that stands: only he, or whoever outranks him, moves it."""
    due_set_version: int
    due_rule: DueRule | None = None
    """How the limit was computed, when nobody set its date."""
    assigned_at: datetime | None = None
    receipt_due: datetime | None = None
    receipt_from: datetime | None = None
    """From when the working hours for 签收 are counted."""
    receipt_hours: int | None = None
    """How many the policy gave when it was handed over."""
    declines: int = 0
    accepted_at: datetime | None = None

    points: tuple[Point, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    progress: int = 0
    """What the lead last said of the whole; nobody else moves it."""
    progress_from: int = 1
    """Version of the event that said so; here and below 1 when none did."""
    person_from: int = 1
    """Version of the event that named the person."""
    last_feedback: Feedback | None = None
    reported_by: tuple[str, ...] = ()
    """The units that once reported: what one said stays readable to it after 改派."""
    returned_reports: tuple[ReturnedReport, ...] = ()
    windows: WindowLedger = WindowLedger()
    surge: Surge | None = None
    period: PeriodLength | None = None
    """长期、定期: it has no end and is judged by periods; `due` is then that of the running one."""
    running: RunningPeriod | None = None
    periods: tuple[JudgedPeriod, ...] = ()
    """The periods that ended, in their order."""
    counts: Counts = Counts()
    returned_at: datetime | None = None

    reminded_on: date | None = None
    """When the lead was last reminded in a friendly way."""
    last_urge_at: datetime | None = None
    last_urge_no: str | None = None
    last_urge_colour: OrderColour | None = None
    rung: Rung = Rung.HANDLER
    triggers: tuple[str, ...] = ()
    """What has already carried the matter up a rung, or was urged once; each is claimed once."""
    relieved_at: datetime | None = None
    """When a decision last brought the matter down to its handler: what pressed before is answered."""
    escalated_at: datetime | None = None
    """When it was last carried up since it was last relieved."""
    climbed: tuple[Climbed, ...] = ()
    """The rungs since it was last relieved, each with its reason."""
    listed: bool = False
    """挂牌督办."""
    listings: tuple[Listing, ...] = ()
    """挂牌 register: each time it was listed."""
    interviews: tuple[Interview, ...] = ()
    cards: tuple[CardGiven, ...] = ()
    origin: Origin | None = None
    """人大建议、群众诉求 …: where it comes from beside decisions."""
    ratings: tuple[Rating, ...] = ()
    """All that was said of its answers."""
    rated: tuple[Rating, ...] = ()
    """What was said of the answer that stands: none after 再办."""
    warned_for: date | None = None
    lapsed_for: date | None = None
    coordinations: tuple[Coordination, ...] = ()
    extension: Extension | None = None
    suspended_from: Stage | None = None
    suspensions: tuple[Suspension, ...] = ()
    instructed_by: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()
    """Who chaired where it was decided on, in the order they last did."""
    carries: tuple[InstructionRef, ...] = ()
    """The instructions on incoming papers that it carries out."""
    pushed_on: date | None = None
    decided_on: date | None = None
    """When a leader or a meeting last pushed it on, and when a meeting last decided on it (一月一推动、一月一决策)."""
    closure: Closure | None = None
    closed: Closed | None = None
    inspections: tuple[Inspection, ...] = ()
    """What was seen on the spot, in the order it was seen."""
    objected: bool = False
    objection: Objection | None = None
    recused: tuple[str, ...] = ()
    """Who declared 回避 on this matter."""

    @property
    def window(self) -> ReportWindow | None:
        """The reporting window that is running."""
        return self.windows.running

    @property
    def asked_back(self) -> ReturnedReport | None:
        """The returned report that was not given again yet."""
        last = self.returned_reports[-1] if self.returned_reports else None
        waits = last is not None and self.last_feedback is not None and self.last_feedback.version <= last.report
        return last if waits else None

    @property
    def to_mark(self) -> tuple[str, ...]:
        """Who instructed and has still to say whether it may end, once the office has reviewed it; in order."""
        if self.closure is None or not self.closure.endorsed or self.ended:
            return ()
        return tuple(leader for leader in self.instructed_by if leader not in self.closure.marked)

    @property
    def missed_in_row(self) -> int:
        """连续漏报."""
        return len(self.windows.row)

    @property
    def ended(self) -> bool:
        """销号 or 撤销: nobody owes anything more, but an objection may be open."""
        return self.stage in ENDED

    @property
    def bases(self) -> tuple[Basis, ...]:
        """Every decision behind it, the first one first."""
        return (self.basis, *self.further)

    @property
    def chapter(self) -> str | None:
        """Under which heading lists show it: its 章节, else where it came from."""
        return self.section or self.source

    @property
    def settled(self) -> bool:
        """Ended, and no objection waits to be decided: the clock owes nothing, the workflow may end."""
        return self.ended and self.objection is None

    @property
    def pace(self) -> Pace:
        """How often it owes a report just now."""
        if self.surge is not None:
            return Pace(rhythm=Rhythm.DAILY, every_day=self.surge.every_day, until=self.surge.until)
        return Pace(rhythm=self.rhythm)

    def point(self, no: int) -> Point | None:
        """The point with that number, dropped ones too."""
        return next((p for p in self.points if p.no == no), None)

    @property
    def open_coordinations(self) -> tuple[Coordination, ...]:
        """Requests nobody answered yet."""
        return tuple(c for c in self.coordinations if c.answered_at is None)

    @property
    def units(self) -> frozenset[str]:
        """Lead, assisting units and units asked to coordinate."""
        asked = {c.unit for c in self.coordinations}
        return frozenset({*self.assist, *asked, *([self.lead] if self.lead else [])})
