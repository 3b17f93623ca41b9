"""`xmh task file`: the attachments of a matter, listed and given back."""

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import MatterArg
from cli.lookup import the_matter_to_read
from cli.printing.files import check_place, write_output_file
from cli.session import Problem, answer, session
from domain.calendar import SHANGHAI
from eventlog import attachments, reading
from eventlog.attachments import StoredAttachment
from views.matter import attachment_document


def file(
    matter: MatterArg,
    no: Annotated[int | None, typer.Argument(metavar="[N]", help="第几个附件；不写则列出全部")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="存成这个文件；默认存在当前目录")
    ] = None,
) -> None:
    """附件：列出一个事项的全部附件，或取出其中一个。"""
    target = the_matter_to_read(matter)
    if not session.rights.may_read_files(target.stream):
        raise Problem(f"{target.number} 的附件由办理单位查阅", "not_found")
    listed = attachments.attachments_of(reading.read_stream(session.database, target.stream))
    if no is None:
        if out is not None:
            raise Problem("取出附件须写明是第几个，如 xmh task file 7 1 -o 材料.pdf", "malformed")
        document = {"matter": target.number, "files": [attachment_document(one) for one in listed]}
        answer(document, "\n".join(map(_line, listed)) or f"{target.number} 没有附件")
        return
    wanted = next((one for one in listed if one.no == no), None)
    if wanted is None:
        raise Problem(f"{target.number} 没有第{no}个附件，共{len(listed)}个", "not_found")
    data = attachments.attachment_content(session.settings.home, wanted)
    place = out or Path(Path(wanted.name).name)
    check_place(place)
    if out is None and place.exists():
        raise Problem(f"当前目录已有 {place}，请用 -o 另写文件名", "malformed")
    write_output_file(place, data)
    answer(
        {"matter": target.number, "file": attachment_document(wanted), "out": str(place)},
        f"已存为 {place}（{wanted.name}）",
    )


def _line(one: StoredAttachment) -> str:
    """An attachment as people read it."""
    size = f"{one.size / 1024 / 1024:.1f} MB" if one.size >= 1024 * 1024 else f"{max(1, round(one.size / 1024))} KB"
    return f"{one.no}. {one.name}（{size}，{one.label}，{one.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}，{one.actor}）"
