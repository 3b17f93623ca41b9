"""The state of one assessment, and how its events fold into it."""

from datetime import date, datetime

from domain.assessment import events as ev
from domain.assessment.events import ResultUse, UnitScore
from domain.base import Frozen
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.event import decode
from domain.fold import Fold


class Adjustment(Frozen):
    """加分 or 减分, and who approved it."""

    no: int
    unit: str
    points: int
    reason: str
    approver: str
    on: date
    appeal: int | None = None


class Appeal(Frozen):
    """A unit's appeal, and its answer."""

    no: int
    unit: str
    text: str
    on: date
    answer: str | None = None
    upheld: bool | None = None


class Use(Frozen):
    """What a result was used for."""

    unit: str
    use: ResultUse
    text: str
    on: date
    approver: str


class Assessment(Frozen):
    """An assessment as of `version`. Units stand in the order of the directory: nobody is ranked."""

    stream: str
    version: int
    until: date
    position: int
    as_of: datetime
    policy: str
    opened_on: date
    appeal_by: date
    scores: tuple[UnitScore, ...]
    adjustments: tuple[Adjustment, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    settled_on: date | None = None
    uses: tuple[Use, ...] = ()

    @property
    def settled(self) -> bool:
        """Nothing of it is owed any more."""
        return self.settled_on is not None

    @property
    def called(self) -> str:
        """2022年考核（截至3月31日）."""
        return f"{self.until.year}年考核（截至{self.until.month}月{self.until.day}日）"

    @property
    def open_appeals(self) -> tuple[Appeal, ...]:
        """Those nobody answered yet."""
        return tuple(a for a in self.appeals if a.answer is None)

    def score(self, unit: str) -> UnitScore | None:
        """What was frozen of a unit."""
        return next((s for s in self.scores if s.unit == unit), None)

    def total(self, unit: str) -> int:
        """The unit's frozen score with what was added and deducted since."""
        frozen = self.score(unit)
        return (frozen.total if frozen else 0) + sum(a.points for a in self.adjustments if a.unit == unit)


def evolve_assessment(state: Assessment | None, recorded: LoggedEvent) -> Assessment:
    """The assessment after one more event."""
    event, day = decode(recorded), local_date(recorded.occurred_at)
    if isinstance(event, ev.AssessmentOpened):
        fields = {name: getattr(event, name) for name in type(event).model_fields}
        return Assessment(stream=recorded.stream, version=recorded.version, opened_on=day, **fields)
    if state is None:
        raise TypeError(f"{type(event).__name__} before the assessment was opened")
    change: dict[str, object] = {"version": recorded.version}
    match event:
        case ev.ScoreAdjusted():
            made = Adjustment(on=day, **{n: getattr(event, n) for n in type(event).model_fields})
            change["adjustments"] = (*state.adjustments, made)
        case ev.AppealRaised(no=no, unit=unit, text=text):
            change["appeals"] = (*state.appeals, Appeal(no=no, unit=unit, text=text, on=day))
        case ev.AppealAnswered(no=no, upheld=upheld, text=text):
            answer = {"answer": text, "upheld": upheld}
            change["appeals"] = tuple(a.model_copy(update=answer) if a.no == no else a for a in state.appeals)
        case ev.AssessmentSettled():
            change["settled_on"] = day
        case ev.ResultUsed():
            used = Use(on=day, **{n: getattr(event, n) for n in type(event).model_fields})
            change["uses"] = (*state.uses, used)
        case _:
            raise TypeError(f"{type(event).__name__} does not belong to an assessment")
    return state.model_copy(update=change)


FOLD = Fold(Assessment, evolve_assessment)
