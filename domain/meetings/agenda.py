"""The agenda assembles itself from the log; the secretary adds, drops with a reason, and orders."""

from collections.abc import Iterable, Sequence

from domain.base import Frozen
from domain.calendar import local_date
from domain.facts import openly
from domain.lights import light
from domain.log import Rulebook
from domain.matter import Matter
from domain.meetings.meeting import AgendaItem, Meeting
from domain.meetings.series import Series
from domain.meetings.terms import AgendaReason, Delivery, Outcome
from domain.monthly import monthly_owed
from domain.terms import Light, Role, Rung, Stage

LASTING = frozenset({Outcome.CONTINUED, Outcome.LIMITED, Outcome.DEFERRED, Outcome.NEW_MATTER})
"""Outcomes that are done only when the matter is; the others are done the moment they reach it."""


class Assembled(Frozen):
    """What the log proposes for an agenda, and the position it was read at."""

    items: tuple[AgendaItem, ...] = ()
    position: int = 0


def propose_agenda(
    meeting: Meeting, series: Series, matters: Iterable[Matter], held: Iterable[Meeting], rulebook: Rulebook
) -> tuple[AgendaItem, ...]:
    """The agenda items the log proposes: every matter once, for all its reasons, under the first of them.

    Order: last meetings' unfinished points, matters escalated to the meeting, coordination asked for, red lights,
    extensions only a leader may grant, 重大 matters whose monthly push is owed.
    """
    unfinished = _unfinished(meeting, held)
    items = []
    for matter in sorted(matters, key=lambda m: m.number):
        reasons = tuple(r for r in series.agenda if _belongs(r, matter, unfinished, meeting, rulebook))
        if reasons:
            why = _why(reasons[0], matter, unfinished)
            items.append(
                AgendaItem(
                    key=matter.stream,
                    title=matter.title,
                    matter=matter.stream,
                    number=matter.number,
                    lead=matter.lead,
                    text=why,
                    reasons=reasons,
                )
            )
    return tuple(sorted(items, key=lambda i: (series.agenda.index(i.reasons[0]), i.number or "")))


def arranged_agenda(meeting: Meeting, proposed: Sequence[AgendaItem]) -> tuple[AgendaItem, ...]:
    """The agenda as it stands: proposals less what was dropped, what was added, in the secretary's order, numbered."""
    if meeting.items:
        return meeting.items
    kept = [i for i in proposed if i.key not in meeting.dropped and all(a.key != i.key for a in meeting.added)]
    items = [*kept, *meeting.added]
    place = {key: n for n, key in enumerate(meeting.order)}
    items.sort(key=lambda i: place.get(i.key, len(place)))
    return tuple(item.model_copy(update={"no": n}) for n, item in enumerate(items, start=1))


def _unfinished(meeting: Meeting, held: Iterable[Meeting]) -> dict[str, str]:
    """Matter → what earlier meetings of the series decided on it and is not done; the newest word of several."""
    earlier = sorted((m for m in held if m.series == meeting.series and m.opened_at), key=lambda m: m.starts)
    reasons: dict[str, str] = {}
    for past in earlier:
        if past.stream == meeting.stream:
            continue
        for point in past.standing_points:
            if point.matter and point.outcome in LASTING and point.delivery is not Delivery.WAIVED:
                reasons[point.matter] = f"{past.name}议定：{openly(point.text).rstrip('。')}"
    return reasons


def _belongs(
    reason: AgendaReason, matter: Matter, unfinished: dict[str, str], meeting: Meeting, rulebook: Rulebook
) -> bool:
    if matter.ended or matter.stage is Stage.SUSPENDED:
        return False
    match reason:
        case AgendaReason.UNFINISHED:
            return matter.stream in unfinished
        case AgendaReason.ESCALATED:
            return matter.rung is Rung.MEETING
        case AgendaReason.COORDINATION:
            return _wants_coordination(matter)
        case AgendaReason.RED:
            return light(matter, rulebook, meeting.starts).light is Light.RED
        case AgendaReason.EXTENSION:
            return matter.extension is not None and _set_by_leader(matter)
        case AgendaReason.MONTHLY_PUSH:
            return monthly_owed(matter, local_date(meeting.starts)).decision
        case AgendaReason.ADDED:
            return False


def _wants_coordination(matter: Matter) -> bool:
    feedback = matter.last_feedback
    return bool(matter.open_coordinations) or bool(feedback and feedback.coordination)


def _set_by_leader(matter: Matter) -> bool:
    return (matter.due_set_by.on_behalf_of or matter.due_set_by).role is Role.LEADER


def _why(reason: AgendaReason, matter: Matter, unfinished: dict[str, str]) -> str | None:
    """What everybody at the table reads beside the item; what is secret there, who may reads in the matter."""
    feedback = matter.last_feedback
    match reason:
        case AgendaReason.UNFINISHED:
            reported = (
                f"。最近反馈（{local_date(feedback.at):%-m月%-d日}）：{openly(feedback.text)}"
                if feedback
                else "。尚无反馈"
            )
            return f"{unfinished[matter.stream]}{reported}"
        case AgendaReason.EXTENSION if matter.extension:
            return f"申请延至 {matter.extension.to}：{openly(matter.extension.reason)}"
        case AgendaReason.COORDINATION:
            asked = matter.open_coordinations
            wanted = asked[0].text if asked else feedback.coordination if feedback else None
            return wanted and openly(wanted)
        case _:
            return openly(feedback.text) if feedback else None
