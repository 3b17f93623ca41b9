"""What can have happened to an assessment, in the past tense, and the scores it froze."""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen, Term
from domain.event import Event
from domain.facts import Words
from domain.terms import ScoredOutcome


class ResultUse(Term):
    """结果运用 (条例 art. 21: each is approved by a leader)."""

    PRAISE = "praise", "表扬"
    REWARD = "reward", "激励"
    INTERVIEW = "interview", "约谈"
    CRITICISM = "criticism", "通报批评"
    ACCOUNTABILITY = "accountability", "追责建议"


class FrozenLine(Frozen):
    """One line of a unit's score as it was on the day."""

    outcome: ScoredOutcome
    leading: bool
    matters: tuple[str, ...]
    each: int

    @property
    def total(self) -> int:
        """What it comes to."""
        return self.each * len(self.matters)


class UnitScore(Frozen):
    """A unit's score as it was on the day, line by line."""

    unit: str
    lines: tuple[FrozenLine, ...] = ()

    @property
    def total(self) -> int:
        """The sum of the lines."""
        return sum(line.total for line in self.lines)


class AssessmentOpened(Event):
    """考核告知: the scores from the beginning of the year up to a day, frozen at a position of the log."""

    label: ClassVar[str] = "考核告知"
    until: date
    position: int
    as_of: datetime
    policy: str
    """The version of the policy whose rules of addition and deduction it follows."""
    appeal_by: date
    scores: tuple[UnitScore, ...]


class ScoreAdjusted(Event):
    """加分 or 减分 beside the rules, approved by a leader."""

    label: ClassVar[str] = "考核加减分"
    no: int
    unit: str
    points: int
    reason: Words
    approver: str
    appeal: int | None = None
    """The appeal that it answers."""


class AppealRaised(Event):
    """申诉 of a unit against its score, within the window."""

    label: ClassVar[str] = "考核申诉"
    no: int
    unit: str
    text: Words


class AppealAnswered(Event):
    """The answer to an appeal; upheld with points, or not."""

    label: ClassVar[str] = "答复申诉"
    no: int
    upheld: bool
    text: Words
    approver: str


class AssessmentSettled(Event):
    """考核定稿: nothing of it changes any more."""

    label: ClassVar[str] = "考核定稿"
    approver: str


class ResultUsed(Event):
    """结果运用 for one unit."""

    label: ClassVar[str] = "考核结果运用"
    unit: str
    use: ResultUse
    text: Words
    approver: str
