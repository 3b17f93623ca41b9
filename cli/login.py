"""`xmh login` and `xmh logout`: let in by a browser, with a token for the day kept on this machine."""

import platform
import sys
import time
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from cli.session import Problem, answer, session
from cli.terminal import tell
from domain.calendar import SHANGHAI
from eventlog.patience import time_not_counted
from services.connecting import WAITS
from services.kept_logins import KeptLogin, forget_login, keep_login, kept_login
from services.remote import RemoteServer
from services.unreachable import Unreachable

ServerOption = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="服务器地址（默认环境变量 XMH_SERVER）")
]
MOST_HOST = 60


def login(server: ServerOption = None) -> None:
    """登录另一台服务器：在浏览器里确认屏幕上的登录码，得到当天有效的令牌。"""
    asked = RemoteServer(_address(server), None)
    begun = asked.post("/login", {"host": (platform.node() or "命令行")[:MOST_HOST]})
    _show(begun)
    done = _awaited(asked, begun)
    until = datetime.fromisoformat(done["expires"])
    kept = KeptLogin(token=done["token"], person=done["person"], id=done["id"], until=until)
    keep_login(session.settings.logins, asked.address, kept)
    shown = {"server": asked.address, "person": kept.person, "expires": until.isoformat()}
    line = f"{done['name']}（{kept.person}）已登录 {asked.address}，有效至 {until.astimezone(SHANGHAI):%m-%d %H:%M}"
    hint = "" if session.settings.server else f"\n请设置环境变量后办理：export XMH_SERVER={asked.address}"
    answer(shown, line + hint)


def logout(server: ServerOption = None) -> None:
    """退出：令牌立即作废，并从本机删除。"""
    address = RemoteServer(_address(server), None).address
    place = session.settings.logins
    kept = kept_login(place, address)
    if kept is None:
        raise Problem(f"本机没有登录 {address}", "unauthenticated")
    try:
        RemoteServer(address, kept.token).post("/logout", {})
        revoked = True
    except Unreachable:
        revoked = False
    except Exception as refusal:
        if getattr(refusal, "code", None) != "unauthenticated":
            raise
        revoked = True  # it had run out, or was taken back there
    forget_login(place, address)
    until = kept.until.astimezone(SHANGHAI)
    line = "已退出" if revoked else f"本机已退出；服务器没有答复，令牌最迟 {until:%m-%d %H:%M} 失效"
    answer({"server": address, "revoked": revoked}, line)


def _address(server: str | None) -> str:
    named = server or session.settings.server
    if named is None:
        raise Problem("请用 --server 写明服务器地址，如 https://duban.example.gov.cn", "malformed")
    return named


def _show(begun: dict[str, Any]) -> None:
    """The code and the page, where a person sees them: on the terminal, beside the answer."""
    where = urlsplit(begun["page"])
    lines = [f"登录码：{begun['code']}", f"请在浏览器打开 {begun['page']}，核对登录码后确认"]
    tell("\n".join(lines))
    if sys.stderr.isatty() and where.hostname not in ("127.0.0.1", "localhost"):
        _draw(begun["page"])
    sys.stderr.flush()


def _draw(page: str) -> None:
    """The page as a code a phone scans, where that can be drawn."""
    try:
        import segno
    except ImportError:  # it comes with the pages
        return
    segno.make(page, error="l").terminal(out=sys.stderr, compact=True)


def _awaited(server: RemoteServer, begun: dict[str, Any]) -> dict[str, Any]:
    """What the program is given once a person let it in.

    Raises:
        Problem: nobody did in time, and the server does not say so itself (exit 6).
        Refusal: somebody said no, or its time is up there.
    """
    asked_until = time.monotonic() + WAITS.total_seconds()  # not `expires`: the clocks of two machines differ
    with time_not_counted():
        while time.monotonic() < asked_until:
            try:
                given = server.post("/login/token", {"device": begun["device"]})
            except Unreachable:  # it may come back while the person looks for his phone
                given = {}
            if given.get("token"):
                return given
            time.sleep(begun["interval"])
    raise Problem("登录没有得到确认，请重新运行 xmh login", "unauthenticated")
