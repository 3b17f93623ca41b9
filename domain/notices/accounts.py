"""Who hears that an account which lies sealed was used: everybody who answers for the system, at once."""

from domain.access.account import Account
from domain.access.events import EmergencyAccountUsed
from domain.envelope import Recorded
from domain.event import decode
from domain.notices.notice import Notice, notice_text, notices_to
from domain.notices.people import RecipientDirectory
from domain.terms import Role, Urgency

ANSWER_FOR_IT = (Role.OFFICE, Role.LEADER, Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)


def account_notices(
    recorded: Recorded, before: Account | None, after: Account, house: RecipientDirectory
) -> tuple[Notice, ...]:
    """The notices of one event of an account; of all but the use of a sealed one there are none."""
    del before, after
    event = decode(recorded)
    if not isinstance(event, EmergencyAccountUsed):
        return ()
    people = tuple(p.id for p in house.people if p.role in ANSWER_FOR_IT and p.id != event.person)
    text = notice_text(
        f"应急账户 {house.name(event.person)} 从 {event.address or '本机'} 登录", "请核实是谁启用、为何启用"
    )
    return notices_to(recorded, house.reached(people, recorded), "应急账户", text, Urgency.EXTRA, house.calendar)
