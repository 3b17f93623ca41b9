"""Who says he acts is checked against the directory, inside the transaction: no entrance can skip it."""

from datetime import date

from domain.base import Refusal, Term, refuse
from domain.envelope import SYSTEM, Actor, OnBehalf
from domain.event import UnknownEventError, event_of
from domain.ids import OfficeStream, kind_of
from domain.log import AppendRequest, UnitClaim
from domain.office import Directory
from domain.rules.delegation import check_delegation
from domain.rules.records import authorise_record
from domain.terms import Role, Supervision
from eventlog.database import Transaction
from eventlog.reading.states import state_of
from eventlog.stored_time import micros

PERSON = "SELECT name, role, unit, left_at FROM people WHERE id = ?"
_SLOT = (
    "SELECT number, title FROM meetings WHERE series = ? AND starts = ? AND stream <> ? "
    "AND stage NOT IN ('cancelled', 'recorded')"
)
DECIDED_BY_WORKFLOWS = frozenset({"matter", "meeting"})
_UNIT = "SELECT name, supervision FROM units WHERE id = ?"


def check_actor(transaction: Transaction, actor: Actor, stream: str, day: date) -> None:
    """The actor, and whom he acts or types for, are in the directory as claimed, and a 授权 he names holds that day.

    A unit that is not claimed is not checked.

    Raises:
        Refusal: with codes `actor_unknown`, `actor_left`, `actor_role`, `actor_unit`, `not_delegated`.
    """
    if actor.id == SYSTEM.id or actor.role is Role.SYSTEM:
        refuse(actor.id != SYSTEM.id or actor.role is not Role.SYSTEM, "系统身份只能由系统本身使用", "actor_role")
    else:
        _check_person(transaction, actor)
    if actor.on_behalf_of is not None:
        _check_person(transaction, actor.on_behalf_of)
        if actor.on_behalf_of.delegation is not None:
            directory = _directory(transaction)
            check_delegation(directory, actor.id, actor.on_behalf_of, stream, day)


def _directory(transaction: Transaction) -> Directory:
    known = state_of(transaction, transaction.own(OfficeStream.DIRECTORY))
    return known.state if known is not None and isinstance(known.state, Directory) else Directory()


def _check_person(transaction: Transaction, claim: Actor | OnBehalf) -> None:
    name, role, unit = _in_office(transaction, claim.id, "不能再办理")
    refuse(
        role != claim.role.value,
        f"{name}（{claim.id}）在名录中的角色是{_label(Role, role)}，不是{claim.role.label}",
        "actor_role",
    )
    refuse(
        claim.unit is not None and unit != claim.unit,
        f"{name}（{claim.id}）在名录中属于 {unit}，不属于 {claim.unit}",
        "actor_unit",
    )


def check_record(transaction: Transaction, request: AppendRequest) -> None:
    """Refuse a record of the office's own that is not the actor's to make; matters are decided by their workflows.

    Raises:
        Refusal: with codes `forbidden`, `unsigned`; `malformed` for what is no event of this build.
    """
    if kind_of(request.stream) in DECIDED_BY_WORKFLOWS:
        return
    for draft in request.drafts:
        try:
            event = event_of(draft)
        except (UnknownEventError, ValueError) as error:
            raise Refusal(f"{draft.type} 不是这一版认识的记录", "malformed") from error
        authorise_record(event, request.actor, lambda: _directory(transaction))


def _in_office(transaction: Transaction, person: str, then: str) -> tuple[str, str, str]:
    """Name, role and unit of somebody in the directory who has not left."""
    row = transaction.one(PERSON, (person,))
    if row is None:
        raise Refusal(f"名录中没有编号为 {person} 的人员，请用 xmh org list 核对", "actor_unknown")
    name, role, unit, left_at = row
    refuse(left_at is not None, f"{name}（{person}）已离任，{then}", "actor_left")
    return name, role, unit


def check_people(transaction: Transaction, people: tuple[str, ...]) -> None:
    """Refuse an append that makes somebody answer who is not in the directory, or left office.

    Raises:
        Refusal: with codes `actor_unknown`, `actor_left`.
    """
    for person in people:
        _in_office(transaction, person, "不能再承担职责")


def check_units(transaction: Transaction, claims: tuple[UnitClaim, ...]) -> None:
    """Refuse an append unless each unit is in the directory with the standing the decision was made on.

    Raises:
        Refusal: with codes `unit_unknown`, `unit_supervision`.
    """
    for claim in claims:
        row = transaction.one(_UNIT, (claim.id,))
        if row is None:
            raise Refusal(f"名录中没有编号为 {claim.id} 的单位，请用 xmh org list 核对", "unit_unknown")
        name, supervision = row
        refuse(
            supervision != claim.supervision.value,
            f"{name}（{claim.id}）可否作为督办对象在名录中是“{_label(Supervision, supervision)}”，"
            f"不是“{claim.supervision.label}”",
            "unit_supervision",
        )


def check_slots(transaction: Transaction, request: AppendRequest) -> None:
    """Refuse an append by which two meetings of a series would be at once, whoever convenes them.

    Raises:
        Refusal: with code `slot_taken`.
    """
    for claim in request.slots:
        row = transaction.one(_SLOT, (claim.series, micros(claim.starts), request.stream))
        refuse(row is not None, f"同一时间已安排{row[1] if row else ''}（{row[0] if row else ''}）", "slot_taken")


def _label(term: type[Term], value: str) -> str:
    member = term.from_label(value)
    return member.label if member else value
