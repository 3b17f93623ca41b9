"""Random lives: whatever people and the clock do, the log stays whole and the lights explain themselves."""

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import commands as c
from domain.base import Frozen, Refusal
from domain.calendar import local_date
from domain.deadlines import next_deadline, owing
from domain.envelope import Actor
from domain.evolve import FOLD
from domain.facts import Attachment, Origin, PointReport
from domain.lights import facts_in, facts_text, light, light_facts, light_schedule
from domain.log import Rulebook
from domain.periods import PeriodLength, PeriodResult
from domain.policy import CardRule, Policy
from domain.queries.list_row import ColourMoments, list_row
from domain.terms import (
    ENDED,
    Card,
    Duty,
    Finding,
    LeaderMark,
    Light,
    ObjectionOutcome,
    ReturnReason,
    Rhythm,
    Satisfaction,
    Stage,
    SuspensionReason,
    Trigger,
    Urgency,
)
from tests.support import lives
from tests.support.life import CALENDAR, MONDAY, Life, fold
from tests.support.office import (
    ASSIST,
    AUDITOR,
    FOR_LEADER,
    HEAD,
    LEAD,
    LEADER,
    LIAISON,
    OFFICE,
    OTHER,
    SECOND,
    opening,
)

ACTORS = st.sampled_from([OFFICE, SECOND, LIAISON, HEAD, OTHER, AUDITOR, LEADER, FOR_LEADER])
DAYS = st.integers(min_value=-3, max_value=90)
MOMENT = timedelta(microseconds=1)
SEALED = "sealed:v1:k1:AAAA"
PROOF = (Attachment(name="凭据.png", sha256="0" * 64, size=1),)
CARDS = Policy(version="红黄牌", cards=(CardRule(trigger=Trigger.OVERDUE, after=2, card=Card.YELLOW),))
ORIGIN = Origin(kind="人大建议", no="第31号", askers=("张代表",))
AFTER_THE_END = {
    "SatisfactionGiven",
    "CardWithdrawn",
    "MatterReopened",
    "MatterInspected",
    "ObjectionRaised",
    "ObjectionDecided",
    "RecusalDeclared",
    "DutyReassigned",
    "EventCorrected",
}


