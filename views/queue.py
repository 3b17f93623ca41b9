"""审核队列: what waits for a decision of the office or of this leader, and what is to be known to decide it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from domain import commands as c
from domain.base import Frozen, refuse
from domain.calendar import local_date
from domain.closing import to_be_weighed
from domain.confidential import opened
from domain.lights import light
from domain.matter import Matter
from domain.offers import do_of
from domain.queries.leading import waits_for_leader
from domain.queries.telling import office_time
from domain.sight import Sight
from domain.terms import Role
from views.acting import possible_acts
from views.matters import matter_row
from views.viewer import Viewer

CHANGED_SINCE = "您打开以后内容有了变化，还没有办；请看过新的内容再决定"


@dataclass(frozen=True)
class Awaited:
    """One decision that is waited for."""

    matter: Matter
    kind: type[Frozen]
    what: str
    no: int | None = None
    """Which point, where it is about one."""

    @property
    def key(self) -> str:
        """How an address names it."""
        return f"{self.matter.number}:{do_of(self.kind)}:{self.no or ''}"


def queue_of(viewer: Viewer) -> list[Awaited]:
    """What waits for whoever looks, the shortest limit first.

    Raises:
        Refusal: `forbidden`: he decides nothing.
    """
    role = viewer.actor.role
    refuse(role not in (Role.OFFICE, Role.LEADER), "审核由办公室和领导办理", "forbidden")
    day = local_date(viewer.now)
    alive = viewer.rights.among(viewer.living, Sight.FULL)
    if role is Role.OFFICE:
        items = [item for m in alive for item in _of_office(m)]
    else:
        items = [item for m in alive if waits_for_leader(m, viewer.actor.id, day) for item in _of_leader(m)]
    return sorted(items, key=lambda item: (item.matter.due, item.key))


def _of_office(m: Matter) -> Iterator[Awaited]:
    if m.closure is not None and not m.closure.endorsed:
        yield Awaited(m, c.ReviewClosure, "办结申请")
    if not m.ended:
        yield from (Awaited(m, c.ReviewPoint, f"阶段目标{p.no}", p.no) for p in m.points if p.waits_for_review)
    if m.extension is not None:
        yield Awaited(m, c.AnswerExtension, f"延期申请（延至 {m.extension.to}）")
    if m.objection is not None:
        yield Awaited(m, c.DecideObjection, f"异议（{m.objection.decide_by}前复核）")


def _of_leader(m: Matter) -> Iterator[Awaited]:
    if m.closure is not None and m.closure.endorsed:
        yield Awaited(m, c.MarkClosure, "审阅办结")
    if m.extension is not None:
        yield Awaited(m, c.AnswerExtension, f"延期申请（延至 {m.extension.to}）")


def awaited_document(viewer: Viewer, item: Awaited) -> dict[str, Any]:
    """What is asked and what speaks for it, in the order in which it is looked at."""
    m = opened(item.matter, viewer.words_of(item.matter))
    possible = possible_acts(viewer, m)[do_of(item.kind)]
    return {
        **matter_row(m, light(m, viewer.rulebook, viewer.now)),
        "lead_name": viewer.units(m.lead or ""),
        "what": item.what,
        "why_not": possible.why_not,
        "asked": [(label, text) for label, text in _asked(viewer, m, item) if text],
    }


def asked_about(viewer: Viewer, m: Matter, kind: type[Frozen]) -> list[tuple[str, str]]:
    """What a decision on this matter is to be taken on; nothing where none of that kind is waited for."""
    waited = [item for item in (*_of_office(m), *_of_leader(m)) if item.kind is kind]
    return [(label, text) for item in waited for label, text in _asked(viewer, m, item) if text]


def seen_mark(asked: Sequence[tuple[str, str]]) -> str:
    """A mark of what a decision is taken on, by which it is known whether that is still what was looked at."""
    return sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()[:16]


def _asked(viewer: Viewer, m: Matter, item: Awaited) -> Iterator[tuple[str, str | None]]:
    if item.kind in (c.ReviewClosure, c.MarkClosure) and m.closure is not None:
        closure = m.closure
        yield "申请", f"{'、'.join(map(viewer.persons, closure.authors))}，{office_time(closure.at)}"
        yield "办结情况", closure.text
        yield "没有完成的", "；".join(closure.unfinished)
        yield "仍要办结的理由", closure.over_unfinished
        yield "证明材料", "、".join(a.name for a in closure.evidence)
        yield "请核对", "；".join(to_be_weighed(m, closure.evidence, viewer.rulebook.policy))
    if item.kind is c.ReviewPoint:
        point = next(p for p in m.points if p.no == item.no)
        yield "阶段目标", f"{point.no}．{point.text}"
        yield "单位反馈", point.said
        yield "节点", point.due.isoformat() if point.due else None
    if item.kind is c.AnswerExtension and m.extension is not None:
        point_asked = f"第{m.extension.point}个要点" if m.extension.point else "整件"
        yield "延期", f"{point_asked}延至 {m.extension.to}（{viewer.persons(m.extension.asked_by)}）"
        yield "理由", m.extension.reason
        yield "原时限", m.original_due.isoformat()
    if item.kind is c.DecideObjection and m.objection is not None:
        yield "异议", m.objection.text
    if m.last_feedback is not None:
        last = m.last_feedback
        yield "最近一次反馈", f"{office_time(last.at)}　{last.text}"
        yield "存在问题", last.problem
