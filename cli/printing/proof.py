"""`xmh briefing rebuild` and `check`: is it what the log says, and is it laid out as the standard wants."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.lookup import whole_office_only
from cli.printing.files import office_press
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
    whole_office_only("成文核对")
    from documents.filing.rebuilding import rebuild_issue as rebuilt
    from services.issuing.catalogue import find_filed

    if everything or year is not None:
        if number is not None or out is not None:
            raise Problem("--all、--year 核对全部成文，不能同时写期号或 --out", "malformed")
        _rebuild_all(year)
        return
    if number is None:
        raise Problem("请写明期号或文号，或用 --all 核对全部成文", "malformed")
    filed = find_filed(session.database, session.settings.store_place, number)
    if filed is None:
        raise Problem(f"没有已签发的“{number}”，请用 xmh briefing list 或 xmh paper list 查看", "not_found")
    proof = rebuilt(session.database, filed, office_press(), out)
    answer(_document(proof, out), "" if session.json else _told(proof, out))
    if not proof.ok:
        raise SystemExit(Exit.REFUSED)


def _rebuild_all(year: int | None) -> None:
    """One line each, as they come; what differs is told in full at the end."""
    from services.issuing.catalogue import all_filed

    filed = all_filed(session.database, session.settings.store_place, year)
    lines: list[str] = []
    done: list[Rebuilt] = []
    for proof in _watched(filed):
        done.append(proof)
        lines.append(f"{'✓' if proof.ok else '✗'} {proof.number}　{_verdict(proof)}")
        lines += [f"    {difference}" for difference in proof.differences]
    beside = [] if year is not None else _beside()
    lines += [f"✗ {message}" for message in beside]
    wrong = sum(not proof.ok for proof in done) + len(beside)
    summed = f"{wrong}件不一致" if wrong else "全部与日志一致"
    lines.append(f"共核对{len(done)}件成文，{summed}" if done else "还没有成文")
    documents = [_document(proof, None) for proof in done]
    answer(
        [*documents, *({"bulletin": None, "ok": False, "differences": [message]} for message in beside)],
        "\n".join(lines),
    )
    if wrong:
        raise SystemExit(Exit.REFUSED)


def _beside() -> list[str]:
    """What no issue accounts for: files added to the cabinet, and templates that were changed on their shelf."""
    from eventlog.findings import Token
    from services.inspection import inspect_cabinet

    problems = inspect_cabinet(session.database, session.settings.store_place)
    return [p.message for p in problems if p.token in (Token.FILE_ADDED, Token.TEMPLATE_ALTERED)]


def _watched(filed: "tuple[Filed, ...]") -> "Iterator[Rebuilt]":
    """Rebuilt one after the other, with a bar for who waits at a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    from documents.filing.rebuilding import rebuild_issues

    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("核对成文", total=len(filed))
        for proof in rebuild_issues(session.database, filed, office_press()):
            bar.update(task, advance=1, description=proof.number)
            yield proof


def _verdict(proof: "Rebuilt") -> str:
    """In few words: how the files compare."""
    if not proof.ok:
        return "不一致"
    return "、".join(dict.fromkeys(f.verdict.label for f in proof.files))


def _document(proof: "Rebuilt", out: Path | None) -> dict[str, Any]:
    return {
        "bulletin": proof.number,
        "ok": proof.ok,
        "position": proof.position,
        "files": [f.model_dump(mode="json") for f in proof.files],
        "differences": list(proof.differences),
        "remarks": list(proof.remarks),
        "out": str(out) if out else None,
    }


def _told(proof: "Rebuilt", out: Path | None) -> str:
    from cli.tables import table

    rows = [(f.name, f.verdict.label, f.kept.label, f.recorded[:12], f.rebuilt[:12]) for f in proof.files]
    lines = [f"{proof.number}：由日志第 {proof.position} 条以前的事件重新生成"]
    lines += [table(("文件", "重算", "柜中", "成文哈希", "重算哈希"), rows)] if rows else []
    lines += [f"· {remark}" for remark in proof.remarks]
    lines += [f"✗ {difference}" for difference in proof.differences]
    lines += [f"已写入 {out}"] if out and proof.files else []
    lines += ["✓ 与成文一致"] if proof.ok else ["✗ 与成文不一致；事件日志可用 xmh audit verify 全面核验"]
    return "\n".join(lines)


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="要检查的 .pdf 或 .docx")],
) -> None:
    """按 GB/T 9704-2012 量一份 .pdf 或 .docx：逐条列出要求和实测；“规定”的条款不符合时退出码为 3。"""
    from documents.checking.report import check_layout as checked

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
    measures = table(("条款", "项目", "力度", "要求", "实测", "结论"), rows, report.file)
    if report.ok:
        return f"{measures}\n✓ “规定”的条款没有不符合的"
    named = "、".join(f"{x.clause} {x.what}" for x in report.failed)
    return f"{measures}\n✗ 不符合“规定”的条款：{named}"
