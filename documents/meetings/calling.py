"""What the office prints before a meeting: its 会议通知 and its 议程. The 纪要 are in `documents.meetings.minutes`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from documents.formats.placing import numbered_item
from documents.ledger import OFFICE_UNIT
from documents.page import Block, Imprint, Items, Layout, Page, Paragraph, Section
from documents.wording import clean_text, full_date, light_reason, moment_in_words
from domain.base import Frozen, refuse
from domain.calendar import WorkCalendar, local_date
from domain.envelope import Recorded
from domain.event import decode
from domain.lights import Lit
from domain.meetings.deadlines import materials_due
from domain.meetings.events import MeetingConvened, MeetingMoved
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.terms import AgendaReason, MeetingStage
from domain.office import Person, Unit
from domain.queries.spoken import WEEKDAYS
from domain.terms import Light

EVERYBODY_CONCERNED = "各有关单位"


@dataclass(frozen=True)
class DirectoryNames:
    """Ids as names; what is no id stays as it was typed. A unit and a person may have the same id."""

    units: Mapping[str, Unit]
    people: Mapping[str, Person]
    """Those who left too: a paper names who was there."""

    @classmethod
    def of(cls, units: Iterable[Unit], people: Iterable[Person]) -> Self:
        """The names by these entries; of several with one id the last."""
        return cls({u.id: u for u in units}, {p.id: p for p in people})

    @property
    def issuer(self) -> str:
        """The office, which prints all of these."""
        return self.unit(OFFICE_UNIT)

    def unit(self, key: str) -> str:
        """A unit's full name."""
        return self.units[key].name if key in self.units else key

    def person(self, key: str) -> str:
        """A person's name."""
        return self.people[key].name if key in self.people else key

    def listed(self, people: Iterable[str]) -> str:
        """People with their units (GB/T 9704 10.3), each unit once: 区住房和建设局赵五、王六；市规划院陈工."""
        groups: dict[str, list[str]] = {}
        for key in people:
            unit = self.unit(self.people[key].unit) if key in self.people else ""
            groups.setdefault(unit, []).append(self.person(key))
        return "；".join(f"{unit}{'、'.join(names)}" for unit, names in groups.items())


def numbered_lines(lines: Iterable[tuple[int, str]]) -> tuple[Paragraph, ...]:
    """The agenda's or the points' items under numbers of their own, by which they are cited and found again."""
    return tuple(Paragraph(text=numbered_item(no, text)) for no, text in lines)


# --- 议程


def agenda_page(
    meeting: Meeting,
    items: Sequence[AgendaItem],
    names: DirectoryNames,
    lights: Mapping[str | None, Lit] | None = None,
    on: date | None = None,
) -> Page:
    """会议议程: the items in order, each with why it is there, and the lights as they are on the day it is printed."""
    lit = lights or {}
    lines = numbered_lines((i.no, _agenda_line(i, names, lit.get(i.matter))) for i in items if i.dropped is None)
    where = f"，地点：{meeting.place}" if meeting.place else ""
    chair = f"，主持：{names.person(meeting.chair)}" if meeting.chair else ""
    head = Paragraph(text=f"时间：{_when(meeting.starts)}{where}{chair}。")
    dated = (Paragraph(text=f"亮灯情况截至{full_date(on)}。"),) if lit and on else ()
    blocks: tuple[Block, ...] = (head, *lines, *dated) if lines else (head, Paragraph(text="暂无议题。"))
    return Page(
        masthead="会议议程",
        issue=meeting.number,
        issuer=names.issuer,
        on=local_date(meeting.starts),
        title=f"{meeting.name}议程",
        sections=(Section(title="议题", blocks=blocks),),
    )


def _agenda_line(item: AgendaItem, names: DirectoryNames, lit: Lit | None) -> str:
    reasons = "、".join(_reason(r, lit) for r in item.reasons)
    why = f"：{clean_text(item.text)}" if item.text else ""
    now = f"。{lit.light.label}灯，{light_reason(lit)}" if lit else ""
    return f"{_item(item, names)}【{reasons}】{why}{now}。"


def _reason(reason: AgendaReason, lit: Lit | None) -> str:
    """Why an item came onto the agenda; what was red then may not be red any more."""
    gone = reason is AgendaReason.RED and lit is not None and lit.light is not Light.RED
    return f"{reason.label}（现已转{lit.light.label}灯）" if gone and lit else reason.label


def _item(item: AgendaItem, names: DirectoryNames) -> str:
    """推进国际交流中心建设（XMH-2022-007，汇报单位：区住房和建设局）."""
    unit = f"汇报单位：{names.unit(item.lead)}" if item.lead else None
    details = "，".join(filter(None, (item.number, unit)))
    return f"{clean_text(item.title)}（{details}）" if details else clean_text(item.title)


def _when(instant: datetime) -> str:
    """2022年3月31日（星期四）9时30分."""
    day = local_date(instant)
    on = full_date(day)
    return f"{on}（星期{WEEKDAYS[day.weekday()]}）{moment_in_words(instant).removeprefix(on)}"


# --- 会议通知


class MovedMeeting(Frozen):
    """改期: when the meeting was to be before, and why it is not."""

    since: datetime
    reason: str


def last_rescheduling(events: Iterable[Recorded]) -> MovedMeeting | None:
    """The newest 改期 among the events of a meeting; None when it is still where it was convened."""
    starts, move = None, None
    for event in map(decode, events):
        if isinstance(event, MeetingMoved) and starts is not None:
            move = MovedMeeting(since=starts, reason=event.reason)
        if isinstance(event, MeetingConvened | MeetingMoved):
            starts = event.starts
    return move


