"""What a reader may do with a matter, as a page shows it: by himself, under a 授权, or typed for a leader (代录)."""

from dataclasses import dataclass

from domain.confidential import opened
from domain.envelope import OnBehalf
from domain.matter import Matter
from domain.offers import OFFERED, behalf_of, do_of, offers, why_not
from domain.rules.authority import DECISIONS
from domain.rules.context import DecisionContext
from domain.terms import Role
from eventlog import reading
from views.viewer import Viewer


@dataclass(frozen=True)
class PossibleAct:
    """One command: whether it can be given now, by whom, or why not."""

    do: str
    why_not: str | None
    behalf: OnBehalf | None = None
    """Under whose 授权."""
    typed_for: tuple[str, ...] = ()
    """The leaders for whom the office may type it, where it may not decide it itself."""


def state_shown(viewer: Viewer, stream: str) -> Matter:
    """A matter with the words this reader may read.

    Raises:
        Refusal: `not_found`: he does not see all of it.
    """
    viewer.rights.need(stream)
    loaded = reading.load(viewer.database, stream)
    assert loaded is not None  # noqa: S101  (it was found by its number)
    assert isinstance(loaded.state, Matter)  # noqa: S101  (a stream under matter/)
    shown: Matter = opened(loaded.state, viewer.words_of(loaded.state))
    return shown


def possible_acts(viewer: Viewer, matter: Matter) -> dict[str, PossibleAct]:
    """Every command to this matter, by its name."""
    held = {h.giver: h for h in viewer.reader.held if not h.matters or matter.stream in h.matters}
    acts = {}
    leaders = [p for p in reading.people(viewer.database) if p.role is Role.LEADER] if _types_for(viewer) else []
    decided = {do_of(kind): kind for kind in OFFERED if kind in DECISIONS}
    for offer in offers(matter, viewer.reader, viewer.rulebook, viewer.now):
        behalf = behalf_of(held[offer.acting_for]) if offer.acting_for else None
        typed_for: tuple[str, ...] = ()
        if not offer.possible and offer.do in decided:
            typed_for = tuple(
                p.id
                for p in leaders
                if why_not(decided[offer.do], matter, _typing(viewer, OnBehalf(id=p.id, role=p.role, unit=p.unit)))
                is None
            )
        acts[offer.do] = PossibleAct(offer.do, None if typed_for else offer.why_not, behalf, typed_for)
    return acts


def _types_for(viewer: Viewer) -> bool:
    return viewer.actor.role is Role.OFFICE


def _typing(viewer: Viewer, behalf: OnBehalf) -> DecisionContext:
    actor = viewer.actor.model_copy(update={"on_behalf_of": behalf})
    return DecisionContext(rulebook=viewer.rulebook, now=viewer.now, actor=actor)
