"""An account, and the rules of opening, locking and closing it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from domain.access import events as ev
from domain.access.networks import is_within
from domain.access.terms import LINK_GOOD_FOR, MOST_TOKEN_DAYS, AccountState, Factor, TokenScope
from domain.base import Frozen, Refusal, refuse
from domain.bounds import seen
from domain.calendar import local_date
from domain.envelope import LoggedEvent
from domain.event import Event, decode
from domain.fold import Fold
from domain.terms import Role

MOST_REASON = 200
MOST_OPEN_DAYS = 90
MOST_SUBJECT = 255
"""ASCII characters of a subject by OpenID Connect Core 2; an issuer is an address."""
MOST_WEBHOOKS = 10
MOST_EMERGENCY = 2
"""Sealed accounts of a house: one in the safe, one with whoever stands in; more are a way around."""
MOST_KEYS = 5
MOST_KEY_NAME = 40
MOST_TOKENS = 20
"""So many tokens of one person hold at once; who needs another gives one back."""


class AccessToken(Frozen):
    """A token as the log knows it."""

    id: str
    scope: TokenScope
    until: datetime
    addresses: tuple[str, ...] = ()
    """Networks it is good from; none means from anywhere."""
    post: str = ""
    """Role and unit of its person then; nothing of a token of before this was kept."""

    def is_good_for(self, post: str) -> bool:
        """Whether its person has the post it was given out for: a script of a unit does not go on as an auditor's."""
        return self.post in ("", post)

    def is_good_from(self, address: str) -> bool:
        """Whether somebody at this address may use it."""
        return not self.addresses or is_within(address, self.addresses)


class Webhook(Frozen):
    """An address that is told what its person may see."""

    id: str
    url: str


class BoundSubject(Frozen):
    """Who somebody is to an identity provider; both texts as the provider writes them."""

    issuer: str
    subject: str


class SecurityKey(Frozen):
    """A key or a phone that signs in place of the one-time code."""

    id: str
    name: str


class OpenedWords(Frozen):
    """Matters whose sealed words an auditor reads, and until when."""

    streams: frozenset[str]
    until: date


