"""延期、暂缓、办结、销号、重开、更正, and the lights on the way."""

from datetime import date

import pytest
from pydantic import ValidationError

from domain import commands as c
from domain import events as ev
from domain.calendar import DayOverride, local_date
from domain.envelope import SYSTEM, canonical
from domain.event import decode
from domain.evolve import evolve
from domain.facts import MOST_TITLE
from domain.log import Rulebook
from domain.matter import Coordination
from domain.policy import Policy
from domain.queries.leading import marks_awaited, waits_for_leader
from domain.queries.telling import Rendering, tell_event
from domain.rules.context import DecisionContext
from domain.rules.limits import answer_due
from domain.terms import BasisKind, DayCount, Duty, LeaderMark, Light, Stage, SuspensionReason
from domain.window_ledger import WindowLedger
from tests.support.life import CALENDAR, MONDAY, RULEBOOK, Life, accepted, at, fold, opened
from tests.support.office import ASSIST, FOR_LEADER, LEADER, LIAISON, OFFICE, OTHER, SECOND, opening

SAID = c.SubmitFeedback(text="进展", progress=30)
SEALED = "sealed:v1:k1:AAAA"
STOP = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 3, 28))


def test_extension_is_asked_before_the_limit_and_keeps_the_original() -> None:
    life = accepted(due=date(2022, 3, 31))
    life.refuses(c.RequestExtension(to=date(2022, 3, 31), reason="x"), LIAISON, words="须晚于原时限")
    life.do(c.RequestExtension(to=date(2022, 4, 15), reason="受疫情影响"), LIAISON)
    life.refuses(c.RequestExtension(to=date(2022, 4, 20), reason="再延"), LIAISON, words="已有待批复")
    life.refuses(c.AnswerExtension(grant=True), LIAISON, code="forbidden")
    life.do(c.AnswerExtension(grant=True), OFFICE)
    assert (life.m.due, life.m.original_due) == (date(2022, 4, 15), date(2022, 3, 31))


def test_after_the_limit_extension_is_refused() -> None:
    life = accepted(due=date(2022, 3, 10))
    life.now = at(3, 10, 18, 1)
    life.refuses(c.RequestExtension(to=date(2022, 4, 15), reason="晚了"), LIAISON, words="已过办结时限")


def test_refusing_an_extension_needs_a_reason_and_changes_nothing() -> None:
    life = accepted()
    life.do(c.RequestExtension(to=date(2022, 7, 15), reason="慢"), LIAISON)
    life.refuses(c.AnswerExtension(grant=False), words="须说明理由")
    life.do(c.AnswerExtension(grant=False, reason="理由不充分"))
    assert life.m.due == date(2022, 6, 30)
    assert life.m.extension is None


def test_who_set_a_limit_moves_it() -> None:
    life = Life()
    life.do(opening(), FOR_LEADER)
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.RequestExtension(to=date(2022, 7, 15), reason="慢"), LIAISON)
    life.refuses(c.AnswerExtension(grant=True), OFFICE, words="须由该领导批准", code="forbidden")
    life.do(c.AnswerExtension(grant=True), FOR_LEADER)
    assert life.m.due == date(2022, 7, 15)


def test_a_point_extends_within_the_matters_limit() -> None:
    life = accepted(points=[{"text": "图审", "due": "2022-04-15"}, {"text": "无期"}])
    life.refuses(c.RequestExtension(to=date(2022, 7, 1), reason="x", point=1), LIAISON, words="晚于办结时限")
    life.refuses(c.RequestExtension(to=date(2022, 5, 1), reason="x", point=2), LIAISON, words="没有单独的节点")
    life.do(c.RequestExtension(to=date(2022, 5, 13), reason="x", point=1), LIAISON)
    life.do(c.AnswerExtension(grant=True))
    point = life.m.point(1)
    assert point is not None
    assert (point.due, point.original_due) == (date(2022, 5, 13), date(2022, 4, 15))


