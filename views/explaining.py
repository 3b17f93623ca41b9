"""Why a light is lit, a limit stands, a matter was urged or raised: every step points at the event that made it so."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from domain.base import Refusal
from domain.calendar import SHANGHAI
from domain.deadlines import Deadline, DeadlineKind, owed
from domain.envelope import Actor, Recorded
from domain.event import decode, label_of
from domain.evolve import evolve
from domain.lights import Lit, light
from domain.log import Rulebook
from domain.matter import Matter
from domain.queries.telling import Rendering, pace_said, tell_event
from domain.terms import Light, Rhythm
from eventlog import reading
from eventlog.reading import Moment
from views.explaining_pressure import Past, number_explained, rung_explained, urge_explained
from views.viewer import Viewer

_FIELDS: dict[DeadlineKind, tuple[str, ...]] = {
    DeadlineKind.RECEIPT: ("receipt_due",),
    DeadlineKind.WINDOW: ("windows.closes",),
    DeadlineKind.NEAR_DUE: ("due",),
    DeadlineKind.DUE: ("due",),
    DeadlineKind.PERIOD: ("due",),
    DeadlineKind.URGE: ("windows.row", "last_urge_at"),
    DeadlineKind.ESCALATE_MISSED: ("windows.row",),
    DeadlineKind.ESCALATE_OVERDUE: ("due", "lapsed_for"),
    DeadlineKind.ESCALATE_COORDINATION: ("coordinations",),
    DeadlineKind.ESCALATE_NEAR_DUE: ("due",),
    DeadlineKind.ESCALATE_BEHIND: ("points", "indicators"),
    DeadlineKind.ESCALATE_RETURNED: ("returned_at",),
    DeadlineKind.ESCALATE_UNMET: ("periods",),
    DeadlineKind.COORDINATION: ("coordinations",),
    DeadlineKind.RESUME: ("suspensions",),
    DeadlineKind.OBJECTION: ("objection",),
}
"""Which part of the state a deadline stands on; the event that last changed it is the reason."""


def explained_matter(viewer: Viewer, stream: str, moment: Moment | None) -> dict[str, Any]:
    """What `audit explain` says of a matter.

    Raises:
        Refusal: `not_found`: he does not see all of it, or there was no such matter yet.
    """
    viewer.rights.need(stream)
    position = moment.position if moment else None
    events = reading.read_stream(viewer.database, stream, moment=moment)
    if not events:
        raise Refusal("那时还没有这个事项", "not_found")
    states = states_after(events)
    state, at = states[-1], moment.as_of if moment else viewer.now
    rulebook = reading.rulebook(viewer.database, position)
    lit = light(state, rulebook, at)
    rendering = Rendering(name=viewer.units, open=viewer.words_of(state, "【工作秘密】"), person=viewer.persons)

    def behind(fields: Sequence[str], upto: int | None = None) -> list[dict[str, Any]]:
        versions = sorted({_last_change(states[:upto], field) for field in fields})
        return [told_event(events[v], rendering) for v in versions]

    past = Past(
        events=events,
        states=states,
        rulebook_at=lambda at_position: reading.rulebook(viewer.database, at_position),
        behind=lambda kind, upto: behind(_FIELDS[kind], upto),
        rule=_rule,
        told=lambda event: told_event(event, rendering),
    )

    return {
        "matter": state.number,
        "title": state.title,
        "as_of": at.astimezone(SHANGHAI).isoformat(),
        "version": state.version,
        "stage": state.stage.value,
        "light": lit.light.value,
        "light_reason": lit.reason,
        "rule": _light_rule(lit, rulebook),
        "because": behind(_light_fields(state, lit)),
        "deadlines": [
            {
                "kind": d.kind.value,
                "label": d.kind.label,
                "at": d.at.astimezone(SHANGHAI).isoformat(),
                "provisional": rulebook.calendar.is_provisional(d.at.astimezone(SHANGHAI).date()),
                "rule": _rule(d, state, rulebook),
                "because": behind(_FIELDS[d.kind]),
            }
            for d in sorted(owed(state, rulebook, at), key=lambda d: d.at)
        ],
        "number": number_explained(past, viewer.database.headquarters),
        "urge": urge_explained(past),
        "rung": rung_explained(past, rulebook, at),
    }


def states_after(events: Sequence[Recorded]) -> list[Matter]:
    """The state of a matter after each of its events."""
    states: list[Matter] = []
    for event in events:
        states.append(evolve(states[-1] if states else None, event))
    return states


def told_event(event: Recorded, rendering: Rendering) -> dict[str, Any]:
    """One event, for people and scripts."""
    return {
        "version": event.version,
        "position": event.position,
        "type": event.type,
        "label": label_of(event.type),
        "text": tell_event(decode(event), rendering),
        "actor": event.actor.id,
        **_authority(event.actor),
        "proven": event.proven.model_dump(mode="json") if event.proven else None,
        "occurred_at": event.occurred_at.astimezone(SHANGHAI).isoformat(),
        "recorded_at": event.recorded_at.astimezone(SHANGHAI).isoformat(),
        "hash": event.hash,
    }


def _authority(actor: Actor) -> dict[str, str | None]:
    """In which role and on whose behalf: who decided, on which paper it stands, or under which 授权."""
    behalf = actor.on_behalf_of
    return {
        "role": actor.role.value,
        "decided_by": behalf.id if behalf else None,
        "paper": behalf.paper if behalf else None,
        "delegation": behalf.delegation if behalf else None,
    }


def _last_change(states: Sequence[Matter], field: str) -> int:
    """The index of the event that last changed a field of the state, or a figure of one (`windows.row`)."""
    value = attrgetter(field)
    for index in range(len(states) - 1, 0, -1):
        if value(states[index]) != value(states[index - 1]):
            return index
    return 0


def _light_fields(matter: Matter, lit: Lit) -> tuple[str, ...]:
    match lit.light:
        case Light.RED:
            return ("due", "closure") if matter.closure else ("due",)
        case Light.YELLOW if matter.missed_in_row:
            return ("windows.row",)
        case Light.YELLOW if matter.window and "反馈" in lit.reason:
            return ("windows.closes",)
        case Light.YELLOW if matter.lead is None:
            return ("declines",)
        case Light.YELLOW if "指标" in lit.reason:
            return ("indicators",)
        case Light.YELLOW:
            return ("points",)
        case Light.BLUE:
            return ("due",)
        case _:
            return ("stage",)


def _light_rule(lit: Lit, rulebook: Rulebook) -> str:
    return {
        Light.GREY: "暂缓、已销号或已撤销的事项亮灰灯",
        Light.RED: "过了办结时限当日下班仍未申请办结的亮红灯",
        Light.YELLOW: "漏报反馈、要点过了节点、指标落后序时进度或退签后无人牵头的亮黄灯",
        Light.BLUE: f"距办结时限{rulebook.policy.near_due_workdays}个工作日以内的亮蓝灯",
        Light.GREEN: "没有逾期、滞后和临期的亮绿灯",
    }[lit.light]


def _rule(deadline: Deadline, matter: Matter, rulebook: Rulebook) -> str:
    policy = rulebook.policy
    if deadline.step is not None:
        rested = f"；两次催办至少隔{policy.urge_cooldown_hours}个工作小时" if deadline.step.order else ""
        return f"{deadline.step.label}{rested}（督办规则 {policy.version}）"
    closes = f"{rulebook.calendar.hours.afternoon_closes:%H:%M}"
    limit = policy.not_shorter(matter.receipt_hours, policy.hours_for_receipt(matter.urgency))
    return {
        DeadlineKind.RECEIPT: f"交办后{limit}个工作小时内签收，逾期视同签收",
        DeadlineKind.WINDOW: _window_rule(matter, f"{policy.window_closes:%H:%M}"),
        DeadlineKind.NEAR_DUE: f"办结时限前{policy.near_due_workdays}个工作日提醒",
        DeadlineKind.DUE: f"办结时限当日下班（{closes}）",
        DeadlineKind.PERIOD: f"本期最后一个工作日下班（{closes}）",
        DeadlineKind.COORDINATION: f"协调请求须在{policy.coordination_workdays}个工作日内答复",
        DeadlineKind.RESUME: "暂缓期满后的第一个工作日恢复",
        DeadlineKind.OBJECTION: "异议自提出之日起30日内复核（条例第十七条），逾期升级一级",
    }[deadline.kind]


def _window_rule(matter: Matter, closes: str) -> str:
    if matter.surge is not None:
        return f"{pace_said(matter)}；{closes}截止"
    if matter.rhythm is Rhythm.PLAN_AND_LAND:
        return f"一周一谋划一周一落实：每周第一个工作日谋划、最后一个工作日落实，{closes}截止"
    return f"{matter.rhythm.label}反馈，期末最后一个工作日{closes}截止"
