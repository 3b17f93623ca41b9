"""反馈、漏报、催办、升级: judged by the window's own instant."""

from datetime import datetime, timedelta

from domain import commands as c
from domain import events as ev
from domain.facts import Attachment, PointReport
from domain.matter import Matter
from domain.queries.matter_filter import MatterFilter
from domain.terms import Light, ReportChannel, Rhythm, Rung, Stage, SuspensionReason
from tests.support.life import Life, accepted, at, opened
from tests.support.office import ASSIST, AUDITOR, FOR_LEADER, LIAISON, OFFICE, OTHER, SECOND

SAID = c.SubmitFeedback(text="主体施工至三层", progress=30)
PROOF = (Attachment(name="微信截图.png", sha256="0" * 64, size=10),)


def urges(life: Life) -> list[datetime]:
    return [r.recorded_at for r in life.recorded if r.type == "UrgeIssued"]


def test_the_weekly_window_closes_on_friday_at_five() -> None:
    window = accepted().m.window
    assert window is not None
    assert (window.key, window.closes) == ("2022-W10", at(3, 11, 17))


def test_a_make_up_saturday_is_the_last_day_of_its_week() -> None:
    life = accepted(at(3, 28))
    assert life.m.window is not None
    assert life.m.window.closes == at(4, 2, 17)


def test_the_week_of_spring_festival_has_no_window() -> None:
    life = accepted(at(1, 24))
    keys = []
    for _ in range(3):
        assert life.m.window is not None
        keys.append(life.m.window.key)
        life.wait_until(life.m.window.closes)
    # 01-29 and 01-30 are make-up days of week 4; 01-31 to 02-06 is week 5 and all holiday.
    assert keys == ["2022-W04", "2022-W06", "2022-W07"]


def test_rhythms_close_at_the_end_of_their_period() -> None:
    closes = {r: accepted(rhythm=r).m.window for r in Rhythm}
    assert closes[Rhythm.ONCE] is None
    found = {r: w.closes for r, w in closes.items() if w}
    assert found[Rhythm.DAILY] == at(3, 7, 17)
    assert found[Rhythm.MONTHLY] == at(3, 31, 17)
    assert found[Rhythm.QUARTERLY] == at(3, 31, 17)


def test_an_answered_window_gives_way_to_the_next() -> None:
    life = accepted()
    life.do(SAID, LIAISON)
    assert life.wait_until(at(3, 11, 17)) == ["FeedbackWindowOpened"]
    assert life.m.windows.on_time == 1
    assert life.m.window is not None
    assert life.m.window.key == "2022-W11"


def test_two_reports_in_one_window_count_once() -> None:
    life = accepted()
    life.do(SAID, LIAISON)
    life.do(SAID, LIAISON)
    assert life.m.windows.on_time == 1


def test_feedback_is_per_point_and_the_whole_is_their_mean() -> None:
    life = accepted(points=[{"text": "图审"}, {"text": "招标"}])
    life.do(c.SubmitFeedback(text="进展", points=(PointReport(no=1, progress=100, text="完成"),)), LIAISON)
    assert [(p.progress, p.said) for p in life.m.points] == [(100, "完成"), (0, None)]
    assert life.m.progress == 50
    life.refuses(c.SubmitFeedback(text="x", points=(PointReport(no=9, progress=1),)), LIAISON, code="not_found")


def test_foreign_units_and_auditors_do_not_report() -> None:
    life = accepted()
    life.refuses(SAID, OTHER, words="不由您所在单位办理", code="forbidden")
    life.refuses(SAID, AUDITOR, words="审计员", code="forbidden")
    life.refuses(SAID.model_copy(update={"for_unit": "zhujian"}), OFFICE, words="不能代其反馈")


def test_an_assisting_units_report_does_not_answer_for_the_lead() -> None:
    life = accepted(assist=[ASSIST])
    life.do(SAID, OTHER)
    assert not (life.m.window is not None and life.m.window.answered)
    assert "FeedbackMissed" in life.wait_until(at(3, 11, 17))


