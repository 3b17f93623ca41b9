"""授权代办 (AB角): who may let whom act for him, and whether an act under a 授权 stands.

Dated, revocable, one step only: what was delegated to somebody he cannot delegate on.
"""

from collections.abc import Iterator
from datetime import date

from domain.base import refuse
from domain.envelope import Actor, OnBehalf
from domain.office import Delegation, DelegationGranted, DelegationRevoked, Directory, Person
from domain.rules.authority import refuse_bystander
from domain.terms import ADMINISTRATORS, Role


def grant(directory: Directory, delegation: Delegation, actor: Actor, today: date) -> DelegationGranted:
    """授权: by the giver himself, or recorded by the office; never by a delegate, never to the auditor (三员分立)."""
    giver, receiver = directory.people.get(delegation.giver), directory.people.get(delegation.receiver)
    refuse(giver is None, f"{delegation.giver} 不在任，不能授权", "not_found")
    refuse(receiver is None, f"{delegation.receiver} 不在任，不能受托", "not_found")
    assert giver is not None  # noqa: S101  (refuse raised otherwise)
    assert receiver is not None  # noqa: S101  (refuse raised otherwise)
    _may_give(directory, delegation.giver, actor, today)
    refuse(giver.id == receiver.id, "不能授权给本人")
    refuse_bystander(receiver.role, "不能受托办理")
    if giver.role in ADMINISTRATORS:
        refuse_bystander(giver.role, "没有可以由他人代办的职责")
    refuse(
        delegation.until < delegation.since, f"授权截止日 {delegation.until} 早于起始日 {delegation.since}", "malformed"
    )
    refuse(delegation.until < today, f"授权截止日 {delegation.until} 已经过去")
    for no, other in directory.delegations.items():
        same = (other.giver, other.receiver, other.matters) == (giver.id, receiver.id, delegation.matters)
        overlaps = other.since <= delegation.until and delegation.since <= other.until
        refuse(same and overlaps and not other.revoked, f"{no} 已作同样的授权（{other.since}至{other.until}）")
    return DelegationGranted(delegation=delegation)


def _may_give(directory: Directory, giver: str, actor: Actor, today: date) -> None:
    refuse(actor.on_behalf_of is not None, "受托人不得转委托；请由本人授权", "forbidden")
    if actor.id == giver or actor.role is Role.OFFICE:
        return
    received = any(
        d.receiver == actor.id and d.giver == giver and d.holds(today) for d in directory.delegations.values()
    )
    refuse(received, "受托人不得转委托；请由本人授权", "forbidden")
    refuse(True, "只能授权他人代办自己的职责；他人的授权由本人作出，或由办公室督办员代录", "forbidden")


def revoke(directory: Directory, no: str, actor: Actor, reason: str) -> DelegationRevoked:
    """收回授权: by the giver or the office, from this moment on."""
    delegation = directory.delegations.get(no)
    refuse(delegation is None, f"没有授权 {no}，请用 xmh org list 查看", "not_found")
    assert delegation is not None  # noqa: S101  (refuse raised otherwise)
    refuse(delegation.revoked, f"{no} 已收回")
    mine = actor.on_behalf_of is None and (actor.id == delegation.giver or actor.role is Role.OFFICE)
    refuse(not mine, "授权由本人或办公室督办员收回", "forbidden")
    return DelegationRevoked(no=no, reason=reason)


def revoke_all(directory: Directory, person: str, reason: str) -> Iterator[DelegationRevoked]:
    """Everything a person gave or received, when he goes to another unit or leaves."""
    for no, delegation in directory.delegations.items():
        if person in (delegation.giver, delegation.receiver) and not delegation.revoked:
            yield DelegationRevoked(no=no, reason=reason)


def acting_under(directory: Directory, actor: Actor, giver: Person, today: date) -> Actor:
    """The actor on behalf of the giver: under the 授权 that holds today, one for all matters before one for some."""
    given = {no: d for no, d in directory.delegations.items() if (d.giver, d.receiver) == (giver.id, actor.id)}
    holding = [no for no, d in given.items() if d.holds(today)]
    past = "，原来的授权已到期或收回" if given else ""
    not_delegated = f"{giver.name}（{giver.id}）没有授权您代办{past}；授权用 xmh org delegate"
    refuse(not holding, not_delegated, "not_delegated")
    number = min(holding, key=lambda no: bool(given[no].matters))
    behalf = OnBehalf(id=giver.id, role=giver.role, unit=giver.unit, paper=number, delegation=number)
    return actor.model_copy(update={"on_behalf_of": behalf})


def check_delegation(directory: Directory, actor: str, behalf: OnBehalf, stream: str, day: date) -> None:
    """An act under a 授权 stands when it was given to this person by that one, holds that day and covers the matter."""
    no = behalf.delegation or ""
    delegation = directory.delegations.get(no)
    wrong = delegation is None or (delegation.giver, delegation.receiver) != (behalf.id, actor)
    refuse(wrong, f"{behalf.id} 没有授权 {actor} 代办（{no}）", "not_delegated")
    assert delegation is not None  # noqa: S101  (refuse raised otherwise)
    refuse(delegation.revoked, f"{no} 已收回，不能再代办", "not_delegated")
    refuse(day < delegation.since, f"{no} 自 {delegation.since} 起才生效", "not_delegated")
    refuse(day > delegation.until, f"{no} 已于 {delegation.until} 到期，不能再代办", "not_delegated")
    refuse(bool(delegation.matters) and stream not in delegation.matters, f"{no} 不包括这个事项", "not_delegated")
