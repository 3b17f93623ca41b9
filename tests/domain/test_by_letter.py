"""商请: 市级部门 and companies are asked, not ordered: no 挂牌, the words of a request, a reply under its 来函文号."""

from datetime import date

import pytest

from domain import commands as c
from domain import events as ev
from domain.event import Event
from domain.facts import UnitRef
from domain.meetings.terms import Outcome
from domain.notices.telling import RULES, _asked
from domain.queries.score import score
from domain.terms import ReportChannel, Rung, Supervision
from tests.support.life import Life, at
from tests.support.office import FOR_LEADER, LEAD, LIAISON, OFFICE, opening

CITY = UnitRef(id="gengxin", supervision=Supervision.BY_LETTER)
DUE = date(2022, 3, 31)


def life(lead: UnitRef = CITY) -> Life:
    """A matter a city department was asked to handle."""
    started = Life()
    started.do(opening(lead=lead, due=DUE))
    started.do(c.AcceptReceipt(), LIAISON)
    return started


def listed() -> c.RecordDecision:
    return c.RecordDecision(meeting="月度指挥部会议", text="挂牌", outcome=Outcome.LISTED)


def test_who_is_asked_by_letter_is_never_listed() -> None:
    asked = life()
    assert asked.m.by_letter
    asked.refuses(listed(), FOR_LEADER, words="由商请单位牵头，不能挂牌督办")
    by_leader = c.ListMatter(reason="久拖不决", exit_when="完成改迁")
    asked.refuses(by_leader, FOR_LEADER, words="由商请单位牵头，不能挂牌督办")
    interview = c.HoldInterview(unit="gengxin", people=("li",), text="约谈")
    asked.refuses(interview, FOR_LEADER, words="由商请单位牵头，不能约谈")
    asked.refuses(c.IssueCard(), FOR_LEADER, words="由商请单位牵头，不能发红黄牌")
    ours = life(LEAD)
    assert not ours.m.by_letter
    ours.do(listed(), FOR_LEADER)
    other = UnitRef(id="zhujian", supervision=Supervision.BY_LETTER)
    ours.refuses(c.AssignMatter(lead=other, reason="改由市里办"), FOR_LEADER, words="请先摘牌")


def test_it_is_urged_in_the_words_of_a_request_and_without_a_colour() -> None:
    asked, ours = life(), life(LEAD)
    for one in (asked, ours):
        one.do(c.IssueUrge())
        one.now = at(4, 8)
    said, ordered = (one.events(ev.UrgeIssued)[-1] for one in (asked, ours))
    assert isinstance(said, ev.UrgeIssued)
    assert isinstance(ordered, ev.UrgeIssued)
    assert said.reason == "商请加快办理“推进国际交流中心一期主体施工”并函复进展"
    assert ordered.reason.startswith("请尽快反馈")
    asked.do(c.RemindUnit())
    reminded = asked.events(ev.UnitReminded)[-1]
    assert isinstance(reminded, ev.UnitReminded)
    assert reminded.text.startswith("商请按期函复")


def test_the_clock_urges_and_carries_it_up_on_our_own_side() -> None:
    asked, ours = life(), life(LEAD)
    for one in (asked, ours):
        one.wait_until(at(4, 15))
    urges = [e.reason for e in asked.events(ev.UrgeIssued) if isinstance(e, ev.UrgeIssued)]
    assert urges
    assert all("商请" in reason for reason in urges)
    rungs = [e.to_rung for e in asked.events(ev.MatterEscalated) if isinstance(e, ev.MatterEscalated)]
    assert Rung.UNIT_HEAD not in rungs
    assert Rung.OFFICE in rungs
    reasons = [e.reason for e in asked.events(ev.MatterEscalated) if isinstance(e, ev.MatterEscalated)]
    assert reasons[0].endswith("提请指挥部办公室出面商请")
    assert Rung.UNIT_HEAD in [e.to_rung for e in ours.events(ev.MatterEscalated) if isinstance(e, ev.MatterEscalated)]


def test_by_hand_it_goes_up_past_the_head_of_a_house_that_is_not_ours() -> None:
    asked = life()
    asked.do(c.EscalateMatter(reason="两次函商未复"))
    assert asked.m.rung is Rung.OFFICE


def test_a_reply_is_registered_once_under_the_number_of_its_letter() -> None:
    asked = life()
    said = {"text": "已纳入市级计划", "via": ReportChannel.LETTER, "for_unit": "gengxin"}
    reply = c.SubmitFeedback.model_validate({**said, "letter": "深规函[2022]5号"})
    asked.do(reply, OFFICE)
    assert list(asked.m.letters) == ["深规函〔2022〕5号"]
    again = reply.model_copy(update={"letter": "深规函（2022）5号"})
    asked.refuses(again, OFFICE, words="来函 深规函〔2022〕5号 已登记")
    asked.refuses(reply.model_copy(update={"letter": None}), OFFICE, words="须写明来函文号", code="malformed")
    phone = reply.model_copy(update={"via": ReportChannel.PHONE, "letter": "深规函〔2022〕6号"})
    asked.refuses(phone, OFFICE, words="只用于来函答复")
    zhujian = UnitRef(id="zhujian", supervision=Supervision.BY_LETTER)
    asked.do(c.RequestCoordination(unit=zhujian, text="请提供管线图"), OFFICE)
    asked.do(c.AnswerCoordination(text="已提供", letter="深水函〔2022〕9号"), OFFICE)
    assert "深水函〔2022〕9号" in asked.m.letters


def test_who_is_asked_by_letter_is_not_scored() -> None:
    asked, ours = life(), life(LEAD)
    for one in (asked, ours):
        one.wait_until(at(4, 15))
    assert score("gengxin", [asked.m], date(2022, 4, 15)) == ()
    assert score("gengxin", [ours.m], date(2022, 4, 15)) != ()


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (ev.UrgeIssued, "商请尽快反馈办理情况"),
        (ev.NearDueWarned, "商请按时办结"),
        (ev.ExtensionRequested, "请批复"),
    ],
    ids=["催办", "临期", "督办员批复"],
)
def test_a_notice_asks_of_it_as_one_asks(kind: type[Event], ask: str) -> None:
    asked = life()
    assert _asked(RULES[kind], asked.m) == ask
    ordered = life(LEAD)
    assert _asked(RULES[kind], ordered.m) == RULES[kind].ask
