"""People as an identity provider knows them: which person a subject of its is, and coming in by its word.

The log says who is bound to whom; the row beside what else opens an account only finds him.
"""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.access import account as rules
from domain.access import events as ev
from domain.access.account import BoundSubject
from domain.base import Refusal, refuse
from domain.envelope import Actor
from eventlog import access, reading
from eventlog.access import ABSOLUTE
from eventlog.database import Database
from services.accounts import account_of, end_sessions, person_in_office, record_access, record_account
from services.identity import LEEWAY, Vouched
from services.signing_in import LOCKED_FOR, MOST_OF_ADDRESS, NO_ACCOUNT, begin_vouched, session_id

if TYPE_CHECKING:
    from eventlog.access import BrowserSession

TAKEN = "这个统一身份已经绑定了别人，请与安全管理员联系"


def bind_subject(database: Database, person: str, bound: BoundSubject, actor: Actor, now: datetime) -> None:
    """绑定统一身份: from now on the provider's word about that subject lets the person in.

    Raises:
        Refusal: he has no open account, is bound already, the subject is somebody else's, or the actor may not.
        LogError: the log cannot be written.
    """
    person_in_office(database, person)
    known = account_of(database, person)
    for _ in rules.bind_subject(known, person, bound):  # before the row is taken
        pass
    refuse(not access.keep_subject(database, person, bound.issuer, bound.subject), TAKEN, "already_bound")
    try:
        record_account(database, person, lambda a: rules.bind_subject(a, person, bound), actor, now)
    except Exception:
        known = account_of(database, person)
        if known is None or known.subject != bound:  # else another said the same in between, and it holds
            access.drop_subject(database, person)
        raise


def unbind_subject(database: Database, person: str, actor: Actor, now: datetime) -> None:
    """解除统一身份: nobody comes in by it any more; his sessions end.

    Raises:
        Refusal: there is none, or the actor may not.
        LogError: the log cannot be written.
    """
    record_account(database, person, lambda a: rules.unbind_subject(a, person), actor, now)
    access.drop_subject(database, person)
    end_sessions(database, person, "解除统一身份", now)


def sign_in_vouched(database: Database, vouched: Vouched, address: str, now: datetime) -> str:
    """Begin the session of whom a provider vouches for; its cookie.

    Raises:
        Refusal: `unbound`: he is bound to nobody here; `unauthenticated`: his account opens nothing.
        LogError: the log cannot be written.
    """
    person = access.person_of_subject(database, vouched.issuer, vouched.subject)
    if person is None:
        note_refused(database, address, now)
        line = f"统一身份认证的账号（编号 {vouched.subject}）还没有绑定本系统的人员；请把这个编号告知安全管理员绑定"
        raise Refusal(line, "unbound")
    account, known = account_of(database, person), reading.person(database, person)
    bound = BoundSubject(issuer=vouched.issuer, subject=vouched.subject)
    gone = known is None or known.left_at is not None
    if gone or account is None or account.barred or account.subject != bound:
        access.note_failure(database, person, address, now)
        raise Refusal("账户已锁定、已关闭或不能这样登录，请与办公室联系", "unauthenticated")
    # Where the provider does not say when he proved himself, it may have been long ago.
    return begin_vouched(database, person, address, now, vouched.proven_at or now - ABSOLUTE, vouched.issuer)


def step_up_vouched(
    database: Database, session: "BrowserSession", vouched: Vouched, begun_at: datetime, now: datetime
) -> str:
    """再次验证 by the provider: the same person, proven anew; the session goes on under the cookie that is returned.

    Raises:
        Refusal: `unauthenticated`: it is somebody else, or he was not asked to prove himself.
        LogError: the log cannot be written.
    """
    account = account_of(database, session.person)
    if account is None or account.subject != BoundSubject(issuer=vouched.issuer, subject=vouched.subject):
        access.note_failure(database, session.person, session.address, now)
        raise Refusal("再次验证的不是您本人的统一身份，没有通过", "unauthenticated")
    proven = vouched.proven_at
    if proven is None or proven < begun_at - timedelta(seconds=LEEWAY):
        access.note_failure(database, session.person, session.address, now)
        raise Refusal("统一身份认证没有让您重新验证，不能据此办理；请改用动态口令", "unauthenticated")
    cookie = secrets.token_urlsafe(32)
    access.renew_session(database, session.digest, cookie, now)
    event = ev.StepUp(person=session.person, session=session_id(session), issuer=vouched.issuer)
    record_access(database, event, now)
    return cookie


def note_refused(database: Database, address: str, now: datetime) -> None:
    """Count what a provider's word did not open, with the sign-ins that failed: the record has it by the minute."""
    access.note_failure(database, NO_ACCOUNT, address, now)


def check_not_too_many(database: Database, address: str, now: datetime) -> None:
    """Refuse an address from which too much failed.

    Raises:
        Refusal: `too_many`.
    """
    _, failed = access.failures_since(database, NO_ACCOUNT, address, now - LOCKED_FOR)
    minutes = LOCKED_FOR // timedelta(minutes=1)
    refuse(failed >= MOST_OF_ADDRESS, f"没有通过的次数过多，请{minutes}分钟后再试", "too_many")
