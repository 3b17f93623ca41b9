"""归档 of signed 纪要: four files under the 文号, and one event that names their hashes.

The workflow of the meeting gives the number and records the signing; the files follow from that event alone. So
whoever files, and however late, files the same text, and a crash between the two leaves nothing to decide.
"""

from datetime import datetime
from pathlib import Path

from documents.consistency.facts import facts_of, refuse_contradictions, words_of
from documents.filing.cabinet import FOLDER, MINUTES, print_files
from documents.filing.filed import Filed, wording_of
from documents.filing.shelf import shelve_template
from documents.formats.press import Press
from documents.ledger import read_ledger
from documents.meetings.calling import DirectoryNames
from documents.meetings.minutes import TEMPLATE, WORDINGS, minutes_page
from documents.page import Page
from domain.base import Frozen, Refusal, refuse, refuse_always
from domain.calendar import local_date
from domain.envelope import Actor, Recorded
from domain.event import decode
from domain.ids import OfficeStream, minutes_stream
from domain.meetings.events import MinutesIssued
from domain.meetings.filing import MinutesFiled, filing_key
from domain.meetings.meeting import Meeting
from domain.office import PersonRecorded, UnitRecorded
from eventlog import reading
from eventlog.database import Database
from services.issuing.signing import issued_event
from services.office_records import record_office_events


class FiledMinutes(Frozen):
    """Filed minutes and their files, by format."""

    event: MinutesFiled
    files: dict[str, Path]

    @property
    def sha256(self) -> dict[str, str]:
        """The hashes in the log, by format."""
        return {kind: self.event.files[path.name] for kind, path in self.files.items()}


def filed_minutes(database: Database, meeting: Meeting) -> MinutesFiled | None:
    """How the minutes of a meeting were filed; None when they are not signed, or signed and not filed."""
    if meeting.minutes is None:
        return None
    known = reading.find_command(database, filing_key(meeting.stream, meeting.minutes.no))
    return issued_event(known[0], MinutesFiled) if known else None


