"""`xmh task file`: the attachments of a matter, listed and given back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import MatterArg
from cli.lookup import the_matter, the_matter_to_read
from cli.moments import now
from cli.printing.files import check_place, write_output_file
from cli.session import Problem, answer, session
from domain.calendar import SHANGHAI
from domain.envelope import Via
from eventlog.attachments import StoredAttachment
from eventlog.reading import ListedMatter
from services.vouching import service_vouch
from views.files import matter_files
from views.matter import attachment_document


def file(
    matter: MatterArg,
    no: Annotated[int | None, typer.Argument(metavar="[N]", help="第几个附件；不写则列出全部")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="存成这个文件；默认存在当前目录")
    ] = None,
) -> None:
    """附件：列出一个事项的全部附件，或取出其中一个。"""
    target, listed = _listed(matter)
    if no is None:
        if out is not None:
            raise Problem("取出附件须写明是第几个，如 xmh task file 7 1 -o 材料.pdf", "malformed")
        document = {"matter": target.number, "files": [attachment_document(one) for one in listed]}
        answer(document, "\n".join(map(_line, listed)) or f"{target.number} 没有附件")
        return
    wanted = next((one for one in listed if one.no == no), None)
    if wanted is None:
        raise Problem(f"{target.number} 没有第{no}个附件，共{len(listed)}个", "not_found")
    place = out or Path(Path(wanted.name).name)
    check_place(place)
    if out is None and place.exists():
        raise Problem(f"当前目录已有 {place}，请用 -o 另写文件名", "malformed")
    write_output_file(place, _content(target, wanted))
    answer(
        {"matter": target.number, "file": attachment_document(wanted), "out": str(place)},
        f"已存为 {place}（{wanted.name}）",
    )


def _listed(words: str) -> tuple[ListedMatter, Sequence[StoredAttachment]]:
    """The matter meant and its attachments, from this machine's log or the server's."""
    if session.remote is None:
        target = the_matter_to_read(words)
        return target, matter_files(session.viewer, target)
    target = the_matter(words)
    files = session.remote.read(f"/matters/{target.number}/files")["files"]
    return target, [StoredAttachment.model_validate({**one, "stream": target.stream}) for one in files]


def _content(target: ListedMatter, wanted: StoredAttachment) -> bytes:
    if session.remote is not None:
        return session.remote.content(f"/matters/{target.number}/files/{wanted.no}")
    from services.attaching import read_out

    # That it was read goes on record by the home's own key, also where the log takes signed acts only.
    session.database.vouch = session.database.vouch or service_vouch(session.settings.home, Via.CLI)
    return read_out(session.settings, session.database, session.actor.id, target.number, wanted, now())


def _line(one: StoredAttachment) -> str:
    """An attachment as people read it."""
    size = f"{one.size / 1024 / 1024:.1f} MB" if one.size >= 1024 * 1024 else f"{max(1, round(one.size / 1024))} KB"
    return f"{one.no}. {one.name}（{size}，{one.label}，{one.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}，{one.actor}）"
