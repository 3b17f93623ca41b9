"""单位督办情况: one unit's matters, its rates and its score with every line explained, for the unit to check."""

from datetime import datetime

from documents.figures import Entry, Period, in_time_and_late, read_year
from documents.page import Block, Grid, Layout, Page, Paragraph, Section, section
from documents.wording import clean_text, day_in, light_reason, reason_with_dates, share_in_words, short_date
from domain import events as ev
from domain.facts import openly
from domain.queries.score import ScoreLine, score
from domain.terms import Stage, progress_said
from eventlog import reading
from eventlog.database import Database


def unit_statement(database: Database, unit: str, year: int, now: datetime) -> tuple[Page, tuple[ScoreLine, ...]]:
    """单位督办情况: a unit's year up to now, and the lines of its score.

    Raises:
        LogUnreachable: the database is down.
    """
    period = read_year(database, year, now, weekly=False)
    entries = period.entries()
    led = [e for e in entries if e.matter.lead == unit]
    assisted = [e for e in entries if unit in e.matter.assist]
    lines = score(unit, (e.matter for e in entries), period.until, period.ledger.rulebook.policy)
    name = period.ledger.unit(unit)
    if name == unit:  # the directory of that year did not know it yet
        name = next((u.name for u in reading.units(database) if u.id == unit), name)
    page = Page(
        layout=Layout.REPORT,
        masthead=f"{period.ledger.office.removesuffix('办公室')}单位督办情况",
        issue=f"{year}年",
        issuer=period.ledger.office,
        on=period.until,
        title=f"{name}{year}年督办事项情况",
        addressee=name,
        sections=(
            section("总体情况", (Paragraph(text=_overview(period, unit, led, assisted)),)),
            section("牵头事项", _listed(period, led)),
            section("配合事项", _listed(period, assisted)),
            section("现场核查", _inspected(period, unit)),
            section("退回的反馈", _asked_back(period, unit)),
            _scored(lines),
        ),
        note="本表供本单位核对，不作排名、不予公布；如有出入请在五个工作日内反馈指挥部办公室。",
    )
    return page, lines


def _overview(period: Period, unit: str, led: list[Entry], assisted: list[Entry]) -> str:
    closed = [e.matter.closed for e in led if e.matter.stage is Stage.CLOSED and e.matter.closed]
    in_time, late = in_time_and_late(led)
    limited = in_time + late
    rate = f"，按期办结{in_time}件，按期办结率{share_in_words(in_time, limited)}" if limited else ""
    own = {e.matter.stream for e in led}
    reports = [m for m, e, _ in period.happened(ev.FeedbackSubmitted) if e.unit == unit and m.stream in own]
    missed = [one for one in period.feedback().missed if one.matter.stream in own]
    urged = sum(m.stream in own for m, _, _ in period.happened(ev.UrgeIssued))
    return (
        f"截至{short_date(period.until)}，牵头{len(led)}件、配合{len(assisted)}件；牵头事项已销号{len(closed)}件{rate}。"
        f"{period.called}反馈{len(reports)}次，漏报{len(missed)}次，被催办{urged}次。"
    )


def _listed(period: Period, entries: list[Entry]) -> tuple[Block, ...]:
    if not entries:
        return ()
    year = period.until.year
    rows = tuple(
        (
            e.matter.number,
            clean_text(e.matter.title),
            day_in(e.matter.due, year),
            progress_said(e.matter.stage, e.matter.progress),
            reason_with_dates(light_reason(e.lit), year),
        )
        for e in entries
    )
    return (Grid(headers=("编号", "事项", "办结时限", "进度", "情况"), rows=rows),)


def _inspected(period: Period, unit: str) -> tuple[Block, ...]:
    """What was found on the spot of what the unit reported: nothing of it counts that the unit cannot read here."""
    rows = tuple(
        (m.number, day_in(on, period.until.year), e.finding.label if e.finding else "—", clean_text(openly(e.text)))
        for m, e, on in period.happened(ev.MatterInspected)
        if e.unit == unit
    )
    return (Grid(headers=("编号", "日期", "认定", "核查情况"), rows=rows),) if rows else ()


def _asked_back(period: Period, unit: str) -> tuple[Block, ...]:
    """Which reports the office returned, and why."""
    rows = tuple(
        (m.number, day_in(on, period.until.year), e.reason.label, clean_text(openly(e.text)))
        for m, e, on in period.happened(ev.ReportReturned)
        if e.unit == unit
    )
    return (Grid(headers=("编号", "日期", "原因", "退回意见"), rows=rows),) if rows else ()


def _scored(lines: tuple[ScoreLine, ...]) -> Section:
    total = sum(line.total for line in lines)
    text = f"按办理结果计分，牵头与配合按2∶1，合计{total}分。在办未到期、暂缓、撤销的不计。"
    rows = tuple(
        (
            line.outcome.label,
            "牵头" if line.leading else "配合",
            str(len(line.matters)),
            f"{line.each:+d}",
            f"{line.total:+d}",
            "、".join(dict.fromkeys(line.matters)),
        )
        for line in lines
    )
    grid = (Grid(headers=("结果", "身份", "件数", "每件", "得分", "事项"), rows=rows),) if rows else ()
    return section("计分说明", (Paragraph(text=text), *grid))
