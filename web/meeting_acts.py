"""What may be done with a meeting, as pages name it, and the command of what was filled in.

The forms are those of matters (`web/forms.py`), made of the command models; what a model holds as a value of its own
(an item, an order, who came) has fields of ours. Who may, and when, the meeting's rules say.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from activities.agenda import assembled_agenda
from documents.meetings.calling import DirectoryNames
from domain.base import FieldRefusal, Frozen, Refusal, refuse
from domain.bounds import cleaned
from domain.envelope import OnBehalf
from domain.meetings import commands as m
from domain.meetings.agenda import arranged_agenda
from domain.meetings.meeting import AgendaItem, Attendance, Meeting
from domain.meetings.terms import Delivery, MeetingStage
from domain.terms import Role
from eventlog import reading
from intake.sheets import split_names
from views.acting import PossibleAct
from web.acts import Act
from web.asking import the_matter, whole_number
from web.forms import Filling, FormField, check_filled, command_of, fields_of, seen_mark
from web.labels import BY_HAND
from web.meeting_replies import (
    OF_UNITS,
    REPLIES,
    answers_for,
    check_called,
    material_meant,
    owes,
    replied,
    reply_fields,
    reply_meant,
    reply_rows,
)
from web.pages.rendering import Visitor
from web.pages.submitting import Given

MEETING_ACTS: tuple[Act, ...] = (
    Act(m.AddItem, "增列议题"),
    Act(m.DropItem, "撤下议题", ("reason",)),
    Act(m.OrderItems, "调整议题次序"),
    Act(m.FreezeAgenda, "确定议题", (), "确定后逐项编号，仍可增列、撤下，不再调整次序；到期没有确定的自动确定。"),
    Act(m.MoveMeeting, "改期", ("starts", "reason", "off_day")),
    Act(m.CancelMeeting, "取消会议", ("reason",)),
    Act(m.OpenMeeting, "召开", ("chair",)),
    Act(m.RecordAttendance, "登记出席"),
    Act(
        m.DecideItem,
        "记录议定",
        ("item", "outcome", "text", "subject", "lead", "assist", "due", "matter_point", "new_title", "urgent"),
    ),
    Act(m.WithdrawPoint, "撤回议定", ("point", "reason"), "还没有生效的才能撤回。"),
    Act(m.SignMinutes, "签发纪要", ("over", "despite"), "签发后议定事项即行生效，落实到各事项。"),
    Act(m.SendAgain, "再次落实", ("point",)),
    Act(m.WaiveOutcome, "不再落实", ("point", "reason")),
    Act(m.ReplyToNotice, "参会回执", (), "再报一次即更新；请假的写明事由。"),
    Act(m.HandInMaterial, "报送汇报材料", (), "超过报送时限的记为迟报。"),
)
"""Those of the clock have no form; a meeting is called on a page of its own (`web/pages/convening.py`)."""
BY_NAME = {act.do: act for act in MEETING_ACTS}
PLACED = frozenset({"item", "point", "unit"})
"""Fields that say where on the page a form stands; nobody types them."""
OF_THE_CHAIR: frozenset[type[Frozen]] = frozenset({m.DecideItem, m.SendAgain})
"""Decided by the chair, and typed by the office."""
_MEANT_WHEN: dict[MeetingStage, tuple[type[Frozen], ...]] = {
    MeetingStage.SCHEDULED: (
        m.AddItem,
        m.DropItem,
        m.OrderItems,
        m.FreezeAgenda,
        m.MoveMeeting,
        m.CancelMeeting,
    ),
    MeetingStage.FROZEN: (
        m.OpenMeeting,
        m.RecordAttendance,
        m.AddItem,
        m.DropItem,
        m.MoveMeeting,
        m.CancelMeeting,
    ),
    MeetingStage.IN_SESSION: (m.RecordAttendance, m.AddItem, m.DropItem, m.SignMinutes),
}
"""What stands under a meeting at each stage; what is done to one item or one decision stands beside it."""
_NUMBER = re.compile(r"[A-Za-z]{2,8}-\d{4}-\d{1,6}", re.ASCII)
_WAYS = (("present", "出席"), ("observers", "列席"), ("leave", "请假"))
MOST_BESIDE = 60


@dataclass(frozen=True)
class MeetingForm:
    """A form before somebody: what is asked, and of which meeting."""

    act: Act
    meeting: Meeting
    fields: tuple[FormField, ...]
    possible: PossibleAct = field(default_factory=lambda: PossibleAct("", None))


def names_of(visitor: Visitor) -> DirectoryNames:
    """What units and people are called, those who left too."""
    database = visitor.viewer.database
    return DirectoryNames.of(reading.units(database), reading.people(database, former=True))


def items_of(visitor: Visitor, meeting: Meeting, *, past: bool = False) -> tuple[AgendaItem, ...]:
    """The agenda as it stands; before it is fixed, what the log proposes, for who prepares it.

    Of a past day what was added by then: nobody prepares it any more.
    """
    if meeting.items or not visitor.viewer.rights.whole:
        return meeting.items
    if past:
        return arranged_agenda(meeting, ())
    return arranged_agenda(meeting, assembled_agenda(visitor.viewer.database, meeting.stream).items)


def may_act(visitor: Visitor) -> bool:
    """Whether he keeps meetings, and it is today that he looks at."""
    return visitor.person.role in (Role.OFFICE, Role.LEADER) and visitor.day is None


def acts_now(visitor: Visitor, meeting: Meeting) -> list[Act]:
    """What stands under the meeting for him."""
    unit = answers_for(visitor)
    if unit is not None:
        owed = owes(meeting, unit) if visitor.day is None else ()
        return [act for kind in owed for act in MEETING_ACTS if act.kind is kind]
    kinds = _MEANT_WHEN.get(meeting.stage, ()) if may_act(visitor) else ()
    signs = visitor.person.role is Role.LEADER or visitor.person.id == meeting.chair
    return [act for kind in kinds for act in MEETING_ACTS if act.kind is kind and (kind is not m.SignMinutes or signs)]


def free_points(meeting: Meeting) -> frozenset[int]:
    """Decisions that may still be withdrawn."""
    if meeting.stage is not MeetingStage.IN_SESSION:
        return frozenset()
    free = (Delivery.WAITING, Delivery.NOTHING_TO_DO)
    return frozenset(p.no for p in meeting.standing_points if p.delivery in free)


def form_of(visitor: Visitor, meeting: Meeting, do: str, unit: str = "") -> MeetingForm:
    """The form of an act.

    Raises:
        Refusal: `not_found`: there is none; `forbidden`: not for him.
    """
    act = BY_NAME.get(do)
    if act is None:
        raise Refusal("没有这一项", "not_found")
    refuse(visitor.day is not None, "这里只供查看过去某一天的情况，不能办理", "read_only")
    of_unit = act.kind in OF_UNITS and answers_for(visitor) is not None
    refuse(not of_unit and not may_act(visitor), "会议由办公室和领导办理", "forbidden")
    if act.kind is m.ReplyToNotice:
        check_called(visitor, meeting, unit)
    asked = (_plain(f) for f in fields_of(act, Filling(visitor.viewer, None)) if f.name not in PLACED)
    return MeetingForm(act, meeting, (*_own_fields(visitor, meeting, act), *asked))


def _plain(asked: FormField) -> FormField:
    """A date is typed as it is said: 12月23日, 下周五."""
    return replace(asked, kind="line") if asked.kind == "date" else asked


def _own_fields(visitor: Visitor, meeting: Meeting, act: Act) -> Iterable[FormField]:
    match act.kind:
        case m.AddItem:
            yield FormField("words", BY_HAND["/meetings/{no}/do/{do}"]["words"], "line", required=True)
        case m.OrderItems:
            yield FormField("order", BY_HAND["/meetings/{no}/do/{do}"]["order"], "line", required=True)
        case m.DropItem:
            items = [i for i in items_of(visitor, meeting) if i.dropped is None]
            options = tuple((i.key, f"{i.no}．{i.title}") for i in items)
            yield FormField("key", "撤下哪一项", "choice", required=True, options=options)
        case m.ReplyToNotice | m.HandInMaterial:
            yield from reply_fields(visitor, meeting, act.kind)


def expected(visitor: Visitor, meeting: Meeting) -> list[tuple[str, str, str]]:
    """Who may come, by id, with name and unit: leaders, the office, and those of the units that report."""
    people, units = reading.people(visitor.viewer.database), set(meeting.reporting_units)
    known = [p for p in people if p.role in (Role.LEADER, Role.OFFICE) or p.unit in units]
    return [(p.id, p.name, visitor.viewer.units(p.unit or "")) for p in known][:MOST_BESIDE]


def came(meeting: Meeting) -> dict[str, str]:
    """How each person stands: as recorded, else as his unit replied."""
    known = meeting.attendance if meeting.attendance != Attendance() else meeting.answered
    return {person: way for way, _ in _WAYS for person in getattr(known, way)}


def beside(visitor: Visitor, meeting: Meeting) -> dict[str, str]:
    """By way, who came and is not among those to be tapped, as `others.*` names them."""
    tapped = {person for person, _, _ in expected(visitor, meeting)}
    names, known = names_of(visitor), came(meeting)
    ways = ((w, [names.person(p) for p, way in known.items() if way == w and p not in tapped]) for w, _ in _WAYS)
    return {way: "、".join(people) for way, people in ways}


def recorded(meeting: Meeting) -> str:
    """What was recorded of who came, as a form says that it was seen."""
    return seen_mark(meeting.attendance.model_dump_json())


# --- what was filled in


def command_meant(visitor: Visitor, form: MeetingForm, given: Given) -> m.MeetingCommand:
    """The command a filled-in form means.

    Raises:
        FieldRefusal: a field is empty, or cannot be understood.
    """
    check_filled(form.fields, given)
    own = _own_command(visitor, form, given)
    command: m.MeetingCommand = own or command_of(form.act, given, Filling(visitor.viewer, None))
    return command


def _own_command(visitor: Visitor, form: MeetingForm, given: Given) -> m.MeetingCommand | None:
    """The command of a form with fields of ours; None where they are the model's."""
    meeting = form.meeting
    match form.act.kind:
        case m.AddItem:
            return m.AddItem(item=_item(visitor, given["words"]))
        case m.OrderItems:
            return m.OrderItems(order=_order(visitor, meeting, given))
        case m.DropItem:
            item = next((i for i in items_of(visitor, meeting) if i.key == given["key"]), None)
            if item is None:
                raise FieldRefusal("key", "议题里没有这一项，请重新选择")
            return m.DropItem(key=item.key, title=item.title, reason=given["reason"])
        case m.FreezeAgenda:
            assembled = assembled_agenda(visitor.viewer.database, meeting.stream)
            return m.FreezeAgenda(proposed=assembled.items, position=assembled.position)
        case m.RecordAttendance:
            return m.RecordAttendance(attendance=_attendance(visitor, meeting, given))
        case m.ReplyToNotice:
            return reply_meant(visitor, meeting, given)
        case m.HandInMaterial:
            return material_meant(visitor, meeting, given)
        case _:
            return None


