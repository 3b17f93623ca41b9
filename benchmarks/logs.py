"""Logs with history, made past Temporal by the rules themselves."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

from domain import commands as c
from domain.calendar import at_office
from domain.ids import matter_stream
from eventlog import reading
from eventlog.database import Database
from tests.support.history import act, tick
from tests.support.office import ASSIST, LEAD, LIAISON, LIST, OFFICE, founded, sqlite

MONDAY = at_office(date(2022, 3, 7), time(10, 0))
TITLES = ("推进国际交流中心一期主体施工", "完成片区控制性详细规划修编", "开展老旧小区管网改造", "打通断头路并恢复绿化")
WEEK = timedelta(days=7)
LIFE_STREAM = matter_stream("benchmark-life")
LONGEST = timedelta(days=900)
_IN_MEMORY = Path("/dev/shm")  # noqa: S108  (mkdtemp makes a folder only its owner may enter)


def made(folder: Path, fill: Callable[[Database], object], founded_at: datetime | None = None) -> Database:
    """A filled log in this folder. It is made in memory and copied: flushing thousands of commits is not the point."""
    with tempfile.TemporaryDirectory(prefix="xmh-log-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as scratch:
        with founded(sqlite(Path(scratch)), founded_at) as log:
            fill(log)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(scratch) / "events.db", folder)  # the last connection has emptied the write-ahead log
    return Database(sqlite(folder))


def wish(index: int, now: datetime) -> c.OpenMatter:
    """An ordinary 立项 with two 配合 facts, a due date of its own and a title that says which it is."""
    return c.OpenMatter(
        title=f"{TITLES[index % len(TITLES)]}（第{index}项）",
        basis=LIST,
        due=(now + timedelta(days=30 + index % 200)).date(),
        lead=LEAD,
        assist=(ASSIST,),
    )


def report(index: int) -> c.SubmitFeedback:
    """A 反馈 as units write them: a sentence or two and a percentage."""
    return c.SubmitFeedback(
        text=f"已完成第{index % 40}层主体结构施工，安全文明措施同步落实，现场人员到岗率保持稳定；下步按倒排工期推进。",
        progress=index % 100,
        next_step="抓紧组织材料进场，确保节点按期完成",
    )


def opened(log: Database, index: int, now: datetime) -> str:
    """One more matter, received by its lead; its stream."""
    stream = matter_stream(f"benchmark-{index}")
    act(log, stream, wish(index, now), OFFICE, now)
    act(log, stream, c.AcceptReceipt(), LIAISON, now)
    return stream


def reported(log: Database, matters: int, now: datetime) -> list[str]:
    """So many matters, each with two 反馈; their streams."""
    streams = [opened(log, i, now) for i in range(matters)]
    for i, stream in enumerate(streams):
        for turn in (1, 2):
            act(log, stream, report(i * turn), LIAISON, now + timedelta(minutes=turn))
    return streams


def reported_on(log: Database, matters: int, events: int) -> None:
    """So many matters with so many events each, a 反馈 an hour in turn, so that all of them go on to the end."""
    streams = reported(log, matters, MONDAY)
    for hour in range(events - reading.stream_head(log, streams[0]).version):
        for n, stream in enumerate(streams):
            act(log, stream, report(hour * matters + n), LIAISON, MONDAY + timedelta(hours=hour + 1))


def lived(log: Database, events: int) -> None:
    """One matter with at least so many events: weeks of windows, answered or missed, and what the clock adds."""
    stream = LIFE_STREAM
    due = (MONDAY + LONGEST).date()
    act(log, stream, wish(0, MONDAY).model_copy(update={"due": due}), OFFICE, MONDAY)
    act(log, stream, c.AcceptReceipt(), LIAISON, MONDAY)
    moment = MONDAY
    while reading.stream_head(log, stream).version < events:
        tick(log, moment)
        # Two weeks of three are answered, so that the life holds misses, urges and escalations too.
        if moment.isocalendar().week % 3:
            act(log, stream, report(moment.toordinal()), LIAISON, moment)
        moment += WEEK
