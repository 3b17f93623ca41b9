"""督查组: whom a headquarters may inspect and who may, sealed plans, and every problem until its 销号."""

from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from domain.base import Frozen, Refusal
from domain.envelope import SYSTEM, Actor
from domain.facts import Basis, MatterRef
from domain.ids import onsite_stream
from domain.notices.onsite import onsite_notices
from domain.notices.overtaken import Since, what_became_of
from domain.notices.people import RecipientDirectory
from domain.office import PolicyAdopted, Unit, UnitRecorded
from domain.onsite import commands as c
from domain.onsite.events import OnSiteHeld, OnSitePlan, OnSitePlanned
from domain.onsite.inspection import OnSite
from domain.onsite.queries import owed_by_leader, owed_by_office, owed_by_unit, unanswered_problems
from domain.onsite.terms import OnSiteStage, ProblemStage
from domain.policy import Policy
from domain.terms import BasisKind, MatterKind, Rung, Supervision, UnitLevel
from eventlog import reading
from eventlog.database import Database
from eventlog.readmodel import fold_events
from services.inspections import known_plan, record_onsite, seal_plan
from services.morning_look import look_in_the_morning
from services.office_records import record_drafted, record_office_events
from tests.support.history import act
from tests.support.homes import at
from tests.support.life import CALENDAR
from tests.support.office import (
    ASSIST,
    AUDITOR,
    FOR_LEADER,
    HEAD,
    LIAISON,
    OFFICE,
    OTHER,
    PEOPLE,
    SECOND,
    founded,
    opening,
    sqlite,
)
from tests.support.streams import DIRECTORY_STREAM, POLICY_STREAM

PLANNED, DAY = at("2022-03-01"), at("2022-03-07", "10:00")
BASIS = Basis(kind=BasisKind.DOCUMENT, text="2022年督查计划", no="香指办〔2022〕5号")
PLAN = OnSitePlan(
    title="安全生产专项督查",
    basis=BASIS,
    kind=MatterKind.SPECIAL,
    leader="office-2",
    members=("zhao",),
    units=("gengxin",),
    on=date(2022, 3, 7),
    until=date(2022, 3, 8),
)


@pytest.fixture
def log(tmp_path: Path) -> Database:
    """The small office, with a bureau of the city above it."""
    log = founded(sqlite(tmp_path))
    city = Unit(id="shi", name="市住房和建设局", level=UnitLevel.CITY, supervision=Supervision.BY_LETTER)
    district = Unit(id="qu", name="区政府", level=UnitLevel.DISTRICT, supervision=Supervision.OBJECT)
    office = Unit(
        id="office", name="指挥部办公室", level=UnitLevel.DISTRICT, supervision=Supervision.CONTACT, parent="qu"
    )
    events = [UnitRecorded(unit=u) for u in (city, district, office)]
    record_office_events(log, DIRECTORY_STREAM, events, actor=SYSTEM, command_id="above", now=PLANNED)
    return log


def do(log: Database, command: Frozen, actor: Actor = OFFICE, now: datetime = DAY, key: str = "一") -> OnSite:
    return record_onsite(log, onsite_stream(key), command, actor=actor, command_id=uuid4().hex, now=now)


def planned(log: Database, plan: OnSitePlan = PLAN, key: str = "一") -> OnSite:
    return do(log, c.PlanOnSite(plan=plan), FOR_LEADER, PLANNED, key)


def held(log: Database, *found: c.RecordFinding) -> OnSite:
    planned(log)
    state = do(log, c.HoldOnSite(plan=PLAN), SECOND)
    for finding in found:
        state = do(log, finding, OTHER)
    return state


def refusal(log: Database, command: Frozen, actor: Actor = OFFICE, now: datetime = DAY) -> tuple[str, str]:
    before = reading.newest_event(log)
    with pytest.raises(Refusal) as refused:
        do(log, command, actor, now)
    assert reading.newest_event(log) == before
    return refused.value.code, refused.value.message


