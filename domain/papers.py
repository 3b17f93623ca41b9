"""What the office sends about one matter: 督办单, 催办单, 批复 and the like, each issue numbered with a 文号.

As with a 简报, files are rendered first and the number is given last, by the event that records it. A number that was
given and is not to stand is 作废: it stays in the ledger, and nobody gets it again.
"""

import re
from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen, Term, refuse
from domain.envelope import Actor, LoggedEvent, NumberSeries
from domain.event import Event, decode
from domain.facts import Words
from domain.fold import Fold
from domain.terms import Role, Supervision

MARK = "香指办"
"""发文机关代字 of the first headquarters, after which the series are called in every log."""
_YEAR = re.compile(r"[〔\[(（【［]\s*(\d{4})\s*[〕\])）】］]")


class PaperKind(Term):
    """The forms of 督办 (永嘉 and 淮南 use the same), in the order a matter meets them."""

    ASSIGNMENT = "assignment", "交办通知单"
    SUPERVISION = "supervision", "督办单"
    URGE = "urge", "催办单"
    PROBLEM = "problem", "督查问题处理通知单"
    EXTENSION = "extension", "延期批复"
    CONCLUSION = "conclusion", "督查结论"
    CIRCULAR = "circular", "通报"
    """On the matters of a period."""
    INSPECTION = "inspection", "督查报告"
    OPINION = "opinion", "督查反馈意见"
    """On an on-site inspection (督查组), and to one unit of it; every other kind is on one matter."""


_OTHERS = (PaperKind.CIRCULAR, PaperKind.INSPECTION, PaperKind.OPINION)
ON_ONE_MATTER = tuple(kind for kind in PaperKind if kind not in _OTHERS)


class PaperIssued(Event):
    """签发 of one paper. `position` and `as_of` say which part of the log it was computed from."""

    label: ClassVar[str] = "签发公文"
    number: str = ""
    kind: PaperKind
    letter: bool
    """A 函: its reader is no 督办对象 of the headquarters."""
    year: int
    no: int
    matter: str | None = None
    """The matter's stream; None in a 通报, which has a period, and in what an inspection concludes."""
    inspection: str | None = None
    """The inspection's stream."""
    about: str
    """The number of the matter, or of the inspection."""
    since: date | None = None
    until: date | None = None
    title: str
    addressee: str | None = None
    """主送, when it is one unit."""
    distributed: tuple[str, ...] = ()
    """Ids of all units it is sent to; empty in what was issued before they were told of it."""
    position: int
    as_of: datetime
    signer: str
    issued_on: date
    files: dict[str, str]
    """File name → SHA-256."""
    template: str
    template_sha256: str | None = None
    """Of the layout's files. None in what was printed before layouts were files."""
    fonts: dict[str, str] = {}
    """Face → SHA-256 of its file: with another face the .pdf is another file."""

    def series(self, at: datetime) -> NumberSeries:
        """香指办督〔2022〕7号: gapless per 代字 and year."""
        del at
        return paper_series(self.letter, self.year)


class PaperVoided(Event):
    """作废: the number stays used and shown."""

    label: ClassVar[str] = "公文作废"
    number: str
    reason: Words


class CircularApproved(Event):
    """A leader approved the 通报 of a period, in the words whose hash this is (条例 art. 21)."""

    label: ClassVar[str] = "批准通报"
    approver: str
    paper: str | None = None
    """The paper he approved it on; None when he recorded it himself."""
    since: date
    until: date
    position: int
    """Of the log the draft was computed from."""
    words: str
    """SHA-256 of the draft as it was shown."""


class Paper(Frozen):
    """One paper, as the ledger shows it."""

    number: str
    kind: PaperKind
    matter: str | None
    inspection: str | None = None
    about: str
    since: date | None = None
    until: date | None = None
    distributed: tuple[str, ...] = ()
    title: str
    addressee: str | None
    as_of: datetime
    """Up to when the log was read for it."""
    issued_on: date
    signer: str
    void: str | None = None
    """Why it was 作废."""


