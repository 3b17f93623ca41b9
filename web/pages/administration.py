"""`/admin`, `/ops` and `/policy`: accounts and what is done to them, what runs, the rules in force.

三员: accounts and processes are the 系统管理员's and the office's, roles and bound identities the 安全管理员's, and
the auditor looks at both. What may be done is asked of the rules (`may_record`), for the buttons and again where
it is recorded. Every act wants a second factor shown within a quarter of an hour.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain.access import account as rules
from domain.access import events as ev
from domain.access.account import Account, BoundSubject
from domain.access.terms import MOST_TOKEN_DAYS, TokenScope
from domain.base import FieldRefusal, Refusal, refuse
from domain.calendar import SHANGHAI
from domain.envelope import Actor
from domain.event import Event
from domain.ids import OfficeStream
from domain.notices.reach import WithoutLiaison, vacancy_of
from domain.office import RoleChanged
from domain.rules.records import ACCOUNT_KEEPERS, may_record
from domain.rules.roles import GIVEN
from domain.terms import Role, Supervision
from eventlog import access, reading
from eventlog.database import Database
from eventlog.webhooks import kept_webhooks
from services import accounts
from services.account_list import accounts_document
from services.doctor.examination import examine
from services.roles import give_role
from services.status import service_status
from services.subjects import bind_subject, unbind_subject
from services.webhooks import resume_webhook, withdraw_webhook
from views.access_record import MAY_LIST_ACCOUNTS
from views.operations_record import operations_rows
from views.policy import policy_lines
from views.webhooks import state_said
from web.asking import whole_number
from web.pages.actions import FRESH
from web.pages.rendering import Visitor, visitor_of
from web.pages.submitting import Given, sent_form, told_on_page
from web.service import WebService, service_of

HERE = "system"
KEPT_SHOWN = timedelta(days=30)
MAY_SEE = (*MAY_LIST_ACCOUNTS, Role.SECURITY_ADMIN)
PROVE = "账户的变动须在 15 分钟内验证过本人；填写的内容还在，验证后回到这里再办"


@dataclass(frozen=True)
class AccountOrder:
    """What somebody asked to be done to an account."""

    service: WebService
    visitor: Visitor
    person: str
    given: Given

    @property
    def whose(self) -> tuple[Database, str]:
        """The log, and whose account."""
        return self.service.database, self.person

    @property
    def by(self) -> tuple[Actor, datetime]:
        """By whom, and when."""
        return self.visitor.viewer.actor, self.service.now


@dataclass(frozen=True)
class AccountAct:
    """Something that is done to an account: its button, its record, when it makes sense, and the service that does it.

    What the service hands back is shown once.
    """

    do: str
    label: str
    kind: type[Event]
    fits: Callable[[Account | None], bool]
    carry: Callable[[AccountOrder], str | None]
    reason: bool = False
    by_role: tuple[Role, ...] = ()
    """Who alone may, where the record's kind does not tell."""


def _is_open(account: Account | None) -> bool:
    return account is not None and not account.closed


def _is_locked(account: Account | None) -> bool:
    return account is not None and account.locked is not None


def _is_free(account: Account | None) -> bool:
    return _is_open(account) and not _is_locked(account)


def _is_bound(account: Account | None) -> bool:
    return account is not None and account.subject is not None


def _open(order: AccountOrder) -> str:
    link = accounts.open_account(*order.whose, *order.by)
    return f"{order.service.settings.web_address}/first/{link.secret}"


def _end_sessions(order: AccountOrder) -> None:
    accounts.end_sessions(*order.whose, f"{order.visitor.person.name}结束", order.service.now)


def _issue_token(order: AccountOrder) -> str:
    scope = next((one for one in TokenScope if one.value == order.given["scope"]), None)
    days = whole_number(order.given["days"])
    if scope is None:
        raise FieldRefusal("scope", "请选择令牌可以做什么")
    if days is None or not 1 <= days <= MOST_TOKEN_DAYS:
        raise FieldRefusal("days", f"天数应是 1 至 {MOST_TOKEN_DAYS} 的整数")
    return accounts.issue_token(*order.whose, scope, days, *order.by)[0]


def _bind(order: AccountOrder) -> None:
    provider = order.service.settings.web.oidc
    refuse(provider is None, "没有设置统一身份认证（[web.oidc]）", "malformed")
    bound = BoundSubject(issuer=provider.issuer if provider else "", subject=order.given["subject"])
    bind_subject(*order.whose, bound, *order.by)


