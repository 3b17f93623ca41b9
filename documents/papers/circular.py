"""通报: how the matters of a period went, said to every unit that leads one, with names; issued only when approved.

What it may say is held narrow: facts of the log, no ranking, no score, and only of units the headquarters may
supervise; whom it asks by 函 it does not name (条例 art. 5).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from documents.figures import Period
from documents.formats.digest import sha256
from documents.formats.markdown import markdown_of
from documents.formats.press import GB_2, GB_3, LAYOUT
from documents.ledger import Ledger, MatterFile, read_ledger
from documents.page import Items, Paragraph
from documents.papers.case import REPLY_WORKDAYS, PaperText
from documents.papers.laggards import annexes, closed_in_sum, laggards, looked_back, meeting_completion
from documents.sections.attention import missed_section, overdue_section
from documents.sections.edition import Edition, Piece, assembled_sections
from documents.sections.overview import OVERVIEW
from documents.sections.progress import closed_section
from documents.sections.recipe import SectionPart, built_in_recipe
from documents.sections.summing_up import SUMMING_UP
from documents.wording import moment_in_words, period_in_words, span_in_words, whole_months
from domain.base import refuse
from domain.calendar import end_of_day
from domain.papers import PaperKind
from domain.terms import Supervision
from eventlog.database import Database

_STANDING = (SectionPart.STANDING, SectionPart.MOVEMENT, SectionPart.RATES, SectionPart.REPORTS, SectionPart.BY_CLASS)


def draft_circular(database: Database, since: date, until: date, today: date) -> PaperText:
    """The 通报 of a period. It has ended, so whoever asks and whenever, the draft is the same one.

    Raises:
        Refusal: `malformed`, when the period has not ended; `nothing_to_say`, when no supervised unit led a matter.
        LogUnreachable: the database is down.
    """
    refuse(since > until, f"起始日期 {since} 晚于截止日期 {until}", "malformed")
    refuse(until >= today, f"通报只写已经过完的时段，截止日期最晚为昨天，实际是 {until}", "malformed")
    return compose_circular(read_ledger(database, end_of_day(until)), since, until)


def compose_circular(
    ledger: Ledger, since: date, until: date, layout: str = LAYOUT, *, as_before: bool = False
) -> PaperText:
    """The 通报 of a period, composed from a ledger, the log as it stood, in the wording of a layout.

    `as_before`: what ended by decision is counted as it was when it was issued.

    Raises:
        Refusal: `nothing_to_say`, when no supervised unit led a matter.
    """
    supervised = tuple(f for f in ledger.matters if _supervised(ledger, f))
    period = Period(replace(ledger, matters=supervised), since, until, decided_in_time=as_before)
    leads = {entry.matter.lead for entry in period.entries()}
    refuse(not leads, f"{span_in_words(since, until)}没有督办对象牵头的事项，没有可通报的情况", "nothing_to_say")
    edition, first = Edition(period, built_in_recipe(GB_2).limits, layout=layout), layout in (GB_2, GB_3)
    others = len(Period(ledger, since, until).entries()) - len(period.entries())
    sections, appendices = assembled_sections(
        _former_chapters(edition, others) if first else _chapters(edition, others)
    )
    if not first:
        appendices = annexes(edition)
    span = whole_months(since, until, ledger.calendar) if edition.bounded else (since, until)
    called = span_in_words(since, until) if first else period_in_words(*span)
    return PaperText(
        kind=PaperKind.CIRCULAR,
        letter=False,
        matter=None,
        title=f"关于{called}督办事项办理情况的通报",
        addressees=tuple(unit for unit in ledger.directory.units if unit in leads),
        sections=sections,
        appendices=appendices,
        ledger=ledger,
        since=since,
        until=until,
        former=layout == GB_2,
        attaches=not first,
    )


def _chapters(edition: Edition, others: int) -> list[tuple[str, Iterable[Piece]]]:
    """Who is behind comes first; what goes well stands in the lists."""
    return [
        ("总体情况", [_scope(edition.period, others), *SUMMING_UP[SectionPart.SUMMARY](edition)]),
        ("进展滞后情况", laggards(edition)),
        ("会议议定事项完成情况", meeting_completion(edition)),
        ("“回头看”情况", looked_back(edition)),
        ("办结情况", closed_in_sum(edition)),
        ("工作要求", [_demands(edition)]),
    ]


def _former_chapters(edition: Edition, others: int) -> list[tuple[str, Iterable[Piece]]]:
    standing = (piece for part in _STANDING for piece in OVERVIEW[part](edition))
    return [
        ("总体情况", [_scope(edition.period, others), *standing]),
        ("办结情况", closed_section(edition)),
        ("逾期情况", overdue_section(edition)),
        ("反馈情况", missed_section(edition)),
        ("工作要求", [_demands(edition)]),
    ]


def hash_of_circular(text: PaperText) -> str:
    """The hash of what a reader of the 通报's draft sees: an approval holds for these words and no others."""
    return sha256(markdown_of(text.page()).encode())


def _supervised(ledger: Ledger, file: MatterFile) -> bool:
    unit = ledger.directory.units.get(file.matter.lead or "")
    return unit is not None and unit.supervision is Supervision.OBJECT


def _scope(period: Period, others: int) -> Paragraph:
    left_out = f"，商请办理或尚未明确牵头单位的{others}件不在通报之列" if others else ""
    until = moment_in_words(period.ledger.as_of)
    scope = f"经指挥部领导批准，现通报各单位牵头督办事项的办理情况（截至{until}{left_out}）。"
    return Paragraph(text=scope)


def _demands(edition: Edition) -> Items:
    asked = []
    if list(overdue_section(edition)):
        asked.append(
            f"逾期未办结的，请牵头单位自本通报印发之日起{REPLY_WORKDAYS}个工作日内，"
            "书面说明原因、补救措施和明确的完成时间，报指挥部办公室。"
        )
    if any(not one.made_up for one in edition.period.feedback().missed):
        asked.append("漏报反馈的，请立即补报办理进展；今后按反馈周期按时反馈，要点逐项说明。")
    asked.append("其他在办事项，请对照办结时限倒排工期；确有困难的，在时限前书面申请延期或请求协调。")
    asked.append("对通报内容有异议的，可自印发之日起30日内向指挥部办公室书面提出。")
    return Items(items=tuple(asked))
