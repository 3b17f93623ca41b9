"""`xmh briefing unit`: one unit's matters and its score, explained."""

from typing import Annotated, Any

import typer

from cli.lookup import the_unit, whole_office_only
from cli.moments import now, today
from cli.printing.files import OutOption, check_output_file, write_page
from cli.session import Problem, answer, session


def unit(
    name: Annotated[str, typer.Argument(metavar="U", help="单位：编号、名称或别名")],
    year: Annotated[
        int | None, typer.Option("--year", metavar="Y", help="哪一年，默认今年", min=2000, max=2999)
    ] = None,
    out: OutOption = None,
) -> None:
    """单位督办情况：一个单位的事项、按期率和计分，逐项说明，供该单位核对；不排名。"""
    from documents.formats.markdown import markdown_of
    from documents.reports.statement import unit_statement

    wanted = year or today().year
    if wanted > today().year:
        raise Problem(f"{wanted}年还没有到", "malformed")
    check_output_file(out)
    unit_id = the_unit(name).id
    if unit_id not in session.rights.units:
        whole_office_only("其他单位的督办情况")
    page, lines = unit_statement(session.database, unit_id, wanted, now())
    text = markdown_of(page)
    if out is not None:
        write_page(page, out)
    document: dict[str, Any] = {
        "unit": unit_id,
        "year": wanted,
        "score": sum(line.total for line in lines),
        "lines": [
            {
                "outcome": line.outcome.value,
                "role": "lead" if line.leading else "assist",
                "each": line.each,
                "total": line.total,
                "matters": list(line.matters),
            }
            for line in lines
        ],
        "markdown": text,
        "file": str(out) if out else None,
    }
    answer(document, f"已写入 {out}" if out else text.rstrip("\n"))
