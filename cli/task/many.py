"""`xmh task report --from`: many reports from one file, each once however often the file is sent."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.answering import tell_many
from cli.asking import typed_term
from cli.lookup import the_matter
from cli.moments import now, today
from cli.sending import send_orders, task_order
from cli.session import Exit, Problem, answer, session
from cli.task.points import indicator_report, point_report
from domain.base import Refusal
from domain.commands import SubmitFeedback
from domain.envelope import canonical
from domain.lights import light
from domain.matter import DONE, Matter
from domain.queries.reported import words_of
from domain.rules.context import DecisionContext
from domain.rules.decide import decide
from domain.terms import ReportChannel
from eventlog import reading
from sheets.input_file import read_text

if TYPE_CHECKING:
    from workflows.contract import Reply

MANY = ("matter", "text", "progress", "problem", "next", "need", "points", "indicators", "via", "letter", "key")
_CSV = {
    "事项": "matter",
    "进展": "text",
    "进度": "progress",
    "问题": "problem",
    "下步": "next",
    "需协调": "need",
    "要点": "points",
    "指标": "indicators",
    "收到方式": "via",
    "来函文号": "letter",
    "编号": "key",
}
_BETWEEN = re.compile(r"[;；\n]+|\s+(?=\d+[:：]\d)")
"""Between two points in one cell: a semicolon, a line, or a blank before the next number."""


@dataclass(frozen=True)
class _Row:
    """One report of the file: of which matter, under which command id, and whether the log has it already."""

    no: int
    matter: Matter
    command: SubmitFeedback
    command_id: str
    known: bool


def report_many(source: str, *, dry_run: bool) -> None:
    """Record every row of the file that is not recorded yet; with `dry_run` only say what would be."""
    rows = [_row(n, row) for n, row in enumerate(_rows(read_text(Path(source))), start=1)]
    if dry_run:
        _tell_wanted(rows)
        return
    new = [row for row in rows if not row.known]
    orders = [
        task_order(row.matter.stream, row.command).model_copy(update={"command_id": row.command_id}) for row in new
    ]
    sent = iter(send_orders(orders) if orders else ())
    replies = [_standing(row.matter) if row.known else next(sent) for row in rows]
    notes = [("此前已录入，没有再记",) if row.known else () for row in rows]
    tell_many([row.matter.number for row in rows], replies, more=notes)


def _standing(matter: Matter) -> "Reply":
    """How a matter stands that was not asked for anything."""
    from workflows.contract import matter_reply

    return matter_reply(matter, light(matter, reading.rulebook(session.database), now()), ())


def _tell_wanted(rows: Sequence[_Row]) -> None:
    """What each row would do, by the rules and the log of this moment; exit 3 when one would be refused."""
    wanted = [
        {
            "row": row.no,
            "matter": row.matter.number,
            "text": row.command.text,
            "progress": row.command.progress,
            "points": [point.model_dump(mode="json") for point in row.command.points],
            "known": row.known,
            "refused": None if row.known else _refused(row),
        }
        for row in rows
    ]
    lines = [
        f"第{w['row']}条  {w['matter']}  "
        + ("此前已录入，不再记" if w["known"] else f"不能录入：{w['refused']}" if w["refused"] else "将录入")
        for w in wanted
    ]
    answer(wanted, "\n".join([*lines, "以上是预演，没有录入；去掉 --dry-run 即正式录入"]))
    if any(w["refused"] for w in wanted):
        raise SystemExit(Exit.REFUSED)


def _refused(row: _Row) -> str | None:
    context = DecisionContext(rulebook=reading.rulebook(session.database), now=now(), actor=session.actor)
    try:
        decide(row.matter, row.command, context)
    except Refusal as refusal:
        return refusal.message
    return None


def _row(no: int, row: dict[str, Any]) -> _Row:
    try:
        stream = the_matter(str(row["matter"])).stream
        points = tuple(point_report(p) for p in _several(row.get("points")))
        indicators = tuple(indicator_report(i) for i in _several(row.get("indicators")))
        via = typed_term(ReportChannel, str(row["via"]), "收到方式") if row.get("via") else None
    except (Problem, Refusal) as error:
        raise Problem(f"反馈文件第{no}条：{error.message}", error.code) from error
    loaded = reading.load(session.database, stream)
    assert loaded is not None  # noqa: S101  (it was found just now)
    assert isinstance(loaded.state, Matter)  # noqa: S101  (a stream under matter/)
    command = SubmitFeedback(
        text=str(row.get("text") or "") or words_of(points, indicators),
        progress=_percent(row.get("progress"), no),
        points=points,
        indicators=indicators,
        problem=row.get("problem") or None,
        next_step=row.get("next") or None,
        coordination=row.get("need") or None,
        via=via or (ReportChannel.LETTER if row.get("letter") else None),
        letter=str(row.get("letter") or "") or None,
    )
    command_id = _command_id(loaded.state, command, row.get("key"))
    known = reading.find_command(session.database, command_id) is not None
    return _Row(no=no, matter=loaded.state, command=command, command_id=command_id, known=known)


def _command_id(matter: Matter, command: SubmitFeedback, key: object) -> str:
    """The same row of the same reporter is the same report as long as the same window runs; a key names it for good."""
    period = matter.window.key if matter.window else today().isoformat()
    what = [str(key)] if key else [period, command.model_dump(mode="json", exclude_none=True)]
    content = canonical({"of": matter.stream, "by": session.actor.id, "what": what})
    return f"report-{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def _several(written: object) -> Sequence[str]:
    """Points or indicators of a row: a list, or a cell with one on each line or between semicolons."""
    if isinstance(written, list | tuple):
        return [str(one) for one in written]
    return [part.strip() for part in _BETWEEN.split(str(written or "")) if part.strip()]


def _percent(value: object, row: int) -> int | None:
    """A progress as a file has it: a number, or text with or without a per cent sign."""
    if value in (None, ""):
        return None
    plain = str(value).strip().rstrip("%％")
    if not plain.isdecimal() or int(plain) > DONE:
        raise Problem(f"反馈文件第{row}条的进度“{value}”应为 0 到 100 的整数", "malformed")
    return int(plain)


def _rows(text: str) -> list[dict[str, Any]]:
    """The rows of a JSON list, of JSON lines or of a CSV with Chinese or English headers."""
    stripped = text.strip()
    try:
        if stripped.startswith("["):
            rows: list[dict[str, Any]] = json.loads(stripped)
        elif stripped.startswith("{"):
            rows = [json.loads(part) for part in stripped.splitlines() if part.strip()]
        else:
            rows = [{_CSV.get(k, k): v for k, v in row.items()} for row in csv.DictReader(io.StringIO(stripped))]
    except (json.JSONDecodeError, RecursionError, csv.Error) as e:
        line = e.lineno if isinstance(e, json.JSONDecodeError) else 1
        raise Problem(f"反馈文件第{line}行附近不是有效的 JSON 或 CSV", "malformed") from e
    if not rows:
        raise Problem("反馈文件里没有一条反馈", "malformed")
    for n, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Problem(f"反馈文件第{n}条不是一条反馈，请写成 {{...}} 的样子", "malformed")
        unknown = sorted(str(k) for k in set(row) - set(MANY))
        reported = row.get("text") or row.get("points") or row.get("indicators")
        if unknown or not row.get("matter") or not reported:
            what = f"有不认识的栏目 {'、'.join(unknown)}" if unknown else "缺少“事项”或“进展”"
            raise Problem(f"反馈文件第{n}条{what}", "malformed")
    return rows
