"""责任领导: several, in order; they follow the post, and what is carried up comes to them."""

from datetime import timedelta

from domain import commands as c
from domain.event import decode
from domain.notices.people import RecipientDirectory, Scene, To, notice_recipients
from domain.office import Person
from domain.queries.telling import Rendering, tell_event
from domain.rules.claims import claims
from domain.rules.ending import duties_of
from domain.terms import Duty, Role
from tests.support.life import CALENDAR, accepted, opened
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, opening

TWO = c.SetLeaders(leaders=("leader", "deputy", "leader"), reason="分工调整")


def test_several_leaders_answer_in_their_order_and_who_they_are_the_log_is_asked() -> None:
    life = opened(leaders=("deputy",))
    assert list(life.m.leaders) == ["deputy"]
    life.do(TWO, FOR_LEADER)
    assert list(life.m.leaders) == ["leader", "deputy"]
    names = {"leader": "吴七", "deputy": "郑八"}
    reader = Rendering(name=str, open=str, person=names.__getitem__)
    assert tell_event(decode(life.recorded[-1]), reader) == "吴七、郑八；分工调整"
    assert set(claims(TWO).people) == {"leader", "deputy"}
    assert "deputy" in claims(opening(leaders=("deputy",))).people


def test_what_changes_nothing_and_whoever_may_not_are_refused() -> None:
    life = accepted(leaders=("leader", "deputy"))
    life.refuses(TWO, OFFICE, words="没有变化")
    life.refuses(TWO, LIAISON, words="须由办公室或领导")
    life.do(c.CancelMatter(reason="政策调整"), FOR_LEADER)
    life.refuses(c.SetLeaders(leaders=("deputy",)), OFFICE, code="ended")


def test_a_leaders_matters_go_to_his_successor() -> None:
    life = accepted(leaders=("leader", "deputy"))
    assert duties_of(life.m, "deputy") == (Duty.LEADER,)
    moved = c.ReassignDuty(duty=Duty.LEADER, from_person="deputy", to_person="wang", reason="调离")
    life.do(moved, OFFICE)
    assert life.m.leaders == ("leader", "wang")


def test_what_is_carried_up_to_the_leader_comes_to_those_who_answer_for_it() -> None:
    house = RecipientDirectory(
        people=tuple(Person(id=p, name=p, unit="office", role=Role.LEADER) for p in ("leader", "deputy")),
        calendar=CALENDAR,
        name=str,
    )
    for leaders, told in (((), ["leader"]), (("deputy",), ["deputy"]), (("deputy", "leader"), ["deputy", "leader"])):
        life = accepted(leaders=leaders)
        for _ in range(3):
            life.now += timedelta(days=7)
            life.do(c.EscalateMatter(reason="久拖不决"), OFFICE)
        scene = Scene(decode(life.recorded[-1]), life.m, life.m, house)
        assert list(notice_recipients(scene, (To.RUNG,))) == told, "else to whoever approved it"