PROBLEM = c.RecordFinding(unit="gengxin", text="围挡破损", problem=True, rectify_by=date(2022, 3, 18))


def test_numbers_are_gapless_by_year_and_a_refused_plan_takes_none(log: Database) -> None:
    assert planned(log).number == "督查〔2022〕1号"
    with pytest.raises(Refusal):
        planned(log, PLAN.model_copy(update={"units": ("shi",)}), "二")
    assert planned(log, key="三").number == "督查〔2022〕2号"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"units": ("shi",)}, "not_inspectable", "上级单位"),
        ({"units": ("qu",)}, "not_inspectable", "上级单位"),
        ({"units": ("consult",)}, "not_inspectable", "不是督办对象"),
        ({"units": ("nobody",)}, "unit_unknown", "没有编号为 nobody 的单位"),
        ({"units": ()}, "malformed", "督查对象"),
        ({"members": ("li",)}, "recused", "须回避"),
        ({"recused": ("zhao",)}, "recused", "赵五须回避"),
        ({"members": ("audit",)}, "forbidden", "审计员"),
        ({"leader": "zhao", "members": ()}, "forbidden", "组长"),
        ({"members": ("office-2",)}, "malformed", "写了两次"),
        ({"members": ("ghost",)}, "actor_unknown", "没有编号为 ghost"),
        ({"until": date(2022, 3, 6)}, "malformed", "早于"),
        ({"until": date(2022, 12, 6)}, "malformed", "不超过60天"),
        ({"on": date(2022, 2, 1), "until": date(2022, 2, 1)}, "malformed", "已过"),
    ],
)
def test_a_plan_that_must_not_be_is_refused(log: Database, change: dict[str, object], code: str, words: str) -> None:
    said = refusal(log, c.PlanOnSite(plan=PLAN.model_copy(update=change)), FOR_LEADER, PLANNED)
    assert (said[0], words in said[1]) == (code, True), said


def test_only_a_leader_approves_a_plan(log: Database) -> None:
    for actor in (OFFICE, LIAISON, AUDITOR):
        assert refusal(log, c.PlanOnSite(plan=PLAN), actor, PLANNED)[0] in ("unsigned", "forbidden")


def test_the_append_itself_asks_whom_a_plan_inspects(log: Database) -> None:
    """Past the rules: an entrance that forgot to ask records nothing."""
    bad = PLAN.model_copy(update={"units": ("shi",)})
    for event, actor in ((OnSitePlanned(approver="leader", plan=bad), FOR_LEADER), (OnSiteHeld(plan=bad), OFFICE)):
        with pytest.raises(Refusal) as refused:
            record_office_events(log, "onsite/x", [event], actor=actor, command_id=uuid4().hex, now=DAY)
        assert refused.value.code == "not_inspectable"


def test_a_unit_is_inspected_so_often_a_year_and_more_often_only_with_a_reason(log: Database) -> None:
    policy = Policy(version="严控频次", onsite_per_year=1)
    record_office_events(
        log, POLICY_STREAM, [PolicyAdopted(policy=policy)], actor=OFFICE, command_id="policy-1", now=PLANNED
    )
    planned(log)
    with pytest.raises(Refusal) as refused:
        planned(log, key="二")
    assert "已安排督查1次（督查〔2022〕1号），规则限1次" in refused.value.message
    planned(log, PLAN.model_copy(update={"over_frequency": "发生事故"}), "二")
    next_year = {"on": date(2023, 3, 7), "until": date(2023, 3, 7)}
    planned(log, PLAN.model_copy(update=next_year), "三")
    do(log, c.CancelOnSite(reason="并入专项"), key="一")
    do(log, c.CancelOnSite(reason="并入专项"), key="二")
    planned(log, key="四")


