"""`xmh inspection print`: what an inspection concluded, in print, and issued under its 文号."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import PaperOption, confirm_command, need_option
from cli.inspection.common import InspectionArg, the_inspection
from cli.inspection.reads import sees_whole
from cli.lookup import acting_for, the_unit
from cli.moments import now, today
from cli.names import person_names, unit_names
from cli.numbers import pass_numbers_given
from cli.printing.files import OutOption, check_output_file, office_press, write_page
from cli.printing.papers import answer_issued
from cli.session import Problem, answer, session
from domain.envelope import Actor
from domain.onsite.inspection import OnSite
from domain.onsite.terms import OnSiteStage
from domain.rules.authority import signer_of


def print_(
    inspection: InspectionArg,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="UNIT", help="只印给一个单位的反馈意见；不写则印督查报告")
    ] = None,
    issue: Annotated[bool, typer.Option("--issue", help="签发：编文号、成文、入日志（须配 --sign）")] = False,
    sign: Annotated[str | None, typer.Option("--sign", metavar="P", help="签发领导（人员编号或姓名）")] = None,
    paper: PaperOption = None,
    out: OutOption = None,
) -> None:
    """督查报告，或给一个单位的督查反馈意见；--issue 编文号印发。"""
    target, name = the_inspection(inspection), unit_names()
    wanted = the_unit(unit).id if unit else None
    if target.plan is None or target.stage is not OnSiteStage.HELD:
        raise Problem(f"{target.number} 还没有开展，没有报告可印", "not_held")
    if wanted is not None and wanted not in target.plan.units:
        raise Problem(f"{name(wanted)}不是 {target.number} 的督查对象", "malformed")
    if not sees_whole(target) and wanted not in session.rights.units:
        raise Problem("只能印给本单位的反馈意见，请用 --unit 写明本单位", "forbidden")
    if sign is not None and not issue:
        raise Problem("--sign 须与 --issue 一起使用", "malformed")
    check_output_file(out)
    if issue:
        _issue(target, wanted, acting_for(session.person(need_option(sign, "--sign", "签发领导")).id, paper), out)
        return
    from documents.formats.markdown import markdown_of
    from documents.papers.onsite import onsite_page

    page = onsite_page(target, name, person_names(), today(), wanted)
    if out is not None:
        write_page(page, out)
    text = markdown_of(page)
    document = {"inspection": target.number, "markdown": text, "file": str(out) if out else None}
    answer(document, f"已写入 {out}" if out else text.rstrip("\n"))


def _issue(target: OnSite, unit: str | None, signer: Actor, out: Path | None) -> None:
    from documents.ledger import read_ledger
    from documents.papers.onsite import compose_onsite_paper
    from services.issuing.papers import issue_composed
    from services.issuing.signing import Desk

    signer_of(signer, "督查反馈意见" if unit else "督查报告")
    text = compose_onsite_paper(read_ledger(session.database, now()), target.stream, unit)
    confirm_command(f"签发{text.kind.label}？文号给出后不能收回，只能作废。")
    pass_numbers_given()
    desk = Desk(session.database, session.settings.store_place, signer, datetime.now(UTC), office_press())
    answer_issued(issue_composed(desk, text), out, {"inspection": target.number})