def _item(visitor: Visitor, text: str) -> AgendaItem:
    """A matter by its number, else an item of its own."""
    if not _NUMBER.fullmatch(text):
        return AgendaItem(key=text, title=text)
    try:
        matter = the_matter(visitor.viewer, text)
    except Refusal as refusal:
        raise FieldRefusal("words", refusal.message) from refusal
    return AgendaItem(
        key=matter.stream, title=matter.title, matter=matter.stream, number=matter.number, lead=matter.lead
    )


def _order(visitor: Visitor, meeting: Meeting, given: Given) -> tuple[str, ...]:
    """The items that numbers name on the agenda as it was shown, whatever came onto it since.

    Raises:
        FieldRefusal: they name none, or one that was dropped.
        Refusal: `precondition`: somebody else put the agenda in order since the form was opened.
    """
    shown, now = shown_agenda(visitor, meeting, given), items_of(visitor, meeting)
    numbers = [whole_number(part) for part in split_names(given["order"].replace(" ", "、"))]
    unknown = not numbers or any(no is None or not 0 < no <= len(shown) for no in numbers)
    if unknown:
        raise FieldRefusal("order", f"次序应写成 3、1、2 的样子，各项的序号在 1 至 {len(shown)} 之间")
    keys = tuple(dict.fromkeys(shown[no - 1][0] for no in numbers if no is not None))
    for no, (key, title) in enumerate(shown, 1):
        if key in keys and all(item.key != key for item in now):
            raise FieldRefusal("order", f"第{no}项“{title}”已撤下，请不要再写它")
    changed = given["ordered"] not in ("", seen_mark(meeting.order)) and keys != meeting.order
    refuse(changed, "打开本页以后，已另有人调整次序；下面是现在的次序，请核对后再调整", "precondition")
    return keys


