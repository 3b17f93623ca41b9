"""`xmh inspection find rectify check extend escalate report opinion`: what was found, and until it is put right."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import ReasonOption, TextOption, confirm_command, need_option, typed_day, typed_term
from cli.inspection.common import InspectionArg, NoArg, record, tell, the_inspection
from cli.lookup import the_matter, the_unit
from cli.names import unit_names
from cli.sending import attached_files, send_orders, task_order
from cli.session import Problem, session
from domain.commands import InspectMatter
from domain.envelope import canonical
from domain.facts import MatterRef
from domain.onsite.commands import (
    CheckRectification,
    EscalateRectification,
    ExtendRectification,
    GiveOpinion,
    RecordFinding,
    ReportOnSite,
    ReportRectification,
)
from domain.onsite.inspection import OnSite
from domain.terms import Finding, ReportChannel

AttachOption = Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="照片、记录，可多次填写")]
DueOption = Annotated[
    str | None, typer.Option("--due", metavar="DATE", help="整改时限；不填按督办规则（第二次核查同）")
]


def find(
    inspection: InspectionArg,
    text: TextOption = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="UNIT", help="哪个单位的；只有一个督查对象或写了事项时不必填")
    ] = None,
    matter: Annotated[str | None, typer.Option("--matter", metavar="M", help="涉及哪个事项")] = None,
    finding: Annotated[
        str | None,
        typer.Option("--finding", metavar="属实|部分属实|不实", help="该事项所报情况是否属实；同时记为事项的现场核查"),
    ] = None,
    problem: Annotated[bool, typer.Option("--problem", help="列入问题清单，限期整改")] = False,
    due: DueOption = None,
    attach: AttachOption = None,
) -> None:
    """登记督查发现，可附照片；--problem 或 --due 列入问题清单，限期整改。"""
    target = the_inspection(inspection)
    listed = the_matter(matter) if matter else None
    about = MatterRef(stream=listed.stream, number=listed.number) if listed else None
    command = RecordFinding(
        unit=_unit(target, unit, listed.lead if listed else None),
        text=need_option(text, "--text", "发现的情况"),
        matter=about,
        finding=typed_term(Finding, finding, "--finding") if finding else None,
        attachments=attached_files(attach or ()),
        problem=problem or due is not None,
        rectify_by=typed_day(due) if due else None,
    )
    if command.finding is not None and about is not None:
        _at_the_matter(target, command, about)
    done = record(target.stream, command)
    recorded = done.findings[-1]
    limit = f"，列入问题清单，{recorded.problem.rectify_by} 前整改" if recorded.problem else ""
    tell(done, f"第{recorded.no}项发现（{unit_names()(recorded.unit)}）{limit}")


def _unit(target: OnSite, named: str | None, lead: str | None) -> str:
    if named:
        return the_unit(named).id
    units = target.plan.units if target.plan else ()
    if lead in units and lead is not None:
        return lead
    if len(units) == 1:
        return units[0]
    raise Problem("缺少单位：这次督查有多个对象，请用 --unit 写明是哪个单位", "malformed")


def _at_the_matter(target: OnSite, command: RecordFinding, about: MatterRef) -> None:
    """What was found of a matter is its 现场核查, entered once: there it stands before the reviewer and in the score.

    First the matter, then the inspection: the id follows from what was found, so that who repeats the command after a
    crash in between does it once.

    Raises:
        Refusal: the inspection's rules, or the matter's, say no.
    """
    from cli.moments import now
    from services.inspections import check_onsite

    check_onsite(session.database, target.stream, command, session.actor, now())
    digest = hashlib.sha256(canonical(command.model_dump(mode="json")).encode()).hexdigest()[:24]
    seen = InspectMatter(
        text=command.text, finding=command.finding, inspector=target.number, attachments=command.attachments
    )
    order = task_order(about.stream, seen).model_copy(
        update={"command_id": f"{target.stream.replace('/', ':')}:{digest}"}
    )
    [reply] = send_orders([order])
    if isinstance(reply, Exception):
        raise reply


def rectify(
    inspection: InspectionArg,
    no: NoArg,
    text: TextOption = None,
    attach: AttachOption = None,
    via: Annotated[
        str | None, typer.Option("--via", metavar="微信|电话|纸质", help="办公室代单位录入时写明收到的方式")
    ] = None,
) -> None:
    """反馈整改：问题单位说明整改到什么程度，待核查。"""
    target = the_inspection(inspection)
    command = ReportRectification(
        no=no,
        text=need_option(text, "--text", "整改情况"),
        attachments=attached_files(attach or ()),
        via=typed_term(ReportChannel, via, "--via") if via else None,
    )
    tell(record(target.stream, command), f"第{no}项问题已反馈整改，待核查")


def check(
    inspection: InspectionArg,
    no: NoArg,
    passed: Annotated[bool, typer.Option("--pass", help="整改到位，随即销号")] = False,
    failed: Annotated[bool, typer.Option("--fail", help="没有整改到位，重新整改")] = False,
    text: TextOption = None,
    due: DueOption = None,
    attach: AttachOption = None,
) -> None:
    """核查整改：到位的销号，不到位的重新整改；反馈整改的人不能自己核查。"""
    if passed == failed:
        raise Problem("请写明 --pass（到位）或 --fail（不到位）之一", "malformed")
    target = the_inspection(inspection)
    command = CheckRectification(
        no=no,
        passed=passed,
        text=need_option(text, "--text", "核查情况"),
        attachments=attached_files(attach or ()),
        rectify_by=typed_day(due) if due else None,
    )
    done = record(target.stream, command)
    finding = done.finding(no)
    again = f"，{finding.problem.rectify_by} 前重新整改" if finding and finding.problem else ""
    tell(done, f"第{no}项问题核查通过，已销号" if passed else f"第{no}项问题核查未通过{again}")


def extend(
    inspection: InspectionArg,
    no: NoArg,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="新的整改时限")] = None,
    reason: ReasonOption = None,
) -> None:
    """整改延期，由办公室决定；原时限保留。"""
    target = the_inspection(inspection)
    day = typed_day(need_option(to, "--to", "新的整改时限"))
    before = target.finding(no)
    old = before.problem.rectify_by if before and before.problem else ""
    command = ExtendRectification(no=no, to=day, reason=need_option(reason, "--reason", "延期理由"))
    tell(record(target.stream, command), f"第{no}项问题整改时限 {old} → {day}")


def escalate(inspection: InspectionArg, no: NoArg, reason: ReasonOption = None) -> None:
    """整改升级：逾期没有反馈的升一级；督查规则所列的由系统逐级升。"""
    target = the_inspection(inspection)
    command = EscalateRectification(no=no, reason=need_option(reason, "--reason", "升级理由"))
    confirm_command(f"{target.number} 第{no}项整改升一级？")
    done = record(target.stream, command)
    problem = next(f.problem for f in done.problems if f.no == no)
    tell(done, f"第{no}项整改升至{problem.rung.label if problem else ''}")


def report(inspection: InspectionArg, text: TextOption = None, attach: AttachOption = None) -> None:
    """提交督查报告（督查结论），此后可以向各单位反馈意见。"""
    target = the_inspection(inspection)
    command = ReportOnSite(text=need_option(text, "--text", "督查报告"), attachments=attached_files(attach or ()))
    again = "，代替原来的" if target.report is not None else ""
    tell(record(target.stream, command), f"督查报告已提交{again}")


def opinion(
    inspection: InspectionArg,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="向哪个单位反馈")] = None,
    text: TextOption = None,
) -> None:
    """向督查对象反馈意见：督查结论须告知单位（条例第十六条）。"""
    target = the_inspection(inspection)
    command = GiveOpinion(unit=_unit(target, unit, None), text=need_option(text, "--text", "反馈意见"))
    done = record(target.stream, command)
    left = len(done.without_opinion)
    again = "，代替原来的" if command.unit in target.opinions else ""
    tell(done, f"已向{unit_names()(command.unit)}反馈意见{again}" + (f"，还有{left}个单位" if left else ""))
