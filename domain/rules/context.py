"""What a rule may look at besides the matter: the rulebook, the moment, and who acts."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import WorkCalendar, local_date, to_minute
from domain.envelope import Actor, Draft, OnBehalf
from domain.event import Event
from domain.log import Rulebook
from domain.policy import Policy
from domain.terms import Role


@dataclass(frozen=True)
class DecisionContext:
    """The office at one moment, as one rule sees it."""

    rulebook: Rulebook
    now: datetime
    actor: Actor
    occurred_at: datetime | None = None
    """When the thing happened, if it is entered later (补录)."""

    @property
    def moment(self) -> datetime:
        """Now, to the minute: what limits and windows are counted from."""
        return to_minute(self.now)

    @property
    def calendar(self) -> WorkCalendar:
        """The calendar of the rulebook: which days the office works, and from when to when."""
        return self.rulebook.calendar

    @property
    def policy(self) -> Policy:
        """The policy of the rulebook: 时限, 反馈周期, 催办 and 升级 as adopted."""
        return self.rulebook.policy

    @property
    def today(self) -> date:
        """The Shanghai date."""
        return local_date(self.now)

    @property
    def decider(self) -> Actor | OnBehalf:
        """Who decides: the person on whose behalf it is entered, else the actor."""
        return self.actor.on_behalf_of or self.actor

    def is_(self, *roles: Role) -> bool:
        """Whether the decider holds one of the roles."""
        return self.decider.role in roles


@dataclass(frozen=True)
class DatedEvent:
    """An event that did not happen now: a window judged by its own closing, a report of last Friday."""

    event: Event
    occurred_at: datetime


RuleEvent = Event | DatedEvent


def drafted(outcome: RuleEvent, context: DecisionContext) -> Draft:
    """The outcome of a rule, ready for the log."""
    if isinstance(outcome, DatedEvent):
        return outcome.event.draft(context.now, outcome.occurred_at)
    return outcome.draft(context.now)