def test_a_covert_plan_is_nowhere_in_the_clear_until_it_is_held(log: Database, tmp_path: Path) -> None:
    plan = PLAN.model_copy(update={"title": "夜间施工扰民暗访"})
    stream = onsite_stream("暗")
    sealed = seal_plan(log, stream, plan)
    state = do(log, c.PlanOnSite(plan=plan, sealed_plan=sealed), FOR_LEADER, PLANNED, "暗")
    assert (state.plan, state.covert, known_plan(log, state)) == (None, True, plan)
    written = b"".join(f.read_bytes() for f in tmp_path.iterdir() if f.is_file())
    assert "夜间施工".encode() not in written
    assert b"gengxin" not in "".join(e.payload for e in reading.read_stream(log, stream)).encode()
    assert [d.what for d in owed_by_office(state, None, date(2022, 3, 7))] == []
    state = do(log, c.HoldOnSite(plan=plan), SECOND, key="暗")
    assert (state.plan, state.stage) == (plan, OnSiteStage.HELD)


def test_what_is_held_is_what_was_approved_sealed_or_not(log: Database) -> None:
    swapped = PLAN.model_copy(update={"units": ("zhujian",), "members": ()})
    planned(log)
    assert refusal(log, c.HoldOnSite(plan=swapped), SECOND)[0] == "not_approved"
    sealed = seal_plan(log, onsite_stream("暗"), PLAN)
    do(log, c.PlanOnSite(plan=PLAN, sealed_plan=sealed), FOR_LEADER, PLANNED, "暗")
    with pytest.raises(Refusal) as refused:
        do(log, c.HoldOnSite(plan=swapped), SECOND, key="暗")
    assert refused.value.code == "not_approved"


def test_a_covert_inspection_still_counts_against_the_frequency(log: Database) -> None:
    policy = Policy(version="严控频次", onsite_per_year=1)
    record_office_events(
        log, POLICY_STREAM, [PolicyAdopted(policy=policy)], actor=OFFICE, command_id="policy-1", now=PLANNED
    )
    sealed = seal_plan(log, onsite_stream("暗"), PLAN)
    do(log, c.PlanOnSite(plan=PLAN, sealed_plan=sealed), FOR_LEADER, PLANNED, "暗")
    assert refusal(log, c.PlanOnSite(plan=PLAN), FOR_LEADER, PLANNED)[0] == "too_frequent"


def test_what_was_found_is_put_right_checked_and_struck_off(log: Database) -> None:
    state = held(log, c.RecordFinding(unit="gengxin", text="资料齐全"), PROBLEM)
    assert [f.no for f in state.problems] == [2]
    do(log, c.ReportRectification(no=2, text="已更换"), LIAISON)
    state = do(log, c.CheckRectification(no=2, passed=False, text="只换了一半", rectify_by=date(2022, 3, 25)), OTHER)
    again = state.problems[0].problem
    assert again is not None
    assert (again.stage, again.rectify_by, again.original, again.failed) == (
        ProblemStage.RECTIFYING,
        date(2022, 3, 25),
        date(2022, 3, 18),
        1,
    )
    do(log, c.ReportRectification(no=2, text="全部更换"), HEAD)
    state = do(log, c.CheckRectification(no=2, passed=True, text="到位"), SECOND)
    closed = state.problems[0].problem
    assert closed is not None
    assert (closed.stage, closed.closed_on, closed.reports) == (ProblemStage.CLOSED, date(2022, 3, 7), 2)
    assert not state.settled
    do(log, c.ReportOnSite(text="总体良好"), SECOND)
    state = do(log, c.GiveOpinion(unit="gengxin", text="请举一反三"))
    assert state.settled