def _give_role(order: AccountOrder) -> None:
    role = Role.from_label(order.given["role"])
    if role is None or role not in GIVEN:
        raise FieldRefusal("role", "请选择角色")
    give_role(*order.whose, role, *order.by)


KEEPERS, SECURITY = ACCOUNT_KEEPERS, (Role.SECURITY_ADMIN,)
ACTS = (
    AccountAct("open", "开立账户，给出一次性链接", ev.AccountOpened, lambda a: not _is_locked(a), _open),
    AccountAct(
        "lock",
        "锁定",
        ev.AccountLocked,
        _is_free,
        lambda o: accounts.lock_account(*o.whose, o.given["reason"], *o.by),
        reason=True,
    ),
    AccountAct(
        "unlock",
        "解锁",
        ev.AccountUnlocked,
        lambda a: _is_open(a) and _is_locked(a),
        lambda o: accounts.unlock_account(*o.whose, *o.by),
    ),
    AccountAct(
        "close",
        "关闭",
        ev.AccountClosed,
        _is_open,
        lambda o: accounts.close_account(*o.whose, o.given["reason"], *o.by),
        reason=True,
    ),
    AccountAct("sessions", "结束全部登录", ev.AccountLocked, _is_open, _end_sessions),
    AccountAct("token", "签发令牌", ev.TokenIssued, _is_free, _issue_token, by_role=KEEPERS),
    AccountAct(
        "revoke",
        "收回令牌",
        ev.TokenRevoked,
        _is_open,
        lambda o: accounts.revoke_token(*o.whose, o.given["token"], *o.by),
        by_role=KEEPERS,
    ),
    AccountAct("resume", "恢复推送", ev.WebhookResumed, _is_free, lambda o: _of_hook(o, resume_webhook)),
    AccountAct("withdraw", "撤销推送", ev.WebhookWithdrawn, _is_open, lambda o: _of_hook(o, withdraw_webhook)),
    AccountAct("role", "改角色", RoleChanged, lambda _: True, _give_role, by_role=SECURITY),
    AccountAct(
        "bind", "绑定统一身份", ev.SubjectBound, lambda a: _is_open(a) and not _is_bound(a), _bind, by_role=SECURITY
    ),
    AccountAct(
        "unbind",
        "解除统一身份",
        ev.SubjectUnbound,
        _is_bound,
        lambda o: unbind_subject(*o.whose, *o.by),
        by_role=SECURITY,
    ),
)
BY_NAME = {act.do: act for act in ACTS}


def _of_hook(order: AccountOrder, service: Callable[[Database, str, Actor, datetime], object]) -> None:
    service(order.service.database, order.given["hook"], *order.by)


router = APIRouter(include_in_schema=False)


@router.get("/admin")
def listed(request: Request) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    if visitor.person.role not in MAY_SEE:
        return _not_his(visitor)
    rows = {row["person"]: row for row in accounts_document(service.database, service.now)}
    people = reading.people(service.database)
    without = [p for p in people if p.id not in rows]
    return visitor.page(HERE, "admin.html", rows=list(rows.values()), without=without, unit=visitor.viewer.units)


@router.get("/admin/{person}")
async def one(request: Request, person: str, done: str = "") -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_page, service, visitor, person, Given({}), done=done)


@router.post("/admin/{person}")
async def acted(request: Request, person: str) -> Response:
    service = service_of(request)
    visitor, given = await sent_form(request)
    request.state.typed = None  # it is no command with an id: sent again it would be done again
    if visitor.person.role not in MAY_SEE:
        return _not_his(visitor)
    try:
        refuse(visitor.session.proven_at <= service.now - FRESH, PROVE, "unproved_now")
        refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能办理", "read_only")
        shown_once = await service.ask(_act, service, visitor, person, given)
    except (Refusal, ValidationError) as error:
        return await service.ask(_page, service, visitor, person, given, error)
    if shown_once:
        return await service.ask(_page, service, visitor, person, Given({}), once=shown_once)
    return RedirectResponse(f"/admin/{quote(person)}?done={given['do']}", 303)


def _act(service: WebService, visitor: Visitor, person: str, given: Given) -> str:
    """Do what a button says, by the service the command line has; what is shown this once, or nothing."""
    act = BY_NAME.get(given["do"])
    if act is None or not _may(act, visitor):
        raise Refusal("这件事不由您办理", "forbidden")
    if act.reason and not given["reason"]:
        raise FieldRefusal(f"{act.do}.reason", f"{act.label}须写明理由")
    return act.carry(AccountOrder(service, visitor, person, given)) or ""


