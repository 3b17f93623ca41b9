"""The ledger of reporting windows: what a late, second, backdated or foreign report means; its figures agree."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain import commands as c
from domain import events as ev
from domain.base import Frozen, Refusal
from domain.calendar import DayOverride, at_office, local_date
from domain.deadlines import DeadlineKind, owed
from domain.envelope import SYSTEM, Actor, OnBehalf, Recorded
from domain.event import decode
from domain.facts import Attachment, PointReport, Window
from domain.log import Loaded, Rulebook
from domain.terms import LeaderMark, Light, ReturnReason, Rhythm, Role, Rung, Stage, SuspensionReason
from domain.window_ledger import WindowEnd, WindowLedger
from domain.windows import period_end
from tests.support import lives
from tests.support.life import CALENDAR, Life, accepted, at, fold, opened
from tests.support.office import ASSIST, FOR_LEADER, LEAD, LIAISON, OFFICE, OTHER, SECOND

SAID = c.SubmitFeedback(text="主体施工至三层", progress=30)
PROOF = (Attachment(name="微信截图.png", sha256="0" * 64, size=10),)


def received(moment: datetime, unit: str = "gengxin", progress: int | None = None) -> c.SubmitFeedback:
    """A report the office enters late, with the proof that it came then."""
    return c.SubmitFeedback(text="已报", occurred_at=moment, for_unit=unit, attachments=PROOF, progress=progress)


def ends(life: Life) -> list[tuple[str, WindowEnd | None]]:
    return [(w.key, w.end) for w in life.m.windows.behind]


# --- what was wrong, one by one


def test_withdrawing_an_old_miss_leaves_a_newer_one_and_its_yellow_light() -> None:
    life = accepted()
    life.wait_until(at(3, 14))  # W10 missed
    life.wait_until(at(3, 17))
    life.do(SAID, LIAISON)  # too late to make up: it answers W11
    life.wait_until(at(3, 28))  # W12 missed
    assert life.do(received(at(3, 10)), OFFICE) == ["FeedbackSubmitted", "MissWithdrawn"]
    assert ends(life)[-1] == ("2022-W12", WindowEnd.MISSED)
    assert (life.m.missed_in_row, life.light.light) == (1, Light.YELLOW)
    assert "第12周" in life.light.reason


def test_what_was_withdrawn_is_not_made_up_by_the_next_report() -> None:
    life = accepted()
    life.wait_until(at(3, 21, 9))  # W10 and W11 missed
    life.do(received(at(3, 17)), OFFICE)
    assert life.m.missed_in_row == 0, "W11 was answered in time, which ends the row"
    life.do(SAID, LIAISON)
    report = life.events(ev.FeedbackSubmitted)[-1]
    assert isinstance(report, ev.FeedbackSubmitted)
    assert (report.window, report.late_for) == ("2022-W12", None)


def test_a_report_entered_later_of_an_earlier_day_turns_nothing_back() -> None:
    life = accepted(points=[{"text": "图审"}], indicators=[{"name": "出土量", "unit": "万立方米", "target": 20}])
    life.wait_until(at(3, 14))
    newer = {"points": (PointReport(no=1, progress=60),), "indicators": ({"no": 1, "value": 12},)}
    life.do(c.SubmitFeedback.model_validate({"text": "新", "progress": 60, **newer}), LIAISON)
    older = {"points": (PointReport(no=1, progress=20),), "indicators": ({"no": 1, "value": 3},)}
    life.do(received(at(3, 10)).model_copy(update={"progress": 20, **_parsed(older)}), OFFICE)
    said = life.m.last_feedback
    assert said is not None
    assert (life.m.progress, life.m.points[0].progress, life.m.indicators[0].value, said.text) == (60, 60, 12, "新")


def _parsed(fields: Mapping[str, object]) -> dict[str, object]:
    report = c.SubmitFeedback.model_validate({"text": "x", **fields})
    return {"points": report.points, "indicators": report.indicators}


def test_an_assisting_unit_moves_its_point_but_neither_the_whole_nor_the_leads_word() -> None:
    life = accepted(assist=[ASSIST], points=[{"text": "图审"}, {"text": "招标"}])
    life.do(c.SubmitFeedback(text="牵头", progress=30), LIAISON)
    life.do(c.SubmitFeedback(text="配合", progress=100, points=(PointReport(no=2, progress=100),)), OTHER)
    assert life.m.progress == 30
    assert life.m.points[1].progress == 100
    assert life.m.last_feedback is not None
    assert life.m.last_feedback.unit == "gengxin"


def test_an_assisting_unit_makes_up_for_no_miss_of_the_lead() -> None:
    life = accepted(assist=[ASSIST])
    life.wait_until(at(3, 14))
    life.do(SAID, OTHER)
    assert ends(life) == [("2022-W10", WindowEnd.MISSED)]


def test_a_new_lead_stands_where_the_matter_stands_not_where_the_old_lead_did() -> None:
    life = accepted()
    life.wait_until(at(3, 21, 9))
    assert (life.m.missed_in_row, life.m.rung) == (2, Rung.UNIT_HEAD)
    life.do(c.AssignMatter(lead=ASSIST, reason="职能调整"))
    assert (life.m.missed_in_row, life.m.rung, life.light.light) == (0, Rung.HANDLER, Light.GREEN)
    urging = [d for d in owed(life.m, life.rulebook, life.now) if d.kind is DeadlineKind.URGE]
    assert urging == []


def test_what_the_limit_brought_up_stays_up_under_a_new_lead() -> None:
    life = accepted(due=date(2022, 3, 11))
    life.wait_until(at(3, 21, 9))
    assert life.m.rung is Rung.OFFICE, "five working days overdue"
    life.do(c.AssignMatter(lead=ASSIST, reason="职能调整"))
    assert life.m.rung is Rung.OFFICE


def test_a_window_belongs_to_who_led_when_it_opened() -> None:
    life = accepted(assist=[ASSIST])
    life.wait_until(at(3, 14))
    life.do(c.AssignMatter(lead=ASSIST, assist=(), reason="职能调整"))
    life.do(c.AcceptReceipt(), OTHER)
    assert life.m.windows.missed[0].lead == "gengxin"
    assert life.do(received(at(3, 10)), OFFICE) == ["FeedbackSubmitted", "MissWithdrawn"], (
        "the old lead's miss was none"
    )
    assert life.m.window is not None
    assert (life.m.window.lead, life.m.window.answered) == ("zhujian", False)


def test_a_report_of_another_time_answers_no_window_of_now() -> None:
    life = accepted()
    life.refuses(
        SAID.model_copy(update={"occurred_at": at(3, 3, year=1999)}), LIAISON, words="立项日期", code="malformed"
    )
    life.wait_until(at(3, 24))  # W10 and W11 missed, W12 runs
    life.do(SAID.model_copy(update={"occurred_at": at(3, 10)}), LIAISON)
    assert life.m.window is not None
    assert (life.m.window.key, life.m.window.answered) == ("2022-W12", False)
    assert len(life.m.windows.missed) == 2, "his own word withdraws no miss"


def test_a_made_up_miss_may_turn_out_to_have_come_in_time() -> None:
    life = accepted()
    life.wait_until(at(3, 14))
    life.do(SAID, LIAISON)
    assert ends(life) == [("2022-W10", WindowEnd.LATE)]
    life.do(received(at(3, 11)), OFFICE)
    assert ends(life) == [("2022-W10", WindowEnd.WITHDRAWN)]
    assert (life.m.windows.on_time, life.m.windows.late, len(life.m.windows.missed)) == (1, 0, 0)


def test_a_daily_window_of_a_day_that_became_a_holiday_is_not_owed() -> None:
    life = accepted(at(9, 29), rhythm=Rhythm.DAILY, due=date(2022, 12, 30))
    life.do(SAID, LIAISON)
    life.wait_until(at(9, 29, 18))
    assert life.m.window is not None
    assert life.m.window.key == "2022-09-30"
    off = DayOverride(day=date(2022, 9, 30), workday=False, reason="台风")
    life.rulebook = Rulebook(version=2, calendar=CALENDAR.model_copy(update={"overrides": (off,)}), because="台风停工")
    assert life.do(c.Reproject(), SYSTEM) == ["FeedbackWindowOpened"]
    assert life.m.window.key == "2022-10-08", "after 国庆 and the stop"
    life.wait_until(at(10, 8, 9))
    assert life.m.windows.missed == ()


def test_daily_windows_skip_statutory_holidays_unless_the_surge_says_every_day() -> None:
    life = accepted(at(9, 30), rhythm=Rhythm.DAILY, due=date(2022, 12, 30))
    life.wait_until(at(10, 9, 18))
    assert [w.key for w in life.m.windows.missed] == ["2022-09-30", "2022-10-08", "2022-10-09"]
    surge = accepted(at(9, 30), due=date(2022, 12, 30))
    surge.do(c.StartSurge(campaign="开工", until=date(2022, 10, 3), every_day=True))
    surge.wait_until(at(10, 4, 9))
    assert [w.key for w in surge.m.windows.missed] == ["2022-09-30", "2022-10-01", "2022-10-02", "2022-10-03"]


# --- 签收时限


def test_receipt_is_never_due_after_the_matter_itself() -> None:
    assert opened(due=date(2022, 3, 8)).m.receipt_due == at(3, 8, 18)
    assert opened(due=date(2022, 3, 31)).m.receipt_due == at(3, 9, 10)


def test_receipt_follows_a_limit_that_moves() -> None:
    life = opened(due=date(2022, 3, 8))
    life.do(c.RequestExtension(to=date(2022, 3, 31), reason="慢"), LIAISON)
    assert life.do(c.AnswerExtension(grant=True)) == ["ExtensionGranted", "DeadlineMoved"]
    assert life.m.receipt_due == at(3, 9, 10)
    assert life.do(c.Reproject(), SYSTEM) == []
    life.do(c.RecordDecision(meeting="月度会", text="提前", due=date(2022, 3, 8)), FOR_LEADER)
    assert life.m.receipt_due == at(3, 8, 18)


# --- 办结 over what is unfinished


def test_closing_over_unfinished_work_needs_a_reason_that_stays_with_the_matter() -> None:
    life = accepted(points=[{"text": "图审"}, {"text": "招标"}])
    life.do(c.SubmitFeedback(text="进展", progress=50, points=(PointReport(no=1, progress=100),)), LIAISON)
    life.refuses(c.RequestClosure(text="完成"), LIAISON, words="进度50%；要点2未完成", code="unfinished")
    life.do(c.RequestClosure(text="完成", over_unfinished="招标转下年"), LIAISON)
    assert life.m.closure is not None
    assert life.m.closure.unfinished == ("进度50%", "要点2未完成")
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.m.closed is not None
    assert (life.m.closed.unfinished, life.m.closed.over_unfinished) == (("进度50%", "要点2未完成"), "招标转下年")


def test_finished_work_closes_without_a_reason() -> None:
    life = accepted(points=[{"text": "图审"}])
    life.do(c.SubmitFeedback(text="完成", progress=100, points=(PointReport(no=1, progress=100),)), LIAISON)
    life.do(c.RequestClosure(text="完成", over_unfinished="多余的话"), LIAISON)
    assert life.m.closure is not None
    assert (life.m.closure.unfinished, life.m.closure.over_unfinished) == ((), None)


def test_an_indicator_short_of_its_target_and_missing_evidence_are_unfinished_too() -> None:
    life = accepted(indicators=[{"name": "出土量", "unit": "万立方米", "target": 20}])
    policy = life.rulebook.policy.model_copy(update={"closure_evidence": True})
    life.rulebook = life.rulebook.model_copy(update={"policy": policy})
    said = life.refuses(c.RequestClosure(text="完成"), LIAISON, code="unfinished").message
    assert "指标“出土量”应达20万立方米，实为0万立方米" in said
    assert "未附证明材料" in said


# --- 回避 and 自审, by every road


def test_who_declared_recusal_decides_by_no_road() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.DeclareRecusal(reason="有利害关系"), FOR_LEADER)
    words = "声明回避"
    life.refuses(c.ReviewClosure(approve=True), FOR_LEADER, words=words, code="recused")
    for subject in ("closure", "cancellation"):
        by_meeting = c.RecordDecision.model_validate(
            {"meeting": "月度会", "text": "同意", "outcome": "agreed", "subject": subject}
        )
        life.refuses(by_meeting, FOR_LEADER, words=words, code="recused")
    life.refuses(c.CancelMatter(reason="不办了"), FOR_LEADER, words=words, code="recused")


@pytest.mark.parametrize("road", ["review", "meeting"])
def test_nobody_concludes_on_a_closure_he_typed(road: str) -> None:
    life = accepted()
    for_unit = OFFICE.model_copy(update={"on_behalf_of": OnBehalf(id="li", role=Role.LIAISON, unit="gengxin")})
    life.do(c.RequestClosure(text="完成"), for_unit)
    decision = c.RecordDecision.model_validate(
        {"meeting": "月度会", "text": "同意", "outcome": "agreed", "subject": "closure"}
    )
    command = c.ReviewClosure(approve=True) if road == "review" else decision
    life.refuses(command, FOR_LEADER, words="自己提交或代录", code="forbidden")


def test_who_typed_the_report_a_closure_stands_on_does_not_review_it() -> None:
    life = accepted()
    life.do(c.SubmitFeedback(text="电话报：已完成", progress=100, for_unit="gengxin"), SECOND)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.refuses(c.ReviewClosure(approve=True), SECOND, words="代录的最近一次反馈", code="forbidden")
    assert life.do(c.ReviewClosure(approve=True), OFFICE) == ["MatterClosed"]


def test_who_typed_a_report_may_type_a_leaders_word_on_the_closure() -> None:
    life = accepted()
    life.do(c.RecordInstruction(leader="leader", text="sealed:v1:k1:AAAA"), FOR_LEADER)
    life.do(c.SubmitFeedback(text="电话报：已完成", progress=100, for_unit="gengxin"), OFFICE)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.do(c.MarkClosure(mark=LeaderMark.AGREED), FOR_LEADER) == ["MatterClosed"]


# --- 更正


@pytest.mark.parametrize("field", ["title", "source", "person", "basis_no", "basis_text"])
def test_a_correction_may_not_empty_what_could_not_be_empty_at_first(field: str) -> None:
    life = accepted()
    life.refuses(c.CorrectEvent(version=1, text="更正", fields={field: ""}), words="不能为空", code="malformed")
    life.refuses(c.CorrectEvent(version=1, text="更正", fields={field: "  "}), code="malformed")


# --- a long life


def test_what_was_withdrawn_or_answered_is_made_up_by_nothing() -> None:
    """The log of an earlier build may say so; the fold takes it for what it is."""
    week = Window(key="2022-W10", opens=at(3, 4, 17), closes=at(3, 11, 17))
    ledger = WindowLedger().open(week, "gengxin").miss(week, "gengxin").answer("2022-W10", 5).withdraw("2022-W10")
    assert ledger.make_up("2022-W10", 7) == ledger


def test_the_ledger_of_a_daily_matter_of_five_years_stays_small() -> None:
    ledger, day = WindowLedger(), date(2020, 1, 1)
    for n in range(5 * 365):
        closes = at_office(day, time(17))
        ledger = ledger.open(Window(key=day.isoformat(), opens=closes - timedelta(days=1), closes=closes), "gengxin")
        if n % 100:
            ledger = ledger.answer(day.isoformat(), n)
        else:
            ledger = ledger.miss(Window(key=day.isoformat(), opens=closes, closes=closes), "gengxin")
        day += timedelta(days=1)
    assert (len(ledger.missed), ledger.on_time) == (19, 5 * 365 - 19)
    assert len(ledger.behind) <= 21
    assert len(ledger.model_dump_json()) < 6_000


def test_a_period_ends_where_its_name_says() -> None:
    assert period_end("2022-W10-plan") == date(2022, 3, 13)
    assert period_end("2022-W10") == date(2022, 3, 13)
    assert period_end("2022-03-07") == date(2022, 3, 7)
    assert period_end("2022-02") == date(2022, 2, 28)
    assert period_end("2022-Q4") == date(2022, 12, 31)


def test_a_state_of_an_earlier_build_is_read_as_it_was_meant() -> None:
    life = accepted()
    life.wait_until(at(3, 21, 9))
    new = life.m.model_dump(mode="json")
    windows = new.pop("windows")
    plain = [{k: w[k] for k in ("key", "opens", "closes")} for w in windows["behind"]]
    old = {
        **new,
        "window": {k: windows["running"][k] for k in ("key", "opens", "closes")},
        "answered": False,
        "covered_until": None,
        "judged": ["2022-W09", *(w["key"] for w in plain)],
        "missed": [{"window": w, "withdrawn": False} for w in plain],
        "missed_in_row": 2,
        "reporters": ["li"],
        "counts": {**new["counts"], "on_time": 3, "late": 0, "missed": 2},
    }
    text = json.dumps({"matter": old, "rulebook": life.rulebook.model_dump(mode="json")})
    found = Loaded.model_validate_json(text).matter
    assert found is not None
    assert [w.key for w in found.windows.row] == ["2022-W10", "2022-W11"]
    assert found.windows.judged == {"2022-W09", "2022-W10", "2022-W11"}
    assert found.windows.on_time == 3
    assert found.window is not None
    assert life.m.window is not None
    assert found.window.closes == life.m.window.closes


# --- any life


LEADS = {LEAD.id: LIAISON, ASSIST.id: OTHER}


class Reporting(RuleBasedStateMachine):
    """Late, backdated, withdrawn, second and foreign reports; reassigned, suspended, reopened; rhythms and surges."""

    @initialize(rhythm=st.sampled_from([r for r in Rhythm if r is not Rhythm.ONCE]))
    def begin(self, rhythm: Rhythm) -> None:
        self.life = accepted(rhythm=rhythm, due=date(2022, 12, 30), assist=[ASSIST])

    def attempt(self, command: Frozen, actor: Actor) -> None:
        try:
            self.life.do(command, actor)
        except Refusal:
            return

    def day(self, days: int) -> date:
        return local_date(self.life.now) + timedelta(days=days)

    @rule(hours=st.integers(1, 24 * 12), punctual=st.booleans())
    def time_passes(self, hours: int, punctual: bool) -> None:
        until = self.life.now + timedelta(hours=hours)
        (self.life.wait_until if punctual else self.life.sleep_until)(until)

    @rule(
        actor=st.sampled_from([LIAISON, OTHER]), progress=st.integers(0, 99), back=st.sampled_from([0, 0, 0, 30, 200])
    )
    def report(self, actor: Actor, progress: int, back: int) -> None:
        occurred = self.life.now - timedelta(hours=back) if back else None
        self.attempt(c.SubmitFeedback(text="进展", progress=progress, occurred_at=occurred), actor)

    @rule(actor=st.sampled_from([LIAISON, OTHER]), hours=st.integers(1, 90))
    def report_after_the_window(self, actor: Actor, hours: int) -> None:
        """Around the moment when a report is late, made up for, or of the next window."""
        if (window := self.life.m.window) is not None:
            self.life.wait_until(window.closes + timedelta(hours=hours))
            self.attempt(c.SubmitFeedback(text="进展", progress=50), actor)

    @rule(unit=st.sampled_from(sorted(LEADS)), back=st.integers(1, 24 * 20), progress=st.integers(0, 99))
    def receive(self, unit: str, back: int, progress: int) -> None:
        self.attempt(received(self.life.now - timedelta(hours=back), unit, progress), OFFICE)

    @rule()
    def withdraw_the_latest_miss(self) -> None:
        if missed := self.life.m.windows.missed:
            self.attempt(received(missed[-1].closes - timedelta(hours=1), missed[-1].lead), OFFICE)

    @rule()
    def reassign(self) -> None:
        lead = ASSIST if self.life.m.lead == LEAD.id else LEAD
        self.attempt(c.AssignMatter(lead=lead, assist=(), reason="调整"), OFFICE)

    @rule()
    def accept(self) -> None:
        self.attempt(c.AcceptReceipt(), LEADS[self.life.m.lead or LEAD.id])

    @rule(rhythm=st.sampled_from(list(Rhythm)))
    def change(self, rhythm: Rhythm) -> None:
        self.attempt(c.ChangeRhythm(rhythm=rhythm), OFFICE)

    @rule(days=st.integers(0, 9), end=st.booleans())
    def surge(self, days: int, end: bool) -> None:
        self.attempt(c.EndSurge() if end else c.StartSurge(campaign="开工", until=self.day(days)), OFFICE)

    @rule(days=st.integers(1, 9), resume=st.booleans())
    def suspend(self, days: int, resume: bool) -> None:
        until = self.day(days)
        stop = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=until)
        self.attempt(c.ResumeMatter() if resume else stop, FOR_LEADER)

    @rule(what=st.sampled_from(["ask", "return", "approve", "reopen"]))
    def end(self, what: str) -> None:
        lead = LEADS[self.life.m.lead or LEAD.id]
        match what:
            case "ask":
                self.attempt(c.RequestClosure(text="完成", over_unfinished="转日常"), lead)
            case "return":
                self.attempt(c.ReviewClosure(approve=False, text="不足"), SECOND)
            case "approve":
                self.attempt(c.ReviewClosure(approve=True), SECOND)
            case "reopen":
                self.attempt(c.ReopenMatter(reason="还有问题", due=self.day(60)), FOR_LEADER)

    @rule(hours=st.integers(1, 40))
    def ask_back(self, hours: int) -> None:
        until = self.life.now + timedelta(hours=hours)
        self.attempt(c.AskBack(reason=ReturnReason.UNCLEAR, text="还差什么", until=until), OFFICE)

    @invariant()
    def figures_are_what_the_log_says(self) -> None:
        told, windows = _Told(self.life.recorded), self.life.m.windows
        assert fold(self.life.recorded) == self.life.m
        assert told.foreign == []
        assert [w.key for w in windows.row] == told.row
        assert (windows.on_time, windows.late, len(windows.missed)) == (told.on_time, told.late, told.missed)
        assert (self.life.m.progress, self.life.m.last_feedback is None) == (told.progress, told.said_at is None)

    @invariant()
    def each_window_ends_once_and_the_running_one_is_the_leads(self) -> None:
        windows = self.life.m.windows
        judged = [w.key for w in windows.behind if w.end is not WindowEnd.NOT_OWED]
        assert len(judged) == len(set(judged))
        unanswered = (WindowEnd.MISSED, WindowEnd.NOT_OWED)
        assert all(w.answered == (w.end not in unanswered) for w in windows.behind)
        if windows.running is not None:
            assert windows.running.lead == self.life.m.lead
            assert self.life.m.stage is Stage.IN_PROGRESS

    @invariant()
    def the_light_agrees(self) -> None:
        if self.life.m.windows.row and self.life.m.stage is Stage.IN_PROGRESS:
            assert self.life.light.light in (Light.YELLOW, Light.RED)


class _Told:
    """The same figures, counted from the events one after the other."""

    def __init__(self, recorded: list[Recorded]) -> None:
        self.row: list[str] = []
        self.foreign: list[str] = []
        self.late = self.missed = self.progress = 0
        self.said_at: datetime | None = None
        self._on_time: set[str] = set()
        self._made_up: set[str] = set()
        self._missed: set[str] = set()
        self._asked: dict[str, str] = {}
        self._row_before: dict[str, list[str]] = {}
        """Window → what was missed in a row before its answer, which stands again when that is returned."""
        lead = ""
        for r in recorded:
            match decode(r):
                case ev.MatterAssigned(lead=unit):
                    lead, self.row, self._row_before = unit, [], {}
                case ev.ClosureRequested() | ev.MatterResumed() | ev.MatterReopened():
                    self.row, self._row_before = [], {}
                case ev.ReportReturned(window=str() as key):
                    self._on_time.discard(key)
                    self.row = self._row_before.get(key, [])
                case ev.FeedbackWindowOpened(window=window):
                    self._asked[window.key] = lead
                case ev.FeedbackMissed(window=window):
                    self.missed += 1
                    self._missed.add(window.key)
                    self.row.append(window.key)
                case ev.MissWithdrawn(window=key):
                    self._withdrawn(key)
                case ev.FeedbackSubmitted() as e:
                    self._reported(e, r, lead)

    @property
    def on_time(self) -> int:
        return len(self._on_time)

    def _withdrawn(self, key: str) -> None:
        self.missed -= 1
        self.late -= key in self._made_up
        self._on_time.add(key)
        self.row = _behind(key, self.row)
        self._row_before = {answered: _behind(key, row) for answered, row in self._row_before.items()}

    def _reported(self, e: ev.FeedbackSubmitted, r: Recorded, lead: str) -> None:
        key = e.late_for or e.window
        if key is not None and self._asked[key] != e.unit:
            self.foreign.append(key)
        if e.late_for:
            self.late += 1
            self._made_up.add(e.late_for)
            self.row = []
        elif e.window and e.window not in self._missed:
            if e.window not in self._on_time:
                self._row_before[e.window] = self.row
            self._on_time.add(e.window)
            self.row = []
        led = e.unit in (lead, self._asked.get(e.late_for or e.window or ""))
        if led and (self.said_at is None or r.occurred_at >= self.said_at):
            self.said_at, self.progress = r.occurred_at, self.progress if e.progress is None else e.progress


def _behind(withdrawn: str, row: list[str]) -> list[str]:
    """What is left of a row when one of it was no miss: it ended there."""
    return row[row.index(withdrawn) + 1 :] if withdrawn in row else row


TestReporting = lives.some(Reporting)
TestReportingAtLength = lives.many(Reporting)
