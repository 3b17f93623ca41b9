"""前置、关注: how a matter stands to others, and to people who keep an eye on it."""

from domain import events as ev
from domain.envelope import LoggedEvent
from domain.evolve.change import Change, on
from domain.matter import Matter


@on(ev.PredecessorSet)
def _(m: Matter, e: ev.PredecessorSet, r: LoggedEvent) -> Change:
    return {"predecessors": (*m.predecessors, e.earlier)}


@on(ev.PredecessorDropped)
def _(m: Matter, e: ev.PredecessorDropped, r: LoggedEvent) -> Change:
    return {"predecessors": tuple(p for p in m.predecessors if p.stream != e.earlier.stream)}


@on(ev.FollowBegun)
def _(m: Matter, e: ev.FollowBegun, r: LoggedEvent) -> Change:
    return {"followers": (*m.followers, e.person)}


@on(ev.FollowEnded)
def _(m: Matter, e: ev.FollowEnded, r: LoggedEvent) -> Change:
    return {"followers": tuple(p for p in m.followers if p != e.person)}
