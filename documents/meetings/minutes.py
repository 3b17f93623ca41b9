"""会议纪要 (GB/T 9704-2012 10.3: no 主送, attendance after the text), and what one 议定事项 says."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby

from documents.formats.press import GB_2, GB_3, GB_4, GB_5, GB_6, GB_7, LAYOUT
from documents.meetings.calling import DirectoryNames, numbered_lines
from documents.page import Block, Imprint, Layout, Page, Paragraph, Roll, Section, headed, section
from documents.wording import clean_text, day_in, full_date, in_quotation_marks, moment_in_words, sentence
from domain.base import refuse
from domain.calendar import local_date
from domain.meetings.meeting import AgendaItem, DecisionPoint, Meeting
from domain.meetings.terms import MeetingStage, Outcome

TEMPLATE = f"{LAYOUT}/minutes-7"
WORDINGS: Mapping[str, str] = {
    f"{GB_2}/minutes-1": GB_2,
    f"{GB_3}/minutes-2": GB_3,
    f"{GB_4}/minutes-3": GB_4,
    f"{GB_5}/minutes-4": GB_5,
    f"{GB_6}/minutes-5": GB_6,
    f"{GB_7}/minutes-6": GB_7,
    TEMPLATE: LAYOUT,
}
"""The layout a wording belongs to; by those of before their minutes are printed again."""
UNSIGNED = "（未签发）"


def minutes_page(meeting: Meeting, names: DirectoryNames, on: date, layout: str = LAYOUT) -> Page:
    """会议纪要: what was decided on each item, by whom and by when; then who was there. `on` dates unsigned ones.

    In the wording of the layout.

    Raises:
        Refusal: `nothing_to_say`, of a meeting that was not held, or held elsewhere.
    """
    held = (MeetingStage.IN_SESSION, MeetingStage.SIGNED, MeetingStage.CLOSED)
    refuse(meeting.stage not in held, f"{meeting.number} {meeting.stage.label}，没有会议纪要", "nothing_to_say")
    signed, former = meeting.minutes, layout == GB_2
    return Page(
        layout=Layout.MINUTES,
        masthead=f"{meeting.series_name}纪要",
        issue=signed.no if signed else UNSIGNED,
        issuer=names.issuer,
        on=signed.on if signed else on,
        title=f"{meeting.name}纪要",
        sections=(
            _held(meeting, names, former=former),
            _decided(meeting, names, layout),
            _attendance(meeting, names),
        ),
        signer=names.person(signed.signer) if signed and former else None,
        imprint=Imprint(below=tuple(_obliged(meeting, names))),
    )


def _held(meeting: Meeting, names: DirectoryNames, *, former: bool) -> Section:
    where = f"在{clean_text(meeting.place)}" if meeting.place else ""
    chair = f"{names.person(meeting.chair)}{where}主持" if meeting.chair else where
    about = "" if meeting.title in meeting.name else f"（{clean_text(meeting.title)}）"
    taken = sum(i.dropped is None for i in meeting.items) - (0 if former else len(_untouched(meeting)))
    standing = len(meeting.standing_points)
    result = f"形成议定事项{standing}项，现纪要如下" if standing else "没有形成议定事项"
    return section(
        "会议情况",
        (
            Paragraph(text=f"{moment_in_words(meeting.starts)}，{chair}召开{meeting.name}{about}。"),
            Paragraph(text=f"会议研究议题{taken}项，{result}。"),
        ),
    )


# --- 议定事项


def _untouched(meeting: Meeting) -> list[AgendaItem]:
    """The items of the agenda the meeting came to no outcome on."""
    decided = {p.item for p in meeting.standing_points}
    return [i for i in meeting.items if i.dropped is None and i.no not in decided]


def _decided(meeting: Meeting, names: DirectoryNames, layout: str) -> Section:
    """The points in the order of their numbers, which run through the minutes: 第2项 names one of them."""
    parts: list[Block] = []
    headings: set[int] = set()
    for no, points in groupby(meeting.standing_points, key=lambda p: p.item):
        item = meeting.item(no)
        number = f"（{item.number}）" if item and item.number else ""
        again = "（续议）" if no in headings else ""
        headings.add(no)
        lines = numbered_lines((p.no, _WORDS[layout](meeting, p, names)) for p in points)
        title = clean_text(item.title) if item else ""
        parts += headed(f"关于{title.removeprefix('关于')}{number}{again}", *lines)
    withdrawn = "、".join(str(p.no) for p in meeting.points if p.withdrawn is not None)
    gap = f"第{withdrawn}项议定已经撤回，序号不再使用。"
    left = () if layout == GB_2 else tuple(Paragraph(text=line) for line in _not_taken(meeting, layout))
    return section("议定事项", tuple(parts), (Paragraph(text=gap),) if withdrawn else (), left)


def _not_taken(meeting: Meeting, layout: str) -> Iterator[str]:
    """Of every item its outcome, or that there was none; between marks of quotation stands no 、 (GB/T 15834)."""
    titles = ("、" if layout == GB_3 else "").join(in_quotation_marks(clean_text(i.title)) for i in _untouched(meeting))
    if titles:
        yield f"议题{titles}本次未议。"


def decision_sentence(meeting: Meeting, point: DecisionPoint, names: DirectoryNames) -> str:
    """One 议定事项 as a sentence: 会议议定，新立项“…”，由区住房和建设局负责，于5月31日前完成：移交前统一清理。"""
    verb = _VERBS.get(point.outcome, f"会议议定{point.outcome.label}")
    lead = _lead(meeting, point)
    facts = (
        f"{verb}{_about(point)}",
        f"由{names.unit(lead)}负责" if lead else "",
        f"{'、'.join(names.unit(u.id) for u in point.assist)}配合" if point.assist else "",
        f"于{full_date(point.due)}前完成" if point.due else "",
    )
    return f"{'，'.join(filter(None, facts))}：{sentence(point.text)}"


_VERBS = {
    Outcome.AGREED: "会议同意",
    Outcome.AGREED_IN_PRINCIPLE: "会议原则同意",
    Outcome.DISAGREED: "会议不同意",
    Outcome.DEFERRED: "会议认为须缓议",
    Outcome.LIMITED: "会议要求限期办理",
    Outcome.CONTINUED: "会议要求继续推进",
    Outcome.HEARD: "会议听取汇报",
}
"""会议认为, 会议要求, 会议议定: which an outcome is; the others are 会议议定 with their name."""


def _about(point: DecisionPoint) -> str:
    """What was asked of the meeting, the point of a matter, or the title of a new one."""
    if point.new:
        return f"“{clean_text(point.new.title)}”"
    return point.subject.label if point.subject else f"要点{point.matter_point}" if point.matter_point else ""


def _sentence_of_gb3(meeting: Meeting, point: DecisionPoint, names: DirectoryNames) -> str:
    """As minutes-2 worded it; nobody mends it."""
    lead = _lead(meeting, point)
    facts = (
        f"由{names.unit(lead)}负责" if lead else "",
        f"{'、'.join(names.unit(u.id) for u in point.assist)}配合" if point.assist else "",
        f"于{full_date(point.due)}前完成" if point.due else "",
    )
    who = "，".join(filter(None, facts))
    subject = point.subject.label if point.subject else f"要点{point.matter_point}" if point.matter_point else ""
    new = f"“{clean_text(point.new.title)}”" if point.new else ""
    return f"会议议定，{point.outcome.label}{subject}{new}：{sentence(point.text)}{f'{who}。' if who else ''}"


def decision_line(meeting: Meeting, point: DecisionPoint, names: DirectoryNames) -> str:
    """One 议定事项 in the minutes: 同意延期：…（责任单位：…；配合单位：…；时限：…）。"""
    lead = _lead(meeting, point)
    facts = [
        ("责任单位", names.unit(lead) if lead else ""),
        ("配合单位", "、".join(names.unit(u.id) for u in point.assist)),
        ("时限", day_in(point.due, local_date(meeting.starts).year) if point.due else ""),
    ]
    details = "；".join(f"{label}：{value}" for label, value in facts if value)
    subject = point.subject.label if point.subject else f"要点{point.matter_point}" if point.matter_point else ""
    new = f"“{clean_text(point.new.title)}”" if point.new else ""
    return f"{point.outcome.label}{subject}{new}：{sentence(point.text)}{f'（{details}）' if details else ''}"


_WORDS = {
    GB_2: decision_line,
    GB_3: _sentence_of_gb3,
    **dict.fromkeys((GB_4, GB_5, GB_6, GB_7, LAYOUT), decision_sentence),
}
"""How a layout words one 议定事项."""


def _lead(meeting: Meeting, point: DecisionPoint) -> str | None:
    """Who has to do it: the unit named, else the lead of the item's matter. A new matter has no lead but its own."""
    if point.lead is not None or point.new is not None:
        return point.lead.id if point.lead else None
    item = meeting.item(point.item)
    return item.lead if item else None


def _obliged(meeting: Meeting, names: DirectoryNames) -> Iterator[str]:
    """发: every unit that has something to do, once."""
    points = meeting.standing_points
    units = [u for p in points for u in (_lead(meeting, p), *(a.id for a in p.assist))]
    yield from (names.unit(u) for u in dict.fromkeys(units) if u)


# --- 参会人员


def _attendance(meeting: Meeting, names: DirectoryNames) -> Section:
    """出席、请假、列席 in the order of 10.3, each person with the unit; then who took the minutes."""
    attendance = meeting.attendance
    groups = (("出席", attendance.present), ("请假", attendance.leave), ("列席", attendance.observers))
    there = [Roll(label=label, names=names.listed(people)) for label, people in groups if people]
    instead = [
        f"{names.person(x.substitute)}代{names.person(x.person)}"
        for reply in meeting.replies
        for x in reply.leave
        if x.substitute in attendance.present and x.person in attendance.leave and x.substitute
    ]
    there += [Roll(label="代会", names="、".join(instead))] if instead else []
    record = Roll(label="记录", names=names.person(meeting.secretary))
    return Section(title="参会人员", blocks=(*(there or [Roll(label="出席", names="未登记")]), record))
