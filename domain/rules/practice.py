"""What good practice asks for beside what a command must have: advised, and required where the office's policy says so.

Scripts call commands in forms that were documented before these were asked for, so that nothing here stands in the way
of them unless an office adopts it (docs/decisions/070).
"""

from collections.abc import Iterator
from typing import NamedTuple

from domain import commands as c
from domain.base import Frozen, refuse
from domain.facts import is_sealed
from domain.matter import Matter
from domain.rules.context import DecisionContext
from domain.terms import Role

CONCERNED: tuple[type[Frozen], ...] = (
    c.OpenMatter,
    c.AnswerExtension,
    c.CancelMatter,
    c.SuspendMatter,
    c.AcceptReceipt,
    c.SubmitFeedback,
)
"""Commands of which something may be asked whoever sends them."""


class Shortfall(NamedTuple):
    """One thing a command does without."""

    message: str
    required: bool
    """Whether the policy refuses it; else it is said, and recorded all the same."""


def refuse_shortfalls(matter: Matter | None, command: Frozen, context: DecisionContext) -> None:
    """Refuse what the policy in force requires and the command lacks."""
    for shortfall in shortfalls(matter, command, context):
        refuse(shortfall.required, shortfall.message, "practice")


def shortfalls(matter: Matter | None, command: Frozen, context: DecisionContext) -> Iterator[Shortfall]:
    """Everything this command lacks, required or not."""
    if context.actor.role is Role.SYSTEM:
        return
    policy = context.policy
    if not (isinstance(command, c.RecordDecision) and command.minutes is not None):  # it stands in the minutes
        yield from without_paper(context)
    match command:
        case c.OpenMatter(basis=basis) if basis.approver == context.actor.id and context.actor.role is Role.OFFICE:
            yield Shortfall("立项和批准是同一个人，请写明由谁批准（--approver）", policy.approver_apart)
        case c.AnswerExtension(grant=True) if matter is not None and _asked_himself(matter, context):
            yield Shortfall("申请延期和批准延期是同一个人，请由其他人员批复", policy.approver_apart)
        case c.CancelMatter() if not context.is_(Role.LEADER):
            yield Shortfall("撤销立项没有写明由哪位领导决定（--by 领导 --paper 文号）", policy.leader_ends)
        case c.SuspendMatter() if not context.is_(Role.LEADER):
            yield Shortfall("暂缓没有写明由哪位领导决定（--by 领导 --paper 文号）", policy.leader_ends)
        case c.AcceptReceipt(via=None) if matter is not None and _types_for(matter.lead, context):
            yield Shortfall("代单位签收没有写明怎样收到的（--via 微信|电话|纸质）", policy.channel_required)
        case c.SubmitFeedback() if matter is not None:
            yield from _reported(matter, command, context)


def without_paper(context: DecisionContext) -> Iterator[Shortfall]:
    """A leader's decision typed by the office, and nothing that it rests on."""
    behalf = context.actor.on_behalf_of
    if behalf is not None and behalf.delegation is None and behalf.paper is None:
        yield Shortfall("代录领导决定没有写明所凭文件（--paper 文号）", context.policy.paper_required)


def _asked_himself(matter: Matter, context: DecisionContext) -> bool:
    """Whether who typed the request answers it; a leader answers in his own name, whoever types."""
    return matter.extension is not None and matter.extension.asked_by == context.decider.id


def _types_for(unit: str | None, context: DecisionContext) -> bool:
    """Whether the office types what a unit did; what it does for its own unit it does itself."""
    return context.is_(Role.OFFICE) and unit != context.decider.unit


def _reported(matter: Matter, command: c.SubmitFeedback, context: DecisionContext) -> Iterator[Shortfall]:
    unit = (command.for_unit or matter.lead) if context.is_(Role.OFFICE) else context.decider.unit
    if command.via is None and _types_for(unit, context):
        yield Shortfall("代单位反馈没有写明怎样收到的（--via 微信|电话|纸质）", context.policy.channel_required)
    if unit != matter.lead:
        return
    if matter.by_letter and command.letter is None and _types_for(unit, context):
        yield Shortfall("商请单位的答复没有写来函文号（--via 来函 --letter 文号）", context.policy.channel_required)
    last = matter.last_feedback
    if last is not None and not is_sealed(last.text) and command.text.split() == last.text.split():
        yield Shortfall("与上一次反馈的文字雷同，可能被退回；请写明这一期做了什么", required=False)
    silent = [str(p.no) for p in matter.points if p.open and p.no not in {reported.no for reported in command.points}]
    if silent:
        shown = "、".join(silent)
        yield Shortfall(f"要点{shown}没有逐点反馈（--point 序号:进度:说明）", context.policy.feedback_by_point)
