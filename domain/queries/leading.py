"""What is a leader's: the matters he answers for or instructed on, and what of them waits for him."""

from datetime import date

from domain.matter import Matter
from domain.monthly import monthly_owed
from domain.terms import Role, Rung


def leaders_of(matter: Matter) -> tuple[str, ...]:
    """Whose it is among the leaders: who answers for it, in order, then who instructed on it."""
    return tuple(dict.fromkeys((*matter.leaders, *matter.instructed_by)))


def leads_as(matter: Matter, person: str) -> tuple[str, ...]:
    """As what it is his: 责任领导 is the first who answers for it, 分管领导 the others."""
    roles = []
    if person in matter.leaders:
        roles.append("责任领导" if matter.leaders[0] == person else "分管领导")
    if person in matter.instructed_by:
        roles.append("批示领导")
    if _set_the_limit(matter, person):
        roles.append("定时限")
    return tuple(roles)


def marks_awaited(matter: Matter) -> str:
    """原批示领导审阅 of an end the office reviewed; of several who instructed, how many have said their word."""
    several, left = len(matter.instructed_by), len(matter.to_mark)
    return f"原批示领导审阅（{several}位中{several - left}位已审阅）" if several > 1 else "原批示领导审阅"


def waits_for_leader(matter: Matter, person: str, day: date) -> tuple[str, ...]:
    """What of a matter waits for this leader's word; what is carried up waits for the first who answers for it."""
    if matter.ended:
        return ()
    waits = []
    if matter.to_mark[:1] == (person,):
        waits.append("审阅办结（办公室已审核）")
    if matter.extension is not None and _set_the_limit(matter, person):
        waits.append(f"批复延期申请（延至 {matter.extension.to}）")
    if matter.rung is Rung.LEADER and leaders_of(matter)[:1] == (person,):
        waits.append("已升级到分管领导，请协调推动")
    if person in matter.leaders[:1] and monthly_owed(matter, day).push:
        waits.append("本月尚未推动（重大事项一月一推动）")
    return tuple(waits)


def _set_the_limit(matter: Matter, person: str) -> bool:
    setter = matter.due_set_by.on_behalf_of or matter.due_set_by
    return setter.role is Role.LEADER and setter.id == person
