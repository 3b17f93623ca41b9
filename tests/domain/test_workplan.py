"""A plan's versions: 征求意见 → 印发 → 调整."""

from datetime import date
from typing import Any

import pytest

from domain.base import Refusal
from domain.envelope import Actor, OnBehalf
from domain.rules import DecisionContext
from domain.terms import Role
from domain.workplan import PlanItem, PlanStage, PlanText, PlanVersion, WorkPlan, changes, next_version
from tests.support.life import MONDAY, RULEBOOK
from tests.support.office import FOR_LEADER, LEADER, LIAISON, OFFICE


def item(key: str, **change: Any) -> PlanItem:
    fields = {"no": key, "title": f"任务{key}", "lead": "区更新局", "due": date(2023, 6, 30), "digest": f"d{key}"}
    return PlanItem(key=key, **{**fields, **change})


def text(stage: PlanStage, *items: PlanItem, **change: Any) -> PlanText:
    fields: dict[str, Any] = {"document_no": None, "reason": None, **change}
    return PlanText(
        plan="2023年工作计划", stage=stage, file="计划.xlsx", sha256="0" * 64, items=items or (item("1"),), **fields
    )


def plan(*stages: PlanStage, items: tuple[PlanItem, ...] = (item("1"),)) -> WorkPlan:
    versions = tuple(
        PlanVersion(no=n, stage=s, on=date(2022, 12, 1), file="f", document_no=None, approver=None, reason=None, rows=1)
        for n, s in enumerate(stages, 1)
    )
    return WorkPlan(plan="2023年工作计划", versions=versions, items=items)


def asked(before: WorkPlan | None, wanted: PlanText, actor: Actor = FOR_LEADER) -> Any:
    return next_version(before, wanted, DecisionContext(rulebook=RULEBOOK, now=MONDAY, actor=actor))


C, ISSUED, A = PlanStage.CIRCULATED, PlanStage.ISSUED, PlanStage.ADJUSTED


def test_a_plan_is_circulated_as_often_as_wanted_then_issued_then_adjusted() -> None:
    assert asked(None, text(C), OFFICE).no == 1
    assert asked(plan(C), text(C, item("2")), OFFICE).no == 2
    issued = asked(plan(C, C), text(ISSUED, document_no="香指办〔2023〕1号"))
    assert (issued.no, issued.approver) == (3, LEADER.id)
    assert asked(plan(C, C, ISSUED), text(A, item("2"), reason="市里调整")).no == 4


def test_a_plan_may_be_issued_without_having_been_circulated() -> None:
    assert asked(None, text(ISSUED, document_no="1号")).no == 1


@pytest.mark.parametrize(
    ("before", "wanted", "words"),
    [
        (plan(C, ISSUED), text(C, item("2")), "已经印发"),
        (plan(C, ISSUED), text(ISSUED, item("2"), document_no="2号"), "已经印发"),
        (plan(C), text(ISSUED), "写明文号"),
        (plan(C), text(A, reason="甲"), "还没有印发"),
        (None, text(A, reason="甲"), "还没有印发"),
        (plan(ISSUED), text(A, item("2")), "说明理由"),
    ],
)
def test_the_stages_go_one_way(before: WorkPlan | None, wanted: PlanText, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        asked(before, wanted)


def test_only_a_leader_issues_and_a_unit_not_even_circulates() -> None:
    with pytest.raises(Refusal, match="须由领导批准"):
        asked(plan(C), text(ISSUED, document_no="1号"), OFFICE)
    with pytest.raises(Refusal, match="由办公室或领导提出"):
        asked(None, text(C), LIAISON)
    unit = OFFICE.model_copy(update={"on_behalf_of": OnBehalf(id="li", role=Role.LIAISON, unit="gengxin")})
    with pytest.raises(Refusal, match="由办公室或领导提出"):
        asked(None, text(C), unit)


def test_the_same_text_at_the_same_stage_is_no_new_version() -> None:
    assert asked(plan(C), text(C), OFFICE) is None
    assert asked(plan(C), text(ISSUED, document_no="1号")) is not None, "issued as it was circulated"


def test_an_empty_plan_is_none() -> None:
    empty = text(C).model_copy(update={"items": ()})
    with pytest.raises(Refusal, match="没有一项任务"):
        asked(None, empty)


def test_what_a_version_changed_of_the_one_before() -> None:
    before = (item("1"), item("2"), item("3"))
    later = item("2", due=date(2023, 9, 30), digest="other")
    found = changes(before, (item("4"), item("1"), later))
    assert (found.added, found.dropped) == ((item("4"),), (item("3"),))
    assert found.changed == ((item("2"), later),)