def test_suspension_gives_back_its_working_days_and_only_those() -> None:
    life = accepted(due=date(2022, 4, 29), points=[{"text": "图审", "due": "2022-04-15"}])
    life.now = at(3, 14, 10)
    life.do(STOP, FOR_LEADER)
    assert life.light.reason == "灰:暂缓至2022-03-28（不可抗力）"
    life.refuses(SAID, LIAISON, words="暂缓中")
    assert life.wait_until(at(3, 28, 9)) == ["MatterResumed", "FeedbackWindowOpened"]
    # 03-15 … 03-28 are ten working days; 04-29 + 10 passes the 劳动节 holiday and the make-up Saturday 05-07.
    assert life.m.due == date(2022, 5, 17)
    assert life.m.points[0].due == date(2022, 4, 28)
    assert life.m.suspensions[0].workdays == 10


def test_resuming_late_after_downtime_gives_back_no_more_than_the_suspension() -> None:
    punctual, late = accepted(), accepted()
    for life in (punctual, late):
        life.do(STOP, FOR_LEADER)
    punctual.wait_until(at(4, 1))
    late.sleep_until(at(4, 1))
    assert punctual.m.due == late.m.due


def test_resuming_by_hand_gives_back_the_days_so_far() -> None:
    life = accepted()
    life.do(STOP, FOR_LEADER)
    life.now = at(3, 9, 10)
    life.do(c.ResumeMatter())
    assert life.m.suspensions[0].workdays == 2
    life.refuses(c.ResumeMatter(), words="不在暂缓中")


def test_suspension_takes_listed_reasons_and_a_future_date() -> None:
    with pytest.raises(ValidationError):
        c.SuspendMatter(reason="忙", until=date(2022, 5, 1))  # type: ignore[arg-type]
    accepted().refuses(c.SuspendMatter(reason=SuspensionReason.LITIGATION, until=date(2022, 3, 7)), words="须晚于今天")
    accepted().refuses(STOP, LIAISON, code="forbidden")


def test_nobody_reviews_his_own_report() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), OFFICE)
    life.refuses(c.ReviewClosure(approve=True), OFFICE, words="不能审核自己", code="forbidden")
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.m.stage is Stage.CLOSED


def test_a_returned_closure_starts_the_clocks_again() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert life.m.window is None
    life.refuses(c.ReviewClosure(approve=False), SECOND, words="须说明理由")
    assert life.do(c.ReviewClosure(approve=False, text="材料不齐"), SECOND) == [
        "ClosureReturned",
        "FeedbackWindowOpened",
    ]
    assert (life.m.stage, life.m.counts.returns) == (Stage.IN_PROGRESS, 1)
    assert "UrgeIssued" in life.wait_until(at(3, 15, 18)), "ruoyi-vue-pro #1018: reminders were lost after a return"


