"""Which matter, unit or person is meant by what was typed, and for whom one acts."""

from collections.abc import Sequence

from cli.session import Problem, session
from domain.base import refuse
from domain.envelope import Actor, OnBehalf
from domain.facts import UnitRef
from domain.office import Unit
from domain.terms import Role
from eventlog import reading

MOST_PAPER = 200
"""Characters of the 文号 or name of a paper."""


def the_matter(words: str) -> reading.ListedMatter:
    """The one matter meant by its number, its tail, or words of its title.

    Raises:
        Problem: as `the_one`.
    """
    return the_one(found_matters(words), words)


def found_matters(words: str) -> tuple[reading.ListedMatter, ...]:
    """The matters meant, of those the reader may know of."""
    if session.remote is not None:
        matters = session.remote.read("/find", words=words)["matters"]
        return tuple(reading.ListedMatter.model_validate(one) for one in matters)
    return reading.find_matters(session.database, words, session.rights.visible)


def whole_office_only(what: str) -> None:
    """Refuse what is about several units at once to whoever reads for one.

    Raises:
        Problem: exit 4.
    """
    if not session.rights.whole:
        raise Problem(f"{what}由办公室和领导查阅", "not_found")


def the_matter_to_read(words: str) -> reading.ListedMatter:
    """The one matter meant, where more of it is shown than a list has.

    Raises:
        Problem: as `the_one`.
        Refusal: `not_found`, when the reader sees only what a list has.
    """
    matter = the_matter(words)
    session.rights.need(matter.stream, matter.number)
    return matter


def the_one(matters: Sequence[reading.ListedMatter], words: str) -> reading.ListedMatter:
    """The only one of those that fit the words.

    Raises:
        Problem: none (exit 4), or several (exit 2, with the candidates).
    """
    if len(matters) == 1:
        return matters[0]
    if not matters:
        raise Problem(f"没有找到事项“{words}”，请用 xmh task list 查看编号", "not_found")
    shown = "；".join(f"{m.number} {m.title}" for m in matters[:8]) + ("……" if len(matters) > 8 else "")  # noqa: PLR2004
    candidates = [{"matter": m.number, "title": m.title} for m in matters]
    raise Problem(f"“{words}”对应{len(matters)}个事项，请写明编号：{shown}", "ambiguous", candidates=candidates)


def the_unit(name: str) -> UnitRef:
    """The unit an option means by id, name or alias; never guessed.

    Raises:
        Problem: none (exit 4), or several (exit 2).
    """
    from intake.directory import UnitIndex

    units = UnitIndex(_units()).find(name)
    if not units:
        raise Problem(f"通讯录里没有单位“{name}”，请用 xmh org list 查看，或先 xmh org import", "not_found")
    if len(units) > 1:
        shown = "、".join(u.name for u in units)
        raise Problem(f"“{name}”对应多个单位：{shown}，请写全称或编号", "ambiguous")
    return UnitRef(id=units[0].id, supervision=units[0].supervision)


def _units() -> Sequence[Unit]:
    if session.remote is not None:
        return [Unit.model_validate(one) for one in session.remote.read("/directory")["units"]]
    return reading.units(session.database)


def the_supervisor(name: str) -> str:
    """The 督办员 meant by id or name; a leader who opens a matter supervises it himself.

    Raises:
        Problem: there is no such person, or several.
        Refusal: the person is of a unit, or an auditor.
    """
    person = session.person(name)
    refuse(person.role not in (Role.OFFICE, Role.LEADER), f"{person.name}（{person.id}）不是督办员，不能督办事项")
    return person.id


def acting_for(by: str | None = None, paper: str | None = None) -> Actor:
    """Who acts in a `task` command, and for whom: `--by` records who decided and who typed (代录)."""
    if by is None:
        if paper is not None:
            raise Problem("--paper 须与 --by 一起使用，写明是谁的决定", "malformed")
        return session.actor
    session.need_machine()  # a token does nothing by somebody else's word
    if session.for_person is not None:
        raise Problem("--by（代录）与 --for-person（授权代办）二者取一", "malformed")
    if paper is not None and len(paper) > MOST_PAPER:
        raise Problem(f"--paper 有{len(paper)}字，只写文号或文件名，最多{MOST_PAPER}字", "malformed")
    decider = session.person(by)
    if decider.id == session.actor.id:
        return session.actor
    behalf = OnBehalf(id=decider.id, role=decider.role, unit=decider.unit, paper=paper)
    return session.actor.model_copy(update={"on_behalf_of": behalf})
