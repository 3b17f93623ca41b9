"""`xmh restore`: a backup back into an empty home: unpacked beside it, verified whole, only then put in its place."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.base import Frozen, refuse, refuse_always
from domain.envelope import SYSTEM
from domain.ids import OfficeStream
from domain.operations import RestoredFromBackup
from eventlog import notices
from eventlog.configured import open_log
from eventlog.database import Database
from eventlog.migrate import migrate
from eventlog.schema import SchemaState, schema_state
from services.backup.archive import LOG, Manifest, Progress, unmoved, unpack_archive
from services.backup.taking import newest_of_sound
from services.home import make_home, make_private
from services.log_guard import keep_witness
from services.office_records import record_office_events
from services.restored_numbers import advance_numbers

if TYPE_CHECKING:
    from settings import Settings

HELD_BACK = "还原前可能已经发出，不再自动发送"
_PAGE = 500


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


def restore(settings: "Settings", file: Path, past: Mapping[str, int], moved: Progress = unmoved) -> BroughtBack:
    """Bring a backup back into the home, which must be empty; recorded in the log that goes on there.

    `past` are the highest numbers known to be on paper, by series: none of them is given again.

    Raises:
        Refusal: the home is in use, or the backup is not whole, not sound, of another headquarters or a newer build.
    """
    home = settings.home.absolute()
    refuse(not settings.database.startswith("sqlite:"), "还原只用于 SQLite；PostgreSQL 请用 pg_restore", "unsupported")
    refuse(
        home.exists() and any(home.iterdir()), f"{home} 不是空目录，还原只写进空目录；请换一个 --home", "home_in_use"
    )
    make_home(home.parent)
    fresh = home.with_name(f".{home.name}.{uuid4().hex[:8]}")
    fresh.mkdir(mode=0o700)
    try:
        manifest = unpack_archive(file, fresh, settings.headquarters, moved)
        _check_log(settings.model_copy(update={"home": fresh}), fresh / LOG, manifest, file)
        make_private(fresh)
        if home.exists():
            home.rmdir()
        fresh.rename(home)
    except OSError as error:
        refuse_always(f"还原写不进 {home}：{error.strerror or error}", "malformed")
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return _taken_up(settings, file, manifest, past)


def _check_log(settings: "Settings", log: Path, manifest: Manifest, file: Path) -> None:
    """The log verifies by this build, and is the one the manifest says."""
    url = f"sqlite:///{log}"
    state = schema_state(url)
    refuse(state is SchemaState.NEWER, f"{file.name} 由更新版本的 xmh 写成，请用那个版本还原", "schema_newer")
    refuse(state is SchemaState.EMPTY, f"{file.name} 里没有事件日志", "not_sound")
    migrate(url)
    is_it = newest_of_sound(settings, log) == (manifest.position, manifest.hash)
    refuse(not is_it, f"{file.name} 里的日志不是清单所说的那一本", "not_sound")


def _taken_up(settings: "Settings", file: Path, manifest: Manifest, past: Mapping[str, int]) -> BroughtBack:
    """The restored log goes on: nothing is sent a second time, and the restore is on record."""
    settings.keep_door_key()
    now = datetime.now(UTC)
    with open_log(settings) as database:
        held, untold = _hold_back(database, now), _tick_off(database, now)
        event = RestoredFromBackup(
            file=file.name,
            taken_at=manifest.taken_at,
            position=manifest.position,
            hash=manifest.hash,
            held_back=held,
            untold=untold,
        )
        stream, command_id = database.own(OfficeStream.OPERATIONS), f"restore:{uuid4().hex}"
        record_office_events(database, stream, [event], actor=SYSTEM, command_id=command_id, now=now)
        numbers = advance_numbers(database, past, f"日志由备份 {file.name} 还原，其后的编号已在纸质件上")
        keep_witness(database)
        missing = _sealed(database) and not _has_master_key(settings)
    return BroughtBack(
        taken_at=manifest.taken_at,
        position=manifest.position,
        files=len(manifest.files),
        held_back=held,
        untold=untold,
        numbers=numbers,
        keys_missing=missing,
    )


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
