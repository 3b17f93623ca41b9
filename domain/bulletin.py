"""工作简报 and 工作动态: numbered issues, each a fact with the hashes of the files that were printed.

An issue is rendered first and recorded last, so a crash in between leaves no number used. The number printed in the
files is the one the log allots: an event in which the two differ is never recorded.
"""

from datetime import date, datetime
from typing import ClassVar

from domain.base import Frozen, Term
from domain.envelope import LoggedEvent, NumberSeries
from domain.event import Event, decode
from domain.fold import Fold
from domain.ids import bulletin_stream


class Publication(Term):
    """简报 sums up a period; 动态 tells single events as they happen. Each is numbered on its own."""

    BRIEFING = "briefing", "简报"
    NEWS = "news", "动态"


class BulletinIssued(Event):
    """签发 of one issue. `position` and `as_of` say which part of the log it was computed from."""

    label: ClassVar[str] = "签发简报"
    number: str = ""
    publication: Publication
    year: int
    no: int
    total_no: int
    title: str
    since: date
    until: date
    position: int
    as_of: datetime
    signer: str
    issued_on: date
    files: dict[str, str]
    """File name → SHA-256."""
    template: str
    edited: int | None = None
    """Version of the `BulletinEdited` that was printed; None when the text is the log's own."""
    template_sha256: str | None = None
    """Of the layout's files. None in what was printed before layouts were files."""
    fonts: dict[str, str] = {}
    """Face → SHA-256 of its file: with another face the .pdf is another file."""
    copies: int | None = None
    """印数."""
    foreword: str | None = None
    """按语, as it was printed."""
    corrects: str | None = None
    """The issue it is the 更正 of."""
    distributed: tuple[str, ...] = ()
    """Ids of the units it is 送 and 发 to; empty in what was issued before they were told of it."""
    despite: str | None = None
    """Why it was issued although its edited text contradicts the log."""
    fingerprint: str | None = None
    """Of the log up to `position`, as it is printed in the 版记; None in what was issued without one."""

    @property
    def called(self) -> str:
        """《工作简报》2022年第7期."""
        return f"《工作{self.publication.label}》{self.year}年第{self.no}期"

    def series(self, at: datetime) -> NumberSeries:
        """简报-2022-07: gapless per publication and year."""
        del at
        return number_series(self.publication, self.year)


class BulletinRecorded(Event):
    """登记 of an issue from before this log: its number, date and title, for the ledger; its text lies elsewhere."""

    label: ClassVar[str] = "登记简报"
    number: str = ""
    publication: Publication
    year: int
    no: int
    title: str
    issued_on: date

    def series(self, at: datetime) -> NumberSeries:
        """The series a 简报 issued elsewhere is counted in: that of what is issued here."""
        del at
        return number_series(self.publication, self.year)


class Change(Frozen):
    """Lines that an editor replaced by others; either may be empty."""

    before: tuple[str, ...]
    after: tuple[str, ...]


class BulletinEdited(Event):
    """改稿: an editor's version of a draft, whole, and what it changed of the text computed from the log."""

    label: ClassVar[str] = "改稿"
    draft_id: str
    key: str
    """The id of the command that will issue the draft."""
    title: str
    foreword: str | None = None
    """按语."""
    sections: str
    """The sections as canonical JSON (`documents.page.Section`)."""
    changes: tuple[Change, ...]


class PastIssue(Frozen):
    """An issue of earlier years, to be registered."""

    publication: Publication
    no: int
    issued_on: date
    title: str


class Issue(Frozen):
    """One issue, as lists show it. `version` is that of its event; `recorded` when its text lies elsewhere."""

    number: str
    year: int
    no: int
    total_no: int
    title: str
    since: date
    until: date
    issued_on: date
    signer: str
    version: int
    recorded: bool = False
    corrects: str | None = None


class BulletinSeries(Frozen):
    """Everything issued of one publication, in order."""

    issues: tuple[Issue, ...] = ()
    edits: dict[str, int] = {}
    """Key of a draft → version of the event that holds its newest editor's version."""

    @property
    def total(self) -> int:
        """总期数."""
        return self.issues[-1].total_no if self.issues else 0

    def last_no(self, year: int) -> int:
        """The last number of a year; 0 when there is none."""
        return max((i.no for i in self.issues if i.year == year), default=0)


def number_series(publication: Publication, year: int) -> NumberSeries:
    """The gapless series of a year's numbers of 简报 or 动态."""
    return NumberSeries(
        series=f"bulletin/{publication.value}/{year}",
        field="number",
        template=f"{publication.label}-{year}-{{n:02d}}",
    )


def evolve_bulletins(state: BulletinSeries | None, recorded: LoggedEvent) -> BulletinSeries:
    """Fold one issue."""
    series = state or BulletinSeries()
    event = decode(recorded)
    if isinstance(event, BulletinEdited):
        return series.model_copy(update={"edits": {**series.edits, event.key: recorded.version}})
    if not isinstance(event, BulletinIssued | BulletinRecorded):
        raise TypeError(f"{type(event).__name__} does not belong to a publication")
    printed = number_series(event.publication, event.year).render(event.no)
    if (event.number, bulletin_stream(event.publication)) != (printed, recorded.stream):
        raise TypeError(f"the files say {printed}, the log {event.number} in {recorded.stream}")
    if isinstance(event, BulletinRecorded):
        issue = _past(event, recorded, series)
    else:
        issue = Issue(
            number=event.number,
            year=event.year,
            no=event.no,
            total_no=event.total_no,
            title=event.title,
            since=event.since,
            until=event.until,
            issued_on=event.issued_on,
            signer=event.signer,
            version=recorded.version,
            corrects=event.corrects,
        )
    return series.model_copy(update={"issues": (*series.issues, issue)})


def _past(event: BulletinRecorded, recorded: LoggedEvent, series: BulletinSeries) -> Issue:
    """An issue whose text lies elsewhere: all that is known of it is its number, day and title."""
    return Issue(
        number=event.number,
        year=event.year,
        no=event.no,
        total_no=series.total + 1,
        title=event.title,
        since=event.issued_on,
        until=event.issued_on,
        issued_on=event.issued_on,
        signer=recorded.actor.id,
        version=recorded.version,
        recorded=True,
    )


FOLD = Fold(BulletinSeries, evolve_bulletins)
