"""现场核查 and 验收: what somebody saw on the spot, a fact of its own beside what is reported."""

from collections.abc import Iterator

from domain import commands as c
from domain import events as ev
from domain.base import refuse
from domain.calendar import local_date
from domain.matter import Matter
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.terms import Stage


def inspect(matter: Matter, command: c.InspectMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """现场核查 by the office, a leader or a third party, also after its end (回头看).

    Who handles the matter does not inspect himself: 自查 is a report. What was found is told to the unit at once.
    """
    refuse(matter.stage is Stage.CANCELLED, f"{matter.number} 已撤销，无需核查", "ended")
    refuse(matter.lead is None, f"{matter.number} 尚未明确牵头单位，无从核查")
    own = context.decider.unit is not None and context.decider.unit == matter.lead
    refuse(
        own and command.inspector is None,
        "不能核查本单位办理的事项，请由其他人员或第三方核查（--inspector）",
        "forbidden",
    )
    moment = command.occurred_at or context.now
    refuse(moment > context.now, "核查时间不能晚于现在", "malformed")
    opened_on = local_date(matter.opened_at)
    refuse(local_date(moment) < opened_on, f"核查日期早于 {matter.number} 的立项日期 {opened_on}", "malformed")
    event = ev.MatterInspected(
        unit=matter.lead or "",
        text=command.text,
        finding=command.finding,
        inspector=command.inspector,
        attachments=command.attachments,
    )
    yield DatedEvent(event, moment) if command.occurred_at else event
