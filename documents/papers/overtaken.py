"""What a paper must not ask any more: a date already past, or what was answered since."""

from collections.abc import Callable, Iterator
from datetime import datetime

from documents.papers.case import PaperText
from domain import events as ev
from domain.base import Refusal
from domain.calendar import local_date
from domain.event import Event
from domain.matter import DONE, Matter
from domain.papers import PaperKind
from domain.terms import Stage


def refuse_overtaken(text: PaperText) -> None:
    """Refuse a paper that its reader would have to send back: overtaken by its date or by an answer.

    Raises:
        Refusal: `overtaken`, with what to do instead.
    """
    matter = text.matter
    judge = _OVERTAKEN.get(text.kind)
    if matter is None or judge is None:
        return
    for fault in judge(text, matter):
        raise Refusal(f"{matter.number} {fault}", "overtaken")


def _asks_for(text: PaperText, m: Matter) -> Iterator[str]:
    """交办: the limit, the 签收时限 and the dates of the points are still to come. A 督办单 only records the limit."""
    today, kind = local_date(text.ledger.as_of), text.kind.label
    if m.due < today:
        yield f"办结时限 {m.due} 已过，不能再制发{kind}；请先延期或议定新时限，逾期的用催办单"
    unsigned = m.receipt_due if m.stage is Stage.ASSIGNED else None
    if unsigned is not None and unsigned < text.ledger.as_of:
        yield f"签收时限 {local_date(unsigned)} 已过，不能再制发{kind}；请催签收或改派"
    past = [p.no for p in m.points if p.due and p.due < today and not p.dropped and p.progress < DONE]
    if past:
        yield f"要点{'、'.join(map(str, past))}的节点已过，不能再制发{kind}；请先用 xmh task point change 或延期调整"


def _urges(text: PaperText, m: Matter) -> Iterator[str]:
    """催办: what it urges was neither reported nor asked to be closed since."""
    urged = _last_urged(text)
    if urged is None:
        return
    if m.last_feedback is not None and m.last_feedback.at > urged:
        yield answered_since(m.last_feedback.at)
    if m.stage in (Stage.CLOSING, Stage.SUSPENDED):
        yield f"{m.stage.label}，催办单不再制发"


def answered_since(moment: datetime) -> str:
    """Why what was urged before this report is urged no more."""
    return f"催办之后已于 {local_date(moment)} 反馈，催办单不再制发；仍需催办的请先 xmh task urge"


def _answers(text: PaperText, m: Matter) -> Iterator[str]:
    """批复: the limit it grants, or holds to, is the one that stands and is still to come."""
    today = local_date(text.ledger.as_of)
    answers = [e for e in _events(text) if isinstance(e, ev.ExtensionGranted | ev.ExtensionRefused)]
    if not answers:
        return
    answer = answers[-1]
    point = m.point(answer.point) if answer.point else None
    stands = (point.due if point else None) or m.due
    if isinstance(answer, ev.ExtensionGranted) and stands != answer.to:
        yield f"批复的新时限 {answer.to} 已被后来的 {stands} 取代，不能再制发{text.kind.label}"
    if stands < today:
        yield f"批复要求的时限 {stands} 已过，不能再制发{text.kind.label}；请另议时限"


def _events(text: PaperText) -> Iterator[Event]:
    return (t.event for f in text.ledger.matters if f.matter == text.matter for t in f.events)


def _last_urged(text: PaperText) -> datetime | None:
    happenings = [t for f in text.ledger.matters if f.matter == text.matter for t in f.events]
    return next((t.recorded.occurred_at for t in reversed(happenings) if isinstance(t.event, ev.UrgeIssued)), None)


_OVERTAKEN: dict[PaperKind, Callable[[PaperText, Matter], Iterator[str]]] = {
    PaperKind.ASSIGNMENT: _asks_for,
    PaperKind.URGE: _urges,
    PaperKind.EXTENSION: _answers,
}
