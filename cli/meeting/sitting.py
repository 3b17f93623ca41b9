"""`xmh meeting open attend decide outcome`: the meeting itself, and what becomes of its decisions."""

import csv
import io
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.asking import ByOption, PaperOption, ReasonOption, TextOption, need_option, typed_term
from cli.lookup import acting_for, the_unit
from cli.meeting.common import (
    MeetingArg,
    do_for_meeting,
    meeting_answer_document,
    meeting_answer_line,
    meeting_order,
    send_meeting_commands,
    the_meeting,
)
from cli.session import Problem, answer, session
from cli.task.due import due_day
from domain.envelope import Actor
from domain.meetings.commands import DecideItem, OpenMeeting, RecordAttendance, SendAgain, WaiveOutcome
from domain.meetings.commands import WithdrawPoint as Withdraw
from domain.meetings.meeting import Attendance, Meeting
from domain.meetings.terms import Outcome, Subject
from eventlog import reading
from intake.sheets import split_names
from sheets.input_file import read_text
from views.meetings import ids_by_name

PeopleOption = list[str] | None
_COLUMNS = {
    "议题": "item",
    "结果": "outcome",
    "对象": "of",
    "内容": "text",
    "牵头单位": "lead",
    "配合单位": "assist",
    "时限": "due",
    "新立项名称": "title",
    "要点": "point",
    "紧急": "urgent",
}


def open_(
    meeting: MeetingArg,
    chair: Annotated[str | None, typer.Option("--chair", metavar="P", help="主持人；安排时已写明的可不填")] = None,
) -> None:
    """召开：此后可以逐项议定。"""
    do_for_meeting(the_meeting(meeting), OpenMeeting(chair=session.person(chair).id if chair else None))


def attend(
    meeting: MeetingArg,
    present: Annotated[PeopleOption, typer.Option("--present", metavar="P", help="出席，可多次填写或用、分隔")] = None,
    observe: Annotated[PeopleOption, typer.Option("--observe", metavar="P", help="列席")] = None,
    leave: Annotated[PeopleOption, typer.Option("--leave", metavar="P", help="请假")] = None,
    replied: Annotated[bool, typer.Option("--as-replied", help="照各单位的回执登记，代会人列为出席")] = False,
) -> None:
    """登记出席、列席、请假；外单位人员直接写姓名和职务。--as-replied 照回执登记，再写的另加。"""
    target = the_meeting(meeting)
    attendance = Attendance(present=people_named(present), observers=people_named(observe), leave=people_named(leave))
    if replied:
        attendance = _with_replies(target, attendance)
    if not (attendance.present or attendance.observers or attendance.leave):
        nobody = "没有回执" if replied else "请写明出席（--present）、列席（--observe）或请假（--leave）人员"
        raise Problem(nobody, "malformed")
    do_for_meeting(target, RecordAttendance(attendance=attendance))


def _with_replies(meeting: Meeting, typed: Attendance) -> Attendance:
    """What the units said, and what was typed over it: who is named now stands where he is named."""
    answered, named = meeting.answered, {*typed.present, *typed.observers, *typed.leave}
    present = (*(p for p in answered.present if p not in named), *typed.present)
    leave = (*(p for p in answered.leave if p not in named), *typed.leave)
    return Attendance(present=present, observers=typed.observers, leave=leave)


def people_named(names: PeopleOption, unit: str = "") -> tuple[str, ...]:
    """People as they are typed: ids of those in the directory, of a unit before others; the rest as it was written."""
    known = ids_by_name(session.database, unit) | {p.id: p.id for p in reading.people(session.database)}
    written = [part for name in names or () for part in split_names(name)]
    return tuple(dict.fromkeys(known.get(name, name) for name in written if name))


