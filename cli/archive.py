"""`xmh archive`: ended matters into the archives, what is there, and whether a package is sound."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.asking import ByOption, MatterArg, PaperOption, ReasonOption, need_option
from cli.evidence import refuse_no_keys
from cli.lookup import acting_for, the_matter
from cli.moments import now
from cli.session import Exit, Problem, answer, session
from cli.shape import MakeFirst, group
from domain.archive import ArchiveHeld, ArchiveReleased, MatterArchived, Retention
from domain.rules.records import may_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.archiving.examination import ArchiveReport
    from services.archiving.package import ArchivePackage

TERMS = "|".join(term.label for term in Retention)

app = group(
    "归档：办结的事项编档号、打成归档包；xmh archive 7 -o 归档.zip，或一年的 xmh archive --year 2022 -o 归档.zip。",
    {
        "make": "cli.archive:make",
        "list": "cli.archive:list_",
        "verify": "cli.archive:verify",
        "hold": "cli.archive:hold",
        "release": "cli.archive:release",
    },
    kind=MakeFirst,
)


def make(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="归档包写到这个文件（.zip）")],
    matter: Annotated[list[str] | None, typer.Argument(metavar="[M]…", help="办结的事项：编号、尾号或标题字词")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="这一年办结的全部事项")] = None,
    retention: Annotated[
        str | None, typer.Option("--retention", metavar=TERMS, help="保管期限；不写的照旧，新归档的30年")
    ] = None,
) -> None:
    """把办结的事项归档：编档号，连同证据包、元数据和目录写成归档包。（make 可以不写）"""
    from services.archiving.numbering import ended_in
    from services.archiving.package import write_package

    may_record(MatterArchived, session.actor)
    term = Retention.from_label(retention) if retention is not None else None
    if retention is not None and term is None:
        raise Problem(f"--retention 没有“{retention}”，可填：{TERMS}", "malformed")
    if (year is None) == (not matter):
        raise Problem("请写一个或几个事项，或用 --year 写明哪一年，二者取一", "malformed")
    streams = [the_matter(words).stream for words in matter or ()] if year is None else ended_in(session.database, year)
    if not streams:
        raise Problem(f"{year}年没有办结的事项", "not_found")
    unique = list(dict.fromkeys(streams))
    with _progress(len(unique)) as moved:
        package = write_package(
            session.database,
            session.settings,
            unique,
            out,
            term,
            actor=session.actor,
            now=now(),
            progress=moved,
        )
    answer(package.model_dump(mode="json"), _written(package))


@contextmanager
def _progress(total: int) -> "Iterator[Callable[[int], None]]":
    """A bar over the matters on stderr, on a terminal only."""
    import sys

    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("归档", total=total)
        yield lambda done: bar.update(task, completed=done)


def _written(package: "ArchivePackage") -> str:
    first, last = package.matters[0].no, package.matters[-1].no
    numbers = first if first == last else f"{first} 至 {last}"
    return "\n".join((
        f"已归档{len(package.matters)}件（{numbers}），归档包 {package.file}（{package.size / 2**20:.1f} MiB）",
        f"SHA-256 {package.sha256}",
        *(f"未附：{line}" for line in package.left_out[:5]),
        f"检测：xmh archive verify {package.file}",
    ))  # fmt: skip


def list_() -> None:
    """已归档的事项：档号、保管期限、保管到哪天、是否停止销毁。"""
    from cli.tables import table
    from eventlog import reading
    from services.archiving.numbering import all_archived

    readable = session.rights.readable  # that somebody looks into a matter is more than a list says
    numbers = {row.stream: row for row in reading.list_rows(session.database)}
    rows: list[dict[str, Any]] = [
        {
            "no": one.no,
            "matter": numbers[one.matter].number if one.matter in numbers else one.matter,
            "title": numbers[one.matter].title if one.matter in numbers else "",
            "year": one.year,
            "retention": one.retention.label,
            "until": str(one.until) if one.until else None,
            "held": one.held,
            "version": one.version,
        }
        for one in all_archived(session.database)
        if readable is None or one.matter in readable
    ]
    shown = table(
        ("档号", "编号", "事项", "保管期限", "保管至", "停止销毁"),
        [(r["no"], r["matter"], r["title"], r["retention"], r["until"] or "长期", r["held"] or "") for r in rows],
    )
    answer({"archived": rows}, shown if rows else "还没有归档的事项")


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="归档包（.zip）")],
    public_key: Annotated[
        list[str] | None, typer.Option("--public-key", metavar="KEY", help="自己留存的公钥，可多次填写")
    ] = None,
) -> None:
    """归档包的四性检测：真实性、完整性、可用性、安全性；不用服务也不用数据库，有不合格时退出码为 1。"""
    from services.archiving.examination import examine

    if not file.is_file():
        raise Problem(f"找不到文件 {file}", "not_found")
    refuse_no_keys(public_key or [])
    report = examine(file, public_key or [])
    items = [
        {"property": f.property.label, "item": f.item, "outcome": f.outcome.label, "said": f.said}
        for f in report.findings
    ]
    answer({"ok": report.ok, "numbers": list(report.numbers), "items": items}, _report(report))
    if not report.ok:
        raise SystemExit(Exit.FOUND_WRONG)


def _report(report: "ArchiveReport") -> str:
    from cli.tables import table

    rows = [(f.property.label, f.item, f.outcome.label, f.said) for f in report.findings]
    verdict = f"检测通过：{len(report.numbers)}件" if report.ok else "检测不通过"
    return f"{table(('四性', '项目', '结论', '说明'), rows)}\n{verdict}"


def hold(matter: MatterArg, reason: ReasonOption = None) -> None:
    """停止销毁：诉讼、巡察、审计期间，不论保管期限，也不能销毁它的密钥。"""
    from services.archiving.numbering import hold as held

    may_record(ArchiveHeld, session.actor)
    target, why = the_matter(matter), need_option(reason, "--reason", "理由")
    command_id = session.command_id or uuid4().hex
    held(session.database, target.stream, why, actor=session.actor, now=now(), command_id=command_id)
    answer({"matter": target.number, "held": why}, f"{target.number} 已停止销毁：{why}")


def release(matter: MatterArg, reason: ReasonOption = None, by: ByOption = None, paper: PaperOption = None) -> None:
    """解除停止销毁；须由领导决定。"""
    from services.archiving.numbering import release as released

    target, why = the_matter(matter), need_option(reason, "--reason", "理由")
    actor = acting_for(by, paper)
    may_record(ArchiveReleased, actor)
    command_id = session.command_id or uuid4().hex
    released(session.database, target.stream, why, actor=actor, now=now(), command_id=command_id)
    answer({"matter": target.number, "held": None}, f"{target.number} 已解除停止销毁：{why}")
