"""Policy as data: every limit the office may set, with the default and where it comes from.

The values travel into workflows and stand in the log, so old ones stay readable for ever (`lifted`).
"""

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from domain.access.passwords import PasswordProfile
from domain.base import Frozen
from domain.calendar import WorkCalendar
from domain.terms import (
    RUNGS,
    BasisKind,
    Card,
    DayCount,
    MatterClass,
    MatterKind,
    Openness,
    OrderColour,
    Role,
    Rung,
    ScoredOutcome,
    Trigger,
    Urgency,
    WordsReaders,
)

Positive = Annotated[int, Field(ge=1, le=1000)]
Natural = Annotated[int, Field(ge=0, le=1000)]


class Level(Frozen):
    """One rung of the ladder: which role answers on it, and which rung is above; the last has none above."""

    rung: Rung
    role: Role
    up: Rung | None = None


class Step(Frozen):
    """One row of the pressure table: when `trigger` has held for `after`, the matter goes to `rung`, or is urged.

    `after` counts what the trigger counts: working days before the limit (临近时限), behind schedule, past the limit or
    past the answer owed; misses in a row; closures returned.
    """

    trigger: Trigger
    after: Natural = 0
    rung: Rung | None = None
    """The rung this row claims, once. A matter that already stands there, or higher, is left where it is."""
    up: bool = False
    """Instead of a named rung the next one, each time another `after` is full (the policy of 2022)."""
    order: OrderColour | None = None
    """The 催办单 this row issues."""
    repeat_hours: Positive | None = None
    """Issued again after so many working hours while the cause lasts; once when not given."""
    any_hour: bool = False
    """Acts outside office hours too. 特急 always does."""

    @property
    def label(self) -> str:
        """逾期满5个工作日，升至指挥部办公室."""
        return f"{self._when}，{self._what}"

    @property
    def _when(self) -> str:
        full = f"满{self.after}个工作日" if self.after else ""
        match self.trigger:
            case Trigger.NEAR_DUE:
                return f"距办结时限{self.after}个工作日"
            case Trigger.MISSED | Trigger.RETURNED:
                return f"{self.trigger.label}{'每' if self.up else ''}满{self.after}次"
            case Trigger.UNMET:
                return f"{self.trigger.label}满{self.after}期"
            case Trigger.UNANSWERED:
                return f"协调请求逾期{full}未答复"
            case _:
                return f"{self.trigger.label}{full}"

    @property
    def _what(self) -> str:
        if self.order is None:
            done = f"升至{self.rung.label}" if self.rung else "升一级"
        else:
            note = "催办" if self.order is OrderColour.PLAIN else f"发{self.order.label}色催办单"
            done = f"{note}，此后每{self.repeat_hours}个工作小时再催" if self.repeat_hours else f"{note}一次"
        return f"{done}（不限办公时间）" if self.any_hour else done

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        wanted = [self.rung is not None, self.up, self.order is not None].count(True)
        if wanted != 1:
            raise ValueError("每一行须写明 rung（升到哪一级）或 order（催办单颜色），二者取一")
        if self.repeat_hours is not None and self.order is None:
            raise ValueError("repeat_hours 只用于催办（order）")
        if self.after == 0 and self.trigger in (Trigger.MISSED, Trigger.RETURNED, Trigger.UNMET):
            raise ValueError(f"{self.trigger.label}的次数（after）至少为 1")
        if self.trigger is Trigger.UNRECTIFIED and self.rung is None:
            raise ValueError(f"{self.trigger.label}只用于升级，须写明 rung")
        return self


class SourceLimit(Frozen):
    """办结时限 of a matter opened without one, by where it comes from; the first row that fits decides."""

    basis: BasisKind
    urgency: Urgency | None = None
    klass: MatterClass | None = None
    days: Positive
    count: DayCount = DayCount.CALENDAR

    @property
    def label(self) -> str:
        """领导批示·加急 5 个自然日."""
        parts = [self.basis.label, self.klass.label if self.klass else "", self.urgency.label if self.urgency else ""]
        return f"{'·'.join(p for p in parts if p)} {self.days}个{self.count.label}"


