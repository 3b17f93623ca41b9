"""`xmh meeting minutes import FILE`: minutes become the decisions of a meeting, reviewed like the draft of a plan."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.lookup import acting_for
from cli.meeting.common import (
    meeting_answer_document,
    meeting_answer_line,
    meeting_order,
    proposed_agenda,
    send_meeting_commands,
    the_meeting,
)
from cli.moments import now
from cli.printing.files import check_output_file
from cli.session import Exit, Problem, answer, session
from cli.sheets import reject_file, say_lines
from domain.base import Refusal
from domain.envelope import canonical
from domain.meetings.agenda import arranged_agenda
from domain.meetings.commands import AddItem, DecideItem, MeetingOrder
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.rules import decide_meeting
from domain.rules.context import DecisionContext
from eventlog import reading

if TYPE_CHECKING:
    from intake.directory import UnitIndex
    from intake.minutes import MinutesList, MinutesRow
    from intake.sheets import CellFault


@dataclass
class _Plan:
    """What an import would do: items to add, decisions in order, rows already decided, and what stands against it."""

    added: list[AgendaItem] = field(default_factory=list)
    decided: "list[tuple[MinutesRow, DecideItem]]" = field(default_factory=list)
    unchanged: list[dict[str, Any]] = field(default_factory=list)
    malformed: "list[CellFault]" = field(default_factory=list)
    refused: "list[CellFault]" = field(default_factory=list)


def import_minutes(
    file: Path, meeting: str | None, output: Path | None, *, dry_run: bool, by: str | None, paper: str | None
) -> None:
    """Write the sheet for review (`-o`), or judge and record the decisions of the meeting."""
    from intake import minutes

    check_output_file(output, (".xlsx",))
    if minutes.is_reviewed(file):
        if output is not None:
            raise Problem(f"{file.name} 已是{minutes.SHEET}，不用 -o，写明 --meeting 即可导入", "malformed")
        listed = minutes.read_minutes(file)
    else:
        made = _drafted(file)
        if output is not None:
            minutes.draft_sheet(made, output)
            line = f"{file.name}：议定事项{len(made.items)}项，已写入 {output}；核对补全后用 --meeting 导入"
            answer({"file": made.file, "items": len(made.items), "output": str(output)}, line)
            return
        listed = minutes.drafted(made)
    if meeting is None:
        raise Problem("请用 --meeting 写明是哪次会议，或用 -o 写成待审的议定清单", "malformed")
    _import(the_meeting(meeting), listed, dry_run=dry_run, by=by, paper=paper)


def _drafted(file: Path) -> Any:
    from cli.plan.drafting import drafting_context
    from intake.draft.draft import draft_file

    office, _ = drafting_context()
    return draft_file(file, office)


def _import(target: Meeting, listed: "MinutesList", *, dry_run: bool, by: str | None, paper: str | None) -> None:
    chair = by or target.chair
    if chair is None:
        raise Problem(f"{target.number} 没有主持人，请用 --by 写明以谁的名义议定", "malformed")
    decider = acting_for(chair, paper)
    context = DecisionContext(rulebook=reading.rulebook(session.database), now=now(), actor=decider)
    plan = _planned(target, listed, context)
    document = _document(target, plan)
    faults = [*plan.malformed, *plan.refused]
    if faults:
        lines = [*(fault.line for fault in faults), f"共{len(faults)}处不能办理，没有录入任何议定"]
        if plan.malformed:
            reject_file(document, [*lines, "可先用 -o 写成议定清单，核对补全后导入"])
        if session.json:
            answer(document, "")
        else:
            say_lines(lines)
        raise SystemExit(Exit.REFUSED)
    replies = [] if dry_run else send_meeting_commands(*_orders(target, plan, decider))
    done = [meeting_answer_document(reply) for reply in replies]
    lines = (
        [f"第{row.row}行  {row.text[:40]}" for row, _ in plan.decided]
        if dry_run
        else [meeting_answer_line(r) for r in replies]
    )
    ends = f"{target.number}：{'将' if dry_run else '已'}增列议题{len(plan.added)}项、议定{len(plan.decided)}项"
    answer({**document, "replies": done}, "\n".join([*lines, ends]))


def _planned(target: Meeting, listed: "MinutesList", context: DecisionContext) -> _Plan:
    from intake.directory import UnitIndex
    from intake.minutes import SHEET
    from intake.opening import NotNamedError
    from intake.sheets import CellFault

    plan = _Plan(malformed=list(listed.faults))
    index = UnitIndex(reading.units(session.database))
    items = list(arranged_agenda(target, proposed_agenda(target).items))
    for row in listed.rows:
        if reading.find_command(session.database, _command_id(target, row)) is not None:
            plan.unchanged.append({"row": row.row, "text": row.text})
            continue
        try:
            command = _decision(row, _item(row, items, plan), index)
            decide_meeting(target.model_copy(update={"items": tuple(items)}), command, context)
        except (NotNamedError, Refusal) as error:
            column = error.column if isinstance(error, NotNamedError) else "内容"
            where = plan.malformed if isinstance(error, NotNamedError) else plan.refused
            where.append(CellFault(file=listed.file, sheet=SHEET, row=row.row, column=column, message=error.message))
        else:
            plan.decided.append((row, command))
    return plan


def _item(row: "MinutesRow", items: list[AgendaItem], plan: _Plan) -> int:
    """The number of the item a decision is on; a title that is not on the agenda is added to it."""
    if row.topic.isdecimal():
        return int(row.topic)
    known = next((item for item in items if item.title == row.topic and item.dropped is None), None)
    if known is None:
        known = AgendaItem(key=row.topic, title=row.topic, no=len(items) + 1)
        items.append(known)
        plan.added.append(known)
    return known.no


def _decision(row: "MinutesRow", item: int, index: "UnitIndex") -> DecideItem:
    from intake.opening import unit_named

    return DecideItem(
        item=item,
        outcome=row.outcome,
        text=row.text,
        subject=row.subject,
        lead=unit_named(row.lead, index, "牵头单位") if row.lead else None,
        assist=tuple(unit_named(name, index, "配合单位") for name in row.assist),
        due=row.due,
        new_title=row.title,
        urgent=row.urgent,
    )


def _command_id(target: Meeting, row: "MinutesRow") -> str:
    """Follows from the meeting and what the row says: the same file imported twice decides once."""
    content = canonical(row.model_dump(mode="json", exclude={"row"}))
    return f"minutes:{hashlib.sha256(target.stream.encode() + content.encode()).hexdigest()[:48]}"


def _orders(target: Meeting, plan: _Plan, decider: Any) -> Iterator[MeetingOrder]:
    for nth, item in enumerate(plan.added):
        yield meeting_order(target, AddItem(item=item.model_copy(update={"no": 0})), nth=nth)
    for row, command in plan.decided:
        yield meeting_order(target, command, decider).model_copy(update={"command_id": _command_id(target, row)})


def _document(target: Meeting, plan: _Plan) -> dict[str, Any]:
    faults: Sequence[CellFault] = [*plan.malformed, *plan.refused]
    return {
        "meeting": target.number,
        "added": [{"item": item.no, "title": item.title} for item in plan.added],
        "decided": [
            {
                "row": row.row,
                "item": command.item,
                "outcome": command.outcome.value,
                "title": row.title,
                "lead": row.lead,
                "due": row.due.isoformat() if row.due else None,
            }
            for row, command in plan.decided
        ],
        "unchanged": plan.unchanged,
        "rejected": [{"row": f.row, "column": f.column, "message": f.message} for f in faults],
    }