@pytest.mark.parametrize(
    ("command", "actor", "code", "words"),
    [
        (c.RecordFinding(unit="zhujian", text="无"), OFFICE, "malformed", "不是 督查〔2022〕1号 的督查对象"),
        (c.RecordFinding(unit="gengxin", text="无"), LIAISON, "forbidden", "督查组或办公室"),
        (c.RecordFinding(unit="gengxin", text="无"), AUDITOR, "forbidden", "督查组或办公室"),
        (PROBLEM.model_copy(update={"rectify_by": date(2022, 3, 7)}), OTHER, "malformed", "须晚于今天"),
        (PROBLEM.model_copy(update={"problem": False}), OTHER, "malformed", "--problem"),
        (c.ReportRectification(no=9, text="好了"), LIAISON, "not_found", "没有第9项（现有：1）"),
        (c.ReportRectification(no=1, text="好了"), OTHER, "forbidden", "不属于您所在单位"),
        (c.CheckRectification(no=1, passed=True, text="好"), SECOND, "refused", "还没有反馈整改"),
        (c.ExtendRectification(no=1, to=date(2022, 3, 18), reason="雨"), OFFICE, "malformed", "须晚于"),
        (c.ExtendRectification(no=1, to=date(2022, 4, 18), reason="雨"), LIAISON, "forbidden", "办公室"),
        (c.GiveOpinion(unit="gengxin", text="改"), OFFICE, "refused", "还没有督查报告"),
        (c.HoldOnSite(plan=PLAN), OFFICE, "refused", "不能重复登记开展"),
        (c.CancelOnSite(reason="不去了"), OFFICE, "refused", "不能取消"),
        (c.ReplanOnSite(plan=PLAN, reason="改期"), FOR_LEADER, "refused", "不能再调整"),
        (c.RecuseInspector(person="li", reason="亲属"), OFFICE, "malformed", "不在督查组里"),
    ],
)
def test_a_step_that_must_not_be_is_refused(
    log: Database, command: Frozen, actor: Actor, code: str, words: str
) -> None:
    held(log, PROBLEM)
    said = refusal(log, command, actor)
    assert (said[0], words in said[1]) == (code, True), said


def test_it_is_not_held_before_its_day_nor_anything_found_before_it_is_held(log: Database) -> None:
    planned(log)
    assert "不能提前登记开展" in refusal(log, c.HoldOnSite(plan=PLAN), SECOND, at("2022-03-04"))[1]
    assert "还没有开展" in refusal(log, PROBLEM, OTHER)[1]


def test_a_recused_inspector_takes_no_further_part(log: Database) -> None:
    held(log, PROBLEM)
    state = do(log, c.RecuseInspector(person="zhao", reason="亲属在该单位任职"), OTHER)
    assert state.team == ("office-2",)
    for command in (PROBLEM, c.ReportOnSite(text="报告")):
        assert refusal(log, command, OTHER)[0] == "recused"


def test_nobody_checks_what_he_reported_or_typed(log: Database) -> None:
    held(log, PROBLEM)
    do(log, c.ReportRectification(no=1, text="电话说已更换"), OFFICE)
    assert refusal(log, c.CheckRectification(no=1, passed=True, text="好"), OFFICE)[0] == "forbidden"
    do(log, c.CheckRectification(no=1, passed=True, text="好"), SECOND)


def test_a_limit_reaches_the_desk_of_the_unit_and_when_it_passed_that_of_the_office_has_no_explanation(
    log: Database,
) -> None:
    state = held(log, PROBLEM)
    [mine] = owed_by_unit(state, "gengxin", date(2022, 3, 18))
    assert (mine.what, mine.overdue) == ("整改第1项问题（2022-03-18 前）：围挡破损", False)
    [late] = owed_by_unit(state, "gengxin", date(2022, 3, 19))
    assert (late.what, late.overdue) == ("整改第1项问题（2022-03-18 前，已逾期）：围挡破损", True)
    assert list(owed_by_unit(state, "zhujian", date(2022, 3, 19))) == []
    explained = {u.text: u.explanation for u in unanswered_problems([state], date(2022, 3, 18))}
    assert explained == {"第1项：围挡破损": "整改时限 2022-03-18 未到", "督查结论还没有反馈": "督查报告尚未提交"}
    assert next(u.explanation for u in unanswered_problems([state], date(2022, 3, 19))) is None
    state = do(log, c.ReportRectification(no=1, text="已更换"), LIAISON)
    assert [d.what for d in owed_by_office(state, PLAN, date(2022, 3, 19))] == ["提交督查报告", "核查第1项问题的整改"]
    assert next(u.explanation for u in unanswered_problems([state], date(2022, 3, 19))) == "2022-03-07 反馈整改，待核查"
    state = do(log, c.ReportOnSite(text="良好"), SECOND)
    assert [u.explanation for u in unanswered_problems([state], date(2022, 3, 19))][1] is None


