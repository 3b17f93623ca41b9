"""考核: rules of addition and deduction as policy, frozen at a day, appeal, approval, 结果运用; nobody is ranked."""

from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain import commands as c
from domain.assessment import rules as r
from domain.assessment.assessment import Assessment
from domain.assessment.events import ResultUse, ScoreAdjusted
from domain.base import Frozen, Refusal
from domain.envelope import Actor
from domain.notices.assessments import assessment_notices
from domain.notices.people import RecipientDirectory
from domain.office import PolicyAdopted
from domain.policy import Policy, ScoreRule
from domain.queries.score import score
from domain.terms import ScoredOutcome
from eventlog import reading
from eventlog.database import Database
from eventlog.readmodel import fold_events
from services.assessments import open_assessment, record_assessment
from services.office_records import record_office_events
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
from tests.support.streams import POLICY_STREAM

UNTIL = date(2022, 3, 31)
TOLD, LAST, AFTER = at("2022-04-01"), at("2022-04-11"), at("2022-04-12")


@pytest.fixture
def log(tmp_path: Path) -> Database:
    """One matter closed in time by 区更新局 with 区住建局 assisting, and one of 区住建局 overdue."""
    log = founded(sqlite(tmp_path))
    act(log, "matter/a", opening(assist=[ASSIST]), OFFICE, at("2022-03-07"))
    act(log, "matter/a", c.AcceptReceipt(), LIAISON, at("2022-03-07"))
    act(log, "matter/a", c.RequestClosure(text="完成"), LIAISON, at("2022-03-09"))
    act(log, "matter/a", c.ReviewClosure(approve=True), SECOND, at("2022-03-10"))
    act(log, "matter/b", opening("修路", lead=ASSIST, due=date(2022, 3, 15)), OFFICE, at("2022-03-07"))
    act(log, "matter/b", c.AcceptReceipt(), OTHER, at("2022-03-07"))
    return log


def told(log: Database) -> Assessment:
    return open_assessment(log, UNTIL, actor=OFFICE, command_id=uuid4().hex, now=TOLD)


def do(log: Database, command: Frozen, actor: Actor = FOR_LEADER, now: datetime = TOLD) -> Assessment:
    return record_assessment(log, UNTIL, command, actor=actor, command_id=uuid4().hex, now=now)


def refusal(log: Database, command: Frozen, actor: Actor = FOR_LEADER, now: datetime = TOLD) -> tuple[str, str]:
    before = reading.newest_event(log)
    with pytest.raises(Refusal) as refused:
        do(log, command, actor, now)
    assert reading.newest_event(log) == before
    return refused.value.code, refused.value.message


def totals(state: Assessment) -> list[tuple[str, int]]:
    return [(s.unit, state.total(s.unit)) for s in state.scores]


PLUS = r.AdjustScore(unit="gengxin", points=3, reason="受到市领导肯定")
APPEAL = r.RaiseAppeal(text="3月15日已提交延期申请")


def test_scores_are_frozen_at_the_day_in_the_order_of_the_directory(log: Database) -> None:
    state = told(log)
    assert totals(state) == [("gengxin", 2), ("zhujian", -1)]
    assert state.appeal_by == date(2022, 4, 11)
    act(log, "matter/b", c.RequestClosure(text="完成", over_unfinished="补"), OTHER, at("2022-04-06"))
    act(log, "matter/b", c.ReviewClosure(approve=True, over_unfinished="补"), SECOND, at("2022-04-06"))
    loaded = reading.load(log, state.stream)
    assert loaded is not None
    assert loaded.state == state
    with pytest.raises(Refusal) as refused:
        told(log)
    assert refused.value.code == "frozen"


def test_the_policy_says_what_each_outcome_adds_or_deducts(log: Database) -> None:
    rules = (
        ScoreRule(outcome=ScoredOutcome.IN_TIME, lead=5, assist=1),
        ScoreRule(outcome=ScoredOutcome.OVERDUE, lead=-10),
    )
    policy = Policy(version="加减分", scoring=rules)
    record_office_events(
        log, POLICY_STREAM, [PolicyAdopted(policy=policy)], actor=OFFICE, command_id="policy-1", now=at("2022-03-20")
    )
    state = told(log)
    assert totals(state) == [("gengxin", 5), ("zhujian", -9)]
    assert state.policy == "加减分"
    with pytest.raises(ValueError, match="同一种结果写了两次"):
        Policy(scoring=(rules[0], rules[0]))
    assert score("gengxin", [], UNTIL, policy) == ()


