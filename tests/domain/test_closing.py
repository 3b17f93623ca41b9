"""办结核验: what stands before whoever ends a matter, and what an inspection on the spot does to it."""

from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain import events as ev
from domain.closing import to_be_weighed
from domain.envelope import Actor
from domain.event import decode
from domain.facts import Attachment
from domain.log import Rulebook
from domain.policy import ClosingRule, Policy
from domain.queries.score import score
from domain.queries.telling import Rendering, tell_event
from domain.terms import Finding, MatterClass, ScoredOutcome, Stage
from tests.support.life import CALENDAR, Life, accepted, at
from tests.support.office import ASSIST, AUDITOR, FOR_LEADER, LIAISON, OFFICE, SECOND, opening

MAJOR = ClosingRule(klass=MatterClass.MAJOR, evidence=True, inspection=True, problem=True)
CHECKED = Policy(version="核验", closing=(MAJOR, ClosingRule(indicators=False)))
PROOF = (Attachment(name="验收单.pdf", sha256="0" * 64, size=1),)
SEEN = c.InspectMatter(text="现场已封顶", finding=Finding.TRUE)
WRONG = c.InspectMatter(text="现场未动工", finding=Finding.UNTRUE, inspector="第三方监理")


def at_work(policy: Policy = CHECKED, **more: Any) -> Life:
    life = accepted(**more)
    life.rulebook = Rulebook(version=2, calendar=CALENDAR, policy=policy)
    return life


def test_what_a_kind_of_matter_must_show_the_policy_says_row_by_row() -> None:
    life = at_work(klass="major")
    life.do(c.SubmitFeedback(text="完成", progress=100, problem="管线未迁"), LIAISON)
    refused = life.refuses(c.RequestClosure(text="完成"), LIAISON, code="unfinished")
    for words in ("牵头单位反映的问题“管线未迁”未销", "未附证明材料", "未经现场核查"):
        assert words in refused.message
    life.do(SEEN, SECOND)
    life.do(c.SubmitFeedback(text="管线已迁", progress=100), LIAISON)
    life.do(c.RequestClosure(text="完成", evidence=PROOF), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.m.stage is Stage.CLOSED


def test_a_row_may_leave_an_indicator_to_the_reviewer_who_sees_it_all_the_same() -> None:
    life = at_work(indicators=[{"name": "出土量", "unit": "方", "target": 9}])
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert to_be_weighed(life.m, (), life.rulebook.policy) == ("指标“出土量”应达9方，实为0方",)


def test_the_leads_problem_and_an_open_request_stand_before_the_reviewer_and_block_nothing_unasked() -> None:
    life = accepted()
    life.do(c.SubmitFeedback(text="完成", progress=100, problem="管线未迁"), LIAISON)
    life.do(c.RequestCoordination(unit=ASSIST, text="请迁管线"), LIAISON)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    weighed = to_be_weighed(life.m, (), life.rulebook.policy)
    assert weighed == ("牵头单位反映的问题“管线未迁”未销", "第1项协调请求未答复")
    life.do(c.ReviewClosure(approve=True), SECOND)


def test_what_an_inspection_found_since_the_request_needs_a_reason_of_its_own() -> None:
    life = accepted()
    life.do(c.SubmitFeedback(text="过半", progress=50), LIAISON)
    life.do(c.RequestClosure(text="完成", over_unfinished="余下移交"), LIAISON)
    life.do(WRONG, SECOND)
    refused = life.refuses(c.ReviewClosure(approve=True), SECOND, code="unfinished")
    assert "2022-03-07现场核查认定不实" in refused.message
    life.do(c.ReviewClosure(approve=True, over_unfinished="已责令整改，另行督办"), SECOND)
    [closed] = life.events(ev.MatterClosed)
    assert isinstance(closed, ev.MatterClosed)
    assert closed.unfinished == ("进度50%", "2022-03-07现场核查认定不实")
    assert closed.over_unfinished == "已责令整改，另行督办"


def test_a_meeting_ends_a_matter_on_the_same_terms_and_its_words_say_why() -> None:
    agreed = c.RecordDecision.model_validate(
        {
            "meeting": "月度会",
            "text": "先行销号",
            "outcome": "agreed",
            "subject": "closure",
            "minutes": "HY-1",
            "point": 1,
        }
    )
    life = at_work(klass="major")
    life.do(c.RequestClosure(text="完成", over_unfinished="证明后补"), LIAISON)
    life.do(agreed, FOR_LEADER)
    [closed] = life.events(ev.MatterClosed)
    assert isinstance(closed, ev.MatterClosed)
    assert closed.unfinished == ("未附证明材料", "未经现场核查")


def test_an_untrue_report_costs_the_unit_that_reported_as_much_as_the_policy_says() -> None:
    life = accepted(rhythm="once")
    life.do(WRONG, SECOND)
    life.do(c.AssignMatter(lead=ASSIST, reason="职能调整"))
    spring = date(2022, 3, 31)
    [line] = score("gengxin", [life.m], spring)
    assert (line.outcome, line.total, line.matters) == (ScoredOutcome.UNTRUE, -6, (life.m.number,))
    assert score("zhujian", [life.m], spring) == ()
    assert score("gengxin", [life.m], spring, Policy(untrue_times=0)) == ()
    life.do(c.InspectMatter(text="一半", finding=Finding.PARTLY), SECOND)
    [partly] = score("zhujian", [life.m], spring)
    assert (partly.outcome, partly.total) == (ScoredOutcome.PARTLY, -2)


def test_an_inspection_is_a_fact_of_its_own_also_after_the_end_and_of_the_day_it_was_held() -> None:
    life = accepted()
    life.do(c.RequestClosure(text="完成"), LIAISON)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.now = at(3, 21)
    life.do(WRONG.model_copy(update={"occurred_at": at(3, 18)}), OFFICE)
    [seen] = life.m.inspections
    assert (seen.on, seen.inspector, seen.unit, seen.authors) == (
        date(2022, 3, 18),
        "第三方监理",
        "gengxin",
        ("office",),
    )
    said = tell_event(decode(life.recorded[-1]), Rendering(name=str, open=str, person=str))
    assert said == "不实：现场未动工（核查：第三方监理）"
    assert life.m.stage is Stage.CLOSED


@pytest.mark.parametrize(
    ("command", "actor", "words"),
    [
        (SEEN, LIAISON, "须由办公室或领导"),
        (SEEN, AUDITOR, "只能查阅"),
        (SEEN.model_copy(update={"occurred_at": at(3, 8)}), OFFICE, "不能晚于现在"),
        (SEEN.model_copy(update={"occurred_at": at(3, 1)}), OFFICE, "早于"),
        (SEEN, OFFICE.model_copy(update={"unit": "gengxin"}), "本单位办理"),
    ],
)
def test_who_may_not_inspect_and_when_is_said_in_one_line(command: c.InspectMatter, actor: Actor, words: str) -> None:
    accepted().refuses(command, actor, words)


def test_neither_what_was_called_off_nor_who_recused_himself_is_of_use() -> None:
    life = accepted()
    life.do(c.DeclareRecusal(reason="亲属"), OFFICE)
    life.refuses(SEEN, OFFICE, code="recused")
    life.do(c.CancelMatter(reason="政策调整"), SECOND)
    life.refuses(SEEN, SECOND, words="已撤销")
    nobody = Life()
    nobody.do(opening(lead=None))
    nobody.refuses(SEEN, OFFICE, words="尚未明确牵头")