def decide(
    meeting: MeetingArg,
    item: Annotated[int | None, typer.Option("--item", metavar="N", help="议题的序号")] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="O",
            help="同意、原则同意、不同意、缓议、改派、挂牌督办、摘牌、限期、继续推进、新立项、听取汇报",
        ),
    ] = None,
    text: TextOption = None,
    of: Annotated[str | None, typer.Option("--of", metavar="延期|办结|撤销", help="同意或不同意的是什么")] = None,
    lead: Annotated[str | None, typer.Option("--lead", metavar="U", help="牵头单位（改派、新立项）")] = None,
    assist: Annotated[list[str] | None, typer.Option("--assist", metavar="U", help="配合单位，可多次填写")] = None,
    due: Annotated[
        str | None, typer.Option("--due", metavar="DATE", help="时限（限期、新立项、同意延期到另一天）")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="T", help="新立项事项的名称，默认用议定内容")] = None,
    point: Annotated[
        int | None, typer.Option("--point", metavar="N", help="限期只改事项的第几个要点，事项时限不变")
    ] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="紧急：不等纪要，立即生效")] = False,
    withdraw: Annotated[int | None, typer.Option("--withdraw", metavar="N", help="撤回尚未生效的第几项议定")] = None,
    reason: ReasonOption = None,
    source: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="一次录入多项：JSON 或 CSV")] = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """议定：逐项录入；纪要签发后生效，--urgent 的立即生效。"""
    target = the_meeting(meeting)
    if withdraw is not None:
        do_for_meeting(target, Withdraw(point=withdraw, reason=need_option(reason, "--reason", "撤回理由")))
        return
    actor = acting_for(by or target.chair, paper)
    if source is not None:
        commands = [_command(row) for row in _rows(source)]
    else:
        row = {"outcome": outcome, "of": of, "text": text, "lead": lead, "assist": assist, "due": due, "title": title}
        number = need_option(None if item is None else str(item), "--item", "议题序号")
        need_option(outcome, "--outcome", "议定结果")
        need_option(text, "--text", "议定内容")
        commands = [_command({**row, "item": number, "urgent": urgent, "point": point})]
    replies = send_meeting_commands(*(meeting_order(target, c, actor, nth=n) for n, c in enumerate(commands)))
    documents = [meeting_answer_document(r) for r in replies]
    answer(documents[0] if source is None else documents, "\n".join(meeting_answer_line(r) for r in replies))


def _command(row: dict[str, Any]) -> DecideItem:
    """One decision as typed or read from a file."""
    number = str(row.get("item") or "")
    if not number.isdecimal():
        raise Problem(f"议题序号“{number}”不是数字", "malformed")
    assist = row.get("assist") or ()
    names = [n for n in (split_names(assist) if isinstance(assist, str) else assist) if n]
    lead, due, of = row.get("lead"), row.get("due"), row.get("of")
    one = str(row.get("point") or "")
    if one and not one.isdecimal():
        raise Problem(f"要点序号“{one}”不是数字", "malformed")
    return DecideItem(
        item=int(number),
        matter_point=int(one) if one else None,
        outcome=typed_term(Outcome, str(row.get("outcome") or ""), "--outcome"),
        text=str(row.get("text") or ""),
        subject=typed_term(Subject, of, "--of") if of else None,
        lead=the_unit(lead) if lead else None,
        assist=tuple(the_unit(n) for n in names),
        due=due_day(due) if due else None,
        new_title=row.get("title") or None,
        urgent=str(row.get("urgent") or "").strip().lower() in ("true", "1", "是", "紧急"),
    )


def _rows(source: Path) -> list[dict[str, Any]]:
    """The rows of a JSON list or of a CSV with Chinese or English headers."""
    text = read_text(source).strip()
    try:
        rows: list[dict[str, Any]] = (
            json.loads(text)
            if text.startswith("[")
            else [{_COLUMNS.get(k, k): v for k, v in r.items()} for r in csv.DictReader(io.StringIO(text))]
        )
    except (json.JSONDecodeError, RecursionError, csv.Error) as e:
        line = e.lineno if isinstance(e, json.JSONDecodeError) else 1
        raise Problem(f"{source.name} 第{line}行附近不是有效的 JSON 或 CSV", "malformed") from e
    for n, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Problem(f"{source.name} 第{n}条不是一条议定，请写成 {{...}} 的样子", "malformed")
        unknown = sorted(str(k) for k in set(row) - set(_COLUMNS.values()))
        if unknown or not all(row.get(k) for k in ("item", "outcome", "text")):
            what = f"有不认识的栏目 {'、'.join(unknown)}" if unknown else "缺少“议题”“结果”或“内容”"
            raise Problem(f"{source.name} 第{n}条{what}", "malformed")
    if not rows:
        raise Problem(f"{source.name} 里没有一条议定", "malformed")
    return rows


def outcome(
    meeting: MeetingArg,
    point: Annotated[int, typer.Argument(metavar="N", help="第几项议定")],
    again: Annotated[bool, typer.Option("--again", help="再次落实到事项")] = False,
    waive: Annotated[bool, typer.Option("--waive", help="不再落实（须有 --reason）")] = False,
    reason: ReasonOption = None,
    by: ByOption = None,
    paper: PaperOption = None,
) -> None:
    """处理事项未接受的议定：消除原因后再次落实，或写明理由不再落实。"""
    if again == waive:
        raise Problem("请写明 --again（再次落实）或 --waive（不再落实），二者取一", "malformed")
    target = the_meeting(meeting)
    if waive:
        do_for_meeting(target, WaiveOutcome(point=point, reason=need_option(reason, "--reason", "不再落实的理由")))
        return
    do_for_meeting(target, SendAgain(point=point), _chair(target, by, paper))


def _chair(meeting: Meeting, by: str | None, paper: str | None) -> Actor:
    return acting_for(by or meeting.chair, paper)
