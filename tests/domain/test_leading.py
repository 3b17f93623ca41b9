"""What is a leader's, as what, and what of it waits for his word."""

from datetime import date

from domain import commands as c
from domain.envelope import OnBehalf
from domain.facts import SEALED
from domain.queries.leading import leaders_of, leads_as, waits_for_leader
from domain.terms import MatterClass, Role, Urgency
from tests.support.life import accepted, at
from tests.support.office import FOR_LEADER, LIAISON, OFFICE

DAY = date(2022, 3, 8)
DEPUTY = OnBehalf(id="deputy", role=Role.LEADER, unit="office", paper="签批件")
FOR_DEPUTY = OFFICE.model_copy(update={"on_behalf_of": DEPUTY})


def test_who_answers_for_it_comes_first_then_who_instructed() -> None:
    life = accepted(leaders=("deputy", "chen"))
    life.do(c.RecordInstruction(leader="leader", text=f"{SEALED}x"), FOR_LEADER)
    assert leaders_of(life.m) == ("deputy", "chen", "leader")
    assert [leads_as(life.m, p) for p in ("deputy", "chen", "leader", "wang")] == [
        ("责任领导",),
        ("分管领导",),
        ("批示领导",),
        (),
    ]


def test_what_is_carried_up_waits_for_the_first_who_answers_for_it() -> None:
    life = accepted(leaders=("deputy", "leader"), urgency=Urgency.EXTRA)
    assert waits_for_leader(life.m, "deputy", DAY) == ()
    for _ in range(3):
        life.do(c.EscalateMatter(reason="久拖不决"), OFFICE)
    assert waits_for_leader(life.m, "deputy", DAY) == ("已升级到分管领导，请协调推动",)
    assert waits_for_leader(life.m, "leader", DAY) == ()


def test_who_set_the_limit_answers_the_extension_and_who_instructed_sees_the_end() -> None:
    life = accepted()
    life.do(c.RecordInstruction(leader="leader", text=f"{SEALED}x"), FOR_LEADER)
    life.do(c.RecordDecision(meeting="月度指挥部会议", text="限期", due=date(2022, 7, 29)), FOR_LEADER)
    assert leads_as(life.m, "leader") == ("批示领导", "定时限")
    life.do(c.RequestExtension(to=date(2022, 8, 31), reason="汛期"), LIAISON)
    assert waits_for_leader(life.m, "leader", DAY) == ("批复延期申请（延至 2022-08-31）",)
    life.do(c.AnswerExtension(grant=False, reason="抓紧"), FOR_LEADER)
    life.do(c.SubmitFeedback(text="完成", progress=100), LIAISON)
    life.do(c.RequestClosure(text="完成"), LIAISON)
    assert waits_for_leader(life.m, "leader", DAY) == ()
    life.do(c.ReviewClosure(approve=True), OFFICE)
    assert waits_for_leader(life.m, "leader", DAY) == ("审阅办结（办公室已审核）",)


def test_a_major_matter_waits_each_month_for_who_answers_for_it() -> None:
    life = accepted(leaders=("deputy",), klass=MatterClass.MAJOR)
    assert waits_for_leader(life.m, "deputy", DAY) == ("本月尚未推动（重大事项一月一推动）",)
    life.now = at(3, 9)
    life.do(c.RecordInstruction(leader="deputy", text=f"{SEALED}x"), FOR_DEPUTY)
    assert waits_for_leader(life.m, "deputy", DAY) == ()
