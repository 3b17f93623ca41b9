"""一览表 as pages and programs ask for it: of a moment, for a reader, the last few kept."""

from datetime import timedelta
from typing import Any

from documents.table.rows import TaskTable, task_table
from domain.calendar import SHANGHAI, local_date
from eventlog import reading
from eventlog.reading import Moment
from sheets.table import KEYED
from views.figures import five_minutes
from views.remembered import Remembered
from views.viewer import Viewer

WEEK = timedelta(days=7)
_tables = Remembered[TaskTable](2)


def table_at(viewer: Viewer, moment: Moment | None) -> TaskTable:
    """The table of a moment, or of the last full five minutes."""
    moment = moment or reading.moment_at(viewer.database, five_minutes(viewer.now))
    readable = viewer.rights.readable
    hashes = (reading.hash_at(viewer.database, moment.position), reading.hash_at(viewer.database, moment.later))
    since = local_date(moment.as_of) - WEEK
    return _tables.of(
        (*hashes, moment, readable), lambda: task_table(viewer.database, moment.as_of, since, moment, readable)
    )


def table_document(table: TaskTable) -> dict[str, Any]:
    """The table for scripts: each row with its chapter and what stands in its columns, by their tokens."""
    return {
        "title": table.title,
        "as_of": table.as_of.astimezone(SHANGHAI).isoformat(),
        "position": table.key.position,
        "summary": table.summary,
        "count": len(table.rows),
        "rows": [
            {
                "no": row.no,
                "matter": row.number,
                "chapter": chapter.heading,
                "color": row.light.value,
                **{column.value: row.texts[column] for column in KEYED},
            }
            for chapter in table.chapters
            for row in chapter.rows
        ],
    }
