"""`xmh briefing annual`: what the year's summary says in numbers, each with its list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.session import Problem, answer, session
from cli.task.common import now, today

if TYPE_CHECKING:
    from documents.annual import Annual

FORMATS = (".md", ".docx")


def annual(
    year: Annotated[
        int | None, typer.Option("--year", metavar="Y", help="哪一年，默认今年", min=2000, max=2999)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="写成文件（.md 或 .docx）；不写则显示 Markdown")
    ] = None,
) -> None:
    """年度统计：全年会议、简报和事项的数字，每个数都附清单。"""
    from documents.annual import annual as counted
    from documents.markdown import markdown

    wanted = year or today().year
    if wanted > today().year:
        raise Problem(f"{wanted}年还没有到", "malformed")
    if out is not None and out.suffix.lower() not in FORMATS:
        raise Problem(f"“{out.name}”的格式不能写，请用 {'、'.join(FORMATS)}", "malformed")
    made = counted(session.database, wanted, now())
    text = markdown(made.page)
    if out is not None:
        _write(made, text, out)
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


def _write(made: "Annual", text: str, out: Path) -> None:
    from documents.docx import docx

    data = docx(made.page) if out.suffix.lower() == ".docx" else text.encode()
    out.write_bytes(data)