class CardRule(Frozen):
    """红黄牌: which card a unit is due when `trigger` has held for `after`; a leader gives it, never the clock."""

    trigger: Trigger
    after: Natural = 0
    card: Card

    @property
    def label(self) -> str:
        """逾期满10个工作日，黄牌."""
        return f"{self.cause.label.partition('，')[0]}，{self.card.label}"

    @property
    def cause(self) -> Step:
        """What a card answers, as a row of the pressure table: that row's label words it."""
        return Step(trigger=self.trigger, after=self.after, order=OrderColour.PLAIN)

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if self.trigger is Trigger.UNRECTIFIED:
            raise ValueError(f"{self.trigger.label}不在红黄牌之列")
        if self.after == 0 and self.trigger in (Trigger.MISSED, Trigger.RETURNED, Trigger.UNMET):
            raise ValueError(f"{self.trigger.label}的次数（after）至少为 1")
        return self


class ScoreRule(Frozen):
    """加分 or 减分 for one outcome of a matter: to who leads, and to who assists."""

    outcome: ScoredOutcome
    lead: Annotated[int, Field(ge=-100, le=100)]
    assist: Annotated[int, Field(ge=-100, le=100)] = 0

    @property
    def label(self) -> str:
        """按期办结：牵头+2，配合+1."""
        return f"{self.outcome.label}：牵头{self.lead:+d}，配合{self.assist:+d}"


class SourceKind(Frozen):
    """A kind of matter by where it comes from beside decisions and instructions: 人大建议, 群众诉求 …"""

    name: Annotated[str, Field(min_length=1, max_length=20)]
    days: Positive
    """办理期限, when the matter is opened without a limit."""
    count: DayCount = DayCount.CALENDAR
    satisfaction: bool = True
    """Whether who raised it is asked, before 销号, how satisfied he is."""
    redo_days: Positive = 30
    """再办 after 不满意: within so many days, counted alike."""

    @property
    def label(self) -> str:
        """人大建议：90个自然日，征求满意度，不满意的30个自然日内再办."""
        again = f"，征求满意度，不满意的{self.redo_days}个{self.count.label}内再办" if self.satisfaction else ""
        return f"{self.name}：{self.days}个{self.count.label}{again}"


class ClosingRule(Frozen):
    """办结核验: what a matter of this kind and class must show before it ends, or say why not; the first that fits."""

    kind: MatterKind | None = None
    klass: MatterClass | None = None
    evidence: bool = False
    """附件: a file to show for it."""
    indicators: bool = True
    """指标达标."""
    inspection: bool = False
    """现场核查, by whoever."""
    problem: bool = False
    """The lead's own problem, as last reported, is solved."""

    @property
    def label(self) -> str:
        """重大：附件、指标达标、现场核查."""
        of = "·".join(x.label for x in (self.kind, self.klass) if x is not None) or "其他事项"
        asked = {
            "附件": self.evidence,
            "指标达标": self.indicators,
            "现场核查": self.inspection,
            "问题已销": self.problem,
        }
        return f"{of}：{'、'.join(name for name, wanted in asked.items() if wanted) or '无另外要求'}"


class DueRule(Frozen):
    """How a limit was computed: by which rule of which policy, from which day, how many days."""

    rule: str
    start: date
    days: int
    count: DayCount

    def due(self, calendar: WorkCalendar) -> date:
        """The last day: the first day does not count (民法典 art. 201), a day off gives way to the next working day."""
        if self.count is DayCount.WORKDAYS:
            return calendar.add_workdays(self.start, self.days)
        return calendar.first_workday_on_or_after(self.start + timedelta(days=self.days))


