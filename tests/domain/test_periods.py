"""长期、定期 matters, 阶段目标, and what is to hold at every report."""

from datetime import date, datetime, timedelta

import pytest

from domain import commands as c
from domain.calendar import DayOverride
from domain.commands import SubmitFeedback
from domain.envelope import SYSTEM
from domain.events import DeadlineMoved, MatterClosed
from domain.facts import IndicatorReport, NewIndicator, NewPoint, PointReport
from domain.log import Rulebook
from domain.meetings.terms import Outcome, Subject
from domain.periods import PeriodLength, PeriodResult, running_period
from domain.queries.changed import changed_by_command
from domain.queries.score import score
from domain.queries.telling import ended_how
from domain.terms import Light, ObjectionOutcome, Per, Rung, ScoredOutcome, Stage, SuspensionReason
from tests.support.life import CALENDAR, MONDAY, Life, at
from tests.support.office import AUDITOR, FOR_LEADER, LIAISON, OFFICE, SECOND, opening


def standing(period: PeriodLength = PeriodLength.MONTH, **more: object) -> Life:
    life = Life()
    life.do(opening("每月安全巡查", due=None, period=period, **more))
    life.do(c.AcceptReceipt(), LIAISON)
    return life


DONE = SubmitFeedback(text="本月已巡查", progress=100)


def results(life: Life) -> list[tuple[str, str]]:
    return [(p.key, p.result.value) for p in life.m.periods]


def test_a_periods_last_working_day_is_its_limit() -> None:
    assert running_period(PeriodLength.MONTH, date(2022, 4, 5), MONDAY, CALENDAR).due == date(2022, 4, 29)
    assert running_period(PeriodLength.MONTH, date(2022, 4, 30), MONDAY, CALENDAR).key == "2022-05"
    assert running_period(PeriodLength.WEEK, date(2022, 10, 1), MONDAY, CALENDAR).key == "2022-W40"
    assert running_period(PeriodLength.QUARTER, date(2022, 12, 31), MONDAY, CALENDAR).key == "2023-Q1"
    assert running_period(PeriodLength.YEAR, date(2022, 3, 7), MONDAY, CALENDAR).due == date(2022, 12, 30)


@pytest.mark.parametrize(
    ("period", "given", "runs"),
    [
        (PeriodLength.MONTH, at(3, 31, 17, 59), "2022-03"),
        (PeriodLength.MONTH, at(3, 31, 18), "2022-04"),
        (PeriodLength.WEEK, at(3, 11, 18), "2022-W11"),
        (PeriodLength.QUARTER, at(3, 31, 20), "2022-Q2"),
    ],
)
def test_on_the_evening_of_its_last_day_a_period_is_over(period: PeriodLength, given: datetime, runs: str) -> None:
    life = Life()
    life.now = given
    life.do(opening("安全巡查", due=None, period=period))
    assert life.m.running is not None
    assert life.m.running.key == runs
    life.wait_until(given + timedelta(hours=1))
    assert [key for key, _ in results(life)] == (["2022-03"] if runs == "2022-03" else [])


def test_what_is_taken_up_again_on_that_evening_runs_on_in_the_next_period() -> None:
    for again in (c.ResumeMatter(), c.ReopenMatter(reason="未落实")):
        life = standing(rhythm="once")
        life.now = at(3, 30)
        life.do(
            c.SuspendMatter(reason=SuspensionReason.AWAITING_SUPERIOR, until=date(2022, 4, 20))
            if isinstance(again, c.ResumeMatter)
            else c.CancelMatter(reason="不再实施")
        )
        life.now = at(3, 31, 19)
        life.do(again)
        life.wait_until(at(4, 1))
        assert (results(life), life.m.due) == ([], date(2022, 4, 29)), again


def test_each_period_is_judged_by_what_was_reported_in_it_and_the_next_one_runs() -> None:
    life = standing(rhythm="once")
    assert (life.m.due, life.m.running and life.m.running.key) == (date(2022, 3, 31), "2022-03")
    life.now = at(3, 10)
    life.do(DONE, LIAISON)
    life.wait_until(at(4, 6))
    assert results(life) == [("2022-03", "done")]
    assert (life.m.progress, life.m.due, life.m.stage) == (0, date(2022, 4, 29), Stage.IN_PROGRESS)
    assert life.light.reason == "绿:按计划推进"
    life.do(SubmitFeedback(text="巡查了一半", progress=50), LIAISON)
    life.wait_until(at(5, 5))
    assert results(life)[-1] == ("2022-04", "partly")
    assert life.light.reason == "黄:2022年4月未全部完成"
    life.wait_until(at(6, 1))
    assert results(life)[-1] == ("2022-05", "none")
    assert life.light.reason == "红:2022年5月未开展，连续2期；已升至单位负责人"
    assert "DueLapsed" not in life.types


def test_periods_not_done_are_urged_once_and_carried_up() -> None:
    life = standing(rhythm="once")
    life.wait_until(at(6, 2))
    reasons = [e.reason for e in life.events(_escalated())]  # type: ignore[attr-defined]
    assert reasons == ["2022年4月未完成，连续2期", "2022年5月未完成，连续3期"]
    assert life.m.rung is Rung.OFFICE


