"""`xmh briefing rebuild` and `check`: is it what the log says, and is it laid out as the standard wants."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.printing.files import press
from cli.session import Exit, Problem, answer, session

if TYPE_CHECKING:
    from documents.checking.report import MeasuringReport
    from documents.filing.filed import Filed
    from documents.filing.rebuilding import Rebuilt


def rebuild(
    number: Annotated[
        str | None, typer.Argument(metavar="ID", help="期号或文号，如 简报-2022-07、香指办督〔2022〕7号")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="所有已签发的简报、动态和公文")] = False,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="某一年的全部", min=2000, max=2999)] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="把重新生成的文件写到这个目录")] = None,
) -> None:
    """由日志重新生成已签发的一期或一份公文，与当时的文件逐一核对；不一致时说明何处不同（退出码 3）。"""
    from documents.filing.rebuilding import rebuild as rebuilt
    from services.issuing.catalogue import find

    if everything or year is not None:
        if number is not None or out is not None:
            raise Problem("--all、--year 核对全部成文，不能同时写期号或 --out", "malformed")
        _rebuild_all(year)
        return
    if number is None:
        raise Problem("请写明期号或文号，或用 --all 核对全部成文", "malformed")
    filed = find(session.database, session.settings.home, number)
    if filed is None:
        raise Problem(f"没有已签发的“{number}”，请用 xmh briefing list 或 xmh paper list 查看", "not_found")
    found = rebuilt(session.database, filed, press(), out)
    answer(_document(found, out), "" if session.json else _told(found, out))
    if not found.ok:
        raise SystemExit(Exit.REFUSED)


def _rebuild_all(year: int | None) -> None:
    """One line each, as they come; what differs is told in full at the end."""
    from services.issuing.catalogue import everything

    filed = everything(session.database, session.settings.home, year)
    lines: list[str] = []
    done: list[Rebuilt] = []
    for found in _watched(filed):
        done.append(found)
        lines.append(f"{'✓' if found.ok else '✗'} {found.number}　{_verdict(found)}")
        lines += [f"    {told}" for told in found.differences]
    beside = [] if year is not None else _beside()
    lines += [f"✗ {said}" for said in beside]
    wrong = sum(not found.ok for found in done) + len(beside)
    summed = f"{wrong}件不一致" if wrong else "全部与日志一致"
    lines.append(f"共核对{len(done)}件成文，{summed}" if done else "还没有成文")
    documents = [_document(found, None) for found in done]
    answer([*documents, *({"bulletin": None, "ok": False, "differences": [said]} for said in beside)], "\n".join(lines))
    if wrong:
        raise SystemExit(Exit.REFUSED)


def _beside() -> list[str]:
    """What no issue accounts for: files added to the cabinet, and templates that were changed on their shelf."""
    from eventlog.findings import Token
    from services.inspection import inspect

    found = inspect(session.database, session.settings.home)
    return [p.message for p in found if p.token in (Token.FILE_ADDED, Token.TEMPLATE_ALTERED)]


def _watched(filed: "tuple[Filed, ...]") -> "Iterator[Rebuilt]":
    """Rebuilt one after the other, with a bar for who waits at a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    from documents.filing.rebuilding import rebuild_each

    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("核对成文", total=len(filed))
        for found in rebuild_each(session.database, filed, press()):
            bar.update(task, advance=1, description=found.number)
            yield found


def _verdict(found: "Rebuilt") -> str:
    """In few words: how the files compare."""
    if not found.ok:
        return "不一致"
    return "、".join(dict.fromkeys(f.verdict.label for f in found.files))


def _document(found: "Rebuilt", out: Path | None) -> dict[str, Any]:
    return {
        "bulletin": found.number,
        "ok": found.ok,
        "position": found.position,
        "files": [f.model_dump(mode="json") for f in found.files],
        "differences": list(found.differences),
        "remarks": list(found.remarks),
        "out": str(out) if out else None,
    }


def _told(found: "Rebuilt", out: Path | None) -> str:
    from cli.tables import table

    rows = [(f.name, f.verdict.label, f.kept.label, f.recorded[:12], f.rebuilt[:12]) for f in found.files]
    lines = [f"{found.number}：由日志第 {found.position} 条以前的事件重新生成"]
    lines += [table(("文件", "重算", "柜中", "成文哈希", "重算哈希"), rows)] if rows else []
    lines += [f"· {remark}" for remark in found.remarks]
    lines += [f"✗ {difference}" for difference in found.differences]
    lines += [f"已写入 {out}"] if out and found.files else []
    lines += ["✓ 与成文一致"] if found.ok else ["✗ 与成文不一致；事件日志可用 xmh audit verify 全面核验"]
    return "\n".join(lines)


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="要检查的 .pdf 或 .docx")],
) -> None:
    """按 GB/T 9704-2012 量一份 .pdf 或 .docx：逐条列出要求和实测；“规定”的条款不符合时退出码为 3。"""
    from documents.checking.report import check as checked

    report = checked(file)
    document = {
        "file": str(file),
        "ok": report.ok,
        "clauses": [line.model_dump(mode="json") for line in report.lines],
        "failed": [f"{line.clause} {line.what}" for line in report.failed],
    }
    answer(document, "" if session.json else _measured(report))
    if not report.ok:
        raise SystemExit(Exit.REFUSED)


def _measured(report: "MeasuringReport") -> str:
    from cli.tables import table

    rows = [(x.clause, x.what, x.strength.label, x.wanted, x.found, x.verdict.label) for x in report.lines]
    told = table(("条款", "项目", "力度", "要求", "实测", "结论"), rows, report.file)
    if report.ok:
        return f"{told}\n✓ “规定”的条款没有不符合的"
    named = "、".join(f"{x.clause} {x.what}" for x in report.failed)
    return f"{told}\n✗ 不符合“规定”的条款：{named}"
