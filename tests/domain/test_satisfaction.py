"""人大建议、群众诉求 …: their own limits, and 满意度 only of who raised the matter; 不满意 is 再办."""

from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain.facts import Origin
from domain.log import Rulebook
from domain.periods import PeriodLength
from domain.policy import Policy, SourceKind
from domain.terms import Satisfaction, Stage
from tests.support.life import CALENDAR, Life, at
from tests.support.office import AUDITOR, FOR_LEADER, LIAISON, OFFICE, SECOND, opening

PROPOSAL = Origin(kind="人大建议", no="第31号", askers=("张代表", "李代表"))
HOTLINE = Origin(kind="群众诉求", no="工单202203070001", askers=("来电人王某",))


def handled(origin: Origin = PROPOSAL, **more: Any) -> Life:
    life = Life()
    life.do(opening(due=None, origin=origin, rhythm="once", **more))
    life.do(c.AcceptReceipt(), LIAISON)
    return life


def answered(origin: Origin = PROPOSAL) -> Life:
    life = handled(origin)
    life.do(c.RequestClosure(text="已答复"), LIAISON)
    return life


def said(satisfaction: Satisfaction, by: str = "张代表", text: str | None = None) -> c.RateMatter:
    return c.RateMatter(by=by, satisfaction=satisfaction, text=text)


YES, NO = said(Satisfaction.SATISFIED), said(Satisfaction.DISSATISFIED, text="没有时间表")


@pytest.mark.parametrize(("origin", "due"), [(PROPOSAL, date(2022, 6, 6)), (HOTLINE, date(2022, 3, 14))])
def test_each_kind_has_its_own_limit(origin: Origin, due: date) -> None:
    life = handled(origin)
    assert (life.m.due, life.m.source) == (due, origin.kind)


def test_a_kind_the_policy_does_not_know_and_an_asker_nobody_named_are_refused() -> None:
    unknown = PROPOSAL.model_copy(update={"kind": "市长信箱"})
    Life().refuses(opening(due=None, origin=unknown), words="没有“市长信箱”这种来源，现有：人大建议", code="malformed")
    nobody = PROPOSAL.model_copy(update={"askers": ()})
    Life().refuses(opening(due=None, origin=nobody), words="须写明提出人", code="malformed")
    Life().refuses(opening(due=date(2022, 6, 1), origin=unknown), code="malformed")
    life = Life()
    life.do(opening(due=None, origin=Origin(kind="巡察整改", no="第2条")))
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.RequestClosure(text="已整改"), LIAISON)
    life.refuses(YES, words="没有登记提出人", code="no_asker")
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.m.stage is Stage.CLOSED


def test_who_raised_it_is_heard_before_its_end() -> None:
    life = answered()
    life.refuses(c.ReviewClosure(approve=True), SECOND, words="提出人尚未评价满意度", code="unfinished")
    life.do(YES)
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert life.m.stage is Stage.CLOSED
    unreached = answered()
    unreached.do(c.ReviewClosure(approve=True, over_unfinished="多次联系不上"), SECOND)
    assert unreached.m.closed is not None
    assert unreached.m.closed.unfinished == ("提出人尚未评价满意度",)


def test_a_strangers_word_and_one_before_the_answer_are_refused() -> None:
    life = handled()
    life.refuses(YES, words="还没有办结答复")
    life = answered()
    life.refuses(said(Satisfaction.SATISFIED, "路人"), words="不是 XMH-2022-001 的提出人", code="stranger")
    for actor in (LIAISON, AUDITOR):
        life.refuses(YES, actor, code="forbidden")
    life.refuses(said(Satisfaction.DISSATISFIED), words="须写明不满意在哪里", code="malformed")
    life.do(YES)
    life.refuses(YES, words="已作同样的评价")
    plain = Life()
    plain.do(opening())
    plain.refuses(YES, code="no_asker")


def test_not_satisfied_before_the_end_is_done_again_within_its_days() -> None:
    life = answered(HOTLINE)
    no = said(Satisfaction.DISSATISFIED, "来电人王某", "噪音照旧")
    life.now = at(3, 14)
    life.do(no)
    assert (life.m.stage, life.m.due, life.m.rated) == (Stage.IN_PROGRESS, date(2022, 3, 17), ())
    assert life.m.counts.returns == 1
    life.do(c.RequestClosure(text="已再办"), LIAISON)
    life.refuses(c.ReviewClosure(approve=True), SECOND, code="unfinished")
    life.do(said(Satisfaction.MOSTLY, "来电人王某"))
    life.do(c.ReviewClosure(approve=True), SECOND)
    assert [r.satisfaction for r in life.m.ratings] == [Satisfaction.DISSATISFIED, Satisfaction.MOSTLY]


def test_not_satisfied_after_the_end_reopens_it() -> None:
    life = answered()
    life.do(YES)
    life.do(c.ReviewClosure(approve=True), SECOND)
    life.wait_until(at(7, 1))
    life.do(said(Satisfaction.DISSATISFIED, "李代表", "没有兑现"), OFFICE)
    assert (life.m.stage, life.m.due) == (Stage.IN_PROGRESS, date(2022, 8, 1))


def test_a_policy_names_its_kinds_once_each() -> None:
    twice = (SourceKind(name="投诉", days=5), SourceKind(name="投诉", days=7))
    with pytest.raises(ValueError, match="同一种来源写了两次"):
        Policy(sources=twice)


def test_what_has_no_end_is_done_again_in_the_period_of_the_day() -> None:
    life = Life()
    life.do(opening(due=None, origin=PROPOSAL, rhythm="once", period=PeriodLength.MONTH))
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(c.RequestClosure(text="已建制度"), FOR_LEADER)
    life.do(NO)
    assert (life.m.stage, life.m.due) == (Stage.IN_PROGRESS, date(2022, 3, 31))
    assert life.m.running is not None
    assert (life.m.running.key, life.m.running.due) == ("2022-03", date(2022, 3, 31))


def test_a_kind_the_policy_has_dropped_is_done_again_within_thirty_days() -> None:
    life = answered()
    life.rulebook = Rulebook(version=2, calendar=CALENDAR, policy=Policy(version="新", sources=()))
    life.now = at(6, 6)
    life.do(NO)
    assert life.m.due == date(2022, 7, 6)
    assert life.types[-2:] == ["ClosureReturned", "DeadlineMoved"]


def test_a_limit_that_is_later_anyway_is_not_moved() -> None:
    life = answered(HOTLINE)
    life.do(said(Satisfaction.DISSATISFIED, "来电人王某", "噪音照旧"))
    assert life.m.due == date(2022, 3, 14)
    assert "DeadlineMoved" not in life.types
