"""签发: the next number, files with that number, and one event that names them. Rendered first, recorded last."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from documents.bulletin.briefing import EXACT, FORMER, KNOWN, Briefing, compose_briefing
from documents.bulletin.drafts import BulletinDraft, press_of_draft
from documents.consistency.facts import Facts, contradictions, facts_of, refuse_contradictions, words_of
from documents.filing.cabinet import FOLDER, papers_on_disk
from documents.filing.filed import Filed, wording_of
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.ledger import Ledger, read_ledger
from documents.page import Page
from documents.sections.recipe import Recipe, recipe_of
from domain.base import Frozen, refuse
from domain.bulletin import (
    BulletinIssued,
    BulletinSeries,
    Publication,
    number_series,
)
from domain.calendar import end_of_day, local_date
from domain.envelope import Actor, NumberSeries, Recorded
from domain.ids import bulletin_stream
from domain.rules.authority import signer_of
from eventlog import reading
from eventlog.database import Database
from services.checkpoints import log_fingerprint
from services.issuing.editing import as_edited, briefing_of_draft
from services.issuing.signing import Desk, NumberedIssue, issue_next, issued_event
from services.restored_numbers import advance_numbers

CHANGED = "文稿在您看过以后又改过，请看最新的再签发"
_MOST_REASON = 200


class Issued(Frozen):
    """An issue and where its files are, by format."""

    event: BulletinIssued
    files: dict[str, Path]

    @property
    def number(self) -> str:
        """简报-2022-07."""
        return self.event.number

    @property
    def sha256(self) -> dict[str, str]:
        """The hashes in the log, by format."""
        return {kind: self.event.files[path.name] for kind, path in self.files.items()}


@dataclass(frozen=True)
class Manner:
    """How a leader signs an issue: the text he read, and what he said beside it."""

    copies: int | None = None
    """印数."""
    despite: str | None = None
    """Why its edited text may contradict the log."""
    read: Briefing | None = None
    """As he had it before him; None: as it stands when he signs."""


def issue_briefing(
    database: Database,
    home: Path,
    *,
    since: date,
    until: date,
    signer: Actor,
    now: datetime,
    press: Press | None = None,
) -> Issued:
    """Compose a 工作简报 as of now and issue it at once; the same span is issued once.

    Raises:
        Refusal: with code `unsigned`, when the signer is not a leader.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    series = Publication.BRIEFING
    signer_of(signer, series.label)
    as_of, used = min(now, end_of_day(until)), replace(press or Press(), home=home)
    return _issue(
        Desk(database, home, signer, now, used),
        lambda: compose_briefing(database, series, since, until, as_of=as_of, recipe=recipe_of(used.template)),
        f"bulletin:{series.value}:{since}:{until}",
    )


def issue_draft(
    database: Database,
    home: Path,
    draft: BulletinDraft,
    signer: Actor,
    now: datetime,
    press: Press | None = None,
    *,
    how: Manner | None = None,
) -> Issued:
    """Issue a draft of a 简报 or 动态, exactly as it was read. A second time it answers with the issue there is.

    Raises:
        Refusal: with code `unsigned`, when the signer is not a leader; `contradiction`, when its text contradicts the
            log and nobody says why it should; `malformed`, when somebody says why and it does not; `changed`, when
            somebody edited it meanwhile.
        LogUnreachable: nothing is known to be recorded; the files are not there.
    """
    signer_of(signer, draft.publication.label)
    used = press_of_draft(home, draft, press)
    desk = Desk(database, home, signer, now, used)
    how = how or Manner()
    return _issue(
        desk, lambda: how.read or briefing_of_draft(database, draft, recipe_of(used.template)), draft.key, how
    )


def issued_bulletins(database: Database, publication: Publication | None = None) -> tuple[BulletinIssued, ...]:
    """Every issued 简报 and 动态, the oldest first."""
    issues = [
        (event.recorded_at, _event(event))
        for one in Publication
        if publication in (None, one)
        for event in reading.read_stream(database, bulletin_stream(one))
        if event.type == BulletinIssued.__name__
    ]
    return tuple(event for _, event in sorted(issues, key=lambda item: (item[0], item[1].number)))


def issued_series(database: Database, publication: Publication) -> BulletinSeries:
    """What was issued of a publication (简报、动态), and which drafts were edited; empty before the first."""
    loaded = reading.load(database, bulletin_stream(publication))
    return loaded.state if loaded and isinstance(loaded.state, BulletinSeries) else BulletinSeries()


def bulletin_with_files(database: Database, home: Path, event: BulletinIssued, press: Press | None = None) -> Issued:
    """An issued 简报 with its files. One that is missing is printed again, and must have the hash it had.

    Raises:
        Refusal: `file_altered`, `template_gone` or `not_reproducible`.
    """
    return Issued(event=event, files=filed_bulletin(database, home, event).kept(press or Press()))


def filed_bulletin(database: Database, home: Path, event: BulletinIssued) -> Filed:
    """What it takes to find an issued 简报's files, or to print them again."""
    return Filed(
        event=event,
        home=home,
        folder=folder_of(home, event.publication),
        stream=bulletin_stream(event.publication),
        page=lambda press: _page(database, event, press),
    )


def _page(database: Database, event: BulletinIssued, press: Press) -> Page:
    wording_of(event, {name: name for name in KNOWN})
    computed = compose_briefing(
        database,
        event.publication,
        event.since,
        event.until,
        as_of=event.as_of,
        position=event.position,
        recipe=recipe_of(press.template),
        template=event.template,
    )
    return as_edited(database, computed, event.edited, event.corrects).issue(event)


