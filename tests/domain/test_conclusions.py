"""What an ending carries with it, and what may still be done after it: 办结, 撤销, 重开, 异议, 回避, 交接, 更正."""

from datetime import date, timedelta

import pytest

from domain import commands as c
from domain import events as ev
from domain.envelope import Actor, OnBehalf
from domain.facts import MOST_WEIGHT, Attachment, IndicatorReport, PartOf
from domain.policy import Policy
from domain.rules.ending import OBJECTION_DAYS, duties_of
from domain.terms import Duty, LeaderMark, ObjectionOutcome, Role, Stage
from tests.support.life import CALENDAR, MONDAY, Life, accepted, at, opened
from tests.support.office import FOR_LEADER, LEADER, LIAISON, OFFICE, SECOND, opening

SEALED = "sealed:v1:k1:AAAA"
HALF_DONE = c.SubmitFeedback(text="进展", progress=50)
DEPUTY = Actor(id="deputy", role=Role.LEADER, unit="office")
WHY = "余下由物业承接"
AGREED = c.RecordDecision.model_validate(
    {"meeting": "月度会", "text": WHY, "outcome": "agreed", "subject": "closure", "minutes": "HY-1", "point": 1}
)


def instructed(leader: Actor = FOR_LEADER) -> Life:
    """A matter the leader (or the deputy) instructed."""
    life = accepted()
    life.do(
        c.RecordInstruction(leader=leader.on_behalf_of.id if leader.on_behalf_of else leader.id, text=SEALED), leader
    )
    return life


def half_done(life: Life) -> Life:
    """Asked to close at half, with a reason of whoever asked."""
    life.do(HALF_DONE, LIAISON)
    life.do(c.RequestClosure(text="完成", over_unfinished="先行移交", over_open_children="分解事项另行督办"), LIAISON)
    return life


def ended(life: Life) -> ev.MatterClosed:
    [event] = life.events(ev.MatterClosed)
    assert isinstance(event, ev.MatterClosed)
    return event


# --- 办结


def test_a_leaders_mark_closes_in_his_words_and_over_what_was_left() -> None:
    life = half_done(instructed())
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.do(c.MarkClosure(mark=LeaderMark.SEEN, text=SEALED, over_open_children="同意另行督办"), LEADER)
    said = ended(life)
    assert (said.mark, said.text) == (LeaderMark.SEEN, SEALED)
    assert (said.unfinished, said.over_unfinished, said.over_open_children) == (
        ("进度50%",),
        "先行移交",
        "同意另行督办",
    )


def test_a_leader_may_say_why_where_nobody_did() -> None:
    """Between the request and his word something became unfinished."""
    life = instructed()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.matter = life.m.model_copy(update={"progress": 50})
    life.refuses(c.MarkClosure(mark=LeaderMark.AGREED), LEADER, code="unfinished")
    life.do(c.MarkClosure(mark=LeaderMark.AGREED, over_unfinished=WHY), LEADER)
    assert ended(life).over_unfinished == WHY


def test_what_the_leader_returns_was_returned_by_a_leader_and_what_the_office_returns_was_not() -> None:
    life = instructed()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=False, text="材料不齐"), SECOND)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.do(c.MarkClosure(mark=LeaderMark.CONTINUE), LEADER)
    assert [e.by_leader for e in life.events(ev.ClosureReturned) if isinstance(e, ev.ClosureReturned)] == [False, True]


def test_a_meetings_words_say_why_over_what_is_unfinished() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.matter = life.m.model_copy(update={"progress": 50})
    life.do(AGREED, SECOND)
    said = ended(life)
    assert said.text == said.over_unfinished
    assert WHY in (said.text or "")
    assert (said.mark, said.unfinished) == (None, ("进度50%",))


def test_the_instructing_leader_in_the_chair_agrees_once_and_for_all() -> None:
    life = instructed()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(AGREED, FOR_LEADER)
    assert (ended(life).mark, ended(life).unfinished) == (LeaderMark.AGREED, ())


def test_another_chair_endorses_once_with_the_meetings_words() -> None:
    life = half_done(instructed(DEPUTY))
    life.do(AGREED, FOR_LEADER)
    [said] = life.events(ev.ClosureEndorsed)
    assert isinstance(said, ev.ClosureEndorsed)
    assert WHY in (said.text or "")
    assert (said.unfinished, said.over_unfinished) == (("进度50%",), "先行移交")
    life.refuses(AGREED, FOR_LEADER, words="待原批示领导审阅")


def test_a_meeting_that_disagrees_returns_in_the_name_of_its_chair() -> None:
    for chair, by_leader in ((FOR_LEADER, True), (SECOND, False)):
        life = accepted()
        life.do(c.RequestClosure(text="完成"), LIAISON)
        life.do(AGREED.model_copy(update={"outcome": "disagreed"}), chair)
        [said] = life.events(ev.ClosureReturned)
        assert isinstance(said, ev.ClosureReturned)
        assert said.by_leader is by_leader


