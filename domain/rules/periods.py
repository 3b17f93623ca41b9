"""长期、定期 matters: what a period came to, and how such a matter ends."""

from collections.abc import Iterator

from domain import commands as c
from domain import events as ev
from domain.base import refuse, refuse_always
from domain.matter import DONE, Matter
from domain.periods import PeriodResult, next_period, period_label
from domain.rules.context import DatedEvent, DecisionContext, RuleEvent
from domain.rules.opening import existing_point
from domain.terms import Role, Stage


def judged(matter: Matter, context: DecisionContext) -> RuleEvent:
    """The running period ended: what was reported in it decides, and the next one runs from that moment."""
    assert matter.period is not None  # noqa: S101  (only such a matter owes it)
    assert matter.running is not None  # noqa: S101  (opened with the period)
    closed = context.calendar.closes(matter.due)
    following = next_period(matter.period, matter.running.key, closed, context.calendar)
    event = ev.PeriodEnded(key=matter.running.key, result=result_of(matter), next_key=following.key, due=following.due)
    return DatedEvent(event, closed)


def result_of(matter: Matter) -> PeriodResult:
    """完成 when the lead reported the whole done in the period, every recurring point and every rate of it."""
    last, running = matter.last_feedback, matter.running
    if running is None or last is None or last.at < running.since:
        return PeriodResult.NONE
    recurring = [p for p in matter.points if p.due is None and not p.stage and not p.dropped]
    whole = matter.progress >= DONE and all(not p.open for p in recurring)
    return PeriodResult.DONE if whole and not any(i.out for i in matter.indicators) else PeriodResult.PARTLY


def judge_period(matter: Matter, command: c.JudgePeriod, context: DecisionContext) -> Iterator[RuleEvent]:
    """The office judges a period otherwise than what was reported, with a reason: a report came late, or was not so."""
    del context
    refuse(matter.period is None, f"{matter.number} 不是长期、定期事项，没有周期可评判", "no_period")
    if not matter.periods:
        refuse_always(f"{matter.number} 还没有一期结束，无须评判；本期的反馈照常办理", "not_found")
    key = command.key or matter.periods[-1].key
    known = next((p for p in matter.periods if p.key == key), None)
    if known is None:
        keys = "、".join(p.key for p in matter.periods[-5:])
        refuse_always(f"{matter.number} 没有已结束的周期“{key}”（最近的：{keys}）", "not_found")
    label = period_label(known.key)
    refuse(known.result is command.result, f"{matter.number} {label}本来就是“{command.result.label}”")
    yield ev.PeriodJudged(key=known.key, result=command.result, reason=command.reason)


def ended_by_decision(matter: Matter, context: DecisionContext, words: str) -> RuleEvent:
    """A matter without an end ends when a leader or a meeting says so, never because it is done for once."""
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，无需再办结", "ended")
    refuse(
        not context.is_(Role.LEADER),
        f"{matter.number} 是长期、定期事项，只能由领导决定或会议议定结束（close --by 领导 --paper 文号）",
        "without_end",
    )
    refuse(matter.stage is not Stage.IN_PROGRESS, f"{matter.number} 当前为“{matter.stage.label}”，不能办结")
    refuse(matter.listed, f"{matter.number} 挂牌督办尚未摘牌，请先摘牌（listing leave）再结束", "unfinished")
    return ev.MatterClosed(text=words, overdue_workdays=0, overdue_workdays_original=0, by_decision=True)


def review_point(matter: Matter, command: c.ReviewPoint, context: DecisionContext) -> Iterator[RuleEvent]:
    """阶段目标: what the lead reports as reached is reviewed on its own, by somebody who did not report it."""
    point = existing_point(matter, command.no)
    refuse(matter.ended, f"{matter.number} {matter.stage.label}，不能再办理", "ended")
    refuse(not point.stage, f"要点{command.no}不是阶段目标，无须单独审核", "malformed")
    refuse(point.approved is True, f"阶段目标{command.no}已审核通过")
    refuse(point.approved is False, f"阶段目标{command.no}已退回，请待重新反馈后再审核")
    waits = point.progress >= DONE and point.approved is None
    refuse(not waits, f"阶段目标{command.no}尚未反馈完成（{point.progress}%），不能审核")
    mine = {context.actor.id, context.decider.id} & set(point.authors)
    refuse(bool(mine), "不能审核自己反馈或代录的阶段目标，请由办公室其他人员审核", "forbidden")
    refuse(not command.approve and command.text is None, "退回阶段目标须说明理由（--text）", "malformed")
    yield ev.StageReviewed(no=command.no, approved=command.approve, text=command.text)
