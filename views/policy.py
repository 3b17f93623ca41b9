"""督办规则 in force, in lines."""

from datetime import date

from domain.policy import Policy
from domain.queries.spoken import said_date
from intake.policy_file import LABELS, level_line, plain


def policy_lines(policy: Policy, since: date, versions: int) -> list[str]:
    """What the policy says, a line each; what belongs under the line before is indented."""
    lines = [f"督办规则“{policy.version}”，{said_date(since)}起采用，第{versions}版"]
    lines += [f"  {label}：{plain(getattr(policy, key))}" for key, label in LABELS.items()]
    lines += ["升级阶梯", *(f"  {level_line(x)}" for x in policy.ladder)]
    lines += ["压力表", *(f"  {s.label}" for s in policy.steps)]
    lines += ["红黄牌", *(f"  {x.label}" for x in policy.cards)] if policy.cards else []
    lines += ["办结核验", *(f"  {x.label}" for x in policy.closing)] if policy.closing else []
    lines += ["考核加减分", *(f"  {x.label}" for x in policy.scoring)] if policy.scoring else []
    lines += ["其他来源", *(f"  {x.label}" for x in policy.sources)] if policy.sources else []
    lines += ["默认时限（没有写明办结时限时）", *(f"  {x.label}" for x in policy.limits or ())]
    return lines if policy.limits else [*lines, "  无，立项须写明办结时限"]
