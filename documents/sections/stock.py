"""套话 in reports: what is not quoted, and which reports the office may send back."""

from collections.abc import Iterator
from datetime import date

from documents.ledger import Ledger, MatterFile
from documents.wording import clean_text
from domain import events as ev
from domain.calendar import local_date
from domain.facts import is_sealed
from domain.queries.stock_phrases import said_without_stock, stock_reason


def report_said(file: MatterFile) -> str | None:
    """What the lead last reported, without its 套话; None when nothing is left, or it is nobody's to read."""
    feedback = file.matter.last_feedback
    if feedback is None or is_sealed(feedback.text) or why_stock(file):
        return None
    return said_without_stock(clean_text(feedback.text)) or None


def why_stock(file: MatterFile) -> str | None:
    """Why the last report on a matter is 套话; None when it says something, or is nobody's to read."""
    feedback = file.matter.last_feedback
    if feedback is None or is_sealed(feedback.text):
        return None
    reports = [t.event for t in file.events if isinstance(t.event, ev.FeedbackSubmitted)]
    before = reports[-2].text if len(reports) > 1 and not is_sealed(reports[-2].text) else None
    return stock_reason(feedback.text, file.matter.progress, before)


def stock_reports(ledger: Ledger, since: date, until: date) -> Iterator[tuple[MatterFile, str]]:
    """The reports of a period that say nothing, each with why: the office may send them back."""
    for file in ledger.matters:
        feedback = file.matter.last_feedback
        if file.matter.ended or feedback is None or not since <= local_date(feedback.at) <= until:
            continue
        if why := why_stock(file):
            yield file, why