def notice_page(
    meeting: Meeting,
    items: Sequence[AgendaItem],
    names: DirectoryNames,
    calendar: WorkCalendar,
    now: datetime,
    moved: MovedMeeting | None = None,
) -> Page:
    """会议通知, to the units that report: when, where, who, about what, and what has to be done until then.

    Raises:
        Refusal: `nothing_to_say`, when nobody can be called to the meeting any more.
    """
    _still_to_come(meeting, now)
    shown = [i for i in items if i.dropped is None]
    title = clean_text(meeting.title)
    return Page(
        layout=Layout.PAPER,
        masthead=f"{names.issuer}会议通知",
        issue=meeting.number,
        issuer=names.issuer,
        on=local_date(now),
        title=f"关于{title}改期的通知" if moved else f"关于召开{title}的通知",
        addressee="、".join(_invited(meeting, shown, names)) or EVERYBODY_CONCERNED,
        sections=(
            Section(title="", blocks=(Paragraph(text=_opening(meeting, moved)),)),
            *_arrangements(meeting, shown, names),
            Section(title="会议议题", blocks=_about(meeting, shown, names)),
            Section(title="有关要求", blocks=(Items(items=tuple(_asked(meeting, shown, names, calendar))),)),
        ),
        imprint=Imprint(),
    )


def _still_to_come(meeting: Meeting, now: datetime) -> None:
    called = f"{meeting.number} {meeting.stage.label}"
    refuse(
        meeting.stage is MeetingStage.CANCELLED,
        f"{called}（{clean_text(meeting.cancelled or '')}），不能发会议通知",
        "nothing_to_say",
    )
    before = (MeetingStage.SCHEDULED, MeetingStage.FROZEN)
    refuse(
        meeting.stage not in before,
        f"{called}，不再发会议通知；议定事项见 xmh meeting minutes {meeting.number}",
        "nothing_to_say",
    )
    refuse(
        meeting.starts <= now,
        f"{meeting.number} 定于{moment_in_words(meeting.starts)}召开，时间已过；"
        "请先用 xmh meeting move 改期，再发会议通知",
        "nothing_to_say",
    )


def _opening(meeting: Meeting, moved: MovedMeeting | None) -> str:
    title, day = clean_text(meeting.title), full_date(local_date(meeting.starts))
    if moved is None and meeting.called_because is not None:
        why, at_once = clean_text(meeting.called_because).removeprefix("因"), "临时" if meeting.emergency else ""
        return f"因{why}，定于{day}{at_once}召开{title}，现将有关事项通知如下："
    if moved is None:
        return f"定于{day}召开{title}，现将有关事项通知如下："
    return (
        f"原定于{_when(moved.since)}召开的{title}改期至{day}召开（{clean_text(moved.reason)}），现将有关事项通知如下："
    )


def _invited(meeting: Meeting, items: Sequence[AgendaItem], names: DirectoryNames) -> list[str]:
    """The units that report, and those of people who are known to come; the office invites, it is not invited."""
    coming = (*meeting.attendance.present, *meeting.attendance.observers)
    units = [*(i.lead for i in items), *(names.people[p].unit for p in coming if p in names.people)]
    return [names.unit(u) for u in dict.fromkeys(units) if u and u != OFFICE_UNIT]


def _arrangements(meeting: Meeting, items: Sequence[AgendaItem], names: DirectoryNames) -> tuple[Section, ...]:
    coming = names.listed((*meeting.attendance.present, *meeting.attendance.observers))
    whom = "主送单位" if _invited(meeting, items, names) else EVERYBODY_CONCERNED
    chair = f"{names.person(meeting.chair)}主持，" if meeting.chair else ""
    arrangements = (
        ("会议时间", _when(meeting.starts)),
        ("会议地点", clean_text(meeting.place) if meeting.place else "另行通知"),
        ("参会人员", f"{chair}{whom}负责同志和联络员参加{f'；{coming}' if coming else ''}"),
    )
    return tuple(Section(title=label, blocks=(Paragraph(text=f"{text}。"),)) for label, text in arrangements)


def _about(meeting: Meeting, items: Sequence[AgendaItem], names: DirectoryNames) -> tuple[Block, ...]:
    lines = numbered_lines((i.no, f"{_item(i, names)}。") for i in items)
    later = "议题另行通知。" if meeting.stage is MeetingStage.FROZEN else "议题确定后另行通知。"
    return lines or (Paragraph(text=later),)


def _asked(meeting: Meeting, items: Sequence[AgendaItem], names: DirectoryNames, calendar: WorkCalendar) -> list[str]:
    """What who comes has to do; the papers are wanted before the agenda is fixed."""
    until = moment_in_words(materials_due(meeting, calendar))
    fixed = "，届时议题即行确定" if meeting.materials_by is None else ""
    papers = f"请汇报单位于{until}前将汇报材料报送指挥部办公室{fixed}。"
    if meeting.stage is MeetingStage.FROZEN:
        known = "议题已经确定，汇报材料尚未报送的，" if items else "需要汇报的，"
        papers = f"{known}请汇报单位于会前将汇报材料报送指挥部办公室。"
    secretary = names.people.get(meeting.secretary)
    phone = f"，电话：{secretary.phone}" if secretary and secretary.phone else ""
    return [
        papers,
        "请参会人员提前10分钟到会签到；因故不能参会的，请于会前请假并明确代会人。",
        f"联系人：{names.person(meeting.secretary)}{phone}。",
    ]
