"""`xmh inspection list show problems`: what was planned, found and put right."""

from datetime import date
from typing import Annotated, Any

import typer

from cli.inspection.common import (
    InspectionArg,
    findings_for_reader,
    inspections,
    may_see,
    plan_document,
    plan_for_reader,
    the_inspection,
    words_of,
)
from cli.lookup import the_unit
from cli.moments import today
from cli.names import person_names, unit_names
from cli.session import answer, session
from cli.tables import table
from domain.facts import openly
from domain.onsite.inspection import OnSite, OnSiteFinding, Rectification
from domain.onsite.terms import OnSiteStage, ProblemStage
from domain.papers import PaperKind
from domain.queries.spoken import said_date
from domain.terms import Rung
from eventlog import reading
from services import today as duties


def list_(
    year: Annotated[
        int | None, typer.Option("--year", metavar="Y", help="哪一年的，默认全部", min=2000, max=2999)
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="只看对某个单位的督查")] = None,
) -> None:
    """历次督查：对象、时间、发现、问题和销号；并列出各单位一年被督查的次数和限额（减负）。"""
    wanted = the_unit(unit).id if unit else None
    listed = [i for i in inspections() if may_see(i) and _of(i, year, wanted)]
    name, most = unit_names(), reading.rulebook(session.database).policy.onsite_per_year
    visits = _visits(listed)
    document = {
        "inspections": [plan_document(i) for i in listed],
        "visits": [{"unit": u, "year": y, "count": n, "limit": most} for (u, y), n in visits.items()],
    }
    rows = [_row(i, plan_document(i), name) for i in listed]
    if not rows:
        answer(document, "没有督查")
        return
    lines = [table(["编号", "名称", "日期", "对象", "状态", "发现", "问题", "未销号"], rows)]
    lines += [f"{y}年 {name(u)} 督查{n}次（限{most}次）" for (u, y), n in visits.items()]
    answer(document, "\n".join(lines))


def _of(inspection: OnSite, year: int | None, unit: str | None) -> bool:
    plan = plan_for_reader(inspection)
    when = plan.on.year if plan else inspection.planned_on.year
    return year in (None, when) and (unit is None or (plan is not None and unit in plan.units))


def _visits(listed: list[OnSite]) -> dict[tuple[str, int], int]:
    """Unit and year → how often it is inspected; in the order of the directory, nobody is ranked."""
    counted: dict[tuple[str, int], int] = {}
    for inspection in listed:
        plan = plan_for_reader(inspection)
        if plan is not None and inspection.stage is not OnSiteStage.CANCELLED:
            for unit in plan.units:
                counted[unit, plan.on.year] = counted.get((unit, plan.on.year), 0) + 1
    order = {u.id: n for n, u in enumerate(reading.units(session.database))}
    return dict(sorted(counted.items(), key=lambda item: (item[0][1], order.get(item[0][0], len(order)))))


def _row(inspection: OnSite, shown: dict[str, Any], name: Any) -> list[str]:
    stage = inspection.stage.label + ("，暗访" if inspection.covert else "")
    units = "、".join(name(u) for u in shown["units"]) or "—"
    counts = (shown["findings"], shown["problems"], shown["open_problems"])
    return [shown["inspection"], shown["title"], shown["on"] or "—", units, stage, *map(str, counts)]


def show(inspection: InspectionArg) -> None:
    """一次督查的方案、发现、问题清单、整改和结论。"""
    target, name = the_inspection(inspection), unit_names()
    whole, words = sees_whole(target), words_of(target)
    document: dict[str, Any] = {
        **plan_document(target),
        "list": [_finding(f) for f in findings_for_reader(target)],
        "report": words(None, target.report) if target.report and whole else None,
        "opinions": {u: words(u, t) for u, t in target.opinions.items() if whole or u in session.rights.units},
        "papers": _issued(target),
    }
    answer(document, "" if session.json else "\n".join(_told(target, document, name)))


def _issued(target: OnSite) -> list[dict[str, str | None]]:
    """What was issued of it under a 文号, as far as whoever runs this may know: the report is no unit's."""
    from views.papers import paper_ledger

    issued = (p for p in paper_ledger(session.database) if p.inspection == target.stream and p.void is None)
    known = (p for p in issued if sees_whole(target) or p.addressee in session.rights.units)
    return [{"number": p.number, "kind": p.kind.value, "unit": p.addressee} for p in known]


def sees_whole(target: OnSite) -> bool:
    """Whether whoever runs this sees the whole of it."""
    return session.rights.whole or duties.on_team(session.viewer, target, target.plan)


def _finding(finding: OnSiteFinding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "no": finding.no,
        "on": finding.on.isoformat(),
        "unit": finding.unit,
        "matter": finding.matter.number if finding.matter else None,
        "text": openly(finding.text),
        "finding": finding.finding.value if finding.finding else None,
        "files": [a.name for a in finding.attachments],
        "problem": None
        if problem is None
        else {
            "stage": problem.stage.value,
            "rectify_by": problem.rectify_by.isoformat(),
            "original": problem.original.isoformat(),
            "overdue": problem.overdue(today()),
            "rung": problem.rung.value,
            "reports": problem.reports,
            "failed": problem.failed,
            "text": openly(problem.text) if problem.text else None,
            "verdict": openly(problem.verdict) if problem.verdict else None,
            "closed_on": problem.closed_on.isoformat() if problem.closed_on else None,
        },
    }