def test_what_a_leader_instructed_goes_back_to_that_leader() -> None:
    life = accepted()
    life.do(c.RecordInstruction(leader="leader", text=SEALED), FOR_LEADER)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.refuses(c.MarkClosure(mark=LeaderMark.SEEN), LEADER, words="须先经办公室审核")
    assert life.do(c.ReviewClosure(approve=True), SECOND) == ["ClosureEndorsed"]
    life.refuses(c.ReviewClosure(approve=True), SECOND, words="待原批示领导审阅")
    life.refuses(c.MarkClosure(mark=LeaderMark.SEEN), SECOND, code="forbidden")
    assert life.do(c.MarkClosure(mark=LeaderMark.CONTINUE), FOR_LEADER)[0] == "ClosureReturned"
    life.do(c.RequestClosure(text="已补齐"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.do(c.MarkClosure(mark=LeaderMark.SEEN), LEADER)
    assert life.m.stage is Stage.CLOSED


def test_of_several_leaders_who_instructed_each_says_his_word_in_their_order() -> None:
    second = LEADER.model_copy(update={"id": "leader-2"})
    life = accepted()
    life.do(c.RecordInstruction(leader="leader-2", text=SEALED), second)
    life.do(c.RecordInstruction(leader="leader", text=SEALED), FOR_LEADER)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert not life.m.to_mark, "the office reviews first"
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert waits_for_leader(life.m, "leader-2", local_date(life.now))
    assert not waits_for_leader(life.m, "leader", local_date(life.now))
    life.refuses(c.MarkClosure(mark=LeaderMark.AGREED), LEADER, words="还没有轮到")
    assert life.do(c.MarkClosure(mark=LeaderMark.SEEN), second) == ["ClosureMarked"]
    assert marks_awaited(life.m) == "原批示领导审阅（2位中1位已审阅）"
    life.refuses(c.MarkClosure(mark=LeaderMark.CONTINUE), second, words="已经审阅")
    life.do(c.RecordInstruction(leader="leader-2", text=SEALED), second)
    assert life.m.to_mark == ("leader", "leader-2"), "who instructs again has not said his word on that"
    life.do(c.MarkClosure(mark=LeaderMark.AGREED), LEADER)
    assert life.do(c.MarkClosure(mark=LeaderMark.AGREED), second) == ["MatterClosed"]
    assert life.m.closed is not None
    assert life.m.closed.marked_by == ("leader", "leader-2")
    assert {"leader", "leader-2"} <= set(life.m.closed.authors)


def marked_by_the_first_of_two() -> Life:
    """Two leaders instructed it; the first of them has seen that it is done."""
    second = LEADER.model_copy(update={"id": "leader-2"})
    life = accepted()
    life.do(c.RecordInstruction(leader="leader-2", text=SEALED), second)
    life.do(c.RecordInstruction(leader="leader", text=SEALED), FOR_LEADER)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.do(c.MarkClosure(mark=LeaderMark.SEEN), second)
    return life


def test_one_of_several_leaders_who_sends_back_sends_all_back() -> None:
    life = marked_by_the_first_of_two()
    life.do(c.MarkClosure(mark=LeaderMark.CONTINUE), LEADER)
    life.do(c.RequestClosure(text="已补齐"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert list(life.m.to_mark) == ["leader-2", "leader"]


def test_a_mark_stays_given_when_the_post_changes_hands() -> None:
    life = marked_by_the_first_of_two()
    handed = c.ReassignDuty(duty=Duty.LEADER, from_person="leader-2", to_person="leader-3", reason="职务变动")
    life.do(handed, OFFICE)
    assert life.m.to_mark == ("leader",)
    life.do(handed.model_copy(update={"from_person": "leader", "to_person": "leader-3"}), OFFICE)
    assert life.m.to_mark == ("leader-3",), "for what the other instructed he has not spoken yet"


def test_a_post_of_somebody_who_instructed_nothing_takes_no_mark_from_its_successor() -> None:
    second = LEADER.model_copy(update={"id": "leader-2"})
    life = Life()
    life.do(opening(leaders=("deputy",)))
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.RecordInstruction(leader="leader-2", text=SEALED), second)
    life.do(c.RecordInstruction(leader="leader", text=SEALED), FOR_LEADER)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.do(c.MarkClosure(mark=LeaderMark.SEEN), second)
    left = c.ReassignDuty(duty=Duty.LEADER, from_person="deputy", to_person="leader-2", reason="调离")
    life.do(left, OFFICE)
    assert life.m.leaders == ("leader-2",)
    assert life.m.to_mark == ("leader",), "he has said his own word, and there is no other's to say"


def test_a_leaders_words_are_ciphertext_or_nothing() -> None:
    in_the_clear = c.RecordInstruction(leader="leader", text="请抓紧办理")
    with pytest.raises(ValidationError, match="工作秘密"):
        c.Order(command_id="order-1", stream="matter/x", actor=LEADER, command=in_the_clear, valid_until=MONDAY)
    accepted().refuses(c.RecordInstruction(leader="leader", text=SEALED), OFFICE, words="领导本人", code="forbidden")


def test_a_closure_asked_in_time_is_in_time_however_long_the_review() -> None:
    life = accepted(due=date(2022, 3, 10))
    life.now = at(3, 10, 17)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.now = at(3, 21)
    assert life.light.light is Light.GREEN
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.light.reason == "灰:按期办结"


def test_late_closure_counts_against_both_limits() -> None:
    life = accepted(due=date(2022, 3, 10))
    life.do(c.RequestExtension(to=date(2022, 3, 15), reason="慢"), LIAISON)
    life.do(c.AnswerExtension(grant=True))
    life.now = at(3, 17, 11)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.m.closed is not None
    assert (life.m.closed.overdue_workdays, life.m.closed.overdue_workdays_original) == (2, 5)
    assert life.light.reason == "灰:逾期2个工作日办结"


def test_nothing_happens_after_closure_but_reopening() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.wait_until(at(12, 30)) == []
    for command, actor in ((c.IssueUrge(), OFFICE), (c.CancelMatter(reason="x"), OFFICE), (SAID, LIAISON)):
        life.refuses(command, actor)
    life.refuses(c.ReopenMatter(reason="还有问题"), words="重开须给出新时限")
    life.do(c.ReopenMatter(reason="还有问题", due=date(2023, 1, 31)))
    assert life.m.stage is Stage.IN_PROGRESS
    assert life.m.window is not None


def test_objection_within_thirty_days_of_the_conclusion() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.refuses(c.RaiseObjection(text="不服"), OTHER, code="forbidden")
    late = Life()
    late.matter, late.recorded, late.now = life.m, life.recorded, at(4, 7)
    late.refuses(c.RaiseObjection(text="不服"), LIAISON, words="异议期限")
    life.do(c.RaiseObjection(text="不服"), LIAISON)
    life.refuses(c.RaiseObjection(text="不服"), LIAISON, words="正在复核")


def test_a_correction_is_a_new_event_and_moves_no_date() -> None:
    life = accepted()
    life.do(SAID, LIAISON)
    wrong = life.recorded[-1]
    life.do(c.CorrectEvent(version=wrong.version, text="进度误填", fields={"progress": "20"}))
    assert life.m.progress == 20
    assert wrong in life.recorded
    life.refuses(c.CorrectEvent(version=99, text="x"), words="没有第99条", code="not_found")
    life.refuses(c.CorrectEvent(version=1, text="x", fields={"due": "2023-01-01"}), words="不能更正字段")
    life.refuses(c.CorrectEvent(version=1, text="x", fields={"progress": "很多"}), words="0 到 100")


def test_a_correction_says_before_and_after_and_leaves_what_was_said_since() -> None:
    reader = Rendering(name=str, open=str, person=str)
    life = accepted()
    life.do(c.SubmitFeedback(text="三月", progress=30), LIAISON)
    march = life.m.version
    life.do(c.CorrectEvent(version=march, text="误填", fields={"progress": "20"}))
    assert life.m.progress == 20
    assert tell_event(decode(life.recorded[-1]), reader) == f"更正第{march}条：误填；进度 30 → 20"
    life.do(c.SubmitFeedback(text="四月", progress=60), LIAISON)
    life.do(c.CorrectEvent(version=march, text="再核", fields={"progress": "25"}))
    assert life.m.progress == 60, "what April said is still so"
    assert "更正为 25（此后另有记录，现状不变）" in tell_event(decode(life.recorded[-1]), reader)
    life.do(c.CorrectEvent(version=1, text="笔误", fields={"title": "推进演艺中心"}))
    assert life.m.title == "推进演艺中心"
    assert "事项名称 推进国际交流中心一期主体施工 → 推进演艺中心" in tell_event(decode(life.recorded[-1]), reader)


def test_a_correction_of_an_earlier_build_folds_as_it_did() -> None:
    life = accepted()
    for progress in (30, 60):
        life.do(c.SubmitFeedback(text="进展", progress=progress), LIAISON)
    said = {"version": 4, "text": "误填", "fields": {"progress": "25"}}
    stored = life.recorded[-1].model_copy(
        update={"type": "EventCorrected", "payload": canonical(said), "version": life.m.version + 1}
    )
    assert evolve(life.m, stored).progress == 25


def test_being_returned_moves_no_limit_and_says_so() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=False, text="缺验收"), SECOND)
    returned = next(decode(r) for r in life.recorded if r.type == "ClosureReturned")
    assert tell_event(returned, Rendering(name=str, open=str, person=str)) == "缺验收；时限仍为 2022-06-30"
    assert life.m.due == date(2022, 6, 30)


def test_a_title_is_no_text() -> None:
    """It heads a paper and is quoted in every 简报: a 任务 copied whole belongs into the 要点."""
    Life().refuses(opening("长" * (MOST_TITLE + 1)), words=f"事项名称：有501字，最多{MOST_TITLE}字", code="malformed")
    life = opened(title="长" * MOST_TITLE)
    longer = c.CorrectEvent(version=1, text="补全名称", fields={"title": "长" * 501})
    life.refuses(longer, words="事项名称：有501字", code="malformed")


def test_lights_say_why() -> None:
    life = accepted(due=date(2022, 6, 30), points=[{"text": "图审", "due": "2022-03-10"}])
    life.do(SAID, LIAISON)
    assert life.light.reason == "绿:按计划推进"
    life.now = at(3, 10, 19)
    assert life.light.reason == "黄:要点1已过今日节点"
    life.now = at(3, 11, 9)
    assert life.light.reason == "黄:要点1已过节点1个工作日"
    life.do(c.SubmitFeedback(text="完成", points=({"no": 1, "progress": 100},)), LIAISON)  # type: ignore[arg-type]
    life.now = at(6, 27, 9)
    life.matter = life.m.model_copy(update={"windows": WindowLedger()})
    assert life.light.reason == "蓝:距办结时限3个工作日"
    life.now = at(7, 4, 9)
    assert life.light.reason == "红:逾期2个工作日"


def test_a_year_nobody_published_is_said_to_be_provisional() -> None:
    life = accepted()
    life.rulebook = Rulebook(version=1)
    assert life.light.reason.endswith("（2022年工作日历未公布，暂定）")


def test_overdue_goes_up_one_rung_and_a_decision_brings_it_down() -> None:
    life = accepted(due=date(2022, 3, 10))
    life.do(SAID, LIAISON)
    life.wait_until(at(3, 11, 9))
    assert [t for t in life.types if t in ("NearDueWarned", "DueLapsed", "MatterEscalated")] == [
        "NearDueWarned",
        "DueLapsed",
        "MatterEscalated",
    ]
    life.refuses(c.RecordDecision(meeting="月度会", text="限期"), OFFICE, words="主持领导", code="forbidden")
    life.do(c.RecordDecision(meeting="月度会", text="限期办结", due=date(2022, 3, 31)), FOR_LEADER)
    assert life.m.due == date(2022, 3, 31)
    assert life.m.rung.value == "handler"


def test_points_come_change_and_go_but_stay_in_the_record() -> None:
    life = accepted()
    life.do(c.AddPoint(point={"text": "图审", "due": "2022-04-15"}))  # type: ignore[arg-type]
    life.do(c.ChangePoint(no=1, due=date(2022, 4, 29)))
    life.do(c.DropPoint(no=1))
    life.refuses(c.ChangePoint(no=1, text="x"), words="没有第1个要点")
    assert [p.original_due for p in life.m.points] == [date(2022, 4, 15)]
    assert life.events(ev.PointDropped)


def test_the_fold_from_nothing_is_the_state() -> None:
    life = opened()
    life.wait_until(at(6, 30, 18))
    assert fold(life.recorded) == life.m


def test_reprojecting_on_the_same_calendar_moves_nothing() -> None:
    for life in (opened(MONDAY.replace(second=7, microsecond=123)), accepted()):
        assert life.do(c.Reproject(), SYSTEM) == []


def test_a_typhoon_stop_moves_the_open_window_once_with_a_reason() -> None:
    life = accepted()
    stop = DayOverride(day=date(2022, 3, 11), workday=False, reason="台风停工")
    life.rulebook = Rulebook(version=2, calendar=CALENDAR.model_copy(update={"overrides": (stop,)}))
    assert life.do(c.Reproject(), SYSTEM) == ["DeadlineMoved"]
    assert life.m.window is not None
    assert life.m.window.closes == at(3, 10, 17)
    assert life.do(c.Reproject(), SYSTEM) == []


def test_an_indicator_is_behind_at_a_date_never_by_a_linear_percentage() -> None:
    dug = {"name": "累计出土量", "unit": "万立方米", "target": 23, "checkpoints": [{"on": "2022-03-31", "value": 10}]}
    life = accepted(indicators=[dug], rhythm="once")
    life.now = at(3, 31, 23)
    assert life.light.light is Light.GREEN, "the day is not over"
    life.now = at(4, 1, 9)
    assert life.light.reason == "黄:指标“累计出土量”落后序时进度（应达10万立方米，实为0万立方米）"
    life.do(c.SubmitFeedback(text="出土", indicators=({"no": 1, "value": 10},)), LIAISON)  # type: ignore[arg-type]
    assert life.light.light is Light.GREEN
    life.refuses(c.SubmitFeedback(text="x", indicators=({"no": 2, "value": 1},)), LIAISON, code="not_found")  # type: ignore[arg-type]


def test_a_rate_with_decimals_and_a_ceiling_are_judged_the_right_way_round() -> None:
    growth = {
        "name": "增加值增长",
        "unit": "%",
        "target": 68,
        "decimals": 1,
        "checkpoints": [{"on": "2022-03-31", "value": 60}],
    }
    jobless = {"name": "失业率", "unit": "%", "target": 45, "decimals": 1, "at_most": True}
    jobless["checkpoints"] = [{"on": "2022-03-31", "value": 45}]
    life = accepted(indicators=[growth, jobless], rhythm="once")

    def say(no: int, value: int, decimals: int) -> None:
        report = {"no": no, "value": value, "decimals": decimals}
        life.do(c.SubmitFeedback(text="报数", indicators=(report,)), LIAISON)  # type: ignore[arg-type]

    say(2, 46, 1)
    say(1, 6, 0)
    life.now = at(4, 1, 9)
    assert life.m.indicators[0].value == 60, "6 is 6.0"
    assert life.light.reason == "黄:指标“失业率”落后序时进度（应不超过4.5%，实为4.6%）"
    say(2, 4, 0)
    assert life.light.light is Light.GREEN
    say(1, 59, 1)
    assert life.light.reason == "黄:指标“增加值增长”落后序时进度（应达6.0%，实为5.9%）"
    finer = {"no": 1, "value": 655, "decimals": 2}
    life.refuses(c.SubmitFeedback(text="x", indicators=(finer,)), LIAISON, words="最多1位小数")  # type: ignore[arg-type]


def test_nobody_waits_for_an_answer_once_the_matter_has_ended() -> None:
    life = accepted()
    life.do(c.RequestCoordination(unit=ASSIST, text="请移交用地"), LIAISON)
    life.do(c.CancelMatter(reason="政策调整"), LEADER)
    life.refuses(c.AnswerCoordination(text="已移交"), OFFICE, words="撤销")


def test_an_answer_owed_since_before_its_days_were_kept_is_given_back_what_a_suspension_took() -> None:
    context = DecisionContext(rulebook=RULEBOOK, now=at(3, 21), actor=OFFICE)
    asked = Coordination(no=1, unit="zhujian", text="请提供", asked_at=at(3, 7), answer_due=at(3, 16, 18), given_back=2)
    kept = asked.model_copy(update={"workdays": 5})
    assert answer_due(asked, context) == answer_due(kept, context) == at(3, 16, 18)


def test_a_limit_counted_in_calendar_days_is_a_date_once_a_suspension_moved_it() -> None:
    for count, computed in ((DayCount.WORKDAYS, True), (DayCount.CALENDAR, False)):
        table = Policy().limits[0].model_copy(update={"days": 30, "count": count})
        life = Life(rulebook=Rulebook(version=1, calendar=CALENDAR, policy=Policy(version="表", limits=(table,))))
        life.do(opening(due=None, basis={"kind": BasisKind.DOCUMENT, "text": "依据"}))
        life.do(c.AcceptReceipt(), LIAISON)
        life.do(STOP, FOR_LEADER)
        life.wait_until(at(3, 28))
        assert (life.m.due_rule is not None) is computed
        assert not computed or life.m.due_rule.days == 45  # type: ignore[union-attr]