class Approval(Frozen):
    """An approved draft of a 通报."""

    since: date
    until: date
    position: int
    words: str


class PaperLedger(Frozen):
    """Every paper of a year, in the order of issue, and which 通报 on periods of the year were approved."""

    papers: tuple[Paper, ...] = ()
    approvals: tuple[Approval, ...] = ()

    def find(self, number: str) -> Paper | None:
        """The paper of that 文号."""
        return next((p for p in self.papers if p.number == number), None)


def paper_series(letter: bool, year: int) -> NumberSeries:
    """The series of a 代字 and year: no 第, no leading zero (GB/T 9704 7.2.5)."""
    kind = "函" if letter else "督"
    # The key of the series is what it was when there was one headquarters; each log has its own.
    return NumberSeries(
        series=f"paper/{MARK}{kind}/{year}", field="number", template=f"{{mark}}办{kind}〔{year}〕{{n}}号"
    )


def spelled(number: str) -> str:
    """A number as it is printed, from how people type it: [2022], (2022) and （2022） stand for 〔2022〕, － for -."""
    return _YEAR.sub(r"〔\1〕", "".join(number.split()).replace("－", "-"))


def by_letter(supervision: Supervision | None) -> bool:
    """Whether a paper to a unit is a 函 and no 通知: whom the headquarters may not order, it asks (条例 art. 5)."""
    return supervision is Supervision.BY_LETTER


def approval(actor: Actor, since: date, until: date, position: int, words: str) -> CircularApproved:
    """批准 of a 通报: proposals to commend or to criticise need the approval of who leads (条例 art. 21).

    Raises:
        Refusal: `unapproved`, when it is no leader's; `forbidden`, when not the office types it for him;
            `malformed`, when what it types names no paper.
    """
    behalf = actor.on_behalf_of
    approver = behalf or actor
    refuse(approver.role is not Role.LEADER, "通报须经领导批准，请用 --by 写明批准领导", "unapproved")
    refuse(behalf is not None and actor.role is not Role.OFFICE, "只有办公室督办员可以代录领导批准", "forbidden")
    paper = behalf.paper if behalf else None
    refuse(behalf is not None and not paper, "代录批准须用 --paper 写明批件", "malformed")
    return CircularApproved(approver=approver.id, paper=paper, since=since, until=until, position=position, words=words)


def void_paper(ledger: PaperLedger | None, number: str, reason: str) -> PaperVoided:
    """作废 of an issued paper.

    Raises:
        Refusal: there is no such paper, or it is void already.
    """
    paper = ledger.find(number) if ledger else None
    refuse(paper is None, f"没有文号为 {number} 的公文", "not_found")
    refuse(paper is not None and paper.void is not None, f"{number} 已经作废")
    return PaperVoided(number=number, reason=reason)


def evolve_papers(state: PaperLedger | None, recorded: LoggedEvent) -> PaperLedger:
    """Fold one event of a year's papers."""
    ledger = state or PaperLedger()
    match decode(recorded):
        case PaperIssued() as e:
            if e.number != paper_series(e.letter, e.year).render(e.no):
                raise TypeError(f"the files say {e.no}, the log {e.number}")
            paper = Paper(
                number=e.number,
                kind=e.kind,
                matter=e.matter,
                inspection=e.inspection,
                about=e.about,
                since=e.since,
                until=e.until,
                distributed=e.distributed,
                title=e.title,
                addressee=e.addressee,
                as_of=e.as_of,
                issued_on=e.issued_on,
                signer=e.signer,
            )
            return ledger.model_copy(update={"papers": (*ledger.papers, paper)})
        case CircularApproved() as e:
            given = Approval(since=e.since, until=e.until, position=e.position, words=e.words)
            return ledger.model_copy(update={"approvals": (*ledger.approvals, given)})
        case PaperVoided() as e:
            papers = tuple(
                p.model_copy(update={"void": e.reason}) if p.number == e.number else p for p in ledger.papers
            )
            return ledger.model_copy(update={"papers": papers})
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the papers")


FOLD = Fold(PaperLedger, evolve_papers)
