"""`xmh restore`: a backup into an empty home: unpacked in a folder of it, verified and taken up, then put in place.

The folder lies within the home, so that all is renamed and nothing copied, also where the home is a disk of its own,
or holds the homes of other headquarters. The log comes last: until it is there the home has none, and nobody works.
"""

import errno
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.base import Frozen, Refusal, refuse
from domain.operations import RestoredFromBackup
from eventlog import notices
from eventlog.access import forget_opened
from eventlog.configured import open_log
from eventlog.copying import copy_log
from eventlog.database import Database
from eventlog.durable import flush_folder, flush_tree
from eventlog.findings import VerifyFinding
from eventlog.migrate import migrate
from eventlog.older import look_at_log
from eventlog.presence import forget_processes
from eventlog.schema import SchemaState, schema_state
from eventlog.verify import verify
from eventlog.witness import FOLDER as WITNESSES
from services.backup.archive import LOG, Manifest, Progress, unmoved, unpack_archive
from services.backup.taking import newest_of_sound
from services.door_key import keep_door_key
from services.headquarters import founded_as, keep_card
from services.home import make_home, make_private
from services.inspection import lacking_files
from services.log_guard import keep_witness
from services.operations_record import record_migration, record_operation
from services.payload_keys import begin_payload_keys
from services.restored_numbers import advance_numbers
from services.store import OFFICE_FILES, files_in, keep_store
from settings import CONFIG_FILE, HEADQUARTERS_FOLDER
from sheets.file_errors import unwritable_file
from sheets.toml_file import read_toml

if TYPE_CHECKING:
    from settings import Settings

HELD_BACK = "还原前可能已经发出，不再自动发送"
_PAGE = 500
_FRESH = ".restore."
"""How the folder is called in which a backup is unpacked; found in a home, a restore was cut off there."""
_LEADING = ("database_url", "database_url_file", "temporal_address", "store")
"""Settings by which a restored home would work on the log or the server of the one it was taken from."""


class BroughtBack(Frozen):
    """A home that was restored, as of `taken_at`."""

    taken_at: datetime
    position: int
    files: int
    held_back: int
    """Notices that may have been sent after the backup: `notice retry` sends them."""
    untold: int
    """Events nobody had been told of at the backup; perhaps they were later, so no notice is made of them."""
    numbers: dict[str, int] = {}
    """Series moved past the numbers known to be on paper, and where they stand now."""
    keys_missing: bool
    """The master key has to be put back before sealed words can be read."""
    leads_elsewhere: tuple[str, ...] = ()
    """What the restored configuration says of where log and server are, to be looked at before anything runs."""
    lacking: tuple[VerifyFinding, ...] = ()
    """Attachments and issued files that the log names, and that the backup had not, or not as they were."""


