"""考核 in print: what is frozen of every unit at a day, and one unit's statement. Nobody is ranked."""

from collections.abc import Callable
from datetime import date, datetime

from documents.figures import read_figures
from documents.page import Block, Grid, Layout, Page, Paragraph, section
from documents.wording import clean_text, full_date
from domain.assessment.assessment import Assessment
from domain.assessment.events import FrozenLine, UnitScore
from domain.queries.score import score
from eventlog.database import Database

Name = Callable[[str], str]


def frozen_scores(database: Database, until: date, as_of: datetime, position: int) -> tuple[str, tuple[UnitScore, ...]]:
    """What the printed statement of 考核 counts: every unit's score from the beginning of the year to a day.

    In the order of the directory of then; before it the version of the policy it was computed by.

    Raises:
        LogUnreachable: the database is down.
    """
    period = read_figures(database, date(until.year, 1, 1), until, as_of=as_of, position=position)
    matters = [entry.matter for entry in period.entries()]
    policy = period.ledger.rulebook.policy
    handling = {unit for m in matters for unit in (m.lead, *m.assist)}
    scores = tuple(
        UnitScore(
            unit=unit,
            lines=tuple(
                FrozenLine(outcome=line.outcome, leading=line.leading, matters=line.matters, each=line.each)
                for line in score(unit, matters, until, policy)
            ),
        )
        for unit in period.ledger.directory.units
        if unit in handling
    )
    return policy.version, scores


def assessment_page(assessment: Assessment, unit: str, name: Name) -> Page:
    """One unit's statement: its frozen lines, what was added and deducted since, appeals, and 结果运用."""
    stands = f"{full_date(assessment.settled_on)}定稿" if assessment.settled_on else "尚未定稿"
    text = (
        f"按督办规则“{assessment.policy}”，年初至{full_date(assessment.until)}，按办理结果计分，合计"
        f"{assessment.total(unit)}分；{stands}，申诉期限{full_date(assessment.appeal_by)}。"
    )
    return Page(
        layout=Layout.REPORT,
        masthead=name("office"),
        issue=f"{assessment.until.year}年",
        issuer=name("office"),
        on=assessment.settled_on or assessment.opened_on,
        title=f"{name(unit)}{assessment.called}",
        addressee=name(unit),
        sections=(
            section("总体情况", (Paragraph(text=text),)),
            section("计分说明", _lines(assessment, unit)),
            section("加减分", _adjustments(assessment, unit, name)),
            section("申诉和答复", _appeals(assessment, unit)),
            section("结果运用", _uses(assessment, unit, name)),
        ),
        note="本表供本单位核对，不作排名、不予公布。",
    )


def _lines(assessment: Assessment, unit: str) -> tuple[Block, ...]:
    frozen = assessment.score(unit)
    rows = tuple(
        (
            line.outcome.label,
            "牵头" if line.leading else "配合",
            str(len(line.matters)),
            f"{line.each:+d}",
            f"{line.total:+d}",
            "、".join(dict.fromkeys(line.matters)),
        )
        for line in (frozen.lines if frozen else ())
    )
    return (Grid(headers=("结果", "身份", "件数", "每件", "得分", "事项"), rows=rows),) if rows else ()


def _adjustments(assessment: Assessment, unit: str, name: Name) -> tuple[Block, ...]:
    rows = tuple(
        (str(a.no), f"{a.points:+d}", clean_text(a.reason), name(a.approver), a.on.isoformat())
        for a in assessment.adjustments
        if a.unit == unit
    )
    return (Grid(headers=("序号", "加减分", "理由", "批准", "日期"), rows=rows),) if rows else ()


def _appeals(assessment: Assessment, unit: str) -> tuple[Block, ...]:
    verdict = {True: "成立：", False: "不成立：", None: "待答复"}
    rows = tuple(
        (str(a.no), a.on.isoformat(), clean_text(a.text), f"{verdict[a.upheld]}{clean_text(a.answer or '')}")
        for a in assessment.appeals
        if a.unit == unit
    )
    return (Grid(headers=("序号", "日期", "申诉", "答复"), rows=rows),) if rows else ()


def _uses(assessment: Assessment, unit: str, name: Name) -> tuple[Block, ...]:
    rows = tuple(
        (u.use.label, clean_text(u.text), name(u.approver), u.on.isoformat()) for u in assessment.uses if u.unit == unit
    )
    return (Grid(headers=("运用", "内容", "批准", "日期"), rows=rows),) if rows else ()
