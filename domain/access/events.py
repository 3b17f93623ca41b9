"""What happened to accounts, and who came in. A password, a code, a link or a token never stands here."""

from datetime import date, datetime
from typing import ClassVar

from domain.access.terms import Factor, OrderFault, TokenScope
from domain.event import Event
from domain.facts import MatterRef

# --- account/<person>


class AccountOpened(Event):
    """开立账户: a link was given out by which the person, once and until then, sets password and second factor."""

    label: ClassVar[str] = "开立账户"
    person: str
    until: datetime
    emergency: bool = False
    """应急账户: sealed in an envelope for the day nobody else comes in; each use is told at once."""


class EmergencyAccountUsed(Event):
    """启用应急账户: somebody came in by an account that lies sealed for the worst day."""

    label: ClassVar[str] = "启用应急账户"
    person: str
    address: str


class PasswordSet(Event):
    """The person set a password; all sessions of before ended."""

    label: ClassVar[str] = "设置密码"
    person: str


class FactorAdded(Event):
    """The person proved to have a second factor."""

    label: ClassVar[str] = "绑定第二因素"
    person: str
    factor: Factor


class FactorRemoved(Event):
    """A second factor does not count any more."""

    label: ClassVar[str] = "解除第二因素"
    person: str
    factor: Factor


class SecurityKeyAdded(Event):
    """登记安全密钥: the person showed a key of his, or a phone, that signs in place of the one-time code."""

    label: ClassVar[str] = "登记安全密钥"
    person: str
    id: str
    """Names the key and is no part of it."""
    name: str


class SecurityKeyRemoved(Event):
    """注销安全密钥: it proves nobody any more."""

    label: ClassVar[str] = "注销安全密钥"
    person: str
    id: str


class AccountLocked(Event):
    """锁定: nobody comes in under this account until it is unlocked."""

    label: ClassVar[str] = "锁定账户"
    person: str
    reason: str


class AccountUnlocked(Event):
    """解锁."""

    label: ClassVar[str] = "解锁账户"
    person: str


class AccountClosed(Event):
    """关闭: password, factors, sessions and tokens are gone for good."""

    label: ClassVar[str] = "关闭账户"
    person: str
    reason: str


class SubjectBound(Event):
    """绑定统一身份: whom an identity provider vouches for under this subject is this person."""

    label: ClassVar[str] = "绑定统一身份"
    person: str
    issuer: str
    subject: str
    """What the provider calls him, for ever (OpenID Connect Core 2: `sub`)."""


class SubjectUnbound(Event):
    """解除统一身份: the provider's word about that subject lets nobody in any more."""

    label: ClassVar[str] = "解除统一身份"
    person: str
    issuer: str
    subject: str


class TokenIssued(Event):
    """A token for programs was given out; `id` names it and is no part of it."""

    label: ClassVar[str] = "签发令牌"
    person: str
    id: str
    scope: TokenScope
    until: datetime
    addresses: tuple[str, ...] = ()
    """Networks it is good from; none means from anywhere."""
    post: str = ""
    """Role and unit of its person when it was given out, `liaison@gengxin`: it is good as long as he has them."""


class TokenRevoked(Event):
    """A token does not count any more."""

    label: ClassVar[str] = "收回令牌"
    person: str
    id: str


class WebhookDeclared(Event):
    """登记推送地址: what this person may see is told there as it happens, by number and link; who declared it acted."""

    label: ClassVar[str] = "登记推送地址"
    person: str
    id: str
    url: str


class WebhookWithdrawn(Event):
    """Nothing is sent there any more."""

    label: ClassVar[str] = "撤销推送地址"
    person: str
    id: str


class WebhookResumed(Event):
    """It had stopped after failures, and goes on where it had come to."""

    label: ClassVar[str] = "恢复推送"
    person: str
    id: str


class WordsOpened(Event):
    """开放工作秘密: an auditor reads the sealed words of some matters until a day, as a leader decided."""

    label: ClassVar[str] = "开放工作秘密"
    person: str
    """The auditor."""
    matters: tuple[MatterRef, ...]
    reason: str
    until: date
    approver: str