def folder_of(home: Path, publication: Publication) -> Path:
    """The folder in which the files of a publication (简报、动态) lie."""
    return home / FOLDER / publication.label


def bulletin_numbers_on_disk(home: Path) -> dict[str, int]:
    """The highest issue number of each publication printed in this home, for a log restored from an older copy."""
    seen = papers_on_disk(home)
    for publication in Publication:
        pattern = re.compile(rf"{publication.label}-(\d{{4}})-(\d+)\.\w+")
        for path in folder_of(home, publication).glob("*"):
            if match := pattern.fullmatch(path.name):
                name = number_series(publication, int(match[1])).series
                seen[name] = max(seen.get(name, 0), int(match[2]))
    return seen


# --- issuing


def _issue(desk: Desk, text: Callable[[], Briefing], key: str, how: Manner | None = None) -> Issued:
    database, home, how = desk.database, desk.home, how or Manner()
    known = reading.find_command(database, key)
    if known:
        return bulletin_with_files(database, home, _event(known[0]), desk.press)
    advance_numbers(database, bulletin_numbers_on_disk(home), "文件柜中已有该编号的文件，日志由旧备份还原")
    briefing = text()
    how = _with_reason(database, briefing, how)
    series = number_series(briefing.publication, local_date(desk.now).year)
    with_imprint = briefing.publication is Publication.BRIEFING and briefing.template != FORMER
    mark = str(log_fingerprint(database, briefing.position)) if with_imprint else None

    def numbered(no: int) -> BulletinIssued:
        # Asked with each attempt, of the log it is appended to: an edit that was recorded first is not passed over.
        newest = issued_series(database, briefing.publication).edits.get(key)
        refuse(newest != briefing.edited, CHANGED, "changed")
        return _numbered(desk, briefing, series, no, how).model_copy(update={"fingerprint": mark})

    def files(event: BulletinIssued) -> dict[str, bytes]:
        page = briefing.issue(event)
        if how.despite is None:
            _refuse_contradictions(database, briefing, page, event.number)
        return desk.press.named(page, event.number)

    recorded = issue_next(
        desk,
        NumberedIssue(
            key=key,
            stream=bulletin_stream(briefing.publication),
            series=series,
            folder=folder_of(home, briefing.publication),
            content={"position": briefing.position, "signer": signer_of(desk.signer, briefing.publication.label).id},
            event=numbered,
            files=files,
        ),
    )
    return bulletin_with_files(database, home, _event(recorded), desk.press)


def contradictions_of_draft(database: Database, draft: BulletinDraft, recipe: Recipe) -> list[str]:
    """Where a draft, as it reads now, contradicts the log or itself, in words."""
    return _contradictions(database, briefing_of_draft(database, draft, recipe), draft.id)


def _contradictions(database: Database, briefing: Briefing, name: str) -> list[str]:
    if briefing.template == FORMER or briefing.corrects is not None:
        return []
    ledger = read_ledger(database, briefing.as_of, briefing.position)
    facts, page = _facts(ledger, briefing), briefing.draft(local_date(briefing.as_of))
    words, year = words_of(ledger), briefing.until.year
    return [str(c) for c in contradictions(markdown_of(page), name, page.on, facts, words, year)]


def _facts(ledger: Ledger, briefing: Briefing) -> Facts:
    """What the log says, counted as the wording of the issue counts."""
    return facts_of(ledger, briefing.since, briefing.until, as_before=briefing.template not in EXACT)


def _with_reason(database: Database, briefing: Briefing, how: Manner) -> Manner:
    """A reason for issuing despite a contradiction, where there is one: the record says neither less nor more.

    Raises:
        Refusal: `malformed`, when the reason says nothing, is a page long, or there is nothing to give one for.
    """
    if how.despite is None:
        return how
    reason = " ".join(how.despite.split())
    refuse(not reason, "--despite 没有写理由", "malformed")
    refuse(len(reason) > _MOST_REASON, f"--despite 有{len(reason)}字，最多{_MOST_REASON}字", "malformed")
    refuse(
        not _contradictions(database, briefing, briefing.publication.label),
        "文稿与日志没有不一致，签发时请不要写 --despite",
        "malformed",
    )
    return replace(how, despite=reason)


def _refuse_contradictions(database: Database, briefing: Briefing, page: Page, number: str) -> None:
    """A 更正 quotes what was wrong, and a draft of before says it as it was read: neither is asked."""
    if briefing.template != FORMER and briefing.corrects is None:
        ledger = read_ledger(database, briefing.as_of, briefing.position)
        facts, year = _facts(ledger, briefing), briefing.until.year
        refuse_contradictions(page, number, facts, words_of(ledger), year)


def _numbered(desk: Desk, briefing: Briefing, series: NumberSeries, no: int, how: Manner) -> BulletinIssued:
    on = local_date(desk.now)
    return BulletinIssued(
        number=series.render(no),
        publication=briefing.publication,
        year=on.year,
        no=no,
        total_no=issued_series(desk.database, briefing.publication).total + 1,
        title=briefing.title,
        since=briefing.since,
        until=briefing.until,
        position=briefing.position,
        as_of=briefing.as_of,
        signer=signer_of(desk.signer, briefing.publication.label).id,
        issued_on=on,
        files={},
        template=briefing.template,
        edited=briefing.edited,
        corrects=briefing.corrects,
        distributed=briefing.distributed,
        copies=how.copies or briefing.imprint.copies,
        despite=how.despite,
        foreword=briefing.foreword,
    )


def _event(recorded: Recorded) -> BulletinIssued:
    return issued_event(recorded, BulletinIssued)
