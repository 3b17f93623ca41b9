"""`xmh meeting notice minutes`: the papers of a meeting, and the filing of what is signed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import ByOption, PaperOption, confirm_command
from cli.checkpoint import left_after_issue, left_lines
from cli.lookup import acting_for
from cli.meeting.common import (
    MeetingArg,
    directory_names,
    meeting_answer_line,
    meeting_for_reader,
    meeting_order,
    proposed_agenda,
    readable,
    send_meeting_commands,
    the_meeting,
    the_meeting_to_read,
)
from cli.moments import now, today
from cli.numbers import pass_numbers_given
from cli.printing.files import OutOption, check_output_file, office_press, write_copy, write_page
from cli.session import Problem, answer, session
from domain.base import Refusal
from domain.envelope import Actor
from domain.meetings.agenda import arranged_agenda
from domain.meetings.commands import SignMinutes
from domain.meetings.meeting import Meeting
from domain.meetings.terms import MeetingStage
from domain.terms import Role
from eventlog import reading

if TYPE_CHECKING:
    from services.issuing.minutes import FiledMinutes

KEEPERS = (Role.OFFICE, Role.LEADER)
"""Whose looking at signed minutes files them, when nobody has yet; others only read."""


def notice(meeting: MeetingArg, output: OutOption = None) -> None:
    """会议通知的文稿：时间、地点、议题和汇报单位，以及何时报送材料；改期的写明原定时间。"""
    from documents.formats.markdown import markdown_of
    from documents.meetings.calling import last_rescheduling, notice_page

    check_output_file(output)
    target = the_meeting_to_read(meeting)
    page = notice_page(
        target,
        arranged_agenda(target, proposed_agenda(target).items),
        directory_names(),
        reading.rulebook(session.database).calendar,
        now(),
        last_rescheduling(reading.read_stream(session.database, target.stream)),
    )
    text = markdown_of(page)
    if output is not None:
        write_page(page, output)
    document = {"meeting": target.number, "title": page.title, "addressee": page.addressee, "markdown": text}
    answer(
        {**document, "file": str(output) if output else None},
        f"已写入 {output}" if output else text.rstrip("\n"),
    )


def minutes(
    meeting: Annotated[
        str, typer.Argument(metavar="ID|import", help="会议编号、尾号或名称中的字词；import 则由纪要文稿录入议定")
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="import 的纪要文稿，或核对过的议定清单（.xlsx）")
    ] = None,
    into: Annotated[str | None, typer.Option("--meeting", metavar="ID", help="import 到哪次会议")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="import 只核对，不录入")] = False,
    by: ByOption = None,
    sign: Annotated[str | None, typer.Option("--sign", metavar="P", help="签发人：领导，或本次会议的主持人")] = None,
    over: Annotated[
        str | None,
        typer.Option("--over-unfit", metavar="TEXT", help="有议定事项会后已不能落实，仍照签的理由"),
    ] = None,
    despite: Annotated[
        str | None, typer.Option("--despite", metavar="REASON", help="纪要与日志不一致仍要签发的理由，记入日志")
    ] = None,
    output: OutOption = None,
    paper: PaperOption = None,
) -> None:
    """会议纪要；--sign 签发后议定事项生效，纪要成文归档。

    import FILE 由纪要文稿录入议定：先用 -o 写成议定清单核对，再用 --meeting 导入；没有牵头单位或时限的不录入。
    """
    if meeting == "import":
        from cli.meeting.minutes_import import import_minutes

        if file is None:
            raise Problem("请写明纪要文稿：xmh meeting minutes import FILE", "malformed")
        import_minutes(file, into, output, dry_run=dry_run, by=by, paper=paper)
        return
    if file is not None or into is not None or dry_run or by is not None:
        raise Problem("--meeting、--by、--dry-run 和文件只用于 xmh meeting minutes import FILE", "malformed")
    if over is not None and sign is None:
        raise Problem("--over-unfit 须与 --sign 一起使用", "malformed")
    if despite is not None and sign is None:
        raise Problem("--despite 须与 --sign 一起使用", "malformed")
    check_output_file(output)
    target, lines, left = the_meeting(meeting), list[str](), dict[str, Any]()
    if sign is not None:
        lines.append(_sign(target, acting_for(session.person(sign).id, paper), over, despite))
        target = the_meeting(target.number)
    readable(target, meeting)
    if target.minutes is None and not session.rights.whole:
        raise Problem(f"{target.number} 的纪要尚未签发", "not_found")
    kept, filed = _kept(target)
    text = _written(target, kept, output)
    if sign is not None:
        left = left_after_issue()
        lines += left_lines(left)
    shown = {
        "meeting": target.number,
        "stage": target.stage.value,
        "minutes": target.minutes.no if target.minutes else None,
        "points": [
            p.model_dump(mode="json", exclude={"decided_by"}) for p in meeting_for_reader(target).standing_points
        ],
        "files": {kind: str(path) for kind, path in kept.files.items()} if kept else {},
        "sha256": kept.sha256 if kept else {},
        "markdown": text,
        **left,
    }
    answer(shown, "\n".join([*lines, *filed, f"已写入 {output}" if output else text.rstrip("\n")]))


def _sign(meeting: Meeting, actor: Actor, over: str | None, despite: str | None) -> str:
    """Signed by the workflow, under a number that was never printed in this home; the line that says so.

    Raises:
        Refusal: the minutes could not be filed, or the meeting says no; nothing binds.
    """
    from documents.filing.cabinet import papers_on_disk
    from services.issuing.minutes import rehearse_minutes
    from services.restored_numbers import advance_numbers

    if meeting.stage is MeetingStage.IN_SESSION:  # else there is nothing to sign, and the meeting says why
        rehearse_minutes(
            session.database,
            session.settings.store_place,
            meeting,
            directory_names(),
            now=now(),
            press=office_press(),
            despite=despite,
        )
    confirm_command(f"签发 {meeting.number} 的纪要？签发后议定事项即行生效。")
    pass_numbers_given()
    seen = papers_on_disk(session.settings.store_place)
    advance_numbers(session.database, seen, "文件柜中已有该文号的纪要，日志由旧备份还原")
    (reply,) = send_meeting_commands(meeting_order(meeting, SignMinutes(over=over, despite=despite), actor))
    return meeting_answer_line(reply)


def _kept(meeting: Meeting) -> "tuple[FiledMinutes | None, list[str]]":
    """The files of signed minutes, and what to say of them. What is signed and not filed is filed now.

    Raises:
        Problem: they are signed, and cannot be filed: what was decided binds all the same.
    """
    from services.issuing.minutes import file_minutes, filed_minutes, minutes_with_files

    if meeting.minutes is None:
        return None, []
    home, known, no = session.settings.store_place, filed_minutes(session.database, meeting), meeting.minutes.no
    if known is not None:
        return minutes_with_files(session.database, home, known, office_press()), []
    if session.actor.role not in KEEPERS:
        return None, [f"{no} 尚未成文归档，请办公室运行 xmh meeting minutes {meeting.number}"]
    try:
        done = file_minutes(session.database, home, meeting, actor=session.actor, now=now(), press=office_press())
    except Refusal as refusal:
        raise Problem(f"{no} 已签发生效，但没有归档：{refusal.message}", refusal.code) from refusal
    return done, [f"{no} 已成文归档", *(f"  {path}" for path in done.files.values())]


def _written(meeting: Meeting, kept: "FiledMinutes | None", output: Path | None) -> str:
    """What they say, and the file asked for. What is filed is shown and copied as it was filed, byte for byte."""
    from documents.formats.markdown import markdown_of
    from documents.meetings.minutes import minutes_page

    if kept is not None:
        if output is not None:
            write_copy(kept.event.number, kept.files, output)
        return kept.files["md"].read_text(encoding="utf-8")
    page = minutes_page(meeting, directory_names(), today())
    if output is not None:
        write_page(page, output)
    return markdown_of(page)
