"""`xmh briefing annual`: what the year's summary says in numbers, each with its list."""

from typing import Annotated, Any

import typer

from cli.lookup import whole_office_only
from cli.moments import now, today
from cli.printing.files import OutOption, check_output_file, write_page
from cli.session import Problem, answer, session


def annual(
    year: Annotated[
        int | None, typer.Option("--year", metavar="Y", help="哪一年，默认今年", min=2000, max=2999)
    ] = None,
    out: OutOption = None,
) -> None:
    """年度统计：全年会议、简报和事项的数字，每个数都附清单。"""
    whole_office_only("年度统计")
    from documents.formats.markdown import markdown_of
    from documents.reports.annual import annual_report as counted

    wanted = year or today().year
    if wanted > today().year:
        raise Problem(f"{wanted}年还没有到", "malformed")
    check_output_file(out)
    made = counted(session.database, wanted, now())
    text = markdown_of(made.page)
    if out is not None:
        write_page(made.page, out)
    document = {
        "year": wanted,
        "sentence": made.sentence,
        "figures": [_figure(c) for c in made.counted],
        "markdown": text,
        "file": str(out) if out else None,
    }
    answer(document, f"已写入 {out}" if out else text.rstrip("\n"))


def _figure(counted: Any) -> dict[str, Any]:
    return {
        "label": counted.label,
        "count": counted.count,
        "list": [{"no": no, "date": on.isoformat(), "title": title} for no, on, title in counted.listed],
    }
