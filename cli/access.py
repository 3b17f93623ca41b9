"""`xmh access …`: who may come in, as what, and by what he is known."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from cli.asking import ByOption, PaperOption, ReasonOption, confirm_command, need_option
from cli.lookup import acting_for, the_matter
from cli.moments import now, today
from cli.reach import gap_lines, gaps_as_json
from cli.session import Problem, answer, session
from cli.shape import group
from domain.access import events as ev
from domain.access.networks import networks
from domain.access.terms import MOST_TOKEN_DAYS, AccountState, TokenScope
from domain.base import Term, refuse
from domain.bounds import seen
from domain.calendar import SHANGHAI
from domain.envelope import Via
from domain.event import Event
from domain.facts import MatterRef
from domain.office import RoleChanged
from domain.queries.spoken import spoken_date
from domain.rules.records import may_record
from domain.rules.roles import GIVEN
from domain.terms import Role
from eventlog.patience import time_not_counted
from eventlog.reading import PersonOnRecord
from services.vouching import KEY_FILE, service_vouch
from views.access_record import MAY_LIST_ACCOUNTS

app = group(
    "账户：谁可以登录网页和接口，令牌签发给谁。",
    {
        "open": "cli.access:open_",
        "sign-in": "cli.access:sign_in",
        "list": "cli.access:list_",
        "token": "cli.access:token",
        "require": "cli.access:require",
        "temporal-key": "cli.access:temporal_key",
        "role": "cli.access:role",
        "bind": "cli.access:bind",
        "unbind": "cli.access:unbind",
        "lock": "cli.access:lock",
        "unlock": "cli.access:unlock",
        "close": "cli.access:close",
        "words": "cli.access:words",
    },
)

PersonArg = Annotated[str, typer.Argument(metavar="PERSON", help="人员编号或姓名")]
WhyOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="理由，记入账户记录")]


def open_(
    person: PersonArg,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="应急账户：设好后密封保管，每次启用都立即通知领导和三员")
    ] = False,
) -> None:
    """开立账户：给出一次性链接，本人 15 分钟内用它设置密码和动态口令。"""
    from services.accounts import open_account

    may_record(ev.AccountOpened, session.actor)
    by_the_home()
    known = session.person(person)
    link = open_account(session.database, known.id, session.actor, now(), emergency=emergency)
    address = f"{session.settings.web_address}/first/{link.secret}"
    until = link.until.astimezone(SHANGHAI)
    document = {"person": known.id, "link": address, "expires": until.isoformat()}
    invitation = f"{known.name}（{known.id}）请在 {until:%H:%M} 之前打开，只能用一次：\n{address}"
    answer(document, invitation)


def sign_in(person: PersonArg) -> None:
    """本人在命令行登录：输入密码和动态口令，之后凭 XMH_TOKEN 办理，30 分钟不用即退出。"""
    from eventlog.access import ABSOLUTE, digest_of, end_session
    from services.signing_in import Attempt, password_is_too_old
    from services.signing_in import sign_in as entered

    session.settings.token = None  # that of before has run out, or is another's
    attempt = Attempt(person, _typed("密码："), _typed("动态口令："), "命令行")
    cookie = entered(session.database, attempt, now())
    known, until = session.person(person), (now() + ABSOLUTE).astimezone(SHANGHAI)
    if password_is_too_old(session.database, known.id, now()):
        end_session(session.database, digest_of(cookie))
        raise Problem("密码已经到期，请先在网页上更换（/password）", "password_too_old")
    document = {"person": known.id, "session": cookie, "expires": until.isoformat()}
    line = f"{known.name}（{known.id}）已登录，最迟到 {until:%H:%M}，30 分钟不用即退出；请在本终端运行："
    answer(document, f"{line}\nexport XMH_TOKEN={cookie}")


def _typed(question: str) -> str:
    """What must not be seen: asked on a terminal, a line of its own in a pipe."""
    try:
        with time_not_counted():
            return getpass(question) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    except UnicodeDecodeError as unreadable:
        raise Problem("标准输入不是文字（UTF-8），请重新输入密码和动态口令", "malformed") from unreadable


def token(
    person: PersonArg,
    scope: Annotated[
        TokenScope | None,
        typer.Option(
            "--scope",
            metavar="read|report|handle|screen|screen_lights|screen_city",
            help="可以做什么：查阅、反馈、办理；或只开大屏：件数和灯、亮灯事项、各指挥部",
            show_choices=False,
        ),
    ] = None,
    days: Annotated[int, typer.Option("--days", metavar="N", help=f"有效天数，最多 {MOST_TOKEN_DAYS}")] = 30,
    addresses: Annotated[
        list[str] | None, typer.Option("--from", metavar="ADDRESS", help="只能从这个地址或网段使用，可写多次")
    ] = None,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="ID", help="收回这个令牌（编号见 xmh access list）")
    ] = None,
) -> None:
    """给程序用的令牌：只显示一次，签批、审核、撤销、授权都不能用它办。"""
    from services.accounts import issue_token, revoke_token

    by_the_home()
    known = session.person(person, former=revoke is not None)
    if revoke is not None:
        refuse(scope is not None, "--scope 与 --revoke 二者取一", "malformed")
        revoke_token(session.database, known.id, revoke, session.actor, now())
        answer({"person": known.id, "id": revoke, "revoked": True}, f"已收回 {known.name}（{known.id}）的令牌 {revoke}")
        return
    if scope is None:
        raise Problem(
            "没有写明令牌可以做什么，请用 --scope read（查阅）、report（反馈）、handle（办理），"
            "或 screen、screen_lights、screen_city（大屏）",
            "malformed",
        )
    secret, kept = issue_token(session.database, known.id, scope, days, session.actor, now(), networks(addresses or ()))
    until = kept.until.astimezone(SHANGHAI)
    document = {
        "token": secret,
        "id": kept.id,
        "person": known.id,
        "scope": kept.scope.value,
        "expires": until.isoformat(),
        "from": list(kept.addresses),
    }
    where = f"，只能从 {'、'.join(kept.addresses)} 使用" if kept.addresses else ""
    holds = f"{kept.scope.label}，有效至 {until:%Y-%m-%d %H:%M}{where}"
    answer(document, f"{known.name}（{known.id}）的令牌，{holds}；只显示这一次：\n{secret}")


def require(
    rotate: Annotated[bool, typer.Option("--rotate", help="换一把签名密钥；原来的再用一天")] = False,
) -> None:
    """要求实名：此后每条命令都须由登录的本人或其令牌办理并签名，不能撤回；--as 不再作数。"""
    from eventlog.proofs import demands_proofs
    from services.vouching import require_proofs

    may_record(ev.ProofsRequired, session.actor)
    by_the_home()
    before = demands_proofs(session.database)
    if not before and not rotate:
        confirm_command("此后只受理登录后的命令，领导签批等须本人有账户，不能再改回来。确定吗？")
    key = require_proofs(session.database, session.settings.home, session.actor, now(), rotate=rotate)
    of_key = "签名密钥" + ("已更换" if rotate and before else "照旧" if before else "已建立")
    answer(
        {"required": True, "key": key.name, "file": str(session.settings.home / KEY_FILE)},
        f"本单位的日志只受理登录后的命令；{of_key}：{key.name}，只应由运行网页和办理进程的用户读取",
    )


def role(
    person: PersonArg,
    to: Annotated[str, typer.Argument(metavar="ROLE", help=f"角色：{'、'.join(role.label for role in GIVEN)}")],
) -> None:
    """改角色：由安全管理员办理；有安全管理员以后，审计员、系统管理员、安全管理员只能这样确定。"""
    from services.roles import give_role

    may_record(RoleChanged, session.actor)
    by_the_home()
    known, wanted = session.person(person), Role.from_label(to)
    if wanted not in GIVEN:
        raise Problem(f"没有角色“{seen(to)[:20]}”，可填：{'、'.join(role.label for role in GIVEN)}", "malformed")
    confirm_command(f"{known.name}（{known.id}）由{known.role.label}改为{wanted.label}？他已登录的立即退出。")
    given = give_role(session.database, known.id, wanted, session.actor, now())
    document = {
        "person": known.id,
        "role": wanted.value,
        "before": given.before.value,
        "without_liaison": gaps_as_json(given.left),
    }
    line = f"{known.name}（{known.id}）由{given.before.label}改为{wanted.label}，已登录的已退出"
    duties = f"{line}；他未了的职责见 xmh org duties {known.id}，由办公室转交"
    answer(document, "\n".join([duties, *gap_lines(given.left)]))


def bind(
    person: PersonArg,
    subject: Annotated[str, typer.Option("--subject", metavar="TEXT", help="他在统一身份认证里的编号（sub）")],
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="URL", help="哪个统一身份认证；默认为 [web.oidc] 所设的")
    ] = None,
) -> None:
    """绑定统一身份：由安全管理员把统一身份认证里的一个人绑定到账户，此后他可以那样登录。"""
    from domain.access.account import BoundSubject
    from services.subjects import bind_subject

    by_the_home()
    provider = session.settings.web.oidc
    named = issuer or (provider.issuer if provider else "")
    refuse(not named, "没有设置统一身份认证（[web.oidc]），请设置，或用 --issuer 写明", "malformed")
    known, bound = session.person(person), BoundSubject(issuer=named, subject=subject)
    bind_subject(session.database, known.id, bound, session.actor, now())
    document = {"person": known.id, **bound.model_dump()}
    answer(document, f"{known.name}（{known.id}）已绑定 {named} 的 {subject}")


def unbind(person: PersonArg) -> None:
    """解除统一身份：由安全管理员办理；已登录的立即退出，密码照常可用。"""
    from services.subjects import unbind_subject

    may_record(ev.SubjectUnbound, session.actor)
    by_the_home()
    known = session.person(person, former=True)
    unbind_subject(session.database, known.id, session.actor, now())
    answer({"person": known.id, "bound": False}, f"{known.name}（{known.id}）的统一身份已解除")


def temporal_key(
    rotate: Annotated[bool, typer.Option("--rotate", help="换一把新密钥；原来的留着读以前的内容")] = False,
) -> None:
    """Temporal 的数据加密存放（新建的数据目录已是如此）；服务不必重启，以前的内容照常可读。"""
    from services.payload_keys import add_payload_key, payload_keys

    session.need_machine()
    settings = session.settings
    place = settings.temporal_key_place
    refuse(not place.parent.is_dir(), f"没有目录 {place.parent}，请先运行 xmh up 或 xmh migrate", "not_found")
    before = payload_keys(settings).newest if place.exists() else None
    key_id = before[0] if before is not None and not rotate else add_payload_key(settings)
    outcome = "照旧" if before is not None and not rotate else "已更换" if before is not None else "已建立"
    answer(
        {"key": key_id, "file": str(place), "rotated": before is not None and rotate},
        f"Temporal 的数据加密存放；内容密钥{outcome}：{key_id}，在 {place}，请另外保管，各台机器用同一个文件",
    )


def lock(person: PersonArg, reason: WhyOption = "由办公室锁定") -> None:
    """锁定账户：已登录的立即退出，令牌停用，直到解锁。"""
    from services.accounts import lock_account

    known = _target(ev.AccountLocked, person)
    lock_account(session.database, known.id, reason, session.actor, now())
    _tell(known, AccountState.LOCKED)


def unlock(person: PersonArg) -> None:
    """解锁账户。"""
    from services.accounts import account_of, unlock_account

    known = _target(ev.AccountUnlocked, person)
    unlock_account(session.database, known.id, session.actor, now())
    account = account_of(session.database, known.id)
    _tell(known, account.state if account else AccountState.ACTIVE)


def close(person: PersonArg, reason: WhyOption = "由办公室关闭") -> None:
    """关闭账户：密码、动态口令、会话和令牌都作废；记录保留。"""
    from services.accounts import close_account

    known = _target(ev.AccountClosed, person)
    confirm_command(f"关闭 {known.name}（{known.id}）的账户？密码、动态口令和令牌都作废。")
    close_account(session.database, known.id, reason, session.actor, now())
    _tell(known, AccountState.CLOSED)


def words(
    person: PersonArg,
    matter: Annotated[list[str] | None, typer.Option("--matter", metavar="M", help="哪些事项，可多次填写")] = None,
    reason: ReasonOption = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="到哪一天止，最多 90 天")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """开放工作秘密：经领导决定，审计员在期限内可查阅指定事项的工作秘密。"""
    from services.accounts import open_words

    by_the_home()
    known = session.person(person)
    why = need_option(reason, "--reason", "理由")
    day = spoken_date(need_option(until, "--until", "截止日期"), today())
    actor = acting_for(by, paper)
    if actor.on_behalf_of is not None and paper is None:
        raise Problem("代录领导的决定须写明凭据，请用 --paper 写文号", "malformed")
    matters = [the_matter(words) for words in matter or ()]
    opening = ev.WordsOpened(
        person=known.id,
        matters=tuple(MatterRef(stream=m.stream, number=m.number) for m in matters),
        reason=why,
        until=day,
        approver=(actor.on_behalf_of or actor).id,
    )
    open_words(session.database, opening, actor, now())
    numbers = [m.number for m in matters]
    line = f"{known.name}（{known.id}）至 {day} 可查阅 {'、'.join(numbers)} 的工作秘密"
    answer({"person": known.id, "matters": numbers, "until": day.isoformat()}, line)


def by_the_home() -> None:
    """Whoever runs on the home's own machine keeps its accounts, also where the log takes signed acts only.

    He vouches with the home's key: who may not read it is refused.
    """
    if session.database.vouch is None:
        session.database.vouch = service_vouch(session.settings.home, Via.CLI)


def _target(event: type[Event], person: str) -> PersonOnRecord:
    """Whose account is meant, also of somebody who left, by an actor who may."""
    may_record(event, session.actor)
    by_the_home()
    return session.person(person, former=True)


def _tell(person: PersonOnRecord, state: AccountState) -> None:
    answer({"person": person.id, "state": state.value}, f"{person.name}（{person.id}）的账户：{state.label}")


def list_() -> None:
    """各人的账户和令牌。"""
    from cli.tables import table
    from services.account_list import accounts_document

    refuse(session.actor.role not in MAY_LIST_ACCOUNTS, "账户由系统管理员、办公室督办员和审计员查阅", "forbidden")
    rows = accounts_document(session.database, now())
    lines = [
        (
            r["person"],
            r["name"],
            _label(AccountState, r["state"]) + ("（应急）" if r["emergency"] else ""),
            r["last_sign_in"][:16].replace("T", " ") if r["last_sign_in"] else "",
            "、".join(f"{t['id']}（{_label(TokenScope, t['scope'])}，至{t['expires'][:10]}）" for t in r["tokens"]),
        )
        for r in rows
    ]
    none = "还没有账户，请用 xmh access open 开立"
    answer({"accounts": rows}, table(("人员", "姓名", "账户", "最近登录", "令牌"), lines) if lines else none)


def _label(term: type[Term], value: str) -> str:
    known = term.from_label(value)
    return known.label if known else value
