"""`xmh meeting agenda`: as the log proposes it, and as the secretary wants it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.asking import ReasonOption, need_option
from cli.lookup import the_matter
from cli.meeting.common import (
    MeetingArg,
    directory_names,
    meeting_answer_document,
    meeting_answer_line,
    meeting_for_reader,
    meeting_order,
    proposed_agenda,
    readable,
    send_meeting_commands,
    the_meeting,
)
from cli.moments import now, today
from cli.printing.files import OutOption, check_output_file, write_page
from cli.session import Problem, answer, session
from domain.lights import Lit, light
from domain.matter import Matter
from domain.meetings.agenda import arranged_agenda
from domain.meetings.commands import AddItem, DropItem, FreezeAgenda, MeetingCommand, OrderItems
from domain.meetings.meeting import AgendaItem, Meeting
from eventlog import reading


def agenda(
    meeting: MeetingArg,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="M|TEXT", help="增列议题：事项编号，或一个题目；可多次填写")
    ] = None,
    drop: Annotated[int | None, typer.Option("--drop", metavar="N", help="撤下第几项（须有 --reason）")] = None,
    order: Annotated[str | None, typer.Option("--order", metavar="N,N…", help="把这些项按此次序排在最前")] = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="现在就确定议题，不等期限")] = False,
    reason: ReasonOption = None,
    output: OutOption = None,
) -> None:
    """会议议题：由日志自动汇集，可增列、撤下、排序；到期自动确定。"""
    check_output_file(output)
    target = the_meeting(meeting)
    if sum(x is not None and x is not False for x in (add or None, drop, order, output)) + freeze > 1:
        raise Problem("--add、--drop、--order、--freeze、-o 一次只做一件", "malformed")
    assembled = proposed_agenda(target)
    items = arranged_agenda(target, assembled.items)
    commands: list[MeetingCommand] = []
    if add:
        commands = [AddItem(item=_item(text)) for text in add]
    elif drop is not None:
        item = _numbered(items, drop)
        why = need_option(reason, "--reason", "撤下理由")
        commands = [DropItem(key=item.key, title=item.title, reason=why)]
    elif order is not None:
        commands = [OrderItems(order=tuple(_numbered(items, n).key for n in _numbers(order)))]
    elif freeze:
        commands = [FreezeAgenda(proposed=assembled.items, position=assembled.position)]
    if not commands:
        readable(target, meeting)
        _show(target, meeting_for_reader(target.model_copy(update={"items": items})).items, output)
        return
    replies = send_meeting_commands(*(meeting_order(target, c, nth=n) for n, c in enumerate(commands)))
    answer(meeting_answer_document(replies[-1]), "\n".join(meeting_answer_line(r) for r in replies))


def _item(text: str) -> AgendaItem:
    """A matter by its number, else an item of the secretary's own."""
    if text.strip().isdecimal() or text.upper().startswith("XMH-"):
        m = the_matter(text)
        return AgendaItem(key=m.stream, title=m.title, matter=m.stream, number=m.number, lead=m.lead)
    return AgendaItem(key=text, title=text)


def _numbers(text: str) -> list[int]:
    plain = text.replace("，", ",").replace("、", ",").replace(" ", ",")
    parts = [p for p in plain.split(",") if p]
    if not parts or not all(p.isdecimal() for p in parts):
        raise Problem(f"--order “{text}”应写成 3,1,2 的样子", "malformed")
    return [int(p) for p in parts]


def _numbered(items: Sequence[AgendaItem], no: int) -> AgendaItem:
    item = next((i for i in items if i.no == no), None)
    if item is None:
        raise Problem(f"议题里没有第{no}项，请先用 xmh meeting agenda 查看", "not_found")
    return item


def lights_today(items: Sequence[AgendaItem]) -> dict[str | None, Lit]:
    """The lights of the items' matters as they are now, by stream: an agenda shows those of the day it is printed."""
    rulebook = reading.rulebook(session.database)
    loaded = (reading.load(session.database, i.matter) for i in items if i.matter)
    matters = [x.state for x in loaded if x is not None and isinstance(x.state, Matter)]
    return {m.stream: light(m, rulebook, now()) for m in matters}


def _show(meeting: Meeting, items: Sequence[AgendaItem], output: Path | None) -> None:
    from documents.formats.markdown import markdown_of
    from documents.meetings.calling import agenda_page

    lit = lights_today(items)
    shown: list[dict[str, Any]] = [
        {
            "no": i.no,
            "title": i.title,
            "matter": i.number,
            "reasons": [r.label for r in i.reasons],
            "text": i.text,
            "light": lit[i.matter].light.value if i.matter in lit else None,
            "light_reason": lit[i.matter].reason if i.matter in lit else None,
            **({"dropped": i.dropped} if i.dropped else {}),
        }
        for i in items
    ]
    page = agenda_page(meeting, items, directory_names(), lit, today())
    if output is not None:
        write_page(page, output)
    display = f"已写入 {output}" if output else "" if session.json else markdown_of(page).rstrip("\n")
    answer(
        {"meeting": meeting.number, "stage": meeting.stage.value, "frozen": bool(meeting.items), "items": shown},
        display,
    )
