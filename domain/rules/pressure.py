"""催办、请求协调、升级、批示: how pressure goes up and a leader's word comes down."""

from collections.abc import Iterator
from datetime import timedelta

from domain import commands as c
from domain import events as ev
from domain.base import Refusal, refuse
from domain.ladder import rung_above, worst_colour
from domain.matter import Coordination, Matter
from domain.papers import spelled
from domain.rules.context import DecisionContext, RuleEvent
from domain.rules.rhythm import still_open
from domain.terms import OrderColour, ReportChannel, Role, Rung, Stage, Urgency


def urge(matter: Matter, command: c.IssueUrge, context: DecisionContext) -> Iterator[RuleEvent]:
    """催办 by hand, not more often than the cool-down allows (特急 excepted)."""
    _alive(matter)
    refuse(matter.lead is None, f"{matter.number} 尚未明确牵头单位，无从催办")
    if matter.last_urge_at is not None and matter.urgency is not Urgency.EXTRA:
        rested = context.calendar.working_time(matter.last_urge_at, context.now)
        hours = context.policy.urge_cooldown_hours
        refuse(
            rested < context.policy.urge_cooldown,
            f"距上次催办（{matter.last_urge_no}）不足{hours}个工作小时，请勿重复催办",
            "cooldown",
        )
    colour = worst_colour(matter, context.rulebook, context.now)
    yield ev.UrgeIssued(
        reason=command.reason or (_asked_again(matter) if matter.by_letter else f"请尽快反馈“{matter.title}”办理情况"),
        colour=None if colour is OrderColour.PLAIN or matter.by_letter else colour,
    )


def remind(matter: Matter, command: c.RemindUnit, context: DecisionContext) -> Iterator[RuleEvent]:
    """提醒, once a day: no number, no count, no cool-down of 催办."""
    _alive(matter)
    refuse(matter.lead is None, f"{matter.number} 尚未明确牵头单位，无从提醒")
    refuse(matter.reminded_on == context.today, f"{matter.number} 今天已提醒过，确需再催请用催办", "cooldown")
    usual = f"商请按期函复，并于 {matter.due} 前办结" if matter.by_letter else f"请按时反馈并于 {matter.due} 前办结"
    yield ev.UnitReminded(text=command.text or usual)


def _asked_again(matter: Matter) -> str:
    return f"商请加快办理“{matter.title}”并函复进展"


def letter_no(matter: Matter, letter: str | None, via: ReportChannel | None) -> str | None:
    """来函文号 as it is printed: with 来函, once on a matter."""
    refuse(via is ReportChannel.LETTER and letter is None, "来函答复须写明来函文号（--letter）", "malformed")
    refuse(letter is not None and via not in (None, ReportChannel.LETTER), "来函文号只用于来函答复", "malformed")
    no = spelled(letter) if letter else None
    refuse(no in matter.letters, f"来函 {no} 已登记在 {matter.number}，请勿重复登记")
    return no


def request_coordination(
    matter: Matter, command: c.RequestCoordination, context: DecisionContext
) -> Iterator[RuleEvent]:
    """请求协调 of a named unit, to be answered within the policy's working days."""
    _alive(matter)
    refuse(command.unit.id == matter.lead, "不能请求牵头单位协调自己牵头的事项")
    refuse(
        any(x.unit == command.unit.id for x in matter.open_coordinations),
        "已请求该单位协调，尚未答复，请勿重复请求",
    )
    last_day = context.calendar.add_workdays(context.today, context.policy.coordination_workdays)
    yield ev.CoordinationRequested(
        no=len(matter.coordinations) + 1,
        unit=command.unit.id,
        text=command.text,
        answer_due=context.calendar.closes(last_day),
        workdays=context.policy.coordination_workdays,
    )


def answer_coordination(matter: Matter, command: c.AnswerCoordination, context: DecisionContext) -> Iterator[RuleEvent]:
    """The asked unit answers; the office may type the answer for it. Once the matter has ended nobody waits for it."""
    still_open(matter)
    asked = _asked(matter, command, context)
    letter = letter_no(matter, command.letter, None)
    yield ev.CoordinationAnswered(no=asked.no, unit=asked.unit, text=command.text, letter=letter)


def _asked(matter: Matter, command: c.AnswerCoordination, context: DecisionContext) -> Coordination:
    mine = [
        x
        for x in matter.open_coordinations
        if command.no in (None, x.no) and (context.is_(Role.OFFICE) or x.unit == context.decider.unit)
    ]
    if len(mine) == 1:
        return mine[0]
    if mine:
        numbers = "、".join(str(x.no) for x in mine)
        message, code = f"有多项待答复的协调请求（{numbers}），请用 --no 指明", "malformed"
    elif matter.open_coordinations:
        message, code = "没有请求您所在单位协调", "forbidden"
    else:
        message, code = "没有待答复的协调请求", "refused"
    raise Refusal(f"{matter.number} {message}", code)


def escalate(matter: Matter, command: c.EscalateMatter, context: DecisionContext) -> Iterator[RuleEvent]:
    """升级 by hand, one rung at a time."""
    _alive(matter)
    refuse(matter.rung is Rung.MEETING, f"{matter.number} 已升级至指挥部会议，请待会议议定")
    hours = context.policy.escalation_cooldown_hours
    if matter.escalated_at is not None and matter.urgency is not Urgency.EXTRA:
        rested = context.calendar.working_time(matter.escalated_at, context.now)
        soon = rested < timedelta(hours=hours)
        refuse(soon, f"升至{matter.rung.label}后不足{hours}个工作小时，请待该级处理后再升级", "cooldown")
    yield ev.MatterEscalated(
        from_rung=matter.rung,
        to_rung=rung_above(matter, context.policy),
        reason=command.reason,
        trigger=f"manual:{matter.counts.escalations + 1}",
    )


def record_instruction(matter: Matter, command: c.RecordInstruction, context: DecisionContext) -> Iterator[RuleEvent]:
    """领导批示: ciphertext; from now on the closure goes back to this leader."""
    del context
    refuse(matter.stage is Stage.CANCELLED, f"{matter.number} 已撤销，不能再批示")
    refuse(matter.stage is Stage.CLOSED, f"{matter.number} 已销号；新的批示请先重开", "ended")
    refuse(command.paper in matter.carries and command.paper is not None, f"{matter.number} 已在办理这条批示")
    yield ev.InstructionRecorded(leader=command.leader, text=command.text, paper=command.paper)


def _alive(matter: Matter) -> None:
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，不能再办理；如需继续请先重开", "ended")
    refuse(matter.stage is Stage.SUSPENDED, f"{matter.number} 暂缓中，恢复后再办理")
