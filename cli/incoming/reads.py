"""`xmh incoming list show form`: the register, one paper, and its papers."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.asking import typed_term
from cli.incoming.common import NoOption, PaperArg, owed_today, readers_only, the_paper, what_is_owed, words_of
from cli.moments import today
from cli.names import person_names, unit_names
from cli.printing.files import OutOption, check_output_file, write_page
from cli.session import Problem, answer, session
from domain.base import Term
from domain.calendar import SHANGHAI
from domain.confidential import opened
from domain.incoming.paper import IncomingPaper, Instruction, PaperTask
from domain.incoming.terms import PaperStage
from eventlog import reading


class PaperForm(Term):
    """What can be printed of an incoming paper."""

    SHEET = "sheet", "办理单"
    REPORT = "report", "办理情况报告"


def paper_row(paper: IncomingPaper, owed: Sequence[PaperTask]) -> dict[str, Any]:
    """One incoming paper, as `incoming list` and `today` give it."""
    return {
        "paper": paper.number,
        "title": paper.title,
        "stage": paper.stage.value,
        "from": paper.sender,
        "from_no": paper.sender_no,
        "received": paper.received_on.isoformat(),
        "secrecy": paper.secrecy.value,
        "urgency": paper.urgency.value,
        "waiting": list(paper.waiting),
        "instructions": len(paper.instructions),
        "open_instructions": sum(i.open for i in paper.instructions),
        "late": any(o.late for o in owed),
        "next": [what_is_owed(o) for o in owed],
        "version": paper.version,
    }


def list_(
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="|".join(s.label for s in PaperStage), help="只看哪一步的")
    ] = None,
    leader: Annotated[str | None, typer.Option("--leader", metavar="P", help="只看呈批给谁或谁批示的")] = None,
    open_: Annotated[bool, typer.Option("--open", help="只看没有归档的")] = False,
    late: Annotated[bool, typer.Option("--late", help="只看有逾期的")] = False,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="只看哪一年登记的")] = None,
) -> None:
    """收文登记簿：作废的也列出，收文号按年连续。"""
    readers_only()
    wanted = typed_term(PaperStage, stage, "--stage") if stage else None
    person = session.person(leader).id if leader else None
    rows = []
    for paper in reading.incoming_papers(session.database):
        row = paper_row(paper, owed_today(paper))
        fits = wanted in (None, paper.stage) and (person is None or person in paper.route)
        fits = fits and not (open_ and paper.settled) and not (late and not row["late"])
        if fits and (year is None or paper.registered_on.year == year):
            rows.append(row)
    answer({"papers": rows}, "" if session.json else _table(rows))


def _table(rows: Sequence[dict[str, Any]]) -> str:
    from cli.tables import table

    if not rows:
        return "没有符合条件的来文"
    stages = {s.value: s.label for s in PaperStage}
    return table(
        ("收文号", "标题", "来文单位", "收文日期", "阶段", "待办"),
        [(r["paper"], r["title"], r["from"], r["received"], stages[r["stage"]], "；".join(r["next"])) for r in rows],
    )


def show(paper: PaperArg) -> None:
    """一份来文的全部情况：拟办、呈批、批示和承办事项。"""
    target = the_paper(paper)
    seen = opened(target, words_of(target))
    owed = owed_today(target)
    document = {
        **paper_row(target, owed),
        "summary": seen.summary,
        "proposals": list(seen.proposals),
        "route": list(seen.route),
        "given": [_instruction(target, one) for one in seen.instructions],
        "seen": [s.model_dump(mode="json") for s in seen.seen],
        "void": seen.void,
        "files": [a.model_dump(mode="json") for a in seen.attachments],
        "timeline": _timeline(target),
    }
    answer(document, "" if session.json else _read_aloud(seen, document))


def _instruction(paper: IncomingPaper, one: Instruction) -> dict[str, Any]:
    limit = one.limit(reading.rulebook(session.database).calendar)
    matters = reading.carrying_matters(session.database, paper.ref(one.no))
    return {
        **one.model_dump(mode="json", exclude={"version"}),
        "due": limit.isoformat(),
        "report_due": one.report_due.isoformat() if one.report_due else None,
        "matters": [{"matter": m.number, "title": m.title, "stage": m.stage.value, "lead": m.lead} for m in matters],
    }


def _timeline(paper: IncomingPaper) -> list[dict[str, Any]]:
    from domain.event import decode, label_of
    from domain.queries.telling import Rendering, tell_event

    persons = person_names()
    reader = Rendering(name=unit_names(), open=words_of(paper), person=persons)
    events = reading.read_stream(session.database, paper.stream)
    return [
        {
            "version": e.version,
            "type": e.type,
            "label": label_of(e.type),
            "text": tell_event(decode(e), reader),
            "actor": e.actor.id,
            "actor_name": persons(e.actor.id),
            "decided_by": e.actor.on_behalf_of.id if e.actor.on_behalf_of else None,
            "recorded_at": e.recorded_at.astimezone(SHANGHAI).isoformat(),
        }
        for e in events
    ]


def _read_aloud(paper: IncomingPaper, shown: dict[str, Any]) -> str:
    names, units = person_names(), unit_names()
    lines = [
        f"{paper.number}  {paper.title}",
        f"  {paper.stage.label}  密级：{paper.secrecy.label}  {paper.urgency.label}",
        f"  来文：{paper.sender}{f'（{paper.sender_no}）' if paper.sender_no else ''}  收文 {paper.received_on}",
        *([f"  摘要：{paper.summary}"] if paper.summary else []),
        *([f"  拟办：{paper.proposals[-1]}"] if paper.proposals else []),
        *([f"  呈批：{'→'.join(map(names, paper.route))}"] if paper.route else []),
    ]
    for one in shown["given"]:
        lines.append(f"  第{one['no']}条批示  {names(one['leader'])}（{one['on']}）：{one['text']}")
        done = f"已于 {one['done_on']} 办结" if one["done_on"] else f"时限 {one['due']}"
        lines.append(f"    {done}" + (f"，下次报告进展 {one['report_due']}前" if one["report_due"] else ""))
        lines += [
            f"    承办：{m['matter']} {m['title']}（{units(m['lead']) if m['lead'] else '待明确'}）"
            for m in one["matters"]
        ]
    lines += [f"  圈阅  {names(s.leader)}（{s.on}）" for s in paper.seen]
    lines += [f"  待办：{one}" for one in shown["next"]]
    lines.append("  来龙去脉")
    lines += [
        f"    {e['version']:>3}  {e['recorded_at'][:16].replace('T', ' ')}  {e['label']}  {e['text']}"
        f"  ——{e['actor_name']}{'代录' if e['decided_by'] else ''}"
        for e in shown["timeline"]
    ]
    return "\n".join(lines)


def form(
    paper: PaperArg,
    kind: Annotated[str, typer.Option("--kind", metavar="办理单|办理情况报告", help="哪一种")] = PaperForm.SHEET.label,
    no: NoOption = None,
    out: OutOption = None,
) -> None:
    """批示件办理单，或报给批示领导的办理情况报告；无权查阅的，批示原文不载。"""
    from cli.incoming.common import the_instruction
    from documents.formats.markdown import markdown_of
    from documents.papers.incoming import completion_report, handling_sheet

    target = the_paper(paper)
    wanted = typed_term(PaperForm, kind, "--kind")
    if wanted is PaperForm.SHEET and no is not None:
        raise Problem("办理单是整份来文的，不写 --no", "malformed")
    check_output_file(out)
    seen, names, office = opened(target, words_of(target)), _names(), unit_names()("office")
    calendar = reading.rulebook(session.database).calendar

    def carrying(which: int) -> Any:
        return reading.carrying_matters(session.database, target.ref(which))

    if wanted is PaperForm.SHEET:
        page = handling_sheet(seen, names, carrying, calendar, office, today())
    else:
        which = no or _only(target) or the_instruction(target, no)
        page = completion_report(seen, which, names, carrying, calendar, office, today())
    text = markdown_of(page)
    if out is not None:
        write_page(page, out)
    answer(
        {"paper": target.number, "kind": wanted.value, "title": page.title, "markdown": text, "file": str(out or "")},
        f"已写入 {out}" if out else text.rstrip("\n"),
    )


def _only(paper: IncomingPaper) -> int | None:
    """The number of the only instruction, done or not."""
    return paper.instructions[0].no if len(paper.instructions) == 1 else None


def _names() -> Any:
    people, units = person_names(), unit_names()
    return lambda key: people(key) if people(key) != key else units(key)
