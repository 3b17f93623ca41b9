"""What can be read of a log whose tables are not this build's: which they are, who serves it, when it was backed up."""

from datetime import datetime

from domain.base import Frozen
from eventlog.backend import backend_of
from eventlog.presence import SERVING, ServingProcess, process_of_row
from eventlog.stored_time import from_micros

_BACKED_UP = "SELECT max(recorded_at), count(*) FROM events WHERE type = 'BackupTaken'"


class OlderLog(Frozen):
    """A log as whoever is about to upgrade it finds it."""

    revision: str | None
    """The newest migration its tables have; None in an empty database."""
    serving: tuple[ServingProcess, ...] = ()
    """Empty too for a log of before processes said that they serve."""
    backed_up_at: datetime | None = None


def look_at_log(url: str) -> OlderLog:
    """Read it whatever its tables are.

    Raises:
        LogUnreachable: the database cannot be reached.
    """
    backend = backend_of(url)
    if backend.missing():
        return OlderLog(revision=None)
    try:
        connection = backend.connect()
    except Exception as error:
        explained = backend.explain(error)
        if explained is None:
            raise
        raise explained from error
    try:
        tables = connection.table_names()
        if "alembic_version" not in tables:
            return OlderLog(revision=None)
        revisions = [revision for (revision,) in connection.query("SELECT version_num FROM alembic_version")]
        rows = connection.query(SERVING) if "processes" in tables else []
        newest = connection.query(_BACKED_UP)[0][0] if "events" in tables else None
        return OlderLog(
            revision=max(revisions, default=None),
            serving=tuple(map(process_of_row, rows)),
            backed_up_at=from_micros(newest) if newest is not None else None,
        )
    finally:
        connection.close()
