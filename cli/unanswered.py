"""`xmh audit unanswered`: 事事有回应、件件有落实, and an explanation for every line that is not."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from cli.moments import AsOfOption, past_instant
from cli.names import person_names, unit_names
from cli.session import Exit, Problem, answer, session
from domain.calendar import SHANGHAI, end_of_day, local_date
from domain.envelope import Recorded
from domain.incoming.queries import carriers, unanswered_instructions
from domain.matter import Matter
from domain.onsite.inspection import OnSite
from domain.onsite.queries import unanswered_problems
from domain.queries.spoken import said_date
from domain.queries.unanswered import unanswered_windows as unanswered_of
from domain.queries.unanswered import why_unfinished as unfinished_of
from eventlog import reading
from eventlog.reading import Moment

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
    silent, unended = _lines(reading.moment_at(session.database, at), since)
    found, given = _problems(at), _instructions(at)
    unexplained = sum(line["explanation"] is None for line in (*silent, *unended, *found, *given))
    document = {
        "as_of": at.astimezone(SHANGHAI).isoformat(),
        "unanswered": silent,
        "unfinished": unended,
        "problems": found,
        "instructions": given,
        "unexplained": unexplained,
        "ok": unexplained == 0,
    }
    answer(document, "" if session.json else _told(document, local_date(at)))
    if unexplained:
        raise SystemExit(Exit.FOUND_WRONG)


def _lines(moment: Moment, since: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    names, at = unit_names(), moment.as_of
    rulebook = reading.rulebook(session.database, moment.position)
    silent: list[dict[str, Any]] = []
    unended: list[dict[str, Any]] = []
    for matter, events in _matters(moment.position):
        line = {
            "matter": matter.number,
            "title": matter.title,
            "stage": matter.stage.value,
            "lead": names(matter.lead) if matter.lead else None,
            "due": matter.due.isoformat(),
        }
        if unheard := unanswered_of(matter, events, since, local_date(at), rulebook.calendar):
            silent.append({**line, "windows": list(unheard.windows), "explanation": unheard.explanation})
        if going_on := unfinished_of(matter, events, rulebook, at):
            unended.append({**line, "explanation": going_on.explanation})
    return silent, unended


def _problems(at: datetime) -> list[dict[str, Any]]:
    """What inspections found and is not put right, and conclusions nobody was told."""
    position = reading.moment_at(session.database, at).position
    states = (s.state for s in reading.states_of(session.database, "onsite", position=position))
    names = unit_names()
    return [
        {
            "inspection": p.number,
            "title": p.title,
            "unit": names(p.unit),
            "text": p.text,
            "due": p.due.isoformat() if p.due else None,
            "explanation": p.explanation,
        }
        for p in unanswered_problems([s for s in states if isinstance(s, OnSite)], local_date(at))
    ]


def _instructions(at: datetime) -> list[dict[str, Any]]:
    """What leaders instructed on incoming papers and is not done."""
    position = reading.moment_at(session.database, at).position
    papers = reading.incoming_papers(session.database, position=position)
    states = reading.matter_states(session.database, position=position) if papers else ()
    carried = carriers(s.state for s in states if isinstance(s.state, Matter))
    names, calendar = person_names(), reading.rulebook(session.database, position).calendar
    return [
        {**one.model_dump(mode="json"), "leader_name": names(one.leader)}
        for one in unanswered_instructions(papers, carried, local_date(at), calendar)
    ]


def _matters(position: int) -> list[tuple[Matter, tuple[Recorded, ...]]]:
    """Each matter as known then, with its events."""
    matters = []
    for state in reading.matter_states(session.database, position=position):
        assert isinstance(state.state, Matter)  # noqa: S101  (the kind says so)
        matters.append((state.state, reading.read_stream(session.database, state.stream, position=position)))
    return sorted(matters, key=lambda pair: pair[0].number)


def _told(shown: dict[str, Any], day: date) -> str:
    silent, unended = shown["unanswered"], shown["unfinished"]
    lines = [f"截至{said_date(day)}", f"一、没有按期反馈的{len(silent)}件"]
    lines += [f"  {m['matter']}  {m['title']}（{m['lead']}）：{'、'.join(m['windows'])}；{_said(m)}" for m in silent]
    lines.append(f"二、没有办结的{len(unended)}件")
    lines += [f"  {m['matter']}  {m['title']}（{m['lead'] or '待明确牵头'}）：{_said(m)}" for m in unended]
    if found := shown["problems"]:
        lines.append(f"三、督查没有了结的{len(found)}项")
        lines += [f"  {p['inspection']}  {p['title']}（{p['unit']}）{p['text']}；{_said(p)}" for p in found]
    if given := shown["instructions"]:
        lines.append(f"{'四' if found else '三'}、领导批示没有办结的{len(given)}条")
        lines += [
            f"  {i['paper']}  {i['title']}第{i['instruction']}条（{i['leader_name']}，{i['due']}）；{_said(i)}"
            for i in given
        ]
    if shown["ok"]:
        lines.append("以上每件都有说明" if silent or unended or found or given else "事事有回应、件件有落实")
    else:
        lines.append(f"{shown['unexplained']}行没有说明（标★），请催办、升级、延期、暂缓或提请会议议定")
    return "\n".join(lines)


def _said(line: dict[str, Any]) -> str:
    return line["explanation"] or UNEXPLAINED
