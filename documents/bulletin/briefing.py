"""工作简报 and 工作动态, computed from the log at one position and from nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from documents.figures import Period, counted_as_before, read_period
from documents.formats.press import GB_2, GB_3, GB_4, GB_5, GB_6, GB_7, LAYOUT
from documents.ledger import OFFICE_UNIT, Ledger
from documents.page import Grid, Imprint, Items, Layout, Page, Paragraph, Section, Subheading, attached_titles
from documents.sections import attention, leading, leading_of_gb3, progress
from documents.sections.edition import Edition, Piece, Writer, assembled_sections
from documents.sections.overview import OVERVIEW
from documents.sections.recipe import Recipe, SectionPart, SectionRecipe, Topic, built_in_recipe
from documents.wording import (
    INCLUDED,
    NOTE,
    NOTE_OF_CORRECTION,
    full_date,
    moment_in_words,
    period_in_words,
    span_in_words,
    whole_months,
)
from domain.base import Frozen, refuse
from domain.bulletin import BulletinIssued, Publication
from domain.office import Unit
from domain.terms import Role, Supervision, UnitLevel
from eventlog.database import Database
from sheets.budget import nothing_thrown_away

TEMPLATE = f"{LAYOUT}/briefing-11"
"""Changes with every change of wording or layout: an issue is printed again only by the template it was printed by."""
FORMER = f"{GB_2}/briefing-2"
"""The oldest wording: its issues and drafts are still printed by it."""
UNNUMBERED = "第×期（草稿，待签发）"
UNBOUNDED = f"{GB_4}/briefing-6"
"""The wording whose first page grew with what is asked of the leaders."""
UNHEADED = f"{GB_5}/briefing-8"
"""The wording of gb-5."""
APART = f"{GB_6}/briefing-9"
"""The wording of gb-6."""
HEADLESS = f"{GB_7}/briefing-10"
"""The wording of gb-7."""
WORDINGS: Mapping[str, str] = {
    GB_2: FORMER,
    GB_3: f"{GB_3}/briefing-3",
    GB_4: UNBOUNDED,
    GB_5: UNHEADED,
    GB_6: APART,
    GB_7: HEADLESS,
    LAYOUT: TEMPLATE,
}
"""The wording that belongs to a layout."""
SILENT = f"{GB_4}/briefing-4"
"""The wording of gb-4 until it said over what closed matters ended, and why."""
LENIENT = f"{GB_4}/briefing-5"
"""The wording of gb-4 until what ended by decision, without a limit, was no longer counted as 按期."""
TALKATIVE = f"{GB_5}/briefing-7"
"""The wording of gb-5 until pictures were printed without what their cameras wrote into them."""
KNOWN = (*WORDINGS.values(), SILENT, LENIENT, TALKATIVE)
"""Every wording there is."""
EXACT = (UNBOUNDED, TALKATIVE, UNHEADED, APART, HEADLESS, TEMPLATE)
"""The wordings that count what ended by decision in no rate."""
_WRITERS = {**OVERVIEW, **progress.ADVANCES, **attention.PROBLEMS, **attention.AHEAD}
_LEADING = {GB_3: leading_of_gb3.LEADING, **dict.fromkeys((GB_4, GB_5, GB_6, GB_7, LAYOUT), leading.LEADING)}


class Briefing(Frozen):
    """A computed issue, without number or signer yet."""

    publication: Publication
    since: date
    until: date
    position: int
    as_of: datetime
    title: str
    masthead: str
    issuer: str
    people: dict[str, str]
    sections: tuple[Section, ...]
    appendices: tuple[Section, ...] = ()
    """Tables and lists too long for the text."""
    imprint: Imprint = Imprint()
    marking: str | None = None
    foreword: str | None = None
    """按语, above the title of every issue."""
    contents_from: int
    """A text of more characters than this is given a table of contents."""
    edited: int | None = None
    """The editor's version it carries, by its place in the stream; None when the text is the log's own."""
    corrects: str | None = None
    """The issue it is the 更正 of."""
    distributed: tuple[str, ...] = ()
    """Ids of the units it is 送 and 发 to."""
    template: str = TEMPLATE
    """The name of the layout and wording it is composed in."""

    @property
    def with_contents(self) -> bool:
        """Whether it is long enough for 目录."""
        return sum(len(line) for section in self.sections for line in _texts(section)) > self.contents_from

    def draft(self, on: date) -> Page:
        """As it is shown before it is signed; an edited one says up to which change."""
        page = self._page(UNNUMBERED, on)
        if self.edited is None or self.corrects is not None:
            return page
        return page.model_copy(update={"note": f"{page.note}{INCLUDED.format(self.edited)}"})

    def issue(self, event: BulletinIssued) -> Page:
        """The page under its number, date and signer, as `event` gives them."""
        worded = self.model_copy(update={"foreword": event.foreword})
        signer = self.people.get(event.signer, event.signer)
        page = worded._page(issue_line(event), event.issued_on, signer, event.copies)
        if page.imprint is None or event.fingerprint is None:
            return page
        return page.model_copy(update={"imprint": page.imprint.model_copy(update={"fingerprint": event.fingerprint})})

    @property
    def _note(self) -> str:
        data = NOTE if self.corrects is None else f"{NOTE_OF_CORRECTION}，原期数据由督办日志生成"
        return f"{data}，截至{moment_in_words(self.as_of)}。"

    def _page(self, issue: str, on: date, signer: str | None = None, copies: int | None = None) -> Page:
        news = self.publication is Publication.NEWS
        return Page(
            layout=Layout.NEWS if news else Layout.BULLETIN,
            marking=self.marking,
            masthead=self.masthead,
            issue=issue,
            issuer=self.issuer,
            on=on,
            title=self.title,
            foreword=self.foreword,
            contents=self.with_contents,
            sections=self.sections,
            attached=() if self.template == FORMER else attached_titles(self.appendices),
            appendices=self.appendices,
            signer=signer,
            note=self._note,
            imprint=None if news else self.imprint.model_copy(update={"copies": copies or self.imprint.copies}),
        )


def issue_line(event: BulletinIssued) -> str:
    """The number line under the red name of a 简报: 第7期（总第7期）."""
    return f"第{event.no}期（总第{event.total_no}期）"


@nothing_thrown_away()
def compose_briefing(  # noqa: PLR0913  (what an issue is composed of)
    database: Database,
    publication: Publication,
    since: date,
    until: date,
    *,
    as_of: datetime,
    position: int | None = None,
    recipe: Recipe | None = None,
    template: str | None = None,
) -> Briefing:
    """The 简报 or 动态 of a period, composed from the log up to a position, or up to what was known at `as_of`.

    Without a recipe by the one the layout of the wording brings; by one of a layout of before in its last wording.
    `template` is the name of the wording an issue was printed in, when it was another of that layout.

    Raises:
        Refusal: `malformed`, when the period ends before it begins; `template_broken`, when the built-in recipe is.
        LogUnreachable: the database is down.
    """
    refuse(since > until, f"起始日期 {full_date(since)} 晚于截止日期 {full_date(until)}", "malformed")
    recipe = recipe or built_in_recipe(template.partition("/")[0] if template else LAYOUT)
    template = template or WORDINGS[recipe.layout]
    period = read_period(database, since, until, as_of=as_of, position=position)
    if template not in EXACT:
        period = counted_as_before(period)
    parts = frozenset(part for s in recipe.sections for part in s.parts)
    annexed = frozenset(p for s in recipe.sections if s.topic is Topic.APPENDIX for p in s.parts)
    edition = Edition(
        period,
        recipe.limits,
        parts,
        layout=recipe.layout,
        annexed=annexed,
        says_why=template != SILENT,
        bare_pictures=template in (UNHEADED, APART, HEADLESS, TEMPLATE),
    )
    news = publication is Publication.NEWS
    sections, appendices = (
        assembled_sections([("工作动态", progress.news_section(edition, recipe.news))])
        if news
        else _sections(edition, recipe)
    )
    ledger = period.ledger
    concerned = _concerned(period)
    imprint = recipe.recipients.over(_recipients(period, concerned))
    return Briefing(
        publication=publication,
        since=since,
        until=until,
        position=ledger.position,
        as_of=ledger.as_of,
        title=f"{_called(period, recipe.layout)}{'工作动态' if news else '督办工作情况'}",
        masthead=_masthead(ledger, publication),
        issuer=ledger.office,
        people={p.id: p.name for p in ledger.directory.people.values()},
        sections=sections,
        appendices=appendices,
        imprint=imprint.model_copy(update={"copies": recipe.copies or None}),
        distributed=tuple(u.id for u in concerned),
        marking=recipe.marking or None,
        foreword=recipe.foreword or None,
        contents_from=recipe.limits.contents,
        template=template,
    )


def _called(period: Period, layout: str) -> str:
    """The period in the title: the first layouts had no names for quarters and years, the oldest none for months.

    By today's a month goes by its working days: what ends on its last Friday is of the whole month.
    """
    since, until = period.since, period.until
    if layout not in (GB_2, GB_3, GB_4):
        since, until = whole_months(since, until, period.ledger.calendar)
    one_month = (since.year, since.month) == (until.year, until.month)
    named = layout not in (GB_2, GB_3) or (layout == GB_3 and one_month)
    return period_in_words(since, until) if named else span_in_words(since, until)


def _sections(edition: Edition, recipe: Recipe) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """The sections of the text, and the appendices they refer to."""
    text = [wanted for wanted in recipe.sections if wanted.topic is not Topic.APPENDIX]
    parts = [(wanted, list(_pieces(edition, wanted))) for wanted in text]
    # Of the first pages, what has nothing to say is left out; a list that is empty says so.
    dropped = None if edition.layout in (GB_2, GB_3) else Topic.LEADING
    sections, longer = assembled_sections((w.title, pieces) for w, pieces in parts if pieces or w.topic is not dropped)
    if edition.former:
        return sections, longer
    listed = [p for wanted in recipe.sections if wanted.topic is Topic.APPENDIX for p in wanted.parts]
    appended = [one for part in listed if (one := _appendix(edition, part)) is not None]
    numbered = (s.model_copy(update={"title": f"附表{n}　{s.title}"}) for n, s in enumerate(appended, 1))
    return tuple(map(_without_lone_subheading, sections)), (*numbered, *longer)


def _appendix(edition: Edition, part: SectionPart) -> Section | None:
    """A part whole, as an appendix under its own heading."""
    most = edition.limits.appended
    limits = edition.limits.model_copy(update={"listed": most, "rows": most, "reported": most, "opened": most})
    whole = replace(edition, limits=limits, whole=edition.limits.reported)
    pieces = [piece for piece in _writer(whole, part)(whole) if not isinstance(piece, Section)]
    if not pieces:
        return None
    heading = next((p.text for p in pieces if isinstance(p, Subheading)), None)
    blocks = tuple(p for p in pieces if not isinstance(p, Subheading))
    return Section(title=heading or _CALLED.get(part, part.label), blocks=blocks)


_CALLED = {SectionPart.BY_CLASS: "督办事项分类情况", SectionPart.CHART: "各周灯色"}


def _without_lone_subheading(one: Section) -> Section:
    """A single （一） numbers nothing: its words open the section instead."""
    if sum(isinstance(b, Subheading) for b in one.blocks) != 1:
        return one
    blocks = tuple(Paragraph(text=f"{b.text}。") if isinstance(b, Subheading) else b for b in one.blocks)
    return one.model_copy(update={"blocks": blocks})


def _pieces(edition: Edition, wanted: SectionRecipe) -> Iterator[Piece]:
    if wanted.topic is Topic.COORDINATION:
        yield from attention.coordination_section(edition, wanted.parts)
        return
    for part in wanted.parts:
        yield from _writer(edition, part)(edition)


def _writer(edition: Edition, part: SectionPart) -> Writer:
    return {**_WRITERS, **_LEADING.get(edition.layout, {})}[part]


def _concerned(period: Period) -> list[Unit]:
    """Who has to do with the year's matters, beside those who lead and the office itself.

    It is internal: a consultancy or another 社会机构 gets none.
    """
    busy = {u for e in period.entries() for u in (e.matter.lead, *e.matter.assist)} - _leading(period) - {OFFICE_UNIT}
    units = period.ledger.directory.units.values()
    return [u for u in units if u.id in busy and u.level is not UnitLevel.SOCIAL]


def _leading(period: Period) -> set[str]:
    return {p.unit for p in period.ledger.directory.people.values() if p.role is Role.LEADER}


def _recipients(period: Period, concerned: list[Unit]) -> Imprint:
    """报 to those who lead, 送 to those who are asked by 函, 发 to those who are supervised."""
    leading = _leading(period)
    return Imprint(
        above=tuple(f"{u.name}领导" for u in period.ledger.directory.units.values() if u.id in leading),
        beside=tuple(u.name for u in concerned if u.supervision is not Supervision.OBJECT),
        below=tuple(u.name for u in concerned if u.supervision is Supervision.OBJECT),
    )


def _masthead(ledger: Ledger, publication: Publication) -> str:
    return f"{ledger.office.removesuffix('办公室')}工作{publication.label}"


def _texts(section: Section) -> Iterator[str]:
    for block in section.blocks:
        match block:
            case Paragraph(text=text) | Subheading(text=text):
                yield text
            case Items(items=items):
                yield from items
            case Grid(rows=rows):
                yield from (cell for row in rows for cell in row)
