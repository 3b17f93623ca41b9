"""How status and doctor read."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.calendar import SHANGHAI
from eventlog.schema import SchemaState

if TYPE_CHECKING:
    from services.doctor.report import HealthReport


def status_text(document: dict[str, Any]) -> str:
    """What runs, as `xmh status` tells a person."""
    temporal, worker, log = document["temporal"], document["worker"], document["log"]
    if document["running"]:
        head = f"督办服务正在运行（进程 {document['supervisor']['pid']}，自 {document['started_at'][:19]}）"
        head += "" if document["ready"] else "，尚未就绪"
    elif temporal["address"]:  # configured, and so nothing that `xmh up` would start
        head = (
            "各部分分开部署，正在运行的见“各机进程”" if document["installation"] else "各部分分开部署，没有进程在运行"
        )
    else:
        head = "督办服务没有在运行；用 xmh up --detach 启动"
    restarts = {name: n for name, n in document["restarts"].items() if n}
    lines = [
        head,
        f"  数据目录  {document['home']}",
        f"  Temporal  {temporal['address'] or '—'}  {'可连接' if temporal['reachable'] else '连不上'}"
        + (f"（进程 {temporal['pid']}）" if temporal["pid"] else ""),
        *([f"  办理进程  {worker['pid'] or '—'}"] if document["running"] or not temporal["address"] else []),
        *([f"  网页接口  {document['web']}"] if document["web"] else []),
        f"  事件日志  {log['url']}",
    ]
    if "error" in log:
        lines.append(f"            {log['error']['message']}")
    elif log["restored"] and not log["restored"]["settled"]:
        lines.append("            已被换成较旧的副本，正在核对已发出的编号，命令暂不受理；见 xmh doctor")
    elif log["matters"] is not None:
        lines.append(f"            已记 {log['position']} 条，未办结事项 {log['matters']['open']} 件")
    else:
        label = next(state.label for state in SchemaState if state.value == log["schema"])
        lines.append(f"            表结构{label}；请运行 xmh doctor，它说怎么办")
    if log["restored"] and log["restored"]["settled"]:
        lines.append("            曾换成较旧的或另一份副本，已发出的编号已跳过；见 xmh doctor")
    lines += _installed(document["installation"])
    if document["running"] and restarts:
        lines.append("  自动重启  " + "、".join(f"{_restarted(name)} {n} 次" for name, n in restarts.items()))
    versions = document["versions"]
    lines.append(
        f"  版本      xmh {versions['xmh'] or '—'}，Python {versions['python']}，temporalio {versions['temporalio']}"
    )
    return "\n".join(lines)


def _installed(processes: list[dict[str, Any]]) -> list[str]:
    """Every worker and web server that serves this log, on whatever machine."""
    kinds = {"worker": "办理", "web": "网页"}
    lines = []
    for one in processes:
        seen = datetime.fromisoformat(one["seen_at"]).astimezone(SHANGHAI)
        swept = one["detail"].get("swept_at")
        looked = f"，{datetime.fromisoformat(swept).astimezone(SHANGHAI):%H:%M:%S} 核对过全部事项" if swept else ""
        state = f"，{seen:%m-%d %H:%M} 以后没有音信" if one["lost"] else looked
        lines.append(f"{kinds[one['kind']]} {one['host']}（进程 {one['pid']}，xmh {one['build']}）{state}")
    return [f"  {'各机进程' if n == 0 else '　　　　'}  {line}" for n, line in enumerate(lines)]


def _restarted(name: str) -> str:
    if name == "web":
        return "网页"
    return "Temporal" if name == "server" else f"办理进程{name.removeprefix('worker')}"


def health_text(report: "HealthReport") -> str:
    """What is wrong and what to do, as `xmh doctor` tells a person."""
    lines = [f"✗ {p.message}\n  处理：{p.remedy}" for p in report.problems]
    lines += [f"· {n.message}\n  {n.remedy}" for n in report.notices]
    if report.ok:
        lines.append("✓ 没有发现问题")
    return "\n".join(lines)
