"""The table from command to rule."""

from collections.abc import Callable, Iterable
from typing import Any

from domain import commands as c
from domain.base import Frozen, refuse_always
from domain.bounds import within_bounds
from domain.envelope import Draft
from domain.matter import Matter
from domain.rules import (
    asking_back,
    bases,
    clock,
    decisions,
    ending,
    feedback,
    inspection,
    limits,
    listing,
    opening,
    periods,
    pressure,
    relating,
    rhythm,
    satisfaction,
)
from domain.rules.authority import authorise
from domain.rules.context import DecisionContext, RuleEvent, drafted
from domain.rules.practice import refuse_shortfalls
from domain.terms import Role

Rule = Callable[[Matter, Any, DecisionContext], Iterable[RuleEvent]]

RULES: dict[type[Frozen], Rule] = {
    c.AssignMatter: opening.assign,
    c.SetLeaders: opening.set_leaders,
    c.AcceptReceipt: opening.accept,
    c.DeclineReceipt: opening.decline,
    c.AddPoint: opening.add_point,
    c.ChangePoint: opening.change_point,
    c.DropPoint: opening.drop_point,
    c.AddBasis: bases.add_basis,
    c.CarryOver: bases.carry_over,
    c.ChangeRhythm: rhythm.change_rhythm,
    c.ChangeUrgency: opening.change_urgency,
    c.RemindUnit: pressure.remind,
    c.StartSurge: rhythm.start_surge,
    c.MoveSurge: rhythm.move_surge,
    c.EndSurge: rhythm.end_surge,
    c.SubmitFeedback: feedback.report,
    c.AskBack: asking_back.ask_back,
    c.IssueUrge: pressure.urge,
    c.RequestCoordination: pressure.request_coordination,
    c.AnswerCoordination: pressure.answer_coordination,
    c.EscalateMatter: pressure.escalate,
    c.RecordDecision: decisions.record_decision,
    c.RecordInstruction: pressure.record_instruction,
    c.RequestExtension: limits.request_extension,
    c.AnswerExtension: limits.answer_extension,
    c.ExtendLimit: limits.extend_limit,
    c.SuspendMatter: limits.suspend,
    c.ResumeMatter: limits.resume,
    c.RequestClosure: ending.request_closure,
    c.ReviewClosure: ending.review_closure,
    c.MarkClosure: ending.mark_closure,
    c.ReopenMatter: ending.reopen,
    c.CancelMatter: ending.cancel,
    c.ListMatter: listing.list_matter,
    c.DelistMatter: listing.delist,
    c.HoldInterview: listing.interview,
    c.IssueCard: listing.issue_card,
    c.WithdrawCard: listing.withdraw_card,
    c.RateMatter: satisfaction.rate,
    c.JudgePeriod: periods.judge_period,
    c.ReviewPoint: periods.review_point,
    c.MergeMatter: relating.merge,
    c.SetPredecessor: relating.set_predecessor,
    c.DropPredecessor: relating.drop_predecessor,
    c.FollowMatter: relating.follow,
    c.RaiseObjection: ending.raise_objection,
    c.DecideObjection: ending.decide_objection,
    c.InspectMatter: inspection.inspect,
    c.DeclareRecusal: ending.recuse,
    c.ReassignDuty: ending.reassign_duty,
    c.CorrectEvent: ending.correct,
    c.ExpireDeadline: lambda matter, _, office: clock.expire(matter, office),
    c.Reproject: lambda matter, _, office: clock.reproject(matter, office),
}


def decide(matter: Matter | None, command: Frozen, context: DecisionContext) -> tuple[Draft, ...]:
    """The events a command leads to on this matter at this moment; none when it changes nothing.

    Raises:
        Refusal: with one Chinese line, when a rule says no. Nothing is recorded then.
    """
    authorise(matter, command, context)
    if context.actor.role is not Role.SYSTEM:
        within_bounds((command, context.occurred_at))
        refuse_shortfalls(matter, command, context)
    if isinstance(command, c.OpenMatter):
        # The stream comes from the opener's key: meeting an open matter there means it was opened before.
        outcomes: Iterable[RuleEvent] = () if matter else opening.open_matter(command, context)
    elif matter is None:
        refuse_always("没有这个督办事项", "not_found")
    else:
        outcomes = RULES[type(command)](matter, command, context)
    return tuple(drafted(outcome, context) for outcome in outcomes)
