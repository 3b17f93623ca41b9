"""意见建议: what a unit finds burdensome or asked of it twice, and what the office answers, for the whole unit to read.

Source: 为基层减负 (a demand that burdens is to be heard and answered); rules on government applications (a place for
suggestions within the product).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, ClassVar

from domain.base import Frozen, Term, refuse
from domain.envelope import LoggedEvent, NumberSeries
from domain.event import Event, decode
from domain.facts import AtMost, MatterRef
from domain.fold import Fold

MOST_TEXT = 2000


class SuggestionKind(Term):
    """What it is about."""

    BURDEN = "burden", "负担"
    """Asked too often, too much, or in too many forms."""
    TWICE = "twice", "重复"
    """The same was asked before, or by somebody else."""
    OTHER = "other", "其他"


class SuggestionOutcome(Term):
    """What becomes of it."""

    ADOPTED = "adopted", "采纳"
    PARTLY = "partly", "部分采纳"
    EXPLAINED = "explained", "解释说明"


class SuggestionMade(Event):
    """提出意见建议."""

    label: ClassVar[str] = "提出意见建议"
    number: str = ""
    kind: SuggestionKind
    text: str
    person: str
    unit: str
    matter: MatterRef | None = None

    def series(self, at: datetime) -> NumberSeries:
        """建议〔2026〕3号: gapless per year."""
        return NumberSeries(series=f"suggestion/{at.year}", field="number", template=f"建议〔{at.year}〕{{n}}号")


class SuggestionAnswered(Event):
    """答复意见建议: the unit reads it; a later answer stands beside the earlier."""

    label: ClassVar[str] = "答复意见建议"
    outcome: SuggestionOutcome
    text: str


class SuggestionReply(Frozen):
    """An answer, by whom and when."""

    outcome: SuggestionOutcome
    text: str
    by: str
    at: datetime


class Suggestion(Frozen):
    """A suggestion and what was answered."""

    number: str
    kind: SuggestionKind
    text: str
    person: str
    unit: str
    made_at: datetime
    matter: MatterRef | None = None
    replies: tuple[SuggestionReply, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether the office owes an answer."""
        return not self.replies


class MakeSuggestion(Frozen):
    """提出意见建议, for one's unit."""

    kind: SuggestionKind
    text: Annotated[str, AtMost(MOST_TEXT)]
    matter: MatterRef | None = None


class AnswerSuggestion(Frozen):
    """答复."""

    outcome: SuggestionOutcome
    text: Annotated[str, AtMost(MOST_TEXT)]


def make_suggestion(known: Suggestion | None, command: MakeSuggestion, person: str, unit: str) -> Iterator[Event]:
    """提出: by somebody of a unit, for which it stands."""
    refuse(known is not None, "这条意见建议已经提出", "exists")
    text = _words(command.text)
    yield SuggestionMade(kind=command.kind, text=text, person=person, unit=unit, matter=command.matter)


def answer_suggestion(known: Suggestion | None, command: AnswerSuggestion) -> Iterator[Event]:
    """答复: as often as there is something to add."""
    refuse(known is None, "没有这条意见建议，请用 xmh suggestion list 查看", "not_found")
    yield SuggestionAnswered(outcome=command.outcome, text=_words(command.text))


def _words(text: str) -> str:
    plain = text.strip()
    refuse(not plain or len(plain) > MOST_TEXT, f"内容须为 1 至 {MOST_TEXT} 字，现在是 {len(plain)} 字", "malformed")
    return plain


def evolve_suggestion(state: Suggestion | None, recorded: LoggedEvent) -> Suggestion:
    """Fold one event of a suggestion."""
    match decode(recorded):
        case SuggestionMade(number=number, kind=kind, text=text, person=person, unit=unit, matter=matter):
            return Suggestion(
                number=number,
                kind=kind,
                text=text,
                person=person,
                unit=unit,
                matter=matter,
                made_at=recorded.recorded_at,
            )
        case SuggestionAnswered(outcome=outcome, text=text) if state is not None:
            reply = SuggestionReply(outcome=outcome, text=text, by=recorded.actor.id, at=recorded.recorded_at)
            return state.model_copy(update={"replies": (*state.replies, reply)})
    raise TypeError(f"{recorded.type} does not belong to a suggestion")


FOLD = Fold(Suggestion, evolve_suggestion)