LADDER = (
    Level(rung=Rung.HANDLER, role=Role.LIAISON, up=Rung.UNIT_HEAD),
    Level(rung=Rung.UNIT_HEAD, role=Role.HEAD, up=Rung.OFFICE),
    Level(rung=Rung.OFFICE, role=Role.OFFICE, up=Rung.LEADER),
    Level(rung=Rung.LEADER, role=Role.LEADER, up=Rung.MEETING),
    Level(rung=Rung.MEETING, role=Role.LEADER),
)
"""承办人 → 单位负责人 → 指挥部办公室 → 分管领导 → 指挥部会议."""
STEPS = (
    Step(trigger=Trigger.MISSED, after=1, order=OrderColour.PLAIN, repeat_hours=35),
    Step(trigger=Trigger.MISSED, after=2, rung=Rung.UNIT_HEAD),
    Step(trigger=Trigger.MISSED, after=4, rung=Rung.OFFICE),
    Step(trigger=Trigger.MISSED, after=6, rung=Rung.LEADER),
    Step(trigger=Trigger.MISSED, after=8, rung=Rung.MEETING),
    Step(trigger=Trigger.BEHIND, after=10, rung=Rung.UNIT_HEAD),
    Step(trigger=Trigger.RETURNED, after=2, rung=Rung.UNIT_HEAD),
    Step(trigger=Trigger.OVERDUE, after=0, rung=Rung.UNIT_HEAD),
    Step(trigger=Trigger.OVERDUE, after=5, rung=Rung.OFFICE),
    Step(trigger=Trigger.OVERDUE, after=10, rung=Rung.LEADER),
    Step(trigger=Trigger.OVERDUE, after=20, rung=Rung.MEETING),
    Step(trigger=Trigger.UNANSWERED, after=0, rung=Rung.OFFICE),
    Step(trigger=Trigger.UNANSWERED, after=5, rung=Rung.LEADER),
    Step(trigger=Trigger.UNMET, after=1, order=OrderColour.PLAIN),
    Step(trigger=Trigger.UNMET, after=2, rung=Rung.UNIT_HEAD),
    Step(trigger=Trigger.UNMET, after=3, rung=Rung.OFFICE),
    Step(trigger=Trigger.UNRECTIFIED, after=0, rung=Rung.UNIT_HEAD),
    Step(trigger=Trigger.UNRECTIFIED, after=5, rung=Rung.OFFICE),
    Step(trigger=Trigger.UNRECTIFIED, after=10, rung=Rung.LEADER),
)
LIMITS = (
    SourceLimit(basis=BasisKind.DOCUMENT, days=30),
    SourceLimit(basis=BasisKind.MINUTES, days=20),
    SourceLimit(basis=BasisKind.INSTRUCTION, urgency=Urgency.EXTRA, days=1, count=DayCount.WORKDAYS),
    SourceLimit(basis=BasisKind.INSTRUCTION, urgency=Urgency.URGENT, days=5),
    SourceLimit(basis=BasisKind.INSTRUCTION, klass=MatterClass.MAJOR, days=30),
    SourceLimit(basis=BasisKind.INSTRUCTION, days=15),
)
"""公文 30 日, 会议纪要 20 日, 批示急件 1–5 日, 非急件 15 日, 难度较大 30 日 (published local rules)."""


SOURCES = (
    SourceKind(name="人大建议", days=90),
    SourceKind(name="政协提案", days=90),
    SourceKind(name="群众诉求", days=5, count=DayCount.WORKDAYS, redo_days=3),
    SourceKind(name="投诉", days=15, count=DayCount.WORKDAYS, redo_days=5),
    SourceKind(name="巡察整改", days=90, satisfaction=False),
)
"""建议、提案 three months (代表建议办理规定), 12345 five working days (usual in Guangdong), 巡察整改 three months."""


