"""The rules of meetings: what may be decided, by whom, when it binds, and what is never dropped."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from domain import commands as matters
from domain.base import Frozen, Refusal
from domain.bounds import within_bounds
from domain.calendar import DayOverride, at_office
from domain.envelope import SYSTEM, Actor
from domain.facts import WITHHELD, Attachment
from domain.meetings import commands as c
from domain.meetings.agenda import arranged_agenda, propose_agenda
from domain.meetings.deadlines import MeetingDeadlineKind, materials_due, owed_by_meeting
from domain.meetings.deliveries import outcome_order
from domain.meetings.meeting import AgendaItem, Attendance, Leave
from domain.meetings.terms import AgendaReason, Delivery, MeetingStage, OfficePart, Outcome, Subject
from domain.terms import Role
from tests.support.life import CALENDAR, RULEBOOK, accepted
from tests.support.meetings import MONTHLY, THURSDAY, WEEKLY, Session, convened, convening, decision, in_session, item
from tests.support.office import AUDITOR, FOR_LEADER, LEAD, LEADER, LIAISON, OFFICE, OTHER


def refused(session: Session, command: Frozen, actor: Actor = OFFICE, words: str = "", code: str | None = None) -> None:
    """The command is refused in these words, and nothing happens."""
    before = len(session.recorded)
    with pytest.raises(Refusal) as told:
        session.do(command, actor)
    assert words in told.value.message
    assert "\n" not in told.value.message
    assert code in (None, told.value.code)
    assert len(session.recorded) == before


def delivered(point: int, attempt: int = 0, why_not: str | None = None) -> c.NoteDelivery:
    said = c.Delivered(stream="matter/m1", matter=None if why_not else "XMH-2022-001", version=9, refused=why_not)
    return c.NoteDelivery(point=point, attempt=attempt, delivered=said)


# --- 安排


def test_a_meeting_on_a_holiday_is_refused_and_told_the_working_days_around_it() -> None:
    holiday = at_office(date(2022, 4, 5), time(9, 30))
    refused(Session(), convening(starts=holiday), words="不是工作日，不能安排会议；前后的工作日是 2022-04-02（星期六）")


def test_a_make_up_saturday_is_a_day_for_meetings() -> None:
    assert convened(starts=at_office(date(2022, 4, 2), time(9, 30))).m.stage is MeetingStage.SCHEDULED


def test_a_meeting_in_the_past_is_one_for_the_ledger() -> None:
    refused(Session(), convening(starts=at_office(date(2022, 3, 4), time(9, 30))), words="xmh meeting record")


@pytest.mark.parametrize("actor", [LIAISON, AUDITOR])
def test_units_and_auditors_do_not_convene(actor: Actor) -> None:
    refused(Session(), convening(), actor, code="forbidden")


def test_the_clock_owes_the_notice_three_days_before_the_agenda_one_and_the_minutes_five_days_after() -> None:
    session = convened()
    owed = {d.kind: d.at for d in owed_by_meeting(session.m, CALENDAR)}
    assert owed[MeetingDeadlineKind.NOTICE] == at_office(date(2022, 3, 28), time(9))
    assert owed[MeetingDeadlineKind.AGENDA] == at_office(date(2022, 3, 30), time(9))
    held = in_session().m
    assert [(d.kind, d.at) for d in owed_by_meeting(held, CALENDAR)] == [
        (MeetingDeadlineKind.MINUTES, at_office(date(2022, 4, 8), time(18)))  # 清明 in between
    ]


def test_a_meeting_nobody_opened_is_said_to_have_lapsed_at_the_end_of_its_day() -> None:
    session = convened()
    session.now = THURSDAY - timedelta(days=1)
    session.do(c.FreezeAgenda(proposed=(), position=1))
    session.do(c.ExpireMeeting(), SYSTEM)
    session.now = THURSDAY + timedelta(days=1)
    assert session.do(c.ExpireMeeting(), SYSTEM) == ["MeetingLapsed"]
    assert session.recorded[-1].occurred_at == at_office(date(2022, 3, 31), time(18))


def test_a_day_that_became_a_day_off_moves_the_meeting_to_the_next_working_day() -> None:
    session = convened()
    stop = CALENDAR.model_copy(
        update={"overrides": (DayOverride(day=date(2022, 3, 31), workday=False, reason="台风"),)}
    )
    session.rulebook = session.rulebook.model_copy(update={"calendar": stop})
    assert session.do(c.ReprojectMeeting(), SYSTEM) == ["MeetingMoved"]
    assert session.m.starts == at_office(date(2022, 4, 1), time(9, 30))


SATURDAY = at_office(date(2022, 3, 26), time(14, 0))


def test_a_meeting_on_a_day_off_has_its_reason_and_no_calendar_moves_it() -> None:
    session = convened(starts=SATURDAY, reason="台风防御部署")
    assert (session.m.off_day, session.m.called_because) == (True, "台风防御部署")
    assert session.do(c.ReprojectMeeting(), SYSTEM) == []
    refused(session, c.MoveMeeting(starts=SATURDAY + timedelta(days=1), reason="主持人出差"), words="--off-day")
    session.do(c.MoveMeeting(starts=SATURDAY + timedelta(days=1), reason="主持人出差", off_day=True))
    session.do(c.MoveMeeting(starts=THURSDAY, reason="改回工作日"))
    assert not session.m.off_day


def test_an_emergency_meeting_is_called_and_its_agenda_fixed_at_once() -> None:
    refused(Session(), convening(emergency=True), words="临时召开须说明理由")
    soon = Session()
    soon.do(convening(starts=soon.now + timedelta(hours=2), emergency=True, reason="基坑渗水"))
    owed = {d.kind: d.at for d in owed_by_meeting(soon.m, CALENDAR)}
    assert owed[MeetingDeadlineKind.NOTICE] <= soon.now
    assert owed[MeetingDeadlineKind.AGENDA] <= soon.now
    typhoon = (DayOverride(day=date(2022, 3, 7), workday=False, reason="台风"),)
    soon.rulebook = soon.rulebook.model_copy(update={"calendar": CALENDAR.model_copy(update={"overrides": typhoon})})
    assert soon.do(c.ReprojectMeeting(), SYSTEM) == [], "a typhoon does not put off the meeting about it"


# --- 回执、请假、材料


def _frozen() -> Session:
    session = convened()
    session.now = THURSDAY - timedelta(days=1)
    led = [item(n).model_copy(update={"lead": unit}) for n, unit in ((1, "gengxin"), (2, "zhujian"))]
    session.do(c.FreezeAgenda(proposed=tuple(led), position=1))
    return session


def _reply(*coming: str, unit: str = "gengxin", **leave: str) -> c.ReplyToNotice:
    away = (Leave.model_validate({"reason": "出差", **leave}),) if leave else ()
    return c.ReplyToNotice(unit=unit, coming=coming, leave=away)


def test_a_unit_says_who_comes_and_who_comes_instead_of_whom() -> None:
    session = _frozen()
    assert session.m.reporting_units == ("gengxin", "zhujian")
    reply = _reply("li", person="head", substitute="陈工")
    assert session.do(reply, LIAISON) == ["NoticeAnswered"]
    assert session.do(reply, LIAISON) == [], "said twice it is said once"
    assert session.m.answered == Attendance(present=("li", "陈工"), leave=("head",))
    session.do(_reply("head"), LIAISON)
    assert session.m.answered == Attendance(present=("head",)), "the newest counts"
    session.do(c.MoveMeeting(starts=THURSDAY + timedelta(days=1), reason="主持人出差"))
    assert session.m.replies == (), "what was answered was answered for another day"


def test_wrong_replies_are_refused() -> None:
    session = _frozen()
    refused(session, _reply(), LIAISON, words="须写明参会人员")
    refused(session, _reply("head", person="head"), LIAISON, words="写了两次")
    refused(session, _reply(person="head", substitute="head"), LIAISON, words="须由他人代会")
    refused(session, _reply("x", unit="zhujian"), LIAISON, words="不能代其他单位", code="forbidden")
    refused(session, _reply("li"), AUDITOR, code="forbidden")
    stranger = Actor(id="wai", role=Role.LIAISON, unit="jiaotong")
    refused(session, _reply("wai", unit="jiaotong"), stranger, words="无须回执")
    session.now = THURSDAY
    session.do(c.OpenMeeting())
    refused(session, _reply("li"), LIAISON, words="不再收回执")


def test_papers_for_an_item_are_handed_in_once_and_late_ones_are_marked() -> None:
    session = convened(materials_by=THURSDAY - timedelta(days=2))
    session.now = THURSDAY - timedelta(days=3)
    led = item(1).model_copy(update={"lead": "gengxin"})
    session.do(c.FreezeAgenda(proposed=(led,), position=1))
    file = Attachment(name="汇报.pdf", sha256="a" * 64, size=1)
    mine = c.HandInMaterial(key=led.key, title=led.title, unit="gengxin", attachments=(file,))
    session.do(mine, LIAISON)
    assert session.do(mine, LIAISON) == []
    session.now = THURSDAY - timedelta(days=1)
    again = mine.model_copy(update={"attachments": (file.model_copy(update={"sha256": "b" * 64}),)})
    session.do(again, LIAISON)
    assert [m.late for m in session.m.materials_for(led.key)] == [False, True]
    refused(session, mine.model_copy(update={"key": "own:9", "title": "别的"}), words="没有“别的”")
    refused(session, mine.model_copy(update={"unit": "zhujian"}), OTHER, words="不由本单位汇报", code="forbidden")
    refused(session, mine.model_copy(update={"key": "matter/m9", "title": "第9件"}), code="not_on_agenda")
    late = convening(materials_by=THURSDAY + timedelta(days=1))
    refused(Session(), late, words="晚于开会时间")
    refused(Session(), convening(materials_by=Session().now - timedelta(days=1)), words="已经过去")


def test_papers_are_wanted_by_the_secretarys_moment_else_when_the_agenda_is_fixed() -> None:
    fixed = at_office(date(2022, 3, 30), time(9))
    assert materials_due(convened().m, CALENDAR) == fixed
    assert materials_due(convened(materials_by=fixed - timedelta(days=1)).m, CALENDAR) == fixed - timedelta(days=1)
    soon = Session()
    starts = soon.now + timedelta(hours=2)
    soon.do(convening(starts=starts, emergency=True, reason="基坑渗水"))
    assert materials_due(soon.m, CALENDAR) == starts
    session = convened(materials_by=fixed)
    session.now = fixed
    paper = Attachment(name="汇报.pdf", sha256="a" * 64, size=1)
    session.do(c.HandInMaterial(key="matter/m1", title="第1件", unit="gengxin", attachments=(paper,)), LIAISON)
    assert [m.late for m in session.m.materials_for("matter/m1")] == [False], "to the minute is in time"


def test_only_a_limit_moves_one_point() -> None:
    session = in_session()
    one = decision(1, Outcome.CONTINUED, matter_point=1)
    refused(session, one, FOR_LEADER, words="不能只改一个要点", code="malformed")
    session.do(decision(1, Outcome.LIMITED, matter_point=1, due=date(2022, 5, 20)), FOR_LEADER)
    order = outcome_order(session.m, session.m.points[0], session.now)
    assert isinstance(order.command, matters.RecordDecision)
    assert order.command.matter_point == 1


@pytest.mark.parametrize("decided", [{"outcome": Outcome.NEW_MATTER, "lead": LEAD, "due": date(2022, 5, 20)}, {}])
@pytest.mark.parametrize("length", [190, 9000])
def test_what_a_meeting_of_a_long_name_decided_still_reaches_its_matter(decided: dict[str, Any], length: int) -> None:
    """It was convened before names had a bound."""
    session = in_session()
    session.do(decision(1, **({"outcome": Outcome.CONTINUED} | decided)), FOR_LEADER)
    update = {"ordinal": None, "title": "会" * length, "series_name": "专" * length}
    order = outcome_order(session.m.model_copy(update=update), session.m.points[0], session.now)
    within_bounds(order.command)
    if isinstance(order.command, matters.OpenMatter):
        assert order.command.basis.no is not None
        assert order.command.basis.no.endswith(f"（{session.m.number}）第1项")


# --- 议题


def test_the_secretary_adds_drops_with_a_reason_and_orders() -> None:
    session = convened()
    own = AgendaItem(key="own", title="通报廉政纪律")
    session.do(c.AddItem(item=own))
    drop = c.DropItem(key=item(2).key, title="第2件", reason="会前已解决")
    session.do(drop)
    refused(session, drop, words="“第2件”已撤下")
    session.do(c.OrderItems(order=(item(3).key,)))
    agenda = arranged_agenda(session.m, (item(1), item(2), item(3)))
    assert [(i.no, i.title) for i in agenda] == [(1, "第3件"), (2, "第1件"), (3, "通报廉政纪律")]
    session.do(c.FreezeAgenda(proposed=(item(1), item(2), item(3)), position=9))
    assert session.m.items == agenda
    session.do(c.DropItem(key=item(1).key, title="第2件", reason="撤下"))
    refused(session, c.DropItem(key=item(1).key, title="第2件", reason="撤下"), words="已撤下")
    refused(session, c.OrderItems(order=()), words="议题已定")


def test_an_item_brought_up_after_the_agenda_was_fixed_takes_the_next_number() -> None:
    session = in_session()
    for title in ("临时议题", "又一件"):
        session.do(c.AddItem(item=AgendaItem(key="x", title=title)))
    assert [(i.no, i.title) for i in session.m.items[3:]] == [(4, "临时议题"), (5, "又一件")]
    assert len({i.key for i in session.m.items}) == 5, "an item of its own has a key of its own"
    refused(session, c.AddItem(item=item(1)), words="已在议题中")


def test_an_item_added_before_the_agenda_is_fixed_has_no_number_yet() -> None:
    session = convened()
    session.do(c.AddItem(item=item(1)))
    assert [(i.no, i.key) for i in session.m.added] == [(0, item(1).key)]
    refused(session, c.AddItem(item=item(1)), words="已在议题中")


def test_an_item_decided_on_is_not_dropped() -> None:
    session = in_session()
    session.do(decision(1), FOR_LEADER)
    refused(session, c.DropItem(key=item(1).key, title="第1件", reason="撤下"), words="已有议定事项")


# --- 召开、议定


def test_a_meeting_is_not_opened_before_its_day_nor_without_an_agenda() -> None:
    session = convened()
    refused(session, c.OpenMeeting(), words="议题尚未确定")
    session.do(c.FreezeAgenda(proposed=(), position=1))
    refused(session, c.OpenMeeting(), words="未到日期")


def test_an_outcome_for_an_item_not_on_the_agenda_is_refused() -> None:
    refused(in_session(), decision(9), FOR_LEADER, words="没有第9项", code="not_on_agenda")


def test_nothing_is_decided_before_the_meeting_is_opened_or_after_the_minutes_are_signed() -> None:
    refused(convened(), decision(1), FOR_LEADER, words="尚未召开")
    session = in_session()
    session.do(c.SignMinutes(), FOR_LEADER)
    refused(session, decision(1), FOR_LEADER, words="不能再议定")


def test_decisions_are_the_chairs_and_the_typist_is_recorded() -> None:
    session = in_session()
    refused(session, decision(1), OFFICE, code="forbidden")
    session.do(decision(1), FOR_LEADER)
    point = session.m.points[0]
    assert point.decided_by.id == "office"
    assert point.decided_by.on_behalf_of is not None
    assert point.decided_by.on_behalf_of.id == "leader"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"outcome": Outcome.REASSIGNED}, "改派须写明牵头单位"),
        ({"outcome": Outcome.LIMITED}, "须写明时限"),
        ({"outcome": Outcome.NEW_MATTER}, "须写明时限"),
        ({"outcome": Outcome.NEW_MATTER, "due": date(2022, 6, 1), "lead": LEAD, "new_title": "长" * 501}, "有501字"),
        ({"outcome": Outcome.LIMITED, "due": date(2022, 3, 1)}, "已经过去"),
        ({"outcome": Outcome.CONTINUED, "due": date(2022, 6, 1)}, "不改时限"),
        ({"outcome": Outcome.DISAGREED, "subject": Subject.EXTENSION, "due": date(2022, 6, 1)}, "不改时限"),
        ({"outcome": Outcome.HEARD, "subject": Subject.CLOSURE}, "不能带 --of"),
    ],
)
def test_each_outcome_needs_what_it_says(more: dict[str, Any], words: str) -> None:
    refused(in_session(), decision(1, **more), FOR_LEADER, words=words)


def test_what_concerns_a_matter_needs_an_item_with_one() -> None:
    session = in_session(AgendaItem(key="own", title="学习文件"))
    refused(session, decision(1, Outcome.LISTED), FOR_LEADER, words="没有对应的督办事项")
    session.do(decision(1, Outcome.HEARD), FOR_LEADER)
    assert session.m.points[0].delivery is Delivery.NOTHING_TO_DO


def test_an_item_may_have_several_decisions() -> None:
    session = in_session()
    session.do(decision(1, Outcome.LISTED), FOR_LEADER)
    session.do(decision(1, Outcome.LIMITED, due=date(2022, 5, 31)), FOR_LEADER)
    assert [(p.no, p.item) for p in session.m.points] == [(1, 1), (2, 1)]


# --- 生效


def test_outcomes_bind_when_the_minutes_are_signed_and_urgent_ones_at_once() -> None:
    session = in_session()
    session.do(decision(1), FOR_LEADER)
    session.do(decision(2, urgent=True), FOR_LEADER)
    assert [p.delivery for p in session.m.points] == [Delivery.WAITING, Delivery.PENDING]
    refused(session, c.WithdrawPoint(point=2, reason="误记"), words="已经生效")
    session.do(c.WithdrawPoint(point=1, reason="误记"))
    session.do(decision(3), FOR_LEADER)
    session.do(c.SignMinutes(), FOR_LEADER)
    assert [p.no for p in session.m.pending] == [2, 3]
    assert session.m.minutes is not None
    assert session.m.minutes.no == "香指纪〔2022〕1号"


def test_minutes_are_signed_by_a_leader() -> None:
    session = in_session()
    refused(session, c.SignMinutes(), OFFICE, code="unsigned")
    session.do(c.SignMinutes(), LEADER)


def test_a_weekly_meeting_the_office_chairs_is_signed_by_its_chair() -> None:
    session = convened(WEEKLY, chair="office")
    session.now = THURSDAY
    session.do(c.FreezeAgenda(proposed=(item(1),), position=1))
    session.do(c.OpenMeeting())
    session.do(decision(1))
    session.do(c.SignMinutes())
    assert session.m.stage is MeetingStage.SIGNED


def test_what_a_matter_refuses_is_kept_with_the_reason_until_it_is_sent_again_or_waived() -> None:
    session = in_session()
    session.do(decision(1), FOR_LEADER)
    session.do(decision(2), FOR_LEADER)
    session.do(c.SignMinutes(), FOR_LEADER)
    session.do(delivered(1, why_not="暂缓中，恢复后再办理"), SYSTEM)
    session.do(delivered(2), SYSTEM)
    assert (session.m.points[0].delivery, session.m.points[0].reason) == (Delivery.REFUSED, "暂缓中，恢复后再办理")
    assert not owed_by_meeting(session.m, CALENDAR), "a refused outcome keeps the meeting open"
    session.do(c.SendAgain(point=1), FOR_LEADER)
    assert session.m.points[0].attempt == 1
    assert session.do(delivered(1), SYSTEM) == [], "a word about the first attempt says nothing of the second"
    session.do(delivered(1, 1, "仍在暂缓"), SYSTEM)
    session.do(c.WaiveOutcome(point=1, reason="并入下月会议"))
    assert session.do(c.ExpireMeeting(), SYSTEM) == ["MeetingClosed"]


def test_only_the_system_says_what_became_of_an_outcome() -> None:
    session = in_session()
    session.do(decision(1, urgent=True), FOR_LEADER)
    refused(session, delivered(1), OFFICE, code="forbidden")


def test_nobody_is_present_and_on_leave_at_once() -> None:
    refused(
        in_session(),
        c.RecordAttendance(attendance=Attendance(present=("li",), leave=("li",))),
        words="重复登记",
        code="malformed",
    )


def test_a_new_matter_carries_its_lead_and_its_limit() -> None:
    session = in_session(AgendaItem(key="own", title="土地入库"))
    new = decision(1, Outcome.NEW_MATTER, lead=LEAD, due=date(2022, 6, 30), new_title="推动整备土地入库")
    session.do(new, FOR_LEADER)
    point = session.m.points[0]
    assert point.new is not None
    assert (point.new.title, point.new.due, point.delivery) == ("推动整备土地入库", date(2022, 6, 30), Delivery.WAITING)


# --- 台账


def test_a_recorded_meeting_has_its_ordinal_and_owes_nothing() -> None:
    session = Session()
    starts = at_office(date(2021, 11, 10), time(15))
    told: dict[str, Any] = {"place": "区政府", "chair": "leader", "summary": "原则同意", "part": OfficePart.ATTENDED}
    session.do(c.RecordMeeting(series=WEEKLY, starts=starts, title="专题研究设计方案", **told))
    assert {name: getattr(session.m, name) for name in told} == told
    assert (session.m.starts, session.m.secretary) == (starts, OFFICE.id)
    assert [r.occurred_at for r in session.recorded] == [starts, starts], "it is dated by its day"
    to_come = c.RecordMeeting(series=WEEKLY, starts=session.now + timedelta(minutes=1), title="研究设计方案")
    refused(Session(), to_come, words="尚未召开", code="malformed")
    assert (session.types, session.m.stage, session.m.ordinal) == (
        ["MeetingRecorded", "MeetingOpened"],
        MeetingStage.RECORDED,
        1,
    )
    assert owed_by_meeting(session.m, CALENDAR) == []


SEALED = "sealed:v2:0123456789abcdef:AAAA"


def test_a_new_matter_decided_in_secret_words_needs_a_title_of_its_own() -> None:
    session = in_session()
    told: dict[str, Any] = {"outcome": Outcome.NEW_MATTER, "due": date(2022, 6, 30), "text": SEALED}
    refused(session, decision(**told), FOR_LEADER, "--title", "malformed")
    session.do(decision(**told, new_title="专项核查"), FOR_LEADER)
    assert session.m.points[0].new is not None
    assert session.m.points[0].new.title == "专项核查"


def test_an_agenda_says_that_words_are_secret_and_never_holds_them() -> None:
    """A ciphertext of a matter in the stream of a meeting, or within other words, could be opened by nobody."""
    life = accepted()
    life.do(matters.SubmitFeedback(text=SEALED, coordination=SEALED), LIAISON)
    life.do(matters.RequestExtension(to=date(2022, 7, 29), reason=SEALED), LIAISON)
    earlier = in_session(item(1, life.m.stream))
    earlier.do(decision(text=SEALED), FOR_LEADER)
    coming = convened(starts=THURSDAY + timedelta(days=28))
    for reason in (AgendaReason.UNFINISHED, AgendaReason.COORDINATION, AgendaReason.EXTENSION, AgendaReason.RED):
        series = MONTHLY.model_copy(update={"agenda": (reason,)})
        matter = life.m.model_copy(update={"due": date(2022, 3, 1), "due_set_by": LEADER})
        meeting = coming.m.model_copy(update={"stream": "meeting/later"})
        (proposed,) = propose_agenda(meeting, series, [matter], [earlier.m], RULEBOOK)
        assert WITHHELD in (proposed.text or ""), reason
        assert "sealed:" not in (proposed.text or ""), reason


def test_the_clock_finds_nothing_owed_before_its_time_nor_of_what_is_over() -> None:
    session = convened()
    refused(session, c.ExpireMeeting(), SYSTEM, "没有到期的事", "nothing_owed")
    session.do(c.CancelMeeting(reason="并入下月"))
    refused(session, c.ExpireMeeting(), SYSTEM, "没有到期的事", "nothing_owed")


def test_a_meeting_is_cancelled_before_it_is_opened_and_not_after() -> None:
    refused(in_session(), c.CancelMeeting(reason="冲突"), words="不能取消")
    assert convened().do(c.CancelMeeting(reason="冲突")) == ["MeetingCancelled"]


def test_a_meeting_is_moved_to_a_time_that_is_still_to_come() -> None:
    session = convened()
    refused(session, c.MoveMeeting(starts=session.now - timedelta(days=1), reason="改期"), words="已经过去")
