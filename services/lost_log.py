"""A log that is gone is not founded anew: where a home shows that there was one, somebody has to bring it back."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from domain.base import refuse
from eventlog import attachments, reading
from eventlog.database import Database
from eventlog.watermark import Restored
from eventlog.witness import EARLIER_FILE, Witness, log_name
from services.embedded.temporal_file import TEMPORAL_FILE
from services.founding import FOUNDED
from services.issuing.bulletins import bulletin_numbers_on_disk
from services.log_guard import log_went_back

if TYPE_CHECKING:
    from settings import Settings


def check_no_lost_log(settings: "Settings") -> None:
    """Refuse to found a new log for a home that shows there was one.

    Raises:
        Refusal: `log_lost`, something in it came from a log that is not there any more.
    """
    traces, home = "、".join(_traces(settings.home, settings.store_folder)), settings.home
    where = home if settings.store is None else f"{home} 或共用目录 {settings.store_folder}"
    refuse(
        bool(traces),
        f"事件日志不见了或不完整，而 {where} 里有{traces}，不能另立新日志；"
        "请把事件日志（events.db 或数据库）从备份恢复到原处再启动，确要另立新日志，请用 --home 换一个数据目录"
        + ("" if settings.store is None else "，XMH_STORE 也换一个"),
        "log_lost",
    )


def check_own_log(database: Database, settings: "Settings") -> Restored | None:
    """Check that this is the log the home has worked on, and all of it; how it went back, when it is an older copy.

    Raises:
        Refusal: `log_lost`, it ends before what every log begins with; `log_exchanged`, it is another log.
        LogError: it cannot be read.
    """
    log, home = database.log(), settings.home
    if not log:
        check_no_lost_log(settings)
        return None
    known = Witness(home).logs()
    refuse(
        bool(known) and log_name(log) not in known,
        f"这里的事件日志不是数据目录 {home} 原来的那一本（首条记录不同）；请换回原来的，"
        "确要改用这一本，请用 --home 换一个数据目录",
        "log_exchanged",
    )
    fallen = log_went_back(database)
    if fallen is not None and any(reading.stream_head(database, database.own(kind)).version == 0 for kind in FOUNDED):
        check_no_lost_log(settings)
    return fallen


def _traces(home: Path, store: Path) -> Iterator[str]:
    """What shows that a log was here, in Chinese."""
    if Witness(home).logs() or (home / EARLIER_FILE).exists():
        yield "原日志留下的水位记录"
    if bulletin_numbers_on_disk(store):
        yield "已签发的文件"
    if any((store / attachments.FOLDER).glob("*")):
        yield "附件"
    if (home / TEMPORAL_FILE).exists():
        yield "Temporal 的数据"
