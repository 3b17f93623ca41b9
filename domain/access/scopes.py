"""Which commands a token may give, beside its person's rights: none signs, instructs, reviews or cancels."""

from domain import commands as c
from domain.access.terms import TokenScope
from domain.base import Frozen, refuse
from domain.meetings import commands as m

REPORT: frozenset[type[Frozen]] = frozenset(
    {
        c.AcceptReceipt,
        c.DeclineReceipt,
        c.SubmitFeedback,
        c.RequestCoordination,
        c.AnswerCoordination,
        c.RequestExtension,
        c.RequestClosure,
        c.FollowMatter,
        m.ReplyToNotice,
        m.HandInMaterial,
    }
)
"""What a unit says of its matters, and to the meetings it is called to."""
NEVER: frozenset[type[Frozen]] = frozenset(
    {
        c.RecordInstruction,
        c.MarkClosure,
        c.RecordDecision,
        c.AnswerExtension,
        c.ExtendLimit,
        c.SuspendMatter,
        c.ResumeMatter,
        c.ReviewClosure,
        c.ReviewPoint,
        c.JudgePeriod,
        c.RateMatter,
        c.ReopenMatter,
        c.CancelMatter,
        c.MergeMatter,
        c.RaiseObjection,
        c.DecideObjection,
        c.DeclareRecusal,
        c.InspectMatter,
        c.ListMatter,
        c.DelistMatter,
        c.HoldInterview,
        c.IssueCard,
        c.WithdrawCard,
        c.ReassignDuty,
        c.CorrectEvent,
        m.DecideItem,
        m.WithdrawPoint,
        m.WaiveOutcome,
        m.SignMinutes,
    }
)
"""批示, 审核, 撤销, 议定 and what else a person answers for by his own hand."""
CLOCK: frozenset[type[Frozen]] = frozenset({c.ExpireDeadline, c.Reproject})
"""The workflow's own: no entrance takes them from anybody."""


def check_scope(scope: TokenScope, command: Frozen) -> None:
    """Refuse a command that is beyond the token it came with.

    Raises:
        Refusal: `scope`.
    """
    kind = type(command)
    by_hand = kind in NEVER or (isinstance(command, c.OpenMatter) and command.instruction is not None)
    refuse(by_hand, "这件事须由本人登录后办理，不能用令牌", "scope")
    enough = scope is TokenScope.HANDLE or (scope is TokenScope.REPORT and kind in REPORT)
    refuse(not enough, f"令牌只能{scope.label}，不能办这件事", "scope")
