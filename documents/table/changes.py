"""本周变化: what is different between two days, as the meeting asks for it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from documents.figures import Entry
from documents.ledger import Ledger
from documents.wording import clean_text, day_in, light_reason, sentence, short_date
from domain.base import Frozen, Term
from domain.calendar import local_date
from domain.event import decode
from domain.facts import WITHHELD, is_sealed
from domain.lights import light
from domain.terms import Light
from eventlog.reading import Moment
from eventlog.rows import StoredEvent

if TYPE_CHECKING:
    from domain.events import FeedbackSubmitted


class ChangeKind(Term):
    """What became of a matter."""

    OPENED = "opened", "新立项"
    ENDED = "ended", "销号撤销"
    RED = "red", "新转红灯"
    GREEN = "green", "新转绿灯"
    LIMIT = "limit", "时限调整"
    FEEDBACK = "feedback", "反馈进展"


class TableChange(Frozen):
    """One difference, and how it is told."""

    kind: ChangeKind
    number: str
    title: str
    unit: str
    text: str


def table_changes(ledger: Ledger, entries: Iterable[Entry], since: Moment) -> tuple[TableChange, ...]:
    """本周变化 of the table: everything that changed after an earlier moment, by kind and number."""
    listed = [change for entry in entries for change in _of(ledger, entry, since)]
    order = list(ChangeKind)
    return tuple(sorted(listed, key=lambda c: (order.index(c.kind), c.number)))


def _of(ledger: Ledger, entry: Entry, since: Moment) -> Iterator[TableChange]:
    matter = entry.matter

    def change(kind: ChangeKind, text: str) -> TableChange:
        unit = ledger.unit(matter.lead)
        return TableChange(kind=kind, number=matter.number, title=clean_text(matter.title), unit=unit, text=text)

    then = entry.file.thens.get(since.position)
    if then is None:
        due = day_in(matter.due, local_date(ledger.as_of).year)
        yield change(ChangeKind.OPENED, f"{short_date(local_date(matter.opened_at))}立项，时限{due}。")
    if matter.ended and (then is None or not then.ended):
        yield change(ChangeKind.ENDED, f"{matter.stage.label}，{light_reason(entry.lit)}。")
    was = light(then, ledger.rulebooks[since.position], since.as_of).light if then else None
    now = entry.lit.light
    if now is Light.RED and was is not Light.RED:
        yield change(ChangeKind.RED, f"{light_reason(entry.lit)}。")
    if now is Light.GREEN and was is not None and was is not Light.GREEN:
        yield change(ChangeKind.GREEN, f"由{was.label}灯转绿灯。")
    if then is not None and then.due != matter.due:
        year = local_date(ledger.as_of).year
        yield change(ChangeKind.LIMIT, f"由{day_in(then.due, year)}调整为{day_in(matter.due, year)}。")
    reports = entry.file.reports_after(since.position)
    yield from (change(ChangeKind.FEEDBACK, text) for text in _feedback(reports, ledger, matter.lead))


def _feedback(reports: Sequence[StoredEvent], ledger: Ledger, lead: str | None) -> Iterator[str]:
    """How often it was reported, and the last report."""
    if not reports:
        return
    newest = max(reports, key=lambda report: report.occurred)
    last = cast("FeedbackSubmitted", decode(newest))
    times = f"反馈{len(reports)}次，最近一次" if len(reports) > 1 else ""
    text = WITHHELD if is_sealed(last.text) else sentence(last.text)
    who = "" if last.unit == lead else ledger.unit(last.unit)
    yield f"{times}{short_date(local_date(newest.occurred_at))}{who}：{text}"
