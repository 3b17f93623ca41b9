"""`xmh assess list show print`: in the order of the directory, a unit only its own."""

from typing import Annotated, Any

import typer

from cli.assess.common import KeyOption, assessments, the_assessment, units_to_see
from cli.lookup import the_unit
from cli.names import person_names, unit_names
from cli.printing.files import OutOption, check_output_file, write_page
from cli.session import Problem, answer
from cli.tables import table
from domain.assessment.assessment import Assessment


def list_() -> None:
    """历次考核：截止日期、单位数、申诉期限、申诉、是否定稿。"""
    listed = [a for a in assessments() if units_to_see(a)]
    document = {"assessments": [_row(a) for a in listed]}
    rows = [
        (
            a.until.isoformat(),
            str(len(units_to_see(a))),
            a.appeal_by.isoformat(),
            f"{len(a.appeals)}（待答复{len(a.open_appeals)}）",
            a.settled_on.isoformat() if a.settled_on else "未定稿",
        )
        for a in listed
    ]
    answer(document, table(("截至", "单位", "申诉期限", "申诉", "定稿"), rows) if rows else "还没有考核")


def _row(a: Assessment) -> dict[str, Any]:
    return {
        "assessment": a.until.isoformat(),
        "policy": a.policy,
        "units": list(units_to_see(a)),
        "appeal_by": a.appeal_by.isoformat(),
        "appeals": len(a.appeals),
        "open_appeals": len(a.open_appeals),
        "settled_on": a.settled_on.isoformat() if a.settled_on else None,
    }


def show(key: KeyOption = None) -> None:
    """一次考核：各单位得分、加减分、申诉、结果运用；按名录顺序，不排名；单位只看本单位。"""
    target, name = the_assessment(key), unit_names()
    units = units_to_see(target)
    if not units:
        raise Problem("本单位不在这次考核范围内", "not_found")
    document = {**_row(target), "scores": [_score(target, unit) for unit in units]}
    rows = [
        (
            name(s["unit"]),
            str(s["frozen"]),
            f"{s['total'] - s['frozen']:+d}" if s["total"] != s["frozen"] else "—",
            str(s["total"]),
            str(len(s["appeals"])),
            "、".join(u["use"] for u in s["uses"]) or "—",
        )
        for s in document["scores"]
    ]
    state = f"{target.settled_on} 定稿" if target.settled_on else f"未定稿，申诉期限 {target.appeal_by}"
    heads = ("单位", "按规则", "加减分", "合计", "申诉", "结果运用")
    answer(document, table(heads, rows, f"{target.called}（规则“{target.policy}”，{state}；按名录顺序，不排名）"))


def _score(target: Assessment, unit: str) -> dict[str, Any]:
    frozen = target.score(unit)
    return {
        "unit": unit,
        "frozen": frozen.total if frozen else 0,
        "total": target.total(unit),
        "lines": [{**x.model_dump(mode="json"), "total": x.total} for x in (frozen.lines if frozen else ())],
        "adjustments": [a.model_dump(mode="json") for a in target.adjustments if a.unit == unit],
        "appeals": [a.model_dump(mode="json") for a in target.appeals if a.unit == unit],
        "uses": [{**u.model_dump(mode="json"), "use": u.use.label} for u in target.uses if u.unit == unit],
    }


def print_(
    unit: Annotated[str, typer.Argument(metavar="U", help="单位：编号、名称或别名")],
    key: KeyOption = None,
    out: OutOption = None,
) -> None:
    """一个单位的考核表：冻结的计分逐项说明，加减分、申诉、结果运用；供该单位核对。"""
    from documents.formats.markdown import markdown_of
    from documents.reports.assessment import assessment_page

    target, wanted = the_assessment(key), the_unit(unit).id
    if wanted not in units_to_see(target):
        raise Problem("该单位不在这次考核范围内，或不是本单位", "not_found")
    units, people = unit_names(), person_names()
    check_output_file(out)
    page = assessment_page(target, wanted, lambda i: units(i) if units(i) != i else people(i))
    if out is not None:
        write_page(page, out)
    text = markdown_of(page)
    document = {
        "assessment": target.until.isoformat(),
        "unit": wanted,
        "markdown": text,
        "file": str(out) if out else None,
    }
    answer(document, f"已写入 {out}" if out else text.rstrip("\n"))
