"""What the office prints of a meeting: its 议程 and its 纪要 (GB/T 9704-2012 10.3: attendance after the text)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from documents.ledger import OFFICE_UNIT
from documents.page import Block, Imprint, Items, Layout, Page, Paragraph, Section, headed, section
from documents.wording import clean, day_in, full_date, moment, sentence
from domain.calendar import local_date
from domain.meetings.meeting import AgendaItem, DecisionPoint, Meeting


@dataclass(frozen=True)
class Names:
    """Ids as names; what is no id stays as it was typed. A unit and a person may have the same id."""

    unit: Callable[[str], str]
    person: Callable[[str], str]
    issuer: str

    @classmethod
    def of(cls, unit: Callable[[str], str], person: Callable[[str], str]) -> Self:
        """The names by these two directories; the office issues."""
        return cls(unit, person, unit(OFFICE_UNIT))


UNSIGNED = "（未签发）"


def agenda_page(meeting: Meeting, items: Sequence[AgendaItem], names: Names) -> Page:
    """会议议程: the items in order, each with why it is there."""
    lines = tuple(_agenda_line(i) for i in items if i.dropped is None)
    where = f"，地点：{meeting.place}" if meeting.place else ""
    chair = f"，主持：{names.person(meeting.chair)}" if meeting.chair else ""
    head = Paragraph(text=f"时间：{moment(meeting.starts)}{where}{chair}。")
    blocks: tuple[Block, ...] = (head, Items(items=lines)) if lines else (head, Paragraph(text="暂无议题。"))
    return Page(
        masthead=f"{meeting.series_name}议程",
        issue=meeting.number,
        issuer=names.issuer,
        on=local_date(meeting.starts),
        title=meeting.name,
        sections=(Section(title="议题", blocks=blocks),),
    )


def _agenda_line(item: AgendaItem) -> str:
    number = f"（{item.number}）" if item.number else ""
    reasons = "、".join(r.label for r in item.reasons)
    why = f"：{clean(item.text)}" if item.text else ""
    return f"{clean(item.title)}{number}【{reasons}】{why}。"


def minutes_page(meeting: Meeting, names: Names, on: date) -> Page:
    """会议纪要: what was decided on each item, by whom and by when; then who was there."""
    return Page(
        layout=Layout.MINUTES,
        masthead=f"{meeting.series_name}纪要",
        issue=meeting.minutes.no if meeting.minutes else UNSIGNED,
        issuer=names.issuer,
        on=meeting.minutes.on if meeting.minutes else on,
        title=f"{meeting.name}纪要",
        sections=(_held(meeting, names), _decided(meeting, names), _attendance(meeting, names)),
        signer=names.person(meeting.minutes.signer) if meeting.minutes else None,
        imprint=Imprint(),
    )


def _held(meeting: Meeting, names: Names) -> Section:
    where = f"在{meeting.place}" if meeting.place else ""
    chair = f"，{names.person(meeting.chair)}主持" if meeting.chair else ""
    taken = [i for i in meeting.items if i.dropped is None]
    standing = len(meeting.standing_points)
    text = (
        f"{full_date(local_date(meeting.starts))}，{where}召开{meeting.name}{chair}。"
        f"会议研究议题{len(taken)}项，形成议定事项{standing}项。"
    )
    return section("会议情况", (Paragraph(text=text),))


def _decided(meeting: Meeting, names: Names) -> Section:
    parts: list[Block] = []
    for item in meeting.items:
        points = [p for p in meeting.standing_points if p.item == item.no]
        if points:
            number = f"（{item.number}）" if item.number else ""
            lines = tuple(decision_line(meeting, p, names) for p in points)
            parts += headed(f"关于{clean(item.title)}{number}", Items(items=lines))
    return section("议定事项", tuple(parts))


def decision_line(meeting: Meeting, point: DecisionPoint, names: Names) -> str:
    """One 议定事项: 同意延期：…（责任单位：…；配合单位：…；时限：…）。"""
    item = meeting.item(point.item)
    lead = point.lead.id if point.lead else (item.lead if item else None)
    facts = [
        ("责任单位", names.unit(lead) if lead else ""),
        ("配合单位", "、".join(names.unit(u.id) for u in point.assist)),
        ("时限", day_in(point.due, local_date(meeting.starts).year) if point.due else ""),
    ]
    told = "；".join(f"{label}：{value}" for label, value in facts if value)
    subject = point.subject.label if point.subject else ""
    new = f"“{clean(point.new.title)}”" if point.new else ""
    return f"{point.outcome.label}{subject}{new}：{sentence(point.text)}{f'（{told}）' if told else ''}"


def _attendance(meeting: Meeting, names: Names) -> Section:
    found = meeting.attendance
    groups = (("出席", found.present), ("列席", found.observers), ("请假", found.leave))
    lines = tuple(
        Paragraph(text=f"{label}：{'、'.join(map(names.person, people))}") for label, people in groups if people
    )
    return section("参会人员", lines)