class Account(Frozen):
    """What is known of a person's account: nothing that opens it."""

    person: str = ""
    invited_until: datetime | None = None
    password_set_at: datetime | None = None
    factors: tuple[Factor, ...] = ()
    subject: BoundSubject | None = None
    """Whom an identity provider vouches for in his place."""
    locked: str | None = None
    closed: bool = False
    tokens: tuple[AccessToken, ...] = ()
    """Those not revoked; they may have run out."""
    opened: tuple[OpenedWords, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    keys: tuple[SecurityKey, ...] = ()
    emergency: bool = False
    """Whether it lies sealed: each use of it is told at once."""

    @property
    def state(self) -> AccountState:
        """How it stands."""
        if self.closed:
            return AccountState.CLOSED
        if self.locked is not None:
            return AccountState.LOCKED
        proven = self.password_set_at is not None and self.factors
        return AccountState.ACTIVE if proven or self.subject else AccountState.INVITED

    @property
    def barred(self) -> bool:
        """Whether nobody comes in by it, whatever he presents."""
        return self.closed or self.locked is not None


def open_account(account: Account | None, person: str, now: datetime, *, emergency: bool = False) -> Iterator[Event]:
    """开立账户, or a new link for one whose password or phone is lost; what opened it before holds until it is used."""
    refuse(account is not None and account.locked is not None, "账户已锁定，请先用 xmh access unlock 解锁", "locked")
    sealed = emergency or (account is not None and account.emergency)  # only closing it ends that its use is told
    yield ev.AccountOpened(person=person, until=now + LINK_GOOD_FOR, emergency=sealed)
    if sealed and account is not None:  # nobody is told of what is done by a token
        yield from (ev.TokenRevoked(person=person, id=token.id) for token in account.tokens)


def use_in_emergency(account: Account | None, person: str, address: str) -> Iterator[Event]:
    """启用应急账户, for the record and for those who are told; of any other account nothing."""
    if account is not None and account.emergency:
        yield ev.EmergencyAccountUsed(person=person, address=address)


def lock_account(account: Account | None, person: str, reason: str) -> Iterator[Event]:
    """锁定, at once and until somebody unlocks it."""
    known = _open(account)
    refuse(known.locked is not None, "账户已经锁定", "locked")
    yield ev.AccountLocked(person=person, reason=_reason(reason))


def unlock_account(account: Account | None, person: str) -> Iterator[Event]:
    """解锁."""
    known = _open(account)
    refuse(known.locked is None, "账户没有锁定", "not_locked")
    yield ev.AccountUnlocked(person=person)


def close_account(account: Account | None, person: str, reason: str) -> Iterator[Event]:
    """关闭, with all tokens; the record stays."""
    _open(account)
    yield ev.AccountClosed(person=person, reason=_reason(reason))


def enrol(account: Account | None, person: str) -> Iterator[Event]:
    """The person set a password and proved a second factor, by the link he was given."""
    known = _open(account)
    refuse(known.locked is not None, "账户已锁定，请与办公室联系", "locked")
    yield ev.PasswordSet(person=person)
    if Factor.TOTP in known.factors:
        yield ev.FactorRemoved(person=person, factor=Factor.TOTP)
    for key in known.keys:  # what was lost may be the key
        yield ev.SecurityKeyRemoved(person=person, id=key.id)
    yield ev.FactorAdded(person=person, factor=Factor.TOTP)


def add_key(account: Account | None, person: str, key: SecurityKey) -> Iterator[Event]:
    """登记安全密钥, beside the password and the one-time code, which stays for where the key is not at hand."""
    known = _open(account)
    refuse(known.locked is not None, "账户已锁定，请与办公室联系", "locked")
    refuse(Factor.TOTP not in known.factors, "请先用开立链接设置密码和动态口令，再登记安全密钥", "no_factor")
    refuse(any(k.id == key.id for k in known.keys), "这把安全密钥已经登记", "exists")
    refuse(len(known.keys) >= MOST_KEYS, f"每人最多登记 {MOST_KEYS} 把安全密钥，请先注销不用的", "too_many_keys")
    wrong = not key.name or len(key.name) > MOST_KEY_NAME or not key.name.isprintable()
    refuse(wrong, f"请给安全密钥起个名字，一行、不超过{MOST_KEY_NAME}字", "malformed")
    yield ev.SecurityKeyAdded(person=person, id=key.id, name=key.name)


def remove_key(account: Account | None, person: str, key: str) -> Iterator[Event]:
    """注销安全密钥."""
    known = _open(account)
    refuse(all(k.id != key for k in known.keys), "没有这把安全密钥", "not_found")
    yield ev.SecurityKeyRemoved(person=person, id=key)


def bind_subject(account: Account | None, person: str, bound: BoundSubject) -> Iterator[Event]:
    """绑定统一身份, once: another takes its place only after it was unbound."""
    known = _open(account)
    refuse(known.locked is not None, "账户已锁定，请先用 xmh access unlock 解锁", "locked")
    again = "账户已经绑定统一身份；要换，请安全管理员先用 xmh access unbind 解除"
    refuse(known.subject is not None, again, "already_bound")
    fits = all(0 < len(text) <= MOST_SUBJECT and text.isprintable() for text in (bound.issuer, bound.subject))
    refuse(not fits, f"统一身份的编号须为一行、不超过 {MOST_SUBJECT} 字", "malformed")
    yield ev.SubjectBound(person=person, issuer=bound.issuer, subject=bound.subject)


def unbind_subject(account: Account | None, person: str) -> Iterator[Event]:
    """解除统一身份."""
    known = _open(account).subject
    if known is None:
        raise Refusal("账户没有绑定统一身份", "not_bound")
    yield ev.SubjectUnbound(person=person, issuer=known.issuer, subject=known.subject)


def change_password(account: Account | None, person: str) -> Iterator[Event]:
    """The person, signed in and proven by both of his factors, set another password."""
    known = _open(account)
    refuse(known.locked is not None, "账户已锁定，请与办公室联系", "locked")
    yield ev.PasswordSet(person=person)


def issue_token(account: Account | None, person: str, token: AccessToken, now: datetime) -> Iterator[Event]:
    """签发令牌: for programs, for at most ninety days."""
    _not_barred(account)
    days = token.until - now
    refuse(
        not timedelta(0) < days <= timedelta(days=MOST_TOKEN_DAYS),
        f"令牌的有效期为 1 至 {MOST_TOKEN_DAYS} 天",
        "malformed",
    )
    holding = [t for t in account.tokens if t.until > now] if account else []
    refuse(len(holding) >= MOST_TOKENS, f"已有 {MOST_TOKENS} 个有效令牌，请先收回不用的", "too_many_tokens")
    yield ev.TokenIssued(person=person, **dict(token))


def revoke_token(account: Account | None, person: str, token: str) -> Iterator[Event]:
    """收回令牌."""
    known = _open(account)
    unknown = all(t.id != token for t in known.tokens)
    refuse(unknown, f"没有编号为 {seen(token)[:40]} 的令牌，请用 xmh access list 查看", "not_found")
    yield ev.TokenRevoked(person=person, id=token)


def declare_webhook(account: Account | None, person: str, hook: Webhook) -> Iterator[Event]:
    """登记推送地址: whoever keeps accounts answers for where the log's news goes."""
    _not_barred(account)
    known = account.webhooks if account else ()
    refuse(any(w.url == hook.url for w in known), "这个地址已经登记", "exists")
    refuse(len(known) >= MOST_WEBHOOKS, f"每人最多登记 {MOST_WEBHOOKS} 个推送地址，请先撤销不用的", "too_many_webhooks")
    yield ev.WebhookDeclared(person=person, id=hook.id, url=hook.url)


def withdraw_webhook(account: Account | None, person: str, hook: str) -> Iterator[Event]:
    """撤销推送地址."""
    _known_webhook(account, hook)
    yield ev.WebhookWithdrawn(person=person, id=hook)


def resume_webhook(account: Account | None, person: str, hook: str) -> Iterator[Event]:
    """恢复推送: from where it had come to; nothing is left out."""
    _known_webhook(account, hook)
    _not_barred(account)
    yield ev.WebhookResumed(person=person, id=hook)


def _known_webhook(account: Account | None, hook: str) -> None:
    unknown = account is None or all(w.id != hook for w in account.webhooks)
    refuse(unknown, f"没有编号为 {seen(hook)[:40]} 的推送地址，请用 xmh webhook list 查看", "not_found")


def _not_barred(account: Account | None) -> None:
    refuse(account is not None and account.closed, "账户已关闭，请先用 xmh access open 重新开立", "closed")
    refuse(account is not None and account.locked is not None, "账户已锁定，请先用 xmh access unlock 解锁", "locked")


def open_words(account: Account | None, opening: ev.WordsOpened, role: Role | None, today: date) -> Iterator[Event]:
    """开放工作秘密: to an auditor with an account, of named matters, for a reason and for at most ninety days.

    Source: 三员分立 (who audits reads business, and a leader's words only as far as somebody answers for it).
    """
    _open(account)
    refuse(role is not Role.AUDITOR, "工作秘密只能开放给审计员；办理单位和督办员按规则查阅", "forbidden")
    refuse(not opening.matters, "请写明开放哪些事项", "malformed")
    days = (opening.until - today).days
    refuse(not 0 <= days <= MOST_OPEN_DAYS, f"开放的期限为今天起 {MOST_OPEN_DAYS} 天以内", "malformed")
    yield opening.model_copy(update={"reason": _reason(opening.reason)})


def _open(account: Account | None) -> Account:
    refuse(account is None or account.closed, "没有账户，或账户已关闭；请用 xmh access open 开立", "no_account")
    assert account is not None  # noqa: S101  (refused above)
    return account


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    wrong = not plain or len(plain) > MOST_REASON or not plain.isprintable()
    refuse(wrong, f"请写明理由，一行、不超过{MOST_REASON}字", "malformed")
    return plain


def evolve_account(state: Account | None, recorded: LoggedEvent) -> Account:
    """Fold one event of an account's stream."""
    known, event = state or Account(), decode(recorded)
    changed: dict[str, object]
    match event:
        case ev.AccountOpened(person=person, until=until, emergency=emergency):
            changed = {"person": person, "invited_until": until, "closed": False, "emergency": emergency}
        case ev.EmergencyAccountUsed():
            changed = {}
        case ev.AccountLocked(reason=reason):
            changed = {"locked": reason}
        case ev.AccountUnlocked():
            changed = {"locked": None}
        case ev.AccountClosed(person=person):
            return Account(person=person, closed=True)
        case _ if isinstance(event, _OF_PROOF):
            changed = _of_proof(known, event, recorded)
        case _:
            changed = _of_programs(known, event, recorded)
    return known.model_copy(update=changed)


_OF_PROOF = (
    *(ev.PasswordSet, ev.FactorAdded, ev.FactorRemoved, ev.SecurityKeyAdded, ev.SecurityKeyRemoved),
    *(ev.SubjectBound, ev.SubjectUnbound),
)


def _of_proof(known: Account, event: Event, recorded: LoggedEvent) -> dict[str, object]:
    """What changes by an event about what the person proves himself by."""
    match event:
        case ev.PasswordSet():
            return {"password_set_at": recorded.recorded_at, "invited_until": None}
        case ev.FactorAdded(factor=factor):
            return {"factors": (*known.factors, factor)}
        case ev.FactorRemoved(factor=factor):
            return {"factors": tuple(f for f in known.factors if f.value != factor.value)}
        case ev.SecurityKeyAdded(id=no, name=name):
            return {"keys": (*known.keys, SecurityKey(id=no, name=name))}
        case ev.SecurityKeyRemoved(id=no):
            return {"keys": tuple(k for k in known.keys if k.id != no)}
        case ev.SubjectBound(issuer=issuer, subject=subject):
            return {"subject": BoundSubject(issuer=issuer, subject=subject)}
        case _:
            return {"subject": None}


def _of_programs(known: Account, event: Event, recorded: LoggedEvent) -> dict[str, object]:
    """What changes by an event about programs that act or are told for the person, or about what he may read."""
    match event:
        case ev.TokenIssued(person=person, id=no, scope=scope, until=until, addresses=addresses, post=post):
            living = tuple(t for t in known.tokens if t.until > recorded.recorded_at)
            issued = AccessToken(id=no, scope=scope, until=until, addresses=addresses, post=post)
            return {"person": person, "tokens": (*living, issued)}
        case ev.TokenRevoked(id=no):
            return {"tokens": tuple(t for t in known.tokens if t.id != no)}
        case ev.WebhookDeclared(person=person, id=no, url=url):
            return {"person": person, "webhooks": (*known.webhooks, Webhook(id=no, url=url))}
        case ev.WebhookWithdrawn(id=no):
            return {"webhooks": tuple(w for w in known.webhooks if w.id != no)}
        case ev.WebhookResumed():
            return {}
        case ev.WordsOpened(matters=matters, until=until):
            holding = tuple(o for o in known.opened if o.until >= local_date(recorded.recorded_at))
            now_open = OpenedWords(streams=frozenset(m.stream for m in matters), until=until)
            return {"opened": (*holding, now_open)}
        case _:
            raise TypeError(f"{type(event).__name__} does not belong to an account")


class AccessOfMonth(Frozen):
    """How often people came in within a month; who and from where stands in the events."""

    signed_in: int = 0
    failed: int = 0


def evolve_access(state: AccessOfMonth | None, recorded: LoggedEvent) -> AccessOfMonth:
    """Fold one event of a month's access record."""
    known, event = state or AccessOfMonth(), decode(recorded)
    match event:
        case ev.SignedIn():
            return known.model_copy(update={"signed_in": known.signed_in + 1})
        case ev.SignInFailed(count=count):
            return known.model_copy(update={"failed": known.failed + count})
        case _ if isinstance(event, ev.ACCESS_EVENTS):
            return known
    raise TypeError(f"{type(event).__name__} does not belong to the access record")


ACCOUNT_FOLD = Fold(Account, evolve_account)
ACCESS_FOLD = Fold(AccessOfMonth, evolve_access)
