"""Who may do what to which matter. Every command passes here first, whatever entrance it came by."""

from domain import commands as c
from domain.base import Frozen, refuse
from domain.envelope import Actor, OnBehalf
from domain.matter import Matter
from domain.rules.context import DecisionContext
from domain.terms import ADMINISTRATORS, HANDLES_NOTHING, IN_UNIT, Role

OFFICE_ONLY: tuple[type[Frozen], ...] = (
    c.AskBack,
    c.AssignMatter,
    c.AddPoint,
    c.ChangePoint,
    c.DropPoint,
    c.ChangeRhythm,
    c.StartSurge,
    c.MoveSurge,
    c.EndSurge,
    c.ChangeUrgency,
    c.RemindUnit,
    c.IssueUrge,
    c.EscalateMatter,
    c.CorrectEvent,
    c.ReviewClosure,
    c.ReassignDuty,
    c.SetPredecessor,
    c.DropPredecessor,
    c.RateMatter,
    c.JudgePeriod,
    c.ReviewPoint,
)
LEADER_OR_OFFICE: tuple[type[Frozen], ...] = (
    c.SetLeaders,
    c.OpenMatter,
    c.AddBasis,
    c.CarryOver,
    c.AnswerExtension,
    c.ExtendLimit,
    c.SuspendMatter,
    c.ResumeMatter,
    c.ReopenMatter,
    c.CancelMatter,
    c.MergeMatter,
    c.RecordDecision,
    c.DecideObjection,
    c.DeclareRecusal,
    c.InspectMatter,
    c.ListMatter,
    c.DelistMatter,
    c.HoldInterview,
    c.IssueCard,
    c.WithdrawCard,
)
LEAD_UNIT: tuple[type[Frozen], ...] = (
    c.AcceptReceipt,
    c.DeclineReceipt,
    c.RequestExtension,
    c.RequestClosure,
    c.RaiseObjection,
)
DECISIONS: tuple[type[Frozen], ...] = (
    c.AnswerExtension,
    c.ExtendLimit,
    c.SuspendMatter,
    c.ResumeMatter,
    c.ReviewClosure,
    c.MarkClosure,
    c.RecordDecision,
    c.RecordInstruction,
    c.ReopenMatter,
    c.CancelMatter,
    c.MergeMatter,
    c.DecideObjection,
    c.InspectMatter,
    c.ListMatter,
    c.DelistMatter,
    c.HoldInterview,
    c.IssueCard,
    c.WithdrawCard,
    c.JudgePeriod,
    c.ReviewPoint,
)
"""What nobody does on a matter after declaring 回避 on it: typed, on paper, or in the chair of a meeting."""
CLOCK: tuple[type[Frozen], ...] = (c.ExpireDeadline, c.Reproject)


def refuse_bystander(role: Role, not_his: str) -> None:
    """Refuse whoever has no part in handling, whatever it is.

    Raises:
        Refusal: `forbidden`.
    """
    refuse(role in HANDLES_NOTHING, f"{HANDLES_NOTHING.get(role)}，{not_his}", "forbidden")


def authorise(matter: Matter | None, command: Frozen, context: DecisionContext) -> None:
    """Refuse what the actor's role does not allow on this matter.

    Only the office types for others (代录); who acts under a 授权 may do what its giver may (授权代办, AB角).
    Who audits, runs or secures the system handles nothing (三员分立).
    """
    actor, kind = context.actor, type(command)
    refuse((actor.role is Role.SYSTEM) != (kind in CLOCK), "此操作只能由系统时钟发起", "forbidden")
    if kind in CLOCK:
        return
    refuse_bystander(actor.role, "不能办理事项")
    if context.is_(*ADMINISTRATORS):  # typed for one
        refuse_bystander(context.decider.role, "不能办理事项")
    behalf = actor.on_behalf_of
    refuse(
        behalf is not None and behalf.delegation is None and actor.role is not Role.OFFICE,
        "只有办公室督办员可以代录他人的决定",
        "forbidden",
    )
    if kind in OFFICE_ONLY:
        refuse(not context.is_(Role.OFFICE, Role.LEADER), "此操作由办公室督办员办理，单位人员不能办理", "forbidden")
    elif kind in LEADER_OR_OFFICE:
        refuse(not context.is_(Role.OFFICE, Role.LEADER), "此操作须由办公室或领导决定", "forbidden")
    elif matter is not None and kind in LEAD_UNIT:
        _of_lead_unit(matter, command, context)
    elif matter is not None and isinstance(command, c.SubmitFeedback):
        _may_report(matter, command, context)
    elif matter is not None and isinstance(command, c.RequestCoordination):
        _of_handling_unit(matter, context)
    elif isinstance(command, c.RecordInstruction | c.MarkClosure):
        _speaks_for_leader(command, context)
    if matter is not None and kind in DECISIONS:
        declared = {actor.id, context.decider.id} & set(matter.recused)
        refuse(bool(declared), f"已对 {matter.number} 声明回避，请由其他人员办理", "recused")


