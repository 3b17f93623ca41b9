"""Acting under a 授权: which one it is, as the directory has it; the log checks it again."""

from cli.session import Problem, session
from cli.task.common import the_person, today
from domain.envelope import Actor, OnBehalf
from domain.office import DIRECTORY_STREAM, Directory
from eventlog import reading


def directory() -> Directory:
    """The directory with its posts and delegations."""
    found = reading.load(session.database, DIRECTORY_STREAM)
    state = found.state if found else Directory()
    assert isinstance(state, Directory)  # noqa: S101  (the stream's fold)
    return state


def acting_under(actor: Actor, name: str) -> Actor:
    """The actor on behalf of the giver: under the 授权 that holds today, one for all matters before one for some.

    Raises:
        Problem: there is none, or none that holds (exit 3).
    """
    giver = the_person(name)
    given = {no: d for no, d in directory().delegations.items() if (d.giver, d.receiver) == (giver.id, actor.id)}
    holding = [no for no, d in given.items() if d.holds(today())]
    if not holding:
        past = "，原来的授权已到期或收回" if given else ""
        raise Problem(f"{giver.name}（{giver.id}）没有授权您代办{past}；授权用 xmh org delegate", "not_delegated")
    number = min(holding, key=lambda no: bool(given[no].matters))
    behalf = OnBehalf(id=giver.id, role=giver.role, unit=giver.unit, paper=number, delegation=number)
    return actor.model_copy(update={"on_behalf_of": behalf})