# --- access/<YYYY-MM>


class SignedIn(Event):
    """登录."""

    label: ClassVar[str] = "登录"
    person: str
    address: str
    session: str
    """Names the session and is no part of what opens it."""
    issuer: str | None = None
    """The identity provider that vouched for him; none where he showed password and code."""


class SignInFailed(Event):
    """登录失败: so many times within one minute from one address; an attacker cannot fill the log."""

    label: ClassVar[str] = "登录失败"
    person: str | None = None
    """Nobody, when the name is no account's: names that were guessed are counted together."""
    address: str
    minute: datetime
    count: int


class SignedOut(Event):
    """退出."""

    label: ClassVar[str] = "退出"
    person: str
    session: str


class StepUp(Event):
    """再次验证: whoever is signed in showed his second factor again before an act that wants it fresh."""

    label: ClassVar[str] = "再次验证"
    person: str
    session: str
    issuer: str | None = None
    """The identity provider he was proven by anew; none where he showed a code."""


class SessionEnded(Event):
    """Sessions of a person were ended by somebody or something else than his own sign-out."""

    label: ClassVar[str] = "结束会话"
    person: str
    count: int
    reason: str


class FileRead(Event):
    """取阅附件: somebody had an attachment, once or oftener within this minute."""

    label: ClassVar[str] = "取阅附件"
    person: str
    matter: str
    """The number of the matter he read it with."""
    name: str
    sha256: str
    minute: datetime


class WordsRead(Event):
    """查阅工作秘密: a page or the API showed somebody a matter's sealed words, once or oftener on this day."""

    label: ClassVar[str] = "查阅工作秘密"
    person: str
    matter: str
    day: date


class Exported(Event):
    """导出: a file of several matters, or of one, was made for somebody, once or oftener within this minute."""

    label: ClassVar[str] = "导出"
    person: str
    name: str
    """What it is called."""
    count: int
    """Of how many matters."""
    minute: datetime


class PayloadsRead(Event):
    """查阅 Temporal 内容: Temporal's page was opened what it shows, once or oftener within this minute."""

    label: ClassVar[str] = "查阅 Temporal 内容"
    person: str
    minute: datetime


class ReadRefused(Event):
    """查阅被拒: what somebody asked for is not his to see or is not there, so many times within one minute."""

    label: ClassVar[str] = "查阅被拒"
    person: str
    address: str
    minute: datetime
    count: int
    sought: str
    """The first thing of that minute he asked for."""


class OrderRefused(Event):
    """命令被拒: orders came past all entrances, in one name and for one reason, so many within one minute."""

    label: ClassVar[str] = "冒名命令被拒"
    claimed: str
    """Who they say they are from; nobody has proven to be him."""
    fault: OrderFault
    minute: datetime
    count: int
    stream: str
    """The first stream of that minute they were for."""


ACCOUNT_EVENTS = (
    AccountOpened,
    EmergencyAccountUsed,
    PasswordSet,
    FactorAdded,
    FactorRemoved,
    SecurityKeyAdded,
    SecurityKeyRemoved,
    SubjectBound,
    SubjectUnbound,
    AccountLocked,
    AccountUnlocked,
    AccountClosed,
    TokenIssued,
    TokenRevoked,
    WebhookDeclared,
    WebhookWithdrawn,
    WebhookResumed,
    WordsOpened,
)
ACCESS_EVENTS = (
    SignedIn,
    SignInFailed,
    SignedOut,
    StepUp,
    SessionEnded,
    FileRead,
    WordsRead,
    Exported,
    PayloadsRead,
    ReadRefused,
    OrderRefused,
)


# --- operations/…


class ProofsRequired(Event):
    """要求实名: from now on the log takes orders of people only with a proof; again, with a further key."""

    label: ClassVar[str] = "要求实名办理"
    key: str
    """The name of the key that vouches."""
    public: str
    """Its public half, in hexadecimal."""
