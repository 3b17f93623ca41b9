"""A version of a work plan, as it is recorded and read again."""

from datetime import UTC, date, datetime

from domain.event import event_of
from domain.workplan import PlanItem, PlanStage, PlanText, PlanVersioned


def test_a_row_whose_lead_is_still_to_be_named_is_recorded_as_any_other() -> None:
    item = PlanItem(key="k", no="30", title="编制电力专项规划", lead=None, due=date(2022, 9, 28), digest="d")
    text = PlanText(plan="计划", stage=PlanStage.CIRCULATED, file="计划.xlsx", sha256="0" * 64, items=(item,))
    event = PlanVersioned(no=1, text=text)
    assert event_of(event.draft(datetime(2022, 1, 10, tzinfo=UTC))) == event
