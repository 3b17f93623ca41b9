"""The record of accounts and of coming in, as it is shown."""

from collections.abc import Iterator
from typing import Any

from domain.access import events as ev
from domain.calendar import SHANGHAI
from domain.envelope import Recorded
from domain.event import Event, decode, label_of
from domain.office import RoleChanged
from domain.terms import Role

MAY_READ_ACCESS = (Role.OFFICE, Role.AUDITOR)
"""Who reads the record of accounts: the office, and the auditor who checks it; not who keeps them (三员分立)."""
MAY_LIST_ACCOUNTS = (*MAY_READ_ACCESS, Role.SYSTEM_ADMIN)
"""Who sees which accounts there are, and what runs."""


_OF_PROVIDER = (ev.SubjectBound, ev.SubjectUnbound, ev.SignedIn, ev.StepUp)
_OF_ID = (
    *(ev.TokenIssued, ev.TokenRevoked, ev.SecurityKeyAdded, ev.SecurityKeyRemoved),
    *(ev.WebhookDeclared, ev.WebhookWithdrawn, ev.WebhookResumed),
)


def access_row(recorded: Recorded) -> dict[str, Any]:
    """One event of the record; what an event does not say is null. `said` is the rest of it in words."""
    event = decode(recorded)
    fields = event.model_dump(mode="json")
    keys = ("person", "address", "count", "reason", "scope", "id", "session", "factor", "until", "matter", "name")
    return {
        "position": recorded.position,
        "at": recorded.recorded_at.astimezone(SHANGHAI).isoformat(),
        "type": recorded.type,
        "label": label_of(recorded.type),
        **{key: fields.get(key) for key in keys},
        "said": "，".join(_said(event)),
        "actor": recorded.actor.id,
    }


def _said(event: Event) -> Iterator[str]:
    """What an event says beside who and from where."""
    match event:
        case _ if isinstance(event, _OF_PROVIDER):
            yield from _said_of_provider(event)
        case _ if isinstance(event, _OF_ID):
            yield from _said_of_id(event)
        case ev.SignInFailed(count=count):
            yield f"{count}次"
        case ev.ReadRefused(count=count, sought=sought):
            yield f"{count}次"
            yield sought
        case ev.OrderRefused(count=count, stream=stream, claimed=claimed, fault=fault):
            yield f"{count}次"
            yield fault.label
            yield f"自称{claimed}" if claimed else "没有署名"
            yield stream
        case ev.SessionEnded(count=count, reason=reason):
            yield f"{count}个"
            yield reason
        case RoleChanged(before=before, role=role):
            yield f"{before.label}改为{role.label}"
        case ev.AccountLocked(reason=reason) | ev.AccountClosed(reason=reason):
            yield reason
        case ev.FileRead(matter=matter, name=name):
            yield f"{matter} {name}"
        case ev.WordsRead(matter=matter):
            yield matter
        case ev.Exported(name=name, count=count):
            yield f"{name}（{count}件）"
        case ev.WordsOpened(matters=matters, until=until, reason=reason):
            yield "、".join(m.number for m in matters)
            yield f"至 {until}"
            yield reason


def _said_of_provider(event: Event) -> Iterator[str]:
    match event:
        case ev.SubjectBound(issuer=issuer, subject=subject) | ev.SubjectUnbound(issuer=issuer, subject=subject):
            yield f"{issuer} 的 {subject}"
        case ev.SignedIn(issuer=str(issuer)) | ev.StepUp(issuer=str(issuer)):
            yield issuer


def _said_of_id(event: Event) -> Iterator[str]:
    """Of what has a name of its own: a token, a key, an address that is told."""
    match event:
        case ev.TokenIssued(id=no, scope=scope, addresses=addresses):
            yield scope.label
            yield f"令牌{no}"
            if addresses:
                yield f"只能从{'、'.join(addresses)}使用"
        case ev.TokenRevoked(id=no):
            yield f"令牌{no}"
        case ev.SecurityKeyAdded(id=no, name=name):
            yield f"{name}（{no}）"
        case ev.WebhookDeclared(id=no, url=url):
            yield f"{no} {url}"
        case ev.SecurityKeyRemoved(id=no) | ev.WebhookWithdrawn(id=no) | ev.WebhookResumed(id=no):
            yield no
