"""A log that goes back under running workers must not give a number twice: who guards it, and how it is settled.

A restore or a failover to a standby that lags puts an older copy in the log's place. The append refuses whatever comes
(`eventlog/witness.py`), and the guard of each worker settles: it moves every series past the highest number known to
the home, to its filed papers and to Temporal. Only then is anything recorded again.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from domain.base import Refusal
from domain.log import Witnessed
from eventlog import reading
from eventlog.backend import without_password
from eventlog.database import Database
from eventlog.errors import LogRestored
from eventlog.watermark import Restored, Watermark, highest_numbers
from eventlog.witness import Height
from process import leave
from services.healing import Healing
from services.issuing.bulletins import bulletin_numbers_on_disk

logger = structlog.get_logger()
LOG_CUT_OFF = 5
"""The exit code of a service that lost its log (`docs/reference/answers.md`)."""


def begin_anew_when_cut_off(database: Database) -> None:
    """For a service: end at once when its SQLite was tidied away under it; whoever watches it starts it again.

    What was acknowledged is saved by then (`eventlog/write_ahead.py`); what was not is as after any kill.
    """

    def end() -> None:
        logger.critical("write_ahead_log_deleted", log=without_password(database.url))
        leave(LOG_CUT_OFF)

    database.backend.when_cut_off(end)


class LogGuard:
    """Watches one log for one home."""

    def __init__(self, healing: Healing, store: Callable[[], Path]) -> None:
        """The home has a witness; one that has none yet is given one by the first settling. Papers lie in the store.

        Args:
            healing: of the log's runs.
            store: the office's files; refuses while they are not there.
        """
        self._healing = healing
        self._database = healing.gateway.database
        self._store = store

    async def look(self) -> bool:
        """Whether the log had gone back; it is settled then, or this raises and what comes is refused still.

        Raises:
            LogError, RPCError: a service did not answer. Refusal: as `settle`.
        """
        fallen = await asyncio.to_thread(log_went_back, self._database)
        if fallen is None:
            await asyncio.to_thread(keep_witness, self._database)
            return False
        await self.settle()
        return True

    async def settle(self) -> dict[str, int]:
        """No number that was ever given may be given again, whatever copy the log is; the series that were moved.

        Raises:
            LogError, RPCError: a service did not answer.
            Refusal: `store_missing`, the log went back and the papers that say which numbers are given are not there.
        """
        await self._healing.gateway.claim_queue()
        elsewhere = await self._healing.gateway.witnessed()
        if elsewhere is not None and elsewhere.log != self._database.log():
            # Two installations on one namespace and queue, unless the log was just exchanged for another one.
            client, queue = self._healing.gateway.client, self._healing.gateway.task_queue
            logger.error("namespace_shared", namespace=client.namespace, task_queue=queue, other_log=elsewhere.log)
        fallen = await asyncio.to_thread(self._fallen, elsewhere)
        if fallen is not None:
            logger.error("log_restored", **fallen.model_dump(mode="json"))
        given = await asyncio.to_thread(self._numbers_given, went_back=fallen is not None)
        moved = await self._healing.settle_numbers(given)
        if fallen is not None or moved:
            logger.error("numbers_settled", moved=moved)
        await asyncio.to_thread(keep_witness, self._database, settled=fallen is not None)
        return moved

    def _fallen(self, elsewhere: Witnessed | None) -> Restored | None:
        """How the log went back, by the home's or Temporal's witness; noted until somebody has read it."""
        witness, log = self._database.witness, self._database.log()
        if witness is not None and log:
            witness.adopt_earlier(self._database.url, log)
        fallen = log_went_back(self._database)
        if fallen is None and elsewhere is not None and elsewhere.log == log:
            fallen = _fallen_from(self._database, Height(elsewhere.position, elsewhere.hash))
        if fallen is not None and witness is not None:
            witness.note(log, lambda mark: mark.with_restored(fallen))
        return fallen

    def _numbers_given(self, *, went_back: bool) -> dict[str, int]:
        """The highest number of each series that is on paper or that the witness knows; the log may be older.

        A log that did not go back knows its numbers itself, and work goes on without its papers.
        """
        witness = self._database.witness
        known = witness.mark(self._database.log()).numbers if witness else {}
        try:
            return highest_numbers(known, bulletin_numbers_on_disk(self._store()))
        except Refusal:
            if went_back:
                raise
            return highest_numbers(known)


def keep_witness(database: Database, *, settled: bool = False) -> None:
    """Have the home witness what the log holds now, to be held from now on; also if it is less, once that is `settled`.

    Raises:
        LogError: the log cannot be read.
    """
    witness, log = database.witness, database.log()
    known = witness.height(log) if witness is not None and log else None
    now = reading.height_and_numbers(database)
    if witness is None or now is None:
        return
    height = Height(now.position, now.hash, known.falls if known else 0)
    witness.saw(now.log, height, now.numbers)
    if settled:
        witness.goes_on_from(now.log, height)


def noticed_of_log(database: Database) -> Watermark:
    """What was noticed of this log (older copies, healing) and nobody has read yet."""
    witness, log = database.witness, database.log()
    if witness is None or not log:
        return Watermark()
    witness.adopt_earlier(database.url, log)
    return witness.mark(log)


def log_went_back(database: Database) -> Restored | None:
    """How the log fell behind what this home knows it to hold; None when it did not, or nobody knows.

    Raises:
        LogRestored: it is another log altogether, where this process has worked on one before.
        LogError: the log cannot be read.
    """
    witness, log = database.witness, database.log()
    height = witness.height(log) if witness is not None and log else None
    if height is None:
        return None
    if reading.hash_at(database, 1) not in ("", log):
        logger.error("log_exchanged", had=log)
        raise LogRestored
    return _fallen_from(database, height)


def _fallen_from(database: Database, height: Height) -> Restored | None:
    if reading.hash_at(database, height.position) == height.hash:
        return None
    return Restored(
        noticed_at=datetime.now(UTC),
        had_position=height.position,
        had_hash=height.hash,
        found_position=reading.newest_event(database)[0],
    )