def test_only_what_is_under_way_is_asked_to_be_closed() -> None:
    request = c.RequestClosure(text="完成")
    opened().refuses(request, OFFICE, words="不能申请办结")
    closed().refuses(request, OFFICE, words="无需再申请办结", code="ended")


def test_evidence_goes_with_the_request_and_is_enough_where_the_policy_asks_for_it() -> None:
    life = accepted()
    life.rulebook = life.rulebook.model_copy(update={"policy": Policy(closure_evidence=True)})
    life.refuses(c.RequestClosure(text="完成"), LIAISON, words="未附证明材料", code="unfinished")
    proof = (Attachment(name="验收单.pdf", sha256="0" * 64, size=1),)
    life.do(c.RequestClosure(text="完成", evidence=proof), LIAISON)
    [said] = life.events(ev.ClosureRequested)
    assert isinstance(said, ev.ClosureRequested)
    assert said.evidence == proof
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert (ended(life).unfinished, ended(life).over_unfinished) == ((), None)


@pytest.mark.parametrize(("minute", "late"), [(0, 0), (1, 1)])
def test_asked_as_the_office_closes_a_closure_is_in_time_and_a_minute_later_a_day_late(minute: int, late: int) -> None:
    life = accepted(due=date(2022, 3, 10), rhythm="once")
    life.now = CALENDAR.closes(date(2022, 3, 10)).replace(minute=minute)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert ended(life).overdue_workdays == late


def test_a_stated_nothing_is_unfinished_and_an_unstated_one_is_not() -> None:
    silent, stated = accepted(), accepted()
    stated.do(c.SubmitFeedback(text="尚未开工", progress=0), LIAISON)
    stated.refuses(c.RequestClosure(text="完成"), LIAISON, words="进度0%", code="unfinished")
    silent.do(c.RequestClosure(text="完成"), LIAISON)


def test_an_indicator_above_its_ceiling_is_named_as_one() -> None:
    life = accepted(indicators=[{"name": "失业率", "unit": "%", "target": 4, "at_most": True}])
    life.do(c.SubmitFeedback(text="报数", indicators=(IndicatorReport(no=1, value=5),)), LIAISON)
    life.refuses(c.RequestClosure(text="完成"), LIAISON, words="不超过4%，实为5%", code="unfinished")


def test_a_review_closes_or_endorses_in_its_own_words_and_may_say_why() -> None:
    plain, led = accepted(), instructed()
    for life in (plain, led):
        life.do(c.RequestClosure(text="完成"), LIAISON)
        life.matter = life.m.model_copy(update={"progress": 50})
        life.refuses(c.ReviewClosure(approve=True), SECOND, code="unfinished")
        life.do(c.ReviewClosure(approve=True, text="材料齐全", over_unfinished=WHY), SECOND)
    [endorsed] = led.events(ev.ClosureEndorsed)
    assert isinstance(endorsed, ev.ClosureEndorsed)
    for said in (ended(plain), endorsed):
        assert (said.text, said.unfinished, said.over_unfinished) == ("材料齐全", ("进度50%",), WHY)


# --- 撤销, 重开


def test_a_cancellation_says_why_over_parts_that_go_on() -> None:
    life = accepted()
    life.do(c.CancelMatter(reason="政策调整", over_open_children="分解事项另行督办"))
    [said] = life.events(ev.MatterCancelled)
    assert isinstance(said, ev.MatterCancelled)
    assert said.over_open_children == "分解事项另行督办"


def test_what_has_not_ended_is_not_reopened() -> None:
    accepted().refuses(c.ReopenMatter(reason="x"), words="尚未办结")


def test_reopened_on_its_last_day_a_matter_keeps_its_limit() -> None:
    life = accepted(due=date(2022, 3, 10))
    life.do(c.CancelMatter(reason="政策调整"))
    life.now = at(3, 10)
    life.do(c.ReopenMatter(reason="恢复"))
    assert (life.m.due, life.m.stage) == (date(2022, 3, 10), Stage.IN_PROGRESS)


def test_a_leaders_limit_is_given_anew_by_that_leader_only() -> None:
    life = Life()
    life.do(opening(due=date(2022, 3, 31)), FOR_LEADER)
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.CancelMatter(reason="政策调整"), FOR_LEADER)
    later = c.ReopenMatter(reason="恢复", due=date(2022, 4, 29))
    life.refuses(later, OFFICE, words="须由该领导批准", code="forbidden")
    life.do(later, FOR_LEADER)


def test_a_matter_without_a_lead_is_reopened_to_be_assigned() -> None:
    life = Life()
    life.do(opening(lead=None))
    life.do(c.CancelMatter(reason="政策调整"))
    life.do(c.ReopenMatter(reason="恢复"))
    assert (life.m.stage, life.m.window) == (Stage.OPENED, None)


# --- 异议, 回避


def closed() -> Life:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    return life


def test_an_objection_is_heard_on_the_thirtieth_day_and_names_its_unit() -> None:
    life = closed()
    life.now = MONDAY + timedelta(days=OBJECTION_DAYS)
    life.do(c.RaiseObjection(text="不服"), LIAISON)
    [said] = life.events(ev.ObjectionRaised)
    assert isinstance(said, ev.ObjectionRaised)
    assert said.unit == "gengxin"


