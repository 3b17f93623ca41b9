"""The store: the folder of what belongs to the office and not to one machine, and the mark it is known by."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from domain.base import Refusal, refuse
from eventlog.attachments import FOLDER as ATTACHMENTS
from eventlog.durable import create_durably
from eventlog.presence import ServingKind, serving_processes
from services.doctor.report import HealthFinding
from services.home import make_home
from services.saved_choices import SAVED
from settings import STORE_MARK

if TYPE_CHECKING:
    from eventlog.database import Database
    from settings import Settings

OFFICE_FILES = (ATTACHMENTS, "documents", "drafts", "templates", SAVED)
"""What lies in the store; in the home where none is set."""
KEY = "store"
"""Under which a serving process says which store is its own."""


def keep_store(settings: "Settings") -> None:
    """Mark the store that is set, unless it bears its mark.

    That of the first headquarters is marked by `migrate` and `restore` alone, those of the others within it as they are
    prepared: what bears a mark is mounted.

    Never a folder that lacks what the home had before a store was set, nor an empty one of an office that has filed
    something: that is what a share looks like that is not mounted. The log's tables are this build's by then.

    Raises:
        Refusal: `malformed`, it cannot be made; `store_missing`, that of the first is not there, or it is not this one.
        LogError: the log cannot be read.
    """
    if settings.store is None or has_store(settings):
        return
    place = settings.store_folder
    if place != settings.store:
        first = settings.store / STORE_MARK
        refuse(not first.is_file(), f"共用目录 {settings.store} 没有挂载，请先挂载", "store_missing")
        make_home(place.parent)
    left = left_at_home(settings)
    refuse(
        bool(left),
        f"共用目录 {place} 里没有数据目录已有的{_named(left)}；没有挂载的请先挂载，"
        "新的请先停服务，把这些拷到其中同一位置，再运行 xmh migrate",
        "store_missing",
    )
    refuse(
        not files_in(place) and _log_names_files(settings),
        f"共用目录 {place} 是空的，而日志里已有成文或附件；没有挂载的请先挂载，新的请先把原有的文件拷进去",
        "store_missing",
    )
    make_home(place)
    create_durably(place / STORE_MARK, f"{uuid4().hex}\n".encode())


def files_in(place: Path) -> tuple[str, ...]:
    """Which of the office's files and folders are in a place, by name."""
    return tuple(name for name in OFFICE_FILES if (place / name).exists())


def left_at_home(settings: "Settings") -> tuple[str, ...]:
    """Files of the office in this home, by path, that the store has not: they were kept before it was set."""
    if settings.store is None:
        return ()
    tops = (settings.home / name for name in OFFICE_FILES)
    paths = (path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]))
    names = (path.relative_to(settings.home) for path in paths if path.is_file() and not path.name.startswith("."))
    return tuple(sorted(name.as_posix() for name in names if not (settings.store_folder / name).exists()))


def _named(left: tuple[str, ...]) -> str:
    return f" {'、'.join(left[:1])}" + (f" 等 {len(left)} 份文件" if left[1:] else "")


def _log_names_files(settings: "Settings") -> bool:
    """Whether the log names an attachment or a paper."""
    from eventlog.attachments import attachment_problems
    from eventlog.configured import open_log
    from eventlog.schema import SchemaState, schema_state
    from services.issuing.catalogue import all_filed

    if schema_state(settings.database) is SchemaState.EMPTY:
        return False
    with open_log(settings) as database:
        missing = attachment_problems(database, settings.store_folder)
        return bool(missing) or any(True for _ in all_filed(database, settings.store_folder))


def has_store(settings: "Settings") -> bool:
    """Whether the store is there, for who asks whether a process is ready."""
    try:
        return settings.store_place is not None
    except Refusal:
        return False


def described_store(settings: "Settings") -> dict[str, Any]:
    """Which store this process works with, for the others: the mark's word; None for its own home."""
    if settings.store is None:
        return {KEY: None}
    try:
        word = (settings.store_place / STORE_MARK).read_text(encoding="ascii", errors="replace")
    except (Refusal, OSError):
        return {KEY: None}
    return {KEY: word.strip()}


def store_trouble(settings: "Settings") -> Iterator[HealthFinding]:
    """For doctor: whether the store that is set is there, and has what this home kept before it was set."""
    try:
        _ = settings.store_place
    except Refusal as refusal:
        yield HealthFinding(
            code=refusal.code, message=refusal.message, remedy="挂载以前不要签发，也不要上传；XMH_STORE 写错的，改正"
        )
        return
    if left := left_at_home(settings):
        yield HealthFinding(
            code="store_left",
            message=f"数据目录里还有共用目录没有的{_named(left)}，是声明共用目录以前存下的，各台都找不到",
            remedy=f"拷进共用目录 {settings.store_folder} 的同一位置",
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
