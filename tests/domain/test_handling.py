"""What a step on the way carries with it, and when it is refused: 改派, 要点, 延期, 暂缓, 催办, 协调, 授权."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from domain import commands as c
from domain import events as ev
from domain.base import Frozen, Refusal
from domain.calendar import DayOverride
from domain.envelope import SYSTEM
from domain.event import Event
from domain.facts import Attachment, IndicatorReport, NewPoint, PointReport, UnitRef
from domain.log import Rulebook
from domain.meetings.terms import Outcome, Subject
from domain.monthly import monthly_owed
from domain.office import Delegation, Directory
from domain.policy import Policy, Step
from domain.rules.delegation import grant, revoke
from domain.terms import MatterClass, OrderColour, Rhythm, Supervision, SuspensionReason, Trigger, Urgency
from tests.support.life import CALENDAR, Life, accepted, at, opened
from tests.support.office import ASSIST, CONSULTANT, FOR_LEADER, LEADER, LIAISON, OFFICE, OTHER, PEOPLE, SECOND, opening

SEALED = "sealed:v1:k1:AAAA"
WATER = UnitRef(id="shuiwu", supervision=Supervision.OBJECT)
STOP = c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, note="台风", until=date(2022, 3, 28))


def last(life: Life, kind: type[Event]) -> Event:
    return life.events(kind)[-1]


def suspended() -> Life:
    life = accepted()
    life.do(STOP, FOR_LEADER)
    return life


def closing() -> Life:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    return life


def closed() -> Life:
    life = closing()
    life.do(c.ReviewClosure(approve=True), SECOND)
    return life


def cancelled() -> Life:
    life = accepted()
    life.do(c.CancelMatter(reason="政策调整"))
    return life


EXTEND = c.RequestExtension(to=date(2022, 7, 29), reason="慢")
ASSIGN = c.AssignMatter(lead=ASSIST, reason="职能调整")
SURGE = c.StartSurge(campaign="开工活动", until=date(2022, 3, 16))


@pytest.mark.parametrize(
    ("standing", "command", "words"),
    [
        (suspended, STOP, "已在暂缓中"),
        (closing, STOP, "办结审核中，不能暂缓"),
        (cancelled, STOP, "不能再办理"),
        (cancelled, EXTEND, "不能再办理"),
        (suspended, EXTEND, "暂缓中"),
        (closing, EXTEND, "办结审核中"),
        (suspended, ASSIGN, "不能改派"),
        (closing, ASSIGN, "不能改派"),
        (suspended, c.IssueUrge(), "暂缓中"),
        (suspended, SURGE, "不能转入一日一调度"),
        (closing, SURGE, "不能转入一日一调度"),
        (accepted, c.AnswerExtension(grant=True), "没有待批复"),
        (accepted, c.ReviewClosure(approve=True), "没有待审核的办结申请"),
        (closed, c.ReviewClosure(approve=True), "没有待审核的办结申请"),
        (accepted, c.ChangeRhythm(rhythm=Rhythm.WEEKLY), "本来就是"),
        (
            accepted,
            c.RequestCoordination(unit=UnitRef(id="gengxin", supervision=Supervision.OBJECT), text="x"),
            "自己牵头",
        ),
        (accepted, c.AssignMatter(lead=CONSULTANT, reason="x"), "不能"),
    ],
)
def test_what_does_not_fit_where_a_matter_stands_is_refused(
    standing: Callable[[], Life], command: Frozen, words: str
) -> None:
    standing().refuses(command, OFFICE, words=words)


def test_no_leader_writes_on_what_has_ended() -> None:
    written = c.RecordInstruction(leader="leader", text=SEALED)
    cancelled().refuses(written, LEADER, words="已撤销")
    closed().refuses(written, LEADER, words="请先重开", code="ended")


# --- 改派


def test_a_reassignment_names_its_person_and_keeps_the_assisting_units_but_the_new_lead() -> None:
    life = accepted(assist=[ASSIST, WATER])
    life.do(c.AssignMatter(lead=ASSIST, person="zhao", reason="职能调整"))
    assert (life.m.lead, life.m.assist, life.m.person) == ("zhujian", ("shuiwu",), "zhao")
    life.do(c.AssignMatter(lead=WATER, assist=(), reason="职能再调整"))
    assert life.m.assist == ()


def test_a_decline_names_its_unit_and_the_second_is_a_dispute() -> None:
    life = opened()
    for disputed, actor in ((False, OFFICE), (True, LIAISON)):  # the office types for the unit
        life.do(c.DeclineReceipt(reason="非我单位职能"), actor)
        said = last(life, ev.ReceiptDeclined)
        assert isinstance(said, ev.ReceiptDeclined)
        assert (said.unit, said.disputed) == ("gengxin", disputed)
        if not disputed:
            life.do(c.AssignMatter(lead=UnitRef(id="gengxin", supervision=Supervision.OBJECT), reason="仍由你局牵头"))


def test_receipt_of_what_is_extra_urgent_is_counted_anew_by_its_own_measure() -> None:
    life = opened(urgency=Urgency.EXTRA)
    life.do(STOP, FOR_LEADER)
    life.wait_until(at(3, 28))
    life.now = at(3, 28, 9)
    assert life.m.receipt_due is not None
    assert life.m.receipt_due <= at(3, 29, 12), "four working hours"


@pytest.mark.parametrize("urgency", [Urgency.NORMAL, Urgency.EXTRA])
def test_receipt_moves_with_a_limit_only_where_the_limit_comes_before_it(urgency: Urgency) -> None:
    life = opened(urgency=urgency)
    before = life.m.receipt_due
    limited = c.RecordDecision(meeting="月度会", text="限期", outcome=Outcome.LIMITED, due=date(2022, 5, 31))
    assert life.do(limited, FOR_LEADER) == ["DecisionRecorded"]
    assert life.m.receipt_due == before
    life.do(limited.model_copy(update={"due": date(2022, 3, 7)}), FOR_LEADER)
    assert before is not None
    assert life.m.receipt_due == min(before, CALENDAR.closes(date(2022, 3, 7)))


# --- 要点


def test_a_point_is_due_within_its_matter_however_it_got_its_date() -> None:
    life = accepted()
    late = date(2022, 7, 1)
    life.refuses(c.AddPoint(point=NewPoint(text="图审", due=late)), words="办结时限")
    life.do(c.AddPoint(point=NewPoint(text="图审", due=date(2022, 4, 15))))
    life.refuses(c.ChangePoint(no=1, due=late), words="办结时限")


def test_a_changed_point_keeps_what_was_not_changed() -> None:
    life = accepted(points=[{"text": "图审", "due": "2022-04-15"}, {"text": "招标"}])
    life.refuses(c.ChangePoint(no=1), words="没有要修改的内容", code="malformed")
    life.do(c.ChangePoint(no=1, text="施工图审查"))
    life.do(c.ChangePoint(no=1, due=date(2022, 4, 29)))
    assert [(p.text, p.due) for p in life.m.points] == [("施工图审查", date(2022, 4, 29)), ("招标", None)]
    life.do(c.DropPoint(no=1, reason="合并"))
    dropped = last(life, ev.PointDropped)
    assert isinstance(dropped, ev.PointDropped)
    assert dropped.reason == "合并"


# --- 延期, 暂缓


@pytest.mark.parametrize("point", [None, 1])
@pytest.mark.parametrize("minute", [0, 1])
def test_an_extension_is_asked_until_the_office_closes_on_the_last_day(point: int | None, minute: int) -> None:
    life = accepted(due=date(2022, 3, 31), points=[{"text": "图审", "due": "2022-03-10"}])
    asked = c.RequestExtension(to=date(2022, 3, 31) if point else date(2022, 4, 15), reason="慢", point=point)
    life.now = CALENDAR.closes(date(2022, 3, 10 if point else 31)).replace(minute=minute)
    if minute:
        life.refuses(asked, LIAISON, words="已过")
    else:
        life.do(asked, LIAISON)


def test_a_point_is_extended_to_a_later_day_and_may_take_all_its_matter_has() -> None:
    life = accepted(points=[{"text": "图审", "due": "2022-04-15"}])
    for day in (14, 15):
        life.refuses(c.RequestExtension(to=date(2022, 4, day), reason="x", point=1), LIAISON, words="晚于原节点")
    life.do(c.RequestExtension(to=date(2022, 6, 30), reason="x", point=1), LIAISON)
    life.refuses(c.AnswerExtension(grant=True, to=date(2022, 4, 15)), words="须晚于原时限")
    life.do(c.AnswerExtension(grant=False, reason="理由不充分"))
    refused = last(life, ev.ExtensionRefused)
    assert isinstance(refused, ev.ExtensionRefused)
    assert refused.point == 1


def test_a_meeting_grants_an_extension_of_a_limit_its_chair_did_not_set() -> None:
    life = Life()
    life.do(opening(), FOR_LEADER)
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(EXTEND, LIAISON)
    deputy = LEADER.model_copy(update={"id": "deputy"})
    agreed = c.RecordDecision(
        meeting="月度会", text="同意", outcome=Outcome.AGREED, subject=Subject.EXTENSION, minutes="HY-1", point=1
    )
    life.do(agreed, deputy)
    assert life.m.due == date(2022, 7, 29)
    granted = last(life, ev.ExtensionGranted)
    assert isinstance(granted, ev.ExtensionGranted)
    assert granted.reason == "月度会议定：同意"


def test_a_suspension_keeps_its_note_and_ends_at_its_own_instant_or_by_hand() -> None:
    by_hand, by_clock = suspended(), suspended()
    noted = last(by_hand, ev.MatterSuspended)
    assert isinstance(noted, ev.MatterSuspended)
    assert noted.note == "台风"
    by_hand.now = at(3, 9, 10, 30).replace(second=30)
    by_hand.do(c.ResumeMatter())
    by_clock.sleep_until(at(3, 30))
    for life, automatic in ((by_hand, False), (by_clock, True)):
        [resumed] = [r for r in life.recorded if r.type == "MatterResumed"]
        said = last(life, ev.MatterResumed)
        assert isinstance(said, ev.MatterResumed)
        assert said.automatic is automatic
        assert (resumed.occurred_at < resumed.recorded_at) is automatic, "downtime moves no instant"


# --- 反馈


def test_an_indicator_keeps_its_decimals_and_a_report_entered_later_its_window() -> None:
    life = accepted(indicators=[{"name": "投资", "unit": "亿元", "target": 100, "decimals": 1}])
    life.do(c.SubmitFeedback(text="报数", indicators=(IndicatorReport(no=1, value=5),)), LIAISON)
    said = last(life, ev.FeedbackSubmitted)
    assert isinstance(said, ev.FeedbackSubmitted)
    assert [(i.value, i.decimals) for i in said.indicators] == [(50, 1)]


def test_who_reports_for_whom() -> None:
    life = accepted()
    life.refuses(c.SubmitFeedback(text="x", for_unit="gengxin"), LIAISON, words="只有办公室督办员", code="forbidden")
    life.refuses(c.SubmitFeedback(text="x"), LEADER, words="联络员或负责人", code="forbidden")
    other = c.RecordInstruction(leader="deputy", text=SEALED)
    life.refuses(other, LEADER, words="领导不一致", code="forbidden")


def test_of_two_reports_of_one_moment_the_later_one_counts_and_points_keep_their_day() -> None:
    life = accepted(points=[{"text": "图审"}, {"text": "招标"}])
    first = c.SubmitFeedback(text="图审完成", points=(PointReport(no=1, progress=100, text="已批"),))
    life.do(first, LIAISON)
    life.do(c.SubmitFeedback(text="招标过半", points=(PointReport(no=2, progress=51),)), LIAISON)
    assert life.m.progress == 75, "the mean of the points, in whole percent"
    assert life.m.last_feedback is not None
    assert life.m.last_feedback.text == "招标过半"
    [done, going] = life.m.points
    assert (done.progress, done.said, done.done_on) == (100, "已批", date(2022, 3, 7))
    assert (going.progress, going.done_on) == (51, None)


def test_a_report_entered_later_names_the_window_it_came_in() -> None:
    life = accepted()
    life.wait_until(at(3, 16))
    late = c.SubmitFeedback(text="周五已报", occurred_at=at(3, 11, 11), for_unit="gengxin")
    life.refuses(late, OFFICE, words="补录2022年第10周")
    life.do(late.model_copy(update={"attachments": (Attachment(name="截图.png", sha256="0" * 64, size=1),)}), OFFICE)
    said = last(life, ev.FeedbackSubmitted)
    assert isinstance(said, ev.FeedbackSubmitted)
    assert (said.window, said.late_for) == ("2022-W10", None)


def test_a_report_at_the_closing_instant_is_in_time() -> None:
    life = accepted()
    life.now = at(3, 11, 17)
    life.do(c.SubmitFeedback(text="进展"), LIAISON)
    life.wait_until(at(3, 11, 18))
    assert (life.m.windows.on_time, life.m.windows.missed) == (1, ())


# --- 催办, 协调


def test_what_the_clock_urges_is_automatic_and_asks_for_what_is_missing() -> None:
    rows = (Step(trigger=Trigger.OVERDUE, order=OrderColour.RED),)
    missed, late = accepted(), Life(rulebook=Rulebook(calendar=CALENDAR, policy=Policy(steps=rows)))
    late.do(opening(due=date(2022, 3, 10), rhythm="once"))
    late.do(c.AcceptReceipt(), LIAISON)
    missed.wait_until(at(3, 14))
    late.wait_until(at(3, 14))
    for life, words in ((missed, "请立即补报"), (late, "请抓紧办理并反馈")):
        said = life.events(ev.UrgeIssued)[0]
        assert isinstance(said, ev.UrgeIssued)
        assert said.automatic
        assert words in said.reason


def test_an_urge_by_hand_has_the_gravest_colour_that_holds_and_says_how_long_to_wait() -> None:
    rows = (Step(trigger=Trigger.OVERDUE, order=OrderColour.RED, repeat_hours=1000),)
    plain, red = accepted(due=date(2022, 3, 10)), Life(rulebook=Rulebook(calendar=CALENDAR, policy=Policy(steps=rows)))
    red.do(opening(due=date(2022, 3, 10)))
    red.do(c.AcceptReceipt(), LIAISON)
    red.now = CALENDAR.closes(date(2022, 3, 10))
    while "DueLapsed" not in red.types:
        red.do(c.ExpireDeadline(), SYSTEM)
    for life, colour in ((plain, None), (red, OrderColour.RED)):
        life.do(c.IssueUrge())
        said = last(life, ev.UrgeIssued)
        assert isinstance(said, ev.UrgeIssued)
        assert said.colour is colour
        life.refuses(c.IssueUrge(), words="不足14个工作小时", code="cooldown")


def test_nobody_is_urged_where_nobody_leads() -> None:
    life = Life()
    life.do(opening(lead=None))
    life.refuses(c.IssueUrge(), words="尚未明确牵头单位")


def test_the_office_answers_for_an_asked_unit_and_says_which_request() -> None:
    life = accepted()
    for unit in (ASSIST, WATER):
        life.do(c.RequestCoordination(unit=unit, text="请移交用地"), LIAISON)
    life.refuses(c.AnswerCoordination(text="已移交"), OFFICE, words="（1、2）", code="malformed")
    life.do(c.AnswerCoordination(text="已移交", no=2), OFFICE)
    life.do(c.AnswerCoordination(text="已移交"), OTHER)
    assert life.m.open_coordinations == ()


def test_nobody_but_a_handling_unit_the_office_or_a_leader_asks_for_coordination() -> None:
    asked = c.RequestCoordination(unit=WATER, text="请移交用地")
    accepted().refuses(asked, OTHER, code="forbidden")
    for actor in (LIAISON, OFFICE, LEADER):
        assert accepted().do(asked, actor) == ["CoordinationRequested"]
    assert accepted(assist=[ASSIST]).do(asked, OTHER) == ["CoordinationRequested"]


# --- 一日一调度


def test_a_surge_may_be_of_today_alone_and_one_more_day_of_nothing_is_none() -> None:
    life = accepted()
    life.do(c.StartSurge(campaign="开工活动", until=date(2022, 3, 7)))
    late = accepted()
    late.now = at(3, 7, 16)
    late.refuses(c.StartSurge(campaign="开工活动", until=date(2022, 3, 7)), words="已没有一天")


def test_a_moved_surge_says_why_and_may_end_today() -> None:
    life = accepted()
    life.do(SURGE)
    life.refuses(c.MoveSurge(until=date(2022, 3, 16)), words="本来就是")
    life.do(c.MoveSurge(until=date(2022, 3, 7), reason="提前"))
    moved = last(life, ev.SurgeMoved)
    assert isinstance(moved, ev.SurgeMoved)
    assert (moved.until, moved.reason) == (date(2022, 3, 7), "提前")
    life.do(c.EndSurge(reason="已开工"))
    over = last(life, ev.SurgeEnded)
    assert isinstance(over, ev.SurgeEnded)
    assert over.reason == "已开工"


def test_what_a_month_owes_a_major_matter_begins_anew_on_the_first_and_rests_with_it() -> None:
    life = accepted(klass=MatterClass.MAJOR)
    decided = c.RecordDecision(meeting="月度会", text="抓紧", outcome=Outcome.CONTINUED)
    life.now = at(4, 1)
    life.do(decided, FOR_LEADER)
    assert not monthly_owed(life.m, date(2022, 4, 30)).decision
    assert monthly_owed(life.m, date(2022, 5, 1)).decision
    life.do(c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 6, 1)), FOR_LEADER)
    assert not monthly_owed(life.m, date(2022, 5, 1)).decision


# --- a changed calendar


def test_a_window_that_would_have_closed_already_closes_on_the_next_working_day() -> None:
    """Known at the very instant on which it would have closed; one that has closed stays as it was."""
    for now, closes in ((at(3, 10, 17), at(3, 14, 17)), (at(3, 11, 17), at(3, 11, 17))):
        life = accepted()
        life.now = now
        stop = DayOverride(day=date(2022, 3, 11), workday=False, reason="台风停工")
        life.rulebook = Rulebook(version=2, calendar=CALENDAR.model_copy(update={"overrides": (stop,)}))
        life.do(c.Reproject(), SYSTEM)
        assert life.m.window is not None
        assert life.m.window.closes == closes


# --- 授权

AUGUST = Delegation(giver="li", receiver="zhao", since=date(2022, 8, 1), until=date(2022, 8, 31), reason="休假")


def granted(since: date, until: date, today: date = date(2022, 8, 1)) -> bool:
    directory = Directory(people={p.id: p for p in PEOPLE}, delegations={"授权〔2022〕1号": AUGUST})
    try:
        grant(directory, AUGUST.model_copy(update={"since": since, "until": until}), OFFICE, today)
    except Refusal as refusal:
        assert "已作同样的授权" in refusal.message
        return False
    return True


def test_a_delegation_of_one_day_holds_and_two_that_share_a_day_are_one_too_many() -> None:
    assert granted(date(2022, 9, 1), date(2022, 9, 1))
    assert granted(date(2022, 7, 1), date(2022, 7, 31), date(2022, 7, 31)), "its last day is today"
    assert not granted(date(2022, 8, 31), date(2022, 9, 30))
    assert not granted(date(2022, 7, 1), date(2022, 8, 1))


def test_who_is_gone_gives_no_delegation_and_what_was_taken_back_is_not_taken_back_again() -> None:
    directory = Directory(people={p.id: p for p in PEOPLE}, delegations={"授权〔2022〕1号": AUGUST})
    with pytest.raises(Refusal, match="不在任，不能授权"):
        grant(directory, AUGUST.model_copy(update={"giver": "nobody"}), OFFICE, date(2022, 8, 1))
    gone = directory.model_copy(
        update={"delegations": {"授权〔2022〕1号": AUGUST.model_copy(update={"revoked": True})}}
    )
    with pytest.raises(Refusal, match="已收回"):
        revoke(gone, "授权〔2022〕1号", LIAISON, "回来了")


def test_a_limit_is_put_off_without_a_request_on_the_terms_of_one() -> None:
    later = c.ExtendLimit(to=date(2022, 9, 30), reason="管线迁改")
    life = accepted()
    life.refuses(later, LIAISON, "须由办公室或领导决定", "forbidden")
    life.refuses(c.ExtendLimit(to=life.m.due, reason="管线迁改"), words="须晚于原时限")
    assert life.do(later) == ["ExtensionGranted"]
    assert (life.m.due, life.m.original_due) == (date(2022, 9, 30), date(2022, 6, 30))
    asked = accepted()
    asked.do(c.RequestExtension(to=date(2022, 8, 31), reason="慢"), LIAISON)
    asked.refuses(later, words="请先批复")
    his = Life()
    his.do(opening(), FOR_LEADER)
    his.do(c.AcceptReceipt(), LIAISON)
    his.refuses(later, OFFICE, "该时限由领导确定", "forbidden")
    assert his.do(later, FOR_LEADER) == ["ExtensionGranted"]


def test_urgency_moves_the_receipt_that_is_awaited_and_no_other_limit() -> None:
    life = Life()
    life.do(opening())
    before = life.m.receipt_due
    assert life.do(c.ChangeUrgency(urgency=Urgency.EXTRA)) == ["UrgencyChanged", "DeadlineMoved"]
    assert life.m.receipt_due is not None
    assert before is not None
    assert life.m.receipt_due < before
    assert life.do(c.Reproject(), SYSTEM) == [], "nor is it moved back"
    life.refuses(c.ChangeUrgency(urgency=Urgency.EXTRA), words="本来就是特急")
    signed = accepted()
    assert signed.do(c.ChangeUrgency(urgency=Urgency.EXTRA)) == ["UrgencyChanged"]


def test_a_reminder_counts_nowhere_and_comes_once_a_day() -> None:
    life = accepted()
    assert life.do(c.RemindUnit()) == ["UnitReminded"]
    assert (life.m.counts.urges, life.m.last_urge_at) == (0, None)
    life.refuses(c.RemindUnit(), words="今天已提醒过", code="cooldown")
    life.now += timedelta(days=1)
    assert life.do(c.RemindUnit(text="下周一前请报")) == ["UnitReminded"]
    without = Life()
    without.do(opening(lead=None))
    without.refuses(c.RemindUnit(), words="无从提醒")
