"""The pressure table: each row acts when it says, once, in office hours, in the colour of the scheme."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain import commands as c
from domain import events as ev
from domain.envelope import SYSTEM, Recorded, canonical
from domain.log import Rulebook
from domain.office import PolicyAdopted, evolve_policy
from domain.policy import DueRule, Policy, Step
from domain.terms import BasisKind, DayCount, MatterClass, OrderColour, Rung, Trigger, Urgency
from intake.policy_file import READY, read_policy
from tests.support.life import CALENDAR, HOUR, MONDAY, Life, at, opened
from tests.support.office import ASSIST, FOR_LEADER, LIAISON, SECOND, opening

SAID = c.SubmitFeedback(text="主体施工至三层", progress=30)


def under(policy: Policy, **more: Any) -> Life:
    """A matter in progress under a policy."""
    life = Life(MONDAY, Rulebook(version=1, calendar=CALENDAR, policy=policy))
    life.do(opening(**more))
    life.do(c.AcceptReceipt(), LIAISON)
    return life


def ready(name: str) -> Policy:
    return read_policy(READY / f"{name}.toml")


def orders(life: Life) -> list[ev.UrgeIssued]:
    return [e for e in life.events(ev.UrgeIssued) if isinstance(e, ev.UrgeIssued)]


def rungs(life: Life) -> list[tuple[Rung, str]]:
    return [(e.to_rung, e.reason) for e in life.events(ev.MatterEscalated) if isinstance(e, ev.MatterEscalated)]


def test_the_ladder_is_climbed_row_by_row_when_a_matter_is_overdue() -> None:
    life = under(Policy(), due=date(2022, 3, 31), rhythm="once")
    seen = []
    for day in (at(4, 1, 18), at(4, 11, 18), at(4, 18, 18), at(5, 5, 18)):
        life.wait_until(day)
        seen.append(life.m.rung)
    assert seen == [Rung.UNIT_HEAD, Rung.OFFICE, Rung.LEADER, Rung.MEETING]
    assert life.wait_until(at(12, 30)) == [], "each rung is claimed once"


STRAIGHT = Policy(escalation_cooldown_hours=0)
"""As policies of before were: straight to a row's rung."""


def test_after_downtime_a_matter_climbs_one_rung_at_a_time_each_with_its_reason() -> None:
    life = under(Policy(), due=date(2022, 3, 31), rhythm="once")
    life.sleep_until(at(4, 18, 18, 30))
    life.wait_until(at(4, 19, 10))
    assert rungs(life) == [(Rung.UNIT_HEAD, "逾期满10个工作日未办结（时限 2022-03-31）")]
    assert life.light.reason.endswith("；已升至单位负责人")
    life.wait_until(at(4, 25, 10))
    assert [to for to, _ in rungs(life)] == [Rung.UNIT_HEAD, Rung.OFFICE, Rung.LEADER]
    assert [(x.rung, x.on) for x in life.m.climbed] == [
        (Rung.UNIT_HEAD, date(2022, 4, 19)),
        (Rung.OFFICE, date(2022, 4, 20)),
        (Rung.LEADER, date(2022, 4, 22)),
    ]
    life.do(c.RecordDecision(meeting="例会", text="继续推进"), FOR_LEADER)
    assert "已升至" not in life.light.reason
    assert life.m.climbed == ()


def test_by_hand_too_the_next_rung_waits_for_the_one_before() -> None:
    life = under(Policy(), rhythm="once")
    up = c.EscalateMatter(reason="久拖不决")
    life.do(up)
    life.refuses(up, words="升至单位负责人后不足14个工作小时", code="cooldown")
    life.now = at(3, 9, 10)
    life.do(up)
    assert life.m.rung is Rung.OFFICE
    urgent = under(Policy(), rhythm="once", urgency="extra_urgent")
    urgent.do(up)
    urgent.do(up)
    assert urgent.m.rung is Rung.OFFICE


def test_a_policy_of_before_is_read_as_one_that_goes_straight() -> None:
    stored = Policy().model_dump(mode="json", exclude={"escalation_cooldown_hours"})
    assert Policy.model_validate_json(json.dumps(stored)).escalation_cooldown_hours == 0
    assert Policy.model_validate({"version": "只写几项"}).escalation_cooldown_hours == 14


def test_after_downtime_a_matter_goes_to_the_highest_rung_owed_and_not_through_each() -> None:
    life = under(STRAIGHT, due=date(2022, 3, 31), rhythm="once")
    life.sleep_until(at(4, 18, 18, 30))
    life.wait_until(at(4, 19, 10))
    assert rungs(life) == [(Rung.LEADER, "逾期满10个工作日未办结（时限 2022-03-31）")]


