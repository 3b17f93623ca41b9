"""What leaders instructed on papers and nobody has answered yet, and why (事事有回应、件件有落实)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from domain.base import Frozen
from domain.calendar import WorkCalendar
from domain.facts import InstructionRef
from domain.incoming.events import InstructionReminded
from domain.incoming.paper import IncomingPaper, Instruction, Reminded
from domain.incoming.terms import PaperReminder
from domain.matter import Matter


def reminders_owed(
    paper: IncomingPaper, day: date, calendar: WorkCalendar, near_workdays: int
) -> Iterator[InstructionReminded]:
    """Of what the office is to be reminded on a day: of each limit shortly before and after it, of each report once."""
    for one in paper.instructions if paper.void is None else ():
        for of, on in _due_on(one, day, calendar, near_workdays):
            if Reminded(of=of, day=on) not in one.reminded:
                yield InstructionReminded(instruction=one.no, of=of, day=on)


def _due_on(
    one: Instruction, day: date, calendar: WorkCalendar, near_workdays: int
) -> Iterator[tuple[PaperReminder, date]]:
    if not one.open or one.reported_on is not None:
        return
    limit, report = one.limit(calendar), one.report_due
    if limit < day:
        yield PaperReminder.OVERDUE, limit
    elif calendar.workdays_between(day, limit) <= near_workdays:
        yield PaperReminder.NEAR_DUE, limit
    if report is not None and calendar.workdays_between(day, report) <= near_workdays:
        yield PaperReminder.REPORT, report


class UnansweredInstruction(Frozen):
    """An open instruction, and the explanation there is for it; None when nobody could give one."""

    paper: str
    title: str
    instruction: int
    leader: str
    due: date
    explanation: str | None


def carriers(matters: Iterable[Matter]) -> dict[InstructionRef, list[Matter]]:
    """Which matters carry out which instruction."""
    carrying: dict[InstructionRef, list[Matter]] = {}
    for matter in matters:
        for instruction in matter.carries:
            carrying.setdefault(instruction, []).append(matter)
    return carrying


def unanswered_instructions(
    papers: Iterable[IncomingPaper],
    carried: Mapping[InstructionRef, Sequence[Matter]],
    day: date,
    calendar: WorkCalendar,
) -> Iterator[UnansweredInstruction]:
    """Every open instruction. Past its limit it is explained by the matters that carry it, or by a report to him."""
    for paper in papers:
        for one in paper.instructions if paper.void is None else ():
            if one.open:
                yield UnansweredInstruction(
                    paper=paper.number,
                    title=paper.title,
                    instruction=one.no,
                    leader=one.whose,
                    due=one.limit(calendar),
                    explanation=_why(one, carried.get(paper.ref(one.no), ()), day, calendar),
                )


def _why(one: Instruction, matters: Sequence[Matter], day: date, calendar: WorkCalendar) -> str | None:
    if one.reported_on is not None:
        return f"{one.reported_on}已报结，待批示领导审阅"
    going_on = [m for m in matters if not m.ended]
    if going_on:
        return f"由{'、'.join(m.number for m in going_on)}办理中"
    limit = one.limit(calendar)
    if limit >= day:
        return f"未到时限（{limit}）"
    last_informed = one.informed[-1] if one.informed else None
    overdue_report = one.report_due is not None and one.report_due < day
    return f"{last_informed}已向批示领导报告进展" if last_informed is not None and not overdue_report else None