def test_the_unit_hears_at_once_and_again_before_the_limit_unless_it_has_reported(log: Database) -> None:
    state = held(log, PROBLEM)
    house, before = RecipientDirectory(PEOPLE, CALENDAR, lambda i: i), None
    told = []
    events = reading.read_stream(log, state.stream)
    for event in events:
        after = fold_events(state.stream, before, [event])
        assert isinstance(after, OnSite)
        told += [(event, n) for n in onsite_notices(event, before, after, house)]
        before = after
    assert {n.person for _, n in told} == {"li", "head"}
    assert [n.text for _, n in told if n.person == "li"] == [
        "督查发现：围挡破损",
        "第1项问题的整改时限 2022-03-18 将到。请反馈整改情况",
    ]
    event, reminder = told[-1]
    assert reminder.due_at == CALENDAR.opens(CALENDAR.add_workdays(date(2022, 3, 18), -3))
    assert what_became_of(event, state) is Since.STANDS
    state = do(log, c.ReportRectification(no=1, text="已更换"), LIAISON, DAY + timedelta(hours=1))
    assert what_became_of(event, state) is Since.OVERTAKEN


def typed_for_leader(*, paper: str | None = None) -> Actor:
    behalf = FOR_LEADER.on_behalf_of
    assert behalf is not None
    return OFFICE.model_copy(update={"on_behalf_of": behalf.model_copy(update={"paper": paper})})


def test_a_policy_that_asks_for_papers_and_channels_asks_them_of_inspections_too(log: Database) -> None:
    """Typed for a leader without the paper, or for a unit without how it came: refused where the policy says so."""
    assert planned(log, key="二").number  # under the policy of before nothing is asked
    policy = Policy(version="凭文件", paper_required=True, channel_required=True)
    record_office_events(
        log, POLICY_STREAM, [PolicyAdopted(policy=policy)], actor=OFFICE, command_id="policy-1", now=PLANNED
    )
    said = refusal(log, c.PlanOnSite(plan=PLAN), typed_for_leader(), PLANNED)
    assert said == ("practice", "代录领导决定没有写明所凭文件（--paper 文号）")
    held(log, PROBLEM)
    said = refusal(log, c.ReportRectification(no=1, text="已修"))
    assert (said[0], "--via" in said[1]) == ("practice", True)
    assert do(log, c.ReportRectification(no=1, text="已修"), LIAISON).findings


def test_who_had_to_leave_a_team_is_not_put_into_it_again(log: Database) -> None:
    planned(log)
    do(log, c.RecuseInspector(person="zhao", reason="亲属"), OTHER, PLANNED)
    code, words = refusal(log, c.ReplanOnSite(plan=PLAN, reason="人手"), FOR_LEADER, PLANNED)
    assert (code, "赵五已回避" in words) == ("recused", True)
    state = do(log, c.ReplanOnSite(plan=PLAN.model_copy(update={"members": ()}), reason="x"), FOR_LEADER, PLANNED)
    assert state.team == ("office-2",)


def test_a_leader_of_a_team_may_leave_it_after_it_went_out(log: Database) -> None:
    """Before, another is set; afterwards no plan can be changed any more, and the office goes on without him."""
    planned(log)
    code, words = refusal(log, c.RecuseInspector(person="office-2", reason="亲属"), SECOND, PLANNED)
    assert (code, "replan" in words) == ("refused", True)
    do(log, c.HoldOnSite(plan=PLAN), SECOND)
    assert do(log, c.RecuseInspector(person="office-2", reason="亲属"), SECOND).team == ("zhao",)
    assert refusal(log, PROBLEM, SECOND)[0] == "recused"
    assert do(log, PROBLEM, OFFICE).findings