def test_a_decision_answers_what_pressed_before_and_only_that() -> None:
    life = under(STRAIGHT, due=date(2022, 3, 31), rhythm="once")
    life.wait_until(at(4, 12))
    stood = [life.m.rung]
    life.do(c.RecordDecision(meeting="第四次工作会议", text="继续推进"), FOR_LEADER)
    stood.append(life.m.rung)
    for moment in (at(4, 15, 12), at(4, 15, 19)):
        life.wait_until(moment)
        stood.append(life.m.rung)
    assert stood == [Rung.OFFICE, Rung.HANDLER, Rung.HANDLER, Rung.LEADER]


def test_a_row_that_was_moot_before_the_decision_does_not_act_after_it() -> None:
    life = under(STRAIGHT, due=date(2022, 3, 31), rhythm="once")
    for _ in range(3):
        life.do(c.EscalateMatter(reason="久拖不决"))
    life.wait_until(at(4, 12))
    life.do(c.RecordDecision(meeting="第四次工作会议", text="继续推进"), FOR_LEADER)
    assert life.wait_until(at(4, 15, 12)) == [], "the fifth day overdue came while a leader already had it"


def test_a_row_below_the_rung_where_the_matter_stands_is_moot() -> None:
    life = under(STRAIGHT, due=date(2022, 3, 31), rhythm="once")
    for _ in range(3):
        life.do(c.EscalateMatter(reason="久拖不决"))
    life.wait_until(at(4, 15))
    assert [to for to, _ in rungs(life)] == [Rung.UNIT_HEAD, Rung.OFFICE, Rung.LEADER]


def test_returned_twice_and_behind_and_unanswered_go_up() -> None:
    life = under(Policy(), rhythm="once", points=[{"text": "图审", "due": "2022-03-10"}])
    life.wait_until(at(3, 25, 10))
    assert rungs(life) == [(Rung.UNIT_HEAD, "要点1落后序时进度满10个工作日")]
    life.do(c.RequestCoordination(unit=ASSIST, text="请提供资料"), LIAISON)
    life.wait_until(at(4, 2, 10))
    assert rungs(life)[-1] == (Rung.OFFICE, "第1项协调请求逾期未答复")

    returned = under(Policy(), rhythm="once")
    for text in ("材料不齐", "仍不齐"):
        returned.do(c.RequestClosure(text="完成"), LIAISON)
        returned.do(c.ReviewClosure(approve=False, text=text), SECOND)
        returned.wait_until(returned.now + HOUR)
    assert rungs(returned) == [(Rung.UNIT_HEAD, "办结申请第2次被退回")]


def test_the_three_colours_of_suqian() -> None:
    life = under(ready("宿迁"), due=date(2022, 3, 31), rhythm="once", points=[{"text": "图审", "due": "2022-03-14"}])
    life.wait_until(at(3, 28, 8))
    assert {o.colour for o in orders(life)} == {OrderColour.YELLOW}, "behind schedule"
    life.do(c.SubmitFeedback(text="完成", points=({"no": 1, "progress": 100},)), LIAISON)  # type: ignore[arg-type]
    before = len(orders(life))
    life.wait_until(at(3, 31, 17))
    assert [o.colour for o in orders(life)][before:] == [OrderColour.BLUE], "near the limit, once"
    before = len(orders(life))
    life.wait_until(at(4, 20, 18))
    late = orders(life)[before:]
    assert len(late) > 1, "re-issued until it is done"
    assert {o.colour for o in late} == {OrderColour.RED}


def test_sanming_writes_orange_where_suqian_writes_yellow() -> None:
    life = under(ready("三明"), due=date(2022, 6, 30))
    life.wait_until(at(3, 25, 18))
    colours = [o.colour for o in orders(life)]
    assert colours[0] is OrderColour.BLUE, "missed once"
    assert colours[-1] is OrderColour.ORANGE, "missed twice in a row"


def test_one_note_speaks_for_all_causes_in_the_gravest_colour() -> None:
    life = under(ready("宿迁"), due=date(2022, 3, 11))
    life.sleep_until(at(3, 21, 9, 30))
    assert [o.colour for o in orders(life)] == [OrderColour.RED]
    assert life.m.last_urge_colour is OrderColour.RED


def test_rows_act_in_office_hours_unless_they_say_otherwise() -> None:
    table = (Step(trigger=Trigger.MISSED, after=1, order=OrderColour.PLAIN, repeat_hours=14),)
    life = under(Policy(steps=table))
    life.sleep_until(at(3, 12, 11))
    assert orders(life) == []
    any_hour = under(Policy(steps=(table[0].model_copy(update={"any_hour": True}),)))
    any_hour.sleep_until(at(3, 12, 11))
    assert len(orders(any_hour)) == 1


def test_a_ladder_may_leave_a_rung_out() -> None:
    short = [x for x in Policy().ladder if x.rung is not Rung.LEADER]
    ladder = tuple(x.model_copy(update={"up": Rung.MEETING}) if x.rung is Rung.OFFICE else x for x in short)
    table = tuple(s for s in Policy().steps if s.rung is not Rung.LEADER)
    policy = Policy(version="少一级", escalation_cooldown_hours=0, ladder=ladder, steps=table)
    life = under(policy)
    for _ in range(3):
        life.do(c.EscalateMatter(reason="久拖不决"))
    assert life.m.rung is Rung.MEETING


