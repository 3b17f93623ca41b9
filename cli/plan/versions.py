"""`xmh plan version` and `xmh plan versions`: a work plan from 征求意见 to 印发 and through its 调整."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from cli.asking import ByOption, PaperOption, ReasonOption, need_option, typed_term
from cli.lookup import acting_for
from cli.moments import now
from cli.names import person_names
from cli.session import Problem, answer, session
from cli.sheets import reject_file
from cli.tables import table
from cli.task.due import due_day
from domain.ids import plan_stream
from domain.periods import STANDING
from domain.rules.context import DecisionContext
from domain.workplan import PlanItem, PlanStage, PlanText, PlanVersioned, WorkPlan, changes, next_version
from eventlog import reading
from services.office_records import record_decided

if TYPE_CHECKING:
    from domain.base import Frozen
    from domain.workplan import PlanChanges

PlanOption = Annotated[str | None, typer.Option("--plan", metavar="NAME", help="计划名称，如 2023年工作计划")]


def version(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="任务清单：含工作表“任务清单”的 .xlsx，或 .csv")],
    plan: PlanOption = None,
    stage: Annotated[str | None, typer.Option("--stage", metavar="征求意见|印发|调整", help="这一版到了哪一步")] = None,
    no: Annotated[str | None, typer.Option("--no", metavar="文号", help="印发、调整的文号")] = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只比较，不登记")] = False,
) -> None:
    """登记计划的一版：征求意见稿、印发稿、调整稿；说明与上一版的差别。印发后再用 plan import 立项。"""
    from intake.task_list import read_task_list
    from views.importing import plan_item

    listed = read_task_list(file, due_day)
    if listed.faults:
        faults = [{"row": f.row, "column": f.column, "message": f.message} for f in listed.faults]
        reject_file({"rejected": faults}, [*(f.line for f in listed.faults), f"共{len(faults)}处错误，这一版未登记"])
    text = PlanText(
        plan=need_option(plan, "--plan", "计划名称"),
        stage=typed_term(PlanStage, need_option(stage, "--stage", "征求意见、印发或调整"), "--stage"),
        file=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        document_no=no,
        reason=reason,
        items=tuple(map(plan_item, listed.rows)),
    )
    before = _plan(text.plan)
    actor = acting_for(by, paper)
    done: list[PlanVersioned] = []

    def decide(state: "Frozen | None") -> list[PlanVersioned]:
        context = DecisionContext(rulebook=reading.rulebook(session.database), now=now(), actor=actor)
        made = next_version(cast("WorkPlan | None", state), text, context)
        done[:] = [made] if made else []
        return done

    if dry_run:
        decide(before)
    else:
        command_id = (
            session.command_id or f"plan:{text.sha256[:24]}:{text.stage.value}:{len(before.versions) if before else 0}"
        )
        record_decided(
            session.database,
            plan_stream(text.plan),
            decide,
            actor=actor,
            command_id=command_id,
            now=now(),
            content={"text": text.model_dump(mode="json"), "actor": actor.model_dump(mode="json")},
        )
    _tell(text, done, before, dry_run)


def versions(
    plan: Annotated[str | None, typer.Argument(metavar="[NAME]", help="计划名称；不写则列出全部")] = None,
) -> None:
    """计划的各版：何时征求意见、印发、调整，谁批准，有多少项。"""
    plans = [cast("WorkPlan", s.state) for s in reading.states_of(session.database, "plan")]
    chosen = sorted((p for p in plans if plan in (None, p.plan)), key=lambda p: p.plan)
    if plan is not None and not chosen:
        raise Problem(f"没有登记过计划“{plan}”，请用 xmh plan versions 查看", "not_found")
    document = {
        "plans": [{"plan": p.plan, "versions": [v.model_dump(mode="json") for v in p.versions]} for p in chosen]
    }
    answer(document, "" if session.json else _table(chosen))


def _plan(name: str) -> WorkPlan | None:
    loaded = reading.load(session.database, plan_stream(name))
    return cast("WorkPlan", loaded.state) if loaded else None


def _tell(text: PlanText, done: list[PlanVersioned], before: WorkPlan | None, dry_run: bool) -> None:
    if not done:
        answer(
            {"plan": text.plan, "version": None, "changes": _document(changes((), ()))},
            f"“{text.plan}”的{text.stage.label}稿已登记过，没有变化",
        )
        return
    differs = changes(before.items if before else (), text.items)
    number = done[0].no
    document = {
        "plan": text.plan,
        "version": number,
        "stage": text.stage.value,
        "rows": len(text.items),
        "changes": _document(differs),
    }
    summary = f"{'将登记' if dry_run else '已登记'}“{text.plan}”第{number}版（{text.stage.label}），{len(text.items)}项"
    answer(document, "\n".join([summary, *(_lines(differs) if before else [])]))


def _document(differs: "PlanChanges") -> dict[str, Any]:
    return {
        "added": [_row(i) for i in differs.added],
        "dropped": [_row(i) for i in differs.dropped],
        "changed": [{**_row(new), "columns": _columns(old, new)} for old, new in differs.changed],
    }


def _row(item: PlanItem) -> dict[str, Any]:
    return {"no": item.no, "title": item.title, "lead": item.lead, "due": item.due.isoformat() if item.due else None}


def _columns(old: PlanItem, new: PlanItem) -> list[str]:
    """What differs; the digest covers columns that a version does not keep."""
    named = [name for name, a, b in (("牵头单位", old.lead, new.lead), ("完成时限", old.due, new.due)) if a != b]
    return named or ["其他内容"]


def _limit(item: PlanItem) -> str:
    return str(item.due or STANDING)


def _lines(differs: "PlanChanges") -> list[str]:
    lines = [f"  增加 {i.no}“{i.title}”  牵头：{i.lead or '待明确'}  时限 {_limit(i)}" for i in differs.added]
    lines += [f"  删去 {i.no}“{i.title}”" for i in differs.dropped]
    for old, new in differs.changed:
        moved = f"  时限 {_limit(old)}→{_limit(new)}" if old.due != new.due else ""
        led = f"  牵头 {old.lead or '待明确'}→{new.lead or '待明确'}" if old.lead != new.lead else ""
        lines.append(f"  修改 {new.no}“{new.title}”{moved}{led or ('' if moved else '  其他内容')}")
    return lines or ["  与上一版内容相同"]


def _table(plans: list[WorkPlan]) -> str:
    if not plans:
        return "还没有登记过计划；请用 xmh plan version 登记"
    names = person_names()
    return table(
        ("计划", "版次", "阶段", "日期", "文号", "批准", "项数", "理由"),
        [
            (
                p.plan,
                f"第{v.no}版",
                v.stage.label,
                v.on.isoformat(),
                v.document_no or "",
                names(v.approver) if v.approver else "",
                str(v.rows),
                v.reason or "",
            )
            for p in plans
            for v in p.versions
        ],
    )
