"""The store: the folder of what belongs to the office and not to one machine, and the mark it is known by."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from domain.base import Refusal, refuse
from eventlog.durable import create_durably
from eventlog.presence import ServingKind, serving_processes
from services.doctor.report import HealthFinding
from services.home import make_home
from settings import STORE_MARK

if TYPE_CHECKING:
    from eventlog.database import Database
    from settings import Settings

KEY = "store"
"""Under which a serving process says which store is its own."""


def keep_store(settings: "Settings") -> None:
    """Mark the store that is set, unless it bears its mark.

    That of the first headquarters is marked by `migrate` and `restore` alone, those of the others within it as they are
    prepared: what bears a mark is mounted.

    Raises:
        Refusal: `malformed`, it cannot be made; `store_missing`, that of the first is not there.
    """
    if settings.store is None:
        return
    place = settings.store_folder
    if place != settings.store:
        first = settings.store / STORE_MARK
        refuse(not first.is_file(), f"共用目录 {settings.store} 没有挂载，请先挂载", "store_missing")
        make_home(place.parent)
    make_home(place)
    create_durably(place / STORE_MARK, f"{uuid4().hex}\n".encode())


def has_store(settings: "Settings") -> bool:
    """Whether the store is there, for who asks whether a process is ready."""
    try:
        return settings.store_place is not None
    except Refusal:
        return False


def described_store(settings: "Settings") -> dict[str, Any]:
    """Which store this process works with, for the others: the mark's word; None for its own home."""
    if settings.store is None or not has_store(settings):
        return {KEY: None}
    return {KEY: (settings.store_place / STORE_MARK).read_text(encoding="ascii").strip()}


def store_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether the store that is set is there."""
    try:
        _ = settings.store_place
    except Refusal as refusal:
        yield HealthFinding(
            code=refusal.code, message=refusal.message, remedy="挂载以前不要签发，也不要上传；XMH_STORE 写错的，改正"
        )


def store_apart(database: "Database", settings: "Settings", host: str) -> Iterator[HealthFinding]:
    """For doctor: whether who serves the log to people elsewhere files what they hand in where this machine looks.

    A build from before there was a store says nothing of it, and is not asked.
    """
    mine = described_store(settings)[KEY]
    for one in serving_processes(database):
        if one.kind is not ServingKind.WEB or KEY not in one.detail:
            continue
        theirs = one.detail[KEY]
        if theirs != mine or (mine is None and one.host != host):
            yield HealthFinding(
                code="store_apart",
                message=f"{one.host} 上的网页（进程 {one.pid}）与本机不用同一个共用目录："
                "那里的附件、草稿、成文在这里找不到",
                remedy="各台机器挂载同一个共用目录，XMH_STORE 写同一处，xmh migrate 后重启；原来各自目录里的文件拷进去",
            )