def _escalated() -> type:
    from domain.events import MatterEscalated

    return MatterEscalated


def test_what_ended_by_decision_is_called_ended_and_not_done_in_time() -> None:
    life = standing()
    life.wait_until(at(6, 2))
    life.do(c.RequestClosure(text="不再督办"), FOR_LEADER)
    assert life.light.reason == "灰:已按决定结束"
    assert [ended_how(e) for e in life.events(MatterClosed) if isinstance(e, MatterClosed)] == ["按决定结束"]


def test_an_upheld_objection_sets_no_limit_where_there_is_none() -> None:
    life = standing()
    life.do(c.RequestClosure(text="不再督办"), FOR_LEADER)
    life.do(c.RaiseObjection(text="还没有办好"), LIAISON)
    upheld = c.DecideObjection(outcome=ObjectionOutcome.UPHELD, text="属实", due=date(2022, 5, 10))
    life.refuses(upheld, SECOND, words="重开不写时限", code="malformed")
    life.do(upheld.model_copy(update={"due": None}), SECOND)
    assert (life.m.stage, life.m.due) == (Stage.IN_PROGRESS, date(2022, 3, 31))


def test_nothing_is_judged_otherwise_before_a_period_ended() -> None:
    life = standing()
    life.refuses(c.JudgePeriod(result=PeriodResult.DONE, reason="早"), words="还没有一期结束", code="not_found")


def test_a_stage_sent_back_waits_for_another_report() -> None:
    life = Life()
    life.do(opening(points=[{"text": "完成方案比选", "stage": True, "due": "2022-05-31"}]))
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(SubmitFeedback(text="已选", points=(PointReport(no=1, progress=100),)), LIAISON)
    life.do(c.ReviewPoint(no=1, approve=False, text="只有一个方案"), SECOND)
    life.refuses(c.ReviewPoint(no=1, approve=True), SECOND, words="阶段目标1已退回，请待重新反馈")


def test_points_of_a_period_recur_and_a_point_with_a_day_does_not() -> None:
    life = standing(points=[{"text": "巡查基坑"}, {"text": "建成监测站", "due": "2023-06-30"}])
    reports = (PointReport(no=1, progress=100), PointReport(no=2, progress=40))
    life.do(SubmitFeedback(text="已查", progress=100, points=reports), LIAISON)
    life.wait_until(at(4, 1))
    assert [p.progress for p in life.m.points] == [0, 40]
    assert results(life) == [("2022-03", "done")]


def test_the_office_judges_a_period_otherwise_with_a_reason() -> None:
    life = standing()
    life.wait_until(at(4, 6))
    assert results(life) == [("2022-03", "none")]
    judge = c.JudgePeriod(result=PeriodResult.DONE, reason="纸质报告 3 月 30 日已收到")
    life.refuses(judge, LIAISON, code="forbidden")
    life.refuses(judge, AUDITOR, code="forbidden")
    life.refuses(c.JudgePeriod(key="2022-04", result=PeriodResult.DONE, reason="早"), words="没有已结束的周期")
    life.refuses(c.JudgePeriod(result=PeriodResult.NONE, reason="同"), words="本来就是“未开展”")
    life.do(judge)
    assert results(life) == [("2022-03", "done")]
    assert life.light.light is Light.YELLOW  # the weekly reports were missed all the same
    life.refuses(c.JudgePeriod(key="x", result=PeriodResult.DONE, reason="早"), code="not_found")


def test_a_report_entered_later_of_a_judged_period_leaves_the_running_one_alone() -> None:
    life = standing(rhythm="once")
    life.wait_until(at(4, 6))
    life.do(SubmitFeedback(text="三月的", progress=100, occurred_at=at(3, 30)), OFFICE)
    assert life.m.progress == 0
    life.wait_until(at(5, 5))
    assert results(life)[-1] == ("2022-04", "none")


def test_it_ends_only_by_a_leaders_decision_or_a_meetings() -> None:
    close = c.RequestClosure(text="制度已固化，不再督办")
    for actor in (LIAISON, OFFICE):
        standing().refuses(close, actor, code="without_end")
    life = standing()
    life.do(close, FOR_LEADER)
    assert life.m.stage is Stage.CLOSED
    by_meeting = standing()
    agreed = c.RecordDecision(meeting="第3次例会", text="结束", outcome=Outcome.AGREED, subject=Subject.CLOSURE)
    by_meeting.do(agreed, FOR_LEADER)
    assert by_meeting.m.stage is Stage.CLOSED


def test_it_has_no_limit_to_be_set_or_put_off() -> None:
    Life().refuses(opening(period=PeriodLength.MONTH), words="没有办结时限", code="malformed")
    life = standing()
    to = date(2022, 12, 31)
    life.refuses(c.RequestExtension(to=to, reason="雨"), LIAISON, code="without_end")
    life.refuses(c.ExtendLimit(to=to, reason="雨"), code="without_end")
    life.refuses(c.RecordDecision(meeting="例会", text="年底完成", due=to), FOR_LEADER, code="without_end")
    life.do(c.RequestClosure(text="结束"), FOR_LEADER)
    life.refuses(c.ReopenMatter(reason="再办", due=to), code="malformed")
    life.wait_until(at(8, 3))
    life.do(c.ReopenMatter(reason="再办"))
    assert (life.m.due, life.m.running and life.m.running.key) == (date(2022, 8, 31), "2022-08")


