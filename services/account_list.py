"""Every account there is, as `xmh access list` and the page of accounts show it."""

from datetime import datetime, timedelta
from typing import Any

from domain.access import events as ev
from domain.access.account import Account
from domain.calendar import SHANGHAI
from domain.event import decode
from eventlog import reading
from eventlog.access import KeptToken, kept_tokens
from eventlog.database import Database
from services.accounts import account_of

LOOKED_BACK = timedelta(days=183)
"""So far back somebody's last sign-in is looked for."""


def accounts_document(database: Database, now: datetime) -> list[dict[str, Any]]:
    """Each account with its person, how it stands and its living tokens; nothing that opens it."""
    tokens: dict[str, list[KeptToken]] = {}
    for kept in kept_tokens(database):
        tokens.setdefault(kept.person, []).append(kept)
    came = _last_sign_ins(database, now)
    names = {p.id: p for p in reading.people(database, former=True)}
    rows = []
    for stream in reading.account_streams(database):
        person = stream.partition("/")[2]
        account = account_of(database, person)
        if account is None:
            continue
        rows.append(
            {
                "person": person,
                "name": names[person].name if person in names else person,
                "role": names[person].role.value if person in names else None,
                "unit": names[person].unit if person in names else None,
                "state": account.state.value,
                "locked": account.locked,
                "emergency": account.emergency,
                "factors": [f.value for f in account.factors],
                "last_sign_in": came.get(person),
                "tokens": [_token(t, account) for t in tokens.get(person, ()) if t.until > now],
            }
        )
    return rows


def _token(kept: KeptToken, account: Account) -> dict[str, Any]:
    return {
        "id": kept.id,
        "scope": kept.scope.value,
        "expires": kept.until.astimezone(SHANGHAI).isoformat(),
        "last_used": kept.used_at.astimezone(SHANGHAI).isoformat() if kept.used_at else None,
        "from": [network for t in account.tokens if t.id == kept.id for network in t.addresses],
    }


def _last_sign_ins(database: Database, now: datetime) -> dict[str, str]:
    came: dict[str, str] = {}
    for recorded in reading.access_record(database, now - LOOKED_BACK, now + timedelta(days=1)):
        event = decode(recorded)
        if isinstance(event, ev.SignedIn):
            came[event.person] = recorded.recorded_at.astimezone(SHANGHAI).isoformat()
    return came