def shown_agenda(visitor: Visitor, meeting: Meeting, given: Given) -> list[tuple[str, str]]:
    """Key and title of each item, in the order in which the form that was filled in showed them; else as they stand."""
    titles = {item.key: item.title for item in items_of(visitor, meeting)}
    try:
        shown = [str(key) for key in json.loads(given["listed"] or "[]")]
    except (ValueError, TypeError):  # by a form of nobody's
        shown = []
    return [(key, titles.get(key, "已撤下")) for key in shown] or list(titles.items())


def _attendance(visitor: Visitor, meeting: Meeting, given: Given) -> Attendance:
    """Who was tapped, and who was written beside them.

    Raises:
        Refusal: `precondition`: somebody else recorded it since the form was opened.
    """
    names = names_of(visitor)
    ids = {p.name: p.id for p in reading.people(visitor.viewer.database)}
    ids |= {names.person(person): person for person in came(meeting)}
    ways: dict[str, list[str]] = {way: [] for way, _ in _WAYS}
    for person, way in given.of("who").fields.items():
        if way in ways:
            ways[way].append(person)
    for way, _ in _WAYS:
        ways[way] += [ids.get(name, name) for name in split_names(given[f"others.{way}"])]
    meant = cleaned(Attendance(**{way: tuple(dict.fromkeys(people)) for way, people in ways.items()}))
    changed = given["recorded"] not in ("", recorded(meeting)) and meant != meeting.attendance
    if changed:
        now = "；".join(label + names.listed(getattr(meeting.attendance, way)) for way, label in _WAYS)
        raise Refusal(f"打开本页以后，已另有人登记出席（{now}）；请核对后再登记", "precondition")
    return meant


