"""Who hears that something was issued: the readers of a 简报 or 动态, the addressees of a paper.

Whom it was sent to stands in the event. The matters of that moment decided it, and a teller sees the directory alone.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from domain.bulletin import BulletinIssued
from domain.envelope import Recorded
from domain.event import decode
from domain.notices.notice import Notice, notice_text, notices_to
from domain.notices.people import RecipientDirectory
from domain.papers import PaperIssued, PaperLedger, PaperVoided
from domain.terms import Urgency


def issue_notices(recorded: Recorded, before: Any, after: Any, house: RecipientDirectory) -> tuple[Notice, ...]:
    """The notices of one issue (简报、动态) or paper; other events of these streams are the office's own work."""
    del before
    event = decode(recorded)
    match event:
        case BulletinIssued():
            readers = (*house.leaders, *_liaisons(event.distributed, house))
            line = f"{event.called}已印发：{event.title}"
        case PaperIssued():
            readers = tuple(_liaisons(event.distributed, house))
            line = f"{event.number} 已印发：{event.title}"
        case PaperVoided():
            readers = tuple(_liaisons(_readers_of(after, event.number), house))
            line = f"{event.number} 已作废：{event.reason}"
        case _:
            return ()
    people = house.reached(readers, recorded)
    # What a paper asks is told by its matter, as urgently as that is; that there is a paper can wait for the morning.
    return notices_to(recorded, people, event.number, notice_text(line, ""), Urgency.NORMAL, house.calendar)


def _liaisons(units: Iterable[str], house: RecipientDirectory) -> Iterator[str]:
    for unit in units:
        yield from house.liaisons(unit)


def _readers_of(ledger: PaperLedger, number: str) -> tuple[str, ...]:
    paper = ledger.find(number)
    return paper.distributed if paper else ()
