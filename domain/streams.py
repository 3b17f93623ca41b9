"""Which kind of stream folds into which state: the one table the log's read model and every replay go by."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

from domain.access.account import AccessOfMonth, Account, evolve_access, evolve_account
from domain.archive import ArchivedMatter, evolve_archive
from domain.assessment.assessment import Assessment, evolve_assessment
from domain.base import Frozen
from domain.bulletin import BulletinSeries, evolve_bulletins
from domain.calendar import WorkCalendar
from domain.envelope import LoggedEvent
from domain.event import UnknownEventError
from domain.evolve import advance as advance_matter
from domain.evolve import evolve as evolve_matter
from domain.forgetting import ForgottenSecrets, evolve_forgotten
from domain.founding import Headquarters, evolve_headquarters
from domain.incoming.evolve import evolve_incoming
from domain.incoming.paper import IncomingPaper
from domain.matter import Matter
from domain.meetings.evolve import advance_meeting, evolve_meeting
from domain.meetings.filing import MinutesOfYear, evolve_minutes
from domain.meetings.meeting import Meeting
from domain.meetings.series import SeriesBook, evolve_series
from domain.numbering import NumberLedger, evolve_numbers
from domain.office import Directory, evolve_calendar, evolve_directory, evolve_policy
from domain.onsite.inspection import OnSite, evolve_onsite
from domain.operations import Operations, evolve_operations
from domain.papers import PaperLedger, evolve_papers
from domain.policy import Policy
from domain.readership import Readership, evolve_readership
from domain.suggestions import Suggestion, evolve_suggestion
from domain.transfer import Transfer, evolve_transfer
from domain.workplan import WorkPlan, evolve_plan

S = TypeVar("S", bound=Frozen)
_UNFIT = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError)
"""What a fold raises of an event that is none of its stream's, or lacks another before it."""


@dataclass(frozen=True)
class Fold(Generic[S]):
    """How the events of one kind of stream become its state."""

    state: type[S]
    evolve: Callable[[S | None, LoggedEvent], S]
    advance: Callable[[S, LoggedEvent], None] | None = None
    """As `evolve`, but changing the state in place, for the kinds whose streams are long."""

    def after(self, state: S | None, first: LoggedEvent, rest: Iterable[LoggedEvent] = ()) -> S:
        """The state after these events; the one given stays as it is.

        Raises:
            UnknownEventError: they do not fit: they were written by another build, or are spoilt.
        """
        try:
            draft = self.evolve(state, first)
            if self.advance is None:
                return reduce(self.evolve, rest, draft)
            for event in rest:
                self.advance(draft, event)
        except _UNFIT as error:
            raise _unfit(error) from error
        return draft

    def moved(self, draft: S, event: LoggedEvent) -> S:
        """A state nobody else holds, after one more event: the same one, changed, where the kind can.

        Raises:
            UnknownEventError: as `after`.
        """
        try:
            if self.advance is None:
                return self.evolve(draft, event)
            self.advance(draft, event)
        except _UNFIT as error:
            raise _unfit(error) from error
        return draft


def _unfit(error: Exception) -> UnknownEventError:
    return UnknownEventError(str(error) if isinstance(error, TypeError) else f"{type(error).__name__}: {error}")


FOLDS: dict[str, Fold[Any]] = {
    "matter": Fold(Matter, evolve_matter, advance_matter),
    "calendar": Fold(WorkCalendar, evolve_calendar),
    "policy": Fold(Policy, evolve_policy),
    "directory": Fold(Directory, evolve_directory),
    "bulletin": Fold(BulletinSeries, evolve_bulletins),
    "series": Fold(SeriesBook, evolve_series),
    "paper": Fold(PaperLedger, evolve_papers),
    "plan": Fold(WorkPlan, evolve_plan),
    "meeting": Fold(Meeting, evolve_meeting, advance_meeting),
    "minutes": Fold(MinutesOfYear, evolve_minutes),
    "numbers": Fold(NumberLedger, evolve_numbers),
    "assessment": Fold(Assessment, evolve_assessment),
    "onsite": Fold(OnSite, evolve_onsite),
    "incoming": Fold(IncomingPaper, evolve_incoming),
    "headquarters": Fold(Headquarters, evolve_headquarters),
    "transfer": Fold(Transfer, evolve_transfer),
    "secrets": Fold(ForgottenSecrets, evolve_forgotten),
    "operations": Fold(Operations, evolve_operations),
    "account": Fold(Account, evolve_account),
    "access": Fold(AccessOfMonth, evolve_access),
    "suggestion": Fold(Suggestion, evolve_suggestion),
    "read": Fold(Readership, evolve_readership),
    "archive": Fold(ArchivedMatter, evolve_archive),
}
"""Kind of stream (what stands before the slash) → its fold."""
WORKFLOW_OF = {"matter": "Matter", "meeting": "Meeting"}
"""Kind of stream → the type of its workflow; the others have none."""