def test_leaving_the_team_of_a_sealed_inspection_says_how(log: Database) -> None:
    do(log, c.PlanOnSite(plan=PLAN, sealed_plan=seal_plan(log, onsite_stream("一"), PLAN)), FOR_LEADER, PLANNED)
    _, words = refusal(log, c.RecuseInspector(person="zhao", reason="亲属"), OTHER, PLANNED)
    assert "replan" in words


def test_what_is_found_of_a_matter_is_found_at_a_unit_that_handles_it(log: Database) -> None:
    """Else 不实 would count in the score of a unit nobody inspected."""
    act(log, "matter/a", opening("修路", lead=ASSIST), OFFICE, PLANNED)
    act(log, "matter/b", opening("围挡"), OFFICE, PLANNED)
    other, own = (MatterRef(stream=f"matter/{x}", number=f"XMH-2022-00{n}") for x, n in (("a", 1), ("b", 2)))
    code, words = refusal(log, c.PlanOnSite(plan=PLAN.model_copy(update={"matters": (other,)})), FOR_LEADER, PLANNED)
    assert (code, "不由督查对象办理" in words) == ("malformed", True)
    held(log)
    code, words = refusal(log, PROBLEM.model_copy(update={"matter": other}))
    assert (code, "XMH-2022-001 不由该单位办理" in words) == ("malformed", True)
    assert do(log, PROBLEM.model_copy(update={"matter": own})).findings


def test_overdue_rectification_goes_up_a_rung_a_morning_and_no_further_than_the_table_says(log: Database) -> None:
    held(log, PROBLEM)

    def rung_on(day: str) -> Rung:
        for _ in range(2):  # two workers, or one that looks twice
            look_in_the_morning(log, at(day, "09:00"))
        problem = reading.load(log, onsite_stream("一"))
        assert problem is not None
        assert isinstance(problem.state, OnSite)
        rectification = problem.state.findings[0].problem
        assert rectification is not None
        return rectification.rung

    assert rung_on("2022-03-18") is Rung.HANDLER, "the limit is that day"
    assert rung_on("2022-03-21") is Rung.UNIT_HEAD
    assert rung_on("2022-03-24") is Rung.UNIT_HEAD
    assert rung_on("2022-04-29") is Rung.OFFICE, "ten days over, and yet one rung at a time"
    assert rung_on("2022-04-29") is Rung.OFFICE, "not before the rung below had its time"
    assert rung_on("2022-05-09") is Rung.LEADER
    assert rung_on("2022-06-30") is Rung.LEADER
    said = [e for e in reading.read_stream(log, onsite_stream("一")) if e.type == "RectificationEscalated"]
    assert [e.actor.id for e in said] == [SYSTEM.id] * 3
    assert "整改逾期满5个工作日（时限 2022-03-18）" in said[1].payload


def test_what_was_reported_is_not_pressed_and_what_was_denied_goes_on_from_where_it_stood(log: Database) -> None:
    held(log, PROBLEM)
    look_in_the_morning(log, at("2022-03-21", "09:00"))
    do(log, c.ReportRectification(no=1, text="已修复"), LIAISON, at("2022-03-22", "10:00"))
    look_in_the_morning(log, at("2022-04-29", "09:00"))
    again = c.CheckRectification(no=1, passed=False, text="没有修", rectify_by=date(2022, 5, 6))
    state = do(log, again, SECOND, at("2022-04-29", "10:00"))
    assert state.findings[0].problem is not None
    assert state.findings[0].problem.rung is Rung.UNIT_HEAD
    refused = refusal(log, c.EscalateRectification(no=1, reason="拖延"), OFFICE, at("2022-05-05", "10:00"))
    assert refused == ("refused", "第1项整改没有逾期（时限 2022-05-06），不必升级")
    state = do(log, c.EscalateRectification(no=1, reason="拖延"), OFFICE, at("2022-05-09", "10:00"))
    assert state.findings[0].problem is not None
    assert state.findings[0].problem.rung is Rung.OFFICE
    up = c.EscalateRectification(no=1, reason="拖延")
    assert refusal(log, up, OFFICE, at("2022-05-09", "15:00"))[0] == "cooldown"
    assert refusal(log, up, LIAISON, at("2022-05-12"))[0] == "forbidden"
    do(log, up, FOR_LEADER, at("2022-05-12", "10:00"))
    [duty] = owed_by_leader(loaded(log), "leader", date(2022, 5, 12))
    assert duty.what == "整改第1项问题（2022-05-06 前，已逾期，已升至分管领导，核查1次未通过）：围挡破损，请协调推动"


