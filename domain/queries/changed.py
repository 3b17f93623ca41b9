"""What a command changed of a matter, in the office's words: what whoever typed it does not know yet."""

from collections.abc import Iterator

from domain.matter import Matter
from domain.queries.telling import office_time


def changed_by_command(before: Matter | None, after: Matter) -> tuple[str, ...]:
    """What a command changed of a matter: numbers given, limits moved (old → new), rung; no `before`: just opened."""
    return tuple(_changed(before, after)) if before is not None else ()


def _changed(before: Matter, after: Matter) -> Iterator[str]:
    if after.due != before.due:
        yield f"{'本期截止' if after.period else '办结时限'} {before.due}→{after.due}"
    known = {p.no: p for p in before.points}
    for point in after.points:
        old = known.get(point.no)
        if old is None:
            yield f"新增要点{point.no}"
        elif old.due != point.due:
            yield f"要点{point.no}节点 {old.due or '未定'}→{point.due or '未定'}"
    if after.rung is not before.rung:
        yield f"级别 {before.rung.label}→{after.rung.label}"
    if len(after.cards) > len(before.cards):
        yield f"第{after.cards[-1].no}张{after.cards[-1].card.label}"
    if after.last_urge_no is not None and after.last_urge_no != before.last_urge_no:
        yield f"催办 {after.last_urge_no}"
    asked = {c.no for c in before.coordinations}
    yield from (
        f"第{c.no}项协调请求，{office_time(c.answer_due)}前答复" for c in after.coordinations if c.no not in asked
    )
    if after.receipt_due is not None and after.receipt_due != before.receipt_due:
        yield f"签收时限 {office_time(after.receipt_due)}"
    window, old_window = after.window, before.window
    if window is not None and not window.answered and (old_window is None or window.key != old_window.key):
        yield f"下次反馈 {office_time(window.closes)}前"
    if after.urgency is not before.urgency:
        yield f"紧急程度 {before.urgency.label}→{after.urgency.label}"
    if after.rhythm is not before.rhythm:
        yield f"反馈周期 {before.rhythm.label}→{after.rhythm.label}"