def restore(settings: "Settings", file: Path, past: Mapping[str, int], moved: Progress = unmoved) -> BroughtBack:
    """Bring a backup back into the home, which must be empty; recorded in the log that goes on there.

    Where the settings name a database on PostgreSQL, empty too, the log goes there, and where they name a store, the
    files.

    `past` are the highest numbers known to be on paper, by series: none of them is given again.

    Raises:
        Refusal: the home is in use, or the backup is not whole, not sound, of another headquarters or a newer build.
    """
    home = settings.home.resolve()
    _may_be_restored(settings, home)
    made, fresh = not home.exists(), home / f"{_FRESH}{uuid4().hex[:8]}"
    make_home(home)
    try:
        fresh.mkdir(mode=0o700)
        manifest = unpack_archive(file, fresh, settings.headquarters, moved)
        own = settings.model_copy(
            update={"home": fresh, "store": None, "database_url": None, "database_url_file": None}
        )
        before = _check_log(own, fresh / LOG, manifest, file)
        back = _taken_up(own, file, manifest, past, before)
        make_private(fresh)
        flush_tree(fresh)
        _put_in_place(settings, fresh)
    except OSError as error:
        raise unwritable_file(settings.home, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if made and not any(home.iterdir()):
            home.rmdir()
    make_private(home)
    return back


def _may_be_restored(settings: "Settings", home: Path) -> None:
    """Only into a home that has nothing of its own, and onto the log that lies in it or an empty database."""
    url, here = settings.database, settings.home
    in_file, place = url.startswith("sqlite:"), Path(url.removeprefix("sqlite:///"))
    refuse(
        not in_file and not _is_empty(settings),
        "数据库里已有事件日志，还原只写进空的数据库；请新建一个，把 XMH_DATABASE_URL 指向它",
        "home_in_use",
    )
    refuse(
        in_file and place.resolve() != home / LOG,
        f"XMH_DATABASE_URL（database_url）写的是 {place}，还原只写进数据目录 {here}；请先去掉这项设置",
        "malformed",
    )
    refuse(home.exists() and not home.is_dir(), f"{here} 不是目录，不能用作数据目录；请换一个 --home", "malformed")
    others = {"lost+found", *([HEADQUARTERS_FOLDER] if settings.home == settings.installation else [])}
    within = sorted({path.name for path in home.iterdir()} - others) if home.is_dir() else []
    cut_off = next((name for name in within if name.startswith(_FRESH)), None)
    refuse(
        cut_off is not None,
        f"{here} 里有一次没有做完的还原（{cut_off}）；请换一个 --home，或把它和共用目录清空再来"
        f"（{HEADQUARTERS_FOLDER} 是别的指挥部，留下）",
        "home_in_use",
    )
    filed = "、".join(files_in(settings.store_folder)) if settings.store is not None else ""
    refuse(
        bool(filed),
        f"共用目录 {settings.store_folder} 里已有 {filed}，还原不覆盖；请移到别处，或把 XMH_STORE 指向一个新的目录",
        "home_in_use",
    )
    named = "、".join(within[:3])
    refuse(bool(within), f"{here} 不是空目录（有 {named}），还原只写进空目录；请换一个 --home", "home_in_use")


def _is_empty(settings: "Settings") -> bool:
    """Whether the database holds no log: no tables, or tables that a restore which failed left without an event."""
    match schema_state(settings.database):
        case SchemaState.EMPTY:
            return True
        case SchemaState.CURRENT:
            with open_log(settings) as database:
                return not database.log()
        case _:
            return False


def _put_in_place(settings: "Settings", fresh: Path) -> None:
    """All that was unpacked in its place; nothing of it when that cannot be, or somebody was faster.

    What witnesses the log comes first, and the log last: in a home where this was cut off no new log is founded.
    """
    keep_store(settings)
    in_file, placed = settings.database.startswith("sqlite:"), list[Path]()
    try:
        for path in sorted(fresh.iterdir(), key=lambda p: (p.name == LOG, p.name != WITNESSES, p.name)):
            if path.name == LOG and not in_file:
                _put_into_database(settings, path)
                continue
            place = settings.store_place if path.name in OFFICE_FILES else settings.home.resolve()
            target = place / path.name
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "", str(target))  # noqa: TRY301  (as any other failure here)
            _move(path, target)
            placed.append(target)
            flush_folder(place)  # before the next: the log is the last also on the disk
    except BaseException:  # also an interrupt: a database takes minutes
        for target in placed:
            _move(target, fresh / target.name)
        raise


def _move(path: Path, target: Path) -> None:
    """Give it its place, whole or not at all, also on another disk."""
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f".{target.name}.{uuid4().hex[:8]}")
        try:
            shutil.copytree(path, part) if path.is_dir() else shutil.copy2(path, part)
            flush_tree(part)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            part.unlink(missing_ok=True)


