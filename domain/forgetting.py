"""销毁密钥: the words of a matter that were sealed are forgotten for good, by a leader's decision that stays on record.

What is left says that there were words, who decided that nobody shall read them any more, on what paper, and why.
"""

from typing import ClassVar

from domain.archive import ArchivedMatter, check_not_held
from domain.base import Frozen
from domain.envelope import Actor, LoggedEvent
from domain.event import Event, decode
from domain.facts import Words
from domain.fold import Fold
from domain.rules.authority import by_leader


class SecretsForgotten(Event):
    """The keys of a matter's sealed words are to be destroyed; recorded before they are."""

    label: ClassVar[str] = "销毁密钥"
    matter: str
    """The matter's stream."""
    number: str
    keys: tuple[str, ...]
    """Ids of the keys."""
    reason: Words
    approver: str
    paper: str


class ForgottenSecrets(Frozen):
    """Ids of the keys whose destruction was decided."""

    keys: tuple[str, ...] = ()


def forget(
    matter: str,
    number: str,
    keys: tuple[str, ...],
    reason: str,
    actor: Actor,
    archived: ArchivedMatter | None = None,
) -> SecretsForgotten:
    """The event by which a matter's keys are destroyed: a leader's decision, his own or typed for him, on a paper.

    Raises:
        Refusal: `unsigned`, `forbidden`; `malformed`, when no paper is named; `held`, it may not be destroyed now.
    """
    check_not_held(archived, "销毁密钥")
    leader = by_leader(actor, "销毁密钥", "销毁密钥须由领导批准，请用 --by 写明批准领导")
    paper = actor.on_behalf_of.paper if actor.on_behalf_of else None
    return SecretsForgotten(
        matter=matter, number=number, keys=keys, reason=reason, approver=leader.id, paper=paper or "本人"
    )


def evolve_forgotten(state: ForgottenSecrets | None, recorded: LoggedEvent) -> ForgottenSecrets:
    """Fold one decision."""
    event = decode(recorded)
    if isinstance(event, SecretsForgotten):
        known = state.keys if state else ()
        return ForgottenSecrets(keys=tuple(dict.fromkeys((*known, *event.keys))))
    raise TypeError(f"{type(event).__name__} does not belong to the forgotten secrets")


FOLD = Fold(ForgottenSecrets, evolve_forgotten)