def test_a_policy_of_2022_still_reads_and_still_climbs_one_rung_each_time() -> None:
    old = Policy().model_dump(mode="json", exclude={"ladder", "steps", "limits"}) | {"missed_before_escalation": 2}
    recorded = Recorded(
        position=1,
        headquarters="XMH",
        stream="policy/XMH",
        version=1,
        event_id="1",
        type="PolicyAdopted",
        schema_version=1,
        payload=canonical({"policy": old}),
        actor=SYSTEM,
        command_id="c",
        occurred_at=MONDAY,
        recorded_at=MONDAY,
        previous_hash="",
        hash="h",
    )
    policy = evolve_policy(None, recorded)
    assert policy == Policy.model_validate_json(json.dumps(old)), "a workflow's history holds it without an envelope"
    assert [s.label for s in policy.steps if s.up] == [
        "连续漏报每满2次，升一级",
        "逾期，升一级",
        "协调请求逾期未答复，升一级",
    ]
    life = under(policy)
    life.wait_until(at(4, 2, 18))
    assert life.m.rung is Rung.OFFICE
    assert PolicyAdopted(policy=policy).schema_version == 3


@pytest.mark.parametrize(
    ("kind", "urgency", "klass", "due"),
    [
        (BasisKind.DOCUMENT, Urgency.NORMAL, MatterClass.ORDINARY, date(2022, 4, 6)),
        (BasisKind.MINUTES, Urgency.NORMAL, MatterClass.ORDINARY, date(2022, 3, 28)),
        (BasisKind.INSTRUCTION, Urgency.EXTRA, MatterClass.ORDINARY, date(2022, 3, 8)),
        (BasisKind.INSTRUCTION, Urgency.URGENT, MatterClass.MAJOR, date(2022, 3, 14)),
        (BasisKind.INSTRUCTION, Urgency.NORMAL, MatterClass.MAJOR, date(2022, 4, 6)),
        (BasisKind.INSTRUCTION, Urgency.NORMAL, MatterClass.ORDINARY, date(2022, 3, 22)),
    ],
)
def test_a_matter_without_a_limit_gets_the_one_of_its_source(
    kind: BasisKind, urgency: Urgency, klass: MatterClass, due: date
) -> None:
    life = opened(due=None, basis={"kind": kind, "text": "依据"}, urgency=urgency, klass=klass)
    assert life.m.due == due
    assert life.m.due_rule is not None
    assert life.m.due_rule.start == date(2022, 3, 7)


def test_a_task_list_has_no_limit_of_its_own() -> None:
    Life().refuses(opening(due=None), words="没有“任务清单”的默认时限", code="malformed")


def test_calendar_days_that_end_on_a_holiday_end_on_the_next_working_day() -> None:
    rule = DueRule(rule="x", start=date(2022, 4, 1), days=3, count=DayCount.CALENDAR)
    assert rule.due(CALENDAR) == date(2022, 4, 6), "04-04 lies in 清明 (民法典 art. 203)"
    assert DueRule(rule="x", start=date(2022, 4, 1), days=3, count=DayCount.WORKDAYS).due(CALENDAR) == date(2022, 4, 7)


def test_a_limit_in_working_days_stays_computed_through_a_suspension_and_a_set_date_does_not_move() -> None:
    table = (*Policy().limits,)
    limit = table[0].model_copy(update={"days": 10, "count": DayCount.WORKDAYS})
    life = under(Policy(version="工作日", limits=(limit,)), due=None, basis={"kind": "document", "text": "依据"})
    assert life.m.due == date(2022, 3, 21)
    life.do(c.SuspendMatter(reason="force_majeure", until=date(2022, 3, 10)), FOR_LEADER)  # type: ignore[arg-type]
    life.wait_until(at(3, 10, 10))
    assert (life.m.due, life.m.due_rule and life.m.due_rule.days) == (date(2022, 3, 24), 13)
    life.do(c.RequestExtension(to=date(2022, 4, 15), reason="慢"), LIAISON)
    life.do(c.AnswerExtension(grant=True))
    assert life.m.due_rule is None


def test_no_one_is_urged_about_a_matter_without_a_lead() -> None:
    life = Life(MONDAY, Rulebook(version=1, calendar=CALENDAR, policy=ready("宿迁")))
    life.do(opening(lead=None, due=date(2022, 3, 10)))
    life.wait_until(at(3, 18))
    assert orders(life) == []


def test_every_policy_that_comes_with_the_product_is_valid_and_the_default_is_the_default() -> None:
    assert ready("默认") == Policy()
    assert {p.stem for p in Path(READY).glob("*.toml")} == {"默认", "宿迁", "三明"}