class RandomLife(RuleBasedStateMachine):
    """Every command by every actor at any moment; refused or not, the invariants hold."""

    @initialize(
        rhythm=st.sampled_from(list(Rhythm)),
        urgency=st.sampled_from(list(Urgency)),
        by_leader=st.booleans(),
        lead=st.booleans(),
        period=st.sampled_from([None, None, PeriodLength.WEEK, PeriodLength.MONTH]),
        raised=st.booleans(),
    )
    def open(
        self, rhythm: Rhythm, urgency: Urgency, by_leader: bool, lead: bool, period: PeriodLength | None, raised: bool
    ) -> None:
        self.life = Life(rulebook=Rulebook(version=1, calendar=CALENDAR, policy=CARDS))
        command = opening(
            due=None if period else date(2022, 4, 29),
            period=period,
            origin=ORIGIN if raised else None,
            rhythm=rhythm,
            urgency=urgency,
            lead=LEAD if lead else None,
            points=[{"text": "图审", "due": "2022-03-31"}, {"text": "招标"}, {"text": "比选", "stage": True}],
        )
        self.life.do(command, FOR_LEADER if by_leader else OFFICE)

    def attempt(self, command: Frozen, actor: Actor) -> None:
        ended, before = self.life.m.stage in ENDED, len(self.life.recorded)
        try:
            self.life.do(command, actor)
        except Refusal as refused:
            assert refused.message
            assert "\n" not in refused.message
            assert len(self.life.recorded) == before
        else:
            if ended and len(self.life.recorded) > before:
                assert self.life.recorded[before].type in AFTER_THE_END

    def day(self, days: int) -> date:
        return local_date(self.life.now) + timedelta(days=days)

    @rule(hours=st.integers(min_value=1, max_value=24 * 20), punctual=st.booleans())
    def time_passes(self, hours: int, punctual: bool) -> None:
        until = self.life.now + timedelta(hours=hours)
        before, settled = len(self.life.recorded), self.life.m.settled
        (self.life.wait_until if punctual else self.life.sleep_until)(until)
        assert not (settled and len(self.life.recorded) > before), "the clock owes a matter at rest nothing"

    @rule(actor=ACTORS, which=st.sampled_from(["accept", "decline", "assign", "urge", "escalate"]))
    def receipt_and_pressure(self, actor: Actor, which: str) -> None:
        command = {
            "accept": c.AcceptReceipt(),
            "decline": c.DeclineReceipt(reason="非本单位职责"),
            "assign": c.AssignMatter(lead=ASSIST if self.life.m.lead == LEAD.id else LEAD, reason="调整"),
            "urge": c.IssueUrge(),
            "escalate": c.EscalateMatter(reason="久拖不决"),
        }[which]
        self.attempt(command, actor)

    @rule(
        actor=ACTORS, progress=st.integers(0, 100), no=st.integers(1, 3), back=st.integers(0, 400), proof=st.booleans()
    )
    def report(self, actor: Actor, progress: int, no: int, back: int, proof: bool) -> None:
        occurred = self.life.now - timedelta(hours=back) if back > 200 else None
        said = c.SubmitFeedback(
            text="进展",
            points=(PointReport(no=no, progress=progress),),
            occurred_at=occurred,
            attachments=PROOF if proof else (),
        )
        self.attempt(said, actor)

    @rule(actor=ACTORS, hours=st.integers(-5, 60), finding=st.sampled_from([None, *Finding]))
    def look_closer(self, actor: Actor, hours: int, finding: Finding | None) -> None:
        until = self.life.now + timedelta(hours=hours)
        self.attempt(c.AskBack(reason=ReturnReason.SAME, text="还差什么", until=until), actor)
        self.attempt(c.InspectMatter(text="看过", finding=finding), actor)

    @rule(actor=ACTORS, rhythm=st.sampled_from(list(Rhythm)), days=DAYS, no=st.integers(1, 3))
    def reshape(self, actor: Actor, rhythm: Rhythm, days: int, no: int) -> None:
        self.attempt(c.ChangeRhythm(rhythm=rhythm), actor)
        self.attempt(c.ChangePoint(no=no, due=self.day(days)), actor)

    @rule(actor=ACTORS, days=DAYS, grant=st.booleans(), point=st.sampled_from([None, 1]))
    def extend(self, actor: Actor, days: int, grant: bool, point: int | None) -> None:
        self.attempt(c.RequestExtension(to=self.day(days), reason="慢", point=point), actor)
        self.attempt(c.AnswerExtension(grant=grant, reason="已阅"), actor)

    @rule(actor=ACTORS, days=DAYS)
    def suspend(self, actor: Actor, days: int) -> None:
        self.attempt(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=self.day(days)), actor)

    @rule(actor=ACTORS)
    def resume(self, actor: Actor) -> None:
        self.attempt(c.ResumeMatter(), actor)

    @rule(actor=ACTORS, days=DAYS)
    def meet(self, actor: Actor, days: int) -> None:
        self.attempt(c.RecordDecision(meeting="月度会", text="继续推进", due=self.day(days)), actor)
        self.attempt(c.RecordInstruction(leader="leader", text=SEALED), actor)

    @rule(actor=ACTORS, answer=st.booleans())
    def coordinate(self, actor: Actor, answer: bool) -> None:
        self.attempt(
            c.AnswerCoordination(text="可") if answer else c.RequestCoordination(unit=ASSIST, text="请协调"), actor
        )

    @rule(actor=ACTORS)
    def ask_to_close(self, actor: Actor) -> None:
        self.attempt(c.RequestClosure(text="完成"), actor)

    @rule(actor=ACTORS, approve=st.booleans(), mark=st.sampled_from(list(LeaderMark)))
    def review(self, actor: Actor, approve: bool, mark: LeaderMark) -> None:
        self.attempt(c.ReviewClosure(approve=approve, text="意见"), actor)
        self.attempt(c.MarkClosure(mark=mark), actor)

    @precondition(lambda self: self.life.m.stage in ENDED)
    @rule(actor=ACTORS, days=DAYS)
    def after_the_end(self, actor: Actor, days: int) -> None:
        self.attempt(c.RaiseObjection(text="不服"), actor)
        self.attempt(c.ReopenMatter(reason="还有问题", due=self.day(days)), actor)

    @precondition(lambda self: self.life.m.objection is not None)
    @rule(actor=ACTORS, outcome=st.sampled_from(list(ObjectionOutcome)), days=DAYS)
    def review_the_objection(self, actor: Actor, outcome: ObjectionOutcome, days: int) -> None:
        due = self.day(days) if outcome is ObjectionOutcome.UPHELD else None
        self.attempt(c.DecideObjection(outcome=outcome, text="复核", due=due), actor)

    @rule(actor=ACTORS, days=DAYS, every_day=st.booleans(), which=st.sampled_from(["start", "move", "end"]))
    def surge(self, actor: Actor, days: int, every_day: bool, which: str) -> None:
        command = {
            "start": c.StartSurge(campaign="开工", until=self.day(days), every_day=every_day),
            "move": c.MoveSurge(until=self.day(days)),
            "end": c.EndSurge(),
        }[which]
        self.attempt(command, actor)

    @rule(actor=ACTORS, met=st.booleans(), enter=st.booleans())
    def press_harder(self, actor: Actor, met: bool, enter: bool) -> None:
        self.attempt(c.ListMatter(reason="拖", exit_when="完成") if enter else c.DelistMatter(met=met), actor)
        self.attempt(c.HoldInterview(unit=LEAD.id, people=("head",), text="表态"), actor)
        self.attempt(c.IssueCard() if enter else c.WithdrawCard(no=1, reason="误发"), actor)

    @rule(actor=ACTORS, yes=st.booleans(), result=st.sampled_from(list(PeriodResult)))
    def judge(self, actor: Actor, yes: bool, result: PeriodResult) -> None:
        self.attempt(c.ReviewPoint(no=3, approve=yes, text="看过"), actor)
        self.attempt(c.JudgePeriod(result=result, reason="补报"), actor)

    @rule(actor=ACTORS, satisfaction=st.sampled_from(list(Satisfaction)), by=st.sampled_from(["张代表", "路人"]))
    def rate(self, actor: Actor, satisfaction: Satisfaction, by: str) -> None:
        self.attempt(c.RateMatter(by=by, satisfaction=satisfaction, text="意见"), actor)

    @rule(actor=ACTORS, duty=st.sampled_from(list(Duty)), recuse=st.booleans())
    def people_change(self, actor: Actor, duty: Duty, recuse: bool) -> None:
        holder = {Duty.PERSON: self.life.m.person or "li", Duty.SUPERVISOR: self.life.m.supervisor}
        command = c.ReassignDuty(duty=duty, from_person=holder.get(duty, "leader"), to_person="x", reason="调动")
        self.attempt(c.DeclareRecusal(reason="有利害关系") if recuse else command, actor)

    @invariant()
    def versions_have_no_gap(self) -> None:
        assert [r.version for r in self.life.recorded] == list(range(1, len(self.life.recorded) + 1))

    @invariant()
    def the_fold_of_the_log_is_the_state(self) -> None:
        assert fold(self.life.recorded) == self.life.m

    @invariant()
    def a_fold_in_one_pass_ends_where_one_by_one_does_and_leaves_where_it_began(self) -> None:
        whole, matter = self.life.recorded, self.life.m
        middle = len(whole) // 2
        before = fold(whole[:middle])
        kept = before.model_copy(deep=True) if before is not None else None
        after = FOLD.after(before, whole[middle], whole[middle + 1 :])
        assert (after, after.model_fields_set) == (matter, matter.model_fields_set)
        assert before == kept

    @invariant()
    def lights_explain_themselves(self) -> None:
        m, lit = self.life.m, self.life.light
        assert lit.reason.startswith(f"{lit.light.label}:")
        assert len(lit.reason) > 2
        grey = m.stage in ENDED or m.stage is Stage.SUSPENDED
        assert (lit.light is Light.GREY) == grey

    @invariant()
    def the_row_of_a_list_has_the_light_of_its_state(self) -> None:
        m, rulebook = self.life.m, self.life.rulebook
        facts = light_facts(m)
        assert facts_in(facts_text(facts)) == facts
        schedule = light_schedule(facts, rulebook)
        row = list_row(m, rulebook)
        moments = ColourMoments(row.red, row.yellow, row.blue, row.wavers)
        now = self.life.now
        around = [t + d for t, _ in schedule[1:] for d in (-MOMENT, timedelta(), MOMENT, timedelta(hours=3))]
        for instant in (now - timedelta(days=9), now, *(now + timedelta(days=n) for n in (1, 2, 5, 20, 60)), *around):
            lit = light(m, rulebook, instant)
            assert row.lit(rulebook, instant) == lit
            assert [colour for since, colour in schedule if since <= instant][-1] is lit.light
            assert row.wavers or lit.light is Light.GREY or moments.at(instant) is lit.light

    @invariant()
    def what_is_passed_over_comes_later(self) -> None:
        m, rulebook = self.life.m, self.life.rulebook
        standing = owing(m, rulebook)
        for now in (self.life.now + timedelta(hours=13 * n) for n in range(-3, 9)):
            due = [d.at for d in standing.deadlines(rulebook.calendar, now) if d.at > now]
            for instant in (*due, *(at - MOMENT for at in due), now + timedelta(days=2)):
                assert standing.comes_by(now, instant) or not any(at <= instant for at in due)

    @invariant()
    def the_clock_is_not_behind(self) -> None:
        deadline = next_deadline(self.life.m, self.life.rulebook, self.life.now)
        assert deadline is None or not self.life.m.settled
        m = self.life.m
        assert m.period is not None or m.original_due == date(2022, 4, 29)
        assert (m.running is None) == (m.period is None)
        assert m.running is None or m.running.due == m.due, "the limit is that of the running period"
        assert m.listed == (bool(m.listings) and m.listings[-1].left_on is None)
        assert self.life.now >= MONDAY


TestRandomLives = lives.some(RandomLife)
TestRandomLivesAtLength = lives.many(RandomLife)