def test_after_a_weekend_of_downtime_fridays_window_is_still_fridays() -> None:
    life = accepted()
    life.sleep_until(at(3, 14, 9, 30))
    missed = next(r for r in life.recorded if r.type == "FeedbackMissed")
    assert (missed.occurred_at, missed.recorded_at) == (at(3, 11, 17), at(3, 14, 9, 30))


def test_urges_that_fell_in_downtime_collapse_into_one() -> None:
    life = accepted()
    life.sleep_until(at(4, 11, 9, 30))  # four windows and many cool-downs later
    assert len(life.m.windows.missed) == 5
    assert urges(life) == [at(4, 11, 9, 30)]


def test_urges_keep_to_the_cool_down_and_to_office_hours() -> None:
    life = accepted(rhythm="monthly")
    life.wait_until(at(4, 29, 16))
    weekly = [at(3, 31, 17), at(4, 8, 17), at(4, 15, 17), at(4, 22, 17), at(4, 28, 17)]
    assert urges(life) == weekly, "five working days apart, whichever days those are"
    assert all(life.rulebook.calendar.is_working(u - timedelta(minutes=1)) for u in urges(life))


def test_an_office_restarted_on_saturday_urges_on_monday_unless_extra_urgent() -> None:
    life = accepted()
    life.sleep_until(at(3, 12, 11))
    assert urges(life) == []
    life.wait_until(at(3, 14, 9))
    assert urges(life) == [at(3, 14, 9)]
    pressing = accepted(urgency="extra_urgent")
    pressing.sleep_until(at(3, 12, 11))
    assert urges(pressing) == [at(3, 12, 11)]


def test_two_misses_in_a_row_go_up_one_rung_once() -> None:
    life = accepted()
    rungs = []
    for evening in (at(3, 11, 18), at(3, 18, 18), at(3, 25, 18), at(4, 2, 18)):
        life.wait_until(evening)
        rungs.append(life.m.rung)
    assert rungs == [Rung.HANDLER, Rung.UNIT_HEAD, Rung.UNIT_HEAD, Rung.OFFICE]


def test_a_report_soon_after_a_miss_makes_up_for_it() -> None:
    life = accepted()
    life.wait_until(at(3, 14, 10))
    life.do(SAID, LIAISON)
    assert (len(life.m.windows.missed), life.m.windows.late, life.m.missed_in_row) == (1, 1, 0)
    assert life.light.light is Light.GREEN
    assert not (life.m.window is not None and life.m.window.answered), "this week's report is still owed"


def test_no_urge_after_the_report_came() -> None:
    life = accepted()
    life.wait_until(at(3, 14, 10))
    life.do(SAID, LIAISON)
    count = len(urges(life))
    life.wait_until(at(3, 18, 16))
    assert len(urges(life)) == count


def test_a_report_received_in_time_and_entered_late_withdraws_the_miss_with_evidence_only() -> None:
    life = accepted()
    life.wait_until(at(3, 16, 10))
    late = c.SubmitFeedback(
        text="周五微信已报", occurred_at=at(3, 11, 11), via=ReportChannel.WECHAT, for_unit="gengxin"
    )
    life.refuses(late, OFFICE, words="凭据")
    assert life.do(late.model_copy(update={"attachments": PROOF}), OFFICE) == ["FeedbackSubmitted", "MissWithdrawn"]
    assert (len(life.m.windows.missed), life.m.windows.on_time, life.m.missed_in_row) == (0, 1, 0)
    assert life.recorded[-2].occurred_at == at(3, 11, 11)
    assert life.recorded[-2].recorded_at == at(3, 16, 10)


def test_a_unit_cannot_withdraw_its_own_miss() -> None:
    life = accepted()
    life.wait_until(at(3, 14, 10))
    life.do(c.SubmitFeedback(text="其实上周五就报了", occurred_at=at(3, 11, 11), attachments=PROOF), LIAISON)
    assert len(life.m.windows.missed) == 1


def test_a_report_cannot_come_from_the_future() -> None:
    life = accepted()
    life.refuses(SAID.model_copy(update={"occurred_at": at(3, 8)}), LIAISON, words="不能晚于现在", code="malformed")


