"""`xmh meeting notice minutes`: the papers of a meeting."""

from typing import Annotated

import typer

from cli.meeting.common import MeetingArg, convene, line, meeting_order, names, proposed, the_meeting
from cli.printing.files import OutOption, check_ending, write_page
from cli.session import answer, session
from cli.task.common import PaperOption, acting, confirm, now, the_person, today
from domain.meetings.agenda import arranged
from domain.meetings.commands import SignMinutes
from eventlog import reading


def notice(meeting: MeetingArg, output: OutOption = None) -> None:
    """会议通知：时间、地点、议题和汇报单位，以及何时报送材料；改期的写明原定时间。"""
    from documents.formats.markdown import markdown
    from documents.meetings import last_move, notice_page

    check_ending(output)
    found = the_meeting(meeting)
    page = notice_page(
        found,
        arranged(found, proposed(found).items),
        names(),
        reading.rulebook(session.database).calendar,
        now(),
        last_move(reading.read_stream(session.database, found.stream)),
    )
    text = markdown(page)
    if output is not None:
        write_page(page, output)
    document = {"meeting": found.number, "title": page.title, "addressee": page.addressee, "markdown": text}
    answer(
        {**document, "file": str(output) if output else None},
        f"已写入 {output}" if output else text.rstrip("\n"),
    )


def minutes(
    meeting: MeetingArg,
    sign: Annotated[str | None, typer.Option("--sign", metavar="P", help="签发人：领导，或本次会议的主持人")] = None,
    output: OutOption = None,
    paper: PaperOption = None,
) -> None:
    """会议纪要；--sign 签发后议定事项生效。"""
    from documents.formats.markdown import markdown
    from documents.minutes import minutes_page

    check_ending(output)
    found, said = the_meeting(meeting), []
    if sign is not None:
        actor = acting(the_person(sign).id, paper)
        confirm(f"签发 {found.number} 的纪要？签发后议定事项即行生效。")
        (reply,) = convene(meeting_order(found.stream, SignMinutes(), actor))
        said.append(line(reply))
        found = the_meeting(found.number)
    page = minutes_page(found, names(), today())
    text = markdown(page)
    if output is not None:
        write_page(page, output)
    shown = {
        "meeting": found.number,
        "stage": found.stage.value,
        "minutes": found.minutes.no if found.minutes else None,
        "points": [p.model_dump(mode="json", exclude={"decided_by"}) for p in found.standing_points],
        "markdown": text,
    }
    answer(shown, "\n".join([*said, f"已写入 {output}" if output else text.rstrip("\n")]))
