"""What the simulated office prints in the course of the year, each on the day it is due."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from documents.bulletin import drafts
from documents.bulletin.briefing import compose_briefing
from documents.formats.press import Press
from documents.ledger import Ledger, MatterFile, Told, read_ledger
from documents.papers.case import PaperText
from documents.papers.forms import compose_paper
from documents.papers.onsite import compose_onsite_paper
from documents.papers.overtaken import refuse_overtaken
from documents.sections.recipe import recipe_of
from domain import events as ev
from domain.base import Refusal
from domain.bulletin import Publication
from domain.calendar import end_of_day
from domain.envelope import Actor, OnBehalf
from domain.facts import Attachment
from domain.ids import onsite_stream
from domain.meetings.meeting import Meeting
from domain.papers import PaperKind
from domain.terms import Role
from eventlog import reading
from eventlog.attachments import keep_attachment
from eventlog.database import Database
from services.issuing.bulletins import issue_briefing, issue_draft
from services.issuing.minutes import file_minutes
from services.issuing.papers import approve_circular, issue_circular, issue_composed
from services.issuing.signing import Desk
from simulation.scenario import PlannedBriefing, PlannedCircular, PlannedPaper


@dataclass(frozen=True)
class Printer:
    """Issues and files into the cabinet of a home, as the commands do."""

    home: Path
    press: Press

    def briefing(self, database: Database, planned: PlannedBriefing, now: datetime) -> tuple[str, str]:
        """Issue a 简报 or 动态: its number, and its file below the home."""
        signer = self._signer(database, planned.sign)
        if Publication.from_label(planned.series) is Publication.NEWS:
            recipe = recipe_of(self.press.template)
            as_of = min(now, end_of_day(planned.until))
            span = (planned.since, planned.until)
            text = compose_briefing(database, Publication.NEWS, *span, as_of=as_of, recipe=recipe)
            draft = drafts.keep_draft(self.home, text, signer.id, now, self.press)
            issued = issue_draft(database, self.home, draft, signer, now, self.press)
        else:
            issued = issue_briefing(
                database,
                self.home,
                since=planned.since,
                until=planned.until,
                signer=signer,
                now=now,
                press=self.press,
            )
        return issued.number, str(issued.files["docx"].relative_to(self.home))

    def minutes(self, database: Database, meeting: Meeting, actor: Actor, now: datetime) -> None:
        """Signed minutes into the cabinet, as `meeting minutes --sign` does."""
        file_minutes(database, self.home, meeting, actor=actor, now=now, press=self.press)

    def keep(self, name: str, text: str) -> Attachment:
        """Keep a file somebody hands in among the attachments of the home."""
        return keep_attachment(self.home, [text.encode()], name)

    def paper(self, database: Database, stream: str | None, planned: PlannedPaper, now: datetime) -> None:
        """Issue a paper on a matter, on an inspection, or on what called for one last.

        Raises:
            Refusal: nothing calls for one, or it would ask for what is past or answered.
        """
        text = self._text(read_ledger(database, now), stream, planned)
        refuse_overtaken(text)
        issue_composed(self._desk(database, planned.sign, now), text)

    @staticmethod
    def _text(ledger: Ledger, stream: str | None, planned: PlannedPaper) -> PaperText:
        if planned.inspection is not None:
            return compose_onsite_paper(ledger, onsite_stream(planned.inspection), planned.unit)
        kind = _kind(planned.kind)
        return compose_paper(ledger, stream, kind) if stream else newest_called_for(ledger, kind, letter=planned.letter)

    def circular(self, database: Database, planned: PlannedCircular, now: datetime) -> None:
        """Have the 通报 of a period approved, and issue it."""
        desk = self._desk(database, planned.sign, now)
        approve_circular(database, planned.since, planned.until, actor=desk.signer, now=now)
        issue_circular(database, self.home, planned.since, planned.until, signer=desk.signer, now=now, press=self.press)

    def _desk(self, database: Database, signer: str, now: datetime) -> Desk:
        return Desk(database, self.home, self._signer(database, signer), now, self.press)

    def _signer(self, database: Database, signer: str) -> Actor:
        """A leader signs, the office types."""
        person = reading.person(database, signer)
        if person is None:
            raise Refusal(f"通讯录里没有签发人 {signer}", "not_found")
        behalf = OnBehalf(id=person.id, role=person.role, unit=person.unit, paper="签发稿")
        return Actor(id="office", role=Role.OFFICE, on_behalf_of=behalf)


def _kind(label: str) -> PaperKind:
    kind = PaperKind.from_label(label)
    if kind is None:
        raise Refusal(f"没有公文“{label}”", "malformed")
    return kind


CALLING: dict[PaperKind, tuple[type, ...]] = {
    PaperKind.ASSIGNMENT: (ev.MatterAssigned,),
    PaperKind.SUPERVISION: (ev.MatterAssigned, ev.InstructionRecorded, ev.DecisionRecorded),
    PaperKind.URGE: (ev.UrgeIssued,),
    PaperKind.EXTENSION: (ev.ExtensionGranted, ev.ExtensionRefused),
    PaperKind.CONCLUSION: (ev.MatterClosed,),
}
"""The events a paper of a kind is called for by."""


def newest_called_for(ledger: Ledger, kind: PaperKind, *, letter: bool) -> PaperText:
    """The paper what happened last calls for.

    Raises:
        Refusal: `nothing_to_say`, nothing does.
    """
    calls = [(last.recorded.position, file) for file in ledger.matters if (last := _last(file, kind)) is not None]
    for _, file in sorted(calls, key=lambda one: -one[0]):
        text = paper_on(ledger, file, kind)
        if text is not None and text.letter is letter:
            return text
    raise Refusal(f"没有可以印发{kind.label}的事项", "nothing_to_say")


def _last(file: MatterFile, kind: PaperKind) -> Told | None:
    return next((t for t in reversed(file.events) if isinstance(t.event, CALLING[kind])), None)


def paper_on(ledger: Ledger, file: MatterFile, kind: PaperKind) -> PaperText | None:
    """A paper on a matter; None when nothing calls for it."""
    with suppress(Refusal):
        text = compose_paper(ledger, file.matter.stream, kind)
        refuse_overtaken(text)
        return text
    return None


def papers_called_for(ledger: Ledger) -> Iterator[PaperText]:
    """Of each kind and variant one paper, on the first matter that calls for it."""
    for kind in CALLING:
        seen: set[tuple[bool, str]] = set()
        for file in ledger.matters:
            text = paper_on(ledger, file, kind)
            if text is not None and (variant := (text.letter, variant_of(file, kind))) not in seen:
                seen.add(variant)
                yield text


def variant_of(file: MatterFile, kind: PaperKind) -> str:
    """Of a 督办单, what it follows up."""
    if kind is not PaperKind.SUPERVISION:
        return ""
    kinds = {type(t.event) for t in file.events}
    if ev.InstructionRecorded in kinds:
        return "批示督办"
    return "会议督办" if ev.DecisionRecorded in kinds else "任务督办"
