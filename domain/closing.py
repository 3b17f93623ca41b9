"""办结核验: what stands against the end of a matter, as the policy asks, and what a reviewer is to look at besides."""

from collections.abc import Iterator

from domain.facts import Attachment, is_sealed
from domain.matter import DONE, Inspection, Matter
from domain.policy import ClosingRule, Policy
from domain.terms import Finding


def unfinished(matter: Matter, evidence: tuple[Attachment, ...], policy: Policy) -> tuple[str, ...]:
    """What is not done although the matter is to end, in the office's words; empty when nothing is left.

    It ends over these only with a reason, whoever ends it: the office, a leader, a meeting.
    """
    rule = policy.closing_rule(matter.kind, matter.klass)
    return (*_undone(matter, rule), *_unproven(matter, evidence, rule))


def to_be_weighed(matter: Matter, evidence: tuple[Attachment, ...], policy: Policy) -> tuple[str, ...]:
    """What asks for no reason under this policy, and is still put before whoever reviews."""
    rule = policy.closing_rule(matter.kind, matter.klass)
    asked = unfinished(matter, evidence, policy)
    everything = ClosingRule(evidence=True, inspection=True, problem=True)
    reasons = [*_undone(matter, everything), *_unproven(matter, evidence, everything)]
    reasons += [f"第{c.no}项协调请求未答复" for c in matter.open_coordinations]
    reasons += [f"{i.on}现场核查部分属实" for i in matter.inspections[-1:] if i.finding is Finding.PARTLY]
    if not rule.evidence and not rule.inspection:
        # Where the policy asks for neither, to name both at every closure would be noise.
        reasons = [words for words in reasons if words not in (_NO_EVIDENCE, _NOT_INSPECTED)]
    return tuple(words for words in reasons if words not in asked)


_NO_EVIDENCE, _NOT_INSPECTED = "未附证明材料", "未经现场核查"


def _undone(matter: Matter, rule: ClosingRule) -> Iterator[str]:
    feedback = matter.last_feedback
    if matter.progress < DONE and (matter.progress or (feedback is not None and feedback.progress is not None)):
        yield f"进度{matter.progress}%"
    if matter.listed:
        yield "挂牌督办尚未摘牌"
    if stages := [str(p.no) for p in matter.points if p.waits_for_review]:
        yield f"阶段目标{'、'.join(stages)}未审核"
    if points := [str(p.no) for p in matter.points if p.open and not p.waits_for_review]:
        yield f"要点{'、'.join(points)}未完成"
    for i in matter.indicators if rule.indicators else ():
        if not i.reached:
            yield f"指标“{i.name}”{i.goal.replace('应不超过', '不超过')}，实为{i.shown(i.value)}"
    if rule.problem and feedback is not None and feedback.problem:
        words = "（工作秘密）" if is_sealed(feedback.problem) else f"“{feedback.problem}”"
        yield f"牵头单位反映的问题{words}未销"


def _unproven(matter: Matter, evidence: tuple[Attachment, ...], rule: ClosingRule) -> Iterator[str]:
    if rule.evidence and not evidence:
        yield _NO_EVIDENCE
    last: Inspection | None = matter.inspections[-1] if matter.inspections else None
    if last is not None and last.finding is Finding.UNTRUE:
        yield f"{last.on}现场核查认定不实"
    elif rule.inspection and last is None:
        yield _NOT_INSPECTED
