"""What a command changed of a matter, in the office's words: what whoever typed it does not know yet."""

from collections.abc import Iterator

from domain.facts import is_sealed
from domain.matter import Listing, Matter
from domain.queries.telling import office_time


def changed_by_command(before: Matter | None, after: Matter) -> tuple[str, ...]:
    """What a command changed of a matter: numbers given, limits moved (old → new), rung; no `before`: just opened."""
    return tuple(_changed(before, after)) if before is not None else ()


def _changed(before: Matter, after: Matter) -> Iterator[str]:
    if after.due != before.due:
        yield f"{'本期截止' if after.period else '办结时限'} {before.due}→{after.due}"
    yield from _points(before, after)
    if after.rung is not before.rung:
        yield f"级别 {before.rung.label}→{after.rung.label}"
    yield from _held_against(before, after)
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


def _points(before: Matter, after: Matter) -> Iterator[str]:
    known = {p.no: p for p in before.points}
    for point in after.points:
        old = known.get(point.no)
        if old is None:
            yield f"新增要点{point.no}"
        elif old.due != point.due:
            yield f"要点{point.no}节点 {old.due or '未定'}→{point.due or '未定'}"
        if old is not None and point.approved is not None and point.approved is not old.approved:
            yield f"阶段目标{point.no}{'通过' if point.approved else '退回'}"


def _held_against(before: Matter, after: Matter) -> Iterator[str]:
    """挂牌, 约谈, 红黄牌."""
    if after.listings != before.listings:
        yield _listing(after.listings[-1])
    if len(after.interviews) > len(before.interviews):
        yield f"第{len(after.interviews)}次约谈"
    if len(after.cards) > len(before.cards):
        yield f"第{after.cards[-1].no}张{after.cards[-1].card.label}"


def _listing(line: Listing) -> str:
    if line.left_on is not None:
        return "已摘牌" + {True: "，条件已达到", False: "，条件未达到", None: ""}[line.met]
    if line.exit_when is None:
        return "摘牌条件未明确"
    return "摘牌条件属工作秘密" if is_sealed(line.exit_when) else f"摘牌条件：{line.exit_when}"
