"""`xmh audit export check`: the evidence of one matter in a file, and whether such a file is sound."""

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import MatterArg
from cli.lookup import the_matter
from cli.moments import now
from cli.session import Exit, Problem, answer, session
from domain.base import refuse

KeptOption = Annotated[
    list[Path] | None, typer.Option("--checkpoint", metavar="FILE", help="留存在别处的检查点，可多次填写")
]


def export(
    matter: MatterArg,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="写到这个文件（.zip）")],
    checkpoint: KeptOption = None,
) -> None:
    """导出一个事项的证据包：记录、证明、检查点、附件和公文，附核验程序，离开本系统也能核验。"""
    from cli.checkpoint import note_file, read_checkpoints
    from services.bundle.export import export_matter
    from services.bundle.histories import fetch_runs

    refuse(not session.rights.whole, "证据包由办公室、领导或审计员导出", "forbidden")
    target = the_matter(matter)
    files = checkpoint or []
    checkpoints = read_checkpoints(files, None)
    notes = [note_file(file).removeprefix("\ufeff").replace("\r\n", "\n") for file in files]  # mail changes these
    kept = list(zip(notes, checkpoints, strict=True))
    written = export_matter(
        session.database,
        session.settings,
        target.stream,
        out,
        kept=kept,
        runs=fetch_runs(session.settings, target.stream),
        by=session.actor.id,
        now=now(),
    )
    summary = (
        f"已导出 {written.matter} 的证据包 {written.file}：记录{written.events}条，文件{written.files}个，"
        f"{written.size / 2**20:.1f} MiB",
        f"SHA-256 {written.sha256}",
        f"公钥 {written.public_key}",
        *(f"未附：{line}" for line in written.left_out),
        "核验：解开后 python3 -I -S verify_bundle.py，或 xmh audit check",
    )
    answer(written.model_dump(mode="json"), "\n".join(summary))


def refuse_no_keys(keys: list[str]) -> None:
    """A slip in a key is no fault of what it is to verify."""
    from services.checkpoint_keys import is_public_key

    for key in keys:
        refuse(not is_public_key(key), f"“{key}”不是公钥，应为 audit checkpoint 给出的那一行", "malformed")


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="证据包（.zip，或解开的文件夹）")],
    public_key: Annotated[
        list[str] | None, typer.Option("--public-key", metavar="KEY", help="自己留存的公钥，可多次填写")
    ] = None,
    checkpoint: KeptOption = None,
) -> None:
    """核验证据包，不用服务也不用数据库；有问题时退出码为 1。"""
    from cli.checkpoint import note_file
    from services.bundle.verify_bundle import check_bundle, verdict

    if not file.exists():
        raise Problem(f"找不到文件 {file}", "not_found")
    keys = public_key or []
    refuse_no_keys(keys)
    report = check_bundle(file, keys, [note_file(one).encode() for one in checkpoint or []])
    matter = report.manifest.get("matter", {}) if report.ok else {}
    document = {
        "ok": report.ok,
        "matter": matter.get("number"),
        "version": matter.get("version"),
        "events": report.events,
        "files": report.files,
        "checkpoints": [
            {"size": note.size, "root": note.root.hex(), "events": note.events}
            for note in (report.notes if report.ok else ())
        ],
        "public_keys": report.manifest["public_keys"] if report.ok else [],
        "problems": report.problems,
    }
    answer(document, "\n".join(verdict(report, key_given=bool(keys))))
    if not report.ok:
        raise SystemExit(Exit.FOUND_WRONG)