def file_minutes(
    database: Database, home: Path, meeting: Meeting, *, actor: Actor, now: datetime, press: Press | None = None
) -> FiledMinutes:
    """File the signed minutes of a meeting. Asked again it answers with the files there are.

    Raises:
        Refusal: the minutes are not signed; a file cannot be written; or as `minutes_with_files`.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    ready = press or Press()
    known = filed_minutes(database, meeting)
    if known is not None:
        return minutes_with_files(database, home, known, ready)
    event = _event(database, meeting)
    shelve_template(home, ready.template)
    rendered = ready.named(minutes_at(database, event), event.number)
    event = event.model_copy(update=ready.provenance(rendered))
    with print_files(home / FOLDER / MINUTES, rendered) as place:
        key = filing_key(event.meeting, event.number)
        record_office_events(
            database,
            minutes_stream(event.issued_on.year),
            [event],
            actor=actor,
            command_id=key,
            now=now,
            content={"meeting": event.meeting, "number": event.number},
        )
        known = filed_minutes(database, meeting)
        if known == event:  # else somebody filed them meanwhile, and those files are the ones
            place()
    return minutes_with_files(database, home, known or event, ready)


def rehearse_minutes(
    database: Database,
    home: Path,
    meeting: Meeting,
    names: DirectoryNames,
    *,
    now: datetime,
    press: Press,
    despite: str | None = None,
) -> None:
    """Try the minutes before they are signed: what cannot be filed, says nothing or contradicts the log is not signed.

    Raises:
        Refusal: as `file_minutes`, when templates, faces or the disk are not ready; `nothing_to_say`, without an
            outcome; `contradiction`, when nobody says why they should contradict the log; `malformed`, when somebody
            says why and they do not.
    """
    items = [i for i in meeting.items if i.dropped is None]
    refuse(
        not meeting.standing_points and not items,
        f"{meeting.number} 没有议题，也没有议定事项，不编文号、不出纪要；只听取汇报的，请增列议题并录入“听取汇报”",
        "nothing_to_say",
    )
    page = minutes_page(meeting, names, local_date(now))
    if despite is None:
        _held_against_the_log(database, meeting, page, now)
    else:
        _refuse_needless_reason(database, meeting, page, now)
    shelve_template(home, press.template)
    with print_files(home / FOLDER / MINUTES, press.named(page, meeting.number)):
        pass


def _held_against_the_log(database: Database, meeting: Meeting, page: Page, now: datetime) -> None:
    """What the minutes say of meetings, matters and counts is held against the log.

    Raises:
        Refusal: `contradiction`.
    """
    ledger, year = read_ledger(database, now), local_date(meeting.starts).year
    refuse_contradictions(page, meeting.number, facts_of(ledger), words_of(ledger), year)


def _refuse_needless_reason(database: Database, meeting: Meeting, page: Page, now: datetime) -> None:
    try:
        _held_against_the_log(database, meeting, page, now)
    except Refusal as refusal:
        if refusal.code == "contradiction":
            return
        raise
    raise Refusal("纪要与日志没有不一致，签发时请不要写 --despite", "malformed")


def minutes_with_files(database: Database, home: Path, event: MinutesFiled, press: Press) -> FiledMinutes:
    """Filed minutes with their files. One that is missing is printed again, and must have the hash it had.

    Raises:
        Refusal: `file_altered`, `template_gone` or `not_reproducible`.
    """
    return FiledMinutes(event=event, files=minutes_to_print(database, home, event).kept(press))


def minutes_to_print(database: Database, home: Path, event: MinutesFiled) -> Filed:
    """What it takes to find the files of filed 纪要, or to print them again."""
    return Filed(
        event=event,
        home=home,
        folder=home / FOLDER / MINUTES,
        stream=minutes_stream(event.year),
        page=lambda _: minutes_at(database, event),
    )


def all_minutes(database: Database) -> tuple[MinutesFiled, ...]:
    """All filed minutes (纪要), the oldest first."""
    streams = sorted(s.stream for s in reading.states_of(database, "minutes"))
    events = (decode(recorded) for stream in streams for recorded in reading.read_stream(database, stream))
    return tuple(event for event in events if isinstance(event, MinutesFiled))


def minutes_at(database: Database, event: MinutesFiled) -> Page:
    """The page of filed minutes, computed from the part of the log that was there when they were signed.

    Raises:
        Refusal: `template_gone`, when this build words or sets minutes otherwise.
    """
    layout = wording_of(event, WORDINGS)
    meeting = reading.folded_state(event.meeting, _upto(database, event.meeting, event.position)).state
    if not isinstance(meeting, Meeting):
        refuse_always(f"{event.meeting} 不是会议", "malformed")
    return minutes_page(meeting, _names(database, event.position), event.issued_on, layout)


def _event(database: Database, meeting: Meeting) -> MinutesFiled:
    """What is filed of the signing, but for the files."""
    signings = [e for e in reading.read_stream(database, meeting.stream) if e.type == MinutesIssued.__name__]
    if not signings:
        refuse_always(f"{meeting.number} 的纪要尚未签发，不能归档", "unsigned")
    signing, issued = signings[-1], issued_event(signings[-1], MinutesIssued)
    return MinutesFiled(
        number=issued.no,
        meeting=meeting.stream,
        about=meeting.number,
        title=f"{meeting.name}纪要",
        position=signing.position,
        as_of=signing.recorded_at,
        signer=issued.signer,
        issued_on=local_date(signing.occurred_at),
        template=TEMPLATE,
    )


def _names(database: Database, position: int) -> DirectoryNames:
    """The directory as it was; who has left by then was still there, and keeps the name."""
    events = [decode(e) for e in _upto(database, database.own(OfficeStream.DIRECTORY), position)]
    units = (e.unit for e in events if isinstance(e, UnitRecorded))
    return DirectoryNames.of(units, (e.person for e in events if isinstance(e, PersonRecorded)))


def _upto(database: Database, stream: str, position: int) -> list[Recorded]:
    return [e for e in reading.read_stream(database, stream) if e.position <= position]
