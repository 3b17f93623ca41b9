"""What a unit that is called to a meeting hands in for it: its 参会回执, and 汇报材料. The office may enter either."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.base import FieldRefusal, refuse
from domain.meetings import commands as m
from domain.meetings.meeting import AgendaItem, Leave, Meeting
from domain.meetings.rules import BEFORE
from domain.meetings.terms import MeetingStage
from domain.terms import IN_UNIT, ReportChannel, Role
from eventlog import reading
from intake.sheets import split_names
from views.meetings import ids_by_name, own_people_only
from web.forms import FormField, seen_mark
from web.pages.rendering import Visitor
from web.pages.submitting import Given, files_in

COMING, LEAVE = "coming", "leave"
REPLIES = ((COMING, "参会"), (LEAVE, "请假"))
OF_UNITS = (m.ReplyToNotice, m.HandInMaterial)
_SIGNED = frozenset({MeetingStage.SIGNED, MeetingStage.CLOSED, MeetingStage.CANCELLED, MeetingStage.RECORDED})


@dataclass(frozen=True)
class ReplyRow:
    """A person as a unit's 回执 has him."""

    id: str
    name: str
    way: str
    """`coming`, `leave`, or nothing."""
    reason: str = ""
    substitute: str = ""


def answers_for(visitor: Visitor) -> str | None:
    """The unit whose 回执 and 汇报材料 are his to hand in; None of the office and leaders, who have no part."""
    return visitor.person.unit if visitor.person.role in IN_UNIT else None


def check_called(visitor: Visitor, meeting: Meeting, unit: str) -> None:
    """Refuse the 回执 of a unit that is not called: his own, or the one the office answers for.

    Raises:
        Refusal: `not_found`.
    """
    stranger = (answers_for(visitor) or unit) not in meeting.reporting_units
    refuse(stranger, f"{meeting.number} 没有该单位汇报的议题，无须回执", "not_found")


def replied(meeting: Meeting, unit: str) -> str:
    """What a unit has answered, as a form says that it was seen."""
    known = meeting.reply_of(unit)
    return seen_mark(known.model_dump_json() if known else "")


def owes(meeting: Meeting, unit: str) -> list[type[m.ReplyToNotice | m.HandInMaterial]]:
    """What a unit may hand in for a meeting now."""
    called = unit in meeting.reporting_units
    now: list[type[m.ReplyToNotice | m.HandInMaterial]] = []
    if called and meeting.stage in BEFORE:
        now.append(m.ReplyToNotice)
    if meeting.stage not in _SIGNED and _items(meeting, unit):
        now.append(m.HandInMaterial)
    return now


def reply_fields(visitor: Visitor, meeting: Meeting, kind: type[object]) -> Iterable[FormField]:
    """What either form asks beside people and files."""
    if kind is m.ReplyToNotice and visitor.person.role is Role.OFFICE:
        ways = tuple((way.value, way.label) for way in ReportChannel)
        yield FormField("via", "怎样收到的", "choice", required=True, options=ways)
    if kind is m.HandInMaterial:
        options = tuple(
            (i.key, f"{i.no}．{i.title}" if i.no else i.title) for i in _items(meeting, answers_for(visitor))
        )
        yield FormField("key", "哪一项议题", "choice", required=True, options=options)
        yield FormField("attachments", "汇报材料", "files", required=True)


def reply_rows(visitor: Visitor, meeting: Meeting, unit: str) -> list[ReplyRow]:
    """The people of a unit, each as its newest 回执 has him, and whoever else that speaks of."""
    names = {p.id: p.name for p in reading.people(visitor.viewer.database, former=True)}
    people = [p.id for p in reading.people(visitor.viewer.database) if p.unit == unit]
    known = meeting.reply_of(unit)
    away = {x.person: x for x in known.leave} if known else {}
    coming = known.coming if known else ()
    rows = []
    for person in dict.fromkeys([*people, *coming, *away]):
        way = COMING if person in coming else LEAVE if person in away else ""
        leave = away.get(person)
        instead = leave.substitute or "" if leave else ""
        reason = leave.reason if leave else ""
        rows.append(ReplyRow(person, names.get(person, person), way, reason, names.get(instead, instead)))
    return rows


def reply_meant(visitor: Visitor, meeting: Meeting, given: Given) -> m.ReplyToNotice:
    """The 回执 a filled-in form means.

    Raises:
        FieldRefusal: somebody is away without a reason.
        Refusal: somebody named is another unit's; `precondition`: it was answered anew since the form was opened.
    """
    unit = answers_for(visitor) or given["unit"]
    ids = ids_by_name(visitor.viewer.database, unit)
    names = {row.id: row.name for row in reply_rows(visitor, meeting, unit)}
    ways, why, instead = (given.of(block).fields for block in ("who", "why", "instead"))
    coming = [p for p, way in ways.items() if way == COMING]
    coming += [ids.get(name, name) for name in split_names(given[f"others.{COMING}"])]
    leave = []
    for person in (p for p, way in ways.items() if way == LEAVE):
        reason, other = why.get(person, "").strip(), instead.get(person, "").strip()
        if not reason:
            raise FieldRefusal(f"why.{person}", f"请写明{names.get(person, person)}的请假事由")
        leave.append(Leave(person=person, reason=reason, substitute=ids.get(other, other) or None))
    via = ReportChannel.from_label(given["via"]) if given["via"] else None
    named = [*coming, *(p for x in leave for p in (x.person, x.substitute or ""))]
    own_people_only(visitor.viewer, named, unit)
    meant = m.ReplyToNotice(unit=unit, coming=tuple(dict.fromkeys(coming)), leave=tuple(leave), via=via)
    _check_seen(visitor, meeting, meant, given["replied"])
    return meant


def _check_seen(visitor: Visitor, meeting: Meeting, meant: m.ReplyToNotice, seen: str) -> None:
    known = meeting.reply_of(meant.unit)
    if known is None or seen in ("", replied(meeting, meant.unit)):
        return
    names = {p.id: p.name for p in reading.people(visitor.viewer.database, former=True)}
    away = [x.person for x in known.leave]
    now = "；".join(
        label + "、".join(names.get(p, p) for p in people) for label, people in (("参会", known.coming), ("请假", away))
    )
    changed = (known.coming, known.leave) != (meant.coming, meant.leave)
    refuse(changed, f"打开本页以后，本单位已另有回执（{now}）；请核对后再报", "precondition")


def material_meant(visitor: Visitor, meeting: Meeting, given: Given) -> m.HandInMaterial:
    """The 汇报材料 a filled-in form means.

    Raises:
        FieldRefusal: the item is not on the agenda, or no file is named.
    """
    item = next((i for i in _items(meeting, answers_for(visitor)) if i.key == given["key"]), None)
    if item is None:
        raise FieldRefusal("key", "议题里没有这一项，请重新选择")
    viewer = visitor.viewer
    files = files_in(viewer.database, viewer.actor.id, given, "attachments", viewer.now)
    if not files:
        raise FieldRefusal("attachments", "请选择要报送的材料")
    unit = answers_for(visitor) or item.lead or ""
    return m.HandInMaterial(key=item.key, title=item.title, unit=unit, attachments=files)


def _items(meeting: Meeting, unit: str | None) -> list[AgendaItem]:
    """The items a unit reports on, or any unit does."""
    items = meeting.items or meeting.added
    return [i for i in items if i.dropped is None and i.lead is not None and unit in (None, i.lead)]