def _put_into_database(settings: "Settings", log: Path) -> None:
    """The restored log into PostgreSQL, and verified there.

    Raises:
        Refusal: `not_sound`. LogError: the database takes it not; it is as empty as it was, but for its tables.
    """
    migrate(settings.database)
    with open_log(settings, f"sqlite:///{log}") as source, open_log(settings) as target:
        copy_log(source, target)
        wrong = "；".join(problem.message for problem in verify(target).problems[:3])
        refuse(bool(wrong), f"写进数据库后核验不通过：{wrong}；请删去这个数据库，换一个新的再还原", "not_sound")


def _check_log(settings: "Settings", log: Path, manifest: Manifest, file: Path) -> str | None:
    """The log verifies by this build, and is the one the manifest says. What tables it had, if an earlier build's."""
    url = f"sqlite:///{log}"
    state = schema_state(url)
    refuse(state is SchemaState.NEWER, f"{file.name} 由更新版本的 xmh 写成，请用那个版本还原", "schema_newer")
    refuse(state is SchemaState.EMPTY, f"{file.name} 里没有事件日志", "not_sound")
    before = look_at_log(url).revision if state is SchemaState.BEHIND else None
    migrate(url)
    is_it = newest_of_sound(settings, log) == (manifest.position, manifest.hash)
    refuse(not is_it, f"{file.name} 里的日志不是清单所说的那一本", "not_sound")
    return before


def _taken_up(
    settings: "Settings", file: Path, manifest: Manifest, past: Mapping[str, int], before: str | None
) -> BroughtBack:
    """The restored log goes on, before anybody can find it: nothing is sent twice, and the restore is on record."""
    keep_door_key(settings)
    begin_payload_keys(settings)
    now = datetime.now(UTC)
    with open_log(settings) as database:
        held, untold = _hold_back(database, now), _tick_off(database, now)
        forget_opened(database)
        forget_processes(database)
        event = RestoredFromBackup(
            file=file.name,
            taken_at=manifest.taken_at,
            position=manifest.position,
            hash=manifest.hash,
            held_back=held,
            untold=untold,
        )
        record_operation(database, settings.home, event, command_id=f"restore:{uuid4().hex}")
        if before is not None:
            record_migration(database, settings.home, before)
        numbers = advance_numbers(database, past, f"日志由备份 {file.name} 还原，其后的编号已在纸质件上")
        keep_witness(database)
        missing = _sealed(database) and not _has_master_key(settings)
        lacking = lacking_files(database, manifest.digests)
        founded = founded_as(database)
    if founded is not None:
        keep_card(settings.home, founded)
    return BroughtBack(
        taken_at=manifest.taken_at,
        position=manifest.position,
        files=len(manifest.files),
        held_back=held,
        untold=untold,
        numbers=numbers,
        keys_missing=missing,
        leads_elsewhere=_leads_elsewhere(settings.home / CONFIG_FILE),
        lacking=lacking,
    )


def _leads_elsewhere(config: Path) -> tuple[str, ...]:
    with suppress(Refusal):  # a configuration that is none is named by whatever reads it next
        configured = read_toml(config, "设置") if config.exists() else {}
        return tuple(name for name in _LEADING if name in configured)
    return ()


def _hold_back(database: Database, now: datetime) -> int:
    """Give up what was due by now and not sent when the backup was taken; what is due later waits on."""
    due = [n.id for n in notices.list_notices(database, pending=True) if n.next_at <= now or n.attempts]
    notices.give_up_notices(database, due, HELD_BACK)
    return len(due)


def _tick_off(database: Database, now: datetime) -> int:
    """Make no notice of what nobody had been told of: between the backup and the loss somebody may have been."""
    count = position = 0
    while events := notices.untold_events(database, position, _PAGE):
        notices.keep_notices(database, events, (), now)
        count, position = count + len(events), events[-1].position
    return count


def _sealed(database: Database) -> bool:
    with database.reading() as transaction:
        return transaction.one("SELECT 1 FROM secret_keys WHERE key IS NOT NULL LIMIT 1") is not None


def _has_master_key(settings: "Settings") -> bool:
    return bool(settings.master_key or settings.master_key_command) or settings.master_key_place.exists()
