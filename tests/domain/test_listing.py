"""挂牌 register, 约谈, 红黄牌: each by decision, each with its reason."""

from datetime import date, timedelta
from typing import Any

from domain import commands as c
from domain.closing import unfinished
from domain.log import Rulebook
from domain.meetings.terms import Outcome
from domain.periods import PeriodLength
from domain.policy import CardRule, Policy
from domain.queries.changed import changed_by_command
from domain.terms import Card, Trigger
from tests.support.life import CALENDAR, Life, at
from tests.support.office import AUDITOR, FOR_LEADER, LEADER, LIAISON, OFFICE, SECOND, opening

ENTER = c.ListMatter(reason="久拖不决", exit_when="完成土方外运")
CARDS = Policy(
    version="红黄牌",
    cards=(
        CardRule(trigger=Trigger.OVERDUE, after=5, card=Card.YELLOW),
        CardRule(trigger=Trigger.OVERDUE, after=10, card=Card.RED),
    ),
)


def accepted(policy: Policy | None = None, **more: Any) -> Life:
    life = Life(rulebook=Rulebook(version=1, calendar=CALENDAR, policy=policy or Policy()))
    life.do(opening(**{"rhythm": "once", **more}))
    life.do(c.AcceptReceipt(), LIAISON)
    return life


def test_a_matter_is_listed_for_a_reason_until_its_condition_is_met() -> None:
    life = accepted()
    for actor in (OFFICE, LIAISON, AUDITOR):
        life.refuses(ENTER, actor)
    life.refuses(c.ListMatter(reason="拖"), FOR_LEADER, words="须写明摘牌条件", code="malformed")
    life.refuses(c.ListMatter(exit_when="完成"), FOR_LEADER, words="须说明理由", code="malformed")
    life.do(ENTER, FOR_LEADER)
    life.refuses(ENTER, FOR_LEADER, words="已于 2022-03-07 挂牌督办")
    life.refuses(c.DelistMatter(), FOR_LEADER, words="摘牌条件：完成土方外运", code="malformed")
    life.refuses(c.DelistMatter(met=True), OFFICE, code="unsigned")
    life.do(c.DelistMatter(met=True), LEADER)
    [line] = life.m.listings
    assert (line.reason, line.exit_when, line.left_on, line.met) == ("久拖不决", "完成土方外运", date(2022, 3, 7), True)
    life.refuses(c.DelistMatter(met=True), FOR_LEADER, words="没有挂牌督办")


def test_a_second_listing_leaves_the_first_line_as_it_was() -> None:
    life = accepted()
    life.do(ENTER, FOR_LEADER)
    life.do(c.DelistMatter(met=True), LEADER)
    first = life.m.listings
    life.do(c.ListMatter(reason="再次拖延", exit_when="完成图审"), FOR_LEADER)
    life.do(c.DelistMatter(met=True), LEADER)
    assert life.m.listings[:-1] == first
    assert [line.reason for line in life.m.listings] == ["久拖不决", "再次拖延"]


def test_whoever_lists_interviews_or_delists_is_told_what_changed() -> None:
    life = accepted()
    told = []
    talk = c.HoldInterview(unit="gengxin", people=("li",), text="限期整改")
    for command, actor in ((ENTER, FOR_LEADER), (talk, OFFICE), (c.DelistMatter(met=True), LEADER)):
        before = life.m
        life.do(command, actor)
        told.append(changed_by_command(before, life.m))
    assert told == [("摘牌条件：完成土方外运",), ("第1次约谈",), ("已摘牌，条件已达到",)]


def test_what_a_meeting_listed_gets_its_condition_afterwards_from_the_office() -> None:
    life = accepted()
    listed = c.RecordDecision(meeting="第4次例会", text="进度严重滞后", outcome=Outcome.LISTED)
    life.do(listed, FOR_LEADER)
    life.refuses(c.ListMatter(reason="补"), OFFICE, words="请写明摘牌条件", code="malformed")
    life.do(c.ListMatter(exit_when="完成土方外运"), OFFICE)
    [line] = life.m.listings
    assert (line.by, line.reason, line.exit_when) == ("第4次例会", "进度严重滞后", "完成土方外运")