@pytest.mark.parametrize(
    ("until", "actor", "code"),
    [
        (date(2022, 4, 1), OFFICE, "malformed"),
        (date(2021, 12, 31), OFFICE, "nothing_scored"),
        (UNTIL, LIAISON, "forbidden"),
        (UNTIL, AUDITOR, "forbidden"),
    ],
)
def test_an_assessment_that_must_not_be_is_refused(log: Database, until: date, actor: Actor, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_assessment(log, until, actor=actor, command_id=uuid4().hex, now=TOLD)
    assert refused.value.code == code


def test_points_beside_the_rules_need_a_leader(log: Database) -> None:
    told(log)
    for actor in (OFFICE, LIAISON):
        assert refusal(log, PLUS, actor)[0] == "unsigned"
    assert refusal(log, PLUS.model_copy(update={"points": 0}))[0] == "malformed"
    assert refusal(log, PLUS.model_copy(update={"unit": "consult"}))[0] == "not_assessed"
    assert totals(do(log, PLUS))[0] == ("gengxin", 5)
    event = ScoreAdjusted(no=9, unit="gengxin", points=9, reason="x", approver="leader")
    with pytest.raises(Refusal):
        record_office_events(log, f"assessment/{UNTIL}", [event], actor=OFFICE, command_id="past-the-rules", now=TOLD)


def test_a_unit_appeals_for_itself_within_the_window_and_an_upheld_appeal_moves_its_score(log: Database) -> None:
    told(log)
    assert refusal(log, APPEAL, OFFICE)[0] == "forbidden"
    assert refusal(log, APPEAL, OTHER, AFTER)[0] == "too_late"
    do(log, APPEAL, OTHER, LAST)
    assert "待答复的申诉" in refusal(log, APPEAL, OTHER, LAST)[1]
    yes = r.AnswerAppeal(no=1, upheld=True, points=1, text="核实属实")
    assert refusal(log, yes, OFFICE)[0] == "unsigned"
    assert refusal(log, yes.model_copy(update={"points": 0}))[0] == "malformed"
    assert refusal(log, yes.model_copy(update={"no": 2}))[0] == "not_found"
    state = do(log, yes, now=LAST)
    assert totals(state)[1] == ("zhujian", 0)
    assert (state.adjustments[0].appeal, state.appeals[0].upheld) == (1, True)
    assert "已答复" in refusal(log, yes, now=LAST)[1]


def test_it_is_settled_after_the_window_by_a_leader_and_then_changes_no_more(log: Database) -> None:
    told(log)
    praise = r.UseResult(unit="gengxin", use=ResultUse.PRAISE, text="通报表扬")
    assert "尚未定稿" in refusal(log, praise)[1]
    assert refusal(log, r.SettleAssessment(), now=LAST)[0] == "too_early"
    do(log, APPEAL, OTHER, LAST)
    assert "第1项申诉尚未答复" in refusal(log, r.SettleAssessment(), now=AFTER)[1]
    do(log, r.AnswerAppeal(no=1, upheld=False, text="延期未获批准"), now=AFTER)
    assert refusal(log, r.SettleAssessment(), OFFICE, AFTER)[0] == "unsigned"
    assert do(log, r.SettleAssessment(), now=AFTER).settled
    for command in (PLUS, r.SettleAssessment(), r.AnswerAppeal(no=1, upheld=False, text="再答")):
        assert refusal(log, command, now=AFTER)[0] == "frozen"
    assert refusal(log, APPEAL, HEAD, AFTER)[0] == "frozen"
    assert refusal(log, praise, OFFICE, AFTER)[0] == "unsigned"
    state = do(log, praise, now=AFTER)
    assert [(u.unit, u.use) for u in state.uses] == [("gengxin", ResultUse.PRAISE)]
    assert "已对该单位作出表扬" in refusal(log, praise, now=AFTER)[1]


def test_units_hear_of_their_own_and_no_score_goes_out(log: Database) -> None:
    told(log)
    do(log, APPEAL, OTHER)
    state = do(log, PLUS)
    house, before = RecipientDirectory(PEOPLE, CALENDAR, lambda i: i), None
    heard: dict[str, set[str]] = {}
    for event in reading.read_stream(log, state.stream):
        after = fold_events(state.stream, before, [event])
        assert isinstance(after, Assessment)
        for notice in assessment_notices(event, before, after, house):
            heard.setdefault(notice.text, set()).add(notice.person)
        before = after
    assert heard == {
        "考核结果已告知。请核对，有异议的于 2022-04-11 前申诉": {"li", "head", "zhao"},
        "考核申诉：3月15日已提交延期申请。请报领导答复": {"office-2"},
        "考核加减分：受到市领导肯定": {"li", "head"},
    }


def test_a_policy_adopted_after_the_day_is_not_said_to_be_what_it_was_scored_by(log: Database) -> None:
    policy = Policy(version="四月起", scoring=(ScoreRule(outcome=ScoredOutcome.OVERDUE, lead=-10),))
    record_office_events(
        log, POLICY_STREAM, [PolicyAdopted(policy=policy)], actor=OFFICE, command_id="policy-1", now=TOLD
    )
    state = told(log)
    assert totals(state) == [("gengxin", 2), ("zhujian", -1)]
    assert state.policy != "四月起"


def test_a_policy_that_asks_for_papers_asks_them_of_an_assessment_too(log: Database) -> None:
    policy = Policy(version="凭文件", paper_required=True)
    record_office_events(
        log, POLICY_STREAM, [PolicyAdopted(policy=policy)], actor=OFFICE, command_id="policy-1", now=TOLD
    )
    told(log)
    behalf = FOR_LEADER.on_behalf_of
    assert behalf is not None
    bare = OFFICE.model_copy(update={"on_behalf_of": behalf.model_copy(update={"paper": None})})
    assert refusal(log, PLUS, bare) == ("practice", "代录领导决定没有写明所凭文件（--paper 文号）")
    assert totals(do(log, PLUS)) == [("gengxin", 5), ("zhujian", -1)]