class Policy(Frozen):
    """The office's limits. Working hours and days are those of the `WorkCalendar`; 7 working hours make a day."""

    version: str = "默认规则"

    receipt_hours: Positive = 14
    """签收 or 退签 within this many working hours of 交办 (two working days); silence past it is 视同签收."""
    receipt_hours_extra_urgent: Positive = 4
    """签收 or 退签 of a 特急 matter, in working hours."""
    declines_before_dispute: Positive = 2
    """The n-th 退签 is 牵头争议 and goes up one rung."""

    window_closes: time = time(17, 0)
    """反馈 windows close at this office time on their last working day."""

    late_report_workdays: Natural = 2
    """A report this soon after a missed window makes up for it; a later one answers the window then open."""

    retroactive: bool = False
    """Whether a limit this policy makes shorter (签收, 反馈, 协调答复) also binds what was handed over before it."""

    instruction_report_months: Natural = 1
    """A leader is told every so many months how far his 批示 on a paper is, until it is done (每月报一次); 0: not."""

    ask_back_hours: Positive = 7
    """A returned report is to be given again within so many working hours, when the office says no hour."""
    returned_report_times: Natural = 0
    """A returned report costs so many times the weight in a unit's score."""

    near_due_workdays: Natural = 3
    """临期: a blue light and one warning this many working days before 办结时限 (市纪委 practice: 3 days)."""

    urge_cooldown_hours: Positive = 14
    """催办 of the same matter, by hand or not, at most once in this many working hours."""
    coordination_workdays: Positive = 5
    """请求协调 is to be answered within this many working days."""

    onsite_per_year: Positive = 4
    """严控频次 (条例 art. 15): a unit is inspected on site so many times a year; more often only with a reason."""
    rectify_workdays: Positive = 15
    """整改 of what an inspection found, when it says no day."""

    closure_evidence: bool = False
    """Whether 办结申请 without a file to show for it needs a reason."""

    feedback_by_point: bool = False
    """Whether a report of the lead must say something of every open point; here and below it is advised otherwise."""
    channel_required: bool = False
    """Whether what the office types for a unit must say how it came (微信、电话、纸质)."""
    paper_required: bool = False
    """Whether a leader's decision typed by the office must name the paper that shows it."""
    leader_ends: bool = False
    """Whether 撤销 and 暂缓 must be a leader's decision."""
    leader_adopts: bool = False
    """Whether another policy must be a leader's decision."""
    approver_apart: bool = False
    """Whether who opens a matter may not be the one who approved it."""

    openness: Openness = Openness.TITLES
    """What a unit sees of a matter it has no part in (`domain/sight.py`)."""
    words: WordsReaders = WordsReaders.OFFICE_AND_LEADERS
    """Who reads a leader's words beside the units that handle the matter."""
    passwords: PasswordProfile = PasswordProfile.DENGBAO
    """What a password must be, and how long it holds (`domain/access/passwords.py`)."""

    command_minutes: Positive = 15
    """How long a command stays valid when its sender does not say."""

    ladder: tuple[Level, ...] = LADDER
    """The rungs pressure climbs."""
    steps: tuple[Step, ...] = STEPS
    """The pressure table: what makes it climb, and what is urged."""
    escalation_cooldown_hours: Natural = 14
    """升级 one rung at a time, the next not before so many working hours; 0 as before: straight to the row's rung."""
    cards: tuple[CardRule, ...] = ()
    """红黄牌: none where the office has no such scheme."""
    closing: tuple[ClosingRule, ...] = ()
    """办结核验 by kind of matter; for what no row fits `closure_evidence` alone decides about evidence."""
    untrue_times: Natural = 3
    """A report an inspection finds untrue costs so many times the weight in a unit's score (−2/−3 in local rules)."""
    partly_untrue_times: Natural = 1
    """The times the weight a report found partly true costs."""
    limits: tuple[SourceLimit, ...] = LIMITS
    """办结时限 by source, for matters opened without one."""
    scoring: tuple[ScoreRule, ...] = ()
    """考核: rules of addition and deduction; an outcome without one counts as the usual weights say."""
    appeal_workdays: Positive = 5
    """A unit may appeal against its score within so many working days."""
    sources: tuple[SourceKind, ...] = SOURCES
    """Kinds of matter that come from elsewhere, with their own limits."""

    @model_validator(mode="before")
    @classmethod
    def _lift(cls, stored: Any) -> Any:
        return lifted(stored) if isinstance(stored, Mapping) else stored

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        _check_ladder(self.ladder)
        known = {level.rung for level in self.ladder}
        names = [kind.name for kind in self.sources]
        if len({rule.outcome for rule in self.scoring}) < len(self.scoring):
            raise ValueError("scoring 里同一种结果写了两次")
        if len(set(names)) < len(names):
            raise ValueError("sources 里同一种来源写了两次")
        seen: set[tuple[Trigger, int, Rung | None, OrderColour | None]] = set()
        for number, step in enumerate(self.steps, start=1):
            if step.rung is not None and step.rung not in known:
                raise ValueError(f"steps 第{number}行：升级阶梯里没有“{step.rung.label}”这一级")
            same = (step.trigger, step.after, step.rung, step.order)
            if same in seen:
                raise ValueError(f"steps 第{number}行与前面的一行重复")
            seen.add(same)
        return self

    def hours_for_receipt(self, urgency: Urgency) -> int:
        """Working hours for 签收."""
        return self.receipt_hours_extra_urgent if urgency is Urgency.EXTRA else self.receipt_hours

    def not_shorter(self, given: int | None, now: int) -> int:
        """A span as it binds what was handed over under another policy: never shorter than given, unless said."""
        return now if given is None or self.retroactive else max(given, now)

    @property
    def urge_cooldown(self) -> timedelta:
        """Working time between two 催办."""
        return timedelta(hours=self.urge_cooldown_hours)

    def rung_above(self, rung: Rung) -> Rung:
        """One rung up; the last is its own. A rung the ladder leaves out gives way to the next it has."""
        level = next((x for x in self.ladder if x.rung is rung), None)
        if level is not None:
            return level.up or rung
        higher = [x.rung for x in self.ladder if RUNGS.index(x.rung) > RUNGS.index(rung)]
        return min(higher, key=RUNGS.index, default=rung)

    def closing_rule(self, kind: MatterKind, klass: MatterClass) -> ClosingRule:
        """What a matter of this kind and class must show before it ends."""
        for rule in self.closing:
            if rule.kind in (None, kind) and rule.klass in (None, klass):
                return rule
        return ClosingRule(evidence=self.closure_evidence)

    def source_kind(self, name: str) -> SourceKind | None:
        """The kind of that name."""
        return next((kind for kind in self.sources if kind.name == name), None)

    def due_rule(self, kind: BasisKind, urgency: Urgency, klass: MatterClass, start: date) -> DueRule | None:
        """The rule that gives a matter of this source its limit; None when the policy has none for it."""
        for limit in self.limits:
            if limit.basis is kind and limit.urgency in (None, urgency) and limit.klass in (None, klass):
                rule = f"{limit.label}（{self.version}）"
                return DueRule(rule=rule, start=start, days=limit.days, count=limit.count)
        return None


