"""What each event does to an incoming paper."""

from collections.abc import Callable
from typing import Any

from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold
from domain.incoming import events as ev
from domain.incoming.paper import IncomingPaper, Instruction, Reminded, SeenMark
from domain.terms import LeaderMark

Change = dict[str, Any]


def evolve_incoming(state: IncomingPaper | None, recorded: LoggedEvent) -> IncomingPaper:
    """Fold one event of a paper's stream."""
    event = decode(recorded)
    stands: Change = {"version": recorded.version, "hash": recorded.hash}
    if isinstance(event, ev.PaperReceived):
        registered = local_date(recorded.recorded_at)
        return IncomingPaper(stream=recorded.stream, registered_on=registered, **dict(event), **stands)
    change = _CHANGES.get(type(event))
    if state is None or change is None:
        raise TypeError(f"{type(event).__name__} does not belong to {recorded.stream}")
    return state.model_copy(update={**change(state, event, recorded), **stands})


def _instructed(paper: IncomingPaper, event: ev.LeaderInstructed, recorded: LoggedEvent) -> Change:
    given = Instruction(version=recorded.version, **dict(event))
    return {"instructions": (*paper.instructions, given), "waiting": _without(paper, event.leader)}


def _seen(paper: IncomingPaper, event: ev.PaperSeen, _: LoggedEvent) -> Change:
    mark = SeenMark(leader=event.leader, on=event.on)
    return {"seen": (*paper.seen, mark), "waiting": _without(paper, event.leader)}


def _informed(paper: IncomingPaper, event: ev.LeaderInformed, recorded: LoggedEvent) -> Change:
    one = _known(paper, event.instruction)
    return _with(paper, one, {"informed": (*one.informed, local_date(recorded.occurred_at))})


def _extended(paper: IncomingPaper, event: ev.InstructionExtended, _: LoggedEvent) -> Change:
    one = _known(paper, event.instruction)
    return _with(paper, one, {"due": event.to, "due_rule": None, "original": one.original or one.due})


def _reminded(paper: IncomingPaper, event: ev.InstructionReminded, _: LoggedEvent) -> Change:
    one = _known(paper, event.instruction)
    return _with(paper, one, {"reminded": (*one.reminded, Reminded(of=event.of, day=event.day))})


def _reported(paper: IncomingPaper, event: ev.CompletionReported, recorded: LoggedEvent) -> Change:
    on = local_date(recorded.occurred_at)
    return _with(paper, _known(paper, event.instruction), {"reported_on": on, "done_on": on if event.seen_at else None})


def _marked(paper: IncomingPaper, event: ev.CompletionMarked, recorded: LoggedEvent) -> Change:
    """继续办理 opens it again; a new limit is the leader's own day."""
    one = _known(paper, event.instruction)
    change: Change = {"mark": event.mark}
    if event.mark is not LeaderMark.CONTINUE:
        return _with(paper, one, change | {"done_on": local_date(recorded.occurred_at)})
    informed = (*one.informed, one.reported_on) if one.reported_on else one.informed
    change |= {"reported_on": None, "informed": informed, "returned": one.returned + 1}
    return _with(paper, one, change | ({"due": event.due, "due_rule": None} if event.due else {}))


def _handed_over(paper: IncomingPaper, event: ev.PaperHandedOver, _: LoggedEvent) -> Change:
    """Who instructed stays in the record. A successor who has his own turn keeps the earlier of the two."""
    to = event.to_person
    named = {event.from_person: to}
    moved = (
        i.model_copy(update={"successor": to}) if i.open and i.whose == event.from_person else i
        for i in paper.instructions
    )
    waiting = tuple(dict.fromkeys(named.get(p, p) for p in paper.waiting))
    return {"instructions": tuple(moved), "waiting": waiting, "route": tuple(dict.fromkeys((*paper.route, *waiting)))}


def _filed(_: IncomingPaper, __: ev.PaperFiled, recorded: LoggedEvent) -> Change:
    return {"filed_on": local_date(recorded.occurred_at)}


_CHANGES: dict[type[Event], Callable[[IncomingPaper, Any, LoggedEvent], Change]] = {
    ev.HandlingProposed: lambda paper, event, _: {"proposals": (*paper.proposals, event.text)},
    ev.PaperSubmitted: lambda paper, event, _: {
        "waiting": event.leaders,
        "route": tuple(dict.fromkeys((*paper.route, *event.leaders))),
    },
    ev.LeaderInstructed: _instructed,
    ev.PaperSeen: _seen,
    ev.LeaderInformed: _informed,
    ev.InstructionExtended: _extended,
    ev.InstructionReminded: _reminded,
    ev.CompletionReported: _reported,
    ev.CompletionMarked: _marked,
    ev.PaperHandedOver: _handed_over,
    ev.PaperFiled: _filed,
    ev.RegistrationVoided: lambda _, event, __: {"void": event.reason},
}


def _without(paper: IncomingPaper, leader: str) -> tuple[str, ...]:
    return tuple(person for person in paper.waiting if person != leader)


def _known(paper: IncomingPaper, no: int) -> Instruction:
    one = paper.instruction(no)
    if one is None:
        raise TypeError(f"{paper.number} has no instruction {no}")
    return one


def _with(paper: IncomingPaper, one: Instruction, change: Change) -> Change:
    changed = (i.model_copy(update=change) if i.no == one.no else i for i in paper.instructions)
    return {"instructions": tuple(changed)}


FOLD = Fold(IncomingPaper, evolve_incoming)