def _told(target: OnSite, shown: dict[str, Any], name: Any) -> list[str]:
    plan, person = plan_for_reader(target), person_names()
    lines = [f"{target.number}  {shown['title']}  {target.stage.label}{'（暗访）' if target.covert else ''}"]
    if plan is not None:
        days = said_date(plan.on) if plan.on == plan.until else f"{said_date(plan.on)}至{said_date(plan.until)}"
        left = tuple(dict.fromkeys((*plan.recused, *target.recused)))
        members = "、".join(person(p) for p in plan.members if p not in left) or "无"
        gone = "（已回避）" if plan.leader in left else ""
        experts = f"，特邀 {'、'.join(plan.experts)}" if plan.experts else ""
        lines += [
            f"依据 {plan.basis}，{person(target.approver)}批准；{days}，对象 {'、'.join(map(name, plan.units))}",
            f"组长 {person(plan.leader)}{gone}，成员 {members}{experts}",
            *([f"回避 {'、'.join(map(person, left))}"] if left else []),
            *([f"督查事项 {'、'.join(m.number for m in plan.matters)}"] if plan.matters else []),
            *([f"本年再次督查的理由：{plan.over_frequency}"] if plan.over_frequency else []),
        ]
    if target.cancelled_because:
        lines.append(f"取消理由：{target.cancelled_because}")
    for finding in findings_for_reader(target):
        seen = f"（{finding.finding.label}）" if finding.finding else ""
        about = f"{finding.matter.number}，" if finding.matter else ""
        files = f"；附件 {'、'.join(a.name for a in finding.attachments)}" if finding.attachments else ""
        lines.append(f"{finding.no}. {name(finding.unit)}：{about}{openly(finding.text)}{seen}{files}")
        if finding.problem is not None:
            state = _state(finding, today()) + lateness_said(finding.problem)
            lines.append(f"   问题：{limit_said(finding.problem)}，{state}")
            lines += [f"   整改：{openly(finding.problem.text)}"] if finding.problem.text else []
            lines += [f"   核查：{openly(finding.problem.verdict)}"] if finding.problem.verdict else []
    lines += [f"督查结论：{shown['report']}"] if shown["report"] else []
    lines += [f"反馈意见（{name(u)}）：{t}" for u, t in shown["opinions"].items()]
    lines += [f"已印发：{_paper_said(one, name)}" for one in shown["papers"]]
    return lines


def _state(finding: OnSiteFinding, day: date) -> str:
    """整改中（已逾期）; 已销号（2022-07-13）: the day as the limits beside it are written."""
    from documents.papers.onsite import problem_state

    closed = finding.problem.closed_on if finding.problem else None
    return f"{ProblemStage.CLOSED.label}（{closed}）" if closed else problem_state(finding, day)


def limit_said(problem: Rectification) -> str:
    """2022-07-13 前整改（原定 2022-07-05）."""
    first = f"（原定 {problem.original}）" if problem.original != problem.rectify_by else ""
    return f"{problem.rectify_by} 前整改{first}"


def lateness_said(problem: Rectification) -> str:
    """How late what is closed was put right, and how far it had to be carried up for that."""
    if problem.closed_on is None:
        return ""
    late = "，逾期后整改" if problem.answered_on > problem.rectify_by else ""
    return f"{late}，曾升级至{problem.rung.label}" if problem.rung is not Rung.HANDLER else late


def _paper_said(issued: dict[str, Any], name: Any) -> str:
    to = f"（{name(issued['unit'])}）" if issued["unit"] else ""
    return f"{issued['number']} {next(k.label for k in PaperKind if k.value == issued['kind'])}{to}"


def problems(
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="只看一个单位的")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只看逾期未整改的")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="连已销号的一起列出")] = False,
) -> None:
    """问题清单：各次督查列入的问题、整改时限和状态。"""
    wanted, name, day = the_unit(unit).id if unit else None, unit_names(), today()
    problem_rows = [
        (i, f)
        for i in inspections()
        if may_see(i)
        for f in findings_for_reader(i)
        if f.problem is not None
        and (closed or f.problem.stage is not ProblemStage.CLOSED)
        and wanted in (None, f.unit)
        and (not overdue or f.problem.overdue(day))
    ]
    document = {"problems": [{"inspection": i.number, "title": i.title, **_finding(f)} for i, f in problem_rows]}
    rows = [
        [
            i.number,
            str(f.no),
            name(f.unit),
            openly(f.text),
            str(f.problem and f.problem.rectify_by),
            _state(f, day),
        ]
        for i, f in problem_rows
    ]
    answer(document, table(["督查", "序号", "单位", "问题", "整改时限", "状态"], rows) if rows else "没有未销号的问题")
