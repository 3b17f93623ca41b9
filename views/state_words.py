"""The parts of a matter's state in the office's words, for those who audit it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.base import Frozen, Term
from domain.envelope import Actor
from domain.facts import Basis, PartOf
from domain.matter import Closed, Counts, Feedback, Point, Surge
from domain.policy import DueRule
from domain.queries.telling import Rendering, office_time
from domain.window_ledger import WindowLedger
from domain.windows import window_label

FIELDS = {
    "number": "编号",
    "title": "事项",
    "stage": "阶段",
    "basis": "依据",
    "kind": "类别",
    "klass": "分类",
    "urgency": "紧急程度",
    "rhythm": "反馈周期",
    "lead": "牵头单位",
    "assist": "配合单位",
    "person": "责任人",
    "part_of": "上级事项",
    "due": "办结时限",
    "due_rule": "时限算法",
    "original_due": "原时限",
    "receipt_due": "签收时限",
    "accepted_at": "签收时间",
    "declines": "退签次数",
    "leaders": "责任领导",
    "points": "要点",
    "progress": "进度",
    "last_feedback": "最近反馈",
    "returned_reports": "退回的反馈",
    "windows": "反馈期",
    "surge": "一日一调度",
    "counts": "累计",
    "last_urge_no": "最近催办单",
    "last_urge_colour": "催办单颜色",
    "rung": "升级层级",
    "warned_for": "已临期提醒",
    "lapsed_for": "已逾期",
    "coordinations": "协调请求",
    "extension": "延期申请",
    "suspensions": "暂缓记录",
    "instructed_by": "批示领导",
    "closure": "办结申请",
    "closed": "办结情况",
    "inspections": "现场核查",
    "objected": "异议",
    "objection": "待复核异议",
    "recused": "回避人员",
    "supervisor": "督办员",
}
"""Fields of `Matter` worth a line when they change, in the order they are told."""


def value_in_words(value: Any, reader: Rendering) -> str:
    """One value of a matter's state in the office's words; 无 when there is none."""
    if value is None or value in ((), ""):
        return "无"
    if isinstance(value, tuple):
        return "；".join(value_in_words(item, reader) for item in value)
    spoken = next((spoken for kind, spoken in _SPOKEN.items() if isinstance(value, kind)), None)
    if spoken is not None:
        return spoken(value, reader)
    parts = vars(value).values() if isinstance(value, Frozen) else None
    return (
        str(value) if parts is None else "，".join(value_in_words(p, reader) for p in parts if p not in (None, (), ""))
    )


def field_change(old: Any, new: Any, reader: Rendering) -> str | None:
    """What a field of a matter's state became, of a list only what is new or other in it; None when it stayed."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        before_items, after_items = [value_in_words(x, reader) for x in old], [value_in_words(x, reader) for x in new]
        came = [x for x in after_items if x not in before_items]
        gone = [x for x in before_items if x not in after_items]
        if came:
            return "；".join(came)
        return f"去掉{'；'.join(gone)}" if gone else None
    before, after = value_in_words(old, reader), value_in_words(new, reader)
    return f"{before} → {after}" if before != after else None


def _point(p: Point, _: Rendering) -> str:
    due = f"（{p.due}）" if p.due else ""
    return f"{p.no}.{p.text}{due}{'已取消' if p.dropped else f'{p.progress}%'}"


def _counts(c: Counts, _: Rendering) -> str:
    counts = {
        "催办": c.urges,
        "升级": c.escalations,
        "退回": c.returns,
    }
    return "、".join(f"{word}{n}次" for word, n in counts.items() if n) or "无"


def _windows(w: WindowLedger, _: Rendering) -> str:
    running = w.running
    now = (
        [f"{window_label(running.key)}{'已反馈' if running.answered else f'，{office_time(running.closes)}截止'}"]
        if running
        else []
    )
    counts = {"按时": w.on_time, "补报": w.late, "漏报": len(w.missed), "连续漏报": len(w.row)}
    return "，".join([*now, *(f"{word}{n}次" for word, n in counts.items() if n)]) or "无"


def _surge(s: Surge, _: Rendering) -> str:
    return f"{s.campaign}，至{s.until}{'，每天都报' if s.every_day else ''}"


def _closed(c: Closed, _: Rendering) -> str:
    return f"{c.on}，逾期{c.overdue_workdays}个工作日" if c.overdue_workdays else f"{c.on}，按期"


_SPOKEN: dict[type, Callable[[Any, Rendering], str]] = {
    bool: lambda v, _: "是" if v else "否",
    Term: lambda v, _: v.label,
    str: lambda v, r: r.name(r.open(v)),
    datetime: lambda v, _: office_time(v),
    Actor: lambda v, r: r.person(v.id),
    WindowLedger: _windows,
    Basis: lambda v, _: f"{v.kind.label} {v}",
    PartOf: lambda v, _: f"{v.number}（权重{v.weight}）",
    Feedback: lambda v, r: f"{r.name(v.unit)} {office_time(v.at)}",
    Point: _point,
    Counts: _counts,
    Surge: _surge,
    DueRule: lambda v, _: f"{v.rule}，自{v.start}起",
    Closed: _closed,
}
"""The first that fits: a term is text too, and a truth value a number."""