def test_the_office_enters_an_objection_in_the_name_of_the_unit() -> None:
    life = closed()
    life.do(c.RaiseObjection(text="不服"), OFFICE)
    [said] = life.events(ev.ObjectionRaised)
    assert isinstance(said, ev.ObjectionRaised)
    assert said.unit == "gengxin"


def test_there_is_nothing_to_object_to_before_a_conclusion() -> None:
    accepted().refuses(c.RaiseObjection(text="不服"), LIAISON, words="尚无督查结论")


def test_only_an_upheld_objection_sets_a_limit_and_today_is_one() -> None:
    life = closed()
    life.do(c.RaiseObjection(text="不服"), LIAISON)
    rejected = c.DecideObjection(outcome=ObjectionOutcome.REJECTED, text="属实", due=date(2022, 4, 29))
    life.refuses(rejected, OFFICE, words="只有异议成立", code="malformed")
    life.do(c.DecideObjection(outcome=ObjectionOutcome.UPHELD, text="材料不足", due=date(2022, 3, 7)), OFFICE)
    assert life.m.due == date(2022, 3, 7)


def test_recusal_is_declared_while_anything_is_to_be_decided() -> None:
    life = closed()
    life.do(c.DeclareRecusal(reason="有利害关系"), LEADER)
    assert life.m.recused == ("leader",)
    life.do(c.RaiseObjection(text="不服"), LIAISON)
    life.do(c.DeclareRecusal(reason="有利害关系"), SECOND)
    life.do(c.DecideObjection(outcome=ObjectionOutcome.REJECTED, text="属实"), OFFICE)
    life.refuses(c.DeclareRecusal(reason="有利害关系"), OFFICE, words="无需再回避")


# --- 交接


def test_only_a_leaders_own_limit_is_a_leaders_duty() -> None:
    by_office, by_leader = accepted(), Life()
    by_leader.do(opening(), FOR_LEADER)
    assert Duty.LEADER not in duties_of(by_office.m, "office")
    assert duties_of(by_leader.m, "leader") == (Duty.LEADER,)
    assert Duty.LEADER not in duties_of(by_leader.m, "office"), "who typed it set nothing"
    assert duties_of(instructed().m, "leader") == (Duty.LEADER,), "an instruction alone is one"


@pytest.mark.parametrize("opener", [LEADER, FOR_LEADER])
def test_a_leaders_limit_goes_with_his_post_and_another_leaders_does_not(opener: Actor) -> None:
    life = Life()
    life.do(opening(), opener)
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.RecordInstruction(leader="deputy", text=SEALED), DEPUTY)
    third = Actor(id="third", role=Role.LEADER, unit="office")
    life.do(c.ReassignDuty(duty=Duty.LEADER, from_person="deputy", to_person="third", reason="接任"))
    life.do(c.RequestExtension(to=date(2022, 7, 15), reason="慢"), LIAISON)
    life.refuses(c.AnswerExtension(grant=True), third, code="forbidden")
    life.do(c.ReassignDuty(duty=Duty.LEADER, from_person="leader", to_person="third", reason="接任"))
    life.do(c.AnswerExtension(grant=True), third)


def test_duties_are_handed_over_to_somebody_else_and_while_there_are_any() -> None:
    life = accepted(person="li")
    same = c.ReassignDuty(duty=Duty.PERSON, from_person="li", to_person="li", reason="调动")
    life.refuses(same, words="同一个人", code="malformed")
    life.do(c.CancelMatter(reason="政策调整"))
    life.refuses(same.model_copy(update={"to_person": "head"}), words="没有需要交接的职责", code="ended")


# --- 更正


@pytest.mark.parametrize(("text", "taken"), [("0", True), ("100", True), ("101", False), ("0100", False)])
def test_a_corrected_progress_is_a_whole_number_up_to_a_hundred(text: str, *, taken: bool) -> None:
    life = accepted()
    life.do(HALF_DONE, LIAISON)
    command = c.CorrectEvent(version=len(life.recorded), text="误填", fields={"progress": text})
    if taken:
        life.do(command)
        assert life.m.progress == int(text)
    else:
        life.refuses(command, words="0 到 100")


@pytest.mark.parametrize("text", ["1", str(MOST_WEIGHT)])
def test_a_corrected_weight_may_be_the_least_and_the_most(text: str) -> None:
    life = accepted(part_of=PartOf(stream="matter/whole", number="XMH-2022-009"))
    life.do(c.CorrectEvent(version=1, text="误填", fields={"weight": text}))
    assert life.m.part_of is not None
    assert life.m.part_of.weight == int(text)


def test_a_delegate_of_the_chair_endorses_in_the_chairs_name() -> None:
    """授权代办 makes nobody the instructing leader."""
    life = instructed(DEPUTY)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    behalf = OnBehalf(id="leader", role=Role.LEADER, unit="office", delegation="授权〔2022〕1号")
    assert life.do(AGREED, SECOND.model_copy(update={"on_behalf_of": behalf}))[-1] == "ClosureEndorsed"