def loaded(log: Database) -> OnSite:
    known = reading.load(log, onsite_stream("一"))
    assert known is not None
    assert isinstance(known.state, OnSite)
    return known.state


def test_what_was_cancelled_has_no_further_step(log: Database) -> None:
    planned(log)
    do(log, c.CancelOnSite(reason="并入专项"))
    code, words = refusal(log, c.HoldOnSite(plan=PLAN), SECOND)
    assert (code, "已取消（并入专项）" in words) == ("refused", True)


def test_a_limit_put_off_is_that_of_the_problem_that_is_meant(log: Database) -> None:
    held(log, PROBLEM, PROBLEM.model_copy(update={"text": "道路扬尘"}))
    state = do(log, c.ExtendRectification(no=2, to=date(2022, 3, 25), reason="连续降雨"))
    limits = [f.problem.rectify_by for f in state.problems if f.problem]
    assert limits == [date(2022, 3, 18), date(2022, 3, 25)]


def test_what_passed_has_no_new_limit(log: Database) -> None:
    held(log, PROBLEM)
    do(log, c.ReportRectification(no=1, text="已更换"), LIAISON)
    check = c.CheckRectification(no=1, passed=True, text="好", rectify_by=date(2022, 4, 1))
    code, words = refusal(log, check, SECOND)
    assert (code, "不必再填整改时限" in words) == ("malformed", True)


def test_every_open_problem_is_listed_also_behind_one_that_is_closed(log: Database) -> None:
    state = held(log, PROBLEM, PROBLEM.model_copy(update={"text": "道路扬尘"}))
    do(log, c.ReportRectification(no=1, text="已更换"), LIAISON)
    state = do(log, c.CheckRectification(no=1, passed=True, text="到位"), SECOND)
    assert [u.text for u in unanswered_problems([state], date(2022, 3, 8))][:1] == ["第2项：道路扬尘"]


@pytest.mark.parametrize("covert", [False, True])
def test_a_plan_from_before_there_were_bounds_may_be_moved_and_nothing_longer_put_into_it(
    log: Database, *, covert: bool
) -> None:
    basis = Basis(kind=BasisKind.DOCUMENT, text="依" * 800, no="号" * 300)
    old = PLAN.model_copy(update={"title": "长" * 700, "basis": basis})

    def sealed(plan: OnSitePlan) -> str | None:
        return seal_plan(log, onsite_stream("一"), plan) if covert else None

    shown = None if covert else old
    event = OnSitePlanned(covert=covert, approver="leader", plan=shown, sealed_plan=sealed(old))
    record_drafted(
        log,
        onsite_stream("一"),
        lambda _: (event.draft(PLANNED),),
        actor=FOR_LEADER,
        command_id="old-plan-1",
        now=PLANNED,
        content={},
    )
    later = old.model_copy(update={"on": date(2022, 3, 10), "until": date(2022, 3, 10)})
    state = do(log, c.ReplanOnSite(plan=later, sealed_plan=sealed(later), reason="改期"), FOR_LEADER, PLANNED)
    assert known_plan(log, state) == later
    longer = later.model_copy(update={"title": "长" * 701})
    _, words = refusal(log, c.ReplanOnSite(plan=longer, sealed_plan=sealed(longer), reason="改"), FOR_LEADER, PLANNED)
    assert "701字，最多500字" in words