def decider(visitor: Visitor, meeting: Meeting, command: m.MeetingCommand) -> OnBehalf | None:
    """For whom the office types what the chair decides; None when he acts in his own name."""
    chair = reading.person(visitor.viewer.database, meeting.chair or "")
    types = visitor.person.role is Role.OFFICE and chair is not None and chair.id != visitor.person.id
    if type(command) not in OF_THE_CHAIR or not types or chair is None:
        return None
    return OnBehalf(id=chair.id, role=chair.role, unit=chair.unit, paper=f"{meeting.number}会议记录")


def form_values(visitor: Visitor, form: MeetingForm, given: Given) -> dict[str, Any]:
    """What the template of a form knows of the meeting, beside what every form has (`refilled`)."""
    agenda = shown_agenda(visitor, form.meeting, given) if form.act.kind is m.OrderItems else []
    unit = answers_for(visitor) or given["unit"]
    return {
        "replied": given["replied"] or replied(form.meeting, unit),
        "replies": reply_rows(visitor, form.meeting, unit) if form.act.kind is m.ReplyToNotice else (),
        "reply_ways": REPLIES,
        "of_unit": visitor.viewer.units(unit) if unit and form.act.kind is m.ReplyToNotice else "",
        "agenda": [title for _, title in agenda],
        "listed": json.dumps([key for key, _ in agenda], ensure_ascii=False),
        "ordered": given["ordered"] or seen_mark(form.meeting.order),
        "form": form,
        "fields": form.fields,
        "leaders": (),
        "may_be_secret": form.act.kind in (m.DecideItem, m.WithdrawPoint, m.WaiveOutcome),
        "people": expected(visitor, form.meeting) if form.act.kind is m.RecordAttendance else (),
        "came": came(form.meeting),
        "beside": beside(visitor, form.meeting) if form.act.kind is m.RecordAttendance else {},
        "recorded": given["recorded"] or recorded(form.meeting),
        "ways": _WAYS,
    }
