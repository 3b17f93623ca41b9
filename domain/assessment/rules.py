"""考核: frozen at a day, adjusted only with approval, open to appeal for so many days, then settled for good."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.assessment import events as ev
from domain.assessment.assessment import Assessment
from domain.assessment.events import ResultUse, UnitScore
from domain.base import Frozen, refuse, refuse_always
from domain.bounds import within_bounds
from domain.event import Event
from domain.facts import OF_THE_LOG, OpenReason, Whole, Words
from domain.rules.context import DecisionContext
from domain.rules.practice import without_paper
from domain.terms import Role

MOST_POINTS = 100


class OpenAssessment(Frozen):
    """告知: freeze the scores as of a day."""

    do: Literal["open"] = "open"
    until: date
    position: int
    as_of: datetime
    policy: str
    """The version of the policy they were computed by: that of the day, not of today."""
    scores: Annotated[tuple[UnitScore, ...], OF_THE_LOG]


class AdjustScore(Frozen):
    """加分 or 减分."""

    do: Literal["adjust"] = "adjust"
    unit: str
    points: Annotated[Whole, Field(ge=-MOST_POINTS, le=MOST_POINTS)]
    reason: OpenReason


class RaiseAppeal(Frozen):
    """申诉."""

    do: Literal["appeal"] = "appeal"
    text: Words


class AnswerAppeal(Frozen):
    """Uphold it, with points, or not."""

    do: Literal["answer"] = "answer"
    no: Whole
    upheld: bool
    points: Annotated[Whole, Field(ge=-MOST_POINTS, le=MOST_POINTS)] = 0
    text: Words


class SettleAssessment(Frozen):
    """定稿."""

    do: Literal["settle"] = "settle"


class UseResult(Frozen):
    """结果运用."""

    do: Literal["use"] = "use"
    unit: str
    use: ResultUse
    text: Words


def decide_assessment(state: Assessment | None, command: Frozen, context: DecisionContext) -> Iterator[Event]:
    """What becomes of a command.

    Raises:
        Refusal: a rule says no.
    """
    within_bounds(command)
    if isinstance(command, OpenAssessment):
        yield from _open(state, command, context)
        return
    if state is None:
        refuse_always("没有这次考核", "not_found")
    for shortfall in without_paper(context):
        refuse(shortfall.required, shortfall.message, "practice")
    yield from RULES[type(command)](state, command, context)


def _open(state: Assessment | None, command: OpenAssessment, context: DecisionContext) -> Iterator[Event]:
    refuse(state is not None, f"{command.until} 的考核已经告知，告知后不再重算", "frozen")
    refuse(not context.is_(Role.OFFICE), "考核由办公室督办员告知", "forbidden")
    refuse(command.until >= context.today, f"{command.until} 还没有过完，次日起才能考核", "malformed")
    refuse(not command.scores, "截至这一天没有一个单位有可考核的事项", "nothing_scored")
    appeal_by = context.calendar.add_workdays(context.today, context.policy.appeal_workdays)
    yield ev.AssessmentOpened(
        until=command.until,
        position=command.position,
        as_of=command.as_of,
        policy=command.policy,
        appeal_by=appeal_by,
        scores=command.scores,
    )


def _adjust(state: Assessment, command: AdjustScore, context: DecisionContext) -> Iterator[Event]:
    """加减分 beside the rules: with a reason, and a leader's approval."""
    _not_settled(state)
    _of_the_assessment(state, command.unit)
    refuse(command.points == 0, "加减分不能是 0", "malformed")
    approver = _leader(context, "考核加减分")
    yield ev.ScoreAdjusted(
        no=len(state.adjustments) + 1,
        unit=command.unit,
        points=command.points,
        reason=command.reason,
        approver=approver,
    )


def _appeal(state: Assessment, command: RaiseAppeal, context: DecisionContext) -> Iterator[Event]:
    """申诉 by the unit itself, of its own score, within the window."""
    _not_settled(state)
    refuse(not context.is_(Role.LIAISON, Role.HEAD), "申诉由被考核单位提出", "forbidden")
    unit = context.decider.unit or ""
    _of_the_assessment(state, unit)
    refuse(context.today > state.appeal_by, f"已过申诉期限（{state.appeal_by}）", "too_late")
    open_ = any(a.unit == unit for a in state.open_appeals)
    refuse(open_, "本单位已有待答复的申诉，请勿重复提出")
    yield ev.AppealRaised(no=len(state.appeals) + 1, unit=unit, text=command.text)


def _answer(state: Assessment, command: AnswerAppeal, context: DecisionContext) -> Iterator[Event]:
    _not_settled(state)
    appeal = next((a for a in state.appeals if a.no == command.no), None)
    if appeal is None:
        refuse_always(f"没有第{command.no}项申诉", "not_found")
    refuse(appeal.answer is not None, f"第{command.no}项申诉已答复")
    refuse(command.upheld == (command.points == 0), "申诉成立的写明加减几分，不成立的不写", "malformed")
    approver = _leader(context, "答复申诉")
    yield ev.AppealAnswered(no=command.no, upheld=command.upheld, text=command.text, approver=approver)
    if command.upheld:
        yield ev.ScoreAdjusted(
            no=len(state.adjustments) + 1,
            unit=appeal.unit,
            points=command.points,
            reason=command.text,
            approver=approver,
            appeal=appeal.no,
        )


def _settle(state: Assessment, command: SettleAssessment, context: DecisionContext) -> Iterator[Event]:
    """定稿 by a leader, when the window is over and every appeal is answered."""
    del command
    _not_settled(state)
    refuse(context.today <= state.appeal_by, f"申诉期限（{state.appeal_by}）未过，不能定稿", "too_early")
    waiting = "、".join(str(a.no) for a in state.open_appeals)
    refuse(bool(waiting), f"第{waiting}项申诉尚未答复，不能定稿")
    yield ev.AssessmentSettled(approver=_leader(context, "考核定稿"))


def _use(state: Assessment, command: UseResult, context: DecisionContext) -> Iterator[Event]:
    """结果运用 follows a settled result only (条例 art. 21)."""
    refuse(not state.settled, f"{state.called}尚未定稿，不能运用结果")
    _of_the_assessment(state, command.unit)
    again = any(u.unit == command.unit and u.use is command.use for u in state.uses)
    refuse(again, f"已对该单位作出{command.use.label}")
    approver = _leader(context, command.use.label)
    yield ev.ResultUsed(unit=command.unit, use=command.use, text=command.text, approver=approver)


def _not_settled(state: Assessment) -> None:
    refuse(state.settled, f"{state.called}已于 {state.settled_on} 定稿，不再改动", "frozen")


def _of_the_assessment(state: Assessment, unit: str) -> None:
    refuse(state.score(unit) is None, f"该单位不在{state.called}的考核范围内", "not_assessed")


def _leader(context: DecisionContext, act: str) -> str:
    refuse(not context.is_(Role.LEADER), f"{act}须由领导批准（--by 领导 --paper 文号）", "unsigned")
    return context.decider.id


RULES: dict[type[Frozen], Callable[[Assessment, Any, DecisionContext], Iterable[Event]]] = {
    AdjustScore: _adjust,
    RaiseAppeal: _appeal,
    AnswerAppeal: _answer,
    SettleAssessment: _settle,
    UseResult: _use,
}
