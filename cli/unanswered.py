"""`xmh audit unanswered`: 事事有回应、件件有落实, and an explanation for every line that is not."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from cli.moments import AsOfOption, past_instant
from cli.session import Exit, Problem, answer, session
from domain.calendar import end_of_day, local_date
from domain.queries.spoken import said_date
from views.unanswered import unanswered_document

UNEXPLAINED = "★未作说明"


def unanswered(
    as_of: AsOfOption = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="一个年度；到年底每一行都须有说明")] = None,
) -> None:
    """事事有回应、件件有落实：哪些没有按期反馈，哪些没有办结，各因为什么；有一行说不清时退出码为 1。"""
    if as_of is not None and year is not None:
        raise Problem("--as-of 与 --year 二者取一", "malformed")
    now = datetime.now(UTC)
    at = past_instant(as_of) if as_of else now
    if year is not None:
        at = min(end_of_day(date(year, 12, 31)), now)
    since = date(year, 1, 1) if year is not None else date.min
    if session.remote is not None:
        asked = {"as_of": at.isoformat() if as_of else None, "year": year}
        document = session.remote.read("/unanswered", **asked)
    else:
        document = unanswered_document(session.viewer, at, since)
    answer(document, "" if session.json else _told(document, local_date(at)))
    if not document["ok"]:
        raise SystemExit(Exit.FOUND_WRONG)


def _told(shown: dict[str, Any], day: date) -> str:
    silent, unended = shown["unanswered"], shown["unfinished"]
    lines = [f"截至{said_date(day)}", f"一、没有按期反馈的{len(silent)}件"]
    lines += [f"  {m['matter']}  {m['title']}（{m['lead']}）：{'、'.join(m['windows'])}；{_said(m)}" for m in silent]
    lines.append(f"二、没有办结的{len(unended)}件")
    lines += [f"  {m['matter']}  {m['title']}（{m['lead'] or '待明确牵头'}）：{_said(m)}" for m in unended]
    if problems := shown["problems"]:
        lines.append(f"三、督查没有了结的{len(problems)}项")
        lines += [f"  {p['inspection']}  {p['title']}（{p['unit']}）{p['text']}；{_said(p)}" for p in problems]
    if given := shown["instructions"]:
        lines.append(f"{'四' if problems else '三'}、领导批示没有办结的{len(given)}条")
        lines += [
            f"  {i['paper']}  {i['title']}第{i['instruction']}条（{i['leader_name']}，{i['due']}）；{_said(i)}"
            for i in given
        ]
    if shown["ok"]:
        lines.append("以上每件都有说明" if silent or unended or problems or given else "事事有回应、件件有落实")
    else:
        lines.append(f"{shown['unexplained']}行没有说明（标★），请催办、升级、延期、暂缓或提请会议议定")
    return "\n".join(lines)


def _said(line: dict[str, Any]) -> str:
    return line["explanation"] or UNEXPLAINED
