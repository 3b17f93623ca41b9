"""`xmh plan table`: 《任务清单一览表》 of any day, from the log alone."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import AsOfOption, KnownAtOption, asked_moment, past_day
from cli.printing.files import check_output_file, write_output_file
from cli.session import answer, session
from domain.calendar import SHANGHAI, local_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from documents.table.rows import TaskTable

WEEK = timedelta(days=7)


def table_(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT.xlsx|OUT.docx", help="写成哪个文件（.xlsx 可修改后导回）")
    ],
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="“本周变化”从哪天以后算起（默认七天前）")
    ] = None,
) -> None:
    """任务清单一览表：按来源分组，附时间图、本周变化和各牵头单位分表；--known-at 的表再出都一样；单位只看本单位的。"""
    from documents.table.rows import task_table

    made = _writer(output)
    asked = asked_moment(as_of, known_at)
    moment = asked.as_of if asked else datetime.now(UTC)
    first = past_day(since) if since else local_date(moment) - WEEK
    table = task_table(session.database, moment, first, asked, session.rights.readable)
    data = made(table)
    write_output_file(output, data)
    answer(_document(table, output, data), _told(table, output))


def _writer(output: Path) -> "Callable[[TaskTable], bytes]":
    check_output_file(output, (".xlsx", ".docx"))
    if output.suffix.lower() == ".xlsx":
        from documents.table.workbook import table_workbook

        return table_workbook
    from documents.table.word import table_docx

    return table_docx


def _document(table: "TaskTable", output: Path, data: bytes) -> dict[str, Any]:
    return {
        "title": table.title,
        "as_of": table.as_of.astimezone(SHANGHAI).isoformat(),
        "since": table.since.isoformat(),
        "position": table.key.position,
        "matters": len(table.rows),
        "changes": [c.model_dump(mode="json") for c in table.changes],
        "file": str(output),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _told(table: "TaskTable", output: Path) -> str:
    changed = f"{table.since} 以后至 {table.on} 变化{len(table.changes)}处"
    return f"{table.title}：{table.summary}\n{changed}\n已写出 {output}"