def _may(act: AccountAct, visitor: Visitor) -> bool:
    """Whether it is his by his role; whether it can be done now, the account's rule says."""
    try:
        may_record(act.kind, visitor.viewer.actor)
    except Refusal:
        return False
    return not act.by_role or visitor.person.role in act.by_role


def _vacancy(visitor: Visitor, known: reading.PersonOnRecord) -> WithoutLiaison | None:
    """That his unit, to which matters may be handed, has no 联络员 now."""
    log = visitor.viewer.database
    handed = any(u.id == known.unit and u.supervision is not Supervision.CONTACT for u in reading.units(log))
    return vacancy_of(known.unit, reading.people(log), visitor.viewer.units) if handed else None


def _page(
    service: WebService,
    visitor: Visitor,
    person: str,
    given: Given,
    error: Exception | None = None,
    *,
    done: str = "",
    once: str = "",
) -> Response:
    """One account: how it stands, what opens it, what may be done."""
    if visitor.person.role not in MAY_SEE:
        return _not_his(visitor)
    log, now = service.database, service.now
    known = reading.person(log, person)
    if known is None:
        return visitor.page(HERE, "message.html", 404, title="没有找到", message="通讯录里没有这个人")
    account = accounts.account_of(log, person)
    sees_hooks = visitor.person.role in MAY_LIST_ACCOUNTS  # as on the command line: their addresses may hold a secret
    explained = told_on_page(error, service) if error is not None else None
    acts = {act.do: act for act in ACTS if act.fits(account) and _may(act, visitor) and known.left_at is None}
    if person == visitor.person.id:
        acts.pop("role", None)  # nobody gives himself another
    return visitor.page(
        HERE,
        "admin_one.html",
        explained.status if explained else 200,
        known=known,
        unit=visitor.viewer.units,
        account=account,
        acts=acts,
        sessions=len(access.living_sessions(log, person, now)),
        tokens=[t for t in access.kept_tokens(log) if t.person == person and t.until > now],
        hooks=[(h, state_said(h)) for h in kept_webhooks(log) if h.person == person and sees_hooks],
        scopes=list(TokenScope),
        roles=[role for role in GIVEN if role is not known.role],
        most_days=MOST_TOKEN_DAYS,
        most_reason=rules.MOST_REASON,
        given=given,
        fault=explained.message if explained else None,
        wrong=error.field if isinstance(error, FieldRefusal) else None,
        stale=visitor.session.proven_at <= now - FRESH,
        done=BY_NAME[done].label if done in BY_NAME else "",
        vacancy=_vacancy(visitor, known) if done == "role" else None,
        once=once,
    )


# --- what runs


@router.get("/ops")
async def running(request: Request) -> Response:
    service = service_of(request)
    visitor = await service.ask(visitor_of, request)
    return await service.ask(_ops, service, visitor)


@router.post("/ops")
async def examined(request: Request) -> Response:
    """Look at everything, as doctor does."""
    service = service_of(request)
    visitor, _ = await sent_form(request)
    if visitor.person.role not in MAY_LIST_ACCOUNTS:
        return _not_his(visitor)
    # It reads files and the log where it stands: on the server's own loop nobody would be answered meanwhile.
    report = await service.ask_long(lambda: asyncio.run(examine(service.settings)))
    return await service.ask(_ops, service, visitor, report.document())


def _ops(service: WebService, visitor: Visitor, report: "dict[str, object] | None" = None) -> Response:
    if visitor.person.role not in MAY_LIST_ACCOUNTS:
        return _not_his(visitor)
    kept = operations_rows(service.database, service.now - KEPT_SHOWN, service.now)
    status = service_status(service.settings)
    return visitor.page(
        HERE,
        "ops.html",
        status=status,
        report=report,
        kept=kept[::-1],
        days=KEPT_SHOWN.days,
        names=visitor.viewer.persons,
    )


@router.get("/policy")
def policy(request: Request) -> Response:
    service, visitor = service_of(request), visitor_of(request)
    log = service.database
    adopted = reading.read_stream(log, log.own(OfficeStream.POLICY))
    since = adopted[-1].recorded_at.astimezone(SHANGHAI).date()
    lines = policy_lines(visitor.viewer.rulebook.policy, since, len(adopted))
    return visitor.page(HERE, "policy.html", lines=lines, by=visitor.viewer.persons(adopted[-1].actor.id))


def _not_his(visitor: Visitor) -> Response:
    line = "账户和系统运行由系统管理员、安全管理员、办公室督办员和审计员查阅"
    return visitor.page(HERE, "message.html", 403, title="不能查阅", message=line)
