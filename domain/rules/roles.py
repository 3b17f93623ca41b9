"""Who gives whom a role: the office keeps the directory, the 安全管理员 says who watches and runs the system."""

from collections.abc import Mapping

from domain.base import refuse
from domain.envelope import Actor
from domain.office import Person, RoleChanged
from domain.terms import Role

WATCHING = frozenset({Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})
"""三员: they check the office and each other, so the office does not choose them once somebody else can."""
GIVEN = tuple(role for role in Role if role is not Role.SYSTEM)
"""What a person can be."""


def check_entry(people: Mapping[str, Person], entry: Person, actor: Actor) -> None:
    """Refuse an entry of the directory by which the office makes somebody one of the 三员, or no more one.

    As long as there is no 安全管理员 somebody must: the office.

    Args:
        people: who is in office before, by id.
        entry: the person as he is to be.
        actor: who records it.

    Raises:
        Refusal: `forbidden`.
    """
    before = people.get(entry.id)
    roles = {entry.role} if before is None else {before.role} ^ {entry.role}
    named = "、".join(role.label for role in GIVEN if role in roles & WATCHING)
    kept = any(person.role is Role.SECURITY_ADMIN for person in people.values())
    line = (
        f"{entry.name}（{entry.id}）是不是{named}，由安全管理员确定（xmh access role，或网页“账户”）；"
        "通讯录里请照原角色写，新来的先写联络员"
    )
    refuse(actor.role is Role.OFFICE and kept and bool(named), line, "forbidden")


def check_role_change(people: Mapping[str, Person], change: RoleChanged, actor: Actor) -> None:
    """Refuse a change of role that is none, of the 安全管理员's own, or that leaves nobody to handle matters.

    Raises:
        Refusal: `refused`; `forbidden`.
    """
    known = people.get(change.person)
    refuse(known is None or known.role is not change.before, "他的角色刚刚变过，请核对后再办")
    refuse(change.role is change.before, f"他已经是{change.role.label}")
    refuse(change.role not in GIVEN, f"“{change.role.label}”不是人的角色", "forbidden")
    refuse(change.person == actor.id, "不能改自己的角色，请由另一位安全管理员办理", "forbidden")
    others = any(person.role is Role.OFFICE for person in people.values() if person.id != change.person)
    refuse(change.role is not Role.OFFICE and not others, "改后将没有督办员，系统会无人能办，未改")
