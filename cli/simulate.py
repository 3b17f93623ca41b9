"""`xmh simulate`: a whole working year on real workflows, and what it left behind."""

import asyncio
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.session import Exit, answer, session
from domain.base import refuse
from domain.calendar import local_date
from domain.headquarters import FIRST_HEADQUARTERS
from domain.lights import light
from domain.matter import Matter
from domain.meetings.series import DEFAULT_SERIES
from domain.meetings.terms import MeetingStage
from domain.terms import Light, Stage
from eventlog import reading
from settings import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.run import Played

COUNTED = (
    ("MatterOpened", "立项"),
    ("MatterClosed", "销号"),
    ("MatterReopened", "重开"),
    ("UrgeIssued", "催办"),
    ("MatterEscalated", "升级"),
    ("DecisionRecorded", "会议议定"),
    ("ExtensionGranted", "同意延期"),
    ("MatterSuspended", "暂缓"),
    ("InstructionRecorded", "领导批示"),
)


ELSEWHERE = ("store", "database_url", "database_url_file")
"""Settings by which whoever looks at the year would be shown the office's own log or files instead."""
EXAMPLE, EXAMPLE_YEAR, EXAMPLE_HOME = "xiangmihu-2022", 2022, ".xmh-demo"


def demo() -> None:
    """示例：把随附的《2022年工作计划》办完一年（不带 --home 时放在 .xmh-demo），最后说怎样在浏览器里看。"""
    if session.home is None and "XMH_HOME" not in os.environ:
        session.home = EXAMPLE_HOME
    home = session.settings.home
    line = f"{home} 不是空目录，示例只放进空的或新的目录；请用 --home 换一个，或先移走它"
    refuse(home.is_dir() and any(home.iterdir()), line, "home_in_use")
    simulate(Path(__file__).parents[1] / "examples" / EXAMPLE, EXAMPLE_YEAR, EXAMPLE_YEAR)


def simulate(
    plan: Annotated[
        Path,
        typer.Option(
            "--plan", metavar="FILE", help="目录，内有任务清单.xlsx、通讯录.xlsx；没有 scenario.toml 时按种子模拟"
        ),
    ],
    year: Annotated[int, typer.Option("--year", metavar="Y", help="模拟哪个工作年度")],
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="随机种子；同一种子得到同样的一年")] = None,
) -> None:
    """在时间快进的 Temporal 上办完一整年：真实的流程、真实的时限，留下日志和简报；核验不通过时退出码为 1。"""
    import structlog

    from services.extras import Extra, need
    from services.press import press_by
    from simulation.above import settings_of_year
    from simulation.beside import played_beside
    from simulation.leaving import print_year_end
    from simulation.printing import Printer
    from simulation.run import check_fresh, collecting_seldom
    from simulation.run import simulate_year as play

    need(Extra.SIMULATE)
    first = session.settings.headquarters == FIRST_HEADQUARTERS
    refuse(not first, "模拟只为首个指挥部建立日志，请去掉 --headquarters（XMH_HEADQUARTERS）", "malformed")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = plan if plan.is_dir() else plan.parent
    home, started, algorithm = session.settings.home, time.monotonic(), session.settings.hash_algorithm
    press = press_by(settings_of_year(home, FIRST_HEADQUARTERS))
    check_fresh(home)  # before another headquarters is begun beside it
    with played_beside(folder, home, year, algorithm) as others, collecting_seldom(), _progress(year) as moved:
        played = asyncio.run(
            play(
                folder,
                home,
                year,
                seed=seed,
                algorithm=algorithm,
                prints=Printer(home, press),
                progress=moved,
            )
        )
        print_year_end(played.database, home, _ended(played), press)
        _show_its_last_day(played, home)
        beside = [other.left() for other in others]
    document = _summary(played, home)
    document["headquarters"] = [left.model_dump() for left in beside]
    document["set_elsewhere"] = [name for name in ELSEWHERE if getattr(session.settings, name) is not None]
    document["seconds"] = round(time.monotonic() - started, 1)
    answer(document, "" if session.json else _table(document))
    if not (document["verify"]["ok"] and all(left.verified for left in beside)):
        raise SystemExit(Exit.FOUND_WRONG)