def conclude_others_work(matter: Matter, context: DecisionContext) -> None:
    """Nobody concludes on his own work: who wrote or typed the closure, or the report it stands on, is not its judge.

    The same for the office's review, the leader's word and a meeting's decision. A leader's word is his own whoever
    typed it: who typed a report may enter it.
    """
    closure = matter.closure.authors if matter.closure else ()
    report = matter.last_feedback.authors if matter.last_feedback else ()
    mine = {context.actor.id, context.decider.id}
    refuse(bool(mine & set(closure)), "不能审核自己提交或代录的办结申请，请由办公室其他人员审核", "forbidden")
    judges = {context.decider.id} if context.is_(Role.LEADER) else mine
    refuse(bool(judges & set(report)), "不能审核本人报送或代录的最近一次反馈，请由办公室其他人员审核", "forbidden")


def acting_unit(matter: Matter, context: DecisionContext, for_unit: str | None = None) -> str:
    """The unit the actor acts for: his own, or the one the office types for (the lead, unless it says which)."""
    if context.is_(Role.OFFICE, Role.LEADER):
        return for_unit or matter.lead or ""
    return context.decider.unit or ""


def _of_lead_unit(matter: Matter, command: Frozen, context: DecisionContext) -> None:
    # What has no end is ended by a leader's decision, typed or his own.
    decides = matter.period is not None and isinstance(command, c.RequestClosure) and context.is_(Role.LEADER)
    if context.is_(Role.OFFICE) or decides:
        return
    refuse(
        not context.is_(*IN_UNIT) or context.decider.unit != matter.lead,
        f"只有牵头单位的联络员或负责人可以办理；{matter.number} 的牵头单位不是您所在单位",
        "forbidden",
    )


def _of_handling_unit(matter: Matter, context: DecisionContext) -> None:
    if context.is_(Role.OFFICE, Role.LEADER):
        return
    handling = {matter.lead, *matter.assist}
    refuse(context.decider.unit not in handling, f"{matter.number} 不由您所在单位办理", "forbidden")


def _may_report(matter: Matter, command: c.SubmitFeedback, context: DecisionContext) -> None:
    handling = {matter.lead, *matter.assist}
    if context.is_(Role.OFFICE):
        # Whoever led before is still owed a 漏报 withdrawn that was none.
        known = handling | {window.lead for window in matter.windows.missed}
        foreign = command.for_unit is not None and command.for_unit not in known
        refuse(foreign, f"{matter.number} 不由该单位办理，不能代其反馈", "forbidden")
        return
    refuse(command.for_unit is not None, "只有办公室督办员可以代单位反馈", "forbidden")
    refuse(not context.is_(*IN_UNIT), "反馈由办理单位的联络员或负责人提交", "forbidden")
    refuse(context.decider.unit not in handling, f"{matter.number} 不由您所在单位办理，不能反馈", "forbidden")


def _speaks_for_leader(command: c.RecordInstruction | c.MarkClosure, context: DecisionContext) -> None:
    refuse(not context.is_(Role.LEADER), "批示和圈阅须由领导本人作出，或由办公室代录（--by 领导）", "forbidden")
    if isinstance(command, c.RecordInstruction):
        refuse(context.decider.id != command.leader, "批示领导与作出决定的领导不一致", "forbidden")


def signer_of(actor: Actor, what: str) -> Actor | OnBehalf:
    """Rule: the leader who signs a 简报, a 督办单 …, himself or typed for by the office; nobody else's name issues it.

    Raises:
        Refusal: with code `unsigned` or `forbidden`.
    """
    return by_leader(actor, "签发", f"{what}须由领导签发，请用 --sign 写明签发领导")


def by_leader(actor: Actor, act: str, otherwise: str) -> Actor | OnBehalf:
    """The leader whose act it is, himself or typed for by the office.

    Raises:
        Refusal: `unsigned`, saying `otherwise`, when it is no leader's; `forbidden`, when not the office types it.
    """
    leader = actor.on_behalf_of or actor
    refuse(leader.role is not Role.LEADER, otherwise, "unsigned")
    typed_by_others = actor.on_behalf_of is not None and actor.role is not Role.OFFICE
    refuse(typed_by_others, f"只有办公室督办员可以代录领导{act}", "forbidden")
    return leader