def test_manual_urges_keep_the_cool_down_too() -> None:
    life = accepted()
    life.do(c.IssueUrge())
    life.now = at(3, 8, 9)
    life.refuses(c.IssueUrge(), SECOND, words="请勿重复催办", code="cooldown")
    life.now = at(3, 9, 10)
    life.do(c.IssueUrge(), SECOND)
    life.refuses(c.IssueUrge(), LIAISON, code="forbidden")


def test_reports_are_refused_in_words_at_every_other_stage() -> None:
    opened().refuses(SAID, LIAISON, words="尚未签收")
    opened(lead=None).refuses(SAID, OFFICE, words="尚未明确牵头单位")
    closing = accepted()
    closing.do(c.RequestClosure(text="完成"), LIAISON)
    closing.refuses(SAID, LIAISON, words="办结审核中")
    closing.do(c.ReviewClosure(approve=True), SECOND)
    closing.refuses(SAID, LIAISON, words="已销号", code="ended")


def test_changing_the_rhythm_moves_the_window_without_losing_or_doubling_one() -> None:
    life = accepted()
    assert life.do(c.ChangeRhythm(rhythm=Rhythm.DAILY)) == ["RhythmChanged", "FeedbackWindowOpened"]
    life.wait_until(at(3, 8, 17))
    missed = [e.window.key for e in life.events(ev.FeedbackMissed) if isinstance(e, ev.FeedbackMissed)]
    assert missed == ["2022-03-07", "2022-03-08"]
    answered = accepted()
    answered.do(SAID, LIAISON)
    answered.do(c.ChangeRhythm(rhythm=Rhythm.DAILY))
    assert answered.m.window is not None
    assert answered.m.window.key == "2022-03-14", "the week was answered already"


def test_coordination_unanswered_for_five_working_days_goes_up() -> None:
    life = accepted()
    life.do(c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON)
    life.refuses(c.RequestCoordination(unit=ASSIST, text="再请"), LIAISON, words="请勿重复请求")
    life.do(SAID, LIAISON)
    life.wait_until(at(3, 14, 18))
    assert "MatterEscalated" in life.types
    life.do(c.AnswerCoordination(text="已提供"), OTHER)
    life.refuses(c.AnswerCoordination(text="已提供"), OTHER, words="没有待答复")


def test_only_the_asked_unit_answers() -> None:
    life = accepted()
    life.do(c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON)
    life.refuses(c.AnswerCoordination(text="我来答"), LIAISON, words="没有请求您所在单位", code="forbidden")


def test_escalation_goes_one_rung_at_a_time_and_stops_at_the_meeting() -> None:
    life = accepted()
    seen: list[Rung] = []
    for _ in range(4):
        life.now += timedelta(days=7)
        life.do(c.EscalateMatter(reason="久拖不决"))
        seen.append(life.m.rung)
    assert seen == [Rung.UNIT_HEAD, Rung.OFFICE, Rung.LEADER, Rung.MEETING]
    life.refuses(c.EscalateMatter(reason="再升"), words="已升级至指挥部会议")


def test_the_state_knows_its_stage() -> None:
    matter: Matter = accepted().m
    assert matter.stage is Stage.IN_PROGRESS


def test_a_choice_knows_who_is_silent_this_period_and_who_has_a_problem() -> None:
    silent, troubled = MatterFilter(silent=True), MatterFilter(troubled=True)
    life = accepted()

    def chosen() -> tuple[bool, bool]:
        return silent.fits_state(life.m), troubled.fits_state(life.m)

    assert chosen() == (True, False)
    life.do(SAID.model_copy(update={"problem": "土方外运受阻"}), LIAISON)
    assert chosen() == (False, True)
    life.wait_until(at(3, 11, 17))
    assert chosen() == (True, True), "another period, the problem stands"
    life.wait_until(at(3, 14, 10))
    life.do(SAID, LIAISON)
    assert chosen() == (False, False)
    life.wait_until(at(3, 18, 17))
    life.do(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=at(4, 15).date()), FOR_LEADER)
    assert chosen() == (False, False), "nothing is asked of what rests"
    assert MatterFilter().fits_state(life.m)
    assert (silent.beyond_lists, troubled.beyond_lists) == (True, True)
