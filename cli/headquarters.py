"""`xmh headquarters add list`: the headquarters this installation serves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.session import answer, session
from cli.shape import group
from domain.base import Refusal, refuse
from domain.founding import Headquarters, headquarters_name
from domain.headquarters import headquarters_code
from services.headquarters import all_headquarters, set_up, settings_of, unfinished

if TYPE_CHECKING:
    from settings import Settings

app = group(
    "指挥部：本安装服务的各个指挥部，各有自己的日志、编号、日历、规则、通讯录和密钥。\n\n"
    "任何命令用 --headquarters CODE 指明是哪一个；不写即首个指挥部。",
    {"add": "cli.headquarters:add", "list": "cli.headquarters:list_"},
)


def add(
    code: Annotated[str, typer.Argument(metavar="CODE", help="代号，编号以它开头，如 FT")],
    name: Annotated[str, typer.Option("--name", metavar="N", help="名称，如 福田片区建设指挥部")],
    city: Annotated[bool, typer.Option("--city", help="这是市级指挥部：可汇总各指挥部（一个安装只有一个）")] = False,
) -> None:
    """设立一个指挥部，或把没有建成的建完；正在运行的 xmh up 随即为它服务。"""
    one = Headquarters(code=headquarters_code(code), name=headquarters_name(name), city=city)
    home = session.settings.installation
    refuse(not home.is_dir(), f"数据目录 {home} 不存在，请先运行 xmh up", "unreachable")
    fresh = set_up(settings_of(session.settings, one.code), one)
    outcome = "已设立" if fresh else "早已设立，未作改动"
    document = {
        **one.model_dump(),
        "added": fresh,
        "home": str(settings_of(session.settings, one.code).home.absolute()),
    }
    answer(
        document,
        f"{one.name}（{one.code}）{outcome}；用 --headquarters {one.code} 办理，先用 xmh org import 导入通讯录",
    )


def list_() -> None:
    """列出本安装的各个指挥部。"""
    settings = session.settings
    rows = [_row(settings, one) for one in all_headquarters(settings.installation)]
    left = unfinished(settings.installation)
    lines = [f"{r['code']:<8}{r['name']}{'（市级）' if r['city'] else ''}{_state(r)}" for r in rows]
    lines += [f"{folder:<8}没有建成或被移动过；请重新运行 xmh headquarters add，移动过的请移回原处" for folder in left]
    answer({"headquarters": rows, "unfinished": list(left)}, "\n".join(lines))


def _row(settings: "Settings", one: Headquarters) -> dict[str, Any]:
    """One headquarters, with what is open in it; what is wrong with its log in place of that."""
    from eventlog import reading
    from eventlog.configured import open_log
    from eventlog.errors import LogError

    row: dict[str, Any] = {**one.model_dump(), "first": one.code == all_headquarters(Path())[0].code, "open": None}
    try:
        with open_log(settings_of(settings, one.code)) as database:
            row["open"] = len(reading.open_streams(database, "matter"))
    except (LogError, Refusal) as error:
        row["error"] = {"code": error.code, "message": error.message}
    return row


def _state(row: dict[str, Any]) -> str:
    if "error" in row:
        return f"  {row['error']['message']}"
    return f"  未办结事项{row['open']}件"
