"""Where somebody is signed in, as he sees it, and how he ends it elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from domain.access import events as ev
from domain.base import Refusal
from eventlog import access
from eventlog.access import BrowserSession
from eventlog.database import Database
from services.accounts import record_access
from services.signing_in import session_id

BY_HIMSELF = "本人结束"


@dataclass(frozen=True)
class OwnSession:
    """One browser somebody is signed in with."""

    id: str
    """As the record calls it."""
    address: str
    began_at: datetime
    seen_at: datetime
    here: bool
    """Whether it is the one that asks."""


def own_sessions(database: Database, session: BrowserSession, now: datetime) -> list[OwnSession]:
    """Every session of this one's person that lives, this one first, then the newest."""
    kept = access.living_sessions(database, session.person, now)
    own = [
        OwnSession(session_id(one), one.address, one.created_at, seen_at, one.digest == session.digest)
        for one, seen_at in kept
    ]
    return sorted(own, key=lambda one: (one.here, one.began_at), reverse=True)


def end_own_session(database: Database, session: BrowserSession, wanted: str, now: datetime) -> None:
    """结束 another session of one's own, by its id in the record.

    Raises:
        Refusal: `not_found`: none of his that lives, or it is the one that asks.
    """
    kept = [one for one, _ in access.living_sessions(database, session.person, now) if session_id(one) == wanted]
    if not kept or kept[0].digest == session.digest:
        raise Refusal("那处登录已经结束", "not_found")
    access.end_session(database, kept[0].digest)
    record_access(database, ev.SessionEnded(person=session.person, count=1, reason=BY_HIMSELF), now)


def end_other_sessions(database: Database, session: BrowserSession, now: datetime) -> int:
    """End every session of this one's person but this one; how many."""
    others = [one for one, _ in access.living_sessions(database, session.person, now) if one.digest != session.digest]
    for one in others:
        access.end_session(database, one.digest)
    if others:
        record_access(database, ev.SessionEnded(person=session.person, count=len(others), reason=BY_HIMSELF), now)
    return len(others)