def _check_ladder(ladder: tuple[Level, ...]) -> None:
    """From the first rung every `up` leads higher, to a rung of the ladder, until one has none."""
    ups = {level.rung: level.up for level in ladder}
    if not ladder or len(ups) != len(ladder):
        raise ValueError("ladder 每一级只能写一次，且不能为空")
    rung: Rung | None = ladder[0].rung
    way: list[Rung] = []
    while rung is not None:
        if rung in way:
            raise ValueError(f"ladder 形成循环：{'→'.join(r.label for r in (*way, rung))}")
        if rung not in ups:
            raise ValueError(f"ladder 里“{way[-1].label}”的上一级“{rung.label}”没有写")
        if way and RUNGS.index(rung) < RUNGS.index(way[-1]):
            raise ValueError(f"ladder 里“{way[-1].label}”的上一级“{rung.label}”反而更低")
        way.append(rung)
        rung = ups[rung]
    stray = [r.label for r in ups if r not in way]
    if stray:
        raise ValueError(f"ladder 里从“{way[0].label}”到不了“{stray[0]}”")


def lifted(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A policy as it was written before it had a ladder of its own, with the ladder that was in the code then.

    Not only events hold one: a workflow's history and the read model do too.
    """
    fields = dict(stored)
    if "escalation_cooldown_hours" not in fields and {"version", "steps", "ladder", "command_minutes"} <= fields.keys():
        # Written whole by a build that went straight to a row's rung: what it decided stays decidable.
        fields["escalation_cooldown_hours"] = 0
    missed = fields.pop("missed_before_escalation", None)
    if missed is None:
        return fields
    again = fields.get("urge_cooldown_hours", 14)
    fields["steps"] = (
        Step(trigger=Trigger.MISSED, after=1, order=OrderColour.PLAIN, repeat_hours=again),
        Step(trigger=Trigger.MISSED, after=missed, up=True),
        Step(trigger=Trigger.OVERDUE, up=True),
        Step(trigger=Trigger.UNANSWERED, up=True),
    )
    fields["limits"] = ()
    return fields