@contextmanager
def _progress(year: int) -> "Iterator[Callable[[date], None]]":
    """A bar over the days of the year on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    first, last = date(year, 1, 1), date(year, 12, 31)
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(f"{year} 年", total=(last - first).days)

        def moved(day: date) -> None:
            bar.update(task, completed=(day - first).days, description=f"{day:%Y-%m-%d}")

        yield moved


def _ended(played: "Played") -> datetime:
    """When the newest event was recorded."""
    position, _ = reading.newest_event(played.database)
    return reading.read_all(played.database, position - 1)[-1].recorded_at


def _show_its_last_day(played: "Played", home: Path) -> None:
    """The console shows the year as it ended: today, years later, everything in it would be overdue."""
    place = home / CONFIG_FILE
    if not place.exists():
        remark = "# 模拟的一年：网页只供查看这一天的情况；删去下面两行即照常办理。"
        place.write_text(f"{remark}\n[web]\nday = {local_date(_ended(played))}\n", encoding="utf-8")


def _summary(played: "Played", home: Path) -> dict[str, Any]:
    """What the year left: everything counted from the log."""
    from eventlog.verify import verify

    database = played.database
    rulebook = reading.rulebook(database)
    matters = [s.state for s in reading.matter_states(database) if isinstance(s.state, Matter)]
    types: Counter[str] = Counter()
    position, end = 0, None
    while page := reading.read_all(database, position):
        types.update(e.type for e in page)
        position, end = page[-1].position, page[-1].recorded_at
    lights = Counter(light(m, rulebook, end).light for m in matters) if end else Counter()
    report = verify(database)
    return {
        "home": str(home),
        "matters": len(matters),
        "stages": {s.value: n for s in Stage if (n := sum(m.stage is s for m in matters))},
        "lights": {x.value: lights[x] for x in Light if lights[x]},
        "events": position,
        "feedback": {
            "on_time": sum(m.windows.on_time for m in matters),
            "late": sum(m.windows.late for m in matters),
            "missed": sum(len(m.windows.missed) for m in matters),
        },
        "counts": {name: types[name] for name, _ in COUNTED},
        "meetings": dict(Counter(m.series for m in reading.meetings(database) if m.stage is MeetingStage.CLOSED)),
        "briefings": [{"bulletin": number, "file": file} for number, file in played.briefings],
        "refused": [
            {"at": r.at.isoformat(), "matter": r.matter, "do": r.command, "message": r.message} for r in played.refused
        ],
        "verify": {
            "ok": report.ok,
            "streams": report.streams,
            "events": report.events,
            "problems": len(report.problems),
        },
    }


def _table(done: dict[str, Any]) -> str:
    from cli.tables import table

    labels = {s.value: s.label for s in Stage} | {x.value: f"{x.label}灯" for x in Light}
    feedback = done["feedback"]
    names = {s.id: s.name for s in DEFAULT_SERIES}
    rows: list[tuple[str, str]] = [
        ("事项", f"{done['matters']}件：" + "，".join(f"{labels[k]}{n}" for k, n in done["stages"].items())),
        ("亮灯", "，".join(f"{labels[k]}{n}" for k, n in done["lights"].items())),
        ("反馈", f"按时{feedback['on_time']}次，补报{feedback['late']}次，漏报{feedback['missed']}次"),
        ("办理", "，".join(f"{label}{done['counts'][name]}" for name, label in COUNTED)),
        ("会议", "，".join(f"{names.get(k, k)}{n}次" for k, n in done["meetings"].items())),
        ("事件", f"{done['events']}条"),
        *(("简报" if n == 0 else "", f"{b['bulletin']}  {b['file']}") for n, b in enumerate(done["briefings"])),
        *(
            ("未办" if n == 0 else "", f"{r['at'][:10]} 第{r['matter']}项：{r['message']}")
            for n, r in enumerate(done["refused"])
        ),
        *(
            ("另有" if n == 0 else "", f"{h['name']}（{h['code']}）：事项{h['matters']}件，事件{h['events']}条")
            for n, h in enumerate(done["headquarters"])
        ),
        ("核验", _verdict(done["verify"])),
        ("浏览", f"xmh access open office --home {done['home']}，再 xmh web --home {done['home']}"),
        *(
            [("注意", f"这里设有 {elsewhere}，示例没有用它；浏览示例的终端里请先去掉，否则看到的是正式的日志和文件")]
            if (elsewhere := "、".join(f"XMH_{name.upper()}" for name in done["set_elsewhere"]))
            else []
        ),
        ("用时", f"{done['seconds']}秒"),
    ]
    return table(("", f"数据目录 {done['home']}"), rows)


def _verdict(audit: dict[str, Any]) -> str:
    if audit["ok"]:
        return f"通过：{audit['streams']}条链、{audit['events']}条事件，无缺号、无改动，台账与日志一致"
    return f"不通过：{audit['problems']}处问题，请运行 xmh audit verify"