def test_periods_that_passed_while_it_was_suspended_are_not_judged() -> None:
    life = standing()
    life.do(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 6, 10)))
    life.wait_until(at(6, 13))
    assert results(life) == []
    assert (life.m.due, life.m.running and life.m.running.key) == (date(2022, 6, 30), "2022-06")
    life.do(DONE, LIAISON)
    life.wait_until(at(7, 2))
    assert results(life) == [("2022-06", "done")]


def test_each_period_counts_in_the_score() -> None:
    life = standing()
    life.do(DONE, LIAISON)
    life.wait_until(at(5, 5))
    lines = score("gengxin", [life.m], date(2022, 12, 31))
    assert [(x.outcome, x.total) for x in lines] == [(ScoredOutcome.PERIOD_MET, 2), (ScoredOutcome.PERIOD_UNMET, -2)]


def test_a_stage_is_reached_only_when_somebody_else_has_reviewed_it() -> None:
    life = Life()
    life.do(opening(points=[{"text": "完成方案比选", "stage": True, "due": "2022-05-31"}, {"text": "其他"}]))
    life.do(c.AcceptReceipt(), LIAISON)
    yes = c.ReviewPoint(no=1, approve=True)
    life.refuses(yes, words="尚未反馈完成")
    life.refuses(c.ReviewPoint(no=2, approve=True), words="不是阶段目标", code="malformed")
    life.refuses(c.ReviewPoint(no=7, approve=True), code="not_found")
    done = SubmitFeedback(text="已完成", points=(PointReport(no=1, progress=100),))
    life.do(done, LIAISON)
    assert [p.no for p in life.m.points if p.waits_for_review and p.open] == [1]
    life.refuses(yes, LIAISON, code="forbidden")
    life.refuses(c.ReviewPoint(no=1, approve=False), words="须说明理由", code="malformed")
    life.refuses(c.RequestClosure(text="完"), LIAISON, words="阶段目标1未审核")
    life.do(c.ReviewPoint(no=1, approve=False, text="只有一个方案"), SECOND)
    assert [p.no for p in life.m.points if p.approved is False and not p.waits_for_review] == [1]
    life.do(done.model_copy(update={"for_unit": "gengxin"}), OFFICE)
    life.refuses(yes, OFFICE, words="不能审核自己反馈或代录", code="forbidden")
    before = life.m
    life.do(yes, SECOND)
    assert changed_by_command(before, life.m) == ("阶段目标1通过",)
    assert [p.no for p in life.m.points if p.open] == [2]
    life.refuses(yes, SECOND, words="已审核通过")
    life.do(c.AddPoint(point=NewPoint(text="二期", stage=True)))
    assert life.m.points[2].stage


@pytest.mark.parametrize(("value", "out"), [(4500, False), (5000, False), (4499, True), (5001, True)])
def test_a_range_holds_at_every_report(value: int, out: bool) -> None:
    daily = NewIndicator(name="出土量", unit="立方米", low=4500, target=5000, per=Per.DAY)
    life = Life()
    life.do(opening(indicators=[daily]))
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(SubmitFeedback(text="报数", indicators=(IndicatorReport(no=1, value=value),)), LIAISON)
    assert life.m.indicators[0].out is out
    if out:
        assert life.light.reason == f"黄:指标“出土量”应在4500–5000立方米/日之间，实为{value}立方米/日"


def test_what_is_out_of_its_range_is_behind_since_the_first_such_report_and_no_more_once_it_is_back() -> None:
    daily = NewIndicator(name="出土量", unit="立方米", low=4500, target=5000, per=Per.DAY)
    life = standing(indicators=[daily])

    def said(value: int) -> None:
        life.do(SubmitFeedback(text="报数", progress=100, indicators=(IndicatorReport(no=1, value=value),)), LIAISON)

    said(4000)
    life.now = at(3, 9)
    said(4200)
    assert life.m.indicators[0].out_since == date(2022, 3, 7)
    life.wait_until(at(4, 1))
    assert results(life) == [("2022-03", "partly")]
    said(4700)
    assert life.m.indicators[0].out_since is None


def test_the_end_of_a_running_period_follows_the_calendar() -> None:
    life = standing(rhythm="once")
    stop = DayOverride(day=date(2022, 3, 31), workday=False, reason="台风停工")
    life.rulebook = Rulebook(version=2, calendar=CALENDAR.model_copy(update={"overrides": (stop,)}))
    life.do(c.Reproject(), SYSTEM)
    assert (life.m.due, life.m.running and life.m.running.key) == (date(2022, 3, 30), "2022-03")
    moved = life.events(DeadlineMoved)[-1]
    assert isinstance(moved, DeadlineMoved)
    assert moved.reason.endswith("；本期最后一个工作日")
    assert life.do(c.Reproject(), SYSTEM) == []
