"""The ledger of what was issued under a 文号, and which 督办单 still wait for their 办理情况回执.

The receipt of a 督办单 is what its unit reports next (反馈): the form's 办理情况 is the report, its 经办人 who gave it.
"""

from collections.abc import Iterable

from domain.ids import paper_stream
from domain.matter import Feedback, Matter
from domain.papers import Paper, PaperKind, PaperLedger
from domain.terms import Stage
from eventlog import reading
from eventlog.database import Database


def paper_ledger(database: Database, year: int | None = None) -> tuple[Paper, ...]:
    """Every paper of the ledger, or those of a year, void ones too, the oldest first."""
    states = [s for s in reading.states_of(database, "paper") if year is None or s.stream == paper_stream(year)]
    papers = (
        p for s in sorted(states, key=lambda s: s.stream) if isinstance(s.state, PaperLedger) for p in s.state.papers
    )
    return tuple(papers)


def receipt_given(paper: Paper, matter: Matter) -> Feedback | None:
    """The report by which a 督办单 was answered: the unit's last, when it is newer than what the paper was made of.

    One the office returned is no answer until it is given again.
    """
    last = matter.last_feedback if matter.asked_back is None else None
    return last if last is not None and last.unit == paper.addressee and last.at > paper.as_of else None


def wants_receipt(paper: Paper) -> bool:
    """Whether a paper has a 办理情况回执 its unit is to give."""
    return paper.kind is PaperKind.SUPERVISION and paper.void is None and paper.addressee is not None


def receipts_wanted(database: Database, matters: Iterable[Matter]) -> dict[str, str]:
    """Of matters in hand, by stream, the 文号 of the newest 督办单 whose lead has not given the receipt."""
    going_on = {m.stream: m for m in matters if m.stage is Stage.IN_PROGRESS and not m.by_letter}
    return {
        p.matter: p.number
        for p in (paper_ledger(database) if going_on else ())
        if wants_receipt(p) and p.matter in going_on and p.addressee == going_on[p.matter].lead
        if receipt_given(p, going_on[p.matter]) is None
    }
