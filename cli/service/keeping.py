"""`xmh backup`, `xmh restore` and `xmh drill`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.session import Exit, answer, session
from domain.queries.telling import office_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventlog.findings import VerifyFinding
    from settings import Settings

FileArg = Annotated[Path, typer.Argument(metavar="FILE", help="备份文件（.zip）")]
NAMED = 20
"""So many files that are missing are named on the screen; `--json` and `audit verify` name all."""


def backup(file: FileArg) -> None:
    """备份日志、附件和已印发的文件，服务不必停；密钥不在其中，须另行保管。日志所载的文件不齐的照样备份，退出码为 1。"""
    from services.backup.taking import back_up
    from services.inspection import LOST, NO_STORE, stands_elsewhere

    session.need_machine()
    with _progress("备份") as moved:
        taken = back_up(session.settings, file, session.actor, moved)
    document = {
        "file": str(taken.file),
        "position": taken.position,
        "files": taken.files,
        "size": taken.size,
        "sha256": taken.sha256,
        "left_out": list(taken.left_out),
        "ok": not taken.lacking,
        "lacking": _documents(taken.lacking),
    }
    holds = f"日志到第{taken.position}条（已核验），文件{taken.files}个，{taken.size / 2**20:.1f} MiB"
    line = (
        f"已备份到 {taken.file}：{holds}",
        f"SHA-256 {taken.sha256}",
        *([f"链接不备份，指向的内容请另行备份：{'、'.join(taken.left_out)}"] if taken.left_out else []),
        *_about_files(taken.lacking, NO_STORE if stands_elsewhere(session.settings) else LOST),
        _about_keys(session.settings),
    )
    answer(document, "\n".join(line))
    if taken.lacking:
        raise SystemExit(Exit.FOUND_WRONG)


def restore(
    file: FileArg,
    past: Annotated[
        list[str] | None,
        typer.Option(
            "--past", metavar="编号", help="备份以后已用到哪个编号（XMH-2026-057、催〔2026〕12号），可多次填写"
        ),
    ] = None,
) -> None:
    """把备份还原到一个空的数据目录（--home），先核验，再启用；已发出的通知不重发，--past 写明的编号不重给。"""
    from domain.numbers_on_paper import number_on_paper
    from services.backup.restoring import restore as bring_back

    session.need_machine()
    seen: dict[str, int] = {}
    named: dict[str, str] = {}
    for words in past or ():
        series, number = number_on_paper(words, session.settings.headquarters)
        if number > seen.get(series, 0):
            seen[series], named[series] = number, words
    with _progress("还原") as moved:
        back = bring_back(session.settings, file, seen, moved)
    lines = [
        f"已还原到 {session.settings.home}：{office_time(back.taken_at)}的备份，日志到第{back.position}条，已核验",
        *([f"通知{back.held_back}条可能已经发出，不再自动发送，要发的用 xmh notice retry"] if back.held_back else []),
        *([f"{back.untold}条记录备份时尚未通知，可能已经通知过，不再补发"] if back.untold else []),
        *_about_files(back.lacking, "备份时就是这样，请从更早的备份或各台机器找回"),
        *([f"请把主密钥放回 {session.settings.master_key_place}，否则密件打不开"] if back.keys_missing else []),
        *(
            [f"xmh.toml 里写着 {'、'.join(back.leads_elsewhere)}，仍指向原来的地方，请先核对再启动"]
            if back.leads_elsewhere
            else []
        ),
        *(
            [f"已跳过备份以后用过的编号，至 {'、'.join(named[series] for series in back.numbers)}"]
            if back.numbers
            else []
        ),
        "备份以后办理的不在其中，请据纸质件补录"
        + ("" if past else "；那以后用过的编号本机不知道，用 --past 写明的才不会再次给出"),
        *_next(session.settings),
    ]
    answer({**back.model_dump(mode="json"), "lacking": _documents(back.lacking)}, "\n".join(lines))


def _next(settings: "Settings") -> list[str]:
    """What starts the log that came back: named with its home, for `xmh up` elsewhere would begin an empty one."""
    if settings.temporal_address is not None:
        return ["下一步：启动办理进程和网页；未办结事项在一两分钟内由日志自动补上"]
    return [f"下一步：xmh up --detach --home {settings.installation}；未办结事项在一两分钟内由日志自动补上"]


_KEPT_APART = "密件用本机的主密钥打开；另外保管的那份没有试，加 --master-key 才试到"


def drill(
    file: FileArg,
    master_key: Annotated[
        Path | None, typer.Option("--master-key", metavar="FILE", help="另外保管的那份主密钥；不写则用本机正在用的")
    ] = None,
    within: Annotated[
        Path | None, typer.Option("--in", metavar="DIR", help="在哪个目录里试，试完即删；不写则用临时目录（TMPDIR）")
    ] = None,
) -> None:
    """演练：把备份试着还原到一处临时目录，核验、看齐文件和密钥后删去，记入日志；服务不受影响。有缺的退出码为 1。"""
    from services.backup.drill import drill as try_out

    session.need_machine()
    with _progress("演练") as moved:
        done = try_out(session.settings, file, session.actor, master_key=master_key, within=within, moved=moved)
    tried = done.tried
    locked = f"主密钥打不开其中{tried.locked}把密钥，密件读不出来；请找到原来的 master.key，用 --master-key 再试"
    lines = [
        f"{tried.file} 能还原：{office_time(tried.taken_at)}的备份，日志到第{tried.position}条（已核验），"
        f"未办结事项{done.matters}件，文件{done.files}个，用时{tried.seconds}秒",
        *_about_files(done.lacking, "备份时就是这样，请从更早的备份或各台机器找回，再备份一次"),
        *([locked] if tried.locked else []),
        *([_KEPT_APART] if master_key is None and session.settings.master_key_place.is_file() else []),
        "已删去试还原的目录" + ("，演练已记入日志" if tried.is_good else "；已记入日志，但不算一次合格的演练"),
    ]
    document = {**tried.model_dump(mode="json"), "files": done.files, "matters": done.matters, "ok": tried.is_good}
    answer({**document, "lacking": _documents(done.lacking)}, "\n".join(lines))
    if not tried.is_good:
        raise SystemExit(Exit.FOUND_WRONG)


def _documents(lacking: "Sequence[VerifyFinding]") -> list[dict[str, object]]:
    return [one.model_dump(mode="json", exclude_none=True) for one in lacking]


def _about_files(lacking: "Sequence[VerifyFinding]", remedy: str) -> list[str]:
    """Which files the log names and the backup has not, or not as they were."""
    if not lacking:
        return []
    more = f"  ……另有{len(lacking) - NAMED}处，见 --json"
    lines = [f"  {one.message}" for one in lacking[:NAMED]] + ([more] if lacking[NAMED:] else [])
    return [f"文件不齐，{len(lacking)}处与日志不符，{remedy}：", *lines]


def _about_keys(settings: "Settings") -> str:
    """What who keeps the backup has to keep beside it."""
    place = settings.master_key_place
    if settings.master_key or settings.master_key_command or place.exists():
        return f"密钥不在备份里，请把主密钥（{place}）另外保管在别处"
    return f"密钥不在备份里；还没有主密钥，第一次记工作秘密时生成在 {place}，届时请另外保管在别处"


@contextmanager
def _progress(what: str) -> "Iterator[Callable[[int, int], None]]":
    """A bar over the files on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