def test_closing_a_listed_matter_asks_to_delist() -> None:
    life = accepted()
    life.do(ENTER, FOR_LEADER)
    assert unfinished(life.m, (), Policy()) == ("挂牌督办尚未摘牌",)
    life.refuses(c.RequestClosure(text="完成"), LIAISON, words="挂牌督办尚未摘牌", code="unfinished")
    over = accepted()
    over.do(ENTER, FOR_LEADER)
    over.do(c.RequestClosure(text="完成", over_unfinished="领导同意"), LIAISON)
    over.do(c.ReviewClosure(approve=True), SECOND)
    assert (over.m.listed, over.m.listings[0].left_by) == (False, "销号")
    life.do(c.DelistMatter(met=True), FOR_LEADER)
    life.do(c.RequestClosure(text="完成"), LIAISON)


def test_one_without_an_end_comes_off_the_register_before_it_ends() -> None:
    life = Life()
    life.do(opening(due=None, period=PeriodLength.MONTH))
    life.do(c.AcceptReceipt(), LIAISON)
    life.do(ENTER, FOR_LEADER)
    life.refuses(c.RequestClosure(text="结束"), FOR_LEADER, words="请先摘牌", code="unfinished")


def test_an_interview_is_with_people_of_a_unit_that_handles_the_matter() -> None:
    life = accepted()
    talk = c.HoldInterview(unit="gengxin", people=("head",), text="表态月底前完成")
    for actor in (LIAISON, AUDITOR):
        life.refuses(talk, actor, code="forbidden")
    life.refuses(talk.model_copy(update={"unit": "zhujian"}), words="不由该人员所在单位办理", code="forbidden")
    life.refuses(talk.model_copy(update={"occurred_at": at(3, 1)}), words="早于", code="malformed")
    life.refuses(talk.model_copy(update={"occurred_at": at(4, 1)}), words="不能晚于现在", code="malformed")
    life.do(talk, FOR_LEADER)
    [held] = life.m.interviews
    assert (held.unit, held.people, held.interviewer) == ("gengxin", ("head",), "leader")


def given(life: Life) -> list[tuple[str, str | None]]:
    return [(x.card.value, x.withdrawn) for x in life.m.cards]


def test_a_card_for_missed_reports_says_that_they_are_several() -> None:
    cards = Policy(version="红黄牌", cards=(CardRule(trigger=Trigger.MISSED, after=2, card=Card.YELLOW),))
    life = accepted(cards, rhythm="weekly")
    missed = 0
    while missed < 2:
        life.refuses(c.IssueCard(), FOR_LEADER, words="没有达到发红黄牌的情形", code="no_card")
        life.wait_until(life.now + timedelta(days=7))
        missed = life.m.missed_in_row
    life.do(c.IssueCard(), FOR_LEADER)
    assert life.m.cards[0].reason.startswith("连续2次漏报2022年第")


def test_a_card_is_given_for_what_the_policy_names_once_a_cause_and_by_a_leader() -> None:
    accepted().refuses(c.IssueCard(), FOR_LEADER, words="没有红黄牌", code="no_card")
    life = accepted(CARDS, due=date(2022, 3, 31))
    life.refuses(c.IssueCard(), FOR_LEADER, words="没有达到发红黄牌的情形", code="no_card")
    life.wait_until(at(4, 12))
    for actor in (OFFICE, LIAISON, AUDITOR):
        life.refuses(c.IssueCard(), actor)
    life.refuses(c.IssueCard(card=Card.RED), FOR_LEADER, words="应发黄牌（逾期满5个工作日", code="no_card")
    life.do(c.IssueCard(), FOR_LEADER)
    life.refuses(c.IssueCard(), FOR_LEADER, code="no_card")
    life.wait_until(at(4, 19))
    life.do(c.IssueCard(card=Card.RED), FOR_LEADER)
    assert given(life) == [("yellow", None), ("red", None)]
    life.refuses(c.WithdrawCard(no=3, reason="误发"), FOR_LEADER, code="not_found")
    life.refuses(c.WithdrawCard(no=1, reason="误发"), OFFICE, code="unsigned")
    life.do(c.WithdrawCard(no=1, reason="误发"), FOR_LEADER)
    assert given(life) == [("yellow", "误发"), ("red", None)]
    life.refuses(c.WithdrawCard(no=1, reason="误发"), FOR_LEADER, words="已撤回")
